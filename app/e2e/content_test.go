package e2e

import (
	"context"
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"ferry/app/e2e/chrome"
	"ferry/relay/relaytest"
	"ferry/relay/relaytest/waclient"
)

// talk is bob at a browser tab and Ada on an unmodified whatsmeow, in their chat.
type talk struct {
	*page
	w    *relaytest.World
	ada  *waclient.Client
	bob  types.JID // as Ada's client knows him
	path string    // of the chat with Ada
	ctx  context.Context

	other *target.ID // a tab before the page
}

// TestContentCrossesBothWays plays each feature between a page and whatsmeow,
// in one browser: what one side does, the other shows.
func TestContentCrossesBothWays(t *testing.T) {
	k := startTalk(t)
	for _, c := range []struct {
		name string
		play func(*talk)
	}{
		{"a reply quotes, and its quote leads back", replies},
		{"a reaction is added, changed and removed", reactions},
		{"a message is edited", edits},
		{"a message is deleted for everyone", revocations},
		{"a message is deleted for me alone", deletions},
		{"typing and recording are seen", typing},
		{"being there and last seen", presence},
		{"read only when truly read", truelyRead},
		{"no read receipts where they are off", readReceiptsOff},
		{"no typing where it is off", typingOff},
		{"no last seen where it is off", lastSeenOff},
		{"mentions are kept", mentions},
		{"a contact card", contactCard},
		{"a place", place},
		{"what cannot be shown has a name", placeholders},
		{"formatting is elements, and hostile text is text", formatting},
		{"an emoji is found, chosen and remembered", emojiPicker},
		{"a name between colons becomes an emoji", shortcodes},
		{"drafts are kept for each chat", drafts},
		{"a message is found and shown", search},
		{"a message is found within a chat", searchInChat},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
			defer cancel()
			p := *k.page
			p.t = t
			here := *k
			here.page, here.ctx = &p, ctx
			here.open()
			defer func() { k.other = here.other }()
			c.play(&here)
		})
	}
	if d := k.ada.Duplicates(); len(d) != 0 {
		t.Errorf("shown more than once: %v", d)
	}
}

func startTalk(t *testing.T) *talk {
	w := world(t, relaytest.Options{})
	k := &talk{w: w, ada: friend(t, w, adasPhone, "Ada"), ctx: t.Context()}
	k.page = openPageIn(t, localhost(w), chrome.Options{Profile: t.TempDir(), Mic: true})
	// What moves would be missed by the pointer.
	_, err := chromedp.Call(k.page.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}},
	})
	k.ok(err)
	k.signUp("bob")
	k.turnOn()
	k.newChat(adasPhone)
	k.path = k.eval("location.pathname")
	k.say("hello Ada")
	k.bob = waclient.LID(alias(t.Context(), t, w, "bob"))
	return k
}

// open shows the chat with Ada, without a new page if the last one is in order.
func (k *talk) open() {
	k.t.Helper()
	if k.eval("location.pathname") != k.path || k.is("!!document.querySelector('dialog, #reply-bar, #emoji, #find-bar')") {
		k.visit(k.path)
	}
	k.seen("document.getElementById('composer')")
	k.seen("document.querySelector('#thread [data-id]')")
}

// say sends a text from the page, and gives the message's id once Ada's client
// has it.
func (k *talk) say(text string) (id string) {
	k.t.Helper()
	k.send(text)
	k.bubble(text, "delivered")
	m, err := k.ada.AwaitText(k.ctx, text)
	k.ok(err)
	if id := k.idOf(text); id != m.Info.ID {
		k.t.Fatalf("the page calls it %q, whatsmeow %q", id, m.Info.ID)
	}
	return m.Info.ID
}

// hear sends a text from Ada, and gives the message's id once the page shows it.
func (k *talk) hear(text string) (id string) {
	k.t.Helper()
	id, err := k.ada.SendText(k.ctx, k.bob, text)
	k.ok(err)
	k.shows(id, "e.innerText.includes("+quote(text)+") && e.dataset.state === 'received'")
	return id
}

