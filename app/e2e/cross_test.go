package e2e

import (
	"testing"

	"ferry/relay/relaytest"
	"ferry/relay/relaytest/waclient"
)

const adasPhone = "+4915112345678"

func TestAMessageCrossesBothWays(t *testing.T) {
	w := world(t, relaytest.Options{})
	ada := friend(t, w, adasPhone, "Ada")
	ctx := t.Context()

	p := openPage(t, localhost(w), t.TempDir())
	p.signUp("bob")
	p.turnOn()
	p.newChat("+49 151 12345678")

	// The first message comes from the browser.
	p.send("hello Ada")
	p.bubble("hello Ada", "delivered")
	m, err := ada.AwaitText(ctx, "hello Ada")
	if err != nil {
		t.Fatal(err)
	}
	if m.Info.PushName != "bob" {
		t.Errorf("Ada sees the name %q, want bob", m.Info.PushName)
	}
	if err := ada.MarkRead(ctx, m); err != nil {
		t.Fatal(err)
	}
	p.bubble("hello Ada", "read")

	// The answer: seen typing, received, and its receipts come back.
	bob := waclient.LID(alias(ctx, t, w, "bob"))
	if err := ada.Typing(ctx, bob, true); err != nil {
		t.Fatal(err)
	}
	p.seen("document.getElementById('typing')")
	id, err := ada.SendText(ctx, bob, "hello Bob")
	if err != nil {
		t.Fatal(err)
	}
	p.bubble("hello Bob", "received")
	for _, kind := range []string{"", "read"} {
		if _, err := ada.AwaitReceipt(ctx, id, waclient.ReceiptKind(kind)); err != nil {
			t.Fatalf("receipt %q: %v", kind, err)
		}
	}

	// All of it is there after a reload.
	p.openOnlyChat()
	p.bubble("hello Ada", "read")
	p.bubble("hello Bob", "received")
	if n := p.count("hello Bob"); n != 1 {
		t.Errorf("%d bubbles of one message", n)
	}
}

func TestTheFirstMessageComesFromWhatsApp(t *testing.T) {
	w := world(t, relaytest.Options{})
	ada := friend(t, w, adasPhone, "Ada")
	p := openPage(t, localhost(w), t.TempDir())
	p.signUp("carol")
	p.turnOn()
	p.visit("/")
	sendText(t, ada, alias(t.Context(), t, w, "carol"), "are you there?")
	p.seen("document.querySelector('#requests a[data-unread=\"1\"]')")
	p.press("#requests a[data-chat]")
	p.seen("document.getElementById('request-bar') && !document.getElementById('composer')") // she is a stranger
	p.press("#request-accept")
	p.seen("document.getElementById('composer')")
	p.bubble("are you there?", "received")
	p.seen("!document.querySelector('#chat-list a[data-unread=\"1\"]')")
	p.send("yes")
	p.bubble("yes", "delivered")
	if _, err := ada.AwaitText(t.Context(), "yes"); err != nil {
		t.Fatal(err)
	}
}

func TestEachSideIsOfflineInTurn(t *testing.T) {
	w := world(t, relaytest.Options{})
	ada := friend(t, w, adasPhone, "Ada")
	ctx := t.Context()
	profile := t.TempDir()
	p := openPage(t, localhost(w), profile)
	p.meetsAda("dora", "one")
	dora := waclient.LID(alias(ctx, t, w, "dora"))

	// Ada is offline: one tick, and two once she is back.
	ada.Disconnect()
	p.send("two")
	p.bubble("two", "sent")
	if err := ada.Connect(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := ada.AwaitText(ctx, "two"); err != nil {
		t.Fatal(err)
	}
	p.bubble("two", "delivered")

	// The browser is killed: what came meanwhile is there when it starts again.
	p.kill()
	for _, text := range []string{"three", "four"} {
		if _, err := ada.SendText(ctx, dora, text); err != nil {
			t.Fatal(err)
		}
	}
	p = openPage(t, localhost(w), profile)
	p.startsWith("document.querySelector('#chat-list a[data-unread=\"2\"]')", "dora")
	p.openOnlyChat()
	for _, text := range []string{"one", "two"} {
		p.bubble(text, "delivered")
	}
	for _, text := range []string{"three", "four"} {
		p.bubble(text, "received")
	}
	p.send("five")
	p.bubble("five", "delivered")
}

func TestSomeoneWhoCannotBeWrittenToIsANormalAnswer(t *testing.T) {
	w := world(t, relaytest.Options{})
	off := waclient.Sandbox{URL: w.GatewayURL}
	if err := off.CreatePhone(t.Context(), "+4915187654321", "Eve", false); err != nil {
		t.Fatal(err)
	}
	p := openPage(t, localhost(w), t.TempDir())
	p.signUp("frank")
	p.turnOn()
	for phone, status := range map[string]string{"+4915187654321": "no_consent", "+4915100000099": "not_found", "12": "invalid"} {
		p.visit("/new")
		p.fill("phone", phone)
		p.press("#phone-submit")
		p.seen("document.querySelector('#phone-answer[data-status=" + status + "]')")
	}
}

func TestTheBannerSaysWhichHopIsDown(t *testing.T) {
	w := world(t, relaytest.Options{Apart: true})
	ada := friend(t, w, adasPhone, "Ada")
	p := openPage(t, localhost(w), t.TempDir())
	p.meetsAda("grace", "before")

	w.StopGateway()
	p.seen("document.querySelector('#link-banner[data-hop=gateway]')")
	p.send("written while the gateway is down")
	p.bubble("written while the gateway is down", "pending")
	w.StartGateway()
	p.bubble("written while the gateway is down", "delivered")

	w.StopRelay()
	p.seen("document.querySelector('#link-banner[data-hop=relay]')")
	w.StartRelay()
	p.seen("!document.querySelector('#link-banner[data-hop]')")
	p.send("after")
	p.bubble("after", "delivered")
	if _, err := ada.AwaitText(t.Context(), "after"); err != nil {
		t.Fatal(err)
	}
	if d := ada.Duplicates(); len(d) != 0 {
		t.Errorf("shown more than once: %v", d)
	}
}

func TestEchoAnswersANewcomer(t *testing.T) {
	w := world(t, relaytest.Options{Echo: true})
	p := openPage(t, localhost(w), t.TempDir())
	p.signUp("heidi")
	p.turnOn()
	p.newChat("+49 1551 0000001")
	p.send("anyone home?")
	p.bubble("anyone home?", "read")
	p.seen("[...document.querySelectorAll('[data-state=received]')].length > 0")
}
