package thread

import (
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/model"
	"ferry/app/internal/ui/control"
	"ferry/app/internal/ui/view"
)

// list draws the lines of a thread that are at hand.
//
// go-app knows children by their position alone: one line more at the start
// would make it write all the others anew, under the focus, the selection and
// the playing sound of others. So a line keeps its slot among go-app's children
// for as long as it is shown, a new one takes a slot that is free, and once all
// is drawn the new elements are put where they belong on the page. An element
// that stays is never moved nor written, unless its message changed.
type list struct {
	app.Compo
	Chat model.ChatID
	Turn int // of the lines: go-app draws them again when it changes

	c      *control.Control
	slots  slots
	nodes  []app.UI // by slot, as mounted
	lines  []line   // as drawn, oldest first
	change change   // since the drawing before
	bereft bool     // the line that had the focus is gone
	watch  *watch
	marks  []mark
	set    float64 // where the box was last scrolled to by Keep or Show
}

// line is a bubble or a divider.
type line struct {
	key string
	ref model.Ref // of a bubble
	ui  app.UI
}

// CompoID lets each chat have a list of its own.
func (l *list) CompoID() string { return string(l.Chat) }

// OnMount begins to watch for lines that change their size.
func (l *list) OnMount(app.Context) {
	if l.watch == nil && l.Mounted() {
		l.watch = newWatch(l.c.LinesSettled)
	}
}

// OnDismount lets go of what outlives an element.
func (l *list) OnDismount() {
	if l.watch != nil {
		l.watch.end()
	}
	if l.c.Lines.Box == control.Box(l) {
		l.c.Lines.Box = nil
	}
}

// Render gives each line its slot.
func (l *list) Render() app.UI {
	if l.drawn() {
		l.c.LinesChange()
	}
	t := l.c.View.Thread(l.Chat)
	l.lines = linesOf(l.c, t)
	keys := make([]string, len(l.lines))
	for i := range l.lines {
		keys[i] = l.lines[i].key
	}
	focus := l.focused()
	l.change = l.slots.assign(keys)
	l.bereft = focus != "" && !l.slots.has(focus)
	body := make([]app.UI, l.slots.len())
	for i := range body {
		body[i] = app.Div().Hidden(true)
	}
	for _, line := range l.lines {
		body[l.slots.at[line.key]] = line.ui
	}
	l.keep(body)
	l.c.Lines.Box = l
	l.c.AfterDraw(l.arrange)
	return app.Div().Class("messages").OnKeyDown(func(_ app.Context, e app.Event) { messageKey(l.c, e) }).Body(body...)
}

// keep remembers the components as go-app will have mounted them: it goes on
// with the old one where the line is the same.
func (l *list) keep(body []app.UI) {
	nodes := make([]app.UI, len(body))
	copy(nodes, l.nodes)
	for _, line := range l.lines {
		if i := l.slots.at[line.key]; l.change.fresh[line.key] || nodes[i] == nil {
			nodes[i] = body[i]
		}
	}
	l.nodes = nodes
}

// arrange puts new elements in their places, and the thread in its.
func (l *list) arrange() {
	if !l.Mounted() {
		return
	}
	if len(l.change.move) > 0 {
		box, next := l.JSValue(), any(nil)
		for i := len(l.lines) - 1; i >= 0; i-- {
			node := l.node(l.lines[i].key)
			if l.change.move[l.lines[i].key] {
				box.Call("insertBefore", node, next)
			}
			next = node
		}
		l.change = change{}
	}
	if l.bereft { // whoever goes on with the keyboard goes on here
		l.bereft = false
		l.scroller().Call("focus", map[string]any{"preventScroll": true})
	}
	l.c.LinesDrawn()
}

func (l *list) node(key string) app.Value { return l.nodes[l.slots.at[key]].JSValue() }

// focused is the line that has the focus, if one of those drawn has it.
func (l *list) focused() string {
	if len(l.nodes) == 0 { // nothing drawn yet
		return ""
	}
	active := app.Window().Get("document").Get("activeElement")
	if !active.Truthy() || !l.JSValue().Call("contains", active).Bool() {
		return ""
	}
	if at := control.LineOf(model.Ref{ID: l.c.Message.ID, FromMe: l.c.Message.Mine}); l.slots.has(at) && l.node(at).Call("contains", active).Bool() {
		return at
	}
	for key := range l.slots.at {
		if l.node(key).Call("contains", active).Bool() {
			return key
		}
	}
	return ""
}

// linesOf makes the lines of what is at hand.
func linesOf(c *control.Control, t *view.Thread) []line {
	items := c.View.Items(t)
	name := c.View.Name(t.Chat)
	stop := c.Message
	if _, ok := t.Find(stop.Mine, stop.ID); !ok {
		stop = control.MessageKey{}
	}
	lines := make([]line, 0, len(items))
	days := map[string]int{}
	for i, it := range items {
		if it.Divider != "" {
			d := &Divider{Key: "d-" + it.Divider, Text: it.Divider, Unread: it.Unread}
			if it.Unread {
				d.Key = control.UnreadLine
			} else if n := days[it.Divider]; n > 0 { // a clock that was set back
				d.Key += "-" + strconv.Itoa(n)
			}
			days[it.Divider]++
			lines = append(lines, line{key: d.Key, ui: d})
			continue
		}
		if it.Notice != nil {
			ref := model.Ref{ID: it.Bubble.ID, FromMe: it.Bubble.Mine}
			lines = append(lines, line{key: control.LineOf(ref), ref: ref, ui: &Notice{N: *it.Notice, Chat: t.Chat, Key: control.LineOf(ref), c: c}})
			continue
		}
		here := control.MessageKey{Mine: it.Bubble.Mine, ID: it.Bubble.ID}
		tab := here == stop || stop.ID == "" && i == len(items)-1
		ref := model.Ref{ID: here.ID, FromMe: here.Mine}
		lines = append(lines, line{key: control.LineOf(ref), ref: ref, ui: newBubble(c, it, name, c.Menu == here, tab)})
	}
	return lines
}

// newBubble makes the component of a message's line.
func newBubble(c *control.Control, it view.Item, name string, menu, stop bool) *Bubble {
	return &Bubble{B: it.Bubble, Name: name, Menu: menu, Stop: stop, c: c}
}

// CompoID makes go-app draw another message in an element of its own.
func (b *Bubble) CompoID() string {
	return control.LineOf(model.Ref{ID: b.B.ID, FromMe: b.B.Mine})
}

// Divider is a day, or the line above the first unread message.
type Divider struct {
	app.Compo
	Key    string
	Text   string
	Unread bool
}

// CompoID tells days apart.
func (d *Divider) CompoID() string { return d.Key }

// Render draws the divider.
func (d *Divider) Render() app.UI {
	if d.Unread {
		return app.Div().ID("unread").Class("divider divider-unread").Body(app.H2().Text(d.Text))
	}
	return app.Div().Class("divider").Body(app.H2().Text(d.Text))
}
