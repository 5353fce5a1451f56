package control

import (
	"slices"

	"ferry/app/internal/lang"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/ui/view"
)

// Quick are the emoji that are offered first for a reaction.
var Quick = [...]string{"👍", "❤️", "😂", "😮", "😢", "🙏"}

// React puts an emoji on a message, in place of the one before; the same again
// or "" takes it off.
func (c *Control) React(key MessageKey, emoji string) {
	defer c.Turn()()
	c.Menu, c.Who = MessageKey{}, MessageKey{}
	chat := c.View.Open
	m, ok := c.View.Thread(chat).Find(key.Mine, key.ID)
	if !ok || !view.CanReact(m) || !c.View.Can(c.View.Open).React {
		return
	}
	was := view.MyReaction(m)
	if view.SameEmoji(emoji, was) {
		emoji = ""
	}
	if emoji == was {
		return
	}
	id, err := c.messageID()
	if err != nil {
		return
	}
	c.View.PutReaction(m, emoji)
	if emoji == "" {
		c.View.Say(c.L.Content.Unreacted)
	} else {
		c.View.Say(lang.Fill(c.L.Content.ReactedMe, "emoji", emoji))
		c.recent(emoji)
	}
	c.do(port.React{Chat: chat, ID: id, Target: m.Ref(), Emoji: emoji}, func(r port.Reply) {
		if c.refused(r, c.L.Content.NotDone) {
			if now, ok := c.View.Thread(chat).Find(key.Mine, key.ID); ok && view.MyReaction(now) == emoji {
				c.View.PutReaction(now, was)
			}
		}
	})
}

// refused says that a command was refused, and tells whether it was. Text has
// a {message}.
func (c *Control) refused(r port.Reply, text string) bool {
	err := decode(r, nil)
	if err != nil {
		c.say(lang.Fill(text, "message", c.told(err)))
	}
	return err != nil
}

// ReactHere offers the emoji for the message that has the focus.
func (c *Control) ReactHere() bool {
	key, ok := c.focused()
	if !ok {
		return false
	}
	c.OpenMenu(key, MenuReact, 0, 0)
	return true
}

// MenuHere opens the actions of the message that has the focus.
func (c *Control) MenuHere() bool {
	key, ok := c.focused()
	if !ok {
		return false
	}
	c.OpenMenu(key, MenuAll, 0, 0)
	return true
}

// MenuMode is what a message's menu offers.
type MenuMode int

// Modes.
const (
	MenuAll   MenuMode = iota // emoji and actions
	MenuReact                 // emoji only
)

// OpenMenu opens a message's actions, at a point of the window or, at 0, beside
// the message.
func (c *Control) OpenMenu(key MessageKey, mode MenuMode, x, y float64) {
	defer c.Turn()()
	c.Menu, c.MenuMode, c.MenuX, c.MenuY = key, mode, x, y
	c.Message = key
}

// CloseMenu closes it.
func (c *Control) CloseMenu() {
	defer c.Turn()()
	c.Menu = MessageKey{}
}

// ShowWho lists who reacted to a message.
func (c *Control) ShowWho(key MessageKey) {
	defer c.Turn()()
	c.Menu, c.Who = MessageKey{}, key
}

// WhoIs is the message whose reactions are listed.
func (c *Control) WhoIs() (model.Message, bool) {
	if c.Who.ID == "" || c.View.Open == "" {
		return model.Message{}, false
	}
	m, ok := c.View.Thread(c.View.Open).Find(c.Who.Mine, c.Who.ID)
	return m, ok && len(m.Reactions) > 0
}

// AskRevokeMessage asks, then deletes an own message for everyone.
func (c *Control) AskRevokeMessage(id model.MessageID) {
	defer c.Turn()()
	c.Menu = MessageKey{}
	chat := c.View.Open
	m, ok := c.View.Thread(chat).Find(true, id)
	if !ok || !c.View.Can(chat).Revoke {
		return
	}
	l := c.L.Content
	if !view.CanRevoke(m, c.View.Now) {
		c.say(l.RevokeLate)
		return
	}
	c.Ask = &Ask{
		Title: l.RevokeAsk, Text: lang.Fill(l.RevokeText, "name", lang.Isolate(c.View.Name(chat))), Do: l.RevokeDo,
		act: func() { c.revokeMessage(chat, id) },
	}
}

func (c *Control) revokeMessage(chat model.ChatID, target model.MessageID) {
	id, err := c.messageID()
	if err != nil {
		return
	}
	c.do(port.Revoke{Chat: chat, ID: id, Target: target}, func(r port.Reply) { c.refused(r, c.L.Content.RevokeFailed) })
	c.Focus("composer")
}

// CopyPlain puts a text of a card on the clipboard.
func (c *Control) CopyPlain(text string) {
	defer c.Turn()()
	c.device.Copy(text)
	c.say(c.L.App.Copied)
}

// IsPhone tells whether a text looks like a number that can be looked up.
func IsPhone(s string) bool { return checkPhone(s) == "" }

// MessageNumber opens the dialog for a new chat with a number, and looks it up.
func (c *Control) MessageNumber(phone string) {
	c.Go(PathNew)
	c.screen.After(func() {
		c.screen.Post(func() {
			c.New.Phone = phone
			c.screen.SetValue("phone", phone)
			c.NewSubmit()
		})
	})
}

// recent puts an emoji first among those used last.
func (c *Control) recent(emoji string) {
	if c.files == nil || emoji == "" {
		return
	}
	list := c.files.Recent()
	tone := view.ToneOf(list)
	list = slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == emoji || view.IsTone(s) })
	list = append([]string{emoji}, list...)
	if len(list) > maxRecent {
		list = list[:maxRecent]
	}
	c.files.SetRecent(view.WithTone(list, tone))
}

// maxRecent are three lines of the picker.
const maxRecent = 24
