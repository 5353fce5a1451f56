package engine_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ferry/app/internal/content"
	"ferry/app/internal/engine"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/seal"
	"ferry/app/internal/store"
	"ferry/app/internal/store/memory"
	"ferry/relay/wire"
)

var peer = wire.JID{User: "123456", Server: wire.ServerLID}

func enc(kind string, data []byte) wire.Node {
	return wire.Bytes("enc", []wire.Attr{wire.A("v", "2"), wire.A("type", kind)}, data)
}

func from(tag, id string, more ...wire.Attr) []wire.Attr {
	return append([]wire.Attr{wire.J("from", peer), wire.A("id", id)}, more...)
}

// hostileStanzas are what a gateway or a peer should not send.
func hostileStanzas() []wire.Node {
	long := strings.Repeat("x", 5000)
	return []wire.Node{
		{},
		wire.N("message", nil),
		wire.N("message", from("message", "")),
		wire.N("message", from("message", long), enc("msg", []byte("x"))),
		wire.N("message", from("message", "a/b"), enc("pkmsg", nil)),
		wire.N("message", from("message", "m1"), enc("msg", make([]byte, 2<<20))),
		wire.N("message", from("message", "m2", wire.A("t", "99999999999999999999"), wire.A("notify", long)), enc("pkmsg", []byte{0x33, 0})),
		wire.N("message", from("message", "m3"), enc("skmsg", []byte{0x33})),
		wire.N("message", from("message", "m4"), wire.N("unavailable", nil)),
		wire.N("message", []wire.Attr{wire.A("from", "1@g.us"), wire.A("id", "m5")}, enc("msg", nil)),
		wire.N("message", []wire.Attr{wire.A("from", "s.whatsapp.net"), wire.A("id", "m6")}),
		wire.N("message", []wire.Attr{wire.A("from", "no jid"), wire.A("id", "m7")}),
		wire.N("receipt", nil),
		wire.N("receipt", from("receipt", "m", wire.A("type", "retry"))),
		wire.N("receipt", from("receipt", "m", wire.A("type", "retry")), wire.N("retry", []wire.Attr{wire.A("count", "-1")}), wire.N("keys", nil)),
		wire.N("receipt", from("receipt", "m"), wire.N("list", nil, wire.N("item", nil), wire.N("item", []wire.Attr{wire.A("id", long)}))),
		wire.N("ack", nil),
		wire.N("ack", []wire.Attr{wire.A("class", "message"), wire.A("id", "m"), wire.A("error", "zzz")}),
		wire.N("iq", nil),
		wire.N("iq", []wire.Attr{wire.A("type", "result"), wire.A("id", "1.1")}),
		wire.N("iq", []wire.Attr{wire.A("type", "get"), wire.A("id", long)}),
		wire.N("notification", nil),
		wire.N("notification", from("notification", "n", wire.A("type", "encrypt")), wire.N("identity", nil)),
		wire.N("notification", from("notification", "n", wire.A("type", "encrypt")), wire.N("count", nil)),
		wire.N("notification", from("notification", "n", wire.A("type", "w:interop"))),
		wire.N("notification", from("notification", "n", wire.A("type", "w:interop")), wire.N("third_party_chats", []wire.Attr{wire.A("state", long)},
			wire.N("app", nil), wire.N("app", []wire.Attr{wire.A("id", "-7"), wire.A("since", "99999999999999999999")}))),
		wire.N("notification", from("notification", "n", wire.A("type", "w:interop")), wire.N("third_party_chats", []wire.Attr{wire.A("jid", "no jid")})),
		wire.N("notification", from("notification", "n", wire.A("type", "w:interop")), wire.N("accept", nil), wire.N("decline", []wire.Attr{wire.J("jid", peer)}), wire.N("provider", nil)),
		wire.N("notification", from("notification", "n", wire.A("type", "account_sync")), wire.N("blocklist", []wire.Attr{wire.A("action", "modify")},
			wire.N("item", nil), wire.N("item", []wire.Attr{wire.A("jid", "1@g.us"), wire.A("action", "block")}))),
		wire.N("notification", from("notification", "n", wire.A("type", "devices"))),
		wire.N("chatstate", from("chatstate", ""), wire.N("composing", nil)),
		wire.N("chatstate", nil),
		wire.N("ib", nil, wire.N("offline_preview", []wire.Attr{wire.A("message", "18446744073709551615")})),
		wire.N("ib", nil, wire.N("offline", nil)),
		wire.N("call", nil),
		wire.N("presence", nil),
		wire.N("presence", from("presence", "", wire.A("last", "99999999999999999999"), wire.A("type", "unavailable"))),
		wire.N("presence", []wire.Attr{wire.A("from", "no jid"), wire.A("last", "deny")}),
		wire.N("chatstate", from("chatstate", ""), wire.N("composing", []wire.Attr{wire.A("media", long)})),
		wire.N("message", from("message", "m8"), enc("msg", []byte("x")).With(wire.A("decrypt-fail", "hide"))),
		wire.N("receipt", from("receipt", "m", wire.A("type", "played"))),
	}
}

