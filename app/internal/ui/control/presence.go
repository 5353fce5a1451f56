package control

import "ferry/app/internal/port"

// watch tells the engine which chat the user looks at.
func (c *Control) watch() {
	id := c.View.Open
	if !c.device.Visible() {
		id = ""
	}
	if c.core != nil && id != c.watched {
		c.watched = id
		c.do(port.Watch{Chat: id}, nil)
	}
}
