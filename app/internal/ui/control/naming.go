package control

import (
	"strings"

	"ferry/app/internal/lang"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
)

// Naming is the dialog that gives somebody a name of the user's own.
type Naming struct {
	Chat model.ChatID
	Text string
	Had  string // the name until now
}

// Nameable tells whether the user may say what a chat's person is called: WhatsApp
// tells other apps no names, while people of other apps are shown by their usernames.
func (c *Control) Nameable(chat model.Chat) bool { return chat.Contact.Provider == 0 }

// AskName opens the dialog.
func (c *Control) AskName(id model.ChatID) {
	defer c.Turn()()
	c.ChatMenu = false
	if chat, ok := c.View.Chat(id); ok && c.Nameable(chat) {
		given := chat.Contact.Given
		c.Naming = &Naming{Chat: id, Text: given, Had: given}
	}
}

// NameTyped takes in what is typed.
func (c *Control) NameTyped(text string) {
	if c.Naming != nil {
		c.Naming.Text = text
	}
}

// ConfirmName keeps the name; none takes off the one there was.
func (c *Control) ConfirmName() {
	defer c.Turn()()
	n := c.Naming
	if n == nil {
		return
	}
	c.Naming = nil
	text := strings.TrimSpace(n.Text)
	if text == n.Had {
		return
	}
	c.name(n.Chat, text, func() {
		said := lang.Fill(c.L.People.Named, "name", lang.Isolate(c.View.Name(n.Chat)))
		if text == "" {
			said = c.L.People.Unnamed
		}
		c.offerUndo(said, func() { c.name(n.Chat, n.Had, nil) })
	})
}

func (c *Control) name(id model.ChatID, name string, then func()) {
	c.do(port.Name{Chat: id, Name: name}, func(r port.Reply) {
		if c.putChat(r) && then != nil {
			then()
		}
	})
}
