package directory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"ferry/relay/internal/bus"
	"ferry/relay/wire"
)

// Enlist finds or makes the account of a provider's user, and in it the device
// with that Noise key: the same user and key give the same answer again, a new
// key gets the next device number. A changed username is taken over.
func (d *Directory) Enlist(ctx context.Context, integrator uint16, sub, username string, noise wire.PublicKey) (Account, Device, error) {
	if sub == "" || integrator == 0 || noise == (wire.PublicKey{}) {
		return Account{}, Device{}, fmt.Errorf("directory: enlist: %w: empty user, provider or key", ErrNotFound)
	}
	a, before, err := d.enlist(ctx, integrator, sub, username, noise)
	if err != nil {
		return Account{}, Device{}, err
	}
	if err := d.indexName(ctx, integrator, username, a.ID.User); err != nil {
		return Account{}, Device{}, err
	}
	if before != username {
		if err := d.dropIndex(ctx, nameKey(integrator, before), a.ID.User); err != nil {
			return Account{}, Device{}, err
		}
	}
	for _, dev := range a.Devices {
		if dev.Noise != noise {
			continue
		}
		if dev.Number == 0 && d.opt.Joined != nil {
			if err := d.opt.Joined(ctx, a); err != nil {
				return Account{}, Device{}, err
			}
		}
		return a, dev, nil
	}
	return Account{}, Device{}, ErrNotFound // unreachable: change has just put it there
}

// enlist puts the device into the user's account, and returns what the user was
// called before. An account that leaves meanwhile is not the user's any more: there
// is a new one then.
func (d *Directory) enlist(ctx context.Context, integrator uint16, sub, username string, noise wire.PublicKey) (a Account, before string, err error) {
	for range maxConflicts {
		id, err := d.idOfSub(ctx, integrator, sub)
		if errors.Is(err, ErrNotFound) {
			id, err = d.newThirdParty(ctx, integrator, sub, username)
		}
		if errors.Is(err, ErrNotFound) { // another request was quicker, and has left again
			continue
		}
		if err != nil {
			return Account{}, "", err
		}
		a, err = d.change(ctx, id, func(r *record) error {
			before, r.Name = r.Name, username
			if slices.ContainsFunc(r.Devices, func(x deviceRecord) bool { return slices.Equal(x.Noise, noise.Bytes()) }) {
				return nil
			}
			_, err := r.add(deviceRecord{Noise: noise.Bytes(), Added: d.opt.Now().Unix()})
			return err
		})
		if !errors.Is(err, ErrNotFound) {
			return a, before, err
		}
		if err := d.dropIndex(ctx, subKey(integrator, sub), id.User); err != nil {
			return Account{}, "", err
		}
	}
	return Account{}, "", ErrBusy
}

// newThirdParty makes an account without devices and claims the user for it.
func (d *Directory) newThirdParty(ctx context.Context, integrator uint16, sub, username string) (wire.JID, error) {
	r := record{Kind: ThirdParty, Integrator: integrator, Sub: sub, Name: username}
	if err := d.createUnder(ctx, &r, d.newNumber); err != nil {
		return wire.JID{}, err
	}
	err := d.claim(ctx, subKey(integrator, sub), r.User, func(string) bool { return false })
	if errors.Is(err, ErrExists) { // another request was quicker: its account is the one
		_ = d.accounts.Erase(ctx, key(r.id()))
		return d.idOfSub(ctx, integrator, sub)
	}
	return r.id(), err
}

// ThirdPartyBySub finds a provider's user by the provider's name for them.
func (d *Directory) ThirdPartyBySub(ctx context.Context, integrator uint16, sub string) (Account, error) {
	id, err := d.idOfSub(ctx, integrator, sub)
	if err != nil {
		return Account{}, err
	}
	return d.Account(ctx, id)
}

// ThirdPartyByName finds a provider's user by username, or returns ErrNotFound.
func (d *Directory) ThirdPartyByName(ctx context.Context, integrator uint16, username string) (Account, error) {
	id, err := d.follow(ctx, nameKey(integrator, username), integrator)
	if err != nil {
		return Account{}, err
	}
	a, err := d.Account(ctx, id)
	if err == nil && a.Name != username { // renamed since
		return Account{}, ErrNotFound
	}
	return a, err
}

// ThirdParty finds a third-party account by its number.
func (d *Directory) ThirdParty(ctx context.Context, integrator uint16, number uint64) (Account, error) {
	return d.Account(ctx, wire.JID{User: strconv.FormatUint(number, 10), Server: wire.ServerInterop, Integrator: integrator})
}

func (d *Directory) idOfSub(ctx context.Context, integrator uint16, sub string) (wire.JID, error) {
	return d.follow(ctx, subKey(integrator, sub), integrator)
}

// follow reads an index entry that leads to a third-party account.
func (d *Directory) follow(ctx context.Context, index string, integrator uint16) (wire.JID, error) {
	e, err := d.accounts.Get(ctx, index)
	if errors.Is(err, bus.ErrNotFound) || errors.Is(err, bus.ErrBadKey) {
		return wire.JID{}, ErrNotFound
	}
	if err != nil {
		return wire.JID{}, fmt.Errorf("directory: index: %w", err)
	}
	return wire.JID{User: string(e.Value), Server: wire.ServerInterop, Integrator: integrator}, nil
}

// indexName points a username at its account. Usernames are unique at the
// provider, so the newest holder is the right one.
func (d *Directory) indexName(ctx context.Context, integrator uint16, username, user string) error {
	if username == "" {
		return nil
	}
	k := nameKey(integrator, username)
	if e, err := d.accounts.Get(ctx, k); err == nil && string(e.Value) == user {
		return nil
	}
	if _, err := d.accounts.Put(ctx, k, []byte(user)); err != nil {
		return fmt.Errorf("directory: index username: %w", err)
	}
	return nil
}

// Names come from outside and may hold dots: the index keys are hex.
func subKey(integrator uint16, sub string) string {
	return fmt.Sprintf("sub.%d.%x", integrator, sub)
}

func nameKey(integrator uint16, username string) string {
	return fmt.Sprintf("name.%d.%x", integrator, username)
}
