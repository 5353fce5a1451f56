package headless

import (
	"bytes"
	"compress/zlib"
	"crypto/rand"
	"fmt"
	"math/bits"
	"os"
	"testing"
	"time"

	"ferry/app/e2e/thirdparty"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/relay/wire"
)

// crime is what a hostile gateway does on a connection, and what the user is told of it: nothing, if the connection
// stands it.
type crime struct {
	name   string
	deed   func(*victim)
	reason string
	soak   bool // takes longer than a normal run should
}

// bigHeader announces a frame of 16 MiB.
var bigHeader = []byte{0xff, 0xff, 0xff}

func junk(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return b
}

// The slow ones come first, so that they wait at the same time.
var crimes = []crime{
	{"no word after the upgrade", func(v *victim) { v.upgrade(); linger(v) }, "timeout", false},
	{"no answer to the login", func(v *victim) { v.admit(v.upgrade(), v.g.chain); linger(v) }, "timeout", false},
	{"garbage instead of a handshake", func(v *victim) { pour(v, v.upgrade(), frame(junk(4096)), 1) }, "bad_answer", false},
	{"no HTTP at all", func(v *victim) { _, _ = v.raw().Write(junk(4096)) }, "gateway_unreachable", false},
	{"no answer to the upgrade", func(v *victim) { <-v.r.Context().Done() }, "gateway_unreachable", false},
	{"a certificate of another root", func(v *victim) { v.admit(v.upgrade(), v.foreign()) }, "wrong_gateway", false},
	{"a certificate that has run out", func(v *victim) { v.admit(v.upgrade(), v.g.issue(v.g.root, -time.Hour)) }, "certificate_expired", false},
	{"a 16 MiB frame for a handshake", func(v *victim) { pour(v, v.upgrade(), junk(1<<20), 16) }, "bad_answer", false},
	{"a replayed handshake", replay, "bad_answer", false},
	{"garbage for an answer", func(v *victim) { p := v.upgrade(); v.admit(p, v.g.chain); pour(v, p, frame(junk(4096)), 1) }, "bad_answer", false},
	{"an unknown answer to the login", unknownAnswer, "bad_answer", false},
	{"a 16 MiB frame after the login", func(v *victim) { _, p := v.login(); pour(v, p, junk(1<<20), 16) }, "bad_answer", false},
	{"a frame that does not decrypt", func(v *victim) { _, p := v.login(); pour(v, p, frame(junk(100)), 1) }, "bad_answer", false},
	{"a close right after the login", func(v *victim) { _, p := v.login(); _ = p.Close("bye") }, "gateway_closed", false},
	{"a dead line after the login", func(v *victim) { v.login(); linger(v) }, "no_answer", true},
	{"stanzas that are none", noStanzas, "", false},
	{"stanzas that lie", lies, "", false},
	{"a flood", flood, "", false},
}

// A hostile gateway costs a client the connection and nothing else: the user is told that the gateway is the hop that
// is down, and is online again as soon as there is an honest one.
func TestAHostileGatewayCostsNothingButTheConnection(t *testing.T) {
	for _, c := range crimes {
		if !c.soak {
			t.Run(c.name, func(t *testing.T) { t.Parallel(); suffer(t, c) })
		}
	}
}

func TestSoakAHostileGatewayThatGoesDead(t *testing.T) {
	if os.Getenv("FERRY_SOAK") == "" {
		t.Skip("set FERRY_SOAK=1 for waits of a minute")
	}
	for _, c := range crimes {
		if c.soak {
			t.Run(c.name, func(t *testing.T) { t.Parallel(); suffer(t, c) })
		}
	}
}

func suffer(t *testing.T, c crime) {
	g := newRogue(t)
	u := g.client(t)
	u.Do(port.Connect{}, nil)
	u.AwaitOnline()

	g.does(c.deed)
	mark, before, began := u.Mark(), g.connections(), time.Now()
	u.Stop()
	u.Start() // onto a new connection
	if c.reason == "" {
		u.AwaitOnline()
		u.Do(port.Active{Active: true}, nil)
	} else {
		down := thirdparty.AwaitAfter(u, mark, "the link down for "+c.reason, func(e port.LinkChanged) bool {
			return e.Phase == model.LinkWaiting && e.Reason == c.reason
		})
		if down.Down != model.HopGateway && c.reason != "no_answer" { // on a dead line nobody can tell
			t.Errorf("the hop that is down is %q", down.Down)
		}
		if down.RetryAt.Before(time.Now()) {
			t.Errorf("it is not said when the next attempt is: %v", down.RetryAt)
		}
	}
	if chats := u.State().Chats; len(chats) != 0 { // the client answers, and believes nothing
		t.Errorf("the client shows the chats %+v", chats)
	}
	// A busy machine may cut a login short. The client waits half a second at least, and then twice as long each time.
	if n, took := g.connections()-before, time.Since(began); n > 3+bits.Len(uint(took/(time.Second/2))) {
		t.Errorf("the client came %d times in %v", n, took)
	}

	g.does(honest)
	mark = u.Mark()
	if c.reason != "" {
		again(u)
		thirdparty.AwaitAfter(u, mark, "the link online again", func(e port.LinkChanged) bool { return e.Phase == model.LinkOnline })
	}
	if found := u.LookUp("+49 1551 0000001"); found.Status != "not_found" {
		t.Errorf("looking up a number: %+v", found)
	}
}

