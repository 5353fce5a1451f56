package control

import (
	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/ui/view"
)

// Replying is the message that the next one answers.
type Replying struct {
	Ref   model.Ref
	quote *model.Quote // as the answer will carry it; looked up when first asked for
}

// Editing is the own message that the composer's text will replace.
type Editing struct {
	ID   model.MessageID
	Was  string // the text to be replaced
	kept string // what was in the composer before
}

// quoteText bounds the text that an answer repeats, in runes.
const quoteText = 140

// Reply makes the next message an answer.
func (c *Control) Reply(key MessageKey) {
	defer c.Turn()()
	c.Menu = MessageKey{}
	m, ok := c.View.Thread(c.View.Open).Find(key.Mine, key.ID)
	if !ok || !view.CanReply(m) || !c.View.Can(c.View.Open).Reply {
		return
	}
	c.endEdit()
	c.Replying = &Replying{Ref: m.Ref()}
	c.quote()
	c.Focus("composer")
}

// quote is what the next message answers, as it will carry it; nil if none.
func (c *Control) quote() *model.Quote {
	r := c.Replying
	if r == nil || r.quote != nil {
		if r == nil {
			return nil
		}
		return r.quote
	}
	r.quote = &model.Quote{Ref: r.Ref}
	if m, ok := c.View.Thread(c.View.Open).Find(r.Ref.FromMe, r.Ref.ID); ok {
		r.quote.Kind, r.quote.Order, r.quote.Text = m.Kind, m.Order, cutRunes(m.Text, quoteText)
		if m.Media != nil {
			r.quote.Thumb = m.Media.Thumb
		}
	}
	return r.quote
}

// Answered is what the next message answers, as shown.
func (c *Control) Answered() *view.Quote {
	q := c.quote()
	if q == nil {
		return nil
	}
	return c.View.Quoted(c.View.Open, q)
}

// ReplyHere answers the message that has the focus, and tells if there is one.
func (c *Control) ReplyHere() bool {
	key, ok := c.focused()
	if ok {
		c.Reply(key)
	}
	return ok
}

// focused is the message of the open thread that has the focus.
func (c *Control) focused() (MessageKey, bool) {
	if c.View.Open == "" || c.Message.ID == "" {
		return MessageKey{}, false
	}
	_, ok := c.View.Thread(c.View.Open).Find(c.Message.Mine, c.Message.ID)
	return c.Message, ok
}

// CancelReply makes the next message answer none.
func (c *Control) CancelReply() {
	c.Replying = nil
	c.Focus("composer")
}

// TakeReply gives the message that what is sent now answers, and ends the
// answering; nil if there is none.
func (c *Control) TakeReply() *model.Ref {
	return refOf(c.takeQuote())
}

func (c *Control) takeQuote() *model.Quote {
	q := c.quote()
	c.Replying = nil
	return q
}

// refOf is what a command carries of a quote.
func refOf(q *model.Quote) *model.Ref {
	if q == nil {
		return nil
	}
	return &q.Ref
}

// JumpToQuoted goes to the message that another answers, or says that it is
// not here.
func (c *Control) JumpToQuoted(q view.Quote) {
	if q.Order == 0 {
		defer c.Turn()()
		c.say(c.L.Content.QuoteGone)
		return
	}
	c.JumpTo(q.Order, q.Ref)
}

// Edit puts an own message's text into the composer, to be changed.
func (c *Control) Edit(id model.MessageID) {
	defer c.Turn()()
	c.Menu = MessageKey{}
	m, ok := c.View.Thread(c.View.Open).Find(true, id)
	if !ok || !c.View.Can(c.View.Open).Edit {
		return
	}
	if !view.CanEdit(m, c.View.Now) {
		c.say(c.L.Content.EditLate)
		return
	}
	if c.Editing == nil {
		c.stopTyping()
		c.Editing = &Editing{kept: c.Text}
	}
	c.Replying = nil
	c.Editing.ID, c.Editing.Was = m.ID, m.Text
	c.fillComposer(m.Text)
	c.Focus("composer")
}

// EditLast begins to change this user's last message, if it still can be.
func (c *Control) EditLast() bool {
	if c.View.Open == "" || c.Text != "" || c.Editing != nil || c.Replying != nil {
		return false
	}
	m, ok := c.View.LastMine(c.View.Thread(c.View.Open))
	if ok {
		c.Edit(m.ID)
	}
	return ok
}

// CancelEdit leaves the message as it is.
func (c *Control) CancelEdit() {
	defer c.Turn()()
	c.endEdit()
	c.Focus("composer")
}

// endEdit puts back what was in the composer before.
func (c *Control) endEdit() {
	if e := c.Editing; e != nil {
		c.Editing = nil
		c.fillComposer(e.kept)
	}
}

// save sends the changed text.
func (c *Control) save(text string) {
	e, chat := c.Editing, c.View.Open
	c.endEdit()
	if text == e.Was {
		return
	}
	id, err := c.messageID()
	if err != nil {
		return
	}
	c.do(port.Edit{Chat: chat, ID: id, Target: e.ID, Text: text}, func(r port.Reply) {
		c.refused(r, c.L.Content.EditFailed)
	})
}

// leaveCompose ends an answer or a change that was begun: another chat is shown.
func (c *Control) leaveCompose() {
	c.Replying, c.Editing, c.Complete, c.Emoji.Open = nil, nil, Complete{}, false
	c.Who = MessageKey{}
}

// cutRunes cuts a text to a number of runes.
func cutRunes(s string, n int) string {
	for i := range s {
		if n--; n < 0 {
			return s[:i] + "…"
		}
	}
	return s
}
