// Package view is what the screens show, as plain values: no go-app, no
// browser, no goroutines. Events of the engine change it, and it says when time
// alone will change it next, so that a test can drive it through a day.
package view

import (
	"strings"
	"time"

	"ferry/app/internal/lang"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/ui/host"
)

// Phase is how far the user has come.
type Phase int

// Phases.
const (
	Starting  Phase = iota // who is signed in is not known yet
	SignedOut              // sign in or sign up
	SignedIn
)

// typingFor is how long a peer's typing lasts unless renewed.
const typingFor = 15 * time.Second

// View is all that is shown.
type View struct {
	L     *lang.Texts
	Now   time.Time // the local time that texts are made for; see Advance
	Phase Phase

	Account host.Account
	Was     string    // username of an account that was signed out from afar
	Site    host.Site // zero until the relay has told
	// WhatsApp is the number, in digits, of the WhatsApp user whose tab it is; ""
	// for a Ferry user's.
	WhatsApp string

	Ready   bool // the first state has arrived
	Self    model.Self
	Link    model.Link
	Privacy model.Privacy
	Consent model.Consent
	Blocked []model.BlockedPerson // by this user
	AtInbox bool                  // the separate inbox of third-party chats was gone to
	Halt    *port.Halted          // the engine stopped

	DeviceOnline bool
	UpdateReady  bool

	Search string
	// AllRequests shows all requests in the list, and not only some.
	AllRequests bool
	Open        model.ChatID // whose thread is on screen; "" if none
	About       model.ChatID // whose contact is; "" if none

	chats   map[model.ChatID]*chat
	threads map[model.ChatID]*Thread
	// troubleSince is when the link last stopped being fine; zero while it is.
	troubleSince time.Time
	announce     announcer
}

type chat struct {
	model.Chat
	typingUntil time.Time
	peer
	draft    string
	heard    uint64 // Order of the latest message announced
	name     string // cleaned
	doubt    Doubt
	doubtOf  string // of which name and brands it is
	haystack string // what a search looks through
}

// New gives the view before anything is known.
func New(l *lang.Texts, now time.Time) *View {
	return &View{
		L: l, Now: now, DeviceOnline: true,
		chats:   map[model.ChatID]*chat{},
		threads: map[model.ChatID]*Thread{},
	}
}

// SignIn starts over for an account.
func (v *View) SignIn(a host.Account) {
	if v.Account.ID != a.ID {
		v.reset()
	}
	v.Phase, v.Account, v.Was = SignedIn, a, ""
}

// SignOut forgets all that belongs to the account.
func (v *View) SignOut() {
	v.reset()
	v.Phase, v.Account = SignedOut, host.Account{}
}

func (v *View) reset() {
	v.Ready, v.Self, v.Link, v.Halt, v.Consent = false, model.Self{}, model.Link{}, nil, model.Consent{}
	v.Search, v.Open, v.troubleSince = "", "", time.Time{}
	v.Blocked, v.AllRequests = nil, false
	v.chats, v.threads = map[model.ChatID]*chat{}, map[model.ChatID]*Thread{}
	v.announce = announcer{}
}

// Load takes a whole state over, at the start and after a new engine took
// over. Threads that were loaded must be asked for again: see Thread.Stale.
func (v *View) Load(s port.State) {
	old := v.chats
	v.chats = make(map[model.ChatID]*chat, len(s.Chats))
	for _, c := range s.Chats {
		v.setChat(c)
		n := v.chats[c.ID]
		if c.Last != nil { // what was there before is not news
			n.heard = c.Last.Order
		}
		if o := old[c.ID]; o != nil {
			n.typingUntil, n.draft, n.heard = o.typingUntil, o.draft, max(o.heard, n.heard)
		}
	}
	for _, t := range v.threads {
		t.Stale = true
	}
	if !v.Ready && v.Open != "" { // its address was opened before anything was known of it
		v.countUnread(v.Thread(v.Open))
	}
	v.Self, v.Privacy, v.Consent, v.Blocked, v.Halt, v.Ready = s.Self, s.Privacy, s.Consent, s.Blocked, nil, true
	v.setLink(s.Link)
}

// Apply takes in a batch of events, in order.
func (v *View) Apply(events []port.Event) {
	for _, e := range events { // a message may come just before word of its new chat
		if c, ok := e.(port.ChatChanged); ok && v.chats[c.ID] == nil {
			v.setChat(c.Chat)
		}
	}
	for _, e := range events {
		v.apply(e)
	}
	v.announce.flush(v)
}

