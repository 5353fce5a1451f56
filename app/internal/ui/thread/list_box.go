package thread

import (
	"math"
	"slices"
	"sort"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/model"
	"ferry/app/internal/ui/control"
)

// Where lines are on screen. Nothing here waits for anything: what is measured
// is what the browser lays out at that moment, and what is put back is put back
// before it paints.

var _ control.Box = (*list)(nil)

// mark is where a line was: CSS pixels from the upper edge of the box to its own.
type mark struct {
	key    string
	offset float64
}

// marksMost is how many lines are remembered: should one go, the next one counts.
const marksMost = 5

func (l *list) scroller() app.Value { return app.Window().GetElementByID("thread") }

// span is the vertical extent of an element on the page.
func span(v app.Value) (top, bottom float64) {
	r := v.Call("getBoundingClientRect")
	return r.Get("top").Float(), r.Get("bottom").Float()
}

// drawn tells whether there is anything to measure.
func (l *list) drawn() bool { return l.Mounted() && len(l.lines) > 0 && len(l.change.move) == 0 }

// firstBelow is the index of the first line that ends below a place on the page.
func (l *list) firstBelow(y float64) int {
	return sort.Search(len(l.lines), func(i int) bool {
		_, bottom := span(l.node(l.lines[i].key))
		return bottom > y
	})
}

// Note remembers where the lines on screen are, unless they are where Keep has
// put them: measuring them again would add up what the browser rounds.
func (l *list) Note() {
	if !l.drawn() {
		return
	}
	box := l.scroller()
	if len(l.marks) > 0 && box.Get("scrollTop").Float() == l.set {
		return
	}
	l.set = math.Inf(1)
	upper, lower := span(box)
	l.marks = l.marks[:0]
	for i := l.firstBelow(upper); i < len(l.lines) && len(l.marks) < marksMost; i++ {
		top, _ := span(l.node(l.lines[i].key))
		if top >= lower {
			break
		}
		if l.lines[i].ref.ID == "" { // a day's heading goes up when more of the day is known
			continue
		}
		l.marks = append(l.marks, mark{l.lines[i].key, top - upper})
	}
	// A line that is cut by the edge may grow above it: it counts last.
	if len(l.marks) > 1 && l.marks[0].offset < 0 {
		l.marks = append(l.marks[1:], l.marks[0])
	}
}

// Keep puts the lines back to where they were.
func (l *list) Keep() {
	if !l.drawn() {
		return
	}
	at := slices.IndexFunc(l.marks, func(m mark) bool { return l.slots.has(m.key) })
	if at < 0 {
		l.Note()
		return
	}
	box := l.scroller()
	upper, _ := span(box)
	top, _ := span(l.node(l.marks[at].key))
	if off := top - upper - l.marks[at].offset; math.Abs(off) >= 0.25 {
		l.scrollBy(box, off)
	}
}

func (l *list) scrollBy(box app.Value, by float64) {
	box.Set("scrollTop", box.Get("scrollTop").Float()+by)
	l.set = box.Get("scrollTop").Float()
}

// Show scrolls a line into view.
func (l *list) Show(key string, how control.Showing) bool {
	if !l.drawn() || !l.slots.has(key) {
		return false
	}
	box, node := l.scroller(), l.node(key)
	upper, lower := span(box)
	top, bottom := span(node)
	room := (lower - upper) / 8
	if free := lower - upper - (bottom - top); how.Middle && free > 0 {
		room = max(free/2, min(room, free))
	}
	l.scrollBy(box, top-upper-room)
	l.marks, l.set = nil, math.Inf(1)
	if how.Flash {
		flash(node)
	}
	if how.Focus {
		if stop := node.Call("querySelector", ".more"); stop.Truthy() {
			stop.Call("focus", map[string]any{"preventScroll": true})
		}
	}
	return true
}

// flash marks a line for a moment, again if it was just now.
func flash(node app.Value) {
	classes := node.Get("classList")
	classes.Call("remove", "line-flash")
	node.Get("offsetWidth") // lays it out without, so that the animation begins anew
	classes.Call("add", "line-flash")
}

// First is the first message that is on screen.
func (l *list) First() (model.Ref, bool) {
	if !l.drawn() {
		return model.Ref{}, false
	}
	upper, _ := span(l.scroller())
	for _, line := range l.lines[l.firstBelow(upper):] {
		if line.ref.ID != "" {
			return line.ref, true
		}
	}
	return model.Ref{}, false
}

// Last is the last message that is on screen with its end.
func (l *list) Last() (model.Ref, bool) {
	if !l.drawn() {
		return model.Ref{}, false
	}
	_, lower := span(l.scroller())
	for i := l.firstBelow(lower+1) - 1; i >= 0; i-- {
		if l.lines[i].ref.ID != "" {
			return l.lines[i].ref, true
		}
	}
	return model.Ref{}, false
}

// watch hears when the thread or its content changes its size, after the
// browser has laid it out and before it paints.
type watch struct {
	observer app.Value
	heard    app.Func
}

func newWatch(fn func()) *watch {
	kind := app.Window().Get("ResizeObserver")
	box := app.Window().GetElementByID("thread")
	if !kind.Truthy() || !box.Truthy() {
		return nil
	}
	w := &watch{heard: app.FuncOf(func(app.Value, []app.Value) any {
		fn()
		return nil
	})}
	w.observer = kind.New(w.heard)
	w.observer.Call("observe", box)
	w.observer.Call("observe", box.Get("firstElementChild"))
	return w
}

func (w *watch) end() {
	w.observer.Call("disconnect")
	w.heard.Release()
}
