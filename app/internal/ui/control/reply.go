package control

import "ferry/app/internal/model"

// Replying is the message that the next one answers.
type Replying struct{ Ref model.Ref }

// leaveCompose ends an answer or a change that was begun.
func (c *Control) leaveCompose() { c.Replying = nil }

// TakeReply gives the message that what is sent now answers, and ends the
// answering; nil if there is none.
func (c *Control) TakeReply() *model.Ref {
	r := c.Replying
	if c.Replying = nil; r == nil {
		return nil
	}
	return &r.Ref
}
