package gateway_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"ferry/relay/internal/bus"
	"ferry/relay/internal/gateway"
	"ferry/relay/internal/gateway/directory"
	"ferry/relay/wire"
)

func TestARequestWaitsUntilItIsAnsweredAcceptedOrDeclined(t *testing.T) {
	w := start(t, gateway.Limits{})
	for i, c := range []struct {
		name   string
		answer func(ada, mo *user)
		then   string // mo's next message
	}{
		{"accepted", func(ada, mo *user) { ada.says(wire.N("accept", []wire.Attr{wire.J("jid", mo.jid)})) }, "ok"},
		{"answered", func(ada, mo *user) { ada.says1("A", mo) }, "ok"},
		{"declined", func(ada, mo *user) { ada.says(wire.N("decline", []wire.Attr{wire.J("jid", mo.jid)})) }, "ok"},
		{"neither", func(*user, *user) {}, "429 unanswered"},
		{"requests switched off", func(ada, _ *user) { ada.says(wire.N("third_party_chats", []wire.Attr{wire.A("requests", "off")})) }, "ok"},
	} {
		t.Run(c.name, func(t *testing.T) {
			mo, ada := w.enlist("mo "+c.name), w.phone(fmt.Sprint("+49151200", 10+i), "Ada", true)
			mo.connect()
			ada.connectPhone()
			asksFor(t, w, ada)
			for i, want := range []string{"ok", "ok", "ok", "429 unanswered"} {
				if got := mo.says1(fmt.Sprint("M", i), ada); got != want {
					t.Errorf("message %d: %s", i, got)
				}
			}
			if got := mo.says1("M1", ada); got != "ok" { // repeated, for want of an ack
				t.Errorf("a repetition: %s", got)
			}
			c.answer(ada, mo)
			if got := mo.says1("N", ada); got != c.then {
				t.Errorf("after: %s, want %s", got, c.then)
			}
			// Only now, and not after a decline, does mo learn that ada types.
			ada.types(mo.jid)
			ada.sync()
			mo.send(wire.N("iq", []wire.Attr{wire.A("id", "end"), wire.A("xmlns", "w:p"), wire.A("type", "get")}))
			ada.types(mo.jid)
			ada.sync()
			if c.name == "accepted" || c.name == "answered" || c.name == "requests switched off" {
				mo.untilTag("chatstate")
				return
			}
			if n := mo.until("the end", func(n wire.Node) bool { return n.Tag == "chatstate" || n.Attr("id") == "end" }); n.Tag == "chatstate" {
				t.Error("typing crosses before the request is accepted")
			}
		})
	}
}

func TestAMessageThatCannotBeReadIsSentAgainBeforeItIsAccepted(t *testing.T) {
	w := start(t, gateway.Limits{})
	mo, ada := w.enlist("mo"), w.phone("+4915120001", "Ada", true)
	mo.connect()
	ada.connectPhone()
	asksFor(t, w, ada)
	for i := range 3 {
		mo.says1(fmt.Sprint("M", i), ada)
	}
	again := func() string {
		n := message("M0", ada.jid, ada.jid)
		n.Children = n.Children[0].Children[0].Children
		n.Children[0].Data = []byte(rand16())
		return told(mo.ask(n))
	}
	if got := again(); got != "429 unanswered" {
		t.Errorf("sent again unasked: %s", got)
	}
	ada.ask(wire.N("receipt", []wire.Attr{wire.A("id", "M0"), wire.J("to", mo.jid), wire.A("type", "retry")}, wire.N("retry", []wire.Attr{wire.A("count", "1")})))
	mo.until("the retry receipt", func(n wire.Node) bool { return n.Tag == "receipt" && n.Attr("type") == "retry" })
	if got := again(); got != "ok" {
		t.Errorf("sent again when asked: %s", got)
	}
	if got := again(); got != "429 unanswered" {
		t.Errorf("sent again twice: %s", got)
	}
}

var counter int