func (v *View) apply(e port.Event) {
	switch e := e.(type) {
	case port.SelfChanged:
		v.Self = e.Self
	case port.LinkChanged:
		v.setLink(e.Link)
	case port.ChatChanged:
		v.setChat(e.Chat)
	case port.MessageChanged:
		v.hear(e.Message)
		v.PutMessage(e.Message)
	case port.Moved:
		v.Progress(e)
	case port.MessageDeleted:
		v.dropMessage(e)
	case port.PeerTyping:
		v.hearTyping(e)
	case port.PeerPresence:
		v.hearPresence(e)
	case port.PrivacyChanged:
		v.Privacy = e.Privacy
	case port.ConsentChanged:
		v.Consent = e.Consent
	case port.BlocksChanged:
		v.Blocked = e.Blocked
	case port.ChatDeleted:
		v.dropChat(e)
	case port.Halted:
		v.Halt = &e
	}
}

func (v *View) setLink(l model.Link) {
	v.Link = l
	v.weighTrouble()
}

func (v *View) setChat(n model.Chat) {
	c := v.chats[n.ID]
	if c == nil {
		c = &chat{}
		v.chats[n.ID] = c
	}
	if n.Last != nil && !n.Last.FromMe && (c.Last == nil || n.Last.Order > c.Last.Order) {
		c.typingUntil = time.Time{} // what was typed is there; not everybody says so
	}
	c.Chat = n
	c.name = v.nameOf(n.Contact)
	c.haystack = fold(c.name) + "\n" + fold(CleanName(n.Contact.Name)) + "\n" + digits(n.Contact.Phone)
}

// PutChat takes in a chat that was just opened.
func (v *View) PutChat(c model.Chat) { v.setChat(c) }

// Chat gives a chat by its id.
func (v *View) Chat(id model.ChatID) (model.Chat, bool) {
	c := v.chats[id]
	if c == nil {
		return model.Chat{}, false
	}
	return c.Chat, true
}

// Name is what a chat is called on screen; safe to show inside an isolate.
func (v *View) Name(id model.ChatID) string {
	if c := v.chats[id]; c != nil {
		return c.name
	}
	return ""
}

// SetDraft keeps the unsent text of a chat, for its row.
func (v *View) SetDraft(id model.ChatID, text string) {
	if c := v.chats[id]; c != nil {
		c.draft = strings.TrimSpace(text) // an empty line is no draft
	}
}

// Typing tells whether the peer is typing.
func (v *View) Typing(id model.ChatID) bool {
	c := v.chats[id]
	return c != nil && v.Now.Before(c.typingUntil)
}

// Seen clears a chat's unread count ahead of the engine's word.
func (v *View) Seen(id model.ChatID) {
	if c := v.chats[id]; c != nil {
		c.Unread = 0
	}
}

// Unread counts all unread messages.
func (v *View) Unread() int {
	n := 0
	for _, c := range v.chats {
		if BarrierOf(c.Chat) == NoBarrier { // strangers do not ring
			n += max(c.Unread, 0)
		}
	}
	return n
}

// Title is the window's.
func (v *View) Title() string {
	name := v.L.App.Name
	if v.WhatsApp != "" {
		name = lang.Fill(v.L.Persona.Title, "phone", "+"+v.WhatsApp)
	}
	if n := v.Who(v.Open); n != "" {
		name = lang.Fill(v.L.App.TitleChat, "chat", n, "app", name)
	}
	if n := v.Unread(); n > 0 {
		return lang.Fill(v.L.App.Title, "n", lang.Number(n), "app", name)
	}
	return name
}

// Advance moves the clock.
func (v *View) Advance(now time.Time) {
	v.Now = now
	v.weighTrouble()
}

// Wake is when time alone changes what is shown; zero if it does not.
func (v *View) Wake() time.Time {
	w := wake{now: v.Now}
	if v.Phase != SignedIn {
		return w.at
	}
	for _, c := range v.chats {
		w.by(c.typingUntil)
	}
	v.wakeBanner(&w)
	y, m, d := v.Now.Date()
	w.by(time.Date(y, m, d+1, 0, 0, 0, 0, v.Now.Location())) // "Today" becomes "Yesterday"
	return w.at
}

// wake collects the earliest moment after now.
type wake struct{ now, at time.Time }

func (w *wake) by(t time.Time) {
	if t.After(w.now) && (w.at.IsZero() || t.Before(w.at)) {
		w.at = t
	}
}
