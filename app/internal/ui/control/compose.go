package control

import (
	"encoding/hex"
	"io"
	"strings"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
)

const (
	composerMax = 160.0
	// MaxText is the longest message, in bytes; the engine refuses a longer one.
	MaxText = 65536
)

// restoreDraft brings back what was unsent before a reload, unless the user was
// faster: drafts are known only once the engine has answered.
func (c *Control) restoreDraft() {
	if c.View.Open == "" || c.Text != "" {
		return
	}
	if draft := c.device.Draft(string(c.View.Open)); draft != "" {
		c.fillComposer(draft)
	}
}

func (c *Control) fillComposer(text string) {
	c.Text = text
	c.screen.After(func() {
		c.screen.SetValue("composer", text)
		c.device.FitText("composer", composerMax)
	})
}

// Typed takes in the composer's text.
func (c *Control) Typed(text string) {
	defer c.Turn()()
	id := c.View.Open
	if id == "" {
		return
	}
	c.Text = text
	c.complete()
	text = c.Text // a name may have become an emoji
	if c.Editing == nil {
		c.device.SetDraft(string(id), text)
		c.View.SetDraft(id, text)
	}
	c.device.FitText("composer", composerMax)
	c.tellTyping()
	c.Still()
}

// Over is by how many bytes the text is too long.
func (c *Control) Over() int { return max(len(c.Text)-MaxText, 0) }

// CanSend tells whether there is anything to send, and a way.
func (c *Control) CanSend() bool {
	return strings.TrimSpace(c.Text) != "" && c.Over() == 0 && c.View.CanAnswer(c.View.Open)
}

// Send sends the composer's text.
func (c *Control) Send() {
	defer c.Turn()()
	id := c.View.Open
	c.device.Focus("composer")
	if id == "" || !c.CanSend() {
		return
	}
	text := strings.TrimSpace(c.Text)
	if c.Complete = (Complete{}); c.Editing != nil {
		c.save(text)
		return
	}
	message, err := c.messageID()
	if err != nil {
		return
	}
	c.Text = ""
	c.device.SetDraft(string(id), "")
	c.View.SetDraft(id, "")
	c.screen.SetValue("composer", "")
	c.device.FitText("composer", composerMax)
	c.typing = typing{} // the message itself says that typing is over
	c.Jump()
	c.submit(model.Message{ID: message, Chat: id, FromMe: true, Text: text, At: c.View.Now, State: model.Pending, Reply: c.takeQuote()})
}

// submit shows a message and hands it to the engine.
func (c *Control) submit(m model.Message) {
	if again, ok := c.View.Thread(m.Chat).Find(true, m.ID); ok {
		m.Reply = again.Reply
	}
	c.View.Echo(m)
	c.do(port.SendText{Chat: m.Chat, ID: m.ID, Text: m.Text, ReplyTo: refOf(m.Reply)}, func(r port.Reply) {
		var stored model.Message
		if decode(r, &stored) != nil {
			c.View.Thread(m.Chat).Unsaved(m.ID)
			return
		}
		c.View.PutReply(stored)
	})
}

// messageID makes an id of the form that WhatsApp's own web client uses.
func (c *Control) messageID() (model.MessageID, error) {
	var b [9]byte
	if _, err := io.ReadFull(c.rand, b[:]); err != nil {
		return "", err
	}
	return model.MessageID("3EB0" + strings.ToUpper(hex.EncodeToString(b[:]))), nil
}
