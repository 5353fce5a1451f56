package control

import "ferry/app/internal/model"

// JumpTo shows a message of the open chat, wherever in the thread it is, and
// marks it for a moment. Order is its place; ref names it.
func (c *Control) JumpTo(order uint64, ref model.Ref) {}
