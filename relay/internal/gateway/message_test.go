package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"ferry/relay/internal/gateway"
	"ferry/relay/internal/gateway/directory"
	"ferry/relay/wire"
)

func http503(w *world) (int, error) {
	resp, err := http.Get("http://" + w.addr + wire.PathChat)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusServiceUnavailable {
		return resp.StatusCode, fmt.Errorf("status %d", resp.StatusCode)
	}
	return resp.StatusCode, nil
}

func ack(n wire.Node) wire.Node {
	attrs := []wire.Attr{wire.A("class", n.Tag), wire.A("id", n.Attr("id")), wire.A("type", n.Attr("type"))}
	from, _ := n.JID("from")
	return wire.N("ack", append(attrs, wire.J("to", from)))
}

func receipt(n wire.Node, kind string) wire.Node {
	from, _ := n.JID("from")
	return wire.N("receipt", []wire.Attr{wire.A("id", n.Attr("id")), wire.J("to", from), wire.A("type", kind)})
}

func withID(id string) func(wire.Node) bool {
	return func(n wire.Node) bool { return n.Tag == "message" && n.Attr("id") == id }
}

func jid(t *testing.T, n wire.Node, key string) string {
	t.Helper()
	return n.Attr(key)
}

func TestAMessageAndItsReceiptsCross(t *testing.T) {
	w := start(t, gateway.Limits{})
	mo, ada := w.enlist("mo"), w.phone("+4915120001", "Ada", true)
	mo.connect()
	ada.connectPhone()

	if got := mo.ask(message("M1", ada.jid, ada.jid)); got.Attr("class") != "message" || got.Attr("error") != "" || got.Attr("t") == "" {
		t.Fatalf("ack %v", got)
	}
	n := ada.untilTag("message")
	alias := directory.AliasOf(mo.jid)
	if jid(t, n, "from") != alias.String() || n.Attr("notify") != "mo-name" || n.Attr("sender_pn") != "" {
		t.Errorf("arrived from %s, notify %q", n.Attr("from"), n.Attr("notify"))
	}
	if enc, _ := n.Child("enc"); string(enc.Data) != "M1 for "+ada.jid.String() {
		t.Errorf("ciphertext %q", enc.Data)
	}
	for _, kind := range []string{"", "inactive", "read"} {
		r := receipt(n, kind)
		if kind == "read" { // goes to the chat, not to the device
			r = wire.N("receipt", []wire.Attr{wire.A("id", "M1"), wire.J("to", alias.Bare()), wire.A("type", kind), wire.A("t", "5")},
				wire.N("list", nil, wire.N("item", []wire.Attr{wire.A("id", "M0")})))
		}
		if got := ada.ask(r); got.Attr("class") != "receipt" || got.Attr("type") != kind {
			t.Fatalf("%q acked with %v", kind, got)
		}
		got := mo.untilTag("receipt")
		if got.Attr("type") != kind || got.Attr("from") != ada.jid.String() || got.Attr("id") != "M1" {
			t.Errorf("%q arrived as %s from %s", kind, got, got.Attr("from"))
		}
		if list, ok := got.Path("list", "item"); kind == "read" && (!ok || list.Attr("id") != "M0" || got.Attr("t") != "5") {
			t.Errorf("the list of read messages arrived as %v", got)
		}
		mo.send(ack(got))
	}

	// And back, to the alias, by a client that cannot write to interop JIDs.
	if got := ada.ask(message("A1", alias, alias)); got.Attr("error") != "" {
		t.Fatalf("ack %v", got)
	}
	n = mo.untilTag("message")
	if n.Attr("from") != ada.jid.String() || n.Attr("sender_pn") != "4915120001@s.whatsapp.net" || n.Attr("notify") != "" { // WhatsApp does not tell other apps its users' names
		t.Errorf("arrived from %s, sender_pn %s, notify %q", n.Attr("from"), n.Attr("sender_pn"), n.Attr("notify"))
	}
	mo.ask(receipt(n, ""))
	if got := ada.untilTag("receipt"); got.Attr("from") != alias.String() {
		t.Errorf("the receipt came from %s, want %s", got.Attr("from"), alias)
	}
}

