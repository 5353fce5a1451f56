package seal

import (
	"context"

	group "go.mau.fi/libsignal/groups/state/record"
	"go.mau.fi/libsignal/keys/identity"
	"go.mau.fi/libsignal/protocol"
	signal "go.mau.fi/libsignal/session"
	"go.mau.fi/libsignal/signalerror"
	"go.mau.fi/libsignal/state/record"
)

// operation is the store that libsignal sees for the length of one call: one
// session, a copy, and a note of what it wants changed.
type operation struct {
	vault    *Vault
	record   *record.Session
	identity *identity.Key
}

// builder gives libsignal's session builder and cipher over the operation.
func (o *operation) cipher() (*signal.Builder, *signal.Cipher) {
	addr := protocol.NewSignalAddress("peer", 0) // one session only: the name means nothing
	b := signal.NewBuilderFromSignal(o, addr, serial)
	return b, signal.NewCipher(b, addr)
}

func (o *operation) GetIdentityKeyPair() *identity.KeyPair { return o.vault.own.identity }
func (o *operation) GetLocalRegistrationID() uint32        { return o.vault.own.registration }

func (o *operation) SaveIdentity(_ context.Context, _ *protocol.SignalAddress, k *identity.Key) error {
	o.identity = k
	return nil
}

// IsTrustedIdentity trusts any: a changed identity is accepted and reported.
func (o *operation) IsTrustedIdentity(context.Context, *protocol.SignalAddress, *identity.Key) (bool, error) {
	return true, nil
}

func (o *operation) LoadPreKey(ctx context.Context, id uint32) (*record.PreKey, error) {
	return o.vault.loadPreKey(ctx, id)
}

func (o *operation) LoadSignedPreKey(_ context.Context, id uint32) (*record.SignedPreKey, error) {
	own := o.vault.own
	if id != own.signedID {
		return nil, signalerror.ErrNoSignedPreKey
	}
	return record.NewSignedPreKey(id, 0, own.signed, own.signature, serial.SignedPreKeyRecord), nil
}

func (o *operation) LoadSession(context.Context, *protocol.SignalAddress) (*record.Session, error) {
	return o.record, nil
}

func (o *operation) StoreSession(_ context.Context, _ *protocol.SignalAddress, r *record.Session) error {
	o.record = r
	return nil
}

func (o *operation) ContainsSession(context.Context, *protocol.SignalAddress) (bool, error) {
	return true, nil
}

// The rest of the interface is not reached by what this package calls.

func (o *operation) StorePreKey(context.Context, uint32, *record.PreKey) error { return errUnused }
func (o *operation) ContainsPreKey(context.Context, uint32) (bool, error)      { return false, errUnused }
func (o *operation) RemovePreKey(context.Context, uint32) error                { return errUnused }
func (o *operation) GetSubDeviceSessions(context.Context, string) ([]uint32, error) {
	return nil, errUnused
}
func (o *operation) DeleteSession(context.Context, *protocol.SignalAddress) error { return errUnused }
func (o *operation) DeleteAllSessions(context.Context) error                      { return errUnused }
func (o *operation) LoadSignedPreKeys(context.Context) ([]*record.SignedPreKey, error) {
	return nil, errUnused
}
func (o *operation) StoreSignedPreKey(context.Context, uint32, *record.SignedPreKey) error {
	return errUnused
}
func (o *operation) ContainsSignedPreKey(context.Context, uint32) (bool, error) {
	return false, errUnused
}
func (o *operation) RemoveSignedPreKey(context.Context, uint32) error { return errUnused }
func (o *operation) StoreSenderKey(context.Context, *protocol.SenderKeyName, *group.SenderKey) error {
	return errUnused
}
func (o *operation) LoadSenderKey(context.Context, *protocol.SenderKeyName) (*group.SenderKey, error) {
	return nil, errUnused
}
