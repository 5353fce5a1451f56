package gateway_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"ferry/relay/internal/gateway"
	"ferry/relay/internal/gateway/directory"
	"ferry/relay/internal/gateway/enlist"
	"ferry/relay/internal/gateway/mailbox"
	"ferry/relay/wire"
)

// These tests show the table of package consent at the gateway, between clients
// that ask for nothing, respect nothing and know each other's devices by heart.

// act is something that a hostile client sends, whatever it was told.
type act struct {
	name string
	// send returns what the sender is told: the ack's error with its reason, "ok",
	// or "" for what is never answered with an error.
	send func(from *user, to wire.JID, id string) string
	gets string // what the receiver's socket gets if it crosses
}

func sendMessage(kind string, change func(*wire.Node)) func(*user, wire.JID, string) string {
	return func(from *user, to wire.JID, id string) string {
		n := message(id, to, to.WithDevice(0))
		for i := range n.Attrs {
			if n.Attrs[i].Key == "type" {
				n.Attrs[i].Text = kind
			}
		}
		if change != nil {
			change(&n)
		}
		return told(from.ask(n))
	}
}

// told is an ack in short.
func told(ack wire.Node) string {
	if ack.Attr("error") == "" {
		return "ok"
	}
	return strings.TrimSpace(ack.Attr("error") + " " + ack.Attr(wire.AttrReason) + ack.Attr(wire.AttrSide))
}

func sendReceipt(kind string) func(*user, wire.JID, string) string {
	return func(from *user, to wire.JID, id string) string {
		return told(from.ask(wire.N("receipt", []wire.Attr{wire.A("id", id), wire.J("to", to.WithDevice(0)), wire.A("type", kind)})))
	}
}

// acts in the order in which they are tried: a message of a WhatsApp user answers
// a request, after which everything crosses.
var acts = []act{
	{"receipt", sendReceipt("read"), "receipt read"},
	{"retry", sendReceipt("retry"), "receipt retry"},
	{"receipt about a file", func(from *user, to wire.JID, id string) string { // to oneself, with the chat inside
		return told(from.ask(wire.N("receipt", []wire.Attr{wire.A("id", id), wire.J("to", from.jid.Bare()), wire.A("type", "server-error")},
			wire.N("rmr", []wire.Attr{wire.J("jid", to)}))))
	}, "receipt server-error"},
	{"typing", func(from *user, to wire.JID, _ string) string { from.types(to); from.sync(); return "" }, "chatstate"},
	{"call", func(from *user, to wire.JID, id string) string {
		return told(from.ask(wire.N("call", []wire.Attr{wire.A("id", id), wire.J("to", to)}, wire.N("offer", []wire.Attr{wire.A("call-id", id)}))))
	}, ""},
	{"text", sendMessage("text", nil), "message text"},
	{"media", sendMessage("media", nil), "message media"},
	{"reaction", sendMessage("reaction", nil), "message reaction"},
	{"edit", sendMessage("text", func(n *wire.Node) { n.Attrs = append(n.Attrs, wire.A("edit", "1")) }), "message text edit"},
	{"sent again", sendMessage("text", func(n *wire.Node) { // to one device, as after a retry receipt
		to := n.Children[0].Children[0]
		jid, _ := to.JID("jid")
		for i := range n.Attrs {
			if n.Attrs[i].Key == "to" {
				n.Attrs[i] = wire.J("to", jid)
			}
		}
		n.Children = to.Children
	}), "message text"},
}

// outcome of each act, by its name: what the sender is told, and "→" before it if
// it crosses. "all" is of the messages, "rest" of what is not named.
type outcome map[string]string

