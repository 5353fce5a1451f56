package e2e

import (
	"fmt"
	"slices"
	"sync"

	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"ferry/relay/relaytest/waclient"
)

func (k *talk) composes(media types.ChatPresenceMedia) func(*events.ChatPresence) bool {
	return func(p *events.ChatPresence) bool {
		return p.State == types.ChatPresenceComposing && p.Media == media && p.Sender.ToNonAD() == k.bob
	}
}

func (k *talk) pauses(p *events.ChatPresence) bool {
	return p.State == types.ChatPresencePaused && p.Sender.ToNonAD() == k.bob
}

func typing(k *talk) {
	n := heard[*events.ChatPresence](k)
	k.press("#composer")
	k.keys("hm")
	next(k, n, "bob to type", k.composes(types.ChatPresenceMediaText))
	n = heard[*events.ChatPresence](k)
	k.keys(kb.Backspace, kb.Backspace)
	next(k, n, "bob to stop", k.pauses)
	n = heard[*events.ChatPresence](k)
	k.press("#record")
	next(k, n, "bob to record", k.composes(types.ChatPresenceMediaAudio))
	n = heard[*events.ChatPresence](k)
	k.press("#record-cancel")
	if k.is("!!document.getElementById('confirm')") {
		k.press("#confirm")
	}
	next(k, n, "bob to stop recording", k.pauses)

	k.ok(k.ada.Typing(k.ctx, k.bob, true))
	k.seen("document.querySelector('#typing:not([data-recording])') && document.querySelector('#presence.chat-typing')")
	k.ok(k.ada.Recording(k.ctx, k.bob, true))
	k.seen("document.querySelector('#typing[data-recording]')")
	k.ok(k.ada.Recording(k.ctx, k.bob, false))
	k.seen("!document.getElementById('typing')")
	k.ok(k.ada.Typing(k.ctx, k.bob, true))
	k.seen("document.getElementById('typing')")
	k.hear("that is what I typed")
	k.seen("!document.getElementById('typing')")
}

func (k *talk) isThere(there bool) func(*events.Presence) bool {
	return func(p *events.Presence) bool { return p.From.ToNonAD() == k.bob && p.Unavailable == !there }
}

func presence(k *talk) {
	k.ok(k.ada.Available(k.ctx, true))
	k.seen("document.getElementById('presence')?.innerText === 'online'")
	k.ok(k.ada.Available(k.ctx, false))
	k.seen("document.getElementById('presence')?.innerText.startsWith('last seen')")
	k.ok(k.ada.Available(k.ctx, true))
	k.seen("document.getElementById('presence')?.innerText === 'online'")

	n := heard[*events.Presence](k)
	k.ok(k.ada.Subscribe(k.ctx, k.bob))
	next(k, n, "bob to be there", k.isThere(true))
	n = heard[*events.Presence](k)
	show := k.hide()
	if gone := next(k, n, "bob to go", k.isThere(false)); gone.LastSeen.IsZero() {
		k.t.Error("nobody said when bob was last seen")
	}
	n = heard[*events.Presence](k)
	show()
	next(k, n, "bob to come back", k.isThere(true))
}

// hide puts another tab before the page, and gives what brings it back.
func (k *talk) hide() (show func()) {
	k.t.Helper()
	if k.other == nil {
		front, err := chromedp.Call(k.page.ctx, target.CreateTarget, target.CreateTargetParams{URL: "about:blank"})
		k.ok(err)
		k.other = &front.TargetID
	}
	to := func(tab target.ID, state string) {
		k.t.Helper()
		_, err := chromedp.Call(k.page.ctx, target.ActivateTarget, target.ActivateTargetParams{TargetID: tab})
		k.ok(err)
		k.seen("document.visibilityState === '" + state + "'")
	}
	to(*k.other, "hidden")
	show = sync.OnceFunc(func() {
		k.t.Helper()
		to(chromedp.FromContext(k.page.ctx).Target.TargetID, "visible")
	})
	k.t.Cleanup(show) // also for those who come after
	return show
}

// isUnread makes sure that Ada was not told that bob has read a message. What
// he would have said of it is before the receipt for a message of after.
func (k *talk) isUnread(id, probe string) {
	k.t.Helper()
	later := k.did(k.ada.SendText(k.ctx, k.bob, probe))
	k.arrives(later)
	if kinds := k.ada.Receipts(id); slices.Contains(kinds, waclient.Read) {
		k.t.Errorf("whatsmeow was told that it was read: %q", kinds)
	}
}

func (k *talk) arrives(id string) {
	k.t.Helper()
	_, err := k.ada.AwaitReceipt(k.ctx, id, waclient.Delivered)
	k.ok(err)
}

func (k *talk) isRead(id string) {
	k.t.Helper()
	_, err := k.ada.AwaitReceipt(k.ctx, id, waclient.Read)
	k.ok(err)
}

