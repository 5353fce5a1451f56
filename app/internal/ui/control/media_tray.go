package control

import (
	"slices"
	"strings"
	"time"

	"ferry/app/internal/lang"
	"ferry/app/internal/model"
	"ferry/app/internal/ui/host"
	"ferry/app/internal/ui/view"
)

const (
	// MaxFile is the largest file that can be sent, in bytes; WhatsApp's limit.
	MaxFile = 2 << 30
	// MaxFiles is how many files a tray takes.
	MaxFiles = 30
	// lookMost is how long files wait for what a look at them tells their
	// receiver: dimensions, length, a small picture.
	lookMost = 2 * time.Second
)

// What the browser's picker is asked for.
const (
	acceptShown = "image/*,video/*"
	acceptAll   = ""
)

// Tray holds the files that are about to be sent in a chat.
type Tray struct {
	Files    []TrayFile
	At       int  // the one that is shown large
	Original bool // as files, unchanged
	Left     bool // some were left out: too many
	sendAt   time.Time
}

// Sending: it will be sent in a moment, when all of it has been looked at.
func (t *Tray) Sending() bool { return !t.sendAt.IsZero() }

func (t *Tray) looking() bool {
	return slices.ContainsFunc(t.Files, func(f TrayFile) bool { return f.Looking && f.Bad() == "" })
}

// TrayFile is one of them.
type TrayFile struct {
	host.Picked
	Caption string
}

// Bad says why a file cannot be sent: "empty", "folder", "too_big",
// "unreadable", "not_handed"; "" if it can.
func (f TrayFile) Bad() string {
	if f.Err == "" && f.Media.Size > MaxFile {
		return "too_big"
	}
	return f.Err
}

// kind is what a file is sent as.
func (t *Tray) kind(f TrayFile) model.Kind {
	if t.Original || f.Kind == model.KindText {
		return model.KindDocument
	}
	if f.Kind == model.KindAudio && strings.TrimSpace(f.Caption) != "" {
		return model.KindDocument // WhatsApp's audio messages carry no text: it would be lost
	}
	return f.Kind
}

// Good counts the files that can be sent.
func (t *Tray) Good() int {
	n := 0
	for _, f := range t.Files {
		if f.Bad() == "" {
			n++
		}
	}
	return n
}

// Shows tells whether any file could be shown as a picture or a film, so that
// there is a choice of how to send.
func (t *Tray) Shows() bool {
	return t.Has(model.KindImage) || t.Has(model.KindVideo)
}

// Has tells whether a file of a kind can be sent.
func (t *Tray) Has(kind model.Kind) bool {
	return slices.ContainsFunc(t.Files, func(f TrayFile) bool { return f.Bad() == "" && f.Kind == kind })
}

func (t *Tray) discard(files host.Attachments) {
	for _, f := range t.Files {
		if f.File != "" {
			files.Discard(f.File)
		}
	}
}

// Tray is the open chat's; nil if nothing is in it.
func (c *Control) Tray() *Tray { return c.Media.trays[c.View.Open] }

// AttachMenu opens or closes the choice of what to attach.
func (c *Control) AttachMenu() {
	defer c.Turn()()
	c.Media.Menu = !c.Media.Menu
	if !c.Media.Menu {
		c.Focus("attach")
		return
	}
	c.Focus("attach-photos")
}

// AttachClose closes it because something else is looked at.
func (c *Control) AttachClose() { c.Media.Menu = false }

// Attach opens the browser's picker, for photos and videos or for any file,
// which then goes unchanged.
func (c *Control) Attach(files bool) {
	defer c.Turn()()
	c.Media.Menu, c.Media.asFiles = false, files
	accept := acceptShown
	if files {
		accept = acceptAll
	}
	c.browser().Pick(accept)
}

// AttachMore opens the picker for more of the same.
func (c *Control) AttachMore() {
	t := c.Tray()
	c.Attach(t != nil && t.Original)
}

// picked takes in files, and what gets known of them.
func (c *Control) picked(files []host.Picked) {
	if len(files) == 0 { // the picker was left without a choice
		c.Media.asFiles = false
		return
	}
	if !c.View.Ready && c.View.Phase != view.SignedOut && c.Route.Chat != "" {
		c.early.add(c.Route.Chat, files)
		return
	}
	id := c.View.Open
	var fresh []host.Picked
	for _, f := range files {
		if !c.update(f) {
			fresh = append(fresh, f)
		}
	}
	if t := c.Tray(); t != nil && t.Sending() && !t.looking() {
		c.sendTray(t)
	}
	if len(fresh) == 0 {
		return
	}
	if id == "" || !c.View.CanAnswer(id) || c.Recorder() != nil && c.Recorder().On {
		for _, f := range fresh {
			c.browser().Discard(f.File)
		}
		if id == "" {
			c.say(c.L.Media.Tray.NoChat)
		}
		return
	}
	c.fillTray(id, fresh)
}