// idOf is the message of the newest bubble with a text.
func (k *talk) idOf(text string) string {
	k.t.Helper()
	return k.eval(fmt.Sprintf("[...document.querySelectorAll('[data-id]')].filter(e => e.innerText.includes(%s)).at(-1).dataset.id", quote(text)))
}

// shows waits until a condition holds for the bubble e of a message.
func (k *talk) shows(id, condition string) {
	k.t.Helper()
	k.seen(fmt.Sprintf(`(e => e && (%s))(document.querySelector(%s))`, condition, quote(bubbleOf(id))))
}

func bubbleOf(id string) string { return fmt.Sprintf(`[data-id="%s"]`, id) }

// act opens the actions of a message with the mouse and takes one.
func (k *talk) act(id, selector string) {
	k.t.Helper()
	k.press("#more-" + id)
	k.press(fmt.Sprintf(`#menu[data-for="%s"] %s`, id, selector))
	k.seen("!document.getElementById('menu')")
}

// gets gives what Ada's client received.
func (k *talk) gets(m *events.Message, err error) *events.Message {
	k.t.Helper()
	k.ok(err)
	return m
}

func (k *talk) ok(err error) {
	k.t.Helper()
	if err != nil {
		k.fail("%v", err)
	}
}

// did passes on what Ada's client sent.
func (k *talk) did(id string, err error) string {
	k.t.Helper()
	k.ok(err)
	return id
}

// next waits for an event of Ada's client that fits, after the first n of its
// type; there is no saying when those came.
func next[T any](k *talk, n int, what string, fits func(T) bool) T {
	k.t.Helper()
	at := 0
	e, err := waclient.Await(k.ctx, k.ada, func(e T) bool {
		at++
		return at > n && fits(e)
	})
	if err != nil {
		k.fail("Ada waits for %s: %v", what, err)
	}
	return e
}

// heard counts the events of a type at Ada's client so far.
func heard[T any](k *talk) int { return len(waclient.All[T](k.ada)) }

// keys presses keys where the focus is.
func (p *page) keys(all ...string) {
	p.t.Helper()
	for _, key := range all {
		p.do(chromedp.KeyEvent(key))
	}
}

// takenKey is a key that the page takes for itself: a browser then makes no
// character of it, but the protocol would.
func takenKey(key string) chromedp.Action[chromedp.Void] {
	return chromedp.KeyEvent(key, func(e *input.DispatchKeyEventParams) {
		if e.Type == kb.KeyChar {
			e.Modifiers |= int64(chromedp.ModifierCtrl) // chromedp leaves it out
		}
	})
}

// inView waits until a message is on the screen, where it can be read.
func (k *talk) inView(id string) {
	k.t.Helper()
	k.shows(id, `(r => { const b = document.getElementById('thread').getBoundingClientRect(); return r.top >= b.top && r.bottom <= b.bottom })(e.getBoundingClientRect())`)
}

// without asks the bubble of a message for what it must not hold.
func (k *talk) without(id, selector string) {
	k.t.Helper()
	if held := k.eval(fmt.Sprintf("document.querySelector(%s).querySelector(%s)?.outerHTML ?? ''", quote(bubbleOf(id)), quote(selector))); held != "" {
		k.t.Errorf("the bubble holds %s", held)
	}
}

// reload loads the page anew, as its user would.
func (k *talk) reload() {
	k.t.Helper()
	k.visit(k.path)
	k.seen("document.getElementById('composer')")
	k.seen("document.querySelector('#thread [data-id]')")
}

// value is what is written in a text field.
func (p *page) value(id, want string) {
	p.t.Helper()
	p.seen(fmt.Sprintf("document.getElementById(%s)?.value === %s", quote(id), quote(want)))
}
