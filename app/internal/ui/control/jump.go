package control

import (
	"cmp"

	"ferry/app/internal/model"
	"ferry/app/internal/ui/view"
)

// JumpTo shows a message of the open chat, wherever in the thread it is, and
// marks it for a moment. Order is its place; ref names it. Where it is gone, the
// thread is shown around its place.
func (c *Control) JumpTo(order uint64, ref model.Ref) { c.jump(order, ref, true) }

func (c *Control) jump(order uint64, ref model.Ref, focus bool) {
	defer c.Turn()()
	if c.View.Open == "" {
		return
	}
	t := c.View.Thread(c.View.Open)
	at, here := t.OrderOf(ref)
	if !here && order == 0 {
		return
	}
	c.aim(goal{line: LineOf(ref), around: cmp.Or(order, at), how: Showing{Middle: true, Flash: true, Focus: focus}})
	c.Message = MessageKey{Mine: ref.FromMe, ID: ref.ID}
	if !here || !t.Holds(at) {
		c.fetch(t, view.Want{Around: order})
	}
}

// jumpAt shows the message at a place, whichever it is.
func (c *Control) jumpAt(order uint64) {
	t := c.View.Thread(c.View.Open)
	c.aim(goal{order: order, around: order, how: Showing{Flash: true}})
	if !t.Holds(order) {
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
	c.Go(ChatPath(chat))
}
