package gateway_test

import (
	"context"
	"fmt"
	"testing"

	"ferry/relay/internal/gateway"
	"ferry/relay/wire"
)

// FuzzStanzaAfterLogin sends any stanza that can be written, as a logged-in
// client. The gateway answers the next ping, or has closed the connection as it
// says in the table of limits; an error of its own is a bug.
func FuzzStanzaAfterLogin(f *testing.F) {
	w := start(f, gateway.Limits{Lookups: 1 << 20, LookupBurst: 1 << 20})
	w.phone("+4915120001", "Ada", true)
	w.keep = true
	users := 0
	var u *user
	for _, n := range []wire.Node{
		message("M1", wire.NewJID("123456789012345", wire.ServerLID), wire.NewJID("123456789012345", wire.ServerLID)),
		wire.N("receipt", []wire.Attr{wire.A("id", "1"), wire.J("to", wire.NewJID("4915120001", wire.ServerUser)), wire.A("type", "retry")}, wire.N("retry", []wire.Attr{wire.A("count", "1")})),
		wire.N("iq", []wire.Attr{wire.A("id", "1"), wire.A("type", "get"), wire.A("xmlns", "usync")}, wire.N("usync", nil, wire.N("query", nil, wire.N("devices", nil)), wire.N("list", nil, wire.N("user", []wire.Attr{wire.A("jid", "4915120001@s.whatsapp.net")})))),
		wire.N("iq", []wire.Attr{wire.A("id", "1"), wire.A("type", "set"), wire.A("xmlns", "encrypt")}, wire.N("rotate", nil, wire.N("skey", nil))),
		wire.N("iq", []wire.Attr{wire.A("id", "1"), wire.A("type", "set"), wire.A("xmlns", "md")}, wire.N("remove-companion-device", []wire.Attr{wire.A("jid", "x")})),
		wire.N("iq", []wire.Attr{wire.A("type", "set"), wire.A("xmlns", "w:m"), wire.A("id", "m")}, wire.N("media_conn", nil)),
		wire.N("iq", []wire.Attr{wire.A("type", "set"), wire.A("xmlns", "privacy"), wire.A("id", "p")},
			wire.N("privacy", nil, wire.N("category", []wire.Attr{wire.A("name", "last"), wire.A("value", "none")}))),
		wire.N("receipt", []wire.Attr{wire.A("type", "server-error"), wire.A("id", "s")},
			wire.N("rmr", []wire.Attr{wire.J("jid", wire.NewJID("4915120001", wire.ServerUser)), wire.A("from_me", "false")})),
		wire.N("iq", []wire.Attr{wire.A("type", "set"), wire.A("xmlns", "blocklist"), wire.A("id", "b")},
			wire.N("item", []wire.Attr{wire.J("jid", wire.NewJID("4915120001", wire.ServerUser)), wire.A("action", "block")})),
		wire.N("iq", []wire.Attr{wire.A("type", "set"), wire.A("xmlns", wire.NamespaceInterop), wire.A("id", "r")},
			wire.N("report", []wire.Attr{wire.J("jid", wire.NewJID("4915120001", wire.ServerUser)), wire.A("reason", "spam"), wire.A("block", "true")},
				wire.Bytes("message", []wire.Attr{wire.A("id", "1")}, []byte("text")))),
		wire.N("iq", []wire.Attr{wire.A("type", "set"), wire.A("xmlns", wire.NamespaceInterop), wire.A("id", "c")},
			wire.N("third_party_chats", []wire.Attr{wire.A("state", "on")}, wire.N("app", []wire.Attr{wire.A("id", "7"), wire.A("state", "on")}))),
		wire.N("call", []wire.Attr{wire.A("id", "o"), wire.J("to", wire.NewJID("4915120001", wire.ServerUser))}, wire.N("offer", nil)),
		wire.N("presence", []wire.Attr{wire.A("type", "subscribe"), wire.J("to", wire.NewJID("4915120001", wire.ServerUser))}),
		wire.N("chatstate", []wire.Attr{wire.J("to", wire.NewJID("4915120001", wire.ServerUser))}, wire.N("composing", nil)),
	} {
		b, err := wire.Marshal(n)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		n, err := wire.Unmarshal(b)
		if err != nil {
			return
		}
		w.t = t
		if u == nil {
			users++
			u = w.enlist(fmt.Sprint("user ", users))
			u.connect()
		}
		if _, err := wire.Marshal(n); err != nil {
			return
		}
		if u.ch.WriteNode(context.Background(), n) != nil {
			u = nil
			return
		}
		ping := wire.N("iq", []wire.Attr{wire.A("xmlns", "w:p"), wire.A("type", "get"), wire.A("id", "fuzz-ping")})
		if u.ch.WriteNode(context.Background(), ping) == nil {
			got, open := <-u.got
			for open && got.Attr("id") != "fuzz-ping" && got.Tag != "stream:error" {
				got, open = <-u.got
			}
			if got.Tag == "stream:error" && got.Attr("code") == "503" {
				t.Errorf("the gateway failed at %s", n)
			}
			if open && got.Tag != "stream:error" {
				return
			}
		}
		u = nil // it logged itself out, or had too many malformed ones: enlist anew
	})
}
