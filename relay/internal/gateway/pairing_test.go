package gateway_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"ferry/relay/internal/gateway"
	"ferry/relay/internal/gateway/sandbox"
	"ferry/relay/wire"

	"go.mau.fi/whatsmeow/store"
)

// byHand is a companion that wants to be paired and speaks the protocol by hand.
type byHand struct {
	w    *world
	ch   *wire.Channel
	keys *store.Device
	refs []string
}

func (w *world) companion() (*byHand, wire.Node) {
	w.t.Helper()
	c := &byHand{w: w, keys: w.whatsmeow().cli.Store}
	return c, c.connect(nil)
}

// connect asks to be paired and returns the first stanza.
func (c *byHand) connect(change func(*wire.PairingData)) wire.Node {
	c.w.t.Helper()
	k, err := wire.ParsePrivateKey(c.keys.NoiseKey.Priv[:])
	if err != nil {
		c.w.t.Fatal(err)
	}
	p := &wire.PairingData{
		RegistrationID: c.keys.RegistrationID, KeyType: 5, Identity: *c.keys.IdentityKey.Pub,
		SignedPreKeyID: c.keys.SignedPreKey.KeyID, SignedPreKey: *c.keys.SignedPreKey.Pub,
		SignedPreKeySignature: *c.keys.SignedPreKey.Signature,
	}
	if change != nil {
		change(p)
	}
	c.ch, err = wire.Dial(c.w.t.Context(), c.w.socket(), wire.ClientConfig{
		Static: k, Root: c.w.gw.Root(), Payload: &wire.ClientPayload{Pairing: p},
	})
	if err != nil {
		c.w.t.Fatal(err)
	}
	n := c.read()
	device, _ := n.Child("pair-device")
	for _, ref := range device.ChildrenOf("ref") {
		c.refs = append(c.refs, ref.Text())
	}
	return n
}

func (c *byHand) read() wire.Node {
	c.w.t.Helper()
	n, err := c.ch.ReadNode(c.w.t.Context())
	if err != nil {
		c.w.t.Fatal(err)
	}
	return n
}

func (c *byHand) qr() string {
	b64 := base64.StdEncoding.EncodeToString
	return strings.Join([]string{c.refs[3], b64(c.keys.NoiseKey.Pub[:]), b64(c.keys.IdentityKey.Pub[:]), b64(c.keys.AdvSecretKey)}, ",")
}

func TestACompanionIsShownSixRefs(t *testing.T) {
	w := start(t, gateway.Limits{})
	c, n := w.companion()
	if n.Attr("type") != "set" || n.Attr("from") != "s.whatsapp.net" || len(n.Children) != 1 || len(c.refs) != 6 {
		t.Errorf("shown %s with %d refs", n, len(c.refs))
	}
	for _, ref := range c.refs {
		if strings.Contains(ref, ",") || len(ref) < 100 {
			t.Errorf("ref %q", ref)
		}
	}
	if err := c.ch.WriteNode(t.Context(), wire.N("iq", []wire.Attr{wire.A("xmlns", "w:p"), wire.A("type", "get"), wire.A("id", "ping")})); err != nil {
		t.Fatal(err)
	}
	if n := c.read(); n.Attr("id") != "ping" || n.Attr("type") != "result" {
		t.Errorf("a keepalive while pairing was answered with %s", n)
	}
}

func TestACompanionWithABadPreKeyIsNotPaired(t *testing.T) {
	w := start(t, gateway.Limits{})
	c := &byHand{w: w, keys: w.whatsmeow().cli.Store}
	n := c.connect(func(p *wire.PairingData) { p.SignedPreKeySignature[3] ^= 1 })
	if reason, code, ok := wire.ParseFailure(n); !ok || reason != wire.FailGeneric || code != "bad_signed_prekey" {
		t.Errorf("told %s", n)
	}
}

func TestAPairingThatTheCompanionDoesNotFinish(t *testing.T) {
	w := start(t, gateway.Limits{PairSign: 300 * time.Millisecond})
	if _, err := w.gw.Sandbox().NewPhone(t.Context(), "+4915510000011", "Ada", true); err != nil {
		t.Fatal(err)
	}
	answer := func(kind string, children ...wire.Node) func(*byHand, string) {
		return func(c *byHand, id string) {
			_ = c.ch.WriteNode(t.Context(), wire.N("iq", []wire.Attr{wire.A("type", kind), wire.A("id", id)}, children...))
		}
	}
	tests := []struct {
		name   string
		answer func(c *byHand, id string)
		want   error
	}{
		{"it says no", answer("error", wire.N("error", []wire.Attr{wire.A("code", "401")})), sandbox.ErrRefused},
		{"it goes away", func(c *byHand, _ string) { _ = c.ch.Close("") }, sandbox.ErrRefused},
		{"it says nothing", func(*byHand, string) {}, sandbox.ErrTimeout},
		{"it signs nothing", answer("result"), sandbox.ErrRefused},
		{"it signs garbage", answer("result", wire.N("pair-device-sign", nil,
			wire.Bytes("device-identity", []wire.Attr{wire.A("key-index", "1")}, []byte("garbage")))), sandbox.ErrRefused},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := w.companion()
			done := make(chan error, 1)
			go func() {
				_, err := w.gw.Sandbox().Scan(t.Context(), "+4915510000011", c.qr())
				done <- err
			}()
			n := c.read()
			if _, ok := n.Path("pair-success", "device-identity"); !ok {
				t.Fatalf("offered %s", n)
			}
			tt.answer(c, n.Attr("id"))
			if err := <-done; !errors.Is(err, tt.want) {
				t.Errorf("the scan ended with %v, want %v", err, tt.want)
			}
			if _, err := w.gw.Sandbox().Scan(t.Context(), "+4915510000011", c.qr()); !errors.Is(err, sandbox.ErrUnknownQR) {
				t.Errorf("the burnt code was scanned with %v", err)
			}
		})
	}
	phone, err := w.gw.Sandbox().Phone(t.Context(), "+4915510000011")
	if err != nil || len(phone.Devices) != 1 {
		t.Errorf("the phone has devices %v, %v", phone.Devices, err)
	}
}
