package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"ferry/relay/internal/gateway"
	"ferry/relay/internal/gateway/directory"
	"ferry/relay/internal/gateway/enlist"
	"ferry/relay/wire"

	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
)

// says sends a change about third-party chats and returns the answer's child.
func (u *user) says(x wire.Node) wire.Node {
	u.w.t.Helper()
	got := u.iq(wire.NamespaceInterop, "set", x)
	if got.Attr("type") != "result" {
		u.w.t.Fatalf("%s: %s", x, got)
	}
	if len(got.Children) == 0 {
		return wire.Node{}
	}
	return got.Children[0]
}

// hears waits for a notification about third-party chats.
func (u *user) hears(tag string) wire.Node {
	u.w.t.Helper()
	n := u.until("a notification of "+tag, func(n wire.Node) bool {
		_, ok := n.Child(tag)
		return n.Tag == "notification" && n.Attr("type") == wire.NamespaceInterop && ok
	})
	x, _ := n.Child(tag)
	return x
}

func (u *user) says1(id string, to *user) string {
	u.w.t.Helper()
	return told(u.ask(message(id, to.jid, to.jid)))
}

func asksFor(t *testing.T, w *world, ada *user) {
	t.Helper()
	chats(func(c *directory.Chats) { c.Requests = true })(t, w, nil, ada)
}

func TestAWhatsAppUserSaysWhatToTakeAndTheOthersHear(t *testing.T) {
	w, mo, ada, _ := acquainted(t)
	second := w.companionOf(ada)
	if got := mo.says1("M", ada); got != "ok" {
		t.Fatal(got)
	}
	for _, c := range []struct {
		x         wire.Node
		want, app string // the answer's state inbox requests, and the app's state
		heard     string // by mo; "" nothing
	}{
		{wire.N("third_party_chats", []wire.Attr{wire.A("inbox", "combined")}), "on combined off", "on", ""},
		{wire.N("third_party_chats", []wire.Attr{wire.A("requests", "on")}), "on combined on", "on", ""},
		{wire.N("third_party_chats", nil, wire.N("app", []wire.Attr{wire.A("id", "7"), wire.A("state", "off")})), "on combined on", "off", "off"},
		{wire.N("third_party_chats", nil, wire.N("app", []wire.Attr{wire.A("id", "7"), wire.A("state", "on")})), "on combined on", "on", "on"},
		{wire.N("third_party_chats", []wire.Attr{wire.A("state", "off")}), "off combined on", "on", "off"},
		{wire.N("third_party_chats", []wire.Attr{wire.A("state", "on"), wire.A("requests", "off")}), "on combined off", "on", "on"},
		{wire.N("provider", []wire.Attr{wire.A("id", "7"), wire.A("action", "block")}), "on combined off", "on", "off"},
		{wire.N("provider", []wire.Attr{wire.A("id", "7"), wire.A("action", "unblock")}), "on combined off", "on", "on"},
	} {
		for i, n := range []wire.Node{ada.says(c.x), second.hears("third_party_chats")} {
			app, _ := n.Child("app")
			if got := strings.Join([]string{n.Attr("state"), n.Attr("inbox"), n.Attr("requests")}, " "); got != c.want || app.Attr("state") != c.app || app.Attr("id") != "7" {
				t.Errorf("%s: %d: %s with %s", c.x, i, got, app)
			}
		}
		if c.heard == "" {
			continue
		}
		n := mo.hears("third_party_chats")
		if from, _ := n.JID("jid"); n.Attr("state") != c.heard || from != ada.jid || len(n.Children) > 0 || n.Attr("inbox") != "" {
			t.Errorf("%s: mo hears %s", c.x, n)
		}
	}
	if got := ada.iq(wire.NamespaceInterop, "get", wire.N("third_party_chats", nil)); got.Children[0].Attr("state") != "on" {
		t.Error(got)
	}
	for _, bad := range []wire.Node{
		wire.N("third_party_chats", []wire.Attr{wire.A("state", "perhaps")}), wire.N("third_party_chats", []wire.Attr{wire.A("inbox", "both")}),
		wire.N("third_party_chats", nil, wire.N("app", []wire.Attr{wire.A("id", "9"), wire.A("state", "on")})),
		wire.N("provider", []wire.Attr{wire.A("id", "7")}), wire.N("accept", []wire.Attr{wire.J("jid", ada.jid)}), wire.N("accept", nil),
		wire.N("report", []wire.Attr{wire.J("jid", ada.jid), wire.A("reason", "spam")}), wire.N("nonsense", nil),
	} {
		if got := ada.iq(wire.NamespaceInterop, "set", bad); got.Attr("type") != "error" {
			t.Errorf("%s: %s", bad, got)
		}
	}
	if got := mo.iq(wire.NamespaceInterop, "set", wire.N("third_party_chats", []wire.Attr{wire.A("state", "off")})); got.Attr("type") != "error" {
		t.Errorf("a third-party user: %s", got)
	}
}

