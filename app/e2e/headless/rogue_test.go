package headless

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"ferry/app/e2e/apart"
	"ferry/app/e2e/thirdparty"
	"ferry/app/internal/port"
	"ferry/relay/relaytest"
	"ferry/relay/wire"
)

// rogue is a gateway that does to its clients whatever it is told, with a root key that they trust.
type rogue struct {
	t     *testing.T
	root  *wire.Authority
	key   wire.PrivateKey
	chain []byte
	api   *httptest.Server

	mu    sync.Mutex
	deed  func(*victim)
	seen  int      // connections so far
	over  bool     // clients go because the test ends
	taped [][]byte // what it sent in the last honest handshake
}

// victim is a connection before anything was said on it.
type victim struct {
	g  *rogue
	w  http.ResponseWriter
	r  *http.Request
	up *websocket.Conn
}

func newRogue(t *testing.T) *rogue {
	t.Helper()
	g := &rogue{t: t, deed: honest}
	var err error
	if g.root, err = wire.NewAuthority(rand.Reader); err != nil {
		t.Fatal(err)
	}
	if g.key, err = wire.GenerateKey(rand.Reader); err != nil {
		t.Fatal(err)
	}
	g.chain = g.issue(g.root, time.Hour)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /interop/v1/enlist", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"accountId":4242,"device":1,"address":"7-4242@interop"}`)
	})
	mux.HandleFunc(wire.PathChat, func(w http.ResponseWriter, r *http.Request) {
		g.mu.Lock()
		g.seen++
		deed := g.deed
		g.mu.Unlock()
		deed(&victim{g: g, w: w, r: r})
	})
	g.api = httptest.NewServer(mux)
	t.Cleanup(g.api.Close)
	return g
}

// issue certifies the gateway's key until so long after now, which may be negative.
func (g *rogue) issue(by *wire.Authority, valid time.Duration) []byte {
	g.t.Helper()
	now := time.Now()
	chain, err := by.Issue(g.key.Public(), now.Add(-2*time.Hour), now.Add(valid))
	if err != nil {
		g.t.Fatal(err)
	}
	return chain
}

func (g *rogue) does(deed func(*victim)) {
	g.mu.Lock()
	g.deed = deed
	g.mu.Unlock()
}

func (g *rogue) connections() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.seen
}

// client is a third-party user whose relay leads to this gateway.
func (g *rogue) client(t *testing.T) *thirdparty.User {
	t.Helper()
	at := apart.Ports(t, 2)
	host := strings.TrimPrefix(g.api.URL, "http://")
	root := g.root.Root()
	args := apart.RelayArgs(at[0], at[1], filepath.Join(t.TempDir(), "relay"), host, g.api.URL, hex.EncodeToString(root[:]))
	args[len(args)-1] += ",tunnel.dial=1s"
	relay := relaytest.Run(t, args...)
	ctx, cancel := thirdparty.Within()
	defer cancel()
	relay.WaitReady(ctx, "http://"+at[1])
	u := thirdparty.New(t, thirdparty.Config{Relay: "http://" + at[0], Name: "anna"})
	t.Cleanup(func() { // before the client's own
		g.mu.Lock()
		g.over = true
		g.mu.Unlock()
	})
	return u
}

// fail fails the test, unless it is ending anyway.
func (g *rogue) fail(what string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.over {
		g.t.Error(what)
	}
}

// again tells a client that the network is back, so that it tries at once.
func again(u *thirdparty.User) {
	u.Do(port.Online{Online: false}, nil)
	u.Do(port.Online{Online: true}, nil)
}

// upgrade makes a WebSocket of the connection.
func (v *victim) upgrade() wire.Pipe {
	c, err := websocket.Accept(v.w, v.r, &websocket.AcceptOptions{InsecureSkipVerify: true})
	if err != nil {
		return brokenPipe{}
	}
	c.SetReadLimit(1 << 20)
	v.up = c
	return socket{c}
}

// raw takes the TCP connection over, before any answer.
func (v *victim) raw() net.Conn {
	c, _, err := http.NewResponseController(v.w).Hijack()
	if err != nil {
		v.g.t.Errorf("hijack: %v", err)
		return nil
	}
	return c
}

// admit runs an honest handshake and login, but for the answer to it. Nil if the client does not like it.
func (v *victim) admit(p wire.Pipe, chain []byte) *wire.Channel {
	ch, _, _, err := wire.Accept(v.r.Context(), p, wire.ServerConfig{Static: v.g.key, Chain: chain})
	if err != nil {
		return nil
	}
	return ch
}

// login is admit with the answer, after which nothing waits for the client.
func (v *victim) login() (*wire.Channel, wire.Pipe) {
	p := v.upgrade()
	ch := v.admit(p, v.g.chain)
	if ch == nil {
		return nil, p
	}
	server := wire.JID{Server: wire.ServerUser}
	_ = ch.WriteNode(v.r.Context(), wire.N("success", []wire.Attr{wire.A("t", "1700000000")}))
	_ = ch.WriteNode(v.r.Context(), wire.N("ib", []wire.Attr{wire.J("from", server)}, wire.N("offline", []wire.Attr{wire.A("count", "0")})))
	return ch, p
}

// honest answers every query, until the client goes.
func honest(v *victim) {
	if ch, _ := v.login(); ch != nil {
		v.serve(ch)
	}
}

func (v *victim) serve(ch *wire.Channel) {
	for {
		n, err := ch.ReadNode(v.r.Context())
		if err != nil {
			return
		}
		if n.Tag != "iq" {
			continue
		}
		answer := wire.N("iq", []wire.Attr{wire.A("id", n.Attr("id")), wire.A("type", "result")})
		if _, asked := n.Child("count"); asked {
			answer.Children = []wire.Node{wire.N("count", []wire.Attr{wire.A("value", "400")})}
		}
		if ch.WriteNode(v.r.Context(), answer) != nil {
			return
		}
	}
}

// socket is a WebSocket as a pipe.
type socket struct{ c *websocket.Conn }

func (s socket) Read(ctx context.Context) ([]byte, error) {
	_, b, err := s.c.Read(ctx)
	return b, err
}

func (s socket) Write(ctx context.Context, b []byte) error {
	return s.c.Write(ctx, websocket.MessageBinary, b)
}

func (s socket) Close(reason string) error { return s.c.Close(websocket.StatusNormalClosure, reason) }

type brokenPipe struct{}

func (brokenPipe) Read(context.Context) ([]byte, error) { return nil, io.EOF }
func (brokenPipe) Write(context.Context, []byte) error  { return io.EOF }
func (brokenPipe) Close(string) error                   { return nil }

// tape is a pipe that keeps what is written to it.
type tape struct {
	wire.Pipe
	g *rogue
}

func (t tape) Write(ctx context.Context, b []byte) error {
	t.g.mu.Lock()
	t.g.taped = append(t.g.taped, append([]byte(nil), b...))
	t.g.mu.Unlock()
	return t.Pipe.Write(ctx, b)
}