func (o outcome) of(a act) (told string, crosses bool) {
	text, ok := o[a.name]
	if !ok && strings.HasPrefix(a.gets, "message") {
		text, ok = o["all"]
	}
	if !ok && a.name == "receipt about a file" {
		text, ok = o["receipt"]
	}
	if !ok {
		text = map[string]string{"typing": "", "call": o["all"]}[a.name]
		if strings.HasPrefix(a.name, "receipt") || a.name == "retry" {
			text = "ok"
		}
	}
	told, crosses = strings.CutPrefix(text, "→")
	return told, crosses
}

var (
	everything = outcome{"all": "→ok", "receipt": "→ok", "retry": "→ok", "typing": "→", "call": "501 not_supported"}
	// A block is not told: acks are as before, and nobody gets anything.
	swallowed = outcome{"all": "ok", "call": "ok"}
)

func refused(with string) outcome { return outcome{"all": with} }

// situation is how things stand between a third-party user and a WhatsApp user.
type situation struct {
	name     string
	provider uint16 // 0: 7
	phone    string // 0: a German number
	arrange  func(t *testing.T, w *world, mo, ada *user)
	fromMo   outcome // nil: not served at all
	fromAda  outcome
	moSees   bool // ada's devices and keys
	adaSees  bool // mo's
}

func chats(fn func(*directory.Chats)) func(*testing.T, *world, *user, *user) {
	return func(t *testing.T, w *world, _, ada *user) {
		_, err := w.gw.ChangeChats(t.Context(), ada.jid, func(c *directory.Chats) error { fn(c); return nil })
		check(t, err)
	}
}

func blocks(by func(mo, ada *user) (*user, *user)) func(*testing.T, *world, *user, *user) {
	return func(t *testing.T, _ *world, mo, ada *user) {
		who, whom := by(mo, ada)
		if got := who.iq("blocklist", "set", wire.N("item", []wire.Attr{wire.A("action", "block"), wire.J("jid", whom.jid)})); got.Attr("type") != "result" {
			t.Fatalf("block: %s", got)
		}
	}
}

func mark(m enlist.Mark) func(*testing.T, *world, *user, *user) {
	return func(t *testing.T, w *world, mo, _ *user) {
		check(t, w.gw.MarkProvider(t.Context(), 8, m))
		mo.gone()
		mo.ch = nil
		mo.refusedAsProvider(t)
	}
}

// refusedAsProvider logs in and expects not to be served.
func (u *user) refusedAsProvider(t *testing.T) {
	t.Helper()
	if reason, err := u.again().failure(u.payload()); err != nil || reason != wire.FailTokenInvalid {
		t.Errorf("login: %v, %v", reason, err)
	}
}

