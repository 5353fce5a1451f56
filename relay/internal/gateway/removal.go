package gateway

import (
	"context"
	"errors"
	"fmt"

	"ferry/relay/internal/gateway/adv"
	"ferry/relay/internal/gateway/directory"
	"ferry/relay/wire"
)

// Unlink removes a companion as its phone would: the client is logged out, the
// account's key index list is signed anew, contacts are told. directory.ErrNotFound
// if there is no such companion.
func (g *Gateway) Unlink(ctx context.Context, key adv.AccountKey, device wire.JID) error {
	dev, err := g.dir.Canonical(ctx, device)
	if err != nil {
		return err
	}
	if dev.Device == 0 {
		return directory.ErrNotFound
	}
	a, err := g.dir.RemoveDevice(ctx, dev)
	if err != nil {
		return err
	}
	if _, err := g.dir.SetKeyList(ctx, dev, g.signKeyList(key, &a, 0)); err != nil {
		return err
	}
	if err := g.gone(ctx, dev); err != nil {
		return err
	}
	return g.announce(ctx, dev, false)
}

// signKeyList names the account's devices, and one more that is about to be
// added unless it is 0.
func (g *Gateway) signKeyList(key adv.AccountKey, a *directory.Account, adding uint32) directory.KeyList {
	var valid []uint32
	current := adding
	for _, d := range a.Devices {
		valid = append(valid, d.KeyIndex)
		current = max(current, d.KeyIndex)
	}
	if adding != 0 {
		valid = append(valid, adding)
	}
	now := g.now()
	return directory.KeyList{Time: now, Signed: adv.KeyIndexList(key, a.RawID, now, current, valid)}
}

// gone ends the connections of a device that was removed and forgets its mail.
func (g *Gateway) gone(ctx context.Context, dev wire.JID) error {
	if err := g.order(dev, order{Removed: true}); err != nil {
		return err
	}
	return g.boxes.Drop(ctx, dev)
}

// DeletePhone removes a WhatsApp account; its clients are logged out.
// directory.ErrNotFound if there is none.
func (g *Gateway) DeletePhone(ctx context.Context, account wire.JID) error {
	a, err := g.dir.Account(ctx, account)
	if err != nil {
		return err
	}
	if a.Kind != directory.WhatsApp {
		return directory.ErrNotFound
	}
	if a, err = g.dir.DeletePhone(ctx, a.Phone); err != nil {
		return err
	}
	for _, d := range a.Devices {
		if err := g.gone(ctx, a.ID.WithDevice(d.Number)); err != nil {
			return err
		}
	}
	return errors.Join(g.forget(ctx, a.ID), g.erase(ctx, a.ID))
}

// Revoke ends an enlistment: of the device with that Noise key, or of the whole
// account if the key is zero. Its clients are logged out, contacts are told; of an
// account without devices nothing stays.
// directory.ErrNotFound if there is none.
func (g *Gateway) Revoke(ctx context.Context, integrator uint16, sub string, noise wire.PublicKey) error {
	a, devices, err := g.dir.Revoke(ctx, integrator, sub, noise)
	return errors.Join(err, g.removedDevices(ctx, a, devices))
}

// removed is told by the enlistment service. The devices are gone from the
// directory already, so that what fails here only leaves mail that nobody can
// fetch and contacts that learn of it later.
func (g *Gateway) removed(ctx context.Context, account directory.Account, gone []directory.Device) {
	if err := g.removedDevices(ctx, account, gone); err != nil {
		g.log.Error("removed devices not cleaned up", "error", err)
	}
}

func (g *Gateway) removedDevices(ctx context.Context, account directory.Account, gone []directory.Device) error {
	ctx = context.WithoutCancel(ctx) // whoever asked may not wait
	for _, d := range gone {
		dev := account.ID.WithDevice(d.Number)
		if err := g.gone(ctx, dev); err != nil {
			return err
		}
		err := g.tellContacts(ctx, &account, dev, func(bare wire.JID) wire.Node {
			return g.deviceChange(&account, bare, dev.Device, false)
		})
		if err != nil {
			return err
		}
	}
	if account.ID.IsZero() || len(account.Devices) > 0 {
		return nil
	}
	return g.left(ctx, &account)
}

// removeCompanion is a client logging itself out. It gets the result and the
// connection closes, without a stream error: clients that get one too delete
// their store twice.
func (c *conn) removeCompanion(ctx context.Context, n wire.Node) ([]wire.Node, error) {
	x, ok := n.Child("remove-companion-device")
	jid, named := x.JID("jid")
	if !ok || !named {
		return nil, errBadRequest
	}
	dev, err := c.gw.dir.Canonical(ctx, jid)
	if errors.Is(err, directory.ErrNotFound) || err == nil && dev != c.dev {
		return nil, errNotAllowed
	}
	if err != nil {
		return nil, err
	}
	if c.kind == directory.WhatsApp && dev.Device == 0 {
		return nil, errNotAllowed // a phone leaves by deleting the account
	}
	c.leaving.Store(true) // whatever comes of it ends the connection
	if err := c.removeSelf(ctx); err != nil {
		return nil, err
	}
	return nil, endLoggedOut
}

func (c *conn) removeSelf(ctx context.Context) error {
	g := c.gw
	if c.kind == directory.ThirdParty {
		a, gone, err := g.dir.RevokeDevices(ctx, c.dev.Bare(), func(d directory.Device) bool { return d.Number == c.dev.Device })
		if errors.Is(err, directory.ErrNotFound) {
			return nil
		}
		return errors.Join(err, g.removedDevices(ctx, a, gone))
	}
	a, err := g.dir.RemoveDevice(ctx, c.dev)
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		return err
	}
	if secret, err := g.dir.PhoneSecret(ctx, c.dev); err == nil {
		key, err := adv.ParseAccountKey(secret)
		if err != nil {
			return fmt.Errorf("account key: %w", err)
		}
		if _, err := g.dir.SetKeyList(ctx, c.dev, g.signKeyList(key, &a, 0)); err != nil {
			return err
		}
	}
	if err := g.boxes.Drop(ctx, c.dev); err != nil {
		return err
	}
	return g.announce(ctx, c.dev, false)
}