func truelyRead(k *talk) {
	// On the screen of a page that is hidden.
	show := k.hide()
	id := k.did(k.ada.SendText(k.ctx, k.bob, "you are elsewhere"))
	k.arrives(id)
	k.seen("document.title.startsWith('(1)')") // the page has it
	k.isUnread(id, "still elsewhere")
	show()
	k.isRead(id)
	k.seen("!document.title.startsWith('(')")

	// In a chat that is not open.
	k.press("#settings-button")
	k.seen("location.pathname.startsWith('/settings')")
	id = k.did(k.ada.SendText(k.ctx, k.bob, "you changed your settings"))
	k.seen("document.querySelector('#chat-list a[data-unread=\"1\"]')")
	k.isUnread(id, "you still do")
	k.press("#chat-list a[data-chat]")
	k.isRead(id)

	// Below what is on the screen.
	for i := range 30 {
		k.did(k.ada.SendText(k.ctx, k.bob, fmt.Sprintf("line %d", i)))
	}
	k.bubble("line 29", "received")
	k.seen("document.getElementById('jump').disabled")
	k.eval("document.getElementById('thread').focus()")
	for range 4 {
		k.keys(kb.PageUp)
	}
	k.seen("!document.getElementById('jump').disabled")
	id = k.did(k.ada.SendText(k.ctx, k.bob, "down here"))
	k.seen("document.querySelector('#jump .badge')?.innerText === '1'")
	k.isUnread(id, "down there")
	k.press("#jump")
	k.isRead(id)
	k.seen("document.getElementById('jump').disabled")
}

// privacy turns a switch of the settings, by mouse.
func (k *talk) privacy(name string, on bool) {
	k.t.Helper()
	k.visit("/settings/privacy")
	k.seen("document.querySelector('#privacy-" + name + ":not(:disabled)')")
	k.press("label[for=privacy-" + name + "]")
	k.seen(fmt.Sprintf("document.getElementById('privacy-%s').checked === %t", name, on))
	k.visit(k.path)
	k.seen("document.querySelector('#thread [data-id]')")
}

func readReceiptsOff(k *talk) {
	k.privacy("read", false)
	id := k.hear("have you read this?")
	k.isUnread(id, "or this?")
	// Nor is bob told.
	mine := k.say("have you read mine?")
	m := k.gets(k.ada.AwaitText(k.ctx, "have you read mine?"))
	k.ok(k.ada.MarkRead(k.ctx, m))
	k.hear("I have")
	k.shows(mine, "e.dataset.state === 'delivered'")
	k.visit("/settings/privacy")
	k.seen("document.querySelector('#privacy-read:not(:disabled):not(:checked)')") // kept

	k.privacy("read", true)
	k.isRead(k.hear("and now?"))
	if kinds := k.ada.Receipts(id); slices.Contains(kinds, waclient.Read) {
		k.t.Errorf("what was read in private was told after all: %q", kinds)
	}
	mine = k.say("and mine now?")
	m = k.gets(k.ada.AwaitText(k.ctx, "and mine now?"))
	k.ok(k.ada.MarkRead(k.ctx, m))
	k.shows(mine, "e.dataset.state === 'read'")
}

func typingOff(k *talk) {
	k.privacy("typing", false)
	n := heard[*events.ChatPresence](k)
	k.eval("(window.typed = 0, new MutationObserver(() => { if (document.getElementById('typing')) window.typed++ }).observe(document, {subtree: true, childList: true}))")
	k.ok(k.ada.Typing(k.ctx, k.bob, true))
	k.say("written in private")
	k.ok(k.ada.Typing(k.ctx, k.bob, false))
	k.hear("so was this")
	if !k.is("window.typed === 0") {
		k.t.Error("bob sees Ada type, but does not tell her when he does")
	}
	k.privacy("typing", true)
	k.press("#composer")
	k.keys("h")
	next(k, n, "bob to type", k.composes(types.ChatPresenceMediaText))
	typed := 0
	for _, p := range waclient.All[*events.ChatPresence](k.ada)[n:] {
		if k.composes(types.ChatPresenceMediaText)(p) {
			typed++
		}
	}
	if typed != 1 {
		k.t.Errorf("whatsmeow saw bob type %d times, want once", typed)
	}
	k.keys(kb.Backspace)
	k.ok(k.ada.Typing(k.ctx, k.bob, true))
	k.seen("document.getElementById('typing')")
	k.ok(k.ada.Typing(k.ctx, k.bob, false))
}

func lastSeenOff(k *talk) {
	k.ok(k.ada.Available(k.ctx, true))
	k.ok(k.ada.Subscribe(k.ctx, k.bob))
	k.seen("document.getElementById('presence')?.innerText === 'online'")
	n := heard[*events.Presence](k)
	k.privacy("last-seen", false)
	next(k, n, "bob to be gone", k.isThere(false))
	k.seen("!document.getElementById('presence')")
	n = heard[*events.Presence](k)
	k.ok(k.ada.Subscribe(k.ctx, k.bob)) // who asks is told nothing, neither
	k.ok(k.ada.Available(k.ctx, false))
	k.ok(k.ada.Available(k.ctx, true))
	k.say("am I here?")
	k.hear("who knows")
	k.seen("!document.getElementById('presence')")
	for _, p := range waclient.All[*events.Presence](k.ada)[n:] {
		if p.From.ToNonAD() == k.bob && (!p.Unavailable || !p.LastSeen.IsZero()) {
			k.t.Errorf("whatsmeow is told %+v", p)
		}
	}
	n = heard[*events.Presence](k)
	k.privacy("last-seen", true)
	next(k, n, "bob to be there", k.isThere(true))
	k.seen("document.getElementById('presence')?.innerText === 'online'")
}
