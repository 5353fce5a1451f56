package control

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"ferry/app/internal/lang"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/ui/host"
)

// world is a user, a browser, a relay and an engine, all on one goroutine.
type world struct {
	t       *testing.T
	c       *Control
	now     time.Time
	queue   []func() // posted, not yet run
	after   []func()
	paths   []string
	values  map[string]string
	focus   string
	visible bool
	online  bool
	touch   bool

	leaving  bool
	signOut  error // what the relay answers to it
	signOuts int
	otherTab func() // what another tab's sign-in or sign-out calls

	caret   int // of the composer
	top     float64
	height  float64
	reloads int
	drawn   int // turn of the lines
	drafts  map[string]string
	account host.Account
	known   bool

	me       error
	signIn   error
	acc      accountFake
	sessions []host.Session

	core *fakeCore
}

// fakeCore notes commands and answers when told to.
type fakeCore struct {
	commands []port.Command
	replies  []func(port.Reply)
	events   func([]port.Event, bool)
	state    port.State
	ended    bool
}

func (f *fakeCore) Subscribe(fn func([]port.Event, bool)) (cancel func()) {
	f.events = fn
	return func() { f.ended = true }
}

func (f *fakeCore) Do(cmd port.Command, done func(port.Reply)) {
	f.commands = append(f.commands, cmd)
	f.replies = append(f.replies, done)
	switch cmd.(type) {
	case port.Snapshot:
		done(value(f.state))
	case port.MarkRead, port.Typing, port.Watch, port.Active, port.Online, port.Delete, port.Retry:
		done(port.Reply{})
	}
}

func value(v any) port.Reply {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return port.Reply{Value: raw}
}

// sent lists the commands of one kind.
func sent[T port.Command](f *fakeCore) []T {
	var all []T
	for _, c := range f.commands {
		if c, ok := c.(T); ok {
			all = append(all, c)
		}
	}
	return all
}

// answer replies to the last command of a kind.
func answer[T port.Command](w *world, r port.Reply) {
	w.t.Helper()
	for i := len(w.core.commands) - 1; i >= 0; i-- {
		if _, ok := w.core.commands[i].(T); ok {
			w.core.replies[i](r)
			w.run()
			return
		}
	}
	w.t.Fatalf("no such command among %T", w.core.commands)
}

func (w *world) Post(fn func())      { w.queue = append(w.queue, fn) }
func (w *world) Async(fn func())     { w.queue = append(w.queue, fn) }
func (w *world) After(fn func())     { w.after = append(w.after, fn) }
func (w *world) Go(path string)      { w.paths = append(w.paths, path); w.c.Navigated(path) }
func (w *world) Replace(path string) { w.Go(path) }
func (w *world) Back(path string)    { w.Go(path) }

func (w *world) Caret(string) int              { return w.caret }
func (w *world) SetCaret(_ string, at int)     { w.caret = at }
func (w *world) Reveal(string)                 {}
func (w *world) KeepFocus(model.ChatID)        {}
func (w *world) Touch() bool                   { return w.touch }
func (w *world) Focus(id string)               { w.focus = id }
func (w *world) FitText(string, float64)       {}
func (w *world) SetTitle(string)               {}
func (w *world) Theme() string                 { return "system" }
func (w *world) SetTheme(string)               {}
func (w *world) Remember(a host.Account)       { w.account, w.known = a, true }
func (w *world) Forget()                       { w.known = false }
func (w *world) Leave()                        {}
func (w *world) Leaving() bool                 { return w.leaving }
func (w *world) SetLeaving(leaving bool)       { w.leaving = leaving }
func (w *world) OtherTab(fn func())            { w.otherTab = fn }
func (w *world) Draft(chat string) string      { return w.drafts[chat] }
func (w *world) SetDraft(chat, t string)       { w.drafts[chat] = t }
func (w *world) Visible() bool                 { return w.visible }
func (w *world) Online() bool                  { return w.online }
func (w *world) Watch(func()) func()           { return func() {} }
func (w *world) Copy(string)                   {}
func (w *world) Reload()                       { w.reloads++ }
func (w *world) UpdateReady(func())            {}
func (w *world) ScrollTo(_ string, to float64) { w.top = to }
func (w *world) Scroll(string) (top, height, viewport float64) {
	return w.top, w.height, 500
}
func (w *world) Remembered() (host.Account, bool) { return w.account, w.known }
func (w *world) OpenCore(host.Account) host.Core  { return w.core }

