package e2e

import (
	"fmt"
	"os"
	"testing"

	"ferry/relay/relaytest"
)

// TestSoakManyWaitingMessages has many messages wait for a closed browser. They
// arrive once each and in order, while the page shows progress and can be used.
func TestSoakManyWaitingMessages(t *testing.T) {
	n := 300
	if os.Getenv("FERRY_SOAK") != "" {
		n = 10_000
	}
	w := world(t, relaytest.Options{})
	ada := friend(t, w, adasPhone, "Ada")
	profile := t.TempDir()
	p := openPage(t, localhost(w), profile)
	p.signUp("ivan")
	p.turnOn()
	p.newChat(adasPhone)
	p.send("send me everything")
	p.bubble("send me everything", "delivered")
	p.kill()

	to := alias(t.Context(), t, w, "ivan")
	for i := range n {
		sendText(t, ada, to, fmt.Sprintf("message %d of %d", i+1, n))
	}

	p = openPage(t, localhost(w), profile)
	if n > 1000 { // fewer are there before one could look
		p.startsWith("document.querySelector('#link-banner[data-phase=catchingUp]')", "ivan")
		p.press("#settings-button")
		p.seen("location.pathname.startsWith('/settings')")
		if !p.is("!!document.querySelector('#link-banner[data-phase=catchingUp]')") {
			t.Error("the page could only be used when all had arrived")
		}
		p.visit("/")
	}
	p.startsWith(fmt.Sprintf("document.querySelector('#chat-list a[data-unread=\"%d\"]')", n), "ivan")
	p.press("#chat-list a[data-chat]")
	p.bubble(fmt.Sprintf("message 1 of %d", n), "received") // it opens where reading goes on
	p.press("#jump")
	p.bubble(fmt.Sprintf("message %d of %d", n, n), "received")
	p.bubble(fmt.Sprintf("message %d of %d", n-19, n), "received")
	for i := n; i > n-20; i-- { // the end of the thread, in order and once each
		text := fmt.Sprintf("message %d of %d", i, n)
		if got := p.count(text); got != 1 {
			t.Errorf("%d bubbles of %q", got, text)
		}
	}
	if !p.is(fmt.Sprintf(`(() => {
		const seen = [...document.querySelectorAll('[data-id][data-state=received]')]
			.map(e => [e.getBoundingClientRect().top, Number(e.innerText.match(/message (\d+)/)?.[1])]).sort((a, b) => a[0] - b[0]);
		return seen.every((e, i) => i === 0 || e[1] === seen[i-1][1] + 1) && seen.at(-1)[1] === %d;
	})()`, n)) {
		p.fail("the thread is out of order")
	}
	if d := ada.Duplicates(); len(d) != 0 {
		t.Errorf("shown more than once: %v", d)
	}
}
