package echo

import (
	"context"
	"errors"
	"time"

	"ferry/relay/internal/gateway/sandbox"

	"go.mau.fi/whatsmeow/types/events"
)

// Change implements sandbox.Contacts.
func (c *Cast) Change(ctx context.Context, phone string, k sandbox.Knobs) (sandbox.Contact, error) {
	p, err := c.contact(phone)
	if err != nil {
		return sandbox.Contact{}, err
	}
	was := p.view()
	if k.Blocks != nil && *k.Blocks != was.Blocks {
		err = p.blockAll(ctx, *k.Blocks)
	}
	if err == nil && k.BadKeys != nil {
		err = p.spoil(ctx, *k.BadKeys)
	}
	if err == nil && k.Reinstall {
		err = p.reinstall(ctx)
	}
	if err != nil {
		return sandbox.Contact{}, err
	}
	p.change(func() { p.is.Set(k) })
	if k.Offline != nil {
		err = p.leave(ctx, time.Duration(*k.Offline)*time.Second)
	}
	if err == nil {
		err = p.save(ctx)
	}
	return p.view(), err
}

// leave takes the contact offline for a while, or brings it back.
func (p *contact) leave(ctx context.Context, d time.Duration) error {
	p.change(func() {
		p.away = time.Now().Add(d)
		if d > 0 && p.hangUp != nil {
			p.hangUp()
		}
	})
	if d > 0 {
		return p.until(ctx, func() bool { return p.cli == nil })
	}
	return p.arrived(ctx)
}

// blockAll blocks everybody that the contact has heard of, or nobody any more.
func (p *contact) blockAll(ctx context.Context, on bool) error {
	s, err := p.online()
	if err != nil {
		return err
	}
	if on {
		for who := range p.people() {
			err = errors.Join(err, p.block(ctx, s, who, events.BlocklistChangeActionBlock))
		}
		return err
	}
	none := []string{}
	_, err = p.cast.cfg.Stage.Set(ctx, p.view().Phone, sandbox.Change{Blocked: &none})
	return err
}

func (p *contact) spoil(ctx context.Context, on bool) error {
	if err := p.cast.cfg.Stage.SpoilKeys(ctx, p.view().Phone, on); err != nil {
		return err
	}
	p.change(func() { p.is.BadKeys = on })
	return nil
}

// reinstall sets the phone up anew; the client is logged out by that, and links itself again.
func (p *contact) reinstall(ctx context.Context) error {
	was, err := p.online()
	if err != nil {
		return err
	}
	if err := p.cast.cfg.Stage.Reinstall(ctx, p.view().Phone); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, arriveMax)
	defer cancel()
	if err := p.until(ctx, func() bool { return p.cli != was && p.is.Online }); err != nil {
		return err
	}
	if p.view().BadKeys {
		return p.spoil(ctx, true)
	}
	return nil
}