func (w *world) Me(context.Context) (host.Account, error) { return w.account, w.me }
func (w *world) SignUp(context.Context, string, string) (host.Account, error) {
	return host.Account{ID: "1", Username: "ada"}, w.signIn
}
func (w *world) SignIn(context.Context, string, string) (host.Account, error) {
	return host.Account{ID: "1", Username: "ada"}, w.signIn
}
func (w *world) SignOut(context.Context) error {
	w.signOuts++
	return w.signOut
}
func (w *world) Sessions(context.Context) ([]host.Session, error) { return w.sessions, nil }
func (w *world) Revoke(_ context.Context, id string) error {
	for i, s := range w.sessions {
		if s.ID == id {
			w.sessions = append(w.sessions[:i:i], w.sessions[i+1:]...)
			return nil
		}
	}
	return fmt.Errorf("no session %s", id)
}
func (w *world) Site(context.Context) (host.Site, error) { return w.acc.site, nil }

// SetValue puts the cursor at the end, as browsers do.
func (w *world) SetValue(id, text string) {
	if w.values[id] = text; id == "composer" {
		w.caret = units(text)
	}
}

// run does all that was posted, and what comes after drawing.
func (w *world) run() {
	w.draw()
	for len(w.queue)+len(w.after) > 0 {
		queue := w.queue
		w.queue = nil
		for _, fn := range queue {
			fn()
		}
		if len(w.queue) == 0 {
			after := w.after
			w.after = nil
			for _, fn := range after {
				fn()
			}
			w.draw()
		}
	}
}

// draw draws the lines if something has happened to them.
func (w *world) draw() {
	if !w.c.Lines.loud {
		return
	}
	if turn := w.c.LinesTurn(); turn != w.drawn && w.c.Route.Chat != "" {
		w.drawn = turn
		w.c.LinesDrawn()
	}
}

// pass lets time go by, as the timer would tell.
func (w *world) pass(d time.Duration) {
	w.now = w.now.Add(d)
	w.c.post(func() {})
	w.run()
}

func (w *world) tell(events ...port.Event) {
	w.core.events(events, false)
	w.run()
}

const mira = model.ChatID("1@lid")

// newWorld is before Start; nobody is signed in.
func newWorld(t *testing.T) *world {
	w := &world{
		t: t, now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), values: map[string]string{}, drafts: map[string]string{},
		visible: true, online: true, height: 2000, core: &fakeCore{},
	}
	w.core.state = port.State{
		Self: model.Self{Connected: true}, Link: model.Link{Phase: model.LinkOnline},
		Chats: []model.Chat{{ID: mira, Contact: model.Contact{Name: "Mira"}, Unread: 1, Order: 1}},
	}
	w.c = New(Config{Relay: w, Device: w, Now: func() time.Time { return w.now }, Rand: bytes.NewReader(bytes.Repeat([]byte{0xAB}, 900)), Lang: lang.English()})
	t.Cleanup(func() {
		if w.c.timer != nil {
			w.c.timer.Stop()
		}
	})
	return w
}

// signedIn is a world with the chat with Mira open and its one message there.
func signedIn(t *testing.T) *world {
	w := newWorld(t)
	w.account, w.known = host.Account{ID: "1", Username: "ada"}, true
	w.c.Start(w)
	w.run()
	w.c.Lines.Box = &fakeBox{}
	w.Go(ChatPath(mira))
	w.run()
	answer[port.Messages](w, value(port.MessagePage{Messages: []model.Message{incoming(1)}}))
	return w
}

func incoming(order uint64) model.Message {
	return model.Message{ID: model.MessageID(fmt.Sprint("IN", order)), Chat: mira, Text: "hi", Order: order, State: model.Received}
}

func (w *world) types(text string) {
	w.caret = units(text)
	w.c.Typed(text)
	w.run()
}
