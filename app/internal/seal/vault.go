package seal

import (
	"context"
	"fmt"
	"io"
	"maps"

	"go.mau.fi/libsignal/serialize"
	"go.mau.fi/libsignal/state/record"

	"ferry/app/internal/store"
)

// Address names a device of a peer: the text form of its address.
type Address string

// cacheMax is how many sessions stay decoded in memory between commits. At
// the bound, sessions that are on disk are dropped and read again when needed.
const cacheMax = 256

// serial writes libsignal's records. Messages are protobuf, as on the wire.
var serial = serialize.NewProtoBufSerializer()

// Vault holds this device's keys and its sessions. It reads from the store and
// stages what changes; the engine puts that into its batch with Stage and says
// with Settle how the commit went. One goroutine at a time.
type Vault struct {
	store  store.Store
	random io.Reader
	own    *own

	sessions map[Address]*session
	used     map[uint32]bool // one-time prekeys whose deletion is staged
	staged   store.Batch
}

// session is a decoded session record: a value that nothing changes in place,
// so that an operation that fails leaves no trace. Nil data means none.
type session struct {
	data  *record.SessionStructure
	dirty bool
}

// Open reads this device's keys, if it has any.
func Open(ctx context.Context, s store.Store, random io.Reader) (*Vault, error) {
	v := &Vault{store: s, random: random}
	if err := v.Reset(ctx); err != nil {
		return nil, fmt.Errorf("open keys: %w", err)
	}
	return v, nil
}

// Reset forgets all that is staged and cached, and reads anew: for after a
// commit that failed, when the store may hold either.
func (v *Vault) Reset(ctx context.Context) error {
	v.sessions, v.used, v.staged = map[Address]*session{}, map[uint32]bool{}, store.Batch{}
	own, err := loadOwn(ctx, v.store)
	v.own = own
	return err
}

// Stage puts all staged changes into the batch.
func (v *Vault) Stage(b *store.Batch) {
	for addr, s := range v.sessions {
		switch {
		case s.dirty && s.data == nil:
			b.Delete(store.Sessions, string(addr))
		case s.dirty:
			b.Put(store.Sessions, string(addr), marshalSession(s.data))
		}
	}
	for _, r := range v.staged.Puts {
		b.Put(r.Table, r.Key, r.Value)
	}
	for _, r := range v.staged.Deletes {
		b.Delete(r.Table, r.Key)
	}
}

// Settle says that the batch of the last Stage was committed.
func (v *Vault) Settle() {
	for _, s := range v.sessions {
		s.dirty = false
	}
	v.staged = store.Batch{}
	clear(v.used)
	if len(v.sessions) > cacheMax {
		maps.DeleteFunc(v.sessions, func(Address, *session) bool { return len(v.sessions) > cacheMax/2 })
	}
}

// load finds a session; its data is nil where there is none.
func (v *Vault) load(ctx context.Context, addr Address) (*session, error) {
	if s := v.sessions[addr]; s != nil {
		return s, nil
	}
	b, err := v.store.Get(ctx, store.Sessions, string(addr))
	if err != nil {
		return nil, err
	}
	s := &session{}
	if b != nil {
		if s.data, err = parseSession(b); err != nil {
			return nil, err
		}
	}
	v.sessions[addr] = s
	return s, nil
}

// HasSession reports whether messages can be encrypted for a device.
func (v *Vault) HasSession(ctx context.Context, addr Address) (bool, error) {
	s, err := v.load(ctx, addr)
	return err == nil && s.data != nil, err
}

// Registration is the registration id that the peer's device had when the
// session was made, 0 without a session. Another one means a reinstalled app.
func (v *Vault) Registration(ctx context.Context, addr Address) (uint32, error) {
	s, err := v.load(ctx, addr)
	if err != nil || s.data == nil {
		return 0, err
	}
	return s.data.SessionState.RemoteRegistrationID, nil
}

// Identity is the identity key of a device that messages are encrypted for: that
// of the session, or without one the last that was seen; false where none was.
func (v *Vault) Identity(ctx context.Context, addr Address) (key PublicIdentity, ok bool, err error) {
	s, err := v.load(ctx, addr)
	if err != nil {
		return key, false, err
	}
	if s.data != nil {
		return PublicIdentity(s.data.SessionState.RemoteIdentityPublic[1:]), true, nil
	}
	place := peerPrefix + string(addr)
	known, touched := v.staged.Get(store.Identity, place)
	if !touched {
		if known, err = v.store.Get(ctx, store.Identity, place); err != nil {
			return key, false, err
		}
	}
	if len(known) != len(key) {
		return key, false, nil
	}
	return PublicIdentity(known), true, nil
}

// Forget drops the session with a device. Staged.
func (v *Vault) Forget(addr Address) { v.sessions[addr] = &session{dirty: true} }

// ForgetAll drops the sessions with all known devices whose address starts
// with prefix. Staged.
func (v *Vault) ForgetAll(ctx context.Context, prefix string) error {
	rs, err := v.store.List(ctx, store.Sessions, store.Prefix(prefix))
	if err != nil {
		return err
	}
	for _, r := range rs {
		v.Forget(Address(r.Key))
	}
	for addr := range v.sessions {
		if len(addr) >= len(prefix) && string(addr[:len(prefix)]) == prefix {
			v.Forget(addr)
		}
	}
	return nil
}
