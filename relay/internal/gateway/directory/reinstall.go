package directory

import (
	"context"
	"errors"

	"ferry/relay/wire"
)

// Reinstall gives a WhatsApp account a new phone under the old number: other keys
// of device 0, another private side, and no companions. It returns the account as
// it was and as it is. Only for a sandbox.
func (d *Directory) Reinstall(ctx context.Context, id wire.JID, k Keys, secret []byte) (before, after Account, err error) {
	after, err = d.change(ctx, id, func(r *record) error {
		if r.Kind != WhatsApp || len(r.Devices) == 0 {
			return ErrNotFound
		}
		var err error
		if before, err = r.account(); err != nil {
			return err
		}
		if r.RawID, err = d.random32(); err != nil {
			return err
		}
		r.Devices = r.Devices[:1]
		r.Devices[0].setKeys(k)
		r.Secret, r.KeyList, r.KeyListTime = secret, nil, 0
		return nil
	})
	if err != nil {
		return Account{}, Account{}, err
	}
	for _, x := range before.Devices {
		err = errors.Join(err, d.dropPreKeys(ctx, id.WithDevice(x.Number)))
	}
	return before, after, err
}
