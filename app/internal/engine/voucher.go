package engine

import (
	"ferry/app/internal/seal"
	"ferry/relay/wire"
)

// voucherOf looks at the first message of a WhatsApp user's companion device:
// the account must have vouched for the device, whose number says nothing by
// itself. It gives the account's key, nil where nothing is vouched for: phones
// are their accounts, and third-party users have no such thing. False: the
// message is not taken.
func (e *Engine) voucherOf(a *arrival, enc wire.Node) (account *[32]byte, fine bool) {
	companion := a.from.Device != 0 && (a.from.Server == wire.ServerLID || a.from.Server == wire.ServerUser)
	if !companion || enc.Attr("type") != string(seal.FirstKind) {
		return nil, true
	}
	key, err := seal.FirstIdentity(enc.Data)
	if err != nil {
		return nil, true // it does not decrypt either
	}
	voucher, _ := a.node.Child("device-identity")
	by, err := seal.CheckIdentity(voucher.Data, key)
	if err == nil && a.own && by != e.account() {
		err = seal.ErrVouch
	}
	if err != nil {
		e.log.Warn("a device is not vouched for by its account", "err", err)
		return nil, false
	}
	return &by, true
}

// account is the key of this WhatsApp user's account.
func (e *Engine) account() (key [32]byte) {
	public, err := e.vault.Public()
	if err != nil {
		return key
	}
	key, _ = seal.CheckIdentity(e.vouch, public.Identity)
	return key
}

// accountSeen notes the account's key, which is that of its phone. Another one
// than before is a new key of the person.
func (e *Engine) accountSeen(t *turn, a *arrival, account *[32]byte) error {
	if account == nil || a.own {
		return nil
	}
	phone := a.from.Bare()
	changed, err := e.vault.Meet(e.ctx, addressOf(phone), *account)
	if err != nil {
		return err
	}
	return e.keySeen(t, phone, changed)
}
