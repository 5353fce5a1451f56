package echo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"ferry/relay/internal/gateway/sandbox"
	"ferry/relay/internal/gateway/wastore"
	"ferry/relay/wire"

	"golang.org/x/sync/errgroup"
)

// Stage is the part of the sandbox that contacts need.
type Stage interface {
	Phones
	Set(ctx context.Context, phone string, c sandbox.Change) (sandbox.Phone, error)
	Reinstall(ctx context.Context, phone string) error
	SpoilKeys(ctx context.Context, phone string, spoilt bool) error
}

// CastConfig is the configuration of a Cast. Address, Root, Store and Stage are required.
type CastConfig struct {
	Address string       // of the gateway's listener
	Root    wire.RootKey // of the gateway. whatsmeow has one for the whole process
	Store   wastore.KV   // of this cast alone; it is sealed
	Stage   Stage
	Typing  time.Duration // how long contacts seem to type; 0: 700 ms, negative: not at all
	Log     *slog.Logger  // nil: discarded
}

// Cast are the sandbox's contacts: phones with somebody at them who follows a script, each a whatsmeow client of its
// own. It is the sandbox's Contacts. Safe for concurrent use.
type Cast struct {
	cfg    CastConfig
	ctx    context.Context // ends with Run
	cancel context.CancelFunc

	mu     sync.Mutex
	people map[string]*contact // by phone
	coming map[string]bool     // phones that somebody is being put at
}

var _ sandbox.Contacts = (*Cast)(nil)

const (
	listBase  = "list."
	arriveMax = 30 * time.Second // for a contact to be online
)

// NewCast returns a cast that nobody belongs to yet.
func NewCast(cfg CastConfig) *Cast {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	c := &Cast{cfg: cfg, people: make(map[string]*contact), coming: make(map[string]bool)}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	return c
}

// Run brings those back who were there when the process ended, and returns when ctx ends and all have left.
func (c *Cast) Run(ctx context.Context) error {
	defer c.cancel()
	err := c.restore(ctx)
	<-ctx.Done()
	c.cancel()
	c.mu.Lock()
	all := make([]*contact, 0, len(c.people))
	for _, p := range c.people {
		all = append(all, p)
	}
	c.mu.Unlock()
	for _, p := range all {
		<-p.done
	}
	return err
}

func (c *Cast) restore(ctx context.Context) error {
	list, err := wastore.Sealed(ctx, c.cfg.Store, listBase)
	if err != nil {
		return fmt.Errorf("contacts: %w", err)
	}
	stored, err := list.List(ctx, "contact.")
	if err != nil {
		return fmt.Errorf("contacts: %w", err)
	}
	for _, raw := range stored {
		var is sandbox.Contact
		if err := json.Unmarshal(raw, &is); err != nil {
			return fmt.Errorf("contacts: %w", err)
		}
		is.Online, is.OfflineUntil = false, ""
		c.start(is)
	}
	return nil
}

// start begins a contact's life, unless there is one.
func (c *Cast) start(is sandbox.Contact) (*contact, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p := c.people[is.Phone]; p != nil {
		return p, false
	}
	p := newContact(c, is)
	c.people[is.Phone] = p
	ctx, cancel := context.WithCancel(c.ctx)
	p.cancel = cancel
	go func() {
		defer close(p.done)
		p.run(ctx)
	}()
	return p, true
}

// book a phone: nobody else comes to it meanwhile.
func (c *Cast) book(phone string) (release func(), err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.people[phone] != nil || c.coming[phone]:
		return nil, sandbox.ErrSomebody
	case len(c.people)+len(c.coming) >= sandbox.MaxContacts:
		return nil, sandbox.ErrTooMany
	}
	c.coming[phone] = true
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.coming, phone)
	}, nil
}

// Add implements sandbox.Contacts.
func (c *Cast) Add(ctx context.Context, phone, name string, k sandbox.Knobs) (sandbox.Contact, error) {
	release, err := c.book(phone)
	if err != nil {
		return sandbox.Contact{}, err
	}
	defer release()
	// What another contact has left under that number is of no use any more.
	if err := c.forget(ctx, phone); err != nil {
		return sandbox.Contact{}, err
	}
	is := sandbox.Contact{Phone: phone, Name: name, Script: sandbox.ScriptEcho, Flood: 50}
	is.Set(k)
	p, _ := c.start(is)
	if err = p.arrived(ctx); err == nil && k.BadKeys != nil && *k.BadKeys {
		err = p.spoil(ctx, true)
	}
	if err == nil {
		err = p.save(ctx)
	}
	if err != nil {
		return sandbox.Contact{}, errors.Join(err, c.Remove(context.WithoutCancel(ctx), phone))
	}
	return p.view(), nil
}

// Contacts implements sandbox.Contacts.
func (c *Cast) Contacts() []sandbox.Contact {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]sandbox.Contact, 0, len(c.people))
	for _, p := range c.people {
		out = append(out, p.view())
	}
	slices.SortFunc(out, func(a, b sandbox.Contact) int { return strings.Compare(a.Phone, b.Phone) })
	return out
}

func (c *Cast) contact(phone string) (*contact, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p := c.people[phone]; p != nil {
		return p, nil
	}
	return nil, sandbox.ErrNoContact
}

// Contact implements sandbox.Contacts.
func (c *Cast) Contact(phone string) (sandbox.Contact, error) {
	p, err := c.contact(phone)
	if err != nil {
		return sandbox.Contact{}, err
	}
	return p.view(), nil
}

// Messages implements sandbox.Contacts.
func (c *Cast) Messages(phone string) ([]sandbox.Message, <-chan struct{}, error) {
	p, err := c.contact(phone)
	if err != nil {
		return nil, nil, err
	}
	all, more := p.messages()
	return all, more, nil
}

// Remove implements sandbox.Contacts.
func (c *Cast) Remove(ctx context.Context, phone string) error {
	p, err := c.contact(phone)
	if err != nil {
		return err
	}
	p.cancel()
	select {
	case <-p.done:
	case <-ctx.Done():
		return fmt.Errorf("contact: %w", ctx.Err())
	}
	err = c.forget(ctx, phone)
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.people, phone)
	return err
}

// Clear implements sandbox.Contacts.
func (c *Cast) Clear(ctx context.Context) error {
	all, ctx := errgroup.WithContext(ctx)
	for _, is := range c.Contacts() {
		all.Go(func() error {
			err := c.Remove(ctx, is.Phone)
			if errors.Is(err, sandbox.ErrNoContact) {
				return nil
			}
			return err
		})
	}
	return all.Wait()
}

// base is where a contact's client keeps everything.
func base(phone string) string { return "phone" + strings.TrimPrefix(phone, "+") + "." }

// forget drops all that is kept of a contact.
func (c *Cast) forget(ctx context.Context, phone string) error {
	list, err := wastore.Sealed(ctx, c.cfg.Store, listBase)
	if err != nil {
		return fmt.Errorf("contacts: %w", err)
	}
	kept, err := c.cfg.Store.List(ctx, base(phone))
	if err != nil {
		return fmt.Errorf("contacts: %w", err)
	}
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(32) // what is written together reaches the disk together
	all.Go(func() error { return list.Delete(ctx, "contact."+phone) })
	for key := range kept {
		all.Go(func() error { return c.cfg.Store.Delete(ctx, key) })
	}
	return all.Wait()
}
