package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"ferry/relay/internal/gateway/directory"
	"ferry/relay/internal/gateway/enlist"
	"ferry/relay/internal/gateway/fault"
	"ferry/relay/internal/gateway/trace"
	"ferry/relay/wire"
)

// refusal is a login that failed: what the client is told instead of success.
type refusal struct {
	reason wire.FailureReason
	code   string
}

func (r *refusal) Error() string { return "login refused: " + r.code }

// refuse answers a failed login and closes.
func (g *Gateway) refuse(ctx context.Context, ch *wire.Channel, err error) {
	var r *refusal
	if !errors.As(err, &r) {
		g.log.Error("login failed", "error", err)
		r = &refusal{wire.FailUnavailable, "unavailable"}
	} else {
		g.log.Info("login refused", "code", r.code)
	}
	failure := wire.Failure(r.reason, r.code)
	if g.lab != nil {
		g.lab.log.Add(trace.Entry{Time: g.now().UTC(), Direction: fault.Out, Who: "a login"}, failure)
	}
	if err := ch.WriteNode(ctx, failure); err == nil {
		pause(ctx, g.limits.Grace)
	}
	_ = ch.Close(r.code)
}

var (
	refuseUnknown  = &refusal{wire.FailLoggedOut, "unknown_device"}
	refuseProvider = &refusal{wire.FailTokenInvalid, string(enlist.Suspended)}
	refuseProduct  = &refusal{wire.FailClientOutdated, "unsupported_product"}
)

// login finds out who the client is. What the payload claims counts only
// together with the Noise key that the handshake has proven: it was pinned when
// the device was paired or enlisted.
func (g *Gateway) login(ctx context.Context, ch *wire.Channel, noise wire.PublicKey, p *wire.ClientPayload) (*conn, error) {
	dev, err := g.claimed(ctx, noise, p)
	if err != nil {
		return nil, err
	}
	c := newConn(g, ch, dev)
	// Subscribed before the device is looked up, so that its removal is seen
	// either there or here.
	if err := c.subscribe(); err != nil {
		return nil, err
	}
	account, device, err := g.dir.Device(ctx, dev)
	if errors.Is(err, directory.ErrNotFound) || err == nil && (!device.HasClient() || device.Noise != noise) {
		err = refuseUnknown
	}
	if err == nil && account.Kind == directory.ThirdParty && g.down(account.Integrator) {
		err = refuseProvider
	}
	if err == nil && account.Kind == directory.WhatsApp {
		err = g.tellProviders(ctx, &account)
	}
	if err == nil {
		err = g.claimLive(ctx, c)
	}
	if err != nil {
		c.unsubscribe()
		return nil, err
	}
	c.kind, c.integrator = account.Kind, account.Integrator
	c.account.Store(&account)
	return c, nil
}

// claimed is the device that a payload names, in canonical form.
func (g *Gateway) claimed(ctx context.Context, noise wire.PublicKey, p *wire.ClientPayload) (wire.JID, error) {
	if p.Device > 255 {
		return wire.JID{}, refuseUnknown
	}
	switch {
	case p.Product == wire.ProductInterop && p.Interop != nil:
		return g.claimedThirdParty(ctx, noise, p)
	case p.Product == wire.ProductWhatsApp:
		pn := wire.JID{User: strconv.FormatUint(p.Username, 10), Server: wire.ServerUser, Device: uint16(p.Device)}
		dev, err := g.dir.Canonical(ctx, pn)
		if errors.Is(err, directory.ErrNotFound) {
			return wire.JID{}, refuseUnknown
		}
		return dev, err
	}
	return wire.JID{}, refuseProduct
}

func (g *Gateway) claimedThirdParty(ctx context.Context, noise wire.PublicKey, p *wire.ClientPayload) (wire.JID, error) {
	account, device, err := g.admission.Login(ctx, p.Interop.AccountID, uint16(p.Device), p.Interop.Token, noise)
	if err == nil {
		err = g.lab.refusal(account.ID)
	}
	if code := enlist.CodeOf(err); err != nil && code != enlist.Internal {
		reason, text, _ := wire.ParseFailure(enlist.Failure(err))
		g.log.Info("third-party login refused", "error", err)
		return wire.JID{}, &refusal{reason, text}
	}
	return account.ID.WithDevice(device.Number), err
}

// order is what goes to the connections of one device, on all nodes.
type order struct {
	Login    uint64 `json:"login,omitempty"`    // a login: older ones end
	Removed  bool   `json:"removed,omitempty"`  // the device is gone
	Presence bool   `json:"presence,omitempty"` // say again whether you are available
	Privacy  bool   `json:"privacy,omitempty"`  // the account's privacy settings have changed
	Watches  bool   `json:"watches,omitempty"`  // whom the device may know about may have changed
	Stanza   []byte `json:"stanza,omitempty"`   // ephemeral, to be written as it is
}

// subject is where the connections of a device listen.
func subject(dev wire.JID) string {
	if dev.Server == wire.ServerInterop {
		return fmt.Sprintf("gw.dev.i.%d.%s.%d", dev.Integrator, dev.User, dev.Device)
	}
	return fmt.Sprintf("gw.dev.l.%s.%d", dev.User, dev.Device)
}

func (g *Gateway) order(dev wire.JID, o order) error {
	raw, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("order: %w", err)
	}
	return g.cfg.Bus.Publish(subject(dev), raw)
}

// claimLive makes this the device's one connection. Revisions of the bucket only
// grow, so of two logins at once both nodes agree which is the newer.
func (g *Gateway) claimLive(ctx context.Context, c *conn) error {
	rev, err := g.live.Put(ctx, subject(c.dev), []byte(c.name))
	if err != nil {
		return fmt.Errorf("claim the device: %w", err)
	}
	c.login.Store(rev)
	return g.order(c.dev, order{Login: rev})
}
