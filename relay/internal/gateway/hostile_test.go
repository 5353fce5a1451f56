package gateway_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"ferry/relay/internal/gateway"
	"ferry/relay/wire"

	"github.com/coder/websocket"
)

// closes waits until the gateway has closed the socket.
func closes(t *testing.T, p pipe) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		_, _, err := p.ws.Read(ctx)
		if ctx.Err() != nil {
			t.Fatal("the gateway left the socket open")
		}
		if err != nil {
			return err
		}
	}
}

// alive shows that the gateway still serves others.
func alive(t *testing.T, u *user) {
	t.Helper()
	if got := u.iq("w:p", "get"); got.Attr("type") != "result" {
		t.Errorf("another client's ping was answered with %s", got)
	}
}

func TestHostileBytesBeforeLoginCostOneSocket(t *testing.T) {
	w := start(t, gateway.Limits{Handshake: 2 * time.Second}) // enough for an honest login on a busy machine
	mo := w.enlist("mo")
	mo.connect()
	header := "WA\x06\x03"
	hello := header + "\x00\x00\x24\x12\x22\x0a\x20" + strings.Repeat("k", 32)
	tests := []struct {
		name string
		send []string
	}{
		{"nothing at all", nil},
		{"another protocol", []string{"GET / HTTP/1.1\r\n\r\n"}},
		{"a frame of 16 MiB announced", []string{header + "\xff\xff\xff"}},
		{"a message larger than a login", []string{header + strings.Repeat("x", 70<<10)}},
		{"half a frame", []string{header + "\x00\x00\x24\x12"}},
		{"a byte now and then", strings.Split(hello[:20], "")},
		{"no key in the hello", []string{header + "\x00\x00\x04\x12\x02\x0a\x00"}},
		{"garbage instead of the finish", []string{hello, "\x00\x00\x10" + strings.Repeat("g", 16)}},
		{"a key of low order", []string{header + "\x00\x00\x24\x12\x22\x0a\x20" + strings.Repeat("\x00", 32)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := w.socket()
			for _, s := range tt.send {
				if err := p.Write(t.Context(), []byte(s)); err != nil {
					break // closed already
				}
			}
			_ = closes(t, p)
			alive(t, mo)
		})
	}
}

// recorder keeps what a client wrote.
type recorder struct {
	pipe
	mu  sync.Mutex
	out [][]byte
}

func (r *recorder) Write(ctx context.Context, b []byte) error {
	r.mu.Lock()
	r.out = append(r.out, bytes.Clone(b))
	r.mu.Unlock()
	return r.pipe.Write(ctx, b)
}

func TestAReplayedLoginDoesNotLogIn(t *testing.T) {
	w := start(t, gateway.Limits{})
	mo := w.enlist("mo")
	r := &recorder{pipe: w.socket()}
	ch, err := wire.Dial(t.Context(), r, wire.ClientConfig{Static: mo.noise, Root: w.gw.Root(), Payload: mo.payload()})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := ch.ReadNode(t.Context()); err != nil || n.Tag != "success" {
		t.Fatalf("%v, %v", n, err)
	}
	p := w.socket()
	for _, b := range r.out {
		if err := p.Write(t.Context(), b); err != nil {
			break
		}
	}
	_ = closes(t, p)
	// The original was not replaced: it still answers.
	if err := ch.WriteNode(t.Context(), wire.N("iq", []wire.Attr{wire.A("xmlns", "w:p"), wire.A("type", "get"), wire.A("id", "1")})); err != nil {
		t.Fatal(err)
	}
	for {
		n, err := ch.ReadNode(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n.Tag == "iq" {
			break
		}
	}
}

func TestHostileBytesAfterLoginCostOneConnection(t *testing.T) {
	w := start(t, gateway.Limits{})
	mo := w.enlist("mo")
	mo.connect()
	for name, evil := range map[string][]byte{
		"a frame that does not decrypt": append([]byte{0, 0, 32}, bytes.Repeat([]byte{7}, 32)...),
		"16 MiB announced":              {0xff, 0xff, 0xff, 1, 2, 3},
		"a frame without a tag":         {0, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			eve := w.enlist("eve " + name)
			p := w.socket()
			ch, err := wire.Dial(t.Context(), p, wire.ClientConfig{Static: eve.noise, Root: w.gw.Root(), Payload: eve.payload()})
			if err != nil {
				t.Fatal(err)
			}
			if n, err := ch.ReadNode(t.Context()); err != nil || n.Tag != "success" {
				t.Fatalf("%v, %v", n, err)
			}
			if err := p.Write(t.Context(), evil); err != nil {
				t.Fatal(err)
			}
			_ = closes(t, p)
			alive(t, mo)
		})
	}
}

func TestStanzasThatMakeNoSenseAreSurvived(t *testing.T) {
	w := start(t, gateway.Limits{})
	mo := w.enlist("mo")
	mo.connect()
	for _, tag := range []string{"iq", "message", "receipt", "ack", "presence", "chatstate", "call", "notification", "ib", "stream:error", "nonsense"} {
		for _, n := range []wire.Node{
			wire.N(tag, nil),
			wire.N(tag, []wire.Attr{wire.A("id", "1"), wire.A("type", "get"), wire.A("to", "@@@")}),
			wire.N(tag, []wire.Attr{wire.A("id", "1"), wire.A("type", "set"), wire.A("xmlns", "encrypt"), wire.J("to", wire.NewJID("1", wire.ServerGroup))}, wire.N("list", nil)),
			wire.N(tag, []wire.Attr{wire.A("id", strings.Repeat("i", 300)), wire.A("type", "retry"), wire.J("to", mo.jid.WithDevice(7))}, wire.N("retry", nil)),
			wire.N(tag, []wire.Attr{wire.A("id", "1"), wire.A("type", "subscribe"), wire.J("to", server)}, wire.N("composing", nil)),
			wire.N(tag, []wire.Attr{wire.A("id", "1"), wire.A("type", "read"), wire.J("to", mo.jid)}, wire.N("list", nil, wire.N("item", nil))),
			wire.N(tag, []wire.Attr{wire.A("id", "1"), wire.A("class", "message"), wire.J("to", mo.jid)}, wire.N("participants", nil, wire.N("to", nil), wire.N("x", nil))),
		} {
			mo.send(n)
		}
	}
	alive(t, mo)
}

