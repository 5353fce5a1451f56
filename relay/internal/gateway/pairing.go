package gateway

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"

	"ferry/relay/internal/gateway/adv"
	"ferry/relay/internal/gateway/directory"
	"ferry/relay/internal/gateway/sandbox"
	"ferry/relay/wire"
)

// refCount is how many QR codes a connection may show, one after the other.
// whatsmeow shows the first one longer only if there are exactly six.
const refCount = 6

// Ids of the two queries on a pairing connection.
const (
	idRefs    = "pair-1"
	idSuccess = "pair-2"
)

// pairings are the connections that show QR codes on this node.
type pairings struct {
	mu    sync.Mutex
	byRef map[string]*pairConn
}

// pairConn is a client that wants to become a companion.
type pairConn struct {
	gw     *Gateway
	ch     *wire.Channel
	noise  wire.PublicKey
	data   *wire.PairingData
	refs   []string
	ctx    context.Context // ends when the connection does
	cancel context.CancelFunc
	answer chan wire.Node // the client's answer to pair-success
	once   sync.Mutex     // held by the phone that is pairing it
	paired bool           // guarded by once: one accepted scan burns all refs
}

// pair serves a client that asks to be paired, until a phone has scanned its QR
// code or either side gives up.
func (g *Gateway) pair(ctx context.Context, ch *wire.Channel, noise wire.PublicKey, payload *wire.ClientPayload) {
	if !payload.Pairing.VerifySignedPreKey() {
		g.refuse(ctx, ch, &refusal{wire.FailGeneric, "bad_signed_prekey"})
		return
	}
	p := &pairConn{gw: g, ch: ch, noise: noise, data: payload.Pairing, answer: make(chan wire.Node, 1)}
	p.ctx, p.cancel = context.WithTimeout(ctx, g.limits.Pairing)
	defer p.cancel()
	defer context.AfterFunc(g.ctx, p.cancel)()
	if err := p.show(); err != nil {
		g.log.Debug("pairing failed", "error", err)
		return
	}
	defer g.pairings.forget(p)
	err := p.read()
	p.cancel()
	p.once.Lock() // a phone that is pairing it says its last word first
	defer p.once.Unlock()
	_ = ch.Close("pairing_ended")
	g.log.Info("pairing connection ended", "paired", p.paired, "cause", err)
}

// show sends the refs for the client's QR codes. All of them stay valid until
// the connection ends, since clients' clocks differ.
func (p *pairConn) show() error {
	device := wire.N("pair-device", nil)
	for range refCount {
		var b [96]byte
		if _, err := io.ReadFull(p.gw.cfg.Rand, b[:]); err != nil {
			return fmt.Errorf("refs: %w", err)
		}
		ref := "2@" + base64.StdEncoding.EncodeToString(b[:])
		p.refs = append(p.refs, ref)
		device.Children = append(device.Children, wire.Bytes("ref", nil, []byte(ref)))
	}
	p.gw.pairings.add(p)
	err := p.ch.WriteNode(p.ctx, wire.N("iq", []wire.Attr{
		wire.J("from", server), wire.A("type", "set"), wire.A("id", idRefs), wire.A("xmlns", "md"),
	}, device))
	if err != nil {
		p.gw.pairings.forget(p)
	}
	return err
}

// read takes what the client sends: keepalives, and its answer to pair-success.
func (p *pairConn) read() error {
	for {
		n, err := p.ch.ReadNode(p.ctx)
		if errors.Is(err, wire.ErrStanza) {
			return endMalformed
		}
		if err != nil {
			return err
		}
		kind := n.Attr("type")
		switch {
		case n.Tag == "iq" && (kind == "get" || kind == "set"):
			if err := p.ch.WriteNode(p.ctx, resultIQ(n, nil)); err != nil {
				return err
			}
		case n.Tag == "iq" && n.Attr("id") == idSuccess:
			select {
			case p.answer <- n:
			default: // only the first counts
			}
		}
	}
}

func (x *pairings) add(p *pairConn) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, ref := range p.refs {
		x.byRef[ref] = p
	}
}

func (x *pairings) forget(p *pairConn) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, ref := range p.refs {
		delete(x.byRef, ref)
	}
}

func (x *pairings) endAll() {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, p := range x.byRef {
		p.cancel()
	}
}

// find is the connection that shows a QR text. A text with a ref of one
// connection and keys of another is nobody's.
func (x *pairings) find(q adv.QR) *pairConn {
	x.mu.Lock()
	defer x.mu.Unlock()
	p := x.byRef[q.Ref]
	if p == nil || p.noise != q.Noise || p.data.Identity != q.Identity {
		return nil
	}
	return p
}

