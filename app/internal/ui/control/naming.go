package control

import (
	"strings"

	"ferry/app/internal/lang"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/ui/view"
)

// AskName opens the dialog that gives somebody a name of the user's own.
func (c *Control) AskName(id model.ChatID) {
	defer c.Turn()()
	c.ChatMenu = false
	if chat, ok := c.View.Chat(id); ok && view.Nameable(chat) {
		c.Naming = id
	}
}

// ConfirmName keeps the name; none takes off the one there was.
func (c *Control) ConfirmName(text string) {
	defer c.Turn()()
	chat, ok := c.View.Chat(c.Naming)
	c.Naming = ""
	text = strings.TrimSpace(text)
	had := chat.Contact.Given
	if !ok || text == had {
		return
	}
	c.name(chat.ID, text, func() {
		said := lang.Fill(c.L.People.Named, "name", lang.Isolate(c.View.Name(chat.ID)))
		if text == "" {
			said = c.L.People.Unnamed
		}
		c.offerUndo(said, func() { c.name(chat.ID, had, nil) })
	})
}

func (c *Control) name(id model.ChatID, name string, then func()) {
	c.do(port.Name{Chat: id, Name: name}, func(r port.Reply) {
		if c.putChat(r) && then != nil {
			then()
		}
	})
}
