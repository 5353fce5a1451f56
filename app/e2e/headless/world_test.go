package headless

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"ferry/app/e2e/thirdparty"
	"ferry/app/internal/model"
	"ferry/relay/relaytest"
	"ferry/relay/relaytest/waclient"
)

// providerID is Ferry's integrator id at the sandbox's gateway.
const providerID = 7

// world is a relay, a gateway and whoever talks through them.
type world struct {
	*relaytest.World
	t   *testing.T
	ctx context.Context
	box waclient.Sandbox
}

func newWorld(t *testing.T, opt relaytest.Options) *world {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	t.Cleanup(cancel)
	w := &world{World: relaytest.Start(t, opt), t: t, ctx: ctx}
	w.box = waclient.Sandbox{URL: w.GatewayURL}
	return w
}

var phones atomic.Int64

// newNumber is a phone number that nobody has.
func newNumber() string { return fmt.Sprintf("+4915510%06d", phones.Add(1)) }

// thirdParty is a connected third-party user.
func (w *world) thirdParty(name string) *thirdparty.User {
	w.t.Helper()
	u := thirdparty.New(w.t, thirdparty.Config{Relay: w.URL, Name: name})
	u.Connect()
	return u
}

// alias is what WhatsApp clients write to when they write to a third-party user.
func (w *world) alias(name string) types.JID {
	w.t.Helper()
	_, alias, err := w.box.ThirdParty(w.ctx, providerID, name)
	w.ok(err)
	jid, err := types.ParseJID(alias)
	w.ok(err)
	return jid
}

// whatsApp is a WhatsApp user with one client, an unmodified whatsmeow.
type whatsApp struct {
	*waclient.Client
	w     *world
	phone string
}

func (w *world) whatsApp(name string) *whatsApp {
	w.t.Helper()
	phone := newNumber()
	c, err := waclient.NewUser(w.ctx, w.box, phone, name)
	w.ok(err)
	w.t.Cleanup(c.Close)
	return &whatsApp{c, w, phone}
}

func (a *whatsApp) send(to types.JID, text string) (id string) {
	a.w.t.Helper()
	id, err := a.SendText(a.w.ctx, to, text)
	a.w.ok(err)
	return id
}

// gets waits for a text.
func (a *whatsApp) gets(text string) *events.Message {
	a.w.t.Helper()
	ctx, cancel := thirdparty.Within()
	defer cancel()
	m, err := a.AwaitText(ctx, text)
	if err != nil {
		a.w.t.Fatalf("whatsmeow never sees %q: %v; it has %q", text, err, waclient.Texts(a.Client))
	}
	return m
}

// hears waits for a receipt.
func (a *whatsApp) hears(id string, kind types.ReceiptType) {
	a.w.t.Helper()
	ctx, cancel := thirdparty.Within()
	defer cancel()
	_, err := a.AwaitReceipt(ctx, id, kind)
	if err != nil {
		a.w.t.Fatalf("whatsmeow never gets a receipt %q: %v", kind, err)
	}
}

func (a *whatsApp) reads(m *events.Message) {
	a.w.t.Helper()
	a.w.ok(a.MarkRead(a.w.ctx, m))
}

func (a *whatsApp) reconnect() {
	a.w.t.Helper()
	ctx, cancel := thirdparty.Within()
	defer cancel()
	a.w.ok(a.Connect(ctx))
}

// once fails the test if a message was shown twice, or did not decrypt at first.
func (a *whatsApp) once() {
	a.w.t.Helper()
	if twice := a.Duplicates(); len(twice) > 0 {
		a.w.t.Errorf("whatsmeow shows twice: %q", twice)
	}
	if bad := waclient.All[*events.UndecryptableMessage](a.Client); len(bad) > 0 {
		a.w.t.Errorf("whatsmeow could not read %d messages at first", len(bad))
	}
}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// texts are the texts of a thread in order, each with > before it if it is an own one.
func texts(u *thirdparty.User, chat model.ChatID) (all []string) {
	for _, m := range u.Thread(chat) {
		if m.Kind == model.KindNotice {
			continue
		}
		text := m.Text
		if m.Failure != "" {
			text = "(" + string(m.Failure) + ") " + text
		}
		if m.FromMe {
			text = "> " + text
		}
		all = append(all, text)
	}
	return all
}

func (w *world) thread(u *thirdparty.User, chat model.ChatID, want ...string) {
	w.t.Helper()
	if got := texts(u, chat); !slices.Equal(got, want) {
		w.t.Errorf("%v has the thread %q, want %q", u, got, want)
	}
}
