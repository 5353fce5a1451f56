package directory

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"

	"ferry/relay/wire"
)

// Chats is what a user has said about people of the other side.
type Chats struct {
	Consent  Consent // who may reach a WhatsApp user from outside
	Inbox    string  // InboxSeparate, InboxCombined, or "" if nothing was said
	Requests bool    // a first message waits for this user to accept it
	// BlockedProviders are blocked whatever Consent says.
	BlockedProviders map[uint16]bool
	Blocked          Blocked
}

// The inboxes in which a WhatsApp user reads third-party chats.
const (
	InboxSeparate = "separate"
	InboxCombined = "combined"
)

// Consent is what a WhatsApp user has said about third-party chats.
type Consent struct {
	Off       bool            // nobody, whatever else is said: what was chosen is kept for later
	All       bool            // for providers not named below
	Providers map[uint16]bool // by integrator id
}

// Allows says whether that provider's users may reach the user, and the other
// way round.
func (c Consent) Allows(integrator uint16) bool { return !c.Off && c.Chosen(integrator) }

// Chosen is Allows if third-party chats were on.
func (c Consent) Chosen(integrator uint16) bool {
	if on, named := c.Providers[integrator]; named {
		return on
	}
	return c.All
}

// On says whether third-party chats are on, if perhaps with no provider.
func (c Consent) On() bool { return !c.Off && (c.All || len(c.Providers) > 0) }

// Blocked is whom an account has blocked: by canonical bare JID, the form of
// address in which it did.
type Blocked map[string]string

// Has says whether an account is among them.
func (b Blocked) Has(id wire.JID) bool {
	if len(b) == 0 {
		return false
	}
	_, ok := b[id.Bare().String()]
	return ok
}

// ErrTooManyBlocked: the account has blocked as many as it may.
var ErrTooManyBlocked = errors.New("directory: too many blocked")

func (r *record) chats() Chats {
	return Chats{
		Consent: Consent{Off: r.ChatsOff, All: r.ConsentAll, Providers: r.Consent}, Inbox: r.Inbox, Requests: r.Requests,
		BlockedProviders: r.NoProviders, Blocked: r.Blocked,
	}
}

// SetChats changes what a user has said, and returns how it was and how it is.
// change may run several times, on copies; its error ends the attempt.
// ErrTooManyBlocked and ErrTooMany are the bounds.
func (d *Directory) SetChats(ctx context.Context, id wire.JID, change func(*Chats) error) (before, after Account, err error) {
	after, err = d.change(ctx, id, func(r *record) error {
		if before, err = r.account(); err != nil {
			return err
		}
		c := r.chats()
		c.Consent.Providers, c.BlockedProviders = cloned(c.Consent.Providers), cloned(c.BlockedProviders)
		if c.Blocked = maps.Clone(c.Blocked); c.Blocked == nil {
			c.Blocked = make(Blocked)
		}
		if err := change(&c); err != nil {
			return err
		}
		switch {
		case len(c.Blocked) > MaxBlocked:
			return ErrTooManyBlocked
		case len(c.Consent.Providers) > MaxAppsAnswered || len(c.BlockedProviders) > MaxAppsAnswered:
			return ErrTooMany
		}
		if r.Kind == WhatsApp {
			r.ChatsOff, r.ConsentAll, r.Consent = c.Consent.Off, c.Consent.All, c.Consent.Providers
			r.Inbox, r.Requests, r.NoProviders = c.Inbox, c.Requests, c.BlockedProviders
		}
		r.Blocked = c.Blocked
		return nil
	})
	return before, after, err
}

func cloned(m map[uint16]bool) map[uint16]bool {
	if m == nil {
		return make(map[uint16]bool)
	}
	return maps.Clone(m)
}

// SetConsent records whether that provider's users may reach the user;
// integrator 0 is everybody at once, exceptions forgotten.
func (d *Directory) SetConsent(ctx context.Context, id wire.JID, integrator uint16, on bool) (Account, error) {
	_, a, err := d.SetChats(ctx, id, func(c *Chats) error {
		if integrator == 0 {
			c.Consent = Consent{All: on}
			return nil
		}
		c.Consent.Off = c.Consent.Off && !on
		c.Consent.Providers[integrator] = on
		return nil
	})
	if err == nil && a.Kind != WhatsApp {
		err = ErrNotFound
	}
	return a, err
}

// SetOutside records whether a third-party user is outside the region, as the
// provider says.
func (d *Directory) SetOutside(ctx context.Context, id wire.JID, outside bool) (Account, error) {
	return d.change(ctx, id, func(r *record) error {
		r.Outside = outside
		return nil
	})
}

// SetTold records that a user has heard of all providers registered until now.
func (d *Directory) SetTold(ctx context.Context, id wire.JID) (Account, error) {
	return d.change(ctx, id, func(r *record) error {
		r.Told = d.opt.Now().Unix()
		return nil
	})
}

// Phones returns all WhatsApp accounts, in no order, at most most of them.
func (d *Directory) Phones(ctx context.Context, most int) ([]Account, error) {
	var out []Account
	err := d.each(ctx, "lid.", most, func(a Account) { out = append(out, a) })
	return out, err
}

// ThirdParties is Phones for the users of one provider, or of all if it is 0.
func (d *Directory) ThirdParties(ctx context.Context, integrator uint16, most int) ([]Account, error) {
	var out []Account
	prefix := "iop."
	if integrator != 0 {
		prefix = fmt.Sprintf("iop.%d.", integrator)
	}
	err := d.each(ctx, prefix, most, func(a Account) { out = append(out, a) })
	return out, err
}

func (d *Directory) each(ctx context.Context, prefix string, most int, fn func(Account)) error {
	entries, err := d.accounts.List(ctx, prefix)
	if err != nil {
		return fmt.Errorf("directory: accounts: %w", err)
	}
	for i, e := range entries {
		if i == most {
			break
		}
		if !strings.HasPrefix(e.Key, prefix) {
			continue
		}
		r, err := parse(e.Value)
		if err != nil {
			return err
		}
		a, err := r.account()
		if err != nil {
			return err
		}
		fn(a)
	}
	return nil
}
