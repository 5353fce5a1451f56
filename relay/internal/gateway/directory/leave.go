package directory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"ferry/relay/internal/bus"
	"ferry/relay/wire"
)

// Left is an account that is gone, as long as there may be traces of it.
type Left struct {
	ID   wire.JID
	Sub  string // the provider's name for the user
	Name string // the username
}

// Revoke ends an enlistment: of the device with that Noise key, or of all devices
// if the key is zero. It returns the account as it is now and the devices that are
// gone. With its last device the account is gone too: its record, what leads to it
// and its keys. It is then among Leaving, until somebody has removed all other
// traces and calls Forgotten. The same user enlisting again is another account,
// with another number.
func (d *Directory) Revoke(ctx context.Context, integrator uint16, sub string, noise wire.PublicKey) (Account, []Device, error) {
	id, err := d.idOfSub(ctx, integrator, sub)
	if err != nil {
		return Account{}, nil, err
	}
	return d.RevokeDevices(ctx, id, func(x Device) bool { return noise == wire.PublicKey{} || x.Noise == noise })
}

// RevokeDevices is Revoke for the devices of a third-party account that are meant.
func (d *Directory) RevokeDevices(ctx context.Context, id wire.JID, meant func(Device) bool) (after Account, gone []Device, err error) {
	for range maxConflicts {
		r, rev, err := d.read(ctx, id)
		if err != nil {
			return Account{}, nil, err
		}
		if r.Kind != ThirdParty {
			return Account{}, nil, ErrNotFound
		}
		if after, err = r.account(); err != nil {
			return Account{}, nil, err
		}
		gone = nil
		for _, x := range after.Devices {
			if meant(x) {
				gone = append(gone, x)
				r.remove(x.Number)
			}
		}
		after.Devices = slices.DeleteFunc(after.Devices, meant)
		switch {
		case len(gone) == 0 && len(after.Devices) > 0:
			return after, nil, ErrNotFound
		case len(after.Devices) > 0:
			err = d.replace(ctx, r, rev)
		default:
			err = d.remove(ctx, &r, rev)
		}
		if errors.Is(err, bus.ErrConflict) {
			continue
		}
		for _, x := range gone {
			err = errors.Join(err, d.dropPreKeys(ctx, id.WithDevice(x.Number)))
		}
		return after, gone, err
	}
	return Account{}, nil, ErrBusy
}

func (d *Directory) replace(ctx context.Context, r record, rev uint64) error {
	raw, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("directory: account record: %w", err)
	}
	_, err = d.accounts.Update(ctx, key(r.id()), raw, rev)
	return err
}

// remove takes a record away unless it was changed, and notes that there may be
// traces of the account: first, so that they are found whatever happens.
func (d *Directory) remove(ctx context.Context, r *record, rev uint64) error {
	raw, err := json.Marshal(Left{ID: r.id(), Sub: r.Sub, Name: r.Name})
	if err != nil {
		return fmt.Errorf("directory: leave: %w", err)
	}
	if _, err := d.leaving.Put(ctx, key(r.id()), raw); err != nil {
		return fmt.Errorf("directory: leave: %w", err)
	}
	if err := d.accounts.Delete(ctx, key(r.id()), rev); err != nil {
		return err
	}
	return d.Sweep(ctx, Left{ID: r.id(), Sub: r.Sub, Name: r.Name})
}

// Sweep removes what the directory has of an account that is gone, but for whom it
// has been in touch with (ForgetPeers).
func (d *Directory) Sweep(ctx context.Context, l Left) error {
	if _, err := d.accounts.Get(ctx, key(l.ID)); err == nil {
		return ErrExists
	} else if !errors.Is(err, bus.ErrNotFound) {
		return fmt.Errorf("directory: leave: %w", err)
	}
	return errors.Join(
		d.accounts.Erase(ctx, key(l.ID)), // the mark of the deletion
		d.dropIndex(ctx, subKey(l.ID.Integrator, l.Sub), l.ID.User),
		d.dropIndex(ctx, nameKey(l.ID.Integrator, l.Name), l.ID.User),
		d.prekeys.EraseAll(ctx, key(l.ID)+"."),
	)
}

// dropIndex erases what leads to an account, unless it leads elsewhere now.
func (d *Directory) dropIndex(ctx context.Context, index, user string) error {
	e, err := d.accounts.Get(ctx, index)
	if errors.Is(err, bus.ErrNotFound) || errors.Is(err, bus.ErrBadKey) || err == nil && string(e.Value) != user {
		return nil
	}
	if err == nil {
		err = d.accounts.EraseAt(ctx, index, e.Rev)
	}
	if err != nil {
		return fmt.Errorf("directory: index: %w", err)
	}
	return nil
}

// Leaving are the accounts that are gone and may have left traces.
func (d *Directory) Leaving(ctx context.Context) ([]Left, error) {
	entries, err := d.leaving.List(ctx, "")
	if err != nil {
		return nil, fmt.Errorf("directory: leave: %w", err)
	}
	out := make([]Left, 0, len(entries))
	for _, e := range entries {
		var l Left
		if err := json.Unmarshal(e.Value, &l); err != nil {
			return nil, fmt.Errorf("directory: leave: %w", err)
		}
		out = append(out, l)
	}
	return out, nil
}

// Forgotten says that there are no traces of an account any more.
func (d *Directory) Forgotten(ctx context.Context, id wire.JID) error {
	if err := d.leaving.Erase(ctx, key(id)); err != nil {
		return fmt.Errorf("directory: leave: %w", err)
	}
	return nil
}

// BlockedBy are the WhatsApp users who have blocked an account, each with the form
// of address in which they did; at most most of them.
func (d *Directory) BlockedBy(ctx context.Context, id wire.JID, most int) (map[wire.JID]wire.JID, error) {
	out := make(map[wire.JID]wire.JID)
	err := d.each(ctx, "lid.", maxScanned, func(a Account) {
		if !a.Blocked.Has(id) || len(out) >= most {
			return
		}
		if as, err := wire.ParseJID(a.Blocked[id.Bare().String()]); err == nil {
			out[a.ID] = as
		}
	})
	return out, err
}

// maxScanned bounds how many accounts are looked through.
const maxScanned = 1_000_000