func TestARefusedMessageSaysWhy(t *testing.T) {
	w := start(t, gateway.Limits{})
	mo, eve := w.enlist("mo"), w.enlist("eve")
	off := w.phone("+4915120002", "Off", false)
	mo.connect()
	off.connectPhone()
	tests := []struct {
		name string
		from *user
		n    wire.Node
		want string
	}{
		{"third-party chats are off", mo, message("1", off.jid, off.jid), "471"},
		{"they are off for the sender too", off, message("2", directory.AliasOf(mo.jid), directory.AliasOf(mo.jid)), "471"},
		{"nobody has this LID", mo, message("3", wire.NewJID("123456789012345", wire.ServerLID)), "404"},
		{"nobody has this number", off, message("4", wire.NewJID("4915129999", wire.ServerUser)), "404"},
		{"another third party", mo, message("5", eve.jid, eve.jid), "404"},
		{"a group", mo, message("6", wire.NewJID("123-456", wire.ServerGroup)), "404"},
		{"no content", mo, wire.N("message", []wire.Attr{wire.A("id", "7"), wire.J("to", mo.jid)}), "479"},
		{"no receiver", mo, wire.N("message", []wire.Attr{wire.A("id", "8")}), "479"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.from.ask(tt.n); got.Attr("error") != tt.want {
				t.Errorf("ack %s, want error %s", got, tt.want)
			}
		})
	}
	if _, err := w.gw.Directory().SetConsent(t.Context(), off.jid, 7, true); err != nil {
		t.Fatal(err)
	}
	if got := mo.ask(message("1", off.jid, off.jid)); got.Attr("error") != "" {
		t.Errorf("after consent, the same message: %s", got)
	}
	off.until("the message", withID("1"))
}

func TestAMessageIsAckedAgainAndDeliveredOnce(t *testing.T) {
	w := start(t, gateway.Limits{})
	mo, ada := w.enlist("mo"), w.phone("+4915120001", "Ada", true)
	mo.connect()
	ada.connectPhone()
	first := mo.ask(message("M1", ada.jid, ada.jid))
	ada.ask(receipt(ada.until("the message", withID("M1")), ""))
	w.restart() // the log's own memory of it is gone with the message
	mo.connect()
	ada.connectPhone()
	if again := mo.ask(message("M1", ada.jid, ada.jid)); again.Attr("t") != first.Attr("t") || again.Attr("error") != "" {
		t.Errorf("acked %s first, then %s", first, again)
	}
	mo.ask(message("M2", ada.jid, ada.jid))
	if n := ada.untilTag("message"); n.Attr("id") != "M2" {
		t.Errorf("%s was delivered again", n.Attr("id"))
	}
}

func TestMailWaitsInOrderOverARestart(t *testing.T) {
	const many = 300
	w := start(t, gateway.Limits{})
	mo, ada := w.enlist("mo"), w.phone("+4915120001", "Ada", true)
	ada.connectPhone() // to make its keys known
	ada.untilTag("ib")
	_ = ada.ch.Close("")
	ada.gone()
	mo.connect()
	for i := range many {
		if got := mo.ask(message(fmt.Sprint("M", i), ada.jid, ada.jid)); got.Attr("error") != "" {
			t.Fatalf("message %d: %s", i, got)
		}
	}
	w.restart()
	ada.connectPhone()
	preview, _ := ada.untilTag("ib").Child("offline_preview")
	if preview.Attr("count") != fmt.Sprint(many) || preview.Attr("message") != fmt.Sprint(many) {
		t.Errorf("announced %s", preview)
	}
	for i := range many {
		n := ada.untilTag("message")
		if n.Attr("id") != fmt.Sprint("M", i) || n.Attr("offline") != fmt.Sprint(i+1) {
			t.Fatalf("message %d is %s, offline=%s", i, n.Attr("id"), n.Attr("offline"))
		}
		if i%2 == 0 { // every other one is acknowledged
			ada.ask(receipt(n, ""))
		}
	}
	done, _ := ada.untilTag("ib").Child("offline")
	if done.Attr("count") != fmt.Sprint(many) {
		t.Errorf("the mark says %s", done)
	}
	_ = ada.ch.Close("")
	ada.gone()
	ada.connectPhone()
	for i := 1; i < many; i += 2 { // the others come again
		if n := ada.untilTag("message"); n.Attr("id") != fmt.Sprint("M", i) {
			t.Fatalf("after the acknowledgements %s came, want M%d", n.Attr("id"), i)
		}
	}
}

