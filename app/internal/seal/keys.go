package seal

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"go.mau.fi/libsignal/ecc"
	"go.mau.fi/libsignal/keys/identity"
	"go.mau.fi/libsignal/state/record"

	"ferry/app/internal/store"
)

// Bounds of ids. A one-time prekey of id 0 reads as none, so ids start at 1;
// stanzas carry them in three bytes.
const (
	firstPreKey = 1
	firstFresh  = 1 << 23 // prekeys handed to one peer directly count from here
	lastPreKey  = 1<<24 - 1
)

// KeyType is the byte before a Curve25519 public key wherever keys are typed.
const KeyType = ecc.DjbType

// ErrNoKeys: this device has no identity yet.
var ErrNoKeys = errors.New("seal: no identity keys")

// Places of own keys in the store.
const (
	ownKey     = "own"    // in store.Identity
	counterKey = "prekey" // in store.Identity: ids handed out
	peerPrefix = "peer/"  // in store.Identity, then an Address
	onePrefix  = "one/"   // in store.PreKeys, then eight hex digits
)

// own is this device's identity.
type own struct {
	pair         *ecc.ECKeyPair
	registration uint32
	signedID     uint32
	signed       *ecc.ECKeyPair
	signature    [64]byte
	identity     *identity.KeyPair
	// One-time prekeys: the next id to make; ids before uploaded are at the
	// gateway; the next id to hand to a peer directly.
	next, uploaded, fresh uint32
}

// PublicKeys is what others may know of this device.
type PublicKeys struct {
	Registration uint32
	Identity     [32]byte
	Signed       SignedPreKey
}

// SignedPreKey is the public half of a signed prekey. The signature is by the
// identity key, over the type byte and the key.
type SignedPreKey struct {
	ID        uint32
	Public    [32]byte
	Signature [64]byte
}

// PreKey is the public half of a one-time prekey.
type PreKey struct {
	ID     uint32
	Public [32]byte
}

// newPair makes a key pair from random.
func newPair(random io.Reader) (*ecc.ECKeyPair, error) {
	var seed [32]byte
	if _, err := io.ReadFull(random, seed[:]); err != nil {
		return nil, fmt.Errorf("seal: make a key: %w", err)
	}
	return ecc.CreateKeyPair(seed[:]), nil
}

// pairBytes is the private key, then the public one.
func pairBytes(p *ecc.ECKeyPair) []byte {
	private, public := p.PrivateKey().Serialize(), p.PublicKey().PublicKey()
	return slices.Concat(private[:], public[:])
}

func pairFrom(b []byte) *ecc.ECKeyPair {
	return ecc.NewECKeyPair(ecc.NewDjbECPublicKey([32]byte(b[32:64])), ecc.NewDjbECPrivateKey([32]byte(b[:32])))
}

const ownSize = 64 + 4 + 4 + 64 + 64

func (o *own) marshal() []byte {
	b := pairBytes(o.pair)
	b = binary.BigEndian.AppendUint32(b, o.registration)
	b = binary.BigEndian.AppendUint32(b, o.signedID)
	b = append(b, pairBytes(o.signed)...)
	return append(b, o.signature[:]...)
}

func parseOwn(b []byte) (*own, error) {
	if len(b) != ownSize {
		return nil, fmt.Errorf("seal: identity record of %d bytes: %w", len(b), store.ErrTampered)
	}
	o := &own{
		pair:         pairFrom(b),
		registration: binary.BigEndian.Uint32(b[64:]),
		signedID:     binary.BigEndian.Uint32(b[68:]),
		signed:       pairFrom(b[72:]),
		signature:    [64]byte(b[136:]),
		next:         firstPreKey,
		uploaded:     firstPreKey,
		fresh:        firstFresh,
	}
	o.identity = identity.NewKeyPair(identity.NewKey(o.pair.PublicKey()), o.pair.PrivateKey())
	return o, nil
}

func (o *own) counters() []byte {
	b := binary.BigEndian.AppendUint32(nil, o.next)
	b = binary.BigEndian.AppendUint32(b, o.uploaded)
	return binary.BigEndian.AppendUint32(b, o.fresh)
}

func loadOwn(ctx context.Context, s store.Store) (*own, error) {
	b, err := s.Get(ctx, store.Identity, ownKey)
	if err != nil || b == nil {
		return nil, err
	}
	o, err := parseOwn(b)
	if err != nil {
		return nil, err
	}
	b, err = s.Get(ctx, store.Identity, counterKey)
	if err != nil {
		return nil, err
	}
	if len(b) == 12 {
		o.next, o.uploaded, o.fresh = binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:]), binary.BigEndian.Uint32(b[8:])
	}
	return o, nil
}

// HasKeys reports whether this device has an identity.
func (v *Vault) HasKeys() bool { return v.own != nil }