var situations = []situation{
	{name: "on", arrange: nothing, fromMo: everything, fromAda: everything, moSees: true, adaSees: true},
	{name: "off", arrange: chats(func(c *directory.Chats) { c.Consent.Off = true }), fromMo: refused("471"), fromAda: refused("471")},
	{name: "app not chosen", arrange: chats(func(c *directory.Chats) { c.Consent.Providers[7] = false }), fromMo: refused("471"), fromAda: refused("471")},
	{name: "provider blocked", arrange: chats(func(c *directory.Chats) { c.BlockedProviders[7] = true }), fromMo: refused("471"), fromAda: refused("471")},
	{
		name: "WhatsApp user blocks the person", arrange: blocks(func(mo, ada *user) (*user, *user) { return ada, mo }),
		fromMo: swallowed, fromAda: refused("405"), moSees: true, adaSees: true,
	},
	{
		name: "third-party user blocks the person", arrange: blocks(func(mo, ada *user) (*user, *user) { return mo, ada }),
		fromMo: refused("405"), fromAda: swallowed, moSees: true, adaSees: true,
	},
	{name: "provider suspended", provider: 8, arrange: mark(enlist.MarkSuspended), fromAda: refused("403 provider")},
	{name: "provider removed", provider: 8, arrange: mark(enlist.MarkRemoved), fromAda: refused("403 provider")},
	{
		name: "enlistment revoked", fromAda: refused("404"),
		arrange: func(t *testing.T, w *world, mo, _ *user) {
			check(t, w.gw.Revoke(t.Context(), 7, mo.sub, wire.PublicKey{}))
			mo.gone()
			mo.ch = nil
		},
	},
	{name: "WhatsApp user out of region", phone: "+1202555%04d", arrange: nothing, fromMo: refused("451 theirs"), fromAda: refused("451 yours")},
	{
		name: "third-party user out of region", fromMo: refused("451 yours"), fromAda: refused("451 theirs"),
		arrange: func(t *testing.T, w *world, mo, _ *user) {
			_, err := w.gw.Directory().SetOutside(t.Context(), mo.jid, true)
			check(t, err)
		},
	},
	{
		name: "withdrawn mid-chat", fromMo: refused("471"), fromAda: refused("471"),
		arrange: func(t *testing.T, w *world, mo, ada *user) {
			for i := range 2 {
				if a, b := told(mo.ask(message(fmt.Sprint("before", i), ada.jid, ada.jid))), told(ada.ask(message(fmt.Sprint("before", i), mo.jid, mo.jid))); a != "ok" || b != "ok" {
					t.Fatalf("before: %s, %s", a, b)
				}
			}
			chats(func(c *directory.Chats) { c.Consent.Off = true })(t, w, mo, ada)
		},
	},
	{
		name: "request not accepted", moSees: true, adaSees: true,
		arrange: func(t *testing.T, w *world, mo, ada *user) {
			chats(func(c *directory.Chats) { c.Requests = true })(t, w, mo, ada)
		},
		fromMo: outcome{
			"call": "471", "retry": "→ok", "text": "→ok", "media": "→ok", "reaction": "→ok", "edit": "429 unanswered", "sent again": "429 unanswered",
		},
		// ada's first message accepts, but nothing does before.
		fromAda: outcome{"all": "→ok", "call": "501 not_supported", "retry": "→ok"},
	},
}

func nothing(*testing.T, *world, *user, *user) {}

func TestAHostileClientCannotGetRoundConsent(t *testing.T) {
	registry, err := enlist.NewRegistry(provider(7), provider(8))
	check(t, err)
	w := &world{t: t, dir: t.TempDir(), addr: "127.0.0.1:0", providers: registry, regions: []string{"DE"}, limits: gateway.Limits{}}
	w.up()
	t.Cleanup(func() { w.stop() })
	boxes, err := mailbox.Open(t.Context(), w.bus, mailbox.Options{})
	check(t, err)
	for i, s := range situations {
		for _, fromMo := range []bool{true, false} {
			outcomes, direction := s.fromAda, "from WhatsApp"
			if fromMo {
				outcomes, direction = s.fromMo, "to WhatsApp"
			}
			t.Run(s.name+" "+direction, func(t *testing.T) {
				check(t, w.gw.MarkProvider(t.Context(), 8, enlist.MarkNone))
				n := 2*i + map[bool]int{true: 1}[fromMo]
				phone := or(s.phone, "+4915120%04d")
				mo, ada := w.enlistWith(or(s.provider, 7), fmt.Sprint("mo", n)), w.phone(fmt.Sprintf(phone, n), "Ada", true)
				mo.connect()
				ada.connectPhone()
				s.arrange(t, w, mo, ada)
				from, to := ada, mo
				if fromMo {
					from, to = mo, ada
				}
				if outcomes == nil {
					return // arrange has seen that the sender is not served
				}
				if sees := from.sees(to); sees != map[bool]bool{true: s.moSees, false: s.adaSees}[fromMo] {
					t.Errorf("the sender sees the receiver's keys: %v", sees)
				}
				cross(t, w, boxes, from, to, outcomes)
			})
		}
	}
}

