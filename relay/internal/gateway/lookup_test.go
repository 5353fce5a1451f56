package gateway_test

import (
	"sync"
	"testing"

	"ferry/relay/internal/gateway"
	"ferry/relay/wire"
)

func TestTwoRequestsForTheLastPreKey(t *testing.T) {
	w := start(t, gateway.Limits{})
	mo, eve := w.enlist("mo"), w.enlist("eve")
	ada := w.phone("+4915120001", "Ada", true)
	ada.prekeys = 1
	for _, u := range []*user{mo, eve} {
		u.connect()
	}
	ada.connectPhone()
	ask := wire.N("key", nil, wire.N("user", []wire.Attr{wire.J("jid", ada.jid), wire.A("reason", "identity")}))
	answers := make([]wire.Node, 2)
	var wg sync.WaitGroup
	for i, u := range []*user{mo, eve} {
		wg.Go(func() { answers[i] = u.iq("encrypt", "get", ask) })
	}
	wg.Wait()
	with := 0
	for _, a := range answers {
		bundle, ok := a.Path("list", "user")
		if j, _ := bundle.JID("jid"); !ok || j != ada.jid {
			t.Fatalf("the answer is %s", a)
		}
		for tag, size := range map[string]int{"registration": 4, "type": 1, "identity": 32} {
			if x, _ := bundle.Child(tag); len(x.Data) != size {
				t.Errorf("%s has %d bytes", tag, len(x.Data))
			}
		}
		if _, ok := bundle.Child("key"); ok {
			with++
		}
	}
	if with != 1 {
		t.Errorf("%d of two got the last key", with)
	}
	n := ada.until("the notice", func(n wire.Node) bool { return n.Tag == "notification" && n.Attr("type") == "encrypt" })
	if count, _ := n.Child("count"); count.Attr("value") != "0" {
		t.Errorf("told of low stock as %s", n)
	}
}

func TestABundleIsNotForEverybody(t *testing.T) {
	w := start(t, gateway.Limits{})
	mo, off := w.enlist("mo"), w.phone("+4915120002", "Off", false)
	mo.connect()
	off.connectPhone()
	ask := wire.N("key", nil,
		wire.N("user", []wire.Attr{wire.J("jid", off.jid)}), // third-party chats are off
		wire.N("user", []wire.Attr{wire.J("jid", mo.jid)}),  // oneself
		wire.N("user", []wire.Attr{wire.J("jid", wire.NewJID("123456789012345", wire.ServerLID))}),
		wire.N("user", []wire.Attr{wire.A("jid", "nonsense")}))
	list, _ := mo.iq("encrypt", "get", ask).Child("list")
	if len(list.Children) != 4 {
		t.Fatalf("%d answers to 4 questions", len(list.Children))
	}
	for i, want := range []string{"404", "", "404", "400"} {
		e, _ := list.Children[i].Child("error")
		if e.Attr("code") != want {
			t.Errorf("answer %d is %s", i, list.Children[i])
		}
	}
	if _, ok := list.Children[1].Child("key"); ok {
		t.Error("a device got one of its own one-time keys")
	}
	count, _ := mo.iq("encrypt", "get", wire.N("count", nil)).Child("count")
	if count.Attr("value") != "10" {
		t.Errorf("stock is %s", count.Attr("value"))
	}
}

func TestTheContactLookupOfAThirdParty(t *testing.T) {
	w := start(t, gateway.Limits{})
	mo := w.enlist("mo")
	on, off := w.phone("+4915120001", "Ada", true), w.phone("+4915120002", "Off", false)
	mo.connect()
	on.connectPhone()
	off.connectPhone()
	lookup := func(number string) wire.Node {
		got := mo.iq("usync", "get", wire.N("usync", []wire.Attr{wire.A("mode", "query"), wire.A("context", "interactive"), wire.A("sid", "1")},
			wire.N("query", nil, wire.N("contact", nil), wire.N("lid", nil), wire.N("third_party_chats", nil),
				wire.N("devices", []wire.Attr{wire.A("version", "2")}), wire.N("username", nil)),
			wire.N("list", nil, wire.N("user", nil, wire.Bytes("contact", nil, []byte(number))))))
		user, ok := got.Path("usync", "list", "user")
		if !ok {
			t.Fatalf("the answer is %s", got)
		}
		if c, _ := user.Child("contact"); c.Text() != number {
			t.Errorf("%q was echoed as %q", number, c.Text())
		}
		return user
	}
	state := func(n wire.Node) string {
		c, _ := n.Child("contact")
		s, _ := n.Child("third_party_chats")
		return c.Attr("type") + " " + s.Attr("state")
	}
	n := lookup("+49 151 20001")
	lid, _ := n.Child("lid")
	_, named := n.Child("username")
	device, ok := n.Path("devices", "device-list", "device")
	if state(n) != "in on" || n.Attr("jid") != on.jid.String() || n.Attr("pn_jid") != "4915120001@s.whatsapp.net" ||
		lid.Attr("val") != on.jid.String() || named || !ok || device.Attr("id") != "0" {
		t.Errorf("who can be reached: %s, %s", state(n), n)
	}
	n = lookup("+4915120002")
	if _, more := n.Child("devices"); state(n) != "in off" || n.Attr("jid") != "" || more {
		t.Errorf("who has them off: %s, %s", state(n), n)
	}
	if n = lookup("+4915120003"); state(n) != "out " || n.Attr("jid") != "" {
		t.Errorf("who is not there: %s, %s", state(n), n)
	}
	if n = lookup("hello"); state(n) != "invalid " {
		t.Errorf("what is no number: %s", state(n))
	}
}