func TestAnIdleConnectionIsClosed(t *testing.T) {
	w := start(t, gateway.Limits{Idle: 300 * time.Millisecond})
	mo := w.enlist("mo")
	mo.connect()
	mo.gone()
}

func TestTooManyHandshakesAreTurnedAway(t *testing.T) {
	w := start(t, gateway.Limits{Handshakes: 2})
	held := []pipe{w.socket(), w.socket()}
	resp, err := http.Get("http://" + w.addr + wire.PathChat)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("the third got status %d", resp.StatusCode)
	}
	for _, p := range held {
		_ = p.Close("")
	}
	mo := w.enlist("mo")
	for range 50 { // the gateway notices the closed sockets when it next reads
		if ws, _, err := websocket.Dial(t.Context(), "ws://"+w.addr+wire.PathChat, nil); err == nil {
			_ = ws.CloseNow()
			break
		}
		pauseFor(t, 20*time.Millisecond)
	}
	mo.connect()
}

func pauseFor(t *testing.T, d time.Duration) {
	t.Helper()
	select {
	case <-time.After(d):
	case <-t.Context().Done():
	}
}

func TestALookupOfEverybodyIsRefused(t *testing.T) {
	w := start(t, gateway.Limits{LookupBurst: 5, Lookups: 1})
	mo := w.enlist("mo")
	mo.connect()
	list := wire.N("list", nil)
	for i := range 4 {
		list.Children = append(list.Children, wire.N("user", nil, wire.Bytes("contact", nil, fmt.Append(nil, "+491512000", i))))
	}
	ask := wire.N("usync", nil, wire.N("query", nil, wire.N("contact", nil)), list)
	if got := mo.iq("usync", "get", ask); got.Attr("type") != "result" {
		t.Errorf("the first was answered with %s", got)
	}
	e, _ := mo.iq("usync", "get", ask).Child("error")
	if e.Attr("code") != "429" {
		t.Errorf("the second was answered with %s", e)
	}
}

// deaf is a client that logs in and never reads again.
func (u *user) deaf() net.Conn {
	u.w.t.Helper()
	var raw net.Conn
	dial := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, addr)
		if tcp, ok := c.(*net.TCPConn); ok {
			_ = tcp.SetReadBuffer(4096)
		}
		raw = c
		return c, err
	}}
	ws, _, err := websocket.Dial(u.w.t.Context(), "ws://"+u.w.addr+wire.PathChat, &websocket.DialOptions{HTTPClient: &http.Client{Transport: dial}})
	if err != nil {
		u.w.t.Fatal(err)
	}
	u.w.t.Cleanup(func() { _ = ws.CloseNow() })
	ch, err := wire.Dial(u.w.t.Context(), pipe{ws}, wire.ClientConfig{Static: u.noise, Root: u.w.gw.Root(), Payload: u.payload()})
	if err != nil {
		u.w.t.Fatal(err)
	}
	if n, err := ch.ReadNode(u.w.t.Context()); err != nil || n.Tag != "success" {
		u.w.t.Fatalf("%v, %v", n, err)
	}
	return raw
}

func TestAReceiverThatDoesNotReadBlocksNobody(t *testing.T) {
	w := start(t, gateway.Limits{Write: 2 * time.Second})
	mo, ada := w.enlist("mo"), w.phone("+4915120001", "Ada", true)
	mo.connect() // makes the keys known
	mo.untilTag("ib")
	_ = mo.ch.Close("")
	mo.gone()
	ada.connectPhone()
	mo.deaf()
	alias := wire.JID{}
	if a, ok := wire.AliasLID(mo.jid); ok {
		alias = a
	}
	big := strings.Repeat("x", 200<<10)
	for i := range 60 { // 12 MB, more than the sockets hold
		n := message(fmt.Sprint("A", i), alias, alias)
		n.Children[0].Children[0].Children[0].Data = []byte(big)
		if got := ada.ask(n); got.Attr("error") != "" {
			t.Fatalf("message %d: %s", i, got)
		}
	}
	// A client that reads gets all of it.
	mo.connect()
	for i := range 60 {
		if n := mo.untilTag("message"); n.Attr("id") != fmt.Sprint("A", i) {
			t.Fatalf("message %d is %s", i, n.Attr("id"))
		}
	}
}

func TestConnectionsLeaveNothingBehind(t *testing.T) {
	w := start(t, gateway.Limits{})
	mo := w.enlist("mo")
	mo.connect()
	_ = mo.ch.Close("")
	mo.gone()
	before := runtime.NumGoroutine()
	for i := range 30 {
		x := mo.again()
		x.connect()
		if i%2 == 0 {
			_ = x.ch.Close("")
		}
	}
	last := mo.again()
	last.connect()
	_ = last.ch.Close("")
	last.gone()
	// The embedded server starts some goroutines of its own when it pleases; a
	// leak would leave at least one for each of the 30 connections.
	for deadline := time.Now().Add(patience); runtime.NumGoroutine() > before+20; pauseFor(t, 20*time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines before, %d after", before, runtime.NumGoroutine())
		}
	}
}