func TestEachDeviceGetsItsCopy(t *testing.T) {
	w := start(t, gateway.Limits{})
	mo, ada := w.enlist("mo"), w.phone("+4915120001", "Ada", true)
	mo2 := w.enlist("mo")
	mo.connect()
	mo2.connect()
	ada.connectPhone()
	if mo2.jid != mo.jid.WithDevice(1) {
		t.Fatalf("the second device is %s", mo2.jid)
	}
	// The list of the receiver's devices is incomplete without mo2: the ack says so.
	if got := ada.ask(message("A1", directory.AliasOf(mo.jid), directory.AliasOf(mo.jid))); got.Attr("phash") == "" {
		t.Errorf("no hash of the device list in %s", got)
	}
	got := mo.ask(message("M1", ada.jid, ada.jid, mo2.jid, mo2.jid, mo.jid,
		wire.NewJID("123456789012345", wire.ServerLID), mo.jid.WithDevice(9)))
	if got.Attr("error") != "" || got.Attr("phash") != "" {
		t.Errorf("ack %s", got)
	}
	ada.until("the message", withID("M1"))
	n := mo2.until("the copy", withID("M1"))
	if n.Attr("from") != mo.jid.String() || n.Attr("recipient") != ada.jid.String() || n.Attr("peer_recipient_pn") == "" {
		t.Errorf("the copy: from %s, recipient %s", n.Attr("from"), n.Attr("recipient"))
	}
	// The receipt for an own message may come without an address.
	mo2.ask(wire.N("receipt", []wire.Attr{wire.A("id", "M1"), wire.A("type", "sender"), wire.J("recipient", ada.jid)}))
	// Reading on one device tells the other.
	mo.ask(wire.N("receipt", []wire.Attr{wire.A("id", "A1"), wire.A("type", "read"), wire.J("to", ada.jid)}))
	r := mo2.untilTag("receipt")
	if r.Attr("type") != "read-self" || r.Attr("recipient") != ada.jid.String() || r.Attr("from") != mo.jid.Bare().String() {
		t.Errorf("the sibling was told %s from %s", r, r.Attr("from"))
	}
}

func TestARetryGoesToTheSenderDeviceAndTheResendBack(t *testing.T) {
	w := start(t, gateway.Limits{})
	mo, ada := w.enlist("mo"), w.phone("+4915120001", "Ada", true)
	mo2 := w.enlist("mo")
	for _, u := range []*user{mo, mo2} {
		u.connect()
	}
	ada.connectPhone()
	mo2.ask(message("M1", ada.jid, ada.jid))
	n := ada.untilTag("message")
	r := receipt(n, "retry")
	r.Children = []wire.Node{
		wire.N("retry", []wire.Attr{wire.A("count", "1"), wire.A("id", "M1"), wire.A("v", "1")}),
		wire.Bytes("registration", nil, []byte{0, 0, 0, 1}),
	}
	ada.ask(r)
	got := mo2.untilTag("receipt")
	retry, ok := got.Child("retry")
	if !ok || retry.Attr("count") != "1" || got.Attr("from") != ada.jid.String() {
		t.Fatalf("the retry arrived as %s", got)
	}
	resend := wire.N("message", []wire.Attr{wire.A("id", "M1"), wire.J("to", ada.jid), wire.A("type", "text"), wire.A("device_fanout", "false")},
		wire.Bytes("enc", []wire.Attr{wire.A("v", "2"), wire.A("type", "pkmsg"), wire.A("count", "1")}, []byte("again")),
		wire.Bytes("device-identity", nil, []byte("who")))
	for range 2 { // the repetition is acked, too
		if got := mo2.ask(resend); got.Attr("error") != "" {
			t.Fatalf("resend acked with %s", got)
		}
	}
	n = ada.untilTag("message")
	enc, _ := n.Child("enc")
	if n.Attr("from") != directory.AliasOf(mo2.jid).String() || string(enc.Data) != "again" || enc.Attr("count") != "1" {
		t.Errorf("resent as %s", n)
	}
	if _, ok := n.Child("device-identity"); !ok {
		t.Error("the device identity did not come along")
	}
	ada.ask(receipt(n, ""))
	mo2.ask(message("M2", ada.jid, ada.jid))
	if n := ada.untilTag("message"); n.Attr("id") != "M2" {
		t.Errorf("%s came once more", n.Attr("id"))
	}
	for done := false; !done; {
		select {
		case n := <-mo.got:
			if n.Tag == "receipt" && n.Attr("type") == "retry" {
				t.Error("the retry also went to a device that did not send the message")
			}
		default:
			done = true
		}
	}
}

