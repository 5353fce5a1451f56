package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"ferry/relay/internal/gateway/directory"
	"ferry/relay/internal/gateway/wastore"
	"ferry/relay/internal/gateway/wastore/wadial"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"
)

// wa is an unmodified whatsmeow client.
type wa struct {
	w      *world
	box    *wastore.Container
	cli    *whatsmeow.Client
	events chan any
}

func (w *world) whatsmeow() *wa {
	w.t.Helper()
	release, err := wadial.Trust(w.gw.Root())
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(release)
	box, err := wastore.Open(w.t.Context(), wastore.NewMemory(), "wa.", nil)
	if err != nil {
		w.t.Fatal(err)
	}
	x := &wa{w: w, box: box}
	x.open()
	return x
}

// open makes a client of the stored device.
func (x *wa) open() {
	x.w.t.Helper()
	device, err := x.box.Device(x.w.t.Context())
	if err != nil {
		x.w.t.Fatal(err)
	}
	x.cli = whatsmeow.NewClient(device, nil)
	x.cli.EnableDecryptedEventBuffer = true
	events := make(chan any, 20_000)
	x.events = events
	x.cli.AddEventHandler(func(e any) { events <- e })
	wadial.Aim(x.cli, x.w.addr)
	cli := x.cli
	x.w.t.Cleanup(cli.Disconnect)
}

func (x *wa) connect() {
	x.w.t.Helper()
	if err := x.cli.Connect(); err != nil {
		x.w.t.Fatal(err)
	}
	await(x, "the connection", func(*events.Connected) bool { return true })
}

// pair makes a phone, unless there is one, and links a whatsmeow client to it.
func (w *world) pair(phone, name string) *wa {
	w.t.Helper()
	ctx := w.t.Context()
	if _, err := w.gw.Sandbox().NewPhone(ctx, phone, name, true); err != nil && !errors.Is(err, directory.ErrExists) {
		w.t.Fatal(err)
	}
	x := w.whatsmeow()
	code := x.qr()
	if _, err := w.gw.Sandbox().Scan(ctx, phone, code); err != nil {
		w.t.Fatal(err)
	}
	await(x, "the pairing", func(*events.PairSuccess) bool { return true })
	await(x, "the connection", func(*events.Connected) bool { return true })
	x.cli.Store.PushName = name
	if err := x.cli.SendPresence(ctx, types.PresenceAvailable); err != nil {
		w.t.Fatal(err)
	}
	return x
}

// qr connects and returns the first QR text.
func (x *wa) qr() string {
	x.w.t.Helper()
	codes, err := x.cli.GetQRChannel(context.Background())
	if err != nil {
		x.w.t.Fatal(err)
	}
	if err := x.cli.Connect(); err != nil {
		x.w.t.Fatal(err)
	}
	select {
	case c := <-codes:
		if c.Event == whatsmeow.QRChannelEventCode {
			return c.Code
		}
		x.w.t.Fatalf("instead of a QR code came %q, %v", c.Event, c.Error)
	case <-time.After(patience):
		x.w.t.Fatal("no QR code")
	}
	return ""
}

// await waits for an event of that type that fits, passing over others.
func await[E any](x *wa, what string, fits func(E) bool) E {
	x.w.t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case e := <-x.events:
			if v, ok := e.(E); ok && fits(v) {
				return v
			}
		case <-deadline:
			x.w.t.Fatalf("%s did not come", what)
		}
	}
}

func (x *wa) awaitText(text string) *events.Message {
	x.w.t.Helper()
	return await(x, fmt.Sprintf("%q", text), func(m *events.Message) bool { return m.Message.GetConversation() == text })
}

func (x *wa) awaitReceipt(id string, kinds ...types.ReceiptType) *events.Receipt {
	x.w.t.Helper()
	return await(x, fmt.Sprintf("a receipt of %q", kinds), func(r *events.Receipt) bool {
		return slices.Contains(r.MessageIDs, id) && slices.Contains(kinds, r.Type)
	})
}

func (x *wa) send(to types.JID, text string) string {
	x.w.t.Helper()
	resp, err := x.cli.SendMessage(x.w.t.Context(), to, &waE2E.Message{Conversation: proto.String(text)})
	if err != nil {
		x.w.t.Fatalf("send %q: %v", text, err)
	}
	return resp.ID
}

func (x *wa) pn() types.JID { return x.cli.Store.ID.ToNonAD() }
