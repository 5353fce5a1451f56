package tunnel

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"ferry/relay/internal/limit"
)

// auth is an Authenticator whose answers a test can change.
type auth struct {
	mu      sync.Mutex
	signed  error
	alive   error
	account string
}

func (a *auth) Authenticate(r *http.Request) (Identity, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	session := r.URL.Query().Get("session")
	return Identity{Account: a.account, Session: session}, a.signed
}

func (a *auth) Alive(context.Context, Identity) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.alive
}

func (a *auth) set(signed, alive error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.signed, a.alive = signed, alive
}

// world is a tunnel server in front of a gateway.
type world struct {
	t      testing.TB
	server *Server
	auth   *auth
	url    string // ws://…/tunnel
	client *http.Client
}

func newWorld(t testing.TB, gateway string, change func(*Config)) *world {
	t.Helper()
	w := &world{t: t, auth: &auth{account: "a"}}
	cfg := Config{
		Gateway: gateway,
		Limits:  limit.Default(),
		Auth:    w.auth,
		Origin:  func(r *http.Request) bool { return r.Header.Get("Origin") != "https://evil.example" },
		Address: func(r *http.Request) netip.Addr { return netip.MustParseAddrPort(r.RemoteAddr).Addr() },
		Tick:    5 * time.Millisecond,
	}
	cfg.Limits.TunnelLinger = time.Second
	cfg.Limits.TunnelOpens = 0
	if change != nil {
		change(&cfg)
	}
	var err error
	if w.server, err = New(cfg); err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(w.server)
	w.url = "ws" + strings.TrimPrefix(front.URL, "http") + "/tunnel"
	t.Cleanup(func() {
		w.server.Close()
		front.Close()
	})
	return w
}

// dial opens a tunnel with an independent WebSocket client.
func (w *world) dial() *websocket.Conn {
	w.t.Helper()
	c, _, err := websocket.Dial(deadline(w.t), w.url, &websocket.DialOptions{HTTPClient: w.client})
	if err != nil {
		w.t.Fatal(err)
	}
	c.SetReadLimit(-1)
	w.t.Cleanup(func() { _ = c.CloseNow() })
	return c
}

// wantClose reads until the close frame and checks its reason.
func (w *world) wantClose(c *websocket.Conn, why Reason) {
	w.t.Helper()
	for {
		_, _, err := c.Read(deadline(w.t))
		if err == nil {
			continue
		}
		var ce websocket.CloseError
		if !errors.As(err, &ce) || int(ce.Code) != why.Code() || ce.Reason != why.String() {
			w.t.Fatalf("closed with %v, want %d %s", err, why.Code(), why)
		}
		return
	}
}

// wantEnded waits until a tunnel has ended for the reason.
func (w *world) wantEnded(why Reason) {
	w.t.Helper()
	eventually(w.t, "a tunnel to end with "+why.String(), func() bool {
		s := w.server.Stats()
		return s.Ended[why] > 0 && s.Open == 0
	})
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("waited in vain for " + what)
		}
	}
}

func deadline(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// gateway serves WebSockets with fn and returns its ws:// address.
func gateway(t testing.TB, fn func(ctx context.Context, c *websocket.Conn)) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer c.CloseNow() //nolint:errcheck // a test's gateway
		c.SetReadLimit(-1)
		fn(r.Context(), c)
	}))
	t.Cleanup(srv.Close)
	return "ws" + strings.TrimPrefix(srv.URL, "http")
}

// echo sends every message back.
func echo(ctx context.Context, c *websocket.Conn) {
	for {
		typ, b, err := c.Read(ctx)
		if err != nil {
			return
		}
		if err := c.Write(ctx, typ, b); err != nil {
			return
		}
	}
}

// quiet reads and says nothing.
func quiet(ctx context.Context, c *websocket.Conn) {
	for {
		if _, _, err := c.Read(ctx); err != nil {
			return
		}
	}
}