func TestTypingAndPresence(t *testing.T) {
	w := start(t, gateway.Limits{})
	mo, ada := w.enlist("mo"), w.phone("+4915120001", "Ada", true)
	mo.connect()
	ada.connectPhone()
	alias := directory.AliasOf(mo.jid)
	mo.send(wire.N("chatstate", []wire.Attr{wire.J("to", ada.jid)}, wire.N("composing", []wire.Attr{wire.A("media", "audio")})))
	n := ada.untilTag("chatstate")
	if c, ok := n.Child("composing"); n.Attr("from") != alias.String() || !ok || c.Attr("media") != "audio" {
		t.Errorf("typing arrived as %s from %s", n, n.Attr("from"))
	}
	ada.send(wire.N("presence", []wire.Attr{wire.A("type", "available"), wire.A("name", "Ada L")}))
	ada.iq("w:p", "get") // handled in order: she is available now
	mo.available(true)
	mo.send(wire.N("presence", []wire.Attr{wire.A("type", "subscribe"), wire.J("to", ada.jid)}))
	if n := mo.untilTag("presence"); n.Attr("from") != ada.jid.String() || n.Attr("type") != "" {
		t.Errorf("available arrived as %s", n)
	}
	_ = ada.ch.Close("")
	if n := mo.untilTag("presence"); n.Attr("type") != "unavailable" || n.Attr("last") == "" {
		t.Errorf("gone arrived as %s", n)
	}
	if a, err := w.gw.Directory().Account(t.Context(), ada.jid); err != nil || a.Name != "Ada L" {
		t.Errorf("the push name is %q, %v", a.Name, err)
	}
}

func TestADeviceThatIsAddedOrRevokedIsAnnounced(t *testing.T) {
	w := start(t, gateway.Limits{})
	mo, ada := w.enlist("mo"), w.phone("+4915120001", "Ada", true)
	mo.connect()
	ada.connectPhone()
	mo.ask(message("M1", ada.jid, ada.jid)) // now they know each other
	mo2 := w.enlist("mo")
	mo2.connect()
	devices := func(n wire.Node) bool { return n.Tag == "notification" && n.Attr("type") == "devices" }
	alias := directory.AliasOf(mo2.jid)
	for _, tt := range []struct {
		who  *user
		bare wire.JID
		dev  wire.JID
	}{{ada, alias.Bare(), alias}, {mo, mo2.jid.Bare(), mo2.jid}} {
		n := tt.who.until("the new device", devices)
		device, _ := n.Path("add", "device")
		if n.Attr("from") != tt.bare.String() || device.Attr("jid") != tt.dev.String() || device.Attr("key-index") != "1" {
			t.Errorf("announced %s from %s", n, n.Attr("from"))
		}
		tt.who.send(ack(n))
	}
	if err := w.gw.Revoke(t.Context(), 7, "mo", mo2.noise.Public()); err != nil {
		t.Fatal(err)
	}
	if n := mo2.untilTag("stream:error"); n.Attr("code") != "401" {
		t.Errorf("the revoked client was told %s", n)
	}
	n := ada.until("the removal", devices)
	if device, ok := n.Path("remove", "device"); !ok || device.Attr("jid") != alias.String() {
		t.Errorf("announced %s", n)
	}
	if got, err := mo2.failure(mo2.payload()); got != wire.FailLoggedOut {
		t.Errorf("the revoked client logs in with %d, %v", got, err)
	}
}

func TestServicesThatClientsAskFor(t *testing.T) {
	w := start(t, gateway.Limits{})
	ada := w.phone("+4915120001", "Ada", true)
	ada.connectPhone()
	sync := ada.iq("w:sync:app:state", "set", wire.N("sync", nil,
		wire.N("collection", []wire.Attr{wire.A("name", "regular")}), wire.N("collection", []wire.Attr{wire.A("name", "critical_block"), wire.A("version", "3")})))
	x, _ := sync.Child("sync")
	if len(x.Children) != 2 || x.Children[0].Attr("name") != "regular" || x.Children[1].Attr("version") != "3" {
		t.Errorf("app state answered with %s", sync)
	}
	if p, ok := ada.iq("privacy", "get", wire.N("privacy", nil)).Child("privacy"); !ok || len(p.Children) == 0 {
		t.Error("no privacy settings")
	}
	if d, ok := ada.iq("encrypt", "get", wire.N("digest", nil)).Child("digest"); !ok || len(d.Children) == 0 {
		t.Error("no digest")
	}
	for _, tt := range []struct{ xmlns, kind, want string }{
		{"w:p", "get", ""}, {"passive", "set", ""}, {"abt", "get", ""}, {"blocklist", "get", ""}, {"privacy", "set", ""},
		{"w:profile:picture", "get", "404"}, {"w:never:heard", "get", "501"}, {"usync", "get", "400"}, {"encrypt", "get", "400"}, {"encrypt", "set", "400"},
	} {
		got := ada.iq(tt.xmlns, tt.kind)
		e, _ := got.Child("error")
		if e.Attr("code") != tt.want {
			t.Errorf("%s %s answered with %s", tt.xmlns, tt.kind, got)
		}
	}
	if s := ada.iq("w:p", "get").String(); strings.Contains(s, "error") {
		t.Error(s)
	}
}
