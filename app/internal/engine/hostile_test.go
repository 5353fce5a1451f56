package engine_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"testing"
	"time"

	"ferry/app/internal/engine"
	"ferry/app/internal/port"
	"ferry/app/internal/seal"
	"ferry/app/internal/store"
	"ferry/app/internal/store/memory"
	"ferry/relay/wire"
)

var peer = wire.JID{User: "123456", Server: wire.ServerLID, Device: 3}

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
		wire.N("notification", from("notification", "n", wire.A("type", "devices"))),
		wire.N("chatstate", from("chatstate", ""), wire.N("composing", nil)),
		wire.N("chatstate", nil),
		wire.N("ib", nil, wire.N("offline_preview", []wire.Attr{wire.A("message", "18446744073709551615")})),
		wire.N("ib", nil, wire.N("offline", nil)),
		wire.N("call", nil),
		wire.N("presence", nil),
	}
}

// lone is an engine with keys and an address, and no connection.
func lone(t testing.TB) (*engine.Engine, *memory.Disk) {
	disk := memory.NewDisk()
	s := disk.Open()
	v, err := seal.Open(context.Background(), s, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if err := v.MakeKeys(); err != nil {
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
	return e, disk
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