// companionOf links one more client to a phone, by hand.
func (w *world) companionOf(phone *user) *user {
	w.t.Helper()
	u := w.enlist("unused " + phone.sub) // for its keys
	dir := w.gw.Directory()
	n, index, err := dir.ReserveCompanion(w.t.Context(), phone.jid)
	check(w.t, err)
	_, err = dir.AddCompanion(w.t.Context(), phone.jid.WithDevice(n), index, directory.Companion{Noise: u.noise.Public()}, nil, directory.KeyList{Time: time.Now()})
	check(w.t, err)
	u.jid, u.sub = phone.jid.WithDevice(n), phone.sub
	var digits uint64
	_, err = fmt.Sscan(u.sub, &digits)
	check(w.t, err)
	first, err := u.login(&wire.ClientPayload{Username: digits, Device: uint32(n), HasDevice: true, Passive: true, Pull: true})
	if err != nil || first.Tag != "success" {
		w.t.Fatalf("%v, %v", first, err)
	}
	go u.read(u.ch, u.got, u.dead)
	return u
}

func TestWhatIsWatchedEndsWithConsentAndBlocks(t *testing.T) {
	w, mo, ada, alias := acquainted(t)
	mo.says1("M", ada)
	mo.available(true)
	ada.available(true)
	mo.subscribe(ada.jid)
	ada.subscribe(alias)
	mo.want(ada.jid, "available")
	ada.want(alias, "available")
	set := func(on bool) {
		chats(func(c *directory.Chats) { c.Consent.Off = !on })(t, w, mo, ada)
	}
	set(false)
	mo.leaves(ada.jid, "unavailable, unknown since when")
	ada.leaves(alias, "unavailable, unknown since when")
	ada.available(false) // nobody hears of it
	ada.available(true)
	set(true)
	mo.want(ada.jid, "available")
	ada.want(alias, "available")
	blocks(func(mo, ada *user) (*user, *user) { return ada, mo })(t, w, mo, ada)
	mo.leaves(ada.jid, "unavailable, unknown since when")
	ada.leaves(alias, "unavailable, unknown since when")
}

func TestASuspendedProviderIsGoneAndComesBack(t *testing.T) {
	w, mo, ada, alias := acquainted(t)
	mo.available(true)
	ada.available(true)
	ada.subscribe(alias)
	ada.want(alias, "available")
	check(t, w.gw.MarkProvider(t.Context(), 7, enlist.MarkSuspended))
	mo.gone()
	mo.refusedAsProvider(t)
	var news wire.Node
	offline := false
	for news.Tag == "" || !offline {
		n := ada.until("news", func(n wire.Node) bool { return n.Tag == "presence" || n.Tag == "notification" })
		if x, ok := n.Child("provider"); ok {
			news = x
		}
		offline = offline || n.Attr("type") == "unavailable"
	}
	if news.Attr("state") != "suspended" || news.Attr("id") != "7" {
		t.Errorf("ada hears %s", news)
	}
	w.restart()
	mo.refusedAsProvider(t) // also by the next process
	check(t, w.gw.MarkProvider(t.Context(), 7, enlist.MarkNone))
	mo = mo.again()
	mo.connect()
	ada.connectPhone()
	if got := mo.says1("M", ada); got != "ok" {
		t.Error(got)
	}
}

