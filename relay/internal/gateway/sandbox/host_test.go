package sandbox_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"os"
	"testing"
	"time"

	"ferry/relay/internal/bus"
	"ferry/relay/internal/gateway"
	"ferry/relay/relaytest/waclient"

	"go.mau.fi/whatsmeow/types/events"
)

// These tests pair an unmodified whatsmeow with a real gateway, which whatsmeow alone can judge: it checks the
// HMAC and the account's signature of the pairing, and every signed prekey.

// patience is how long a test waits for what should take milliseconds.
const patience = 30 * time.Second

func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// host runs gateways over one bus, one after the other, at one address.
type host struct {
	t       *testing.T
	bus     *bus.Bus
	address string
	gw      *gateway.Gateway
	stop    func()
}

func start(t *testing.T) *host {
	t.Helper()
	b, err := bus.Open(t.Context(), bus.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	h := &host{t: t, bus: b, address: "127.0.0.1:0"}
	h.run()
	t.Cleanup(func() { h.stop() })
	return h
}

func (h *host) run() {
	h.t.Helper()
	l, err := net.Listen("tcp", h.address)
	if err != nil {
		h.t.Fatal(err)
	}
	h.address = l.Addr().String()
	out := io.Discard
	if testing.Verbose() {
		out = os.Stderr
	}
	gw, err := gateway.New(h.t.Context(), gateway.Config{
		Bus: h.bus, Listener: l, Sandbox: &gateway.SandboxConfig{},
		Log: slog.New(slog.NewTextHandler(out, nil)),
	})
	if err != nil {
		h.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- gw.Run(ctx) }()
	h.gw, h.stop = gw, func() { cancel(); <-ended }
}

func (h *host) box() waclient.Sandbox { return waclient.Sandbox{URL: "http://" + h.address} }

func (h *host) user(phone, name string) *waclient.Client {
	h.t.Helper()
	c, err := waclient.NewUser(soon(h.t), h.box(), phone, name)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(c.Close)
	return c
}

// companion links a client to a phone, with what scan does in between.
func (h *host) companion(phone string, store waclient.Store) *waclient.Client {
	h.t.Helper()
	c, err := waclient.NewCompanion(soon(h.t), h.box(), phone, waclient.Config{Store: store})
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(c.Close)
	return c
}

func (h *host) client(store waclient.Store) *waclient.Client {
	h.t.Helper()
	c, err := waclient.New(h.t.Context(), waclient.Config{Gateway: h.address, Root: h.gw.Root(), Store: store})
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(c.Close)
	return c
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func talk(t *testing.T, from, to *waclient.Client, text string) *events.Message {
	t.Helper()
	id, err := from.SendText(soon(t), to.PN(), text)
	must(t, err)
	m, err := to.AwaitText(soon(t), text)
	must(t, err)
	if m.Info.ID != id || m.Info.Sender.User != from.LID().User && m.Info.Sender.User != from.PN().User {
		t.Errorf("message %s from %s", m.Info.ID, m.Info.Sender.Server)
	}
	if _, err := from.AwaitReceipt(soon(t), id, waclient.Delivered); err != nil {
		t.Error("delivered:", err)
	}
	return m
}
