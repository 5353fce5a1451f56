package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"ferry/relay/internal/gateway/directory"
	"ferry/relay/wire"
)

// Scripts: what a contact does about a message.
const (
	ScriptEcho       = "echo"       // reads it and says the same; of a file, what has arrived
	ScriptRead       = "read"       // reads it
	ScriptSilent     = "silent"     // nothing: its client says that it was delivered
	ScriptEverything = "everything" // reads it and sends a message of every type
	ScriptFlood      = "flood"      // reads it and sends as many messages as Flood says
)

var scripts = []string{ScriptEcho, ScriptRead, ScriptSilent, ScriptEverything, ScriptFlood}

// Bounds of contacts.
const (
	MaxContacts = 30
	maxSlow     = 10 * time.Minute
	maxOffline  = 24 * time.Hour
	maxFlood    = 1000
	maxText     = 8 << 10 // bytes
	maxWait     = time.Minute
)

// Contact is a phone of the sandbox with somebody at it: an independent WhatsApp client that follows a script.
type Contact struct {
	Phone         string `json:"phone"`
	Name          string `json:"name"`
	Script        string `json:"script"`
	Slow          int    `json:"slow"`          // milliseconds before it reads and answers
	Flood         int    `json:"flood"`         // messages of the script flood
	WithdrawAfter int    `json:"withdrawAfter"` // third-party chats go off when so many messages have come; 0: never
	Blocks        bool   `json:"blocks"`        // has blocked those it has heard of, and blocks whoever writes
	BadKeys       bool   `json:"badKeys"`       // the signatures of its keys are wrong
	Online        bool   `json:"online"`
	OfflineUntil  string `json:"offlineUntil"` // RFC 3339; "" if it is not to be offline
	Received      int    `json:"received"`     // messages
	Sent          int    `json:"sent"`
}

// Knobs is what POST and PATCH set; what is nil stays as it is.
type Knobs struct {
	Script        *string `json:"script"`
	Slow          *int    `json:"slow"`
	Flood         *int    `json:"flood"`
	WithdrawAfter *int    `json:"withdrawAfter"`
	Blocks        *bool   `json:"blocks"`
	BadKeys       *bool   `json:"badKeys"`
	Offline       *int    `json:"offline"`   // seconds from now; 0: comes back
	Reinstall     bool    `json:"reinstall"` // sets its phone up anew, with other keys
}

// Set takes the knobs over, but for those that are acts: Offline, Reinstall and BadKeys.
func (c *Contact) Set(k Knobs) {
	set(&c.Script, k.Script)
	set(&c.Slow, k.Slow)
	set(&c.Flood, k.Flood)
	set(&c.WithdrawAfter, k.WithdrawAfter)
	set(&c.Blocks, k.Blocks)
}

func set[T any](at *T, to *T) {
	if to != nil {
		*at = *to
	}
}

func (k Knobs) wrong() bool {
	outside := func(n *int, most int) bool { return n != nil && (*n < 0 || *n > most) }
	return outside(k.Slow, int(maxSlow.Milliseconds())) || outside(k.Flood, maxFlood) || outside(k.WithdrawAfter, maxFlood) ||
		outside(k.Offline, int(maxOffline.Seconds())) || k.Script != nil && !slices.Contains(scripts, *k.Script)
}

// Message is one that a contact has received or sent.
type Message struct {
	ID        string    `json:"id"`
	Time      time.Time `json:"time"`
	Direction string    `json:"direction"` // received or sent
	With      string    `json:"with"`      // "7/kate", or a phone number
	Type      string    `json:"type"`      // text, photo, reaction…
	Text      string    `json:"text"`      // of a text, or the caption
	State     string    `json:"state"`     // of a sent one: sent, delivered, read
}

// Letter is what a contact is to send.
type Letter struct {
	To    string `json:"to"`    // "7/kate", a phone number, or an address
	Type  string `json:"type"`  // "": text
	Text  string `json:"text"`  // of a text
	Count int    `json:"count"` // so many of them; 0: one
	Until string `json:"until"` // answer only when it is delivered or read; "": when the gateway has taken it
	Wait  int    `json:"wait"`  // seconds, for that; 0: 30
}

// Kinds of messages that a contact can send without having been written to. "everything" is one of each.
var kinds = []string{"text", "photo", "video", "voice", "file", "sticker", "contact", "location", "poll", "everything"}

// Contacts plays the contacts.
type Contacts interface {
	// Add puts somebody at a phone, and returns once the client is online.
	Add(ctx context.Context, phone, name string, k Knobs) (Contact, error)
	Contacts() []Contact
	// Contact returns ErrNoContact if nobody is at that phone, as the others do.
	Contact(phone string) (Contact, error)
	// Change returns when what was asked for is so.
	Change(ctx context.Context, phone string, k Knobs) (Contact, error)
	// Remove leaves the phone.
	Remove(ctx context.Context, phone string) error
	// Send returns when the gateway has taken the message, or with its refusal.
	Send(ctx context.Context, phone string, to wire.JID, l Letter) (Message, error)
	// Messages are the newest ones, oldest first, With being addresses; more is closed when that changes.
	Messages(phone string) (all []Message, more <-chan struct{}, err error)
	// Clear sends everybody away.
	Clear(ctx context.Context) error
}

