package engine

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"ferry/app/internal/link"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/seal"
	"ferry/app/internal/store"
	"ferry/relay/wire"
)

// Pairer is the phone of a WhatsApp user, on a sandbox gateway.
type Pairer interface {
	// Root is the key that the gateway's certificates are signed with.
	Root(ctx context.Context) (wire.RootKey, error)
	// Scan shows the phone the text of this device's QR code. It may return as
	// soon as the phone has read it. Refusals are *link.APIError.
	Scan(ctx context.Context, phone, qr string) error
}

// vouchKey is where what the phone has vouched for is kept (store.Identity).
const vouchKey = "device-identity"

// unprovenFor is how long after pairing a gateway that knows nothing of this
// device is asked again: it may still be taking it in.
const unprovenFor = 30 * time.Second

// pairUp makes this a device of the user's WhatsApp account. Its keys are
// durable before anybody hears of them, and what the phone vouches for before it
// is answered: from then on only a login tells whether the gateway has this
// device. If it has not, the device is forgotten, and pairing begins anew.
func (e *Engine) pairUp(t *turn, r *request) error {
	switch {
	case e.self.Connected:
		if e.wire.link == nil && !e.pairing {
			t.then(e.startLink)
		}
		t.ok(r, e.selfView())
		return nil
	case e.pairing:
		t.refuse(r, "pairing", "the phone is being asked already")
		return nil
	}
	if err := e.makeKeys(t); err != nil {
		return err
	}
	public, err := e.vault.Public()
	if err != nil {
		return err
	}
	e.pairing = true
	e.wire.show = model.Link{Phase: model.LinkConnecting}
	ctx, noise := e.ctx, e.noise
	t.then(func() {
		e.pairRuns = true
		e.background.Go(func() { // ends with the pairing, or with the engine
			err := e.pair(ctx, noise, public)
			e.post(func(t *turn) error { return e.paired(t, r, err) })
		})
	})
	return nil
}

// pair shows the phone a code and takes its offer. Not on the engine's goroutine.
func (e *Engine) pair(ctx context.Context, noise wire.PrivateKey, public seal.PublicKeys) error {
	root, err := e.cfg.Pairer.Root(ctx)
	if err != nil {
		return err
	}
	var secret seal.CompanionSecret
	if _, err := io.ReadFull(e.cfg.Rand, secret[:]); err != nil {
		return fmt.Errorf("pair: %w", err)
	}
	payload := &wire.ClientPayload{
		UserAgent: agent(), WebInfo: true,
		Pairing: &wire.PairingData{
			RegistrationID: public.Registration, KeyType: seal.KeyType, Identity: public.Identity,
			SignedPreKeyID: public.Signed.ID, SignedPreKey: public.Signed.Public, SignedPreKeySignature: public.Signed.Signature,
		},
	}
	return link.Pair(ctx, link.PairConfig{
		Dial: e.cfg.Relay.DialTunnel, Static: noise, Root: root, Payload: payload,
		Now: e.cfg.Now, Rand: e.cfg.Rand,
		Scan: func(ctx context.Context, ref string) error {
			return e.cfg.Pairer.Scan(ctx, e.cfg.Phone, qrText(ref, noise.Public(), public.Identity, secret))
		},
		Accept: func(ctx context.Context, o link.Offer) ([]byte, uint32, error) {
			return e.accept(ctx, o, root, secret)
		},
	})
}

// accept has the engine check an offer and keep it, and waits for that.
func (e *Engine) accept(ctx context.Context, o link.Offer, root wire.RootKey, secret seal.CompanionSecret) ([]byte, uint32, error) {
	r := &request{reply: make(chan port.Reply, 1)}
	var c seal.Companion
	var refused error
	e.post(func(t *turn) error {
		t.requests = append(t.requests, r)
		if c, refused = e.vouched(t, o, root, secret); refused == nil {
			t.ok(r, nil)
		} else {
			t.refuse(r, "refused", "")
		}
		return nil
	})
	reply := e.await(ctx, r)
	switch {
	case reply.Code == "":
		return c.Answer, c.KeyIndex, nil
	case reply.Code == "refused":
		return nil, 0, refused
	}
	return nil, 0, &link.APIError{Code: reply.Code, Message: reply.Error}
}

// vouched takes an offer in.
func (e *Engine) vouched(t *turn, o link.Offer, root wire.RootKey, secret seal.CompanionSecret) (seal.Companion, error) {
	if !e.pairing || o.Device.User != digitsOf(e.cfg.Phone) || o.LID.User == "" || o.LID.Device != o.Device.Device {
		return seal.Companion{}, fmt.Errorf("%w: another account's device", link.ErrPairing)
	}
	c, err := e.vault.Vouched(o.Container, secret)
	switch {
	case errors.Is(err, seal.ErrVouchMAC):
		return c, &link.RefusedError{Text: link.RefuseMAC, Err: err}
	case err != nil:
		return c, &link.RefusedError{Text: link.RefuseSignature, Err: err}
	}
	e.self = selfRow{
		Connected: true, Device: o.LID.Device, Address: o.LID.Bare(), Root: root, Phone: o.Device.User, Unproven: e.cfg.Now().UTC(),
	}
	e.vouch = c.Identity
	if _, err := e.vault.Meet(e.ctx, addressOf(e.self.Address), c.Account); err != nil {
		return c, err
	}
	t.putJSON(store.Meta, selfKey, e.self)
	t.put(store.Identity, vouchKey, e.vouch)
	return c, nil
}

