package echo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"ferry/relay/internal/gateway/sandbox"
	"ferry/relay/internal/gateway/wastore"
	"ferry/relay/internal/gateway/wastore/wadial"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
)

const (
	keptMessages = 500  // of a contact, the newest; also how many it can send again to a device that could not read one
	keptPeople   = 1000 // whom a contact has heard of
	unanswered   = 2000 // messages that wait for a slow contact; further ones stay at the gateway
)

// contact is one of a Cast.
type contact struct {
	cast   *Cast
	log    *slog.Logger
	cancel context.CancelFunc
	done   chan struct{}
	inbox  chan *events.Message // to be acted on

	mu      sync.Mutex
	is      sandbox.Contact
	away    time.Time     // until when it is offline; zero: it is not
	changed chan struct{} // closed at each change, and replaced
	cli     *client       // of the session under way; nil
	hangUp  context.CancelFunc
	journal []sandbox.Message
	sent    map[types.MessageID]*waE2E.Message // of the journal
	met     map[types.JID]bool
}

func newContact(c *Cast, is sandbox.Contact) *contact {
	return &contact{
		cast: c, log: c.cfg.Log, is: is, done: make(chan struct{}), inbox: make(chan *events.Message, unanswered),
		changed: make(chan struct{}), sent: make(map[types.MessageID]*waE2E.Message), met: make(map[types.JID]bool),
	}
}

// change changes the contact's state, and tells those who wait for something.
func (p *contact) change(fn func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fn()
	close(p.changed)
	p.changed = make(chan struct{})
}

func (p *contact) view() sandbox.Contact {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := p.is
	if time.Until(p.away) > 0 {
		out.OfflineUntil = p.away.UTC().Format(time.RFC3339)
	}
	return out
}

func (p *contact) save(ctx context.Context) error {
	list, err := wastore.Sealed(ctx, p.cast.cfg.Store, listBase)
	if err != nil {
		return fmt.Errorf("contact: %w", err)
	}
	is := p.view()
	raw, err := json.Marshal(is)
	if err != nil {
		return fmt.Errorf("contact: %w", err)
	}
	return list.Put(ctx, "contact."+is.Phone, raw)
}

// until waits for something to be so.
func (p *contact) until(ctx context.Context, so func() bool) error {
	for {
		p.mu.Lock()
		is, changed := so(), p.changed
		p.mu.Unlock()
		if is {
			return nil
		}
		select {
		case <-changed:
		case <-p.done:
			return sandbox.ErrNoContact
		case <-ctx.Done():
			return fmt.Errorf("contact: %w", ctx.Err())
		}
	}
}

// arrived waits until the contact is online.
func (p *contact) arrived(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, arriveMax)
	defer cancel()
	return p.until(ctx, func() bool { return p.is.Online })
}

// run is the contact's life: sessions, and times offline.
func (p *contact) run(ctx context.Context) {
	release, err := wadial.Trust(p.cast.cfg.Root)
	if err != nil {
		p.log.Error("contact: cannot connect", "error", err)
		return
	}
	defer release()
	wait := retryFirst
	for p.awake(ctx) {
		started := time.Now()
		err := p.session(ctx)
		p.change(func() { p.is.Online, p.cli, p.hangUp = false, nil, nil })
		if time.Since(started) > retryMost {
			wait = retryFirst
		}
		if err == nil || ctx.Err() != nil {
			continue
		}
		p.log.Info("contact: offline", "error", err, "again", wait)
		switch {
		case errors.Is(err, errLoggedOut):
			continue // it is linked anew at once
		case errors.Is(err, errReplaced):
			wait = replacedFor // another node has the same contacts
		}
		sleep(ctx, wait)
		wait = min(2*wait, retryMost)
	}
}

// awake waits while the contact is to be offline; false: it has left for good.
func (p *contact) awake(ctx context.Context) bool {
	return p.sleep(ctx, func() time.Time { return p.away })
}

// sleep waits until a time, which may change meanwhile; false: the contact has left.
func (p *contact) sleep(ctx context.Context, until func() time.Time) bool {
	for ctx.Err() == nil {
		p.mu.Lock()
		left, changed := time.Until(until()), p.changed
		p.mu.Unlock()
		if left <= 0 {
			return true
		}
		t := time.NewTimer(left)
		select {
		case <-t.C:
		case <-changed:
		case <-ctx.Done():
		}
		t.Stop()
	}
	return false
}

