// Package control turns what the user does into commands to the engine and
// calls to the relay, and what they answer into changes of the view. It draws
// nothing, so that a test can play the user.
//
// Everything here runs on the goroutine that draws. Calls that block are made
// elsewhere, and their outcome is posted back.
package control

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"time"

	"ferry/app/internal/lang"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/ui/host"
	"ferry/app/internal/ui/view"
)

// Screen is what draws the view.
type Screen interface {
	// Post runs fn on the drawing goroutine and draws again. Any goroutine may call it.
	Post(fn func())
	// Async runs a blocking fn elsewhere.
	Async(fn func())
	// After runs fn once what has changed is drawn.
	After(fn func())
	// Go shows a path; Replace does so in place of the one shown now; Back goes
	// back to it if it was the one before.
	Go(path string)
	Replace(path string)
	Back(path string)
	// SetValue writes into a text field by id.
	SetValue(id, text string)
	// Caret is where the cursor of a text field is, and SetCaret puts it there,
	// in UTF-16 units.
	Caret(id string) int
	SetCaret(id string, at int)
	// Reveal scrolls an element into view by id.
	Reveal(id string)
	// KeepFocus puts the focus back on a chat's row that had it, where the list
	// has changed its order under it.
	KeepFocus(row model.ChatID)
	// Touch tells whether a virtual keyboard comes up with the focus.
	Touch() bool
}

// Config is what New needs.
type Config struct {
	Relay  host.Relay
	Device host.Device
	Files  host.Attachments // nil where there are none
	// Sandbox is nil where there is none. Path is the address that the tab was
	// opened at: it says whom the tab is for.
	Sandbox host.Sandbox
	Path    string
	Now     func() time.Time
	Rand    io.Reader
	Build   string
	Lang    *lang.Texts
}

// Control is the user's hand on everything.
type Control struct {
	View  *view.View
	L     *lang.Texts
	Build string

	Persona    Persona
	People     People
	ChatMenu   bool         // what can be done with the open chat is open
	Blocking   *Blocking    // nil if nobody is about to be blocked
	Naming     model.ChatID // whose person is about to be named; "" for nobody's
	Report     *Report      // nil if nobody is about to be reported
	Safety     Safety
	early      early
	Sign       Sign
	New        NewChat
	Third      Third
	Consent    Consent
	Rechecking bool // whether a chat is still closed is being asked
	Sessions   Sessions
	Kept       Kept
	Password   Password
	Deletion   Deletion
	Lines      Lines
	Find       Find // in all chats
	Within     Find // in the open chat
	Ask        *Ask
	Toast      *Toast
	Help       bool
	Route      Route
	Text       string     // in the composer
	Menu       MessageKey // whose actions are open
	Message    MessageKey // the message that has, or last had, the focus
	Replying   *Replying  // nil if the next message answers none
	Editing    *Editing   // nil if no message is being changed
	Emoji      Emoji      // the picker
	Complete   Complete   // the names that may be meant
	MenuMode   MenuMode
	MenuX      float64 // where the actions are to open, in the window; 0 is beside the message
	MenuY      float64
	Who        MessageKey   // whose reactions are listed
	Media      Media        // attachments
	Row        model.ChatID // the row of the list that has, or last had, the focus

	relay   host.Relay
	device  host.Device
	files   host.Attachments // nil where there are none
	sandbox host.Sandbox     // nil where there is none
	screen  Screen
	now     func() time.Time
	rand    io.Reader

	core    host.Core
	account host.Account // whose core it is
	epoch   int          // counts sign-ins: answers to an older one are dropped
	leave   func()       // ends the subscription
	timer   *time.Timer
	title   string
	active  bool
	watched model.ChatID // whose presence the engine asks for
	typing  typing
	ending  chan struct{} // closed when the relay has answered to the last sign-out; nil: there was none
	relink  bool          // the session is good: a link that ended with the one before is to be made anew
}

// New makes a control; Start sets it going.
func New(cfg Config) *Control {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Rand == nil {
		cfg.Rand = rand.Reader
	}
	c := &Control{
		View: view.New(cfg.Lang, cfg.Now()), L: cfg.Lang, Build: cfg.Build, Persona: personaAt(cfg.Path),
		relay: cfg.Relay, device: cfg.Device, files: cfg.Files, sandbox: cfg.Sandbox, now: cfg.Now, rand: cfg.Rand,
	}
	c.View.WhatsApp = c.Persona.Digits
	return c
}

