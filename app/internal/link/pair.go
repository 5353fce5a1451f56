package link

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"ferry/relay/wire"
)

// Offer is what a phone has made for a companion that it is shown.
type Offer struct {
	Container []byte   // what vouches for the companion, signed
	Device    wire.JID // by phone number
	LID       wire.JID // the same device by hidden id; the zero JID if it was not told
}

// PairConfig is what pairing a companion device needs. All but Now, Rand and
// Limits must be set.
type PairConfig struct {
	Dial    func(context.Context) (wire.Pipe, error) // opens the chat socket
	Static  wire.PrivateKey
	Root    wire.RootKey
	Payload *wire.ClientPayload // with Pairing
	// Scan shows a phone what is behind a QR code, of which ref is the first
	// part. It may return when the phone has done its part, or at once.
	Scan func(ctx context.Context, ref string) error
	// Accept checks the offer and keeps what comes of it, durably: after its
	// return the gateway is answered, and the device may exist. On its error the
	// pairing is refused with text.
	Accept func(ctx context.Context, o Offer) (answer []byte, keyIndex uint32, err error)

	Now    func() time.Time
	Rand   io.Reader
	Limits wire.Limits
}

// ErrPairing: the gateway ended the pairing, or said something odd.
var ErrPairing = errors.New("link: pairing failed")

// Bounds of pairing.
const (
	pairTime   = time.Minute      // for all of it
	pairedTime = 20 * time.Second // from the answer until the gateway says that it is done
)

// Refusals of an offer, as WhatsApp's clients word them (whatsmeow pair.go).
const (
	RefuseMAC       = "hmac-mismatch"
	RefuseSignature = "signature-mismatch"
)

// RefusedError is an offer that Accept has not taken. Text is what the gateway
// is told.
type RefusedError struct {
	Text string
	Err  error
}

func (e *RefusedError) Error() string { return "offer refused: " + e.Text }
func (e *RefusedError) Unwrap() error { return e.Err }

// Pair makes this client a companion device of a WhatsApp account, over a
// connection of its own. Once Accept has returned, only a login tells whether
// the gateway has taken the device: Pair then returns nil, whatever became of
// the connection.
func Pair(ctx context.Context, cfg PairConfig) error {
	ctx, cancel := context.WithTimeout(ctx, pairTime)
	defer cancel()
	pipe, err := supervised(ctx, dialTimeout, cfg.Dial, func(p wire.Pipe) { p.Close("late") })
	if err != nil {
		return at(atDial, err)
	}
	ch, err := supervised(ctx, wire.HandshakeTimeout, func(ctx context.Context) (*wire.Channel, error) {
		return wire.Dial(ctx, pipe, wire.ClientConfig{
			Static: cfg.Static, Root: cfg.Root, Now: cfg.Now, Rand: cfg.Rand, Payload: cfg.Payload, Limits: cfg.Limits})
	}, func(ch *wire.Channel) { ch.Close("late") })
	if err != nil {
		go pipe.Close("handshake_failed")
		return at(atHandshake, err)
	}
	defer shut(ch)
	p := &pairing{cfg: cfg, ch: ch, in: make(chan wire.Node), ended: make(chan error, 1), scanned: make(chan error, 1)}
	go p.read(ctx)
	return p.run(ctx)
}

// pairing is one attempt.
type pairing struct {
	cfg     PairConfig
	ch      *wire.Channel
	in      chan wire.Node
	ended   chan error // why the reader stopped
	scanned chan error // what the phone said
	shown   bool
	done    bool // answered: a login tells the rest
}

func (p *pairing) read(ctx context.Context) {
	for {
		n, err := p.ch.ReadNode(ctx)
		if errors.Is(err, wire.ErrStanza) {
			continue
		}
		if err != nil {
			p.ended <- err
			return
		}
		select {
		case p.in <- n:
		case <-ctx.Done():
			return
		}
	}
}

func (p *pairing) run(ctx context.Context) error {
	late := time.NewTimer(pairTime)
	defer late.Stop()
	for {
		var err error
		select {
		case n := <-p.in:
			if err = ending(n); err == nil {
				err = p.take(ctx, n)
			}
			if p.done {
				late.Reset(pairedTime)
			}
		case err = <-p.scanned:
			if p.done {
				err = nil // it was told of what happened after the answer
			}
		case err = <-p.ended:
		case <-late.C:
			err = context.DeadlineExceeded
		case <-ctx.Done():
			err = context.Cause(ctx)
		}
		switch {
		case err != nil && p.done:
			return nil
		case err != nil:
			return err
		}
	}
}

// take handles a stanza of the gateway.
func (p *pairing) take(ctx context.Context, n wire.Node) error {
	kind := n.Attr("type")
	if n.Tag != "iq" || kind != "get" && kind != "set" {
		return nil
	}
	if x, ok := n.Child("pair-device"); ok && !p.shown {
		ref, ok := x.Child("ref")
		if !ok || ref.Text() == "" {
			return fmt.Errorf("%w: no ref", ErrPairing)
		}
		p.shown = true
		if err := p.answer(ctx, n, "result"); err != nil {
			return err
		}
		go func() { p.scanned <- p.cfg.Scan(ctx, ref.Text()) }()
		return nil
	}
	if x, ok := n.Child("pair-success"); ok && p.shown && !p.done {
		return p.offered(ctx, n, x)
	}
	return p.answer(ctx, n, "result")
}

// offered has the offer accepted, and tells the gateway.
func (p *pairing) offered(ctx context.Context, n, x wire.Node) error {
	identity, _ := x.Child("device-identity")
	device, _ := x.Child("device")
	o := Offer{Container: identity.Data}
	var ok bool
	if o.Device, ok = device.JID("jid"); !ok || o.Device.Server != wire.ServerUser || o.Device.Device == 0 {
		return fmt.Errorf("%w: no device", ErrPairing)
	}
	if lid, ok := device.JID("lid"); ok && lid.Server == wire.ServerLID {
		o.LID = lid
	}
	signed, index, err := p.cfg.Accept(ctx, o)
	var refused *RefusedError
	if errors.As(err, &refused) {
		told := p.answer(ctx, n, "error", wire.N("error", []wire.Attr{wire.A("code", "401"), wire.A("text", refused.Text)}))
		return errors.Join(err, told)
	}
	if err != nil {
		return err
	}
	p.done = true
	return p.answer(ctx, n, "result", wire.N("pair-device-sign", nil,
		wire.Bytes("device-identity", []wire.Attr{wire.A("key-index", strconv.FormatUint(uint64(index), 10))}, signed)))
}

func (p *pairing) answer(ctx context.Context, n wire.Node, kind string, children ...wire.Node) error {
	return p.ch.WriteNode(ctx, wire.N("iq", []wire.Attr{
		wire.J("to", wire.JID{Server: wire.ServerUser}), wire.A("type", kind), wire.A("id", n.Attr("id"))}, children...))
}
