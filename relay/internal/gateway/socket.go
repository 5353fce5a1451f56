package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"ferry/relay/wire"

	"github.com/coder/websocket"
	"golang.org/x/time/rate"
)

// serveSocket is GET /ws/chat. There is no Origin check: WhatsApp's clients send
// their own, and a stranger's web page gets nothing here without a Noise key
// that is registered.
func (g *Gateway) serveSocket(w http.ResponseWriter, r *http.Request) {
	if !g.admit() {
		http.Error(w, "try again later", http.StatusServiceUnavailable)
		return
	}
	defer g.dismiss()
	select {
	case g.handshakes <- struct{}{}:
	default:
		http.Error(w, "try again later", http.StatusServiceUnavailable)
		return
	}
	shaken := sync1(func() { <-g.handshakes })
	defer shaken()
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		InsecureSkipVerify: true, // the Origin check that does not apply
		CompressionMode:    websocket.CompressionDisabled,
	})
	if err != nil {
		g.log.Debug("upgrade failed", "error", err)
		return
	}
	defer ws.CloseNow()
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
	defer cancel()
	g.session(ctx, newSocket(ws, g.limits), shaken)
}

// sync1 makes fn run once, whoever calls it first. For one goroutine.
func sync1(fn func()) func() {
	done := false
	return func() {
		if !done {
			done = true
			fn()
		}
	}
}

// admit counts a new socket, unless there are too many or the node drains.
func (g *Gateway) admit() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.drain || g.open >= g.limits.Connections {
		return false
	}
	g.open++
	g.closed.Add(1)
	return true
}

func (g *Gateway) dismiss() {
	g.mu.Lock()
	g.open--
	g.mu.Unlock()
	g.closed.Done()
}

// socket is a WebSocket as a wire.Pipe. Reading is delayed beyond the byte rate,
// so that TCP itself holds a loud client back.
type socket struct {
	ws     *websocket.Conn
	limits Limits
	bytes  *rate.Limiter
}

func newSocket(ws *websocket.Conn, limits Limits) *socket {
	ws.SetReadLimit(limits.LoginMessage)
	return &socket{ws: ws, limits: limits, bytes: rate.NewLimiter(rate.Limit(limits.Bytes), limits.BytesBurst)}
}

// loggedIn allows messages of the size of a frame, and a bit for what other
// clients put around it.
func (s *socket) loggedIn() { s.ws.SetReadLimit(int64(s.limits.Frame) + 64<<10) }

var errText = errors.New("gateway: text message on a binary socket")

func (s *socket) Read(ctx context.Context) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, s.limits.Idle)
	defer cancel()
	kind, b, err := s.ws.Read(ctx)
	if err != nil {
		return nil, err
	}
	if kind != websocket.MessageBinary {
		return nil, errText
	}
	if err := s.bytes.WaitN(ctx, min(len(b), s.limits.BytesBurst)); err != nil {
		return nil, fmt.Errorf("byte rate: %w", err)
	}
	return b, nil
}

func (s *socket) Write(ctx context.Context, b []byte) error {
	ctx, cancel := context.WithTimeout(ctx, s.limits.Write)
	defer cancel()
	return s.ws.Write(ctx, websocket.MessageBinary, b)
}

// Close closes with a status for what the client did, and does not wait long for
// its answer.
func (s *socket) Close(reason string) error {
	status := websocket.StatusNormalClosure
	switch reason {
	case "bad_frame", "handshake_failed", "malformed":
		status = websocket.StatusPolicyViolation
	case "frame_too_big":
		status = websocket.StatusMessageTooBig
	}
	return s.ws.Close(status, reason)
}

// session runs one socket from handshake to end.
func (g *Gateway) session(ctx context.Context, s *socket, shaken func()) {
	deadline, cancel := context.WithTimeout(ctx, g.limits.Handshake)
	defer cancel()
	stopped := context.AfterFunc(g.ctx, cancel)
	cfg, err := g.identity.server(g.cfg.Rand, g.limits)
	if err != nil {
		g.log.Error("no certificate chain", "error", err)
		return
	}
	ch, noise, payload, err := wire.Accept(deadline, s, cfg)
	if err != nil {
		g.log.Debug("handshake failed", "error", err)
		return
	}
	stopped()
	s.loggedIn()
	if payload.Pairing != nil {
		shaken()
		g.pair(ctx, ch, noise, payload)
		return
	}
	c, err := g.login(deadline, ch, noise, payload)
	if err != nil {
		g.refuse(ctx, ch, err)
		return
	}
	shaken()
	c.run(ctx)
}

// pause waits for d or for the end of ctx.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
