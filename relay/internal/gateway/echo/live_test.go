package echo_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"ferry/relay/internal/bus"
	"ferry/relay/internal/gateway"
	"ferry/relay/internal/gateway/echo"
	"ferry/relay/internal/gateway/wastore"
	"ferry/relay/relaytest/waclient"

	"go.mau.fi/whatsmeow/types/events"
)

const patience = 30 * time.Second

func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// place is a gateway with a sandbox, in which Echo can be started and stopped.
type place struct {
	t       *testing.T
	gw      *gateway.Gateway
	address string
	bus     *bus.Bus
	bucket  *bus.Bucket
}

func newPlace(t *testing.T) *place {
	t.Helper()
	b, err := bus.Open(t.Context(), bus.Config{Dir: t.TempDir()})
	must(t, err)
	t.Cleanup(b.Close)
	bucket, err := b.Bucket(t.Context(), "echo", bus.BucketOptions{})
	must(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	gw, err := gateway.New(t.Context(), gateway.Config{Bus: b, Listener: l, Sandbox: &gateway.SandboxConfig{}})
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- gw.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-ended })
	return &place{t, gw, l.Addr().String(), b, bucket}
}

// echo starts Echo; stop ends it and waits.
func (p *place) echo() (stop func()) {
	e := echo.New(echo.Config{
		Address: p.address, Root: p.gw.Root(), Store: wastore.OnBucket(p.bucket), Phones: p.gw.Sandbox(),
		Typing: 20 * time.Millisecond,
	})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx) }()
	var stopped bool
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil {
			p.t.Error("echo:", err)
		}
	}
	p.t.Cleanup(stop)
	return stop
}

func (p *place) user(phone string) *waclient.Client {
	p.t.Helper()
	c, err := waclient.NewUser(soon(p.t), waclient.Sandbox{URL: "http://" + p.address}, phone, "Rosa")
	must(p.t, err)
	p.t.Cleanup(c.Close)
	return c
}

// known waits until Echo can be written to.
func (p *place) known() {
	p.t.Helper()
	ctx := soon(p.t)
	for {
		if ph, err := p.gw.Sandbox().Phone(ctx, echo.DefaultPhone); err == nil && len(ph.Devices) > 1 {
			return
		}
		select {
		case <-ctx.Done():
			p.t.Fatal("Echo has not been paired")
		case <-time.After(10 * time.Millisecond):
		}
	}
}

var number = waclient.PN(strings.TrimPrefix(echo.DefaultPhone, "+"))

func TestEchoReadsTypesAndAnswers(t *testing.T) {
	p := newPlace(t)
	p.echo()
	p.known()
	rosa := p.user("+4915510000030")
	id, err := rosa.SendText(soon(t), number, "hello there")
	must(t, err)
	for _, kind := range []string{"", "read"} {
		if _, err := rosa.AwaitReceipt(soon(t), id, waclient.ReceiptKind(kind)); err != nil {
			t.Errorf("receipt %q: %v", kind, err)
		}
	}
	m, err := rosa.AwaitText(soon(t), "hello there")
	must(t, err)
	if m.Info.PushName != "Echo" {
		t.Errorf("push name %q", m.Info.PushName)
	}
	if len(waclient.All[*events.ChatPresence](rosa)) == 0 {
		t.Error("Echo did not type")
	}
	if texts := waclient.Texts(rosa); len(texts) != 2 || !strings.HasPrefix(texts[0], "Hello! I am Echo") {
		t.Errorf("got %q", texts)
	}
}

func TestEchoKeepsItsSessionsAndAnswersOnceAcrossRestarts(t *testing.T) {
	p := newPlace(t)
	stop := p.echo()
	p.known()
	rosa := p.user("+4915510000031")
	_, err := rosa.SendText(soon(t), number, "one")
	must(t, err)
	_, err = rosa.AwaitText(soon(t), "one")
	must(t, err)
	stop()
	_, err = rosa.SendText(soon(t), number, "two, while you sleep")
	must(t, err)
	stop = p.echo()
	_, err = rosa.AwaitText(soon(t), "two, while you sleep")
	must(t, err)
	stop()
	p.echo()
	_, err = rosa.SendText(soon(t), number, "three")
	must(t, err)
	_, err = rosa.AwaitText(soon(t), "three")
	must(t, err)
	if texts := waclient.Texts(rosa); len(texts) != 4 {
		t.Errorf("got %q", texts)
	}
	if d := rosa.Duplicates(); len(d) > 0 {
		t.Errorf("shown twice: %q", d)
	}
	ph, err := p.gw.Sandbox().Phone(soon(t), echo.DefaultPhone)
	if err != nil || len(ph.Devices) != 2 {
		t.Errorf("Echo was paired again: %v, %v", ph.Devices, err)
	}
}

func TestEchoThatWasUnlinkedPairsAgain(t *testing.T) {
	p := newPlace(t)
	p.echo()
	p.known()
	rosa := p.user("+4915510000032")
	_, err := rosa.SendText(soon(t), number, "one")
	must(t, err)
	_, err = rosa.AwaitText(soon(t), "one")
	must(t, err)
	ph, err := p.gw.Sandbox().Phone(soon(t), echo.DefaultPhone)
	must(t, err)
	must(t, p.gw.Sandbox().Unlink(soon(t), echo.DefaultPhone, ph.Devices[1]))
	p.known()
	// What rosa writes before she has heard of the new device is for the old one only, as on WhatsApp.
	for ctx := soon(t); ; {
		_, err = rosa.SendText(ctx, number, "two")
		must(t, err)
		wait, cancel := context.WithTimeout(ctx, 2*time.Second)
		_, err := rosa.AwaitText(wait, "two")
		cancel()
		if err == nil {
			return
		}
		if ctx.Err() != nil {
			t.Fatal(err)
		}
	}
}

func TestNoTextStandsReadableInEchosStore(t *testing.T) {
	p := newPlace(t)
	stop := p.echo()
	p.known()
	rosa := p.user("+4915510000033")
	_, err := rosa.SendText(soon(t), number, "canary-7f3a")
	must(t, err)
	_, err = rosa.AwaitText(soon(t), "canary-7f3a")
	must(t, err)
	stop()
	entries, err := p.bucket.List(soon(t), "")
	must(t, err)
	if len(entries) < 10 {
		t.Fatalf("only %d records", len(entries))
	}
	for _, e := range entries {
		if all := e.Key + string(e.Value); strings.Contains(all, "canary-7f3a") || strings.Contains(all, "15510000033") {
			t.Errorf("readable in record %s", e.Key)
		}
	}
}
