package e2e

import (
	"testing"

	"ferry/relay/relaytest"
)

// TestWhoIsWhomAndWhoMayWrite is about two people in two windows: a request that
// gives nothing away, one safety number for both, a block and a report.
func TestWhoIsWhomAndWhoMayWrite(t *testing.T) {
	w := relaytest.Start(t, relaytest.Options{Site: site(t)})
	kate := openPage(t, localhost(w), t.TempDir())
	kate.signUp("kate")
	kate.turnOn()
	ada := kate.beside("/wa")
	ada.becomes(adaPhone, "Ada")
	ada.takes(adaPath)

	// Before the first message it says what the other will see.
	kate.newChat(adaPhone)
	kate.seen("document.querySelector('#first')")
	kate.send("See https://example.org/pier")
	kate.seen("!document.querySelector('#first')")

	// To her it is a request: read, but not told, and its link is only text.
	ada.visit(adaPath + "/third-party")
	ada.seen("document.querySelector('#requests[data-count=\"1\"]')")
	ada.press("#requests a[data-chat$='@interop']")
	ada.bubble("See https://example.org/pier", "received")
	ada.seen("document.querySelector('#request-bar') && !document.querySelector('#composer') && !document.querySelector('#thread .bubble a')")
	kate.bubble("See https://example.org/pier", "sent")
	ada.press("#request-accept")
	ada.seen("document.querySelector('#thread .bubble a[href=\"https://example.org/pier\"]')")
	kate.bubble("See https://example.org/pier", "read")
	ada.send("At 9:10")
	kate.bubble("At 9:10", "received")

	// Both see one number, and each marks it for themselves.
	for _, p := range []*page{kate, ada} {
		p.press("#chat-info")
		p.seen("document.querySelectorAll('#safety-digits span').length === 12 && document.querySelector('.qr path')")
	}
	digits := "document.querySelector('#safety-digits').textContent"
	if a, b := kate.eval(digits), ada.eval(digits); a != b {
		t.Errorf("the numbers are %v and %v", a, b)
	}
	kate.press("#verify")
	kate.seen("document.querySelector('#safety[data-verified=true]') && document.querySelector('#unverify')")
	kate.press("#back")
	kate.seen("document.querySelector('#thread-title .verified') && document.querySelector('.notice[data-notice=verified]')")

	// A block holds at once, is not told, and can be taken back.
	ada.press("#back")
	ada.press("#chat-more")
	ada.press("#menu [data-action=block]")
	ada.press("#block-confirm")
	ada.seen("document.querySelector('#blocked-bar')")
	kate.send("Are you there?")
	kate.bubble("Are you there?", "sent")
	ada.visit(adaPath + "/settings/privacy/blocked")
	ada.press("#blocked-people [data-do=unblock]")
	ada.seen("!document.querySelector('#blocked-people')")
	kate.send("And now?")
	kate.bubble("And now?", "delivered")

	// A report shows what leaves, which is what the operator gets, and blocks.
	ada.visit(adaPath + "/third-party")
	ada.press("#chat-list a[data-chat$='@interop']")
	ada.bubble("And now?", "received")
	ada.press("#chat-more")
	ada.press("#menu [data-action=report]")
	ada.seen("document.querySelector('#report-leaves[data-ready=true] [data-shows]')")
	ada.press("#report-send")
	ada.seen("!document.querySelector('#report') && document.querySelector('#blocked-bar')")
	ada.eval("fetch('/sandbox/reports').then((r) => r.json()).then((all) => { window.told = all.reports.map((r) => [r.reason, ...r.messages.map((m) => atob(m.content))].join('|')).join() }), 0")
	ada.seen("window.told === 'spam|See https://example.org/pier|And now?'")
}
