package control

import (
	"ferry/app/internal/port"
	"ferry/app/internal/ui/view"
)

const (
	nearBottom = 48.0  // CSS pixels from the end that count as being there
	nearEdge   = 600.0 // CSS pixels from an end of what is at hand at which more is fetched, at least
)

// leaveChat ends what goes on in the open chat.
func (c *Control) leaveChat() {
	c.stopTyping()
	c.leaveCompose()
	c.leaveMedia()
	c.leaveLines()
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
	c.aimEnd()
	c.Lines.opening = true
	c.loadThread()
}

// loadThread fetches what the open thread begins with, if it is not at hand:
// the message that was jumped to, the first unread one, or the end.
func (c *Control) loadThread() {
	id := c.View.Open
	if id == "" || !c.View.Ready {
		return
	}
	t := c.View.Thread(id)
	if p := c.Lines.pending; p != nil && p.chat == id {
		c.Lines.pending = nil
		c.JumpTo(p.order, p.ref)
		return
	}
	first := t.First()
	if !c.Lines.opening {
		first = 0 // it is where the user went since
	}
	switch {
	case t.Loaded && t.Stale && !t.AtBottom && c.reading(t) != 0:
		c.fetch(t, view.Want{Around: c.reading(t)}) // a new engine took over: stay
	case t.Loaded && !t.Stale && !t.Cut && (first == 0 || t.ManyUnread()):
		c.showUnread(t)
	case first != 0 && t.AtBottom:
		t.NewBelow = c.unread(id)
		c.fetch(t, view.Want{Around: first})
	case !t.Loaded || t.Stale || t.Cut:
		c.aimEnd()
		c.fetch(t, view.Want{})
	}
}

// showUnread scrolls a thread that opens to the first unread message, if they
// do not fit.
func (c *Control) showUnread(t *view.Thread) {
	if c.Lines.opening && t.ManyUnread() {
		c.aim(goal{line: UnreadLine, around: t.First()})
	}
	c.Lines.opening = false
}

func (c *Control) fetch(t *view.Thread, w view.Want) {
	stretch, ok := t.Begin(w)
	if !ok {
		return
	}
	limit := view.PageSize
	switch {
	case w.Around != 0:
		limit = view.AroundSize
	case w == view.Want{}:
		limit = view.FirstSize
	}
	c.do(port.Messages{Chat: t.Chat, Before: w.Before, After: w.After, Around: w.Around, Limit: limit}, func(r port.Reply) {
		var page port.MessagePage
		if decode(r, &page) != nil {
			t.Fail(w, stretch)
			return
		}
		if !t.Take(page, w, stretch) {
			return
		}
		if w.Before == 0 && w.After == 0 && c.View.Open == t.Chat {
			c.showUnread(t)
		}
		c.screen.After(func() {
			c.screen.Post(func() { c.Scrolled() }) // a short page may not fill the screen
		})
	})
}

// LoadOlder fetches the page before what is at hand.
func (c *Control) LoadOlder() {
	defer c.Turn()()
	if c.View.Open != "" {
		c.older(c.View.Thread(c.View.Open))
	}
}

// LoadNewer fetches the page after what is at hand.
func (c *Control) LoadNewer() {
	defer c.Turn()()
	if c.View.Open != "" {
		c.newer(c.View.Thread(c.View.Open))
	}
}

// older and newer go on from what is at hand. Where nothing is, they would ask for
// the end, in place of what the thread is to begin with.
func (c *Control) older(t *view.Thread) {
	if at := t.Oldest(); at != 0 {
		c.fetch(t, view.Want{Before: at})
	}
}

func (c *Control) newer(t *view.Thread) {
	if at := t.Newest(); at != 0 {
		c.fetch(t, view.Want{After: at})
	}
}

// LoadAgain repeats a fetch that failed.
func (c *Control) LoadAgain() {
	defer c.Turn()()
	t := c.View.Thread(c.View.Open)
	if !t.Loaded || t.Stale {
		c.fetch(t, view.Want{})
		return
	}
	c.fetch(t, view.Want{Before: t.Oldest()})
}

// Scrolled takes in where the thread is scrolled to, and tells whether that
// changes anything to draw.
func (c *Control) Scrolled() (changed bool) {
	if c.View.Open == "" {
		return false
	}
	defer c.Turn()()
	c.Still()
	t := c.View.Thread(c.View.Open)
	top, height, viewport := c.device.Scroll("thread") // top is 0 at the end, negative above
	if height == 0 {
		return false
	}
	was := *t
	up, down := top < c.Lines.top, top > c.Lines.top
	c.Lines.top = top
	if c.Lines.goal == nil {
		t.AtBottom = -top <= nearBottom && !t.Cut && !c.Lines.cut
	}
	if t.AtBottom {
		t.NewBelow = 0
	}
	c.Lines.note()
	edge, full := max(nearEdge, 1.5*viewport), t.Len() >= view.AtHand
	// While one end is let go of for the other, only the way that the user
	// goes is fetched, lest they take turns.
	if height-viewport+top < edge && !(full && down) {
		c.older(t)
	}
	if -top < edge && t.Cut && !(full && up) {
		c.newer(t)
	}
	return was.AtBottom != t.AtBottom || was.Loading != t.Loading || was.Ahead != t.Ahead || was.NewBelow != t.NewBelow
}

// Jump goes to the newest message.
func (c *Control) Jump() {
	defer c.Turn()()
	if c.View.Open == "" {
		return
	}
	t := c.View.Thread(c.View.Open)
	t.NewBelow, c.Lines.opening = 0, false
	c.aimEnd()
	if t.Cut {
		c.fetch(t, view.Want{})
	}
}

// Below is how many unread messages wait below what is on screen.
func (c *Control) Below(t *view.Thread) int {
	if t.AtBottom {
		return 0
	}
	return max(t.NewBelow, c.unread(t.Chat))
}

// Neighbour opens the chat above or below the open one.
func (c *Control) Neighbour(step int) {
	if id, ok := c.View.Neighbour(step); ok {
		c.Go(ChatPath(id))
	}
}

// Back goes back to a path, or to it if it was not the one before.
func (c *Control) Back(path string) { c.screen.Back(c.At(path)) }

// Go shows a path.
func (c *Control) Go(path string) { c.screen.Go(c.At(path)) }

// goInstead shows a path in place of the one shown now.
func (c *Control) goInstead(path string) { c.screen.Replace(c.At(path)) }
