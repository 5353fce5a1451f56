package directory

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"ferry/relay/internal/bus"
	"ferry/relay/wire"
)

// NewPhone is what a new WhatsApp account starts with.
type NewPhone struct {
	Number  string // international form; Digits says what is accepted
	Name    string // push name
	Consent Consent
	Keys    Keys           // of the phone itself, device 0; signed prekey included
	Noise   wire.PublicKey // zero: the phone has no client of its own
	// Secret is the phone's private side, in whatever form the caller likes. Only
	// a sandbox has one: real phones keep their own.
	Secret []byte
}

// CreatePhone makes a WhatsApp account with its device 0. ErrExists if the
// number is taken.
func (d *Directory) CreatePhone(ctx context.Context, p NewPhone) (Account, error) {
	digits, err := Digits(p.Number)
	if err != nil {
		return Account{}, err
	}
	if _, err := d.PhoneByNumber(ctx, digits); err == nil {
		return Account{}, ErrExists
	} else if !errors.Is(err, ErrNotFound) {
		return Account{}, err
	}
	r := record{
		Kind: WhatsApp, Phone: digits, Name: p.Name, Secret: p.Secret,
		ConsentAll: p.Consent.All, Consent: p.Consent.Providers, ChatsOff: p.Consent.Off, Told: d.opt.Now().Unix(),
	}
	dev := deviceRecord{Noise: noiseBytes(p.Noise), Platform: "phone", Added: d.opt.Now().Unix()}
	dev.setKeys(p.Keys)
	if _, err := r.add(dev); err != nil {
		return Account{}, err
	}
	if r.RawID, err = d.random32(); err != nil {
		return Account{}, err
	}
	if err := d.createUnder(ctx, &r, d.newLID); err != nil {
		return Account{}, err
	}
	// The number is claimed last: an account without it cannot be reached by
	// anyone, whereas a number without an account would be lost.
	err = d.claim(ctx, "pn."+digits, r.User, func(user string) bool {
		_, err := d.Account(ctx, wire.JID{User: user, Server: wire.ServerLID})
		return errors.Is(err, ErrNotFound)
	})
	if err != nil {
		_ = d.accounts.Delete(ctx, key(r.id()), 0)
		return Account{}, err
	}
	return r.account()
}

// claim sets an index entry that nobody has, or that leads nowhere any more.
func (d *Directory) claim(ctx context.Context, index, value string, stale func(string) bool) error {
	for range maxConflicts {
		_, err := d.accounts.Create(ctx, index, []byte(value))
		if err == nil {
			return nil
		}
		if !errors.Is(err, bus.ErrExists) {
			return fmt.Errorf("directory: claim: %w", err)
		}
		e, err := d.accounts.Get(ctx, index)
		if errors.Is(err, bus.ErrNotFound) {
			continue
		}
		if err != nil {
			return fmt.Errorf("directory: claim: %w", err)
		}
		if !stale(string(e.Value)) {
			return ErrExists
		}
		_, err = d.accounts.Update(ctx, index, []byte(value), e.Rev)
		if err == nil {
			return nil
		}
		if !errors.Is(err, bus.ErrConflict) {
			return fmt.Errorf("directory: claim: %w", err)
		}
	}
	return ErrBusy
}

// createUnder stores a new account under the first free name that next yields.
func (d *Directory) createUnder(ctx context.Context, r *record, next func() (string, error)) error {
	for range maxConflicts {
		user, err := next()
		if err != nil {
			return err
		}
		r.User = user
		if r.Kind == ThirdParty {
			if r.Number, err = strconv.ParseUint(user, 10, 64); err != nil {
				return fmt.Errorf("directory: account number: %w", err)
			}
		}
		raw, err := json.Marshal(r)
		if err != nil {
			return fmt.Errorf("directory: account record: %w", err)
		}
		_, err = d.accounts.Create(ctx, key(r.id()), raw)
		if errors.Is(err, bus.ErrExists) {
			continue
		}
		if err != nil {
			return fmt.Errorf("directory: create account: %w", err)
		}
		return nil
	}
	return ErrBusy
}

// PhoneByNumber finds a WhatsApp account by its phone number in any accepted
// form, or returns ErrNotFound.
func (d *Directory) PhoneByNumber(ctx context.Context, number string) (Account, error) {
	digits, err := Digits(number)
	if err != nil {
		return Account{}, err
	}
	return d.Resolve(ctx, wire.JID{User: digits, Server: wire.ServerUser})
}

// AccountByLID finds a WhatsApp account by its LID, or a third-party account by
// its alias LID.
func (d *Directory) AccountByLID(ctx context.Context, lid wire.JID) (Account, error) {
	return d.Account(ctx, Unalias(lid))
}

// PhoneSecret returns what CreatePhone was given as Secret.
func (d *Directory) PhoneSecret(ctx context.Context, id wire.JID) ([]byte, error) {
	r, _, err := d.read(ctx, id)
	if err != nil {
		return nil, err
	}
	if r.Secret == nil {
		return nil, ErrNotFound
	}
	return r.Secret, nil
}

// DeletePhone removes a WhatsApp account with all its devices and keys, and
// returns what it was.
func (d *Directory) DeletePhone(ctx context.Context, number string) (Account, error) {
	a, err := d.PhoneByNumber(ctx, number)
	if err != nil {
		return Account{}, err
	}
	// The record first: from here on nobody can log in or be written to.
	if err := d.accounts.Erase(ctx, key(a.ID)); err != nil {
		return Account{}, fmt.Errorf("directory: delete account: %w", err)
	}
	if err := d.dropIndex(ctx, "pn."+a.Phone, a.ID.User); err != nil {
		return Account{}, err
	}
	for _, dev := range a.Devices {
		if err := d.dropPreKeys(ctx, a.ID.WithDevice(dev.Number)); err != nil {
			return Account{}, err
		}
	}
	return a, d.ForgetPeers(ctx, a.ID)
}

// SetName changes the push name of a WhatsApp user, or the shown name of a
// third-party user. One name per account: clients take the newest they see.
func (d *Directory) SetName(ctx context.Context, id wire.JID, name string) (Account, error) {
	return d.change(ctx, id, func(r *record) error {
		r.Name = name
		return nil
	})
}

// newLID is 15 random digits, as WhatsApp's are, and never the start of an alias.
func (d *Directory) newLID() (string, error) {
	n, err := d.number(7e14)
	return strconv.FormatUint(1e14+n, 10), err
}

// newNumber is a third-party account number: ten random digits.
func (d *Directory) newNumber() (string, error) {
	n, err := d.number(9e9)
	return strconv.FormatUint(1e9+n, 10), err
}

// number is a random number below limit. The bias of the remainder is of no
// consequence: these are names, not secrets.
func (d *Directory) number(limit uint64) (uint64, error) {
	var b [8]byte
	if _, err := io.ReadFull(d.random(), b[:]); err != nil {
		return 0, fmt.Errorf("directory: random: %w", err)
	}
	return binary.BigEndian.Uint64(b[:]) % limit, nil
}

func (d *Directory) random32() (uint32, error) {
	n, err := d.number(1 << 32)
	return uint32(n), err
}

func (d *Directory) random() io.Reader {
	if d.opt.Rand == nil {
		return rand.Reader
	}
	return d.opt.Rand
}

func noiseBytes(k wire.PublicKey) []byte {
	if k == (wire.PublicKey{}) {
		return nil
	}
	return k.Bytes()
}