func rand16() string { counter++; return fmt.Sprintf("ciphertext %04d", counter) }

func TestNewConversationsAreLimited(t *testing.T) {
	w := start(t, gateway.Limits{NewChats: 3, Requests: 2, Reporters: 2})
	people := make([]*user, 6)
	for i := range people {
		people[i] = w.phone(fmt.Sprint("+491512100", i), "P", true)
		people[i].connectPhone()
		asksFor(t, w, people[i])
	}
	mo := w.enlist("mo")
	mo.connect()
	for i, want := range []string{"ok", "ok", "429 unanswered"} {
		if got := mo.says1(fmt.Sprint("M", i), people[i]); got != want {
			t.Errorf("request %d: %s", i, got)
		}
	}
	people[0].says1("A", mo)
	if got := mo.says1("M3", people[2]); got != "ok" {
		t.Errorf("after an answer: %s", got)
	}
	people[1].says1("A", mo)
	ack := mo.ask(message("M4", people[3].jid, people[3].jid))
	if told(ack) != "429 rate" || ack.Attr(wire.AttrRetryAfter) == "" || ack.Attr(wire.AttrRetryAfter) > "86400" && len(ack.Attr(wire.AttrRetryAfter)) > 5 {
		t.Errorf("the fourth in a day: %s", ack)
	}
	if got := mo.says1("M5", people[0]); got != "ok" {
		t.Errorf("in a conversation that goes on: %s", got)
	}
	// Somebody else writes first: that is no conversation of mo's.
	people[3].says1("A", mo)
	if got := mo.says1("M6", people[3]); got != "ok" {
		t.Errorf("an answer: %s", got)
	}

	eve := w.enlist("eve")
	eve.connect()
	for i := range 2 {
		if got := eve.says1(fmt.Sprint("E", i), people[i]); got != "ok" {
			t.Fatal(got)
		}
		people[i].reports(eve, true)
	}
	people[4].reports(eve, false) // has heard nothing of eve: does not count
	ack = eve.ask(message("E7", people[2].jid, people[2].jid))
	if told(ack) != "429 reported" || ack.Attr(wire.AttrRetryAfter) == "" {
		t.Errorf("reported twice: %s", ack)
	}
	all, err := w.gw.Reports(t.Context())
	if err != nil || len(all) != 3 || all[1].Reason != "spam" || len(all[1].Messages) != 1 || string(all[1].Messages[0].Content) != "buy this" {
		t.Errorf("%+v, %v", all, err)
	}
	if got := eve.says1("E8", people[0]); got != "ok" { // blocked with the report, which eve is not told
		t.Errorf("to somebody who has blocked: %s", got)
	}
	if a, _ := w.gw.Directory().Account(t.Context(), people[0].jid); !a.Blocked.Has(eve.jid) {
		t.Error("the report did not block")
	}
}

func TestADeletedPhoneLeavesNoConversationBehind(t *testing.T) {
	w, mo, ada, _ := acquainted(t)
	asksFor(t, w, ada)
	mo.says1("M", ada)
	ada.reports(mo, false)
	mo.reports(ada, false)
	check(t, w.gw.DeletePhone(t.Context(), ada.jid))
	for _, name := range []string{"gw-pairs", "gw-starters", "gw-reports"} {
		b, err := w.bus.Bucket(t.Context(), name, bus.BucketOptions{})
		check(t, err)
		all, err := b.List(t.Context(), "")
		check(t, err)
		for _, e := range all {
			if strings.Contains(e.Key+string(e.Value), ada.jid.User) {
				t.Errorf("%s: %s: %s", name, e.Key, e.Value)
			}
		}
	}
}

func (u *user) reports(whom *user, block bool) {
	u.w.t.Helper()
	u.says(wire.N("report", []wire.Attr{wire.J("jid", whom.jid), wire.A("reason", "spam"), wire.A("block", fmt.Sprint(block))},
		wire.Bytes("message", []wire.Attr{wire.A("id", "E"), wire.A("t", "1")}, []byte("buy this"))))
}

