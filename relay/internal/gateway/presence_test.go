package gateway_test

import (
	"testing"

	"ferry/relay/internal/gateway"
	"ferry/relay/internal/gateway/directory"
	"ferry/relay/wire"
)

// available says that the client is, or not, and returns when the gateway knows.
func (u *user) available(on bool) {
	u.w.t.Helper()
	kind := "unavailable"
	if on {
		kind = "available"
	}
	u.send(wire.N("presence", []wire.Attr{wire.A("type", kind), wire.A("name", u.sub)}))
	u.sync()
}

// sync returns when all that was sent before has been handled.
func (u *user) sync() {
	u.w.t.Helper()
	u.iq("w:p", "get")
}

func (u *user) subscribe(to wire.JID) {
	u.w.t.Helper()
	u.send(wire.N("presence", []wire.Attr{wire.A("type", "subscribe"), wire.J("to", to)}))
	u.sync()
}

func (u *user) set(name, value string) {
	u.w.t.Helper()
	got := u.iq("privacy", "set", wire.N("privacy", nil, wire.N("category", []wire.Attr{wire.A("name", name), wire.A("value", value)})))
	if got.Attr("type") != "result" {
		u.w.t.Fatalf("setting %s to %s: %s", name, value, got)
	}
}

// presenceOf waits for the next presence and says what it tells.
func (u *user) presenceOf(who wire.JID) string {
	u.w.t.Helper()
	n := u.untilTag("presence")
	switch {
	case n.Attr("from") != who.String():
		u.w.t.Fatalf("a presence of %s, want %s", n.Attr("from"), who)
	case n.Attr("type") == "":
		return "available"
	case n.Attr("last") == "deny":
		return "unavailable, unknown since when"
	case n.Attr("last") == "":
		return "unavailable, without last"
	}
	return "unavailable since a time"
}

func (u *user) want(who wire.JID, state string) {
	u.w.t.Helper()
	if got := u.presenceOf(who); got != state {
		u.w.t.Fatalf("%s is %s, want %s", who, got, state)
	}
}

// leaves passes over how often somebody is said to be available.
func (u *user) leaves(who wire.JID, state string) {
	u.w.t.Helper()
	got := "available"
	for got == "available" {
		got = u.presenceOf(who)
	}
	if got != state {
		u.w.t.Fatalf("%s is %s, want %s", who, got, state)
	}
}

// types sends a chat state, which the other gets after what came before.
func (u *user) types(to wire.JID) {
	u.w.t.Helper()
	u.send(wire.N("chatstate", []wire.Attr{wire.J("to", to)}, wire.N("composing", nil)))
}

func acquainted(t *testing.T) (w *world, mo, ada *user, alias wire.JID) {
	t.Helper()
	w = start(t, gateway.Limits{})
	mo, ada = w.enlist("mo"), w.phone("+4915120001", "Ada", true)
	mo.connect()
	ada.connectPhone()
	return w, mo, ada, directory.AliasOf(mo.jid).Bare()
}

func TestPresenceGoesBothWaysBetweenProducts(t *testing.T) {
	_, mo, ada, alias := acquainted(t)
	mo.available(true)
	ada.available(true)
	mo.subscribe(ada.jid)
	ada.subscribe(alias)
	mo.want(ada.jid, "available")
	ada.want(alias, "available")
	mo.available(false)
	ada.want(alias, "unavailable since a time")
	ada.available(false)
	ada.available(true)
	ada.want(alias, "unavailable since a time") // asked anew
	mo.available(true)
	mo.want(ada.jid, "available")
}

func TestWhoSharesNothingHearsNothing(t *testing.T) {
	_, mo, ada, alias := acquainted(t)
	mo.subscribe(ada.jid)
	ada.available(true)
	ada.subscribe(alias)
	ada.want(alias, "unavailable, unknown since when") // mo has never been there, as far as others know
	ada.types(alias)
	mo.until("typing", func(n wire.Node) bool {
		if n.Tag == "presence" {
			t.Errorf("a client that is not available heard %s", n)
		}
		return n.Tag == "chatstate"
	})
	mo.available(true)
	mo.want(ada.jid, "available")
	ada.want(alias, "available")
}

func TestPrivacySettingsAreReciprocal(t *testing.T) {
	_, mo, ada, alias := acquainted(t)
	mo.available(true)
	ada.available(true)
	mo.subscribe(ada.jid)
	ada.subscribe(alias)
	mo.want(ada.jid, "available")
	ada.want(alias, "available")

	ada.set("online", "all")
	ada.set("last", "none") // seen online, but not when last
	ada.available(false)
	mo.leaves(ada.jid, "unavailable, unknown since when")
	ada.available(true)
	mo.want(ada.jid, "available")
	mo.available(false)
	ada.leaves(alias, "unavailable, unknown since when") // mo shows it, but not to her
	mo.available(true)
	mo.want(ada.jid, "available")
	ada.want(alias, "available")
	ada.set("online", "match_last_seen") // not even seen online
	mo.leaves(ada.jid, "unavailable, unknown since when")
	got := ada.iq("privacy", "get")
	p, _ := got.Child("privacy")
	for _, x := range p.ChildrenOf("category") {
		if want := map[string]string{"last": "none", "online": "match_last_seen"}[x.Attr("name")]; want != "" && x.Attr("value") != want {
			t.Errorf("%s is %s", x.Attr("name"), x.Attr("value"))
		}
	}
	for _, bad := range [][2]string{{"last", "never"}, {"colour", "all"}, {"", ""}} {
		got := ada.iq("privacy", "set", wire.N("privacy", nil, wire.N("category", []wire.Attr{wire.A("name", bad[0]), wire.A("value", bad[1])})))
		if got.Attr("type") != "error" {
			t.Errorf("%q was set to %q", bad[0], bad[1])
		}
	}
}

func TestTypingNeedsConsent(t *testing.T) {
	w, mo, ada, alias := acquainted(t)
	off := w.phone("+4915120002", "Off", false)
	off.connectPhone()
	mo.types(off.jid)
	off.types(alias)
	mo.sync()
	off.sync()
	mo.types(ada.jid)
	ada.types(alias)
	if n := mo.untilTag("chatstate"); n.Attr("from") != ada.jid.String() {
		t.Errorf("typing of %s", n.Attr("from"))
	}
	if n := ada.untilTag("chatstate"); n.Attr("from") != alias.String() {
		t.Errorf("typing of %s", n.Attr("from"))
	}
	off.available(true)
	select {
	case n := <-off.got:
		if n.Tag == "chatstate" {
			t.Errorf("arrived: %s", n)
		}
	default:
	}
	// Recording passes as such; another word does not.
	mo.send(wire.N("chatstate", []wire.Attr{wire.J("to", ada.jid)}, wire.N("composing", []wire.Attr{wire.A("media", "smell")})))
	mo.send(wire.N("chatstate", []wire.Attr{wire.J("to", ada.jid)}, wire.N("composing", []wire.Attr{wire.A("media", "audio")})))
	for _, want := range []string{"", "audio"} {
		n := ada.untilTag("chatstate")
		if x, _ := n.Child("composing"); x.Attr("media") != want {
			t.Errorf("media %q, want %q", x.Attr("media"), want)
		}
	}
}
