package control

import (
	"ferry/app/internal/lang"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/ui/view"
)

// watch tells the engine which chat the user looks at: none while the page is
// hidden.
func (c *Control) watch() {
	id := c.View.Open
	if chat, known := c.View.Chat(id); !c.device.Visible() || known && view.BarrierOf(chat) != view.NoBarrier {
		id = "" // nor of strangers: they learn nothing
	}
	if c.core == nil || id == c.watched {
		return
	}
	c.watched = id
	c.View.ForgetPresence()
	c.do(port.Watch{Chat: id}, nil)
}

// watchAgain tells an engine that knows of nothing.
func (c *Control) watchAgain() {
	c.watched = ""
	c.watch()
}

// SetPrivacy changes what others see. The switch moves at once, and back if it
// cannot be.
func (c *Control) SetPrivacy(change func(*model.Privacy)) {
	defer c.Turn()()
	was := c.View.Privacy
	now := was
	change(&now)
	if now == was {
		return
	}
	c.View.Privacy = now
	c.do(port.SetPrivacy{Privacy: now}, func(r port.Reply) {
		var stored model.Privacy
		if err := decode(r, &stored); err != nil {
			c.View.Privacy = was
			c.say(lang.Fill(c.L.Content.Privacy.Failed, "message", c.told(err)))
		}
	})
}