// MakeKeys gives this device an identity, unless it has one. Staged.
func (v *Vault) MakeKeys() error {
	if v.own != nil {
		return nil
	}
	pair, err := newPair(v.random)
	if err != nil {
		return err
	}
	signed, err := newPair(v.random)
	if err != nil {
		return err
	}
	var r [2]byte
	if _, err := io.ReadFull(v.random, r[:]); err != nil {
		return fmt.Errorf("seal: make a registration id: %w", err)
	}
	o := &own{
		pair: pair, signed: signed, signedID: 1, next: firstPreKey, uploaded: firstPreKey, fresh: firstFresh,
		registration: uint32(binary.BigEndian.Uint16(r[:]))%16380 + 1, // 14 bits, as Signal's clients choose it
		signature:    ecc.CalculateSignature(pair.PrivateKey(), signed.PublicKey().Serialize()),
		identity:     identity.NewKeyPair(identity.NewKey(pair.PublicKey()), pair.PrivateKey()),
	}
	v.own = o
	v.staged.Put(store.Identity, ownKey, o.marshal())
	v.staged.Put(store.Identity, counterKey, o.counters())
	return nil
}

// Public returns this device's public keys, but for one-time prekeys.
func (v *Vault) Public() (PublicKeys, error) {
	if v.own == nil {
		return PublicKeys{}, ErrNoKeys
	}
	return PublicKeys{
		Registration: v.own.registration,
		Identity:     v.own.pair.PublicKey().PublicKey(),
		Signed:       SignedPreKey{ID: v.own.signedID, Public: v.own.signed.PublicKey().PublicKey(), Signature: v.own.signature},
	}, nil
}

// PreKeys returns n one-time prekeys for the gateway: first those made before
// that it may never have got, then new ones. Staged; call Uploaded when the
// gateway has them.
func (v *Vault) PreKeys(ctx context.Context, n int) ([]PreKey, error) {
	if v.own == nil {
		return nil, ErrNoKeys
	}
	keys, err := v.waiting(ctx, n)
	if err != nil {
		return nil, err
	}
	for len(keys) < n {
		id := v.own.next
		if v.own.next++; v.own.next >= firstFresh {
			v.own.next, v.own.uploaded = firstPreKey, firstPreKey
		}
		k, err := v.makePreKey(id)
		if err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	return keys, nil
}

// FreshPreKey makes one prekey to be handed to one peer, in a retry receipt.
// It never goes to the gateway. Staged.
func (v *Vault) FreshPreKey() (PreKey, error) {
	if v.own == nil {
		return PreKey{}, ErrNoKeys
	}
	id := v.own.fresh
	if v.own.fresh++; v.own.fresh > lastPreKey {
		v.own.fresh = firstFresh
	}
	return v.makePreKey(id)
}

// Uploaded notes that the gateway has all one-time prekeys up to id. Staged.
func (v *Vault) Uploaded(id uint32) {
	if v.own == nil || id < v.own.uploaded {
		return
	}
	v.own.uploaded = id + 1
	v.staged.Put(store.Identity, counterKey, v.own.counters())
}

// waiting lists prekeys that were made and perhaps never uploaded.
func (v *Vault) waiting(ctx context.Context, n int) ([]PreKey, error) {
	if v.own.uploaded >= v.own.next {
		return nil, nil
	}
	rs, err := v.store.List(ctx, store.PreKeys, store.Range{From: oneKey(v.own.uploaded), To: oneKey(v.own.next), Limit: n})
	if err != nil {
		return nil, err
	}
	var keys []PreKey
	for _, r := range rs {
		var id uint32
		if _, err := fmt.Sscanf(r.Key, onePrefix+"%08x", &id); err != nil || len(r.Value) != 64 {
			return nil, fmt.Errorf("seal: prekey record: %w", store.ErrTampered)
		}
		if !v.used[id] {
			keys = append(keys, PreKey{ID: id, Public: [32]byte(r.Value[32:])})
		}
	}
	return keys, nil
}

func (v *Vault) makePreKey(id uint32) (PreKey, error) {
	pair, err := newPair(v.random)
	if err != nil {
		return PreKey{}, err
	}
	v.staged.Put(store.PreKeys, oneKey(id), pairBytes(pair))
	v.staged.Put(store.Identity, counterKey, v.own.counters())
	return PreKey{ID: id, Public: pair.PublicKey().PublicKey()}, nil
}

func oneKey(id uint32) string { return fmt.Sprintf(onePrefix+"%08x", id) }

// loadPreKey finds a one-time prekey, nil if it was used or never made.
func (v *Vault) loadPreKey(ctx context.Context, id uint32) (*record.PreKey, error) {
	b, touched := v.staged.Get(store.PreKeys, oneKey(id))
	if !touched {
		var err error
		if b, err = v.store.Get(ctx, store.PreKeys, oneKey(id)); err != nil {
			return nil, err
		}
	}
	if b == nil {
		return nil, nil
	}
	if len(b) != 64 {
		return nil, fmt.Errorf("seal: prekey record: %w", store.ErrTampered)
	}
	return record.NewPreKey(id, pairFrom(b), serial.PreKeyRecord), nil
}
