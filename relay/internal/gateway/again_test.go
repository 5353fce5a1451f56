package gateway_test

import (
	"testing"

	"ferry/relay/internal/gateway"
	"ferry/relay/internal/gateway/directory"
	"ferry/relay/wire"
)

func askAgain(n wire.Node, count string) wire.Node {
	r := receipt(n, "retry")
	r.Children = []wire.Node{
		wire.N("retry", []wire.Attr{wire.A("count", count), wire.A("id", n.Attr("id")), wire.A("v", "1")}),
		wire.Bytes("registration", nil, []byte{0, 0, 0, 1}),
	}
	return r
}

func ciphertext(n wire.Node) string {
	enc, _ := n.Child("enc")
	return string(enc.Data)
}

// anew is message, encrypted another time.
func anew(id, what string, to wire.JID, devices ...wire.JID) wire.Node {
	n := message(id, to, devices...)
	participants := n.Children[0]
	for i, x := range participants.Children {
		x.Children[0].Data = []byte(what + " for " + devices[i].String())
	}
	return n
}

// Baileys answers the retry of a device 0 with the whole message, under the id that it had.
func TestAWholeMessageIsSentAgainToTheDevicesThatAskedForIt(t *testing.T) {
	w := start(t, gateway.Limits{})
	mo, mo2 := w.enlist("mo"), w.enlist("mo")
	ada := w.phone("+4915120001", "Ada", true)
	mo.connect()
	mo2.connect()
	ada.connectPhone()
	alias, alias2 := directory.AliasOf(mo.jid), directory.AliasOf(mo2.jid)
	ada.ask(message("M1", alias.Bare(), alias, alias2))
	mo2.ask(receipt(mo2.until("the message", withID("M1")), ""))
	n := mo.until("the message", withID("M1"))
	for _, round := range []string{"1", "2"} { // what is sent again may be unreadable again
		mo.ask(askAgain(n, round))
		if r := ada.until("the retry", func(n wire.Node) bool { return n.Attr("type") == "retry" }); r.Attr("from") != alias.String() {
			t.Fatalf("the retry arrived as %s", r)
		}
		for range 2 { // repeated before the ack, it is still one
			if got := ada.ask(anew("M1", "time "+round, alias.Bare(), alias, alias2)); got.Attr("error") != "" {
				t.Fatalf("acked with %s", got)
			}
		}
		n = mo.until("the message again", withID("M1"))
		if got := ciphertext(n); got != "time "+round+" for "+alias.String() {
			t.Errorf("round %s brought %q", round, got)
		}
	}
	mo.ask(receipt(n, ""))
	ada.ask(message("M2", alias.Bare(), alias, alias2))
	for who, u := range map[string]*user{"the one that asked": mo, "the other one": mo2} {
		if n := u.untilTag("message"); n.Attr("id") != "M2" {
			t.Errorf("%s got %s once more", who, n)
		}
	}
}

// Baileys sends a message again with both: the ciphertext for the device directly inside, and a list of participants.
func TestAMessageSentAgainToOneDeviceMayHaveAListOfParticipantsToo(t *testing.T) {
	w := start(t, gateway.Limits{})
	mo, ada := w.enlist("mo"), w.phone("+4915120001", "Ada", true)
	mo.connect()
	ada.connectPhone()
	alias := directory.AliasOf(mo.jid)
	ada.ask(message("M1", alias.Bare(), alias))
	mo.ask(askAgain(mo.until("the message", withID("M1")), "1"))
	resend := anew("M1", "listed", alias, alias)
	resend.Attrs = append(resend.Attrs, wire.A("device_fanout", "false"))
	resend.Children = append([]wire.Node{
		wire.Bytes("enc", []wire.Attr{wire.A("v", "2"), wire.A("type", "pkmsg"), wire.A("count", "1")}, []byte("direct")),
	}, resend.Children...)
	if got := ada.ask(resend); got.Attr("error") != "" {
		t.Fatalf("acked with %s", got)
	}
	if got := ciphertext(mo.until("the message again", withID("M1"))); got != "direct" {
		t.Errorf("it brought %q", got)
	}
}

// Ids are the sender's: nothing says that one is used once only.
func TestAnIdThatIsUsedTowardsAnotherIsAnotherMessage(t *testing.T) {
	w := start(t, gateway.Limits{})
	mo, ada, bob := w.enlist("mo"), w.phone("+4915120001", "Ada", true), w.phone("+4915120002", "Bob", true)
	mo.connect()
	ada.connectPhone()
	bob.connectPhone()
	pn := wire.JID{User: "4915120001", Server: wire.ServerUser}
	for _, to := range []*user{ada, bob} {
		if got := mo.says1("M", to); got != "ok" {
			t.Fatal(got)
		}
		n := to.until("the message", withID("M"))
		if want := "M for " + to.jid.String(); ciphertext(n) != want {
			t.Errorf("%q, want %q", ciphertext(n), want)
		}
		to.ask(receipt(n, ""))
	}
	// A repetition is one in whatever form the receiver is named.
	if got := told(mo.ask(message("M", pn, pn))); got != "ok" {
		t.Errorf("repeated: %s", got)
	}
	if got := mo.says1("N", ada); got != "ok" {
		t.Fatal(got)
	}
	if n := ada.untilTag("message"); n.Attr("id") != "N" {
		t.Errorf("the repetition came as %s", n)
	}
	// Only what was asked for in the one chat is sent again there.
	bob.ask(askAgain(wire.N("message", []wire.Attr{wire.A("id", "M"), wire.J("from", mo.jid)}), "1"))
	mo.until("the retry", func(n wire.Node) bool { return n.Attr("type") == "retry" })
	if got := told(mo.ask(anew("M", "again", ada.jid, ada.jid))); got != "ok" {
		t.Errorf("to ada: %s", got)
	}
	if got := told(mo.ask(anew("M", "again", bob.jid, bob.jid))); got != "ok" {
		t.Errorf("to bob: %s", got)
	}
	if n := bob.until("the message again", withID("M")); ciphertext(n) != "again for "+bob.jid.String() {
		t.Errorf("bob got %q", ciphertext(n))
	}
	mo.says1("O", ada)
	if n := ada.untilTag("message"); n.Attr("id") != "O" {
		t.Errorf("ada got %s", n)
	}
}

func TestADeviceAsksItsSiblingForACopyAgain(t *testing.T) {
	w := start(t, gateway.Limits{})
	mo, mo2, ada := w.enlist("mo"), w.enlist("mo"), w.phone("+4915120001", "Ada", true)
	mo.connect()
	mo2.connect()
	ada.connectPhone()
	if got := told(mo.ask(message("M", ada.jid, ada.jid, mo2.jid))); got != "ok" {
		t.Fatal(got)
	}
	ask := askAgain(mo2.until("the copy", withID("M")), "1")
	ask.Attrs = append(ask.Attrs, wire.J("recipient", ada.jid.Bare()))
	mo2.ask(ask)
	mo.until("the retry", func(n wire.Node) bool { return n.Attr("type") == "retry" })
	if got := told(mo.ask(anew("M", "again", ada.jid, ada.jid, mo2.jid))); got != "ok" {
		t.Fatal(got)
	}
	if n := mo2.until("the copy again", withID("M")); ciphertext(n) != "again for "+mo2.jid.String() {
		t.Errorf("the copy is %q", ciphertext(n))
	}
}
