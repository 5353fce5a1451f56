package seal

import (
	"encoding/binary"
	"fmt"

	"go.mau.fi/libsignal/keys/chain"
	"go.mau.fi/libsignal/keys/message"
	"go.mau.fi/libsignal/state/record"
	"go.mau.fi/libsignal/util/optional"

	"ferry/app/internal/store"
)

// A session record is a version byte and its states, the current one first.
// Numbers are varints, byte strings have their length before them. libsignal's
// own JSON form is three times the size and a fifth of the time of an encrypt.
const recordVersion = 1

// maxStates bounds the states of a session. libsignal keeps 41; each costs a
// failed try of several Diffie-Hellman operations when garbage arrives, and
// old ones serve only messages that were on their way when a new one began.
const maxStates = 10

// one builds a working copy of a single state.
func one(state *record.StateStructure) (*record.Session, error) {
	r, err := record.NewSessionFromStructure(&record.SessionStructure{SessionState: state}, serial.Session, serial.State)
	if err != nil {
		return nil, fmt.Errorf("seal: session state: %w", err)
	}
	return r, nil
}

// states lists the current state, then the earlier ones, newest first.
func states(s *record.SessionStructure) []*record.StateStructure {
	if s == nil {
		return nil
	}
	return append([]*record.StateStructure{s.SessionState}, s.PreviousStates...)
}

// promote makes next the current state, before all others but the i-th.
func promote(all []*record.StateStructure, i int, next *record.StateStructure) *record.SessionStructure {
	s := &record.SessionStructure{SessionState: next}
	for j, state := range all {
		if j != i && len(s.PreviousStates) < maxStates-1 {
			s.PreviousStates = append(s.PreviousStates, state)
		}
	}
	return s
}

func marshalSession(s *record.SessionStructure) []byte {
	all := states(s)
	w := writer{recordVersion}
	w.number(uint32(len(all)))
	for _, state := range all {
		w.state(state)
	}
	return w
}

func parseSession(b []byte) (*record.SessionStructure, error) {
	if len(b) == 0 || b[0] != recordVersion {
		return nil, fmt.Errorf("seal: session record: %w", store.ErrTampered)
	}
	r := reader{rest: b[1:]}
	s := &record.SessionStructure{}
	for i := range r.count() {
		if state := r.state(); i == 0 {
			s.SessionState = state
		} else {
			s.PreviousStates = append(s.PreviousStates, state)
		}
	}
	if r.bad || len(r.rest) != 0 || s.SessionState == nil {
		return nil, fmt.Errorf("seal: session record: %w", store.ErrTampered)
	}
	return s, nil
}

type writer []byte

func (w *writer) number(n uint32) { *w = binary.AppendUvarint(*w, uint64(n)) }

func (w *writer) bytes(b []byte) {
	w.number(uint32(len(b)))
	*w = append(*w, b...)
}

func (w *writer) state(s *record.StateStructure) {
	w.number(uint32(s.SessionVersion))
	w.bytes(s.LocalIdentityPublic)
	w.bytes(s.RemoteIdentityPublic)
	w.number(s.LocalRegistrationID)
	w.number(s.RemoteRegistrationID)
	w.number(s.PreviousCounter)
	w.bytes(s.RootKey)
	w.bytes(s.SenderBaseKey)
	w.pending(s.PendingPreKey)
	w.chain(s.SenderChain)
	w.number(uint32(len(s.ReceiverChains)))
	for _, c := range s.ReceiverChains {
		w.chain(c)
	}
}

// pending writes 0 for none, 1 for one without and 2 for one with a one-time prekey.
func (w *writer) pending(p *record.PendingPreKeyStructure) {
	switch {
	case p == nil:
		w.number(0)
		return
	case p.PreKeyID == nil || p.PreKeyID.IsEmpty:
		w.number(1)
	default:
		w.number(2)
		w.number(p.PreKeyID.Value)
	}
	w.number(p.SignedPreKeyID)
	w.bytes(p.BaseKey)
}

func (w *writer) chain(c *record.ChainStructure) {
	w.bytes(c.SenderRatchetKeyPublic)
	w.bytes(c.SenderRatchetKeyPrivate)
	w.bytes(c.ChainKey.Key)
	w.number(c.ChainKey.Index)
	w.number(uint32(len(c.MessageKeys)))
	for _, k := range c.MessageKeys {
		w.bytes(k.CipherKey)
		w.bytes(k.MacKey)
		w.bytes(k.IV)
		w.number(k.Index)
	}
}

// reader takes a record apart; bad says that it did not fit.
type reader struct {
	rest []byte
	bad  bool
}

func (r *reader) number() uint32 {
	n, size := binary.Uvarint(r.rest)
	if size <= 0 || n > 1<<32-1 {
		r.bad, r.rest = true, nil
		return 0
	}
	r.rest = r.rest[size:]
	return uint32(n)
}

// count reads how many things follow: never more than there are bytes.
func (r *reader) count() int {
	n := r.number()
	if int64(n) > int64(len(r.rest)) {
		r.bad, r.rest = true, nil
		return 0
	}
	return int(n)
}

func (r *reader) bytes() []byte {
	n := r.count()
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reader) state() *record.StateStructure {
	s := &record.StateStructure{
		SessionVersion:       int(r.number()),
		LocalIdentityPublic:  r.bytes(),
		RemoteIdentityPublic: r.bytes(),
		LocalRegistrationID:  r.number(),
		RemoteRegistrationID: r.number(),
		PreviousCounter:      r.number(),
		RootKey:              r.bytes(),
		SenderBaseKey:        r.bytes(),
		PendingPreKey:        r.pending(),
		SenderChain:          r.chain(),
	}
	for range r.count() {
		s.ReceiverChains = append(s.ReceiverChains, r.chain())
	}
	// libsignal indexes into public keys without looking.
	if len(s.LocalIdentityPublic) != 33 || len(s.RemoteIdentityPublic) != 33 || len(s.SenderBaseKey) != 33 {
		r.bad = true
	}
	return s
}

func (r *reader) pending() *record.PendingPreKeyStructure {
	p := &record.PendingPreKeyStructure{PreKeyID: optional.NewEmptyUint32()}
	switch r.number() {
	case 0:
		return nil
	case 2:
		p.PreKeyID = optional.NewOptionalUint32(r.number())
	}
	p.SignedPreKeyID = r.number()
	if p.BaseKey = r.bytes(); len(p.BaseKey) != 33 {
		r.bad = true
	}
	return p
}

func (r *reader) chain() *record.ChainStructure {
	c := &record.ChainStructure{
		SenderRatchetKeyPublic:  r.bytes(),
		SenderRatchetKeyPrivate: r.bytes(),
		ChainKey:                &chain.KeyStructure{Key: r.bytes(), Index: r.number()},
	}
	for range r.count() {
		c.MessageKeys = append(c.MessageKeys, &message.KeysStructure{
			CipherKey: r.bytes(), MacKey: r.bytes(), IV: r.bytes(), Index: r.number(),
		})
	}
	if len(c.SenderRatchetKeyPublic) != 33 {
		r.bad = true
	}
	return c
}
