package trace

import (
	"fmt"
	"strings"
	"testing"

	"ferry/relay/wire"
)

func TestContentIsNotShown(t *testing.T) {
	n := wire.N("message", []wire.Attr{
		wire.A("id", "A1"), wire.A("notify", "canary Ada"), wire.A("type", "text"), wire.A("to", "1@lid"), wire.A("canary text", "x"),
	},
		wire.Bytes("enc", []wire.Attr{wire.A("v", "2"), wire.A("type", "msg")}, []byte("canary ciphertext")),
		wire.N("canary text of a person", nil),
		wire.N("user", []wire.Attr{wire.A("username", "canary"), wire.A("jid", "5@lid")}, wire.Bytes("contact", nil, []byte("+49canary"))),
	)
	l := New()
	l.Add(Entry{Direction: "in"}, n)
	e := l.After(0)[0]
	if all := fmt.Sprintf("%+v", e); strings.Contains(all, "canary") {
		t.Errorf("shown: %s", all)
	}
	want := `<message id="A1" notify=(10) type="text" to="1@lid" ?=(1)><enc v="2" type="msg">17 B</enc><?/><user username=(6) jid="5@lid"><contact>9 B</contact></user></message>`
	if e.Shape != want || e.Tag != "message" || e.Attrs["id"] != "A1" || len(e.Attrs) != 3 || e.Bytes != 26 {
		t.Errorf("%+v\nwant %s", e, want)
	}
}

func TestAHostileStanzaIsShownCut(t *testing.T) {
	n := wire.N("iq", []wire.Attr{wire.A("id", strings.Repeat("x", 5000)+"\x1b[2J")})
	for range 300 {
		n = wire.N("iq", n.Attrs, n, wire.N("item", nil), wire.N("item", nil))
	}
	for range 300 {
		n.Children = append(n.Children, wire.N("item", nil))
	}
	l := New()
	l.Add(Entry{}, n)
	e := l.After(0)[0]
	if len(e.Shape) > 8000 || len(e.Attrs["id"]) > 100 || strings.Contains(e.Shape, "\x1b") {
		t.Errorf("%d bytes: %.300s", len(e.Shape), e.Shape)
	}
}

func TestTheLastStanzasAreKept(t *testing.T) {
	l := New()
	for range Kept + 10 {
		l.Add(Entry{}, wire.N("iq", nil))
	}
	all := l.After(0)
	if len(all) != Kept || all[0].Seq != 11 || all[Kept-1].Seq != Kept+10 {
		t.Errorf("%d from %d", len(all), all[0].Seq)
	}
	if rest := l.After(Kept + 8); len(rest) != 2 || rest[0].Seq != Kept+9 {
		t.Errorf("%+v", rest)
	}
	l.Clear()
	l.Add(Entry{}, wire.N("iq", nil))
	if left := l.After(0); len(left) != 1 || left[0].Seq != Kept+11 {
		t.Errorf("%+v", left)
	}
}

func TestASlowReaderIsLetGoAndMayContinue(t *testing.T) {
	l := New()
	l.Add(Entry{}, wire.N("iq", nil))
	was, coming, stop, ok := l.Follow(0)
	if !ok || len(was) != 1 {
		t.Fatal(was, ok)
	}
	defer stop()
	for range backlog + 1 {
		l.Add(Entry{}, wire.N("iq", nil))
	}
	last := uint64(0)
	for e := range coming { // it ends
		last = e.Seq
	}
	if last != backlog+1 {
		t.Errorf("ended after %d", last)
	}
	stop()
	if was, _, end, ok := l.Follow(last); !ok || len(was) != 1 {
		t.Errorf("%d, %v", len(was), ok)
	} else {
		end()
	}
	for range readers {
		if _, _, _, ok := l.Follow(0); !ok {
			t.Error("no room for a reader")
		}
	}
	if _, _, _, ok := l.Follow(0); ok {
		t.Error("one reader too many")
	}
}
