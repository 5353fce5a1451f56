package directory

import (
	"context"

	"ferry/relay/wire"
)

// Companion is a device that a phone has linked by scanning its QR text.
type Companion struct {
	Noise    wire.PublicKey
	Keys     Keys
	Platform string
}

// ReserveCompanion takes the next device number and key index of an account
// for a pairing that is under way. They are spent even if the pairing fails.
func (d *Directory) ReserveCompanion(ctx context.Context, id wire.JID) (number uint16, keyIndex uint32, err error) {
	_, err = d.change(ctx, id, func(r *record) error {
		if r.Kind != WhatsApp {
			return ErrNotFound
		}
		if len(r.Devices) >= MaxDevices || r.NextDevice > maxDeviceNumber {
			return ErrTooMany
		}
		number, keyIndex = r.NextDevice, r.NextKeyIndex
		r.NextDevice++
		r.NextKeyIndex++
		return nil
	})
	return number, keyIndex, err
}

// AddCompanion registers a companion under a reserved number, with the identity
// it has signed (ADV) and the account's key index list that now names it.
func (d *Directory) AddCompanion(ctx context.Context, dev wire.JID, keyIndex uint32, c Companion, adv []byte, list KeyList) (Account, error) {
	return d.change(ctx, dev, func(r *record) error {
		if r.Kind != WhatsApp || dev.Device >= r.NextDevice || r.find(dev.Device) >= 0 {
			return ErrNotFound
		}
		if len(r.Devices) >= MaxDevices {
			return ErrTooMany
		}
		x := deviceRecord{
			Number: dev.Device, KeyIndex: keyIndex, Noise: c.Noise.Bytes(), ADV: adv,
			Platform: c.Platform, Added: d.opt.Now().Unix(),
		}
		x.setKeys(c.Keys)
		r.Devices = append(r.Devices, x)
		r.setKeyList(list)
		return nil
	})
}

// SetKeyList replaces the account's signed key index list.
func (d *Directory) SetKeyList(ctx context.Context, id wire.JID, list KeyList) (Account, error) {
	return d.change(ctx, id, func(r *record) error {
		r.setKeyList(list)
		return nil
	})
}

func (r *record) setKeyList(list KeyList) {
	r.KeyListTime, r.KeyList = list.Time.Unix(), list.Signed
}

// RemoveDevice removes one device with its keys and returns the account as it
// is now. ErrNotFound if there is none.
func (d *Directory) RemoveDevice(ctx context.Context, dev wire.JID) (Account, error) {
	a, err := d.change(ctx, dev, func(r *record) error {
		if !r.remove(dev.Device) {
			return ErrNotFound
		}
		return nil
	})
	if err != nil {
		return Account{}, err
	}
	return a, d.dropPreKeys(ctx, dev)
}

// Device looks a device up by its JID in any form.
func (d *Directory) Device(ctx context.Context, dev wire.JID) (Account, Device, error) {
	a, err := d.Resolve(ctx, dev)
	if err != nil {
		return Account{}, Device{}, err
	}
	x, ok := a.Device(dev.Device)
	if !ok {
		return Account{}, Device{}, ErrNotFound
	}
	return a, x, nil
}

// SetKeys sets the long-lived public keys of a device, whose JID is canonical.
// changed says that it had another identity before: then its unspent one-time
// prekeys, made by the old installation, are dropped.
func (d *Directory) SetKeys(ctx context.Context, dev wire.JID, k Keys) (changed bool, err error) {
	_, err = d.changeDevice(ctx, dev, func(x *deviceRecord) error {
		changed = len(x.Identity) > 0 && [32]byte(x.Identity) != k.Identity
		x.setKeys(k)
		return nil
	})
	if err != nil || !changed {
		return false, err
	}
	return true, d.dropPreKeys(ctx, dev)
}

// SetSignedPreKey rotates the signed prekey of a device that has keys.
func (d *Directory) SetSignedPreKey(ctx context.Context, dev wire.JID, s SignedPreKey) error {
	_, err := d.changeDevice(ctx, dev, func(x *deviceRecord) error {
		if len(x.Identity) == 0 {
			return ErrNotFound
		}
		x.setSigned(s)
		return nil
	})
	return err
}
