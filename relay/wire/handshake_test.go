package wire_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"ferry/relay/wire"
	"ferry/relay/wire/wiretest"
)

// gateway is one server identity for tests.
type gateway struct {
	authority *wire.Authority
	static    wire.PrivateKey
	chain     []byte
}

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func newGateway(t testing.TB) *gateway {
	t.Helper()
	authority := must(wire.NewAuthority(nil))
	static := must(wire.GenerateKey(nil))
	chain := must(authority.Issue(static.Public(), now.Add(-time.Hour), now.Add(time.Hour)))
	return &gateway{authority, static, chain}
}

func (g *gateway) server() wire.ServerConfig {
	return wire.ServerConfig{Static: g.static, Chain: g.chain}
}

func (g *gateway) client(static wire.PrivateKey) wire.ClientConfig {
	return wire.ClientConfig{
		Static: static, Root: g.authority.Root(), Now: func() time.Time { return now },
		Payload: &wire.ClientPayload{Username: 15550001, Passive: true, Pull: true},
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

type accepted struct {
	ch      *wire.Channel
	client  wire.PublicKey
	payload *wire.ClientPayload
	err     error
}

func accept(ctx context.Context, p wire.Pipe, cfg wire.ServerConfig) <-chan accepted {
	out := make(chan accepted, 1)
	go func() {
		var a accepted
		a.ch, a.client, a.payload, a.err = wire.Accept(ctx, p, cfg)
		out <- a
	}()
	return out
}

func TestHandshakeCarriesStanzasBothWays(t *testing.T) {
	ctx := t.Context()
	g := newGateway(t)
	near, far := wiretest.Pipe()
	static := must(wire.GenerateKey(nil))
	result := accept(ctx, far, g.server())
	cfg := g.client(static)
	cfg.Routing = []byte("somewhere")
	client, err := wire.Dial(ctx, near, cfg)
	if err != nil {
		t.Fatal(err)
	}
	server := <-result
	if server.err != nil {
		t.Fatal(server.err)
	}
	if server.client != static.Public() {
		t.Error("the server saw another static key")
	}
	if server.payload.Username != 15550001 || !server.payload.Pull {
		t.Errorf("the server saw another login: %+v", server.payload)
	}
	for i := range 3 {
		up := wire.Bytes("message", []wire.Attr{wire.A("id", "A1"), wire.J("to", wire.NewJID("4915", wire.ServerUser))}, bytes.Repeat([]byte{byte(i)}, i*1000))
		exchange(t, client, server.ch, up)
		exchange(t, server.ch, client, wire.N("ack", []wire.Attr{wire.A("id", "A1")}))
	}
}

func exchange(t *testing.T, from, to *wire.Channel, n wire.Node) {
	t.Helper()
	if err := from.WriteNode(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	got, err := to.ReadNode(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !sameNode(got, n) {
		t.Errorf("got %v, want %v", got, n)
	}
}

func sameNode(a, b wire.Node) bool {
	x, err1 := wire.Marshal(a)
	y, err2 := wire.Marshal(b)
	return err1 == nil && err2 == nil && bytes.Equal(x, y)
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func checkError(t *testing.T, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("error is %v, want %v", got, want)
	}
}
