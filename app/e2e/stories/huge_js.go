package main

import (
	"strings"
	"syscall/js"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
)

// script lets a test play the other side of the huge chat.
func (c *core) script() {
	tell := func(e port.Event) { c.fn([]port.Event{e}, false) }
	find := func(order int) *model.Message { return &c.story.threads[mira][order-1] }
	js.Global().Set("story", map[string]any{
		"arrive": js.FuncOf(func(js.Value, []js.Value) any {
			m := hugeMessage(uint64(len(c.story.threads[mira]) + 1))
			m.FromMe, m.State, m.At = false, model.Received, now
			c.story.threads[mira] = append(c.story.threads[mira], m)
			tell(port.MessageChanged{Message: m})
			return string(m.ID)
		}),
		"edit": js.FuncOf(func(_ js.Value, args []js.Value) any {
			m := find(args[0].Int())
			m.Text += strings.Repeat(" And one thing more.", 12)
			tell(port.MessageChanged{Message: *m})
			return nil
		}),
		"remove": js.FuncOf(func(_ js.Value, args []js.Value) any {
			m := find(args[0].Int())
			tell(port.MessageDeleted{Chat: mira, ID: m.ID, FromMe: m.FromMe, Order: m.Order})
			return nil
		}),
	})
}