// session is one whatsmeow client, until it is to go offline or cannot go on.
func (p *contact) session(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	phone := p.view().Phone
	kv, err := wastore.Sealed(ctx, p.cast.cfg.Store, base(phone))
	if err != nil {
		return err
	}
	box, err := wastore.Open(ctx, kv, "device.", logger{p.log})
	if err != nil {
		return err
	}
	device, err := box.Device(ctx)
	if err != nil {
		return err
	}
	device.PushName = p.view().Name
	cfg := p.cast.cfg
	s := newClient(ctx, Config{
		Address: cfg.Address, Root: cfg.Root, Phones: cfg.Stage, Phone: phone, Typing: cfg.Typing, Log: p.log,
	}.withDefaults(), box, device)
	s.pairable = func(context.Context) error { return nil } // the sandbox has made the phone
	s.hear, s.recall = p.hear, p.recall
	s.setup()
	defer box.Close()
	defer s.wa.Disconnect()
	var acting sync.WaitGroup
	acting.Go(func() { p.act(ctx, s) })
	defer func() { cancel(); acting.Wait() }()
	p.change(func() { p.cli, p.hangUp = s, cancel })
	err = s.live()
	if errors.Is(err, errLoggedOut) {
		err = errors.Join(err, box.DeleteDevice(context.WithoutCancel(ctx), device))
	}
	return err
}

// hear takes what whatsmeow tells. false keeps it from acknowledging a message.
func (p *contact) hear(event any) bool {
	switch e := event.(type) {
	case *events.Connected:
		p.change(func() { p.is.Online = true })
	case *events.Disconnected, *events.LoggedOut:
		p.change(func() { p.is.Online = false })
	case *events.Receipt:
		p.receipt(e)
	case *events.Message:
		return p.received(e)
	}
	return true
}

// received takes a message into the journal, once, and has it acted on: in one step, since what is done about a
// message depends on how many have been received.
func (p *contact) received(m *events.Message) (taken bool) {
	if m.Info.IsFromMe || m.Info.IsGroup || m.Info.Category == "peer" || m.Info.Chat.Server == types.BroadcastServer {
		return true
	}
	with := m.Info.Chat.ToNonAD()
	kind, text := described(m.Message)
	p.change(func() {
		taken = slices.ContainsFunc(p.journal, func(x sandbox.Message) bool {
			return x.Direction == "received" && x.ID == m.Info.ID && x.With == with.String()
		})
		if taken {
			return
		}
		select {
		case p.inbox <- m:
		default:
			return
		}
		taken = true
		p.is.Received++
		p.meet(with)
		p.note(sandbox.Message{
			ID: m.Info.ID, Time: m.Info.Timestamp.UTC(), Direction: "received", With: with.String(), Type: kind, Text: text,
		}, nil)
	})
	return taken
}

// meet remembers somebody; within change.
func (p *contact) meet(who types.JID) {
	if len(p.met) < keptPeople {
		p.met[who] = true
	}
}

// note adds a message to the journal; within change.
func (p *contact) note(m sandbox.Message, content *waE2E.Message) {
	if len(p.journal) >= keptMessages {
		delete(p.sent, p.journal[0].ID)
		p.journal = append(p.journal[:0:0], p.journal[1:]...)
	}
	p.journal = append(p.journal, m)
	if content != nil {
		p.sent[m.ID] = content
	}
}

// recall returns a message that was sent, for a device that could not read it.
func (p *contact) recall(_ context.Context, id types.MessageID) (*waE2E.Message, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m, ok := p.sent[id]
	return m, ok
}

func (p *contact) receipt(e *events.Receipt) {
	state := ""
	switch e.Type {
	case types.ReceiptTypeDelivered:
		state = "delivered"
	case types.ReceiptTypeRead, types.ReceiptTypePlayed:
		state = "read"
	default:
		return
	}
	p.change(func() {
		for _, id := range e.MessageIDs {
			for i := range p.journal {
				if x := &p.journal[i]; x.ID == id && x.Direction == "sent" && x.State != "read" {
					x.State = state
				}
			}
		}
	})
}

func (p *contact) messages() ([]sandbox.Message, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]sandbox.Message{}, p.journal...), p.changed
}

func (p *contact) people() map[types.JID]bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.met)
}

// online is the client of the session under way.
func (p *contact) online() (*client, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cli == nil || !p.is.Online {
		return nil, sandbox.ErrNotOnline
	}
	return p.cli, nil
}
