package control

import (
	"strings"
	"time"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
)

const (
	typingEvery = 3 * time.Second
	typingPause = 5 * time.Second
)

// typing is what the peer was told of this user's typing.
type typing struct {
	chat    model.ChatID
	toldAt  time.Time
	pauseAt time.Time
}

func (c *Control) tellTyping() {
	now, id := c.View.Now, c.View.Open
	if strings.TrimSpace(c.Text) == "" || !c.View.Can(id).Typing {
		c.stopTyping()
		return
	}
	if c.typing.chat != id || now.Sub(c.typing.toldAt) >= typingEvery {
		c.typing.toldAt = now
		c.do(port.Typing{Chat: id, Composing: true}, nil)
	}
	c.typing.chat, c.typing.pauseAt = id, now.Add(typingPause)
}

func (c *Control) stopTyping() {
	if c.typing.chat != "" {
		c.do(port.Typing{Chat: c.typing.chat, Composing: false}, nil)
	}
	c.typing = typing{}
}
