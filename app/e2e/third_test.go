package e2e

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"ferry/app/e2e/chrome"
	"ferry/relay/relaytest"
	"ferry/relay/relaytest/waclient"
)

// third is kate, who uses Ferry in a browser, and Ada, who is a WhatsApp user on
// an unmodified whatsmeow; what whatsmeow has no call for, Ada's phone does in
// the sandbox.
type third struct {
	*page
	t     *testing.T
	ctx   context.Context
	w     *relaytest.World
	front *front // counts the attachments that the browser fetches
	box   waclient.Sandbox
	probe *page // another tab, to ask the gateway something

	ada   *waclient.Client
	alias types.JID // kate, to WhatsApp's clients
	path  string    // of the chat with Ada
}

// TestWhatsmeowWalksThroughEveryState is consent as a third-party user meets it
// whose contact is on WhatsApp with a client that knows nothing of it.
func TestWhatsmeowWalksThroughEveryState(t *testing.T) {
	k := startThird(t)
	for _, act := range []struct {
		name string
		play func(*third)
	}{
		{"off by default", (*third).offByDefault},
		{"on, but for other apps", (*third).otherApps},
		{"on: a request, three unanswered, and then no more", (*third).asks},
		{"an answer accepts, and then there are receipts", (*third).answered},
		{"who writes first is a stranger, until accepted", (*third).stranger},
		{"a stranger is declined", (*third).declinesStranger},
		{"kate blocks, and unblocks", (*third).kateBlocks},
		{"Ada blocks, and unblocks", (*third).adaBlocks},
		{"Ada blocks the whole app", (*third).adaBlocksApp},
		{"what is reported is what was chosen", (*third).reports},
		{"withdrawn in the middle of it, and given again", (*third).withdraws},
		{"out of the region", (*third).elsewhere},
		{"the provider is suspended", (*third).isSuspended},
		{"one safety number, by libsignal's computation", (*third).oneNumber},
		{"a verified person's new device: held, and released", (*third).holds},
		{"a new key of a person is told", (*third).tellsKey},
		{"disconnected, and back as somebody else", (*third).leaves},
	} {
		t.Run(act.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
			defer cancel()
			p, probe := *k.page, *k.probe
			p.t, probe.t = t, t
			here := *k
			here.t, here.ctx, here.page, here.probe = t, ctx, &p, &probe
			defer func() { k.ada, k.alias, k.path = here.ada, here.alias, here.path }()
			act.play(&here)
		})
	}
	if d := k.ada.Duplicates(); len(d) != 0 {
		t.Errorf("shown more than once: %v", d)
	}
}

func startThird(t *testing.T) *third {
	f, serve := newFront(t)
	w := world(t, relaytest.Options{Origins: []string{f.URL}, Config: relaytest.Regions(&[]string{"CH"})})
	serve(w.URL)
	k := &third{t: t, ctx: t.Context(), w: w, front: f, box: waclient.Sandbox{URL: w.GatewayURL}}
	k.ok(k.box.CreatePhone(k.ctx, adasPhone, "Ada", false))
	var err error
	k.ada, err = waclient.NewCompanion(k.ctx, k.box, adasPhone, waclient.Config{Name: "Ada"})
	k.ok(err)
	t.Cleanup(func() { k.ada.Close() })
	k.page = openPageIn(t, f.URL, chrome.Options{Profile: t.TempDir()})
	k.still(k.page)
	k.signUp("kate")
	k.turnOn()
	k.probe = k.beside("/new")
	k.still(k.probe)
	k.alias = waclient.LID(alias(k.ctx, t, w, "kate"))
	return k
}

func (k *third) ok(err error) {
	k.t.Helper()
	if err == nil {
		return
	}
	if k.page == nil {
		k.t.Fatal(err)
	}
	k.fail("%v", err)
}

// still has nothing move in a tab: the pointer would miss it.
func (k *third) still(p *page) {
	k.t.Helper()
	_, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}},
	})
	k.ok(err)
}

// phone is what a WhatsApp user decides on the phone.
func (k *third) phone(change map[string]any) {
	k.t.Helper()
	k.sandbox(http.MethodPatch, "/phones/"+adasPhone, change, nil)
}