func TestReportsAreBounded(t *testing.T) {
	w := start(t, gateway.Limits{Reports: 2, ReportSize: 10})
	mo := w.enlist("mo")
	mo.connect()
	report := func(from *user, text string) wire.Node {
		return from.iq(wire.NamespaceInterop, "set", wire.N("report", []wire.Attr{wire.J("jid", mo.jid), wire.A("reason", "spam")},
			wire.Bytes("message", []wire.Attr{wire.A("id", "E")}, []byte(text))))
	}
	for i := range 3 {
		p := w.phone(fmt.Sprint("+491512100", i), "P", true)
		p.connectPhone()
		if got := report(p, fmt.Sprint(i)); got.Attr("type") != "result" {
			t.Error(got)
		}
		if e, _ := report(p, strings.Repeat("x", 11)).Child("error"); e.Attr("code") != "406" {
			t.Errorf("a long one: %s", e)
		}
	}
	all, err := w.gw.Reports(t.Context())
	if err != nil || len(all) != 2 || string(all[0].Messages[0].Content) == "0" || string(all[1].Messages[0].Content) == "0" {
		t.Errorf("%+v, %v", all, err)
	}
}

func TestALinkedDeviceIsToldWhichRequestsWait(t *testing.T) {
	w := start(t, gateway.Limits{})
	ada := w.phone("+4915120001", "Ada", true)
	ada.connectPhone()
	list := func(u *user) (out []string) {
		t.Helper()
		got := u.iq(wire.NamespaceInterop, "get", wire.N("requests", nil))
		all, ok := got.Child("requests")
		if got.Attr("type") != "result" || !ok {
			t.Fatal(got)
		}
		for _, r := range all.ChildrenOf("request") {
			if r.Attr("t") == "" || r.Attr("provider") != "7" {
				t.Errorf("%s", r)
			}
			out = append(out, r.Attr("jid")+" "+r.Attr("name")+" "+r.Attr("messages"))
		}
		slices.Sort(out)
		return out
	}
	people := make(map[string]*user)
	for _, name := range []string{"early", "accepted", "answered", "declined", "blocked", "gone", "waits", "writes twice"} {
		people[name] = w.enlist(name)
		people[name].connect()
		if name == "early" { // before ada asks for requests: no request
			people[name].says1("M "+name, ada)
			if got := list(ada); got != nil {
				t.Errorf("without requests: %q", got)
			}
			asksFor(t, w, ada)
			continue
		}
		if got := people[name].says1("M "+name, ada); got != "ok" {
			t.Fatal(got)
		}
	}
	people["writes twice"].says1("once more", ada)
	ada.says(wire.N("accept", []wire.Attr{wire.J("jid", people["accepted"].jid)}))
	ada.says(wire.N("decline", []wire.Attr{wire.J("jid", people["declined"].jid)}))
	ada.says1("A", people["answered"])
	ada.iq("blocklist", "set", wire.N("item", []wire.Attr{wire.J("jid", people["blocked"].jid), wire.A("action", "block")}))
	check(t, w.gw.Revoke(t.Context(), 7, "gone", wire.PublicKey{}))
	want := []string{
		people["waits"].jid.Bare().String() + " waits-name 1",
		people["writes twice"].jid.Bare().String() + " writes twice-name 2",
	}
	slices.Sort(want)
	linked := w.companionOf(ada)
	for who, u := range map[string]*user{"the phone": ada, "a device linked since": linked} {
		if got := list(u); !slices.Equal(got, want) {
			t.Errorf("%s is told %q, want %q", who, got, want)
		}
	}
	if got := people["waits"].iq(wire.NamespaceInterop, "get", wire.N("requests", nil)); got.Attr("type") != "error" {
		t.Errorf("a third-party user is told %s", got)
	}
	chats(func(c *directory.Chats) { c.Consent.Off = true })(t, w, nil, ada)
	if got := list(ada); got != nil {
		t.Errorf("with third-party chats off: %q", got)
	}
}
