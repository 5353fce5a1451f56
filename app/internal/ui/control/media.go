package control

import (
	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/ui/host"
	"ferry/app/internal/ui/view"
)

// Media is what goes on with attachments.
type Media struct {
	Menu   bool // what to attach is being chosen
	Drag   bool // files are held over the page
	Player Player
	Viewer *Viewer // nil while closed
	Video  Video

	trays     map[model.ChatID]*Tray
	recorders map[model.ChatID]*Recorder
	asFiles   bool // what is picked next goes as files
	moved     map[MediaKey]port.Moved
	drawn     map[MediaKey][]*drawing
	blobs     map[MediaKey]*blob
	order     []MediaKey                  // of blobs, oldest first
	own       map[MediaKey]string         // addresses of what the page itself has sent
	copies    map[MediaKey]bool           // the browser's own address did not work
	unsent    map[MediaKey]port.SendMedia // the engine did not take them
	sound     Sound
}

// MediaKey names an attachment.
type MediaKey struct {
	Chat model.ChatID
	Ref  model.Ref
}

// KeyOf names a message's attachment.
func KeyOf(m model.Message) MediaKey { return MediaKey{m.Chat, m.Ref()} }

// browser is the way to the browser's files; one that can do nothing where
// there is none.
func (c *Control) browser() host.Attachments {
	if c.files == nil {
		return host.NoAttachments{}
	}
	return c.files
}

// CanAttach tells whether this browser can do anything with files.
func (c *Control) CanAttach() bool { return c.files != nil && c.View.Can(c.View.Open).Files }

// startMedia begins to listen to the browser.
func (c *Control) startMedia() {
	if c.files == nil {
		return
	}
	c.files.OnFiles(func(files []host.Picked) { c.post(func() { c.picked(files) }) })
	c.files.OnDrag(func(over bool) {
		c.post(func() { c.Media.Drag = over && c.View.Open != "" && c.View.CanAnswer(c.View.Open) && c.Ask == nil })
	})
}

// leaveMedia ends what goes on in a chat that is left.
func (c *Control) leaveMedia() {
	m := &c.Media
	m.Menu, m.Drag, m.Viewer = false, false, nil
	c.PlayerPause() // what stops it is not on the screen any more
	c.StopVideo()
	if t := c.Tray(); t != nil && t.Sending() {
		c.sendTray(t)
	}
	if r := m.recorders[c.View.Open]; r != nil && r.On && !r.ended {
		c.RecordStop() // what was said so far is there when the user comes back
	}
}

// forgetMedia lets go of all that belongs to the account.
func (c *Control) forgetMedia() {
	m := &c.Media
	for _, r := range m.recorders {
		if r.On {
			c.browser().StopRecording(false, func(host.Picked, error) {})
		}
	}
	for _, t := range m.trays {
		t.discard(c.browser())
	}
	for _, b := range m.blobs {
		c.browser().FreeBlob(b.url)
	}
	if m.sound != nil {
		m.sound.Stop()
	}
	c.Media = Media{sound: m.sound, drawn: m.drawn}
}

// mediaEvents takes in what the engine says of attachments.
func (c *Control) mediaEvents(events []port.Event) {
	for _, e := range events {
		switch e := e.(type) {
		case port.Moved:
			c.moved(e)
		case port.MessageChanged:
			if e.Media != nil {
				c.mediaChanged(e.Message)
			}
		case port.MessageDeleted:
			c.mediaGone(MediaKey{e.Chat, model.Ref{ID: e.ID, FromMe: e.FromMe}})
		}
	}
}

func (c *Control) moved(e port.Moved) {
	if c.Media.moved == nil {
		c.Media.moved = map[MediaKey]port.Moved{}
	}
	k := MediaKey{e.Chat, e.Ref}
	c.Media.moved[k] = e
	c.redraw(k)
}

func (c *Control) mediaChanged(m model.Message) {
	k := KeyOf(m)
	switch m.Media.State {
	case model.MediaPreparing, model.MediaUploading, model.MediaDownloading:
	default:
		if was, ok := c.Media.moved[k]; ok && was.Chat == c.View.Open && m.Media.State == model.MediaLocal {
			c.sayMoved(m)
		}
		delete(c.Media.moved, k)
	}
	c.redraw(k)
}