// Start looks who is signed in and begins to watch the surroundings. It is
// called once, when the screen is there.
func (c *Control) Start(s Screen) {
	c.screen = s
	defer c.Turn()()
	c.View.SetOnline(c.device.Online())
	c.device.Watch(func() { c.post(c.lookAround) })
	c.startMedia()
	c.device.OtherTab(func() { c.post(c.follow) })
	c.device.UpdateReady(func() { c.post(func() { c.View.UpdateReady = true }) })
	if c.Persona.Picking || c.WhatsApp() {
		c.LoadPersona()
		return
	}
	remembered, known := c.device.Remembered()
	if known {
		c.enter(remembered)
	}
	c.screen.Async(func() {
		if site, err := c.relay.Site(context.Background()); err == nil {
			c.post(func() { c.View.Site = site })
		}
	})
	c.screen.Async(func() {
		me, err := c.me()
		c.post(func() { c.met(remembered, known, me, err) })
	})
}

// met takes the relay's word on who is signed in.
func (c *Control) met(remembered host.Account, known bool, me host.Account, err error) {
	var refused *host.RelayError
	switch {
	case c.View.Phase == view.SignedIn && c.account.ID != remembered.ID:
		// signed in by hand meanwhile
	case err == nil && me.ID != "":
		if !known || me.ID != remembered.ID || c.View.Phase != view.SignedIn {
			c.device.Remember(me)
			c.enter(me)
		}
		c.relink = true // the sign-in may have been another page's
		c.linkAnew()
	case errors.As(err, &refused) && refused.Status == 401 && known:
		c.SignInAgain()
	case !known:
		c.View.SignOut()
	}
}

// Turn brings the clock up to date, and gives what to do once all is changed:
//
//	defer c.Turn()()
func (c *Control) Turn() (settle func()) {
	c.View.Advance(c.now())
	c.Lines.begin()
	return c.settle
}

func (c *Control) settle() {
	c.doDue()
	c.readIfSeen()
	if t := c.View.Title(); t != c.title {
		c.title = t
		c.device.SetTitle(t)
	}
	c.arm()
}

// post runs fn as a turn of its own on the drawing goroutine.
func (c *Control) post(fn func()) {
	c.screen.Post(func() {
		defer c.Turn()()
		fn()
	})
}

// arm sets the timer to when time alone will change something. All that is due is done.
func (c *Control) arm() {
	w := earliest{now: c.View.Now}
	w.by(c.View.Wake())
	w.by(c.typing.pauseAt)
	w.by(c.New.spinAt)
	if t := c.Tray(); t != nil {
		w.by(t.sendAt)
	}
	c.Sign.wake(&w)
	if c.Toast != nil {
		w.by(c.Toast.until)
	}
	if c.timer != nil {
		c.timer.Stop()
		c.timer = nil
	}
	if !w.at.IsZero() {
		c.timer = time.AfterFunc(w.at.Sub(c.View.Now), func() { c.post(func() {}) })
	}
}

// doDue does what has fallen due. Each turn does: one that comes just before the timer
// stops it.
func (c *Control) doDue() {
	now := c.View.Now
	if !c.typing.pauseAt.IsZero() && !now.Before(c.typing.pauseAt) {
		c.stopTyping()
	}
	if c.Toast != nil && !now.Before(c.Toast.until) {
		c.dropToast()
	}
	if t := c.Tray(); t != nil && t.Sending() && !now.Before(t.sendAt) {
		c.sendTray(t)
	}
}

type earliest struct{ now, at time.Time }

func (e *earliest) by(t time.Time) {
	if t.After(e.now) && (e.at.IsZero() || t.Before(e.at)) {
		e.at = t
	}
}

// lookAround takes in what the browser says of itself.
func (c *Control) lookAround() {
	if online := c.device.Online(); online != c.View.DeviceOnline {
		c.View.SetOnline(online)
		c.do(port.Online{Online: online}, nil)
	}
	c.tellActive()
	c.watch()
	if t := c.Toast; t != nil && t.done != nil && !c.device.Visible() {
		c.dropToast() // nobody knows if the page is ever seen again: what it offers to take back is done
	}
}

