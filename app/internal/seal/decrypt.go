package seal

import (
	"context"
	"crypto/aes"
	"errors"
	"fmt"

	"go.mau.fi/libsignal/protocol"
	"go.mau.fi/libsignal/signalerror"
	"go.mau.fi/libsignal/state/record"

	"ferry/app/internal/store"
)

// MaxSealed bounds what Decrypt looks at, in bytes.
const MaxSealed = 1 << 20

// Errors of Decrypt.
var (
	// ErrMalformed: not a Signal message.
	ErrMalformed = errors.New("seal: malformed message")
	// ErrOld: a message with this message key was opened before. A message of
	// another id has it where the peer's client used a key twice.
	ErrOld = errors.New("seal: message was opened before")
	// ErrLostKey: it needs a session or prekey that this device does not have.
	// Only new keys help.
	ErrLostKey = errors.New("seal: no key for this message")
	// ErrNotOurs: it does not open with any session of that device.
	ErrNotOurs = errors.New("seal: message does not open")
)

// Opened is a decrypted message.
type Opened struct {
	Padded []byte
	// NewIdentity: the device has another identity than the one known before.
	NewIdentity bool
}

// Decrypt opens a message from a device. Staged: the session that moved on and
// the one-time prekey that is spent. A failure stages nothing, unless it is the
// store's.
func (v *Vault) Decrypt(ctx context.Context, addr Address, kind Kind, data []byte) (out Opened, err error) {
	if v.own == nil {
		return Opened{}, ErrNoKeys
	}
	if len(data) > MaxSealed {
		return Opened{}, fmt.Errorf("%w: %d bytes", ErrMalformed, len(data))
	}
	defer rescue(&err, ErrMalformed)
	switch kind {
	case FirstKind:
		return v.decryptFirst(ctx, addr, data)
	case LaterKind:
		return v.decryptLater(ctx, addr, data)
	}
	return Opened{}, fmt.Errorf("%w: kind %.16q", ErrMalformed, kind)
}

func (v *Vault) decryptLater(ctx context.Context, addr Address, data []byte) (Opened, error) {
	m, err := parseLater(data)
	if err != nil {
		return Opened{}, err
	}
	s, err := v.load(ctx, addr)
	if err != nil {
		return Opened{}, err
	}
	if s.data == nil {
		return Opened{}, fmt.Errorf("%w: no session", ErrLostKey)
	}
	padded, next, err := v.try(ctx, states(s.data), m)
	if err != nil {
		return Opened{}, err
	}
	v.sessions[addr] = &session{data: next, dirty: true}
	return Opened{Padded: padded}, nil
}

func (v *Vault) decryptFirst(ctx context.Context, addr Address, data []byte) (Opened, error) {
	m, err := parseFirst(data)
	if err != nil {
		return Opened{}, err
	}
	s, err := v.load(ctx, addr)
	if err != nil {
		return Opened{}, err
	}
	all, spent, err := v.begin(ctx, s.data, m)
	if err != nil {
		return Opened{}, err
	}
	padded, next, err := v.try(ctx, all, m.WhisperMessage())
	if err != nil {
		return Opened{}, err
	}
	// The identity of the session that fitted, which its MAC covers; the one
	// beside the message is covered by nothing.
	changed, err := v.meet(ctx, addr, [32]byte(next.SessionState.RemoteIdentityPublic[1:]))
	if err != nil {
		return Opened{}, err
	}
	v.sessions[addr] = &session{data: next, dirty: true}
	if spent != 0 {
		v.used[spent] = true
		v.staged.Delete(store.PreKeys, oneKey(spent))
	}
	return Opened{Padded: padded, NewIdentity: changed}, nil
}

// begin makes the session that a first message asks for, unless an earlier
// copy of it did. It returns all states to try, and the one-time prekey that
// the new one takes, 0 for none.
func (v *Vault) begin(ctx context.Context, known *record.SessionStructure, m *protocol.PreKeySignalMessage) ([]*record.StateStructure, uint32, error) {
	all := states(known)
	base := string(m.BaseKey().Serialize())
	for _, s := range all {
		if s.SessionVersion == m.MessageVersion() && string(s.SenderBaseKey) == base {
			return all, 0, nil
		}
	}
	op := &operation{vault: v, record: record.NewSession(serial.Session, serial.State)}
	builder, _ := op.cipher()
	spent, err := builder.Process(ctx, op.record, m)
	switch {
	case errors.Is(err, signalerror.ErrNoOneTimeKeyFound), errors.Is(err, signalerror.ErrNoSignedPreKey):
		return nil, 0, fmt.Errorf("%w: %w", ErrLostKey, err)
	case err != nil:
		return nil, 0, err
	}
	id := uint32(0)
	if !spent.IsEmpty {
		id = spent.Value
	}
	return states(promote(all, -1, op.record.Structure().SessionState)), id, nil
}

// try decrypts with each state in turn, always on a copy: libsignal moves a
// state on before it knows whether the message fits, and keeps it so when an
// earlier state then fits.
func (v *Vault) try(ctx context.Context, all []*record.StateStructure, m *protocol.SignalMessage) ([]byte, *record.SessionStructure, error) {
	for i, state := range all {
		working, err := one(state)
		if err != nil {
			return nil, nil, err
		}
		_, cipher := (&operation{vault: v, record: working}).cipher()
		padded, _, err := cipher.DecryptWithState(ctx, working.SessionState(), m)
		switch {
		case errors.Is(err, signalerror.ErrOldCounter):
			return nil, nil, fmt.Errorf("%w: %w", ErrOld, err)
		case err == nil:
			return padded, promote(all, i, working.Structure().SessionState), nil
		}
	}
	return nil, nil, ErrNotOurs
}

// The parsers of libsignal index into what they are given without looking at
// lengths: these look first.

func parseLater(data []byte) (*protocol.SignalMessage, error) {
	if len(data) < 1+1+protocol.MacLength {
		return nil, fmt.Errorf("%w: %d bytes", ErrMalformed, len(data))
	}
	raw, err := serial.SignalMessage.Deserialize(data)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if len(raw.RatchetKey) != 33 || len(raw.CipherText) == 0 || len(raw.CipherText)%aes.BlockSize != 0 {
		return nil, fmt.Errorf("%w: lengths", ErrMalformed)
	}
	m, err := protocol.NewSignalMessageFromStruct(raw, serial.SignalMessage)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return m, nil
}

func parseFirst(data []byte) (*protocol.PreKeySignalMessage, error) {
	if len(data) < 2 {
		return nil, fmt.Errorf("%w: %d bytes", ErrMalformed, len(data))
	}
	raw, err := serial.PreKeySignalMessage.Deserialize(data)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if len(raw.BaseKey) != 33 || len(raw.IdentityKey) != 33 {
		return nil, fmt.Errorf("%w: lengths", ErrMalformed)
	}
	if _, err := parseLater(raw.Message); err != nil {
		return nil, err
	}
	m, err := protocol.NewPreKeySignalMessageFromStruct(raw, serial.PreKeySignalMessage, serial.SignalMessage)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return m, nil
}