// sayMoved tells those who do not see it that a transfer they may have waited
// for has ended. How far it is, is not told.
func (c *Control) sayMoved(m model.Message) {
	_, name := view.MediaKind(c.L, m.Kind, m.Media)
	form := c.L.Media.Move.DoneDown
	if m.FromMe {
		form = c.L.Media.Move.DoneUp
	}
	c.View.Say(fill(form, "file", name))
}

func (c *Control) mediaGone(k MediaKey) {
	m := &c.Media
	delete(m.moved, k)
	delete(m.own, k)
	delete(m.copies, k)
	if m.Player.Key == k {
		c.PlayerClose()
	}
	if m.Viewer != nil && m.Viewer.Key == k {
		m.Viewer = nil
	}
	c.freeBlob(k)
}

// Moved is how far an attachment's bytes are; false if that is not known.
func (c *Control) Moved(k MediaKey) (port.Moved, bool) {
	e, ok := c.Media.moved[k]
	return e, ok
}

// drawing is a part of the screen that shows an attachment.
type drawing struct{ draw func() }

// Drawn asks for draw to be called whenever what is known of an attachment
// changes, until the end is called.
func (c *Control) Drawn(k MediaKey, draw func()) (end func()) {
	if c.Media.drawn == nil {
		c.Media.drawn = map[MediaKey][]*drawing{}
	}
	d := &drawing{draw}
	c.Media.drawn[k] = append(c.Media.drawn[k], d)
	return func() {
		left := c.Media.drawn[k][:0:0]
		for _, o := range c.Media.drawn[k] {
			if o != d {
				left = append(left, o)
			}
		}
		if len(left) == 0 {
			delete(c.Media.drawn, k)
			return
		}
		c.Media.drawn[k] = left
	}
}

func (c *Control) redraw(k MediaKey) {
	for _, d := range c.Media.drawn[k] {
		d.draw()
	}
}

// MediaMessage gives an attachment's message, if it is at hand.
func (c *Control) MediaMessage(k MediaKey) (model.Message, bool) {
	m, ok := c.View.Thread(k.Chat).Find(k.Ref.FromMe, k.Ref.ID)
	return m, ok && m.Media != nil
}

// dismissMedia closes the topmost thing of attachments that can be closed, and
// tells if there was one.
func (c *Control) dismissMedia() bool {
	m := &c.Media
	switch {
	case m.Viewer != nil:
		c.CloseViewer()
	case c.Tray() != nil:
		c.AskDiscard()
	case m.Menu:
		c.AttachMenu()
	case c.Recorder() != nil && c.Recorder().Done != nil:
		c.AskDropRecording()
	case c.Recorder() != nil:
		c.RecordCancel()
	default:
		return false
	}
	return true
}

// Fetch starts or goes on with an attachment's transfer.
func (c *Control) Fetch(k MediaKey) {
	defer c.Turn()()
	c.Menu = MessageKey{}
	if m, ok := c.MediaMessage(k); ok && m.FromMe && m.State == model.Failed {
		c.RetrySend(k.Ref.ID)
		return
	}
	c.do(port.Transfer{Chat: k.Chat, Target: k.Ref}, nil)
}

// StopMoving stops an attachment's transfer until the user goes on with it.
func (c *Control) StopMoving(k MediaKey) {
	defer c.Turn()()
	c.Menu = MessageKey{}
	c.do(port.Transfer{Chat: k.Chat, Target: k.Ref, Stop: true}, nil)
}

// SaveMedia stores an attachment as a file of the user's.
func (c *Control) SaveMedia(k MediaKey) {
	defer c.Turn()()
	c.Menu = MessageKey{}
	m, ok := c.MediaMessage(k)
	if !ok {
		return
	}
	c.browser().SaveMedia(k.Chat, k.Ref, m.Media.Name, func(err error) {
		c.post(func() {
			if err != nil {
				c.say(c.L.Media.Play.SaveFailed)
				return
			}
			c.say(c.L.Media.Play.Saved)
		})
	})
}

// AskAgain begins an answer that asks for an attachment that is gone.
func (c *Control) AskAgain(k MediaKey) {
	defer c.Turn()()
	c.Replying = &Replying{Ref: k.Ref}
	if c.Text == "" {
		c.fillComposer(c.L.Media.BadMedia.AskText)
		c.device.SetDraft(string(k.Chat), c.Text)
	}
	c.Focus("composer")
}
