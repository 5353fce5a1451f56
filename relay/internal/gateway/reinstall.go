package gateway

import (
	"context"

	"ferry/relay/internal/gateway/adv"
	"ferry/relay/internal/gateway/directory"
	"ferry/relay/wire"
)

// Reinstall is a phone that was set up anew under its number: the account has
// other keys, its companions are logged out and must be linked again, contacts
// are told. directory.ErrNotFound if there is no such phone.
func (g *Gateway) Reinstall(ctx context.Context, account wire.JID, keys directory.Keys, key adv.AccountKey) error {
	before, after, err := g.dir.Reinstall(ctx, account, keys, key.Bytes())
	if err != nil {
		return err
	}
	for _, d := range before.Devices {
		if d.Number == 0 {
			continue
		}
		dev := after.ID.WithDevice(d.Number)
		if err := g.gone(ctx, dev); err != nil {
			return err
		}
		if err := g.announce(ctx, dev, false); err != nil {
			return err
		}
	}
	return g.announceIdentity(ctx, after.ID)
}

// SpoilKeys makes the signatures of an account's signed prekeys wrong, or right
// again: whoever begins a conversation gets keys that must be refused. A client
// that uploads its keys anew repairs them by that.
func (g *Gateway) SpoilKeys(ctx context.Context, account wire.JID, spoilt bool) error {
	a, err := g.dir.Account(ctx, account)
	if err != nil {
		return err
	}
	for _, d := range a.Devices {
		if d.Keys == nil {
			continue
		}
		s := d.Keys.Signed
		right := wire.VerifySignature(d.Keys.Identity, append([]byte{keyType}, s.Key[:]...), s.Signature)
		if right != spoilt {
			continue
		}
		s.Signature[0] ^= 1
		if err := g.dir.SetSignedPreKey(ctx, a.ID.WithDevice(d.Number), s); err != nil {
			return err
		}
	}
	return nil
}