// plain is a gateway without WebSocket; fn gets each connection.
func plain(t testing.TB, fn func(c net.Conn)) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return serve(t, ln, fn)
}

// serve gives fn each connection and returns the listener's address.
func serve(t testing.TB, ln net.Listener, fn func(c net.Conn)) string {
	var conns sync.WaitGroup
	conns.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			conns.Go(func() {
				defer c.Close() //nolint:errcheck // a test's gateway
				fn(c)
			})
		}
	})
	t.Cleanup(func() {
		_ = ln.Close()
		conns.Wait()
	})
	return ln.Addr().String()
}

// rawGateway does the WebSocket handshake by hand, sends early right behind its
// answer, and gives fn the connection.
func rawGateway(t testing.TB, early []byte, fn func(c net.Conn, r *bufio.Reader)) string {
	return "ws://" + plain(t, shakeHands(early, fn))
}

func shakeHands(early []byte, fn func(c net.Conn, r *bufio.Reader)) func(net.Conn) {
	return func(c net.Conn) {
		r := bufio.NewReader(c)
		req, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		answer := "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: " +
			acceptKey(req.Header.Get("Sec-WebSocket-Key")) + "\r\n\r\n"
		if _, err := c.Write(append([]byte(answer), early...)); err != nil {
			return
		}
		fn(c, r)
	}
}

// rawClient does the handshake by hand and sends early right behind the request.
func (w *world) rawClient(early []byte) (net.Conn, *bufio.Reader) {
	w.t.Helper()
	u, err := url.Parse(w.url)
	if err != nil {
		w.t.Fatal(err)
	}
	c, err := net.Dial("tcp", u.Host)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	req := "GET /tunnel HTTP/1.1\r\nHost: " + u.Host + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
	if _, err := c.Write(append([]byte(req), early...)); err != nil {
		w.t.Fatal(err)
	}
	r := bufio.NewReaderSize(c, 64<<10)
	resp, err := http.ReadResponse(r, nil)
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		w.t.Fatalf("handshake: %v %v", resp, err)
	}
	return c, r
}

// frame is one frame as a raw peer reads it.
type frame struct {
	op      byte
	fin     bool
	masked  bool
	payload []byte
}

func readFrame(r io.Reader) (f frame, err error) {
	var h [2]byte
	if _, err = io.ReadFull(r, h[:]); err != nil {
		return f, err
	}
	f.op, f.fin, f.masked = h[0]&15, h[0]&0x80 != 0, h[1]&0x80 != 0
	n := uint64(h[1] & 0x7F)
	ext := map[uint64]int{126: 2, 127: 8}[n]
	if ext > 0 {
		b := make([]byte, 8)
		if _, err = io.ReadFull(r, b[8-ext:]); err != nil {
			return f, err
		}
		n = binary.BigEndian.Uint64(b)
	}
	var key [4]byte
	if f.masked {
		if _, err = io.ReadFull(r, key[:]); err != nil {
			return f, err
		}
	}
	f.payload = make([]byte, n)
	if _, err = io.ReadFull(r, f.payload); err != nil {
		return f, err
	}
	for i := range f.payload { // slowly and obviously right
		f.payload[i] ^= key[i%4]
	}
	return f, nil
}

// masked is a frame as a client sends it.
func masked(op byte, fin bool, payload []byte) []byte {
	b := appendFrame(nil, op, payload, true, [4]byte{1, 2, 3, 4})
	if !fin {
		b[0] &^= 0x80
	}
	return b
}

// unmasked is a frame as a server sends it.
func unmasked(op byte, payload []byte) []byte { return appendFrame(nil, op, payload, false, [4]byte{}) }

// counter counts what passes and can be waited for.
type counter struct{ atomic.Int64 }

func (c *counter) settles(t testing.TB) int64 {
	t.Helper()
	last, since := c.Load(), time.Now()
	eventually(t, "the bytes to stop", func() bool {
		if now := c.Load(); now != last {
			last, since = now, time.Now()
		}
		return time.Since(since) > 300*time.Millisecond
	})
	return last
}