// paired takes in the end of pairing.
func (e *Engine) paired(t *turn, r *request, err error) error {
	e.pairing, e.pairRuns = false, false
	t.requests = append(t.requests, r)
	if err != nil {
		e.log.Info("pairing failed", "err", err)
		if e.self.Connected { // kept, but never answered: nobody has this device
			if err := e.forgetDevice(t, ""); err != nil {
				return err
			}
		}
		e.wire.show = model.Link{Phase: model.LinkOff}
		e.refuseRelay(t, r, err)
		return nil
	}
	t.emit("self", port.SelfChanged{Self: e.selfView()})
	t.then(e.startLink)
	t.ok(r, e.selfView())
	return nil
}

// proven notes that the gateway has this device.
func (e *Engine) proven(t *turn) {
	if !e.self.Unproven.IsZero() {
		e.self.Unproven = time.Time{}
		t.putJSON(store.Meta, selfKey, e.self)
	}
}

// unlinked takes in that the gateway knows this device no longer, or not yet.
func (e *Engine) unlinked(t *turn, d link.Down) error {
	if !e.self.Unproven.IsZero() && e.cfg.Now().Sub(e.self.Unproven) < unprovenFor {
		e.wire.show = model.Link{Phase: model.LinkWaiting, Down: d.Hop, Reason: d.Reason, RetryAt: e.cfg.Now().Add(e.cfg.Timing.Again)}
		run := e.wire.run
		e.later(e.cfg.Timing.Again, func(*turn) error {
			if e.wire.run == run && e.self.Connected {
				e.startLink()
			}
			return nil
		})
		return nil
	}
	e.log.Info("this device is not linked any more", "reason", d.Reason)
	return e.forgetDevice(t, d.Reason)
}

// unlinkedBy says whether an error means that the gateway does not have this
// device, as opposed to one that another connection has replaced.
func unlinkedBy(err error) bool {
	var failure *link.FailureError
	var stream *link.StreamError
	switch {
	case errors.As(err, &failure):
		return failure.Reason == wire.FailLoggedOut || failure.Reason == wire.FailLocked || failure.Reason == wire.FailNotFound
	case errors.As(err, &stream):
		return stream.Code == "401"
	}
	return false
}

// unpair takes this device off the account, at the gateway first.
func (e *Engine) unpair(t *turn, r *request) error {
	switch {
	case !e.self.Connected:
		t.ok(r, e.selfView())
		return nil
	case e.wire.link == nil: // given up already
		if err := e.forgetDevice(t, ""); err != nil {
			return err
		}
		t.ok(r, e.selfView())
		return nil
	}
	pn := wire.JID{User: e.self.Phone, Server: wire.ServerUser, Device: e.self.Device}
	body := wire.N("remove-companion-device", []wire.Attr{wire.J("jid", pn), wire.A("reason", "user_initiated")})
	return e.ask(t, "set", "md", []wire.Node{body}, func(t *turn, _ wire.Node, err error) error {
		t.requests = append(t.requests, r)
		if err != nil && e.self.Connected {
			t.refuse(r, queryCode(err), err.Error())
			return nil
		}
		if err := e.forgetDevice(t, ""); err != nil {
			return err
		}
		t.ok(r, e.selfView())
		return nil
	})
}

// forgetDevice leaves nothing of this device but its chats. A device that is
// paired later has other keys, and encrypts anew what waits to be sent.
func (e *Engine) forgetDevice(t *turn, why string) error {
	if !e.self.Connected {
		return nil
	}
	e.stopLink()
	e.presenceUnknown(t)
	e.forgetDevices(t, e.self.Address)
	if err := e.vault.DropKeys(e.ctx); err != nil {
		return err
	}
	e.self, e.vouch, e.noise = selfRow{}, nil, wire.PrivateKey{}
	t.putJSON(store.Meta, selfKey, e.self)
	t.delete(store.Identity, vouchKey)
	t.delete(store.Identity, noiseKey)
	e.out.unseal(t)
	if why != "" {
		e.wire.show = model.Link{Phase: model.LinkOff, Down: model.HopSession, Reason: why}
	}
	t.emit("self", port.SelfChanged{Self: e.selfView()})
	return orphan(t, e.query.takeAll())
}

// unseal forgets all ciphertexts: this device has lost the keys that they are
// made with. What was only owed to the gateway goes.
func (o *outbox) unseal(t *turn) {
	for _, item := range o.items {
		switch {
		case item.removed:
		case !item.isMessage() || item.Given != nil:
			o.remove(t, item)
		case item.sealed():
			item.Stanzas, item.acked, item.Tries = nil, nil, 0
			o.save(t, item)
		}
	}
}

// qrText is what a QR code says to the phone (whatsmeow pair.go, makeQRData).
func qrText(ref string, noise wire.PublicKey, identity [32]byte, secret seal.CompanionSecret) string {
	const otherClient = "9"
	return strings.Join([]string{ref, base64.StdEncoding.EncodeToString(noise.Bytes()), base64.StdEncoding.EncodeToString(identity[:]), base64.StdEncoding.EncodeToString(secret[:]), otherClient}, ",")
}
