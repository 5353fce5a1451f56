// Package providers shows three third-party messengers before one gateway: one with
// accounts of its own, two whose people sign in at an OpenID provider.
package providers

import (
	"context"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"ferry/app/e2e/thirdparty"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/relay/relaytest"
	"ferry/relay/relaytest/idp"
	"ferry/relay/relaytest/waclient"
)

func TestMain(m *testing.M) {
	code := m.Run()
	idp.RemoveBinary()
	relaytest.RemoveBinary()
	os.Exit(code)
}

const (
	phone    = "+4915510000077"
	password = "correct horse"
)

// messenger is one of the three, with its user anna.
type messenger struct {
	id    uint16
	relay *relaytest.World
	anna  *thirdparty.User
	chat  model.ChatID
}

// three are ids 7, 8 and 9; the first has its own accounts.
func three(t *testing.T) (gateway *relaytest.World, all []*messenger) {
	t.Helper()
	var at []*idp.Provider
	elsewhere := func(redirect string) relaytest.SignIn {
		p := idp.Start(t, "ferry", "s3cret", redirect, "anna:"+password)
		at = append(at, p)
		return relaytest.SignIn{Issuer: p.Issuer, Client: "ferry", Secret: "s3cret"}
	}
	gateway, relays := relaytest.Several(t, relaytest.Options{},
		relaytest.Messenger{ID: 7, Name: "Ferry"},
		relaytest.Messenger{ID: 8, Name: "Pigeon", SignIn: elsewhere},
		relaytest.Messenger{ID: 9, Name: "Raven", SignIn: elsewhere})
	for i, w := range relays {
		cfg := thirdparty.Config{Relay: w.URL, Name: "anna", Dir: t.TempDir()}
		if i > 0 {
			signInElsewhere(t, w, at[i-1], cfg.Dir)
		}
		m := &messenger{id: uint16(7 + i), relay: w, anna: thirdparty.New(t, cfg)}
		m.anna.Connect()
		all = append(all, m)
	}
	return gateway, all
}

// signInElsewhere signs anna in as a browser would, and leaves the session to the
// client without a screen.
func signInElsewhere(t *testing.T, w *relaytest.World, p *idp.Provider, dir string) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	get := func(address string) *http.Response {
		res, err := browser.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		return res
	}
	back := p.SignIn(get(w.URL+"/api/oidc/start").Header.Get("Location"), "anna", password)
	if at := get(back.String()).Header.Get("Location"); at != "/" {
		t.Fatalf("sent to %s", at)
	}
	home, err := url.Parse(w.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range jar.Cookies(home) {
		if c.Name == "ferry_session" {
			if err := os.WriteFile(filepath.Join(dir, "session"), []byte(c.Value), 0o600); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatal("no session")
}

func TestOneNameAtThreeMessengersIsThreePeople(t *testing.T) {
	gateway, all := three(t)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	box := waclient.Sandbox{URL: gateway.GatewayURL}
	berta, err := waclient.NewUser(ctx, box, phone, "Berta")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(berta.Close)

	// All three write, under one name; WhatsApp's client sees three contacts.
	aliases := map[types.JID]uint16{}
	for _, m := range all {
		m.chat = m.anna.OpenChat(phone)
		m.anna.Send(m.chat, "hello from "+m.name())
		got, err := berta.AwaitText(ctx, "hello from "+m.name())
		if err != nil {
			t.Fatal(err)
		}
		if got.Info.PushName != "anna" {
			t.Errorf("%s: seen as %q", m.name(), got.Info.PushName)
		}
		from := got.Info.Chat.ToNonAD()
		if was, twice := aliases[from]; twice {
			t.Errorf("anna of %d and of %d are one contact, %s", was, m.id, from)
		}
		aliases[from] = m.id
		if want := m.alias(ctx, t, box); from != want {
			t.Errorf("%s writes as %s, and is found as %s", m.name(), from, want)
		}
	}

	// Each answer reaches whom it was meant for, and nobody else.
	for _, m := range all {
		if _, err := berta.SendText(ctx, m.alias(ctx, t, box), "dear anna of "+m.name()); err != nil {
			t.Fatal(err)
		}
		m.anna.AwaitText("dear anna of " + m.name())
	}
	for _, m := range all {
		for _, e := range thirdparty.All[port.MessageChanged](m.anna) {
			if e.State == model.Received && e.Text != "dear anna of "+m.name() {
				t.Errorf("%s has got %q", m.name(), e.Text)
			}
		}
	}

	// One relay stops. The others go on, and what is written to its people waits.
	down := all[1]
	down.relay.StopRelay()
	for _, m := range []*messenger{all[0], all[2]} {
		id := m.anna.Send(m.chat, "still here: "+m.name())
		if _, err := berta.AwaitText(ctx, "still here: "+m.name()); err != nil {
			t.Fatal(err)
		}
		m.anna.AwaitState(id, model.Delivered)
	}
	if _, err := berta.SendText(ctx, down.alias(ctx, t, box), "are you there?"); err != nil {
		t.Fatal(err)
	}
	down.relay.StartRelay()
	down.anna.AwaitText("are you there?")
	if d := berta.Duplicates(); len(d) != 0 {
		t.Errorf("shown twice: %v", d)
	}
	if n := len(waclient.All[*events.Message](berta)); n != 5 {
		t.Errorf("WhatsApp's client has got %d messages, want 5", n)
	}
}

func (m *messenger) name() string {
	return map[uint16]string{7: "Ferry", 8: "Pigeon", 9: "Raven"}[m.id]
}

// alias is what WhatsApp's clients write to.
func (m *messenger) alias(ctx context.Context, t *testing.T, box waclient.Sandbox) types.JID {
	t.Helper()
	_, text, err := box.ThirdParty(ctx, m.id, "anna")
	if err != nil {
		t.Fatal(err)
	}
	jid, err := types.ParseJID(text)
	if err != nil {
		t.Fatal(err)
	}
	return jid
}
