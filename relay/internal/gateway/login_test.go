package gateway_test

import (
	"crypto/rand"
	"net"
	"testing"

	"ferry/relay/internal/gateway"
	"ferry/relay/wire"
)

func TestALoginIsRefusedForItsReason(t *testing.T) {
	w := start(t, gateway.Limits{})
	mo := w.enlist("mo")
	ada := w.phone("+4915120001", "Ada", true)
	other, err := wire.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name  string
		key   wire.PrivateKey
		login wire.ClientPayload
		want  wire.FailureReason
	}{
		{"an expired token", mo.noise, wire.ClientPayload{Product: wire.ProductInterop, Interop: &wire.InteropData{AccountID: mo.account, Token: wire.Token("expired")}}, wire.FailTokenExpired},
		{"another account's number", mo.noise, wire.ClientPayload{Product: wire.ProductInterop, Interop: &wire.InteropData{AccountID: mo.account + 1, Token: wire.Token("mo")}}, wire.FailLoggedOut},
		{"a device that is not there", mo.noise, wire.ClientPayload{Product: wire.ProductInterop, Device: 4, HasDevice: true, Interop: &wire.InteropData{AccountID: mo.account, Token: wire.Token("mo")}}, wire.FailLoggedOut},
		{"another Noise key", other, wire.ClientPayload{Product: wire.ProductInterop, Interop: &wire.InteropData{AccountID: mo.account, Token: wire.Token("mo")}}, wire.FailLoggedOut},
		{"no interop data", mo.noise, wire.ClientPayload{Product: wire.ProductInterop}, wire.FailClientOutdated},
		{"an unknown product", mo.noise, wire.ClientPayload{Product: wire.ProductMessenger, Username: 4915120001}, wire.FailClientOutdated},
		{"an unknown number", ada.noise, wire.ClientPayload{Username: 4915120009}, wire.FailLoggedOut},
		{"no number", ada.noise, wire.ClientPayload{}, wire.FailLoggedOut},
		{"another phone's key", other, wire.ClientPayload{Username: 4915120001}, wire.FailLoggedOut},
		{"a companion that is not there", ada.noise, wire.ClientPayload{Username: 4915120001, Device: 1, HasDevice: true}, wire.FailLoggedOut},
		{"a device beyond the byte", ada.noise, wire.ClientPayload{Username: 4915120001, Device: 1 << 16, HasDevice: true}, wire.FailLoggedOut},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			u := &user{w: w, noise: tt.key}
			if got, err := u.failure(&tt.login); got != tt.want {
				t.Errorf("refused with %d, want %d (%v)", got, tt.want, err)
			}
		})
	}
}

func TestTheRootAndTheStateSurviveARestart(t *testing.T) {
	w := start(t, gateway.Limits{})
	root := w.gw.Root()
	mo := w.enlist("mo")
	w.restart()
	if w.gw.Root() != root {
		t.Error("another root after the restart")
	}
	mo.connect()
}

func TestANewerConnectionReplacesTheOlder(t *testing.T) {
	w := start(t, gateway.Limits{})
	// A second node over the same state: the device's connections need not meet on one.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gw2, done := w.node(w.bus, l)
	t.Cleanup(func() { gw2.Close(); <-done })

	first := w.enlist("mo")
	first.connect()
	second := first.again()
	second.connect() // same node
	conflict, _ := first.untilTag("stream:error").Child("conflict")
	if conflict.Attr("type") != "replaced" {
		t.Errorf("the older connection was told %v", conflict)
	}
	first.gone()

	here := w.addr
	w.addr = l.Addr().String()
	third := second.again()
	third.connect() // the other node
	w.addr = here
	conflict, _ = second.untilTag("stream:error").Child("conflict")
	if conflict.Attr("type") != "replaced" {
		t.Errorf("the connection on the other node was told %v", conflict)
	}
	second.gone()
	if got := third.iq("w:p", "get"); got.Attr("type") != "result" {
		t.Errorf("the newest connection answers %v", got)
	}
}

func TestDrainingTellsClientsToComeBack(t *testing.T) {
	w := start(t, gateway.Limits{})
	mo := w.enlist("mo")
	mo.connect()
	if err := w.gw.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := mo.untilTag("stream:error").Attr("code"); got != "503" {
		t.Errorf("told %s", got)
	}
	mo.gone()
	if err := w.gw.Ready(t.Context()); err == nil {
		t.Error("ready while draining")
	}
	if _, err := http503(w); err != nil {
		t.Error(err)
	}
}