// Errors of contacts.
var (
	ErrNoContact    = errors.New("sandbox: nobody is at that phone")
	ErrTooMany      = errors.New("sandbox: too many contacts")
	ErrSomebody     = errors.New("sandbox: somebody is at that phone")
	ErrNotOnline    = errors.New("sandbox: the contact is offline")
	errNoContacts   = errors.New("sandbox: no contacts here")
	errKnobs        = errors.New("sandbox: no such knob")
	errLetter       = errors.New("sandbox: no such letter")
	errNotInTime    = errors.New("sandbox: not in time")
	errNoPhoneLeft  = errors.New("sandbox: no number left")
	errNoSuchPerson = errors.New("sandbox: no such person")
)

// NotSent is a message that the gateway has refused, with the error of its ack.
type NotSent struct{ Code string }

func (e *NotSent) Error() string { return "sandbox: refused: " + e.Code }

// Play lets the sandbox have contacts. Before the first request.
func (s *Sandbox) Play(c Contacts) { s.contacts = c }

func (s *Sandbox) stage() (Contacts, error) {
	if s.contacts == nil {
		return nil, errNoContacts
	}
	return s.contacts, nil
}

func (s *Sandbox) getContacts(http.ResponseWriter, *http.Request) (int, any, error) {
	c, err := s.stage()
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, map[string]any{"contacts": c.Contacts()}, nil
}

func (s *Sandbox) postContact(w http.ResponseWriter, r *http.Request) (int, any, error) {
	in := struct {
		Phone           string `json:"phone"`
		Name            string `json:"name"`
		ThirdPartyChats *bool  `json:"thirdPartyChats"`
		Knobs
	}{}
	c, err := s.stage()
	if err == nil {
		err = body(r, &in)
	}
	if err != nil {
		return 0, nil, err
	}
	if in.wrong() || in.Offline != nil || in.Reinstall {
		return 0, nil, errKnobs
	}
	if in.Name = strings.TrimSpace(in.Name); len(in.Name) > maxName {
		return 0, nil, errName
	}
	patient(w)
	phone, made, err := s.stand(r.Context(), in.Phone, in.Name, in.ThirdPartyChats)
	if err != nil {
		return 0, nil, err
	}
	out, err := c.Add(r.Context(), phone.Phone, phone.Name, in.Knobs)
	if err != nil && made && !errors.Is(err, ErrSomebody) {
		err = errors.Join(err, s.DeletePhone(context.WithoutCancel(r.Context()), phone.Phone))
	}
	return http.StatusCreated, out, err
}

// stand finds the phone that a contact is to have, or makes it. Without a number, the first free one of a block that
// is nobody's is taken.
func (s *Sandbox) stand(ctx context.Context, phone, name string, chats *bool) (p Phone, made bool, err error) {
	on := chats == nil || *chats
	if phone == "" {
		for i := range 10 * MaxContacts {
			p, err := s.NewPhone(ctx, fmt.Sprintf("+49155100%05d", 10001+i), or(name, "Contact "+strconv.Itoa(i+1)), on)
			if !errors.Is(err, directory.ErrExists) {
				return p, true, err
			}
		}
		return Phone{}, false, errNoPhoneLeft
	}
	if phone, err = Normalise(phone); err != nil {
		return Phone{}, false, err
	}
	if phone == s.cfg.Echo() {
		return Phone{}, false, ErrSomebody
	}
	if p, err = s.NewPhone(ctx, phone, or(name, phone), on); !errors.Is(err, directory.ErrExists) {
		return p, true, err
	}
	if chats != nil {
		p, err = s.Set(ctx, phone, Change{ThirdPartyChats: chats})
	} else {
		p, err = s.Phone(ctx, phone)
	}
	p.Name = or(name, or(p.Name, phone))
	return p, false, err
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// at is the contact that a request is about.
func (s *Sandbox) at(r *http.Request) (Contacts, Contact, error) {
	c, err := s.stage()
	if err != nil {
		return nil, Contact{}, err
	}
	phone, err := Normalise(r.PathValue("phone"))
	if err != nil {
		return nil, Contact{}, err
	}
	who, err := c.Contact(phone)
	return c, who, err
}

func (s *Sandbox) getContact(_ http.ResponseWriter, r *http.Request) (int, any, error) {
	_, who, err := s.at(r)
	return http.StatusOK, who, err
}

func (s *Sandbox) patchContact(w http.ResponseWriter, r *http.Request) (int, any, error) {
	c, who, err := s.at(r)
	if err != nil {
		return 0, nil, err
	}
	var in Knobs
	if err := body(r, &in); err != nil {
		return 0, nil, err
	}
	if in.wrong() {
		return 0, nil, errKnobs
	}
	patient(w)
	out, err := c.Change(r.Context(), who.Phone, in)
	return http.StatusOK, out, err
}

// deleteContact sends the contact away and deletes its phone.
func (s *Sandbox) deleteContact(_ http.ResponseWriter, r *http.Request) (int, any, error) {
	c, who, err := s.at(r)
	if err != nil {
		return 0, nil, err
	}
	err = errors.Join(c.Remove(r.Context(), who.Phone), s.DeletePhone(r.Context(), who.Phone))
	if errors.Is(err, directory.ErrNotFound) {
		err = nil // the phone was deleted before
	}
	return http.StatusNoContent, nil, err
}

// patient takes the listener's clock for reading off a request that takes its time. The body was read.
func patient(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
}