// Scan is a phone scanning a companion's QR text: it vouches for the companion
// with the account key and returns when the companion is linked. The client must
// be connected to this node. sandbox.ErrUnknownQR, ErrRefused and ErrTimeout and
// directory.ErrTooMany are told apart. A scan that fails before the client was
// asked costs it nothing.
func (g *Gateway) Scan(ctx context.Context, account wire.JID, key adv.AccountKey, q adv.QR) (wire.JID, error) {
	p := g.pairings.find(q)
	if p == nil {
		return wire.JID{}, sandbox.ErrUnknownQR
	}
	p.once.Lock()
	defer p.once.Unlock()
	if p.paired || p.ctx.Err() != nil {
		return wire.JID{}, sandbox.ErrUnknownQR
	}
	// From here on the phone has decided; that its request is cancelled changes nothing.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), g.limits.Handle+g.limits.PairSign)
	defer cancel()
	number, index, err := g.dir.ReserveCompanion(ctx, account)
	if err != nil {
		return wire.JID{}, err
	}
	a, err := g.dir.Account(ctx, account)
	if err != nil {
		return wire.JID{}, err
	}
	g.pairings.forget(p)
	p.paired = true
	defer p.cancel()
	dev := a.ID.WithDevice(number)
	vouched := adv.Vouch(key, adv.Details{RawID: a.RawID, Time: g.now(), KeyIndex: index}, p.data.Identity, q.Secret)
	if err := p.offer(&a, dev, vouched); err != nil {
		return wire.JID{}, fmt.Errorf("%w: %w", sandbox.ErrRefused, err)
	}
	identity, err := p.signed(ctx, vouched)
	if err != nil {
		return wire.JID{}, err
	}
	return dev, p.register(ctx, key, &a, dev, index, identity)
}

// offer sends pair-success with what the phone has signed.
func (p *pairConn) offer(a *directory.Account, dev wire.JID, vouched *adv.Pairing) error {
	return p.ch.WriteNode(p.ctx, wire.N("iq", []wire.Attr{
		wire.J("from", server), wire.A("type", "set"), wire.A("id", idSuccess),
		wire.A("xmlns", "md"), wire.A("t", unix(p.gw.now())),
	}, wire.N("pair-success", nil,
		wire.Bytes("device-identity", nil, vouched.Container),
		wire.N("device", []wire.Attr{wire.J("jid", a.PN().WithDevice(dev.Device)), wire.J("lid", dev)}),
		wire.N("platform", []wire.Attr{wire.A("name", "android")}),
	)))
}

// signed waits for the client to sign back, and returns its complete identity.
// Some clients refuse by closing the socket.
func (p *pairConn) signed(ctx context.Context, vouched *adv.Pairing) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, p.gw.limits.PairSign)
	defer cancel()
	var n wire.Node
	select {
	case n = <-p.answer:
	case <-p.ctx.Done():
		return nil, sandbox.ErrRefused
	case <-ctx.Done():
		return nil, sandbox.ErrTimeout
	}
	identity, ok := n.Path("pair-device-sign", "device-identity")
	index, err := strconv.ParseUint(identity.Attr("key-index"), 10, 32)
	if !ok || err != nil || n.Attr("type") != "result" {
		return nil, sandbox.ErrRefused
	}
	full, err := vouched.Check(uint32(index), identity.Data)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", sandbox.ErrRefused, err)
	}
	return full, nil
}

// register makes the companion a device and sends it off to log in. The client
// deletes nothing on its side if this fails, but its next login does not succeed.
func (p *pairConn) register(ctx context.Context, key adv.AccountKey, a *directory.Account, dev wire.JID, index uint32, identity []byte) error {
	g, d := p.gw, p.data
	_, err := g.dir.AddCompanion(ctx, dev, index, directory.Companion{
		Noise: p.noise, Platform: "companion",
		Keys: directory.Keys{
			Registration: d.RegistrationID, Identity: d.Identity,
			Signed: directory.SignedPreKey{ID: d.SignedPreKeyID, Key: d.SignedPreKey, Signature: d.SignedPreKeySignature},
		},
	}, identity, g.signKeyList(key, a, index))
	if err != nil {
		return err
	}
	if err := g.announce(ctx, dev, true); err != nil {
		return err
	}
	g.log.Info("companion paired")
	// Without the 515 clients stay offline for ever, and they lose it if the
	// socket closes right behind it.
	if err := p.ch.WriteNode(p.ctx, wire.StreamError("515", "")); err != nil {
		g.log.Info("companion went away while pairing", "error", err)
		return nil
	}
	pause(p.ctx, g.limits.Grace)
	return nil
}

// randomID is a fresh stanza id.
func randomID() string { return rand.Text()[:16] }
