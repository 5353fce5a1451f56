//go:build !js

package native

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/coder/websocket"

	"ferry/app/internal/link"
	"ferry/relay/wire"
)

const (
	// maxMessage is the largest WebSocket message read. The relay cuts the
	// gateway's bytes into messages of its own, a frame at the largest.
	maxMessage = 4 << 20
	// closeWait is how long Close waits for the other side's farewell.
	closeWait = time.Second
)

// DialTunnel opens a tunnel to the gateway. Errors are *link.CloseError where
// the relay, or the way to it, said why.
func (c *Client) DialTunnel(ctx context.Context) (wire.Pipe, error) { return c.dial(ctx, "/tunnel") }

func (c *Client) dial(ctx context.Context, path string) (wire.Pipe, error) {
	u := *c.base.JoinPath(path)
	u.Scheme = map[string]string{"http": "ws", "https": "wss"}[u.Scheme]
	conn, resp, err := websocket.Dial(ctx, u.String(), &websocket.DialOptions{HTTPClient: c.http, HTTPHeader: c.header()})
	if err != nil {
		if resp != nil {
			return nil, refusedUpgrade(resp.StatusCode, err)
		}
		return nil, fmt.Errorf("dial tunnel: %w", err)
	}
	conn.SetReadLimit(maxMessage)
	return &socket{conn: conn}, nil
}

// refusedUpgrade: the relay itself accepts the upgrade and then says why it
// closes, so that browsers can read it. This is for what stands in between.
func refusedUpgrade(status int, err error) error {
	codes := map[int]int{
		http.StatusUnauthorized: link.CloseUnauthorized, http.StatusTooManyRequests: link.CloseTooMany,
		http.StatusServiceUnavailable: link.CloseDraining,
	}
	reasons := map[int]string{
		http.StatusUnauthorized: "unauthorized", http.StatusTooManyRequests: "too_many", http.StatusServiceUnavailable: "draining",
	}
	closed := &link.CloseError{Code: codes[status], Reason: reasons[status]}
	if closed.Code == 0 {
		closed.Reason = "upgrade_refused"
	}
	return fmt.Errorf("dial tunnel: %w: %w", closed, err)
}

// socket is a WebSocket as a pipe.
type socket struct{ conn *websocket.Conn }

func (s *socket) Read(ctx context.Context) ([]byte, error) {
	kind, b, err := s.conn.Read(ctx)
	if err != nil {
		return nil, closeError(err)
	}
	if kind != websocket.MessageBinary {
		s.Close("bad_frame")
		return nil, &link.CloseError{Code: link.CloseBadFrame, Reason: "bad_frame"}
	}
	return b, nil
}

func (s *socket) Write(ctx context.Context, b []byte) error {
	return s.conn.Write(ctx, websocket.MessageBinary, b)
}

// Close says farewell, but waits no longer than closeWait for the answer; the
// socket is then closed in the background.
func (s *socket) Close(reason string) error {
	done := make(chan error, 1)
	go func() { done <- s.conn.Close(websocket.StatusNormalClosure, reason) }()
	timer := time.NewTimer(closeWait)
	defer timer.Stop()
	select {
	case err := <-done:
		return err
	case <-timer.C:
		return nil
	}
}

// closeError keeps the tunnel's own codes. Those of the WebSocket protocol
// say nothing of the reason.
func closeError(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	var ce websocket.CloseError
	if !errors.As(err, &ce) {
		return fmt.Errorf("%w: %w", &link.CloseError{}, err)
	}
	if ce.Code < 4000 {
		return fmt.Errorf("%w: %w", &link.CloseError{Reason: "connection_lost"}, err)
	}
	return &link.CloseError{Code: int(ce.Code), Reason: ce.Reason}
}