// lone is an engine with keys and an address, and no connection.
func lone(t testing.TB) (*engine.Engine, *memory.Disk) {
	e, disk, _ := loneWithKeys(t)
	return e, disk
}

func loneWithKeys(t testing.TB) (*engine.Engine, *memory.Disk, seal.PublicKeys) {
	disk := memory.NewDisk()
	s := disk.Open()
	v, err := seal.Open(context.Background(), s, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if err := v.MakeKeys(); err != nil {
		t.Fatal(err)
	}
	keys, err := v.Public()
	if err != nil {
		t.Fatal(err)
	}
	var b store.Batch
	v.Stage(&b)
	b.Put(store.Meta, "self", []byte(`{"connected":false,"address":"7-4242@interop","device":1}`))
	if err := s.Commit(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	e, err := engine.New(context.Background(), engine.Config{Store: s, Timing: engine.Timing{Query: time.Hour}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return e, disk, keys
}

// stranger is a peer's device without an engine.
func stranger(t *testing.T, keys seal.PublicKeys) *seal.Vault {
	v, err := seal.Open(t.Context(), memory.NewDisk().Open(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if err := v.MakeKeys(); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Establish(t.Context(), "engine", seal.Bundle{Registration: keys.Registration, Identity: keys.Identity, Signed: keys.Signed}); err != nil {
		t.Fatal(err)
	}
	return v
}

// says gives a message of the stranger's.
func says(t *testing.T, v *seal.Vault, id string, plain []byte) wire.Node {
	padded, err := content.Pad(rand.Reader, plain)
	if err != nil {
		t.Fatal(err)
	}
	s, err := v.Encrypt(t.Context(), "engine", padded)
	if err != nil {
		t.Fatal(err)
	}
	return wire.N("message", from("message", id), enc(string(s.Kind), s.Data))
}

func feed(t *testing.T, e *engine.Engine, n wire.Node) {
	t.Helper()
	if err := e.Feed(t.Context(), n); err != nil {
		t.Fatal(err)
	}
}

func threadOf(t *testing.T, e *engine.Engine) []model.Message {
	t.Helper()
	r := e.Do(t.Context(), port.Messages{Chat: model.ChatID(peer.Bare().String()), Limit: 100})
	var page port.MessagePage
	if err := json.Unmarshal(r.Value, &page); err != nil {
		t.Fatal(r.Code, err)
	}
	return page.Messages
}

func TestAMessageEncryptedTwiceIsShownOnce(t *testing.T) {
	e, _, keys := loneWithKeys(t)
	v := stranger(t, keys)
	text, err := content.Encode(content.Message{Kind: content.KindText, Text: "hi"})
	if err != nil {
		t.Fatal(err)
	}
	first := says(t, v, "m", text)
	for _, n := range []wire.Node{first, first, says(t, v, "m", text), first} {
		feed(t, e, n)
	}
	if all := threadOf(t, e); len(all) != 1 || all[0].Text != "hi" {
		t.Errorf("the thread is %+v", all)
	}
}

// Some clients use a message key twice when they send and receive at once.
func TestAMessageUnderAKeyOfAnotherIsAskedForAgain(t *testing.T) {
	e, _, keys := loneWithKeys(t)
	v := stranger(t, keys)
	text, err := content.Encode(content.Message{Kind: content.KindText, Text: "second"})
	if err != nil {
		t.Fatal(err)
	}
	first := says(t, v, "m", text)
	feed(t, e, first)
	same := first
	same.Attrs = slices.Clone(first.Attrs)
	for i, a := range same.Attrs {
		if a.Key == "id" {
			same.Attrs[i].Text = "n"
		}
	}
	feed(t, e, same)
	if all := threadOf(t, e); len(all) != 2 || all[1].Failure != model.CannotDecrypt {
		t.Fatalf("the thread is %+v", all)
	}
	feed(t, e, says(t, v, "n", text))
	if all := threadOf(t, e); len(all) != 2 || all[1].Failure != model.NoFailure || all[1].Text != "second" {
		t.Errorf("sent again, the thread is %+v", all)
	}
}

func TestContentThatCannotBeShownIsNamed(t *testing.T) {
	e, _, keys := loneWithKeys(t)
	v := stranger(t, keys)
	forged, err := content.Encode(content.Message{Kind: content.KindText, Text: "I never said this", SentTo: "123456@lid"})
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range []struct {
		plain []byte
		want  string // Kind of the entry; "" for none
	}{
		{[]byte{0x1a, 0}, "image"},         // imageMessage{}
		{[]byte{0x42, 0}, "audio"},         // audioMessage{}
		{[]byte{0xfa, 0x3f, 0}, "unknown"}, // field 1023
		{[]byte{0xff}, "unknown"},          // no protobuf
		{[]byte{0x12, 0}, ""},              // sender key only
		{forged, ""},                       // a copy that only own devices may send
	} {
		before := len(threadOf(t, e))
		feed(t, e, says(t, v, fmt.Sprint("m", i), c.plain))
		all := threadOf(t, e)
		switch {
		case c.want == "" && len(all) != before:
			t.Errorf("%x shows %+v", c.plain, all[len(all)-1])
		case c.want != "" && (len(all) != before+1 || string(all[before].Kind) != c.want || all[before].Failure != model.NoFailure || all[before].FromMe):
			t.Errorf("%x: the thread is %+v", c.plain, all)
		}
	}
}

func TestHostileStanzasCostNothingButThemselves(t *testing.T) {
	e, disk := lone(t)
	for i, n := range hostileStanzas() {
		if err := e.Feed(t.Context(), n); err != nil {
			t.Errorf("stanza %d: %v", i, err)
		}
	}
	if r := e.Do(t.Context(), port.Snapshot{}); r.Code != "" {
		t.Errorf("afterwards: %+v", r)
	}
	if n := disk.Len(store.Messages); n > 5 {
		t.Errorf("%d entries were made", n)
	}
}

func TestARetryStormIsAnsweredAFewTimesOnly(t *testing.T) {
	e, disk := lone(t)
	for i := range 100 {
		n := wire.N("message", from("message", "same"), enc("msg", fmt.Append(nil, "garbage garbage garbage ", i)))
		if err := e.Feed(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
	if n := disk.Len(store.PreKeys); n > 10 {
		t.Errorf("%d prekeys were made for it", n)
	}
	if n := disk.Len(store.Messages); n != 1 {
		t.Errorf("%d placeholders", n)
	}
}

func FuzzStanza(f *testing.F) {
	for _, n := range hostileStanzas() {
		if b, err := wire.Marshal(n); err == nil && len(b) < 10000 {
			f.Add(b)
		}
	}
	e, _ := lone(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		n, err := wire.Unmarshal(b)
		if err != nil {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := e.Feed(ctx, n); err != nil {
			t.Fatal(err)
		}
	})
}