func (c *Control) tellActive() {
	if visible := c.device.Visible(); visible != c.active && c.core != nil {
		c.active = visible
		c.do(port.Active{Active: visible}, nil)
	}
}

// enter opens the account's engine and asks it for everything.
func (c *Control) enter(a host.Account) {
	again := c.core != nil && c.account.ID == a.ID
	c.View.SignIn(a)
	if again { // signed in again: the engine should try at once
		c.do(port.Reconnect{}, nil)
		c.snapshot()
		return
	}
	c.close()
	if c.View.Open != c.Route.Chat { // its address was there before whose it is was known
		c.View.Enter(c.Route.Chat)
	}
	c.account, c.core = a, c.device.OpenCore(a)
	epoch := c.epoch
	c.leave = c.core.Subscribe(func(events []port.Event, resync bool) {
		c.post(func() {
			if c.epoch != epoch {
				return
			}
			c.View.Apply(events)
			c.mediaEvents(events)
			c.preferApp()
			c.safetyEvents(events)
			c.reportEvents(events)
			c.screen.After(func() { c.screen.KeepFocus(c.Row) })
			if resync {
				c.snapshot()
			}
		})
	})
	c.snapshot()
	c.tellActive()
}

// close lets go of the engine.
func (c *Control) close() {
	c.epoch++
	c.Find, c.Within, c.Lines.marking = Find{}, Find{}, false
	c.forgetMedia()
	c.People, c.Safety, c.Report, c.Blocking, c.Naming, c.ChatMenu = People{}, Safety{}, nil, nil, "", false
	if c.leave != nil {
		c.leave()
	}
	c.core, c.leave, c.account, c.active = nil, nil, host.Account{}, false
}

func (c *Control) snapshot() {
	c.do(port.Snapshot{}, func(r port.Reply) {
		var s port.State
		if decode(r, &s) != nil {
			return
		}
		first := !c.View.Ready
		c.View.Load(s)
		if first && c.Route.Place == Chat && !c.View.CanAnswer(c.Route.Chat) {
			c.placeFocus(c.Route) // there is no composer after all
		}
		for _, chat := range s.Chats {
			c.View.SetDraft(chat.ID, c.device.Draft(string(chat.ID)))
		}
		c.watchAgain()
		c.restoreDraft()
		c.takeEarly()
		c.loadThread()
		if c.Route.Place == ChatInfo && !c.Safety.Loaded { // it may have been asked for before there was anybody to ask
			c.LoadSafety(c.Route.Chat)
		}
		c.linkAnew()
		c.linkIfNew(s)
		c.preferApp()
	})
}

// linkAnew makes a link that ended with the session anew, once there is another
// session and the engine's state is known, whichever comes last.
func (c *Control) linkAnew() {
	if !c.relink || !c.View.Ready {
		return
	}
	c.relink = false
	if c.View.Self.Connected && c.View.SessionOver() {
		c.do(port.Connect{}, nil)
	}
}

// do sends a command; the reply comes as a turn of its own.
func (c *Control) do(cmd port.Command, done func(port.Reply)) {
	if c.core == nil {
		return
	}
	epoch := c.epoch
	c.core.Do(cmd, func(r port.Reply) {
		if done == nil {
			return
		}
		c.post(func() {
			if c.epoch == epoch {
				done(r)
			}
		})
	})
}

// refusal is a reply that says no.
type refusal struct{ code, text string }

func (e *refusal) Error() string {
	if e.text == "" {
		return e.code
	}
	return e.text
}

func decode(r port.Reply, v any) error {
	if r.Code != "" || r.Error != "" {
		return &refusal{r.Code, r.Error}
	}
	if v == nil {
		return nil
	}
	return json.Unmarshal(r.Value, v)
}

// Reload loads the page anew.
func (c *Control) Reload() { c.device.Reload() }

// Theme is "system", "light" or "dark".
func (c *Control) Theme() string { return c.device.Theme() }

// SetTheme changes the colours.
func (c *Control) SetTheme(theme string) { c.device.SetTheme(theme) }

// Focus moves the focus once what has changed is drawn.
func (c *Control) Focus(id string) {
	c.screen.After(func() { c.device.Focus(id) })
}
