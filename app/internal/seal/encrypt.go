package seal

import (
	"context"
	"errors"
	"fmt"

	"go.mau.fi/libsignal/ecc"
	"go.mau.fi/libsignal/keys/identity"
	"go.mau.fi/libsignal/keys/prekey"
	"go.mau.fi/libsignal/protocol"
	"go.mau.fi/libsignal/state/record"
	"go.mau.fi/libsignal/util/optional"

	"ferry/app/internal/store"
)

// Kind is the type of a sealed message, as stanzas name it.
type Kind string

const (
	FirstKind Kind = "pkmsg" // carries what the peer needs to make the session
	LaterKind Kind = "msg"
)

// Errors of encryption and of bundles.
var (
	ErrNoSession = errors.New("seal: no session")
	ErrBadBundle = errors.New("seal: bad prekey bundle")

	errUnused = errors.New("seal: not part of this store")
)

// Sealed is a message that only one device can open.
type Sealed struct {
	Kind Kind
	Data []byte
}

// Bundle is what a peer's device published to begin a session with.
type Bundle struct {
	Registration uint32
	Identity     [32]byte
	Signed       SignedPreKey
	One          *PreKey // nil where the gateway has none left
}

// Establish begins a session with a device. An earlier session is kept for
// messages still on their way. It reports whether the device's identity is
// another than the one known before. Staged.
func (v *Vault) Establish(ctx context.Context, addr Address, b Bundle) (changed bool, err error) {
	if v.own == nil {
		return false, ErrNoKeys
	}
	defer rescue(&err, ErrBadBundle)
	s, err := v.load(ctx, addr)
	if err != nil {
		return false, err
	}
	op := &operation{vault: v, record: record.NewSession(serial.Session, serial.State)}
	builder, _ := op.cipher()
	if err := builder.ProcessBundle(ctx, b.signal()); err != nil {
		return false, fmt.Errorf("%w: %w", ErrBadBundle, err)
	}
	if changed, err = v.meet(ctx, addr, b.Identity); err != nil {
		return false, err
	}
	v.sessions[addr] = &session{data: promote(states(s.data), -1, op.record.Structure().SessionState), dirty: true}
	return changed, nil
}

func (b Bundle) signal() *prekey.Bundle {
	id, public := optional.NewEmptyUint32(), ecc.ECPublicKeyable(nil)
	if b.One != nil {
		id, public = optional.NewOptionalUint32(b.One.ID), ecc.NewDjbECPublicKey(b.One.Public)
	}
	return prekey.NewBundle(b.Registration, 0, id, b.Signed.ID, public, ecc.NewDjbECPublicKey(b.Signed.Public),
		b.Signed.Signature, identity.NewKey(ecc.NewDjbECPublicKey(b.Identity)))
}

// Encrypt seals a padded message for a device, and moves its session on.
// Staged: send nothing of it before the commit.
func (v *Vault) Encrypt(ctx context.Context, addr Address, padded []byte) (out Sealed, err error) {
	if v.own == nil {
		return Sealed{}, ErrNoKeys
	}
	s, err := v.load(ctx, addr)
	if err != nil {
		return Sealed{}, err
	}
	if s.data == nil {
		return Sealed{}, fmt.Errorf("encrypt: %w", ErrNoSession)
	}
	defer rescue(&err, ErrNoSession)
	working, err := one(s.data.SessionState)
	if err != nil {
		return Sealed{}, err
	}
	op := &operation{vault: v, record: working}
	_, cipher := op.cipher()
	m, err := cipher.Encrypt(ctx, padded)
	if err != nil {
		return Sealed{}, fmt.Errorf("encrypt: %w", err)
	}
	v.sessions[addr] = &session{data: promote(states(s.data), 0, op.record.Structure().SessionState), dirty: true}
	out = Sealed{Kind: LaterKind, Data: m.Serialize()}
	if m.Type() == protocol.PREKEY_TYPE {
		out.Kind = FirstKind
	}
	return out, nil
}

// meet compares a peer's identity with the one known, and notes the new one.
func (v *Vault) meet(ctx context.Context, addr Address, key [32]byte) (changed bool, err error) {
	place := peerPrefix + string(addr)
	known, touched := v.staged.Get(store.Identity, place)
	if !touched {
		if known, err = v.store.Get(ctx, store.Identity, place); err != nil {
			return false, err
		}
	}
	if string(known) == string(key[:]) {
		return false, nil
	}
	v.staged.Put(store.Identity, place, key[:])
	return known != nil, nil
}

// rescue turns a panic of libsignal into an error. Its parsers index into what
// the peer sent; this package checks lengths before, and this is the net below.
func rescue(err *error, as error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("%w: %v", as, r)
	}
}
