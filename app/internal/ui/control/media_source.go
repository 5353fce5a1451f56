package control

import "slices"

// maxBlobs bounds the attachments that are held in memory because the browser
// gives no address for them.
const maxBlobs = 40

// blob is a copy of an attachment in memory.
type blob struct {
	url string
	err error
	had bool // the answer has come
}

// Source is an address that shows an attachment which is on this device or
// streams; "" if there is none yet. Copies are made where the browser gives no
// address of its own, if small says that it is a picture or a voice message.
// Call it again when the drawing is asked for.
func (c *Control) Source(k MediaKey, small bool) string {
	if url := c.Media.own[k]; url != "" {
		return url
	}
	if !small || !c.Media.copies[k] {
		if url := c.browser().MediaURL(k.Chat, k.Ref); url != "" || !small {
			return url
		}
	}
	return c.copyOf(k).url
}

// HasOwn tells whether the page itself still has what was sent.
func (c *Control) HasOwn(k MediaKey) bool { return c.Media.own[k] != "" }

// SourceFailed tells whether no address can be had.
func (c *Control) SourceFailed(k MediaKey) bool {
	b := c.Media.blobs[k]
	return b != nil && b.err != nil
}

func (c *Control) copyOf(k MediaKey) *blob {
	m := &c.Media
	if b := m.blobs[k]; b != nil {
		return b
	}
	if m.blobs == nil {
		m.blobs = map[MediaKey]*blob{}
	}
	b := &blob{}
	m.blobs[k] = b
	m.order = append(m.order, k)
	if len(m.order) > maxBlobs {
		c.freeOldest()
	}
	c.browser().MediaBlob(k.Chat, k.Ref, func(url string, err error) {
		c.post(func() {
			if c.Media.blobs[k] != b { // let go of meanwhile
				if url != "" {
					c.browser().FreeBlob(url)
				}
				return
			}
			b.url, b.err, b.had = url, err, true
			c.sourceCame(k)
			c.redraw(k)
		})
	})
	return b
}

// freeOldest lets go of the oldest copy that is not on the screen.
func (c *Control) freeOldest() {
	for _, k := range c.Media.order {
		b := c.Media.blobs[k]
		if len(c.Media.drawn[k]) == 0 && k != c.Media.Player.Key && b != nil && b.had {
			c.freeBlob(k)
			return
		}
	}
}

func (c *Control) freeBlob(k MediaKey) {
	if b := c.Media.blobs[k]; b != nil {
		delete(c.Media.blobs, k)
		c.Media.order = slices.DeleteFunc(c.Media.order, func(o MediaKey) bool { return o == k })
		if b.url != "" {
			c.browser().FreeBlob(b.url)
		}
	}
}

// SourceAgain forgets the address of a picture or a voice message that did not
// work, and tells whether there is another to be tried: the file that was sent,
// then the browser's own address, then a copy.
func (c *Control) SourceAgain(k MediaKey) bool {
	if c.Media.own[k] != "" {
		delete(c.Media.own, k)
		return true
	}
	if c.Media.copies[k] {
		return false
	}
	if c.Media.copies == nil {
		c.Media.copies = map[MediaKey]bool{}
	}
	c.Media.copies[k] = true
	return c.Media.blobs[k] == nil
}
