package gateway_test

import (
	"fmt"
	"strings"
	"testing"

	"ferry/relay/wire"
)

// sortOf is a message of a certain sort.
func sortOf(id string, to, device wire.JID, kind, edit string, hints ...wire.Attr) wire.Node {
	enc := append([]wire.Attr{wire.A("v", "2"), wire.A("type", "msg")}, hints...)
	return wire.N("message", []wire.Attr{wire.A("id", id), wire.J("to", to), wire.A("type", kind), wire.A("edit", edit)},
		wire.N("participants", nil, wire.N("to", []wire.Attr{wire.J("jid", device)}, wire.Bytes("enc", enc, []byte("secret")))))
}

func TestWhatSortOfMessageItIsPassesBothWays(t *testing.T) {
	_, mo, ada, alias := acquainted(t)
	for i, tt := range []struct {
		kind, edit string
		hints      []wire.Attr
	}{
		{"text", "", nil},
		{"media", "", []wire.Attr{wire.A("mediatype", "image")}},
		{"media", "", []wire.Attr{wire.A("mediatype", "contact_array")}},
		{"reaction", "", []wire.Attr{wire.A("decrypt-fail", "hide")}},
		{"reaction", "7", []wire.Attr{wire.A("decrypt-fail", "hide")}},
		{"text", "1", []wire.Attr{wire.A("decrypt-fail", "hide")}},
		{"text", "7", []wire.Attr{wire.A("decrypt-fail", "hide")}},
		{"poll", "", nil},
		{"something_new", "", nil},
	} {
		for _, way := range []struct {
			from, to *user
			jid      wire.JID
		}{{mo, ada, ada.jid}, {ada, mo, alias}} {
			id := fmt.Sprint("M", i, way.jid.User)
			hints := append([]wire.Attr{wire.A("x-tracking", "1")}, tt.hints...)
			if got := way.from.ask(sortOf(id, way.jid, way.jid, tt.kind, tt.edit, hints...)); got.Attr("error") != "" {
				t.Fatalf("%s %s: %s", tt.kind, tt.edit, got)
			}
			n := way.to.until("the message", withID(id))
			enc, _ := n.Child("enc")
			if n.Attr("type") != tt.kind || n.Attr("edit") != tt.edit || enc.Attr("x-tracking") != "" || string(enc.Data) != "secret" {
				t.Errorf("%s %s arrived as %s", tt.kind, tt.edit, n)
			}
			for _, h := range tt.hints {
				if enc.Attr(h.Key) != h.Text {
					t.Errorf("%s: %s is %q, want %q", tt.kind, h.Key, enc.Attr(h.Key), h.Text)
				}
			}
			way.to.ask(receipt(n, ""))
		}
	}
	for what, n := range map[string]wire.Node{
		"a long type":           sortOf("B1", ada.jid, ada.jid, strings.Repeat("a", 25), ""),
		"a type of other signs": sortOf("B2", ada.jid, ada.jid, "<b>", ""),
		"no kind of edit":       sortOf("B3", ada.jid, ada.jid, "text", "x"),
	} {
		if got := mo.ask(n); got.Attr("error") != "479" {
			t.Errorf("%s: %s", what, got)
		}
	}
	long := sortOf("B4", ada.jid, ada.jid, "media", "", wire.A("mediatype", strings.Repeat("x", 33)))
	if got := mo.ask(long); got.Attr("error") != "" {
		t.Fatalf("%s", got)
	}
	n := ada.until("the message", withID("B4"))
	if enc, _ := n.Child("enc"); enc.Attr("mediatype") != "" {
		t.Errorf("a hint without bound arrived: %s", n)
	}
}

func TestReceiptsAboutFilesPassBothWays(t *testing.T) {
	_, mo, ada, alias := acquainted(t)
	for _, way := range []struct {
		author, reader *user
		to, from       wire.JID // how each calls the other
	}{{mo, ada, ada.jid, alias}, {ada, mo, alias, ada.jid}} {
		id := "V" + way.to.User
		if got := way.author.ask(sortOf(id, way.to, way.to, "media", "", wire.A("mediatype", "ptt"))); got.Attr("error") != "" {
			t.Fatalf("%s", got)
		}
		n := way.reader.until("the message", withID(id))
		way.reader.ask(receipt(n, ""))
		way.reader.ask(wire.N("receipt", []wire.Attr{wire.A("id", id), wire.J("to", way.from), wire.A("type", "played")}))
		got := way.author.until("played", func(n wire.Node) bool { return n.Tag == "receipt" && n.Attr("type") == "played" })
		if got.Attr("id") != id || got.Attr("from") != way.to.String() {
			t.Errorf("played arrived as %s from %s", got, got.Attr("from"))
		}
		// As whatsmeow asks for a file again: to itself, with the chat inside.
		way.reader.ask(wire.N("receipt", []wire.Attr{wire.A("id", id), wire.J("to", way.reader.jid.Bare()), wire.A("type", "server-error")},
			wire.N("encrypt", nil, wire.Bytes("enc_p", nil, []byte("p")), wire.Bytes("enc_iv", nil, []byte("iv"))),
			wire.N("rmr", []wire.Attr{wire.J("jid", way.from), wire.A("from_me", "false")})))
		got = way.author.until("the question", func(n wire.Node) bool { return n.Tag == "receipt" && n.Attr("type") == "server-error" })
		rmr, _ := got.Child("rmr")
		if p, ok := got.Path("encrypt", "enc_p"); !ok || string(p.Data) != "p" || got.Attr("id") != id || rmr.Attr("jid") != way.to.String() || rmr.Attr("from_me") != "true" {
			t.Errorf("the question arrived as %s", got)
		}
	}
}