func TestAWhatsAppUserHearsOfANewProvider(t *testing.T) {
	w := start(t, gateway.Limits{})
	ada, off := w.phone("+4915120001", "Ada", true), w.phone("+4915120002", "Off", false)
	ada.connectPhone()
	later := time.Now().Add(time.Minute)
	w.now = func() time.Time { return later }
	registry, err := enlist.NewRegistry(provider(7), provider(8))
	check(t, err)
	w.providers = registry
	w.restart()
	ada.connectPhone()
	off.connectPhone()
	if n := ada.hears("provider"); n.Attr("id") != "8" || n.Attr("state") != "new" || n.Attr("name") != "Provider 8" {
		t.Errorf("ada hears %s", n)
	}
	check(t, registry.Set(provider(7), provider(8), provider(9)))
	check(t, w.gw.ProvidersChanged(t.Context()))
	if n := off.hears("provider"); n.Attr("id") != "9" { // not of 8, long ago: chats are off
		t.Errorf("the other hears %s", n)
	}
}

func TestAnUnmodifiedLibraryBlocksAndUnblocks(t *testing.T) {
	w := start(t, gateway.Limits{})
	ada, mo := w.pair("+4915120001", "Ada"), w.enlist("mo")
	mo.connect()
	alias, _ := wire.AliasLID(mo.jid)
	jid := types.NewJID(alias.User, types.HiddenUserServer)
	first, err := ada.cli.GetBlocklist(t.Context())
	if err != nil || len(first.JIDs) != 0 {
		t.Fatalf("%+v, %v", first, err)
	}
	list, err := ada.cli.UpdateBlocklist(t.Context(), jid, events.BlocklistChangeActionBlock)
	if err != nil || len(list.JIDs) != 1 || list.JIDs[0] != jid || list.DHash == first.DHash {
		t.Fatalf("%+v, %v", list, err)
	}
	lid := wire.NewJID(ada.cli.Store.LID.User, wire.ServerLID)
	if got := told(mo.ask(message("M1", lid, lid.WithDevice(ada.cli.Store.ID.Device)))); got != "ok" {
		t.Errorf("blocked: %s", got)
	}
	if again, err := ada.cli.GetBlocklist(t.Context()); err != nil || len(again.JIDs) != 1 || again.DHash != list.DHash {
		t.Errorf("%+v, %v", again, err)
	}
	if list, err = ada.cli.UpdateBlocklist(t.Context(), jid, events.BlocklistChangeActionUnblock); err != nil || len(list.JIDs) != 0 {
		t.Errorf("%+v, %v", list, err)
	}
	if _, err := ada.cli.UpdateBlocklist(t.Context(), types.NewJID("8800007"+strings.Repeat("1", 10), types.HiddenUserServer), events.BlocklistChangeActionBlock); err == nil {
		t.Error("nobody can be blocked who is not there")
	}
}

func TestResetLeavesNothingButWhatIsKept(t *testing.T) {
	w, mo, ada, _ := acquainted(t)
	kept := w.phone("+4915120009", "Echo", true)
	for i := range 20 {
		w.phone(fmt.Sprint("+491512200", 10+i), "P", true)
	}
	mo.says1("M", ada)
	ada.says1("A", mo)
	ada.reports(mo, false)
	mo.iq("blocklist", "set", wire.N("item", []wire.Attr{wire.A("action", "block"), wire.J("jid", ada.jid)}))
	chats(func(c *directory.Chats) { c.Consent.Off = true })(t, w, nil, kept)
	check(t, w.gw.MarkProvider(t.Context(), 7, enlist.MarkSuspended))
	began := time.Now()
	check(t, w.gw.Reset(t.Context(), "+4915120009"))
	t.Log("reset took", time.Since(began))
	ada.gone()
	phones, err := w.gw.Directory().Phones(t.Context(), 100)
	if err != nil || len(phones) != 1 || !phones[0].Consent.Allows(7) {
		t.Errorf("%+v, %v", phones, err)
	}
	if all, err := w.gw.Reports(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("%v, %v", all, err)
	}
	again := mo.again()
	again.connect()
	if n := again.untilTag("ib"); len(n.ChildrenOf("offline_preview")) > 0 {
		t.Errorf("mail was left: %s", n)
	}
	if a, _ := w.gw.Directory().Account(t.Context(), mo.jid); len(a.Blocked) > 0 {
		t.Errorf("blocks were left: %v", a.Blocked)
	}
	ada = w.phone("+4915120001", "Ada", true) // the number is free
	if got := again.says1("N", ada); got != "ok" {
		t.Error(got)
	}
	res, err := http.Post("http://"+w.addr+"/sandbox/reset", "application/json", nil)
	check(t, err)
	res.Body.Close()
	if res.StatusCode != http.StatusNoContent {
		t.Error(res.Status)
	}
}
