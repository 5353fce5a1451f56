package control

import (
	"ferry/app/internal/lang"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
)

// Blocking is the question before a person is blocked, with those who may be
// the same person elsewhere.
type Blocking struct {
	Chat   model.ChatID
	Others []model.Chat
	chosen map[model.ChatID]bool
}

// Chosen tells whether one of the others is to be blocked, too.
func (b *Blocking) Chosen(id model.ChatID) bool { return b.chosen[id] }

// Choose sets that.
func (b *Blocking) Choose(id model.ChatID, on bool) { b.chosen[id] = on }

// ToggleChatMenu opens or closes what can be done with the open chat.
func (c *Control) ToggleChatMenu() {
	defer c.Turn()()
	c.ChatMenu = !c.ChatMenu
}

// ToggleRequests shows all requests in the list, or some again.
func (c *Control) ToggleRequests() {
	defer c.Turn()()
	c.View.AllRequests = !c.View.AllRequests
}

// Accept takes a request: from now on it is a chat like any other.
func (c *Control) Accept(id model.ChatID) {
	defer c.Turn()()
	if c.People.Busy {
		return
	}
	c.People.Busy = true
	c.do(port.Accept{Chat: id}, func(r port.Reply) {
		c.People.Busy = false
		if !c.putChat(r) {
			return
		}
		c.say(lang.Fill(c.L.People.Accepted, "name", lang.Isolate(c.View.Name(id))))
		c.watchAgain()
		if c.Route.Place == Chat && !c.screen.Touch() {
			c.Focus("composer")
		}
	})
}

// AskDecline asks, then deletes a request.
func (c *Control) AskDecline(id model.ChatID) {
	defer c.Turn()()
	l := c.L.People
	c.ChatMenu = false
	c.Ask = &Ask{Title: l.DeclineAsk, Text: lang.Fill(l.DeclineText, "name", lang.Isolate(c.View.Name(id))), Do: l.Decline, act: func() { c.decline(id) }}
}

func (c *Control) decline(id model.ChatID) {
	c.do(port.Decline{Chat: id}, func(r port.Reply) {
		if err := decode(r, nil); err != nil {
			c.say(lang.Fill(c.L.People.BlockFailed, "message", c.told(err)))
			return
		}
		c.View.Apply([]port.Event{port.ChatDeleted{Chat: id}})
		c.say(c.L.People.Declined)
		if c.Route.Chat == id {
			c.Go(c.Home())
		}
	})
}

// putChat takes a chat in as the engine has it now, or says why it is not.
func (c *Control) putChat(r port.Reply) bool {
	var chat model.Chat
	if err := decode(r, &chat); err != nil {
		c.say(lang.Fill(c.L.People.BlockFailed, "message", c.told(err)))
		return false
	}
	c.View.PutChat(chat)
	return true
}

// AskBlock asks, then blocks a chat's person.
func (c *Control) AskBlock(id model.ChatID) {
	defer c.Turn()()
	c.ChatMenu = false
	c.Blocking = &Blocking{Chat: id, chosen: map[model.ChatID]bool{}}
	if c.WhatsApp() { // blocks of a messenger's own do not cover other apps
		c.Blocking.Others = c.View.Namesakes(id)
	}
}

// ConfirmBlock blocks whom the question was about.
func (c *Control) ConfirmBlock() {
	defer c.Turn()()
	b := c.Blocking
	if b == nil {
		return
	}
	c.Blocking = nil
	all := []model.ChatID{b.Chat}
	for _, o := range b.Others {
		if b.chosen[o.ID] {
			all = append(all, o.ID)
		}
	}
	name := c.View.Name(b.Chat)
	c.do(port.Block{Chat: b.Chat, Blocked: true}, func(r port.Reply) {
		if !c.putChat(r) {
			return
		}
		for _, id := range all[1:] {
			c.do(port.Block{Chat: id, Blocked: true}, func(r port.Reply) { c.putChat(r) })
		}
		c.offerUndo(lang.Fill(c.L.People.Blocked, "name", lang.Isolate(name)), func() {
			for _, id := range all {
				c.do(port.Block{Chat: id}, func(r port.Reply) { c.putChat(r) })
			}
		})
		if c.Route.Chat == b.Chat {
			c.Focus("unblock")
		}
	})
}

// offerUndo says what was done, and takes it back if asked to.
func (c *Control) offerUndo(text string, undo func()) {
	c.dropToast()
	c.Toast = &Toast{Text: text, until: c.View.Now.Add(toastFor), undo: undo}
}

// Unblock lets a person write again. The chat may not be on this device.
func (c *Control) Unblock(id model.ChatID, name string) {
	defer c.Turn()()
	c.ChatMenu = false
	c.do(port.Block{Chat: id}, func(r port.Reply) {
		var chat model.Chat
		if err := decode(r, &chat); err != nil {
			c.say(lang.Fill(c.L.People.BlockFailed, "message", c.told(err)))
			return
		}
		if _, known := c.View.Chat(id); known {
			c.View.PutChat(chat)
		}
		c.offerUndo(lang.Fill(c.L.People.Unblocked, "name", lang.Isolate(name)), func() {
			c.do(port.Block{Chat: id, Blocked: true}, nil)
		})
		switch {
		case c.Route.Place == SettingsBlocked:
			c.Focus("screen-title")
		case c.Route.Place == Chat && !c.screen.Touch():
			c.Focus("composer")
		}
	})
}

// AskBlockApp asks, then blocks everybody on an app.
func (c *Control) AskBlockApp(provider int, app string) {
	defer c.Turn()()
	l := c.L.People
	c.ChatMenu, c.Blocking = false, nil
	name := lang.Isolate(app)
	c.Ask = &Ask{Title: lang.Fill(l.BlockAppAsk, "app", name), Text: l.BlockAppText, Do: lang.Fill(l.BlockApp, "app", name), act: func() {
		c.blockApp(provider, true, lang.Fill(l.AppBlocked, "app", name))
	}}
}

// UnblockApp lets people on an app write again.
func (c *Control) UnblockApp(provider int, app string) {
	defer c.Turn()()
	c.ChatMenu = false
	c.blockApp(provider, false, lang.Fill(c.L.People.AppUnblocked, "app", lang.Isolate(app)))
}

func (c *Control) blockApp(provider int, blocked bool, done string) {
	set := func(blocked bool, then func()) {
		c.do(port.BlockProvider{Provider: provider, Blocked: blocked}, func(r port.Reply) {
			var now model.Consent
			if err := decode(r, &now); err != nil {
				c.say(lang.Fill(c.L.People.BlockFailed, "message", c.told(err)))
				return
			}
			c.View.Consent = now
			then()
		})
	}
	set(blocked, func() { c.offerUndo(done, func() { set(!blocked, func() {}) }) })
	c.Focus("screen-title")
}

// People is what goes on about whom the user takes messages from.
type People struct{ Busy bool }
