package control

import (
	"ferry/app/internal/model"
	"ferry/app/internal/port"
)

// RetrySend sends a failed message again.
func (c *Control) RetrySend(id model.MessageID) {
	defer c.Turn()()
	c.Menu = MessageKey{}
	chat := c.View.Open
	if c.retryMedia(id) {
		return
	}
	if text, ok := c.View.Thread(chat).IsUnsaved(id); ok {
		c.submit(model.Message{ID: id, Chat: chat, FromMe: true, Text: text, At: c.View.Now, State: model.Pending})
		return
	}
	c.do(port.Retry{Chat: chat, ID: id}, nil)
}

// Delete takes a message off the screen, and off the device unless the user
// takes it back in time.
func (c *Control) Delete(mine bool, id model.MessageID) {
	defer c.Turn()()
	c.dropToast()
	c.Menu = MessageKey{}
	chat := c.View.Open
	t := c.View.Thread(chat)
	t.Hide(mine, id)
	c.Toast = &Toast{
		Text: c.L.Thread.Deleted, until: c.View.Now.Add(toastFor),
		undo: func() { t.Show(mine, id) },
		done: func() {
			if _, unsaved := t.IsUnsaved(id); unsaved {
				c.View.Apply([]port.Event{port.MessageDeleted{Chat: chat, ID: id, FromMe: mine}})
				return
			}
			c.do(port.Delete{Chat: chat, ID: id, FromMe: mine}, nil)
		},
	}
	c.device.Focus("composer")
}

// CopyText puts a message's text on the clipboard.
func (c *Control) CopyText(mine bool, id model.MessageID) {
	defer c.Turn()()
	c.Menu = MessageKey{}
	if m, ok := c.View.Thread(c.View.Open).Find(mine, id); ok {
		c.device.Copy(c.View.Named(m))
		c.say(c.L.App.Copied)
	}
}

// ToggleMenu opens or closes a message's actions.
func (c *Control) ToggleMenu(m MessageKey) {
	if c.Menu == m {
		c.CloseMenu()
		return
	}
	c.OpenMenu(m, MenuAll, 0, 0)
}

// MessageKey names a message of the open thread.
type MessageKey struct {
	Mine bool
	ID   model.MessageID
}

// Element is the id of the element that a message's focus is on.
func (m MessageKey) Element() string { return "more-" + string(m.ID) }

// MessageFocused remembers the message that has, or last had, the focus.
func (c *Control) MessageFocused(m MessageKey) { c.Message = m }

// MoveMessage moves the focus up or down the thread.
func (c *Control) MoveMessage(step int) {
	defer c.Turn()()
	var keys []MessageKey
	at := -1
	for _, it := range c.View.Items(c.View.Thread(c.View.Open)) {
		if it.Divider != "" || it.Notice != nil {
			continue
		}
		k := MessageKey{it.Bubble.Mine, it.Bubble.ID}
		if k == c.Message {
			at = len(keys)
		}
		keys = append(keys, k)
	}
	switch {
	case len(keys) == 0:
		return
	case at < 0:
		at = len(keys) - 1
	}
	if at+step < 0 {
		c.LoadOlder()
	}
	c.Message = keys[min(max(at+step, 0), len(keys)-1)]
	c.device.Focus(c.Message.Element())
}
