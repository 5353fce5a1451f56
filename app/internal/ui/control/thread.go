package control

import (
	"ferry/app/internal/port"
	"ferry/app/internal/ui/view"
)

const (
	nearBottom = 48.0  // CSS pixels from the end that count as being there
	nearTop    = 600.0 // CSS pixels from the start at which older ones are fetched
)

// leaveChat ends what goes on in the open chat.
func (c *Control) leaveChat() {
	c.stopTyping()
	c.leaveCompose()
	c.Text = ""
}

// enterChat fetches the open chat's messages and its draft.
func (c *Control) enterChat() {
	id := c.View.Open
	c.watch()
	if id == "" {
		return
	}
	c.fillComposer(c.device.Draft(string(id)))
	c.screen.After(func() { c.device.ScrollTo("thread", 0) })
	c.loadThread()
}

// loadThread fetches the end of the open thread if it is not at hand.
func (c *Control) loadThread() {
	id := c.View.Open
	if id == "" || !c.View.Ready {
		return
	}
	if t := c.View.Thread(id); !t.Loaded || t.Stale || t.Cut {
		c.fetch(t, 0)
	}
}

// LoadOlder fetches the page before what is at hand.
func (c *Control) LoadOlder() {
	defer c.Turn()()
	if c.View.Open == "" {
		return
	}
	t := c.View.Thread(c.View.Open)
	if t.Loaded && t.More && !t.Loading && !t.Stale {
		c.fetch(t, t.Oldest())
	}
}

func (c *Control) fetch(t *view.Thread, before uint64) {
	if t.Loading && before != 0 {
		return
	}
	t.Loading, t.Failed = true, false
	c.do(port.Messages{Chat: t.Chat, Before: before, Limit: view.PageSize}, func(r port.Reply) {
		var page port.MessagePage
		if decode(r, &page) != nil {
			t.Loading, t.Failed = false, true
			return
		}
		t.Put(page, before)
		c.screen.After(func() {
			if before == 0 && t.ManyUnread() {
				c.screen.Reveal("unread")
			}
			c.screen.Post(func() { c.Scrolled() }) // a short page may not fill the screen
		})
	})
}

// Scrolled takes in where the thread is scrolled to, and tells whether that
// changes anything to draw.
func (c *Control) Scrolled() (changed bool) {
	if c.View.Open == "" {
		return false
	}
	defer c.Turn()()
	t := c.View.Thread(c.View.Open)
	top, height, viewport := c.device.Scroll("thread") // top is 0 at the end, negative above
	if height == 0 {
		return false
	}
	was := *t
	t.AtBottom = -top <= nearBottom && !t.Cut
	if t.AtBottom {
		t.NewBelow = 0
	}
	if height-viewport+top < nearTop {
		c.LoadOlder()
	}
	return was.AtBottom != t.AtBottom || was.Loading != t.Loading || was.NewBelow != t.NewBelow
}

// Jump goes to the newest message.
func (c *Control) Jump() {
	defer c.Turn()()
	if c.View.Open == "" {
		return
	}
	t := c.View.Thread(c.View.Open)
	t.AtBottom, t.NewBelow = true, 0
	if t.Cut {
		c.fetch(t, 0)
	}
	c.screen.After(func() { c.device.ScrollTo("thread", 0) })
}

// bottom keeps the place of somebody who has scrolled up when something is
// added below.
type bottom struct {
	on          bool
	mark        view.Mark
	top, height float64
}

func (b *bottom) before(c *Control) {
	b.on = false
	if c.View.Open == "" || c.View.Thread(c.View.Open).AtBottom {
		return
	}
	b.on, b.mark = true, c.View.Mark()
	b.top, b.height, _ = c.device.Scroll("thread")
}

func (b *bottom) after(c *Control) {
	if !b.on || c.View.Open == "" || b.mark == c.View.Mark() || b.mark.Chat != c.View.Open || c.View.Thread(c.View.Open).AtBottom {
		return
	}
	top, height := b.top, b.height
	c.screen.After(func() {
		_, now, _ := c.device.Scroll("thread")
		if grown := now - height; grown != 0 {
			c.device.ScrollTo("thread", top-grown)
		}
	})
}

// readIfSeen tells the engine what the user has seen: only if the thread is on
// screen, the page is visible, and the newest message is in sight.
func (c *Control) readIfSeen() {
	id := c.View.Open
	if id == "" || c.core == nil || c.Route.Chat != id || !c.device.Visible() {
		return
	}
	t := c.View.Thread(id)
	if !t.AtBottom {
		return
	}
	if upto, ok := t.Unseen(); ok {
		t.Told(upto)
		c.View.Seen(id)
		c.do(port.MarkRead{Chat: id, Upto: upto}, nil)
	}
}

// Neighbour opens the chat above or below the open one.
func (c *Control) Neighbour(step int) {
	if id, ok := c.View.Neighbour(step); ok {
		c.screen.Go(ChatPath(id))
	}
}

// LoadAgain repeats a fetch that failed.
func (c *Control) LoadAgain() {
	defer c.Turn()()
	t := c.View.Thread(c.View.Open)
	if !t.Loaded || t.Stale {
		c.fetch(t, 0)
		return
	}
	c.fetch(t, t.Oldest())
}

// Back goes back to a path, or to it if it was not the one before.
func (c *Control) Back(path string) { c.screen.Back(path) }

// Go shows a path.
func (c *Control) Go(path string) { c.screen.Go(path) }
