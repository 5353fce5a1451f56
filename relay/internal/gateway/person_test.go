package gateway_test

import (
	"strings"
	"testing"

	"ferry/relay/internal/gateway"
	"ferry/relay/internal/gateway/directory"
	"ferry/relay/internal/gateway/enlist"
	"ferry/relay/wire"
)

func TestAWhatsAppUserFindsAPersonByProviderAndName(t *testing.T) {
	w := start(t, gateway.Limits{})
	mo, ada := w.enlist("mo"), w.phone("+4915120000077", "Ada", true)
	mo.connect()
	ada.connectPhone()
	name := func() string {
		a, err := w.gw.Directory().Account(t.Context(), mo.jid)
		check(t, err)
		return a.Name
	}()
	ask := func(u *user, provider, username string) wire.Node {
		return u.iq(wire.NamespaceInterop, "get", wire.N("user", []wire.Attr{wire.A("provider", provider), wire.A("username", username)}))
	}
	found := func(provider, username string) string {
		t.Helper()
		n := ask(ada, provider, username)
		x, ok := n.Child("user")
		if n.Attr("type") != "result" || !ok || x.Attr("provider") != provider || x.Attr("username") != username || x.Attr("name") == "" {
			t.Fatalf("%s %s: %s", provider, username, n)
		}
		jid, _ := x.JID("jid")
		return strings.TrimSpace(jid.String() + " " + x.Attr("state"))
	}
	here := mo.jid.Bare().String()
	if got := found("7", name); got != here {
		t.Errorf("found %q, want %q", got, here)
	}
	if got := found("7", "nobody"); got != (wire.JID{}).String() {
		t.Errorf("nobody is %q", got)
	}
	for what, change := range map[string]func(*directory.Chats){
		"off":            func(c *directory.Chats) { c.Consent.Off = true },
		"app not chosen": func(c *directory.Chats) { c.Consent.All = false; c.Consent.Providers[7] = false },
		"app blocked":    func(c *directory.Chats) { c.BlockedProviders[7] = true },
	} {
		chats(change)(t, w, nil, ada)
		for _, who := range []string{name, "nobody"} {
			if got := found("7", who); got != "off" {
				t.Errorf("%s: %s is %q", what, who, got)
			}
		}
		chats(func(c *directory.Chats) {
			c.Consent.Off, c.Consent.All = false, true
			clear(c.Consent.Providers)
			clear(c.BlockedProviders)
		})(t, w, nil, ada)
	}
	check(t, w.gw.MarkProvider(t.Context(), 7, enlist.MarkSuspended))
	if got := found("7", name); got != (wire.JID{}).String() {
		t.Errorf("of a suspended provider: %q", got)
	}
	for _, bad := range [][2]string{{"9", "mo"}, {"x", "mo"}, {"7", ""}, {"", ""}, {"7", strings.Repeat("m", 300)}} {
		if n := ask(ada, bad[0], bad[1]); n.Attr("type") != "error" {
			t.Errorf("%.20q: %s", bad, n)
		}
	}
}

func TestAThirdPartyUserFindsNobodyByName(t *testing.T) {
	w := start(t, gateway.Limits{})
	mo := w.enlist("mo")
	mo.connect()
	n := mo.iq(wire.NamespaceInterop, "get", wire.N("user", []wire.Attr{wire.A("provider", "7"), wire.A("username", "mo")}))
	if n.Attr("type") != "error" {
		t.Errorf("told %s", n)
	}
}