func (k *third) sandbox(method, path string, in, out any) {
	k.t.Helper()
	k.w.Call(method, k.w.GatewayURL+"/sandbox"+path, "", in, out)
}

// another is one more WhatsApp user, who takes third-party chats.
func (k *third) another(phone, name string) *waclient.Client {
	k.t.Helper()
	c, err := waclient.NewUser(k.ctx, k.box, phone, name)
	k.ok(err)
	k.t.Cleanup(c.Close)
	return c
}

// asked looks a number up in the other tab. Once it is answered, the gateway has
// dealt with all that kate's client sent before.
func (k *third) asked(phone, status string) {
	k.t.Helper()
	k.probe.seen("document.getElementById('phone')")
	k.probe.eval("document.getElementById('phone').select()")
	k.probe.do(chromedp.Focus("#phone"), chromedp.KeyEvent(phone))
	k.probe.seen("document.getElementById('phone').value === " + quote(phone) + " && !document.getElementById('phone-answer').dataset.status")
	k.probe.press("#phone-submit")
	k.probe.seen("document.querySelector('#phone-answer[data-status=" + status + "]')")
}

// settled waits until the gateway has dealt with all that either side sent, and
// either has got what came of it.
func (k *third) settled(clients ...*waclient.Client) {
	k.t.Helper()
	for range 2 { // there, and what comes back of it
		for _, c := range append(clients, k.ada) {
			_, err := c.WA.GetBlocklist(k.ctx)
			k.ok(err)
		}
		k.asked("+4915510099999", "not_found")
	}
}

// open shows the chat with Ada.
func (k *third) open() {
	k.t.Helper()
	if k.eval("location.pathname") != k.path {
		k.visit(k.path)
	}
	k.seen("document.querySelector('#thread [data-id]')")
}

// told sends a text from Ada, which reaches kate's page.
func (k *third) told(text string) (id string) {
	k.t.Helper()
	id, err := k.ada.SendText(k.ctx, k.alias, text)
	k.ok(err)
	k.bubble(text, "received")
	return id
}

// says sends a text from kate's page, which reaches Ada.
func (k *third) says(text string) *events.Message {
	k.t.Helper()
	k.send(text)
	return k.gets(text)
}

func (k *third) gets(text string) *events.Message {
	k.t.Helper()
	m, err := k.ada.AwaitText(k.ctx, text)
	k.ok(err)
	return m
}

// refused is what whatsmeow makes of an answer like 471.
func (k *third) refused(from *waclient.Client, text, code string) {
	k.t.Helper()
	if _, err := from.SendText(k.ctx, k.alias, text); err == nil || !strings.Contains(err.Error(), code) {
		k.t.Errorf("%q is answered with %v, want %s", text, err, code)
	}
}

// notTo checks that a client never got a text.
func (k *third) notTo(c *waclient.Client, text string) {
	k.t.Helper()
	if slices.Contains(waclient.Texts(c), text) {
		k.t.Errorf("%q has arrived", text)
	}
}

// absent checks that something is not on the page.
func (k *third) absent(expr, what string) {
	k.t.Helper()
	if k.is("!!(" + expr + ")") {
		k.t.Errorf("%s:\n%s", what, k.text())
	}
}

// receipts counts what a client was told of a message, or with "" of any.
func receipts(c *waclient.Client, id string) (n int) {
	for _, r := range waclient.All[*events.Receipt](c) {
		if id == "" || slices.Contains(r.MessageIDs, id) {
			n++
		}
	}
	return n
}

// ends waits for a line of that kind at the end of the thread.
func (k *third) ends(kind string) {
	k.t.Helper()
	k.seen("[...document.querySelectorAll('.notice')].at(-1)?.dataset.notice === " + quote(kind))
}

// from opens the chat with whoever wrote that, in the list.
func (k *third) from(name, list string) {
	k.t.Helper()
	k.visit("/")
	find := fmt.Sprintf("[...document.querySelectorAll('%s a[data-chat]')].find(e => e.innerText.includes(%s))", list, quote(name))
	k.seen(find)
	k.press(list + " a[data-chat=" + quote(k.eval(find+".dataset.chat")) + "]")
	k.seen("document.querySelector('#thread [data-id]')")
}
