package link

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"ferry/relay/wire"
)

// pairs begins to pair with a gateway, and gives what becomes of it.
type pairs struct {
	*visitor
	t       *testing.T
	shown   chan string // refs that the phone was shown
	offers  []Offer
	scanErr error
	refuse  error
	ended   chan error
}

func newPairs(t *testing.T, prepare func(*pairs)) *pairs {
	g := newGateway(t)
	static, err := wire.GenerateKey(nil)
	check(t, err)
	p := &pairs{t: t, shown: make(chan string, 9), ended: make(chan error, 1)}
	if prepare != nil {
		prepare(p)
	}
	go func() {
		p.ended <- Pair(t.Context(), PairConfig{
			Dial: g.dial, Static: static, Root: g.authority.Root(), Payload: &wire.ClientPayload{Pairing: &wire.PairingData{KeyType: 5}},
			Scan: func(_ context.Context, ref string) error {
				p.shown <- ref
				return p.scanErr
			},
			Accept: func(_ context.Context, o Offer) ([]byte, uint32, error) {
				p.offers = append(p.offers, o)
				return []byte("signed"), 7, p.refuse
			},
		})
	}()
	p.visitor = <-g.arrived
	return p
}

func set(id string, child wire.Node) wire.Node {
	return wire.N("iq", []wire.Attr{wire.A("type", "set"), wire.A("id", id), wire.J("from", wire.JID{Server: wire.ServerUser})}, child)
}

func refs(all ...string) wire.Node {
	n := wire.N("pair-device", nil)
	for _, r := range all {
		n.Children = append(n.Children, wire.Bytes("ref", nil, []byte(r)))
	}
	return set("A", n)
}

func success(device wire.JID) wire.Node {
	return set("B", wire.N("pair-success", nil, wire.Bytes("device-identity", nil, []byte("vouched")),
		wire.N("device", []wire.Attr{wire.J("jid", device), wire.J("lid", wire.JID{User: "99", Server: wire.ServerLID, Device: device.Device})})))
}

var paired = wire.JID{User: "4915112345678", Server: wire.ServerUser, Device: 3}

// shows takes the pairing as far as the phone.
func (p *pairs) shows() {
	p.t.Helper()
	p.send(p.t, refs("first", "second"))
	if n := p.read(p.t); n.Attr("type") != "result" || n.Attr("id") != "A" {
		p.t.Errorf("the refs are answered with %s", n)
	}
	if ref := <-p.shown; ref != "first" {
		p.t.Errorf("the phone is shown %q", ref)
	}
}

// offered takes it as far as the answer to the offer.
func (p *pairs) offered() wire.Node {
	p.t.Helper()
	p.shows()
	p.send(p.t, success(paired))
	return p.read(p.t)
}

func TestADeviceIsPaired(t *testing.T) {
	for name, end := range map[string]func(*pairs){
		"told to come back":          func(p *pairs) { p.send(p.t, wire.StreamError("515", "")) },
		"the connection breaks":      func(p *pairs) { p.pipe.CloseWith(errors.New("broken")) },
		"the gateway says no more":   func(*pairs) {},
		"the gateway says odd words": func(p *pairs) { p.send(p.t, wire.StreamError("401", "device_removed")) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPairs(t, nil)
				p.send(t, wire.N("iq", []wire.Attr{wire.A("type", "get"), wire.A("id", "ping")}))
				if n := p.read(t); n.Attr("id") != "ping" || n.Attr("type") != "result" {
					t.Errorf("a ping is answered with %s", n)
				}
				n := p.offered()
				signed, ok := n.Path("pair-device-sign", "device-identity")
				if !ok || n.Attr("id") != "B" || n.Attr("type") != "result" || string(signed.Data) != "signed" || signed.Attr("key-index") != "7" {
					t.Errorf("the offer is answered with %s", n)
				}
				end(p)
				if err := <-p.ended; err != nil {
					t.Errorf("only a login tells, but: %v", err)
				}
				if len(p.offers) != 1 || p.offers[0].Device != paired || p.offers[0].LID.User != "99" || string(p.offers[0].Container) != "vouched" {
					t.Errorf("offers %+v", p.offers)
				}
			})
		})
	}
}

func TestAnOfferThatIsNotTakenIsRefusedInWords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPairs(t, func(p *pairs) { p.refuse = &RefusedError{Text: RefuseMAC, Err: errors.New("no")} })
		n := p.offered()
		why, _ := n.Child("error")
		if n.Attr("type") != "error" || n.Attr("id") != "B" || why.Attr("code") != "401" || why.Attr("text") != "hmac-mismatch" {
			t.Errorf("answered with %s", n)
		}
		var refused *RefusedError
		if err := <-p.ended; !errors.As(err, &refused) {
			t.Errorf("ended with %v", err)
		}
	})
}

func TestPairingThatComesToNothingSaysWhy(t *testing.T) {
	lost, full := errors.New("lost"), errors.New("the phone has no room")
	for name, c := range map[string]struct {
		prepare func(*pairs)
		do      func(*pairs)
		want    error
	}{
		"no refs":           {nil, func(p *pairs) { p.send(p.t, refs()) }, ErrPairing},
		"an empty ref":      {nil, func(p *pairs) { p.send(p.t, refs("")) }, ErrPairing},
		"the phone says no": {func(p *pairs) { p.scanErr = full }, (*pairs).shows, full},
		"the phone itself":  {nil, func(p *pairs) { p.shows(); p.send(p.t, success(paired.Bare())) }, ErrPairing},
		"nobody": {nil, func(p *pairs) {
			p.shows()
			p.send(p.t, success(wire.JID{User: "1", Server: wire.ServerLID, Device: 1}))
		}, ErrPairing},
		"it cannot be kept":     {func(p *pairs) { p.refuse = lost }, func(p *pairs) { p.shows(); p.send(p.t, success(paired)) }, lost},
		"nobody scans the code": {nil, (*pairs).shows, context.DeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPairs(t, c.prepare)
				c.do(p)
				began := time.Now()
				if err := <-p.ended; !errors.Is(err, c.want) || time.Since(began) > 2*time.Minute {
					t.Errorf("ended with %v", err)
				}
			})
		})
	}
}

func TestAnOfferBeforeTheCodeWasShownIsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPairs(t, nil)
		p.send(t, success(paired))
		p.read(t)
		p.pipe.CloseWith(errors.New("broken"))
		if err := <-p.ended; err == nil || len(p.offers) != 0 {
			t.Errorf("%v after %d offers", err, len(p.offers))
		}
	})
}
