package control

import (
	"errors"

	"ferry/app/internal/lang"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
)

// Safety is the safety number of the contact screen.
type Safety struct {
	Chat   model.ChatID
	Loaded bool
	Failed bool
	Busy   bool
	Note   string // what happened to it just now
	Number model.SafetyNumber
	asked  int // how often: only the last answer counts
}

// openSafety asks for the number of a chat that is opened. What was shown before
// is not shown again meanwhile: either side may have another key by now.
func (c *Control) openSafety(id model.ChatID) {
	c.Safety = Safety{Chat: id, asked: c.Safety.asked}
	c.LoadSafety(id)
}

// LoadSafety asks for the number of a chat.
func (c *Control) LoadSafety(id model.ChatID) {
	if c.Safety.Chat != id {
		c.Safety = Safety{Chat: id, asked: c.Safety.asked}
	}
	c.Safety.Failed = false
	c.Safety.asked++
	asked := c.Safety.asked
	c.do(port.SafetyNumber{Chat: id}, func(r port.Reply) {
		s := &c.Safety
		if s.Chat != id || s.asked != asked {
			return
		}
		var n model.SafetyNumber
		if decode(r, &n) != nil {
			s.Failed, s.Loaded = true, false
			return
		}
		s.Failed, s.Loaded, s.Number = false, true, n
	})
}

// safetyEvents asks again when the shown number may have become another.
func (c *Control) safetyEvents(events []port.Event) {
	if c.Route.Place != ChatInfo {
		return
	}
	for _, e := range events {
		switch e := e.(type) {
		case port.MessageChanged:
			if e.Chat == c.Route.Chat && e.Kind == model.KindNotice {
				if e.Notice == model.NoticeKeyChanged {
					c.Safety.Loaded = false // what is on the screen is nobody's number any more
				}
				c.LoadSafety(e.Chat)
				return
			}
		case port.ChatChanged:
			if e.ID == c.Route.Chat && (e.Verified != c.Safety.Number.Verified || !c.Safety.Loaded) {
				c.LoadSafety(e.ID)
				return
			}
		}
	}
}

// Verify says that the user has compared the number that is on the screen, or
// takes that back.
func (c *Control) Verify(verified bool) {
	defer c.Turn()()
	s := &c.Safety
	if !s.Loaded || s.Busy {
		return
	}
	id, cmd := s.Chat, port.Verify{Chat: s.Chat, Verified: verified}
	if verified {
		cmd.Digits = s.Number.Digits
	}
	s.Busy, s.Note = true, ""
	c.do(cmd, func(r port.Reply) {
		if c.Safety.Chat != id {
			return
		}
		s.Busy = false
		var chat model.Chat
		if err := decode(r, &chat); err != nil {
			var no *refusal
			if s.Note = lang.Fill(c.L.People.Safety.HeldFailed, "message", c.told(err)); errors.As(err, &no) && no.code == "number_changed" {
				s.Note = c.L.People.Safety.NewNumber
			}
			c.LoadSafety(id)
			return
		}
		c.View.PutChat(chat)
		s.Number.Verified = chat.Verified
		text := c.L.People.Safety.Undone
		if chat.Verified {
			text = c.L.People.Safety.Done
		}
		c.say(lang.Fill(text, "name", lang.Isolate(c.View.Name(id))))
	})
}

// CopySafety puts the number on the clipboard, in its groups.
func (c *Control) CopySafety(text string) {
	defer c.Turn()()
	c.device.Copy(text)
	c.say(c.L.App.Copied)
}

// AskRelease asks, then sends what was held back because a verified person's
// key has changed.
func (c *Control) AskRelease(id model.ChatID) {
	defer c.Turn()()
	l, name := c.L.People.Safety, lang.Isolate(c.View.Name(id))
	c.Ask = &Ask{Title: l.AnywayAsk, Text: lang.Fill(l.AnywayText, "name", name), Do: l.Anyway, act: func() {
		c.do(port.ReleaseHeld{Chat: id}, func(r port.Reply) {
			if c.putChat(r) && c.Route.Place == Chat && !c.screen.Touch() {
				c.Focus("composer")
			}
		})
	}}
}