// early are files that were given to a chat before the engine has told anything:
// like what is written meanwhile, they wait until it has.
type early struct {
	chat  model.ChatID
	files []host.Picked
}

func (e *early) add(chat model.ChatID, files []host.Picked) {
	e.chat = chat
	for _, f := range files {
		at := slices.IndexFunc(e.files, func(have host.Picked) bool { return f.File != "" && have.File == f.File })
		if at >= 0 {
			e.files[at] = f
			continue
		}
		e.files = append(e.files, f)
	}
}

// takeEarly goes on with them, or lets go of them if the chat is not looked at any more.
func (c *Control) takeEarly() {
	e := c.early
	switch {
	case len(e.files) == 0:
	case c.Route.Chat != e.chat:
		c.early = early{}
		for _, f := range e.files {
			c.browser().Discard(f.File)
		}
	case c.View.Ready:
		c.early = early{}
		c.picked(e.files)
	}
}

// update takes in what has become known of a file that is in a tray.
func (c *Control) update(f host.Picked) bool {
	for _, t := range c.Media.trays {
		for i := range t.Files {
			if f.File != "" && t.Files[i].File == f.File {
				t.Files[i].Picked = f
				return true
			}
		}
	}
	return false
}

// trayOf is a chat's tray, or a new one.
func (c *Control) trayOf(id model.ChatID, original bool) *Tray {
	t := c.Media.trays[id]
	if t == nil {
		t = &Tray{Original: original}
		if c.Media.trays == nil {
			c.Media.trays = map[model.ChatID]*Tray{}
		}
		c.Media.trays[id] = t
	}
	return t
}

func (c *Control) fillTray(id model.ChatID, fresh []host.Picked) {
	t := c.trayOf(id, c.Media.asFiles)
	c.Media.asFiles = false
	t.At = len(t.Files)
	for _, f := range fresh {
		if len(t.Files) == MaxFiles {
			t.Left = true
			c.browser().Discard(f.File)
			continue
		}
		t.Files = append(t.Files, TrayFile{Picked: f})
	}
	c.TrayShow(min(t.At, len(t.Files)-1))
}

// TrayShow shows a file large, with its caption.
func (c *Control) TrayShow(at int) {
	t := c.Tray()
	if t == nil || at < 0 || at >= len(t.Files) {
		return
	}
	t.At = at
	c.screen.After(func() {
		if t := c.Tray(); t != nil && t.At < len(t.Files) {
			c.screen.SetValue("tray-caption", t.Files[t.At].Caption)
			if !c.screen.Touch() {
				c.device.Focus("tray-caption")
			}
		}
	})
}

// TrayCaption takes in what is typed below the file that is shown.
func (c *Control) TrayCaption(text string) {
	if t := c.Tray(); t != nil && t.At < len(t.Files) {
		t.Files[t.At].Caption = text
	}
}

// TrayOriginal chooses whether files go as they are.
func (c *Control) TrayOriginal(on bool) {
	if t := c.Tray(); t != nil {
		t.Original = on
	}
}

// TrayRemove takes a file out of the tray.
func (c *Control) TrayRemove(at int) {
	defer c.Turn()()
	t := c.Tray()
	if t == nil || at < 0 || at >= len(t.Files) {
		return
	}
	if f := t.Files[at]; f.File != "" {
		c.browser().Discard(f.File)
	}
	t.Files = slices.Delete(t.Files, at, at+1)
	if len(t.Files) == 0 {
		c.closeTray()
		return
	}
	if t.At > at || t.At == len(t.Files) {
		t.At--
	}
	c.TrayShow(t.At)
}

// AskDiscard closes the tray, after a question.
func (c *Control) AskDiscard() {
	defer c.Turn()()
	t := c.Tray()
	if t == nil {
		return
	}
	if t.Good() == 0 {
		c.discardTray()
		return
	}
	t.sendAt = time.Time{}
	l := c.L.Media.Tray
	c.Ask = &Ask{Title: l.Discard, Text: l.DiscardText.Of(len(t.Files)), Do: l.DiscardDo, act: c.discardTray}
}

func (c *Control) discardTray() {
	if t := c.Tray(); t != nil {
		t.discard(c.browser())
		c.closeTray()
	}
}

func (c *Control) closeTray() {
	delete(c.Media.trays, c.View.Open)
	c.Focus("composer")
}

func fill(text string, pairs ...string) string { return lang.Fill(text, pairs...) }
