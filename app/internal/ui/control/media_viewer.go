package control

import (
	"slices"

	"ferry/app/internal/model"
)

// Viewer shows pictures and films over the page.
type Viewer struct{ Key MediaKey }

// OpenViewer shows an attachment over the page.
func (c *Control) OpenViewer(k MediaKey) {
	defer c.Turn()()
	c.PlayerPause()
	c.StopVideo()
	c.Menu = MessageKey{}
	c.Media.Viewer = &Viewer{Key: k}
}

// CloseViewer closes it.
func (c *Control) CloseViewer() {
	defer c.Turn()()
	c.Media.Viewer = nil
}

// ViewerAt gives what the viewer shows, its place among the chat's pictures at
// hand, and how many there are; false if it is gone.
func (c *Control) ViewerAt() (m model.Message, n, total int, ok bool) {
	v := c.Media.Viewer
	if v == nil {
		return model.Message{}, 0, 0, false
	}
	all := c.View.Thread(v.Key.Chat).Pictures()
	at := slices.IndexFunc(all, func(m model.Message) bool { return m.Ref() == v.Key.Ref })
	if at < 0 {
		m, ok = c.MediaMessage(v.Key)
		return m, 1, 1, ok
	}
	return all[at], at + 1, len(all), true
}

// ViewerStep shows the next picture or film, or with -1 the one before.
func (c *Control) ViewerStep(step int) {
	defer c.Turn()()
	_, n, total, ok := c.ViewerAt()
	if !ok || n+step < 1 || n+step > total {
		return
	}
	all := c.View.Thread(c.Media.Viewer.Key.Chat).Pictures()
	if at := n - 1 + step; at < len(all) {
		c.Media.Viewer.Key = KeyOf(all[at])
	}
}

// Video is the film that plays in its bubble.
type Video struct {
	Key MediaKey
	At  float64 // seconds; where it goes on if its place on the screen is drawn anew
	Bad bool    // this browser cannot play it
}

// PlayVideo plays a film in its bubble.
func (c *Control) PlayVideo(k MediaKey) {
	defer c.Turn()()
	c.PlayerPause()
	was := c.Media.Video.Key
	c.Media.Video = Video{Key: k}
	c.redraw(was)
	c.redraw(k)
}

// VideoTime takes in how far the film has played.
func (c *Control) VideoTime(k MediaKey, at float64) {
	if c.Media.Video.Key == k {
		c.Media.Video.At = at
	}
}

// VideoFailed takes in that the browser cannot play it.
func (c *Control) VideoFailed(k MediaKey) {
	if c.Media.Video.Key == k {
		c.Media.Video.Bad = true
		c.redraw(k)
	}
}

// StopVideo ends the film that plays in its bubble.
func (c *Control) StopVideo() {
	was := c.Media.Video.Key
	c.Media.Video = Video{}
	c.redraw(was)
}
