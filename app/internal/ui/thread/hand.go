package thread

import (
	"math"
	"time"

	"ferry/app/internal/ui/control"
	"ferry/app/internal/ui/kit"
	"ferry/app/internal/ui/view"
	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// What a finger does to a message.
const (
	pressFor  = 450 * time.Millisecond // held still so long opens the actions
	pressMove = 10.0                   // CSS pixels that still count as held still
	swipeFor  = 56.0                   // so far to the right answers it
	swipeMost = 72.0
)

// hand is a finger on a message.
type hand struct {
	x, y  float64
	row   app.Value
	count int // of touches: a timer of an earlier one is stale
	down  bool
	swipe float64
}

// pointed opens the actions by a right click; a long press of Android's
// browsers comes as one, too. Links and selected text keep the browser's menu.
func (b *Bubble) pointed(ctx app.Context, e app.Event) {
	if kit.Selecting() || e.Get("target").Call("closest", "a, video, audio").Truthy() || e.Get("shiftKey").Truthy() {
		return
	}
	e.PreventDefault()
	x, y := e.Get("clientX").Float(), e.Get("clientY").Float()
	if kit.Touch() {
		x, y = 0, 0
	}
	b.hand.down = false
	if b.c.Menu != b.key() {
		b.c.OpenMenu(b.key(), control.MenuAll, x, y)
	}
}

func (b *Bubble) touched(ctx app.Context, e app.Event) {
	ctx.PreventUpdate()
	touches := e.Get("touches")
	if touches.Get("length").Int() != 1 {
		b.hand.down = false
		return
	}
	h := &b.hand
	h.x, h.y = touches.Index(0).Get("clientX").Float(), touches.Index(0).Get("clientY").Float()
	h.row, h.down, h.swipe = ctx.JSSrc(), true, 0
	h.count++
	count := h.count
	ctx.After(pressFor, func(app.Context) {
		if h.down && h.count == count && h.swipe == 0 && !kit.Selecting() {
			h.down = false
			b.c.OpenMenu(b.key(), control.MenuAll, 0, 0)
		}
	})
}

func (b *Bubble) swiped(ctx app.Context, e app.Event) {
	ctx.PreventUpdate()
	h := &b.hand
	if !h.down {
		return
	}
	at := e.Get("touches").Index(0)
	dx, dy := at.Get("clientX").Float()-h.x, at.Get("clientY").Float()-h.y
	switch {
	case h.swipe == 0 && math.Abs(dx) < pressMove && math.Abs(dy) < pressMove:
		return
	case h.swipe == 0 && (dx < pressMove || math.Abs(dy) > dx || !view.CanReply(b.B.Message) || !b.c.View.Can(b.B.Chat).Reply):
		h.down = false // it scrolls
		return
	}
	h.swipe = min(max(dx, 1), swipeMost)
	h.row.Get("style").Call("setProperty", "transform", "translateX("+app.FormatString("%.0f", h.swipe)+"px)")
}

func (b *Bubble) released(ctx app.Context, _ app.Event) {
	h := &b.hand
	far := h.down && h.swipe >= swipeFor
	if h.row != nil && h.swipe > 0 {
		h.row.Get("style").Call("removeProperty", "transform")
	}
	h.down, h.swipe = false, 0
	if far {
		b.c.Reply(b.key())
		return
	}
	ctx.PreventUpdate()
}
