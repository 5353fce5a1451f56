package control

import (
	"ferry/app/internal/model"
	"ferry/app/internal/ui/view"
)

// JumpTo shows a message of the open chat, wherever in the thread it is, and
// marks it for a moment. Order is its place; ref names it. Where it is gone, the
// thread is shown around its place.
func (c *Control) JumpTo(order uint64, ref model.Ref) {
	defer c.Turn()()
	if c.View.Open == "" {
		return
	}
	t := c.View.Thread(c.View.Open)
	at, here := t.OrderOf(ref)
	if !here && order == 0 {
		return
	}
	c.aim(goal{line: LineOf(ref), how: Showing{Middle: true, Flash: true, Focus: true}})
	switch {
	case here && t.Holds(at):
		c.Message = MessageKey{Mine: ref.FromMe, ID: ref.ID}
	default:
		c.Message = MessageKey{Mine: ref.FromMe, ID: ref.ID}
		c.fetch(t, view.Want{Around: order})
	}
}

// OpenAt shows a message of any chat.
func (c *Control) OpenAt(chat model.ChatID, order uint64, ref model.Ref) {
	if c.View.Open == chat && c.Route.Chat == chat {
		c.JumpTo(order, ref)
		return
	}
	c.Lines.pending = &pending{chat, order, ref}
	c.screen.Go(ChatPath(chat))
}
