package dom

import (
	"strings"
	"syscall/js"
	"time"

	"ferry/app/internal/browser/client"
	"ferry/app/internal/browser/frame"
	"ferry/app/internal/browser/jsx"
	"ferry/app/internal/port"
	"ferry/app/internal/ui/host"
)

// core is the engine of one account, wherever it runs.
type core struct {
	*client.Client
	account host.Account
	off     []func()
}

var _ host.Core = (*core)(nil)

// pageLock is held for the life of the page, so that a core notices its death.
type pageLock struct {
	name string
	held chan struct{} // closed once it is
}

func newPageLock() *pageLock {
	l := &pageLock{name: "ferry-page:" + js.Global().Get("crypto").Call("randomUUID").String(), held: make(chan struct{})}
	jsx.Hold(l.name, "exclusive", false, func() { close(l.held) }, nil)
	return l
}

// whenHeld calls f with the name once the lock is held. It waits.
func (l *pageLock) whenHeld(f func(name string)) {
	<-l.held
	f(l.name)
}

// OpenCore starts or joins the account's engine. There is one at a time.
func (d *Device) OpenCore(a host.Account) host.Core {
	if d.core != nil {
		if d.core.account.ID == a.ID {
			return d.core
		}
		d.core.close()
	}
	d.handed.forget()
	if d.lock == nil {
		d.lock = newPageLock()
	}
	c := &core{account: a}
	c.Client = client.New(client.Config{
		Spawn: func(receive func([]byte)) (client.Port, error) { return spawn(a, receive) },
		Mourn: func(lock string, dead func()) func() {
			if lock == "" {
				return func() {}
			}
			return jsx.Hold(lock, "shared", false, dead, nil)
		},
		After: func(d time.Duration, f func()) { time.AfterFunc(d, f) },
		Lock:  d.lock.whenHeld,
	})
	c.off = []func(){
		// The core may end with its last page, so it is told as early as can be.
		jsx.Listen(js.Global(), "beforeunload", func(js.Value) { d.drafts.flush() }),
		jsx.Listen(js.Global(), "pagehide", func(js.Value) { d.drafts.flush(); c.Pause() }),
		jsx.Listen(js.Global(), "pageshow", func(js.Value) { c.Resume() }),
		jsx.Listen(document(), "visibilitychange", func(js.Value) { d.drafts.flush() }),
	}
	d.core = c
	d.drafts.open(c.Client)
	c.off = append(c.off, c.Subscribe(func(_ []port.Event, resync bool) {
		if resync {
			d.handed.again(c.Client)
		}
	}))
	return c
}

func (c *core) close() {
	for _, off := range c.off {
		off()
	}
	c.Close()
}

// Do sends a command.
func (c *core) Do(cmd port.Command, done func(port.Reply)) { c.Client.Do(cmd, done) }

// messagePort is a MessagePort to a SharedWorker.
type messagePort struct {
	port js.Value
	off  []func()
}

// Send posts b, whose copy is handed over, not cloned.
func (p *messagePort) Send(b []byte) {
	v := jsx.Uint8(b)
	_ = jsx.Try(func() { p.port.Call("postMessage", v, []any{v.Get("buffer")}) }) // a closed port swallows it
}

// Carry posts b beside a File, of which only a reference travels.
func (p *messagePort) Carry(b []byte, load any) {
	_ = jsx.Try(func() { p.port.Call("postMessage", map[string]any{"frame": jsx.Uint8(b), "file": load}) })
}

// Close lets go of the port.
func (p *messagePort) Close() {
	for _, off := range p.off {
		off()
	}
	p.off = nil
	attach().Call("join", js.Null())
	p.port.Call("close")
}

// spawn takes the core that the loader has started for the account, the first
// time, or starts or joins one.
func spawn(a host.Account, receive func([]byte)) (client.Port, error) {
	ferry := js.Global().Get("ferry")
	p := &messagePort{}
	early := ferry.Get("early")
	ferry.Set("early", js.Null())
	if early.Type() == js.TypeObject && early.Get("account").String() == a.ID {
		p.port = early.Get("port")
	} else if err := jsx.Try(func() { p.port = ferry.Call("core", a.ID, a.Username, a.Digits()) }); err != nil {
		return nil, err
	}
	p.off = append(p.off, jsx.Listen(p.port, "message", func(ev js.Value) {
		if b, ok := jsx.Bytes(ev.Get("data")); ok {
			receive(b)
		}
	}))
	p.port.Call("start")
	attach().Call("join", p.port)
	return p, nil
}

// draftPause is how long what is typed waits to be sealed with what follows.
const draftPause = 400 * time.Millisecond

const draftPrefix = "draft:"

// drafts are unsent texts. They are content: they are kept in the clear in this
// tab's memory only, and sealed by the core.
type drafts struct {
	core  *client.Client
	texts map[string]string
	dirty map[string]bool
	timer *time.Timer

	recent []string // emoji used last, newest first; kept in the same way
	used   bool     // recent is newer than what is kept
}

func (d *drafts) reset() { *d = drafts{} }

// open loads the drafts of the account. What was typed meanwhile is newer.
func (d *drafts) open(c *client.Client) {
	d.reset()
	d.core, d.texts, d.dirty = c, map[string]string{}, map[string]bool{}
	c.Notes(func(notes []frame.Note) {
		if d.core != c {
			return
		}
		for _, n := range notes {
			if n.Key == recentKey && !d.used {
				d.recent = strings.Fields(n.Text)
			}
			chat, ok := strings.CutPrefix(n.Key, draftPrefix)
			if _, typed := d.texts[chat]; ok && !typed {
				d.texts[chat] = n.Text
			}
		}
	})
}

func (d *drafts) flush() {
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
	for chat := range d.dirty {
		d.core.SetNote(frame.Note{Key: draftPrefix + chat, Text: d.texts[chat]})
	}
	clear(d.dirty)
}

// Draft is the unsent text of a chat.
func (d *Device) Draft(chat string) string { return d.drafts.texts[chat] }

// SetDraft keeps unsent text over a reload and a killed browser.
func (d *Device) SetDraft(chat, text string) {
	if d.drafts.core == nil || d.drafts.texts[chat] == text {
		return
	}
	d.drafts.texts[chat] = text
	d.drafts.dirty[chat] = true
	switch {
	case text == "": // what was sent must not come back
		d.drafts.flush()
	case d.drafts.timer == nil:
		d.drafts.timer = time.AfterFunc(draftPause, d.drafts.flush)
	}
}

// Wipe deletes all of the account's data in this browser. The core ends.
func (d *Device) Wipe(done func(error)) {
	if d.core == nil {
		done(nil)
		return
	}
	c := d.core
	d.drafts.reset()
	c.Wipe(func(err error) {
		c.close()
		if d.core == c {
			d.core = nil
		}
		done(err)
	})
}