// linger keeps a connection open, and silent, until the client goes.
func linger(v *victim) {
	if v.up != nil {
		_, _, _ = v.up.Read(v.r.Context())
		for v.r.Context().Err() == nil {
			if _, _, err := v.up.Read(v.r.Context()); err != nil {
				return
			}
		}
	}
}

// pour announces a big frame and writes a block some times, until the client goes.
func pour(v *victim, p wire.Pipe, block []byte, times int) {
	if times > 1 {
		block = append(bytes.Clone(bigHeader), block...)
	}
	for range times {
		if p.Write(v.r.Context(), block) != nil {
			return
		}
	}
	linger(v)
}

func frame(b []byte) []byte {
	return append([]byte{byte(len(b) >> 16), byte(len(b) >> 8), byte(len(b))}, b...)
}

func (v *victim) foreign() []byte {
	other, err := wire.NewAuthority(rand.Reader)
	if err != nil {
		v.g.t.Error(err)
		return nil
	}
	return v.g.issue(other, time.Hour)
}

// replay sends on the second connection what was right on the first.
func replay(v *victim) {
	v.g.mu.Lock()
	taped := v.g.taped
	v.g.mu.Unlock()
	p := v.upgrade()
	if taped == nil { // the first time, honestly, but for the end
		v.admit(tape{p, v.g}, v.g.chain)
		_ = p.Close("come again")
		return
	}
	for _, b := range taped {
		if p.Write(v.r.Context(), b) != nil {
			return
		}
	}
	linger(v)
}

func unknownAnswer(v *victim) {
	if ch := v.admit(v.upgrade(), v.g.chain); ch != nil {
		_ = ch.WriteNode(v.r.Context(), wire.N("perhaps", nil))
		linger(v)
	}
}

// noStanzas are frames that decrypt and then make no sense.
func noStanzas(v *victim) {
	ch, _ := v.login()
	if ch == nil {
		return
	}
	var bomb bytes.Buffer
	z := zlib.NewWriter(&bomb)
	for range 6 { // the bound is 4 MiB
		_, _ = z.Write(make([]byte, 1<<20))
	}
	_ = z.Close()
	deep := []byte{0}
	for range 5000 {
		deep = append(deep, 248, 2, 3, 248, 1) // a list of a tag and a list
	}
	for _, b := range [][]byte{{}, {0}, {2}, junk(64), append([]byte{0}, junk(4096)...), append([]byte{2}, junk(4096)...), append([]byte{2}, bomb.Bytes()...), deep} {
		if ch.WriteMarshalled(v.r.Context(), b) != nil {
			v.g.fail("the client left because of a frame that is no stanza")
			return
		}
	}
	v.serve(ch)
}

// lies are stanzas whose parts are missing, doubled or impossible.
func lies(v *victim) {
	ch, _ := v.login()
	if ch == nil {
		return
	}
	var nowhere wire.JID
	for _, tag := range []string{"message", "receipt", "ack", "notification", "iq", "ib", "presence", "chatstate", "call", "", "unheard-of"} {
		for _, from := range []wire.JID{nowhere, {Server: wire.ServerUser}, {User: "4242", Server: wire.ServerInterop, Integrator: 7}, {User: "1", Server: wire.ServerGroup}} {
			for _, kind := range []string{"", "retry", "result", "error", "encrypt", "devices", "text"} {
				attrs := []wire.Attr{wire.A("type", kind), wire.A("id", "1.1"), wire.A("t", "99999999999999999999"), wire.A("offline", "-1")}
				if from != nowhere {
					attrs = append(attrs, wire.J("from", from))
				}
				n := wire.N(tag, attrs, wire.N("retry", nil), wire.Bytes("enc", []wire.Attr{wire.A("type", "pkmsg")}, junk(10)), wire.N("identity", nil), wire.N("offline_preview", []wire.Attr{wire.A("message", "18446744073709551615")}))
				if tag == "" {
					n = wire.N("x", nil)
				}
				if ch.WriteNode(v.r.Context(), n) != nil {
					v.g.fail("the client left because of a stanza that lies")
					return
				}
			}
		}
	}
	v.serve(ch)
}

// flood sends more than the client can want, and does not listen.
func flood(v *victim) {
	ch, _ := v.login()
	if ch == nil {
		return
	}
	for i := range 20_000 {
		n := wire.N("receipt", []wire.Attr{wire.A("id", fmt.Sprint(i)), wire.J("from", wire.JID{User: "1", Server: wire.ServerLID})})
		if ch.WriteNode(v.r.Context(), n) != nil {
			v.g.fail("the client left because of a flood")
			return
		}
	}
	v.serve(ch)
}