// cross tries all acts and compares what the sender is told, and what the receiver's
// socket and mailbox get.
func cross(t *testing.T, w *world, boxes *mailbox.Boxes, from, to *user, outcomes outcome) {
	t.Helper()
	online := to.ch != nil
	if online {
		to.drain(boxes)
	}
	before, err := boxes.Count(t.Context(), to.jid)
	check(t, err)
	var want []string
	var stored mailbox.Counts
	for i, a := range acts {
		words, crosses := outcomes.of(a)
		if got := a.send(from, to.jid, fmt.Sprint("X", i)); got != words {
			t.Errorf("%s: the sender is told %q, want %q", a.name, got, words)
		}
		if !crosses || a.gets == "" {
			continue
		}
		want = append(want, a.gets)
		switch strings.Fields(a.gets)[0] {
		case "message":
			stored.Message++
		case "receipt":
			stored.Receipt++
		}
	}
	after, err := boxes.Count(t.Context(), to.jid)
	check(t, err)
	if after.Message-before.Message != stored.Message || after.Receipt-before.Receipt != stored.Receipt || after.Call != 0 {
		t.Errorf("the mailbox had %+v, has %+v, want %+v more", before, after, stored)
	}
	if !online {
		return
	}
	got := to.drain(boxes)
	slices.Sort(got) // typing overtakes
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the receiver gets %q, want %q", got, want)
	}
}

// sees asks for keys without asking whether it may.
func (u *user) sees(other *user) bool {
	u.w.t.Helper()
	got := u.iq("encrypt", "get", wire.N("key", nil, wire.N("user", []wire.Attr{wire.J("jid", other.jid)})))
	bundle, _ := got.Path("list", "user")
	_, keys := bundle.Child("identity")
	usync := u.iq("usync", "get", wire.N("usync", nil, wire.N("query", nil, wire.N("devices", nil)),
		wire.N("list", nil, wire.N("user", []wire.Attr{wire.J("jid", other.jid)}))))
	answer, _ := usync.Path("usync", "list", "user")
	if _, devices := answer.Child("devices"); devices != keys {
		u.w.t.Errorf("keys %v, devices %v", keys, devices)
	}
	return keys
}

// drain returns, in short, what has come since it was last called, notifications
// aside. It marks the end in both ways in which the gateway writes.
func (u *user) drain(boxes *mailbox.Boxes) []string {
	u.w.t.Helper()
	u.next++
	end := fmt.Sprint("end", u.next)
	durable := wire.N("notification", []wire.Attr{wire.J("from", server), wire.A("id", end), wire.A("type", "test")})
	raw, err := wire.Marshal(durable)
	check(u.w.t, err)
	check(u.w.t, boxes.Put(u.w.t.Context(), u.jid, mailbox.Notification, raw, ""))
	raw, err = wire.Marshal(wire.N("ib", []wire.Attr{wire.A("id", end)}))
	check(u.w.t, err)
	order, err := json.Marshal(map[string]any{"stanza": raw})
	check(u.w.t, err)
	check(u.w.t, u.w.bus.Publish(u.listens(), order))
	var got []string
	for ends := 0; ends < 2; {
		n := u.until("the end of what comes", func(wire.Node) bool { return true })
		switch {
		case n.Attr("id") == end:
			ends++
		case n.Tag == "message" && n.Attr("edit") != "":
			got = append(got, "message "+n.Attr("type")+" edit")
		case n.Tag == "message", n.Tag == "receipt":
			got = append(got, n.Tag+" "+n.Attr("type"))
		case n.Tag != "notification" && n.Tag != "ib":
			got = append(got, n.Tag)
		}
	}
	return got
}

// listens is where the gateway's connection of the device takes orders.
func (u *user) listens() string {
	if u.jid.Server == wire.ServerInterop {
		return fmt.Sprintf("gw.dev.i.%d.%s.%d", u.jid.Integrator, u.jid.User, u.jid.Device)
	}
	return fmt.Sprintf("gw.dev.l.%s.%d", u.jid.User, u.jid.Device)
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func or[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}
