package e2e

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"testing"

	"go.mau.fi/whatsmeow"

	"ferry/relay/relaytest"
	"ferry/relay/relaytest/waclient"
	"ferry/web"
)

const password = "correct horse battery 9"

// site is what make built.
func site(t *testing.T) fs.FS {
	t.Helper()
	dist := web.Dist()
	if _, err := fs.Stat(dist, "site.json"); err != nil {
		t.Fatal("web/dist is empty: run make site first")
	}
	return dist
}

// world starts a relay and a gateway that serve the built site.
func world(t *testing.T, opt relaytest.Options) *relaytest.World {
	t.Helper()
	opt.Site = site(t)
	return relaytest.Start(t, opt)
}

// friend is a WhatsApp user: an unmodified whatsmeow client, paired by QR.
func friend(t *testing.T, w *relaytest.World, phone, name string) *waclient.Client {
	t.Helper()
	c, err := waclient.NewUser(t.Context(), waclient.Sandbox{URL: w.GatewayURL}, phone, name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// localhost is the relay's address as a secure context.
func localhost(w *relaytest.World) string {
	return strings.Replace(w.URL, "127.0.0.1", "localhost", 1)
}

// signUp makes an account, in a page that shows the sign-in form.
func (p *page) signUp(username string) {
	p.t.Helper()
	p.seen("document.getElementById('switch')")
	p.seen("document.getElementById('username')")
	if !p.is("document.getElementById('submit').innerText.toLowerCase().includes('create')") {
		p.press("#switch")
	}
	p.fill("username", username)
	p.fill("password", password)
	p.press("#submit")
	p.seen("document.getElementById('settings-button')")
}

// startsWith waits for what shows that the page has started, and signs in if it
// asks for that first: Chromium writes cookies to disk only every half minute,
// so a killed browser may have lost that of a new session.
func (p *page) startsWith(expr, username string) {
	p.t.Helper()
	p.seen(expr + " || document.getElementById('username')")
	if p.is("!!document.getElementById('username')") {
		p.fill("username", username)
		p.fill("password", password)
		p.press("#submit")
		p.seen(expr)
	}
}

// turnOn connects to WhatsApp in the settings, as a person would.
func (p *page) turnOn() {
	p.t.Helper()
	p.visit("/settings/third-party")
	p.seen("document.querySelector('#third-party[data-state=off]')")
	p.press("#third-party-agree")
	p.seen("document.querySelector('#third-party[data-state=on]')")
}

// newChat looks a phone number up and opens the chat.
func (p *page) newChat(phone string) {
	p.t.Helper()
	p.visit("/new")
	p.fill("phone", phone)
	p.press("#phone-submit")
	p.seen("document.getElementById('composer')")
}

// meetsAda signs up, turns WhatsApp on and sends a first message that arrives.
// It gives the path of the chat.
func (p *page) meetsAda(username, text string) (path string) {
	p.t.Helper()
	p.signUp(username)
	p.turnOn()
	p.newChat(adasPhone)
	p.send(text)
	p.bubble(text, "delivered")
	return p.eval("location.pathname")
}

// keepsNothing checks that the browser has no data of anybody, nor remembers who it was.
func (p *page) keepsNothing() {
	p.t.Helper()
	p.eval("indexedDB.databases().then((all) => { window.left = all.map((d) => d.name).join(' ') }), 0")
	p.seen("window.left !== undefined")
	if left := p.eval("window.left"); left != "" {
		p.t.Errorf("the browser keeps %s", left)
	}
	if p.is("!!localStorage.getItem('ferry.account')") {
		p.t.Error("the browser remembers who it was")
	}
}

// openOnlyChat opens the first chat of the list.
func (p *page) openOnlyChat() {
	p.t.Helper()
	p.visit("/")
	p.press("#chat-list a[data-chat]")
	p.seen("document.getElementById('composer')")
}

func (p *page) is(expr string) bool {
	p.t.Helper()
	return p.eval(expr) == "true"
}

// alias is how WhatsApp clients write to a third-party user of provider 7.
func alias(ctx context.Context, t *testing.T, w *relaytest.World, username string) string {
	t.Helper()
	_, a, err := waclient.Sandbox{URL: w.GatewayURL}.ThirdParty(ctx, 7, username)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(a, "@lid")
}

// sendText writes from WhatsApp to a third-party user who may have turned
// WhatsApp on this moment: until their keys are published, a message is refused.
func sendText(t *testing.T, from *waclient.Client, to, text string) (id string) {
	t.Helper()
	for {
		id, err := from.SendText(t.Context(), waclient.LID(to), text)
		if err == nil {
			return id
		}
		if !errors.Is(err, whatsmeow.ErrServerReturnedError) {
			t.Fatal(err)
		}
	}
}
