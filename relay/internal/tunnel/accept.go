package tunnel

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/coder/websocket"
)

// accept does the WebSocket handshake and returns the connection underneath, and
// what the client sent right behind its request. The library's own connection is
// released: it costs more memory than the whole tunnel.
func accept(w http.ResponseWriter, r *http.Request) (net.Conn, []byte, error) {
	tap := &hijackTap{ResponseWriter: w}
	ws, err := websocket.Accept(tap, r, &websocket.AcceptOptions{
		InsecureSkipVerify: true, // the origin was checked before, and more strictly
		CompressionMode:    websocket.CompressionDisabled,
	})
	if err != nil {
		if tap.conn != nil {
			_ = tap.conn.Close()
		}
		return nil, nil, fmt.Errorf("accept tunnel: %w", err)
	}
	_ = ws.CloseNow() // closes the shell only; dropped without this it is never collected
	return tap.conn, tap.early, nil
}

// hijackTap keeps the connection that the handshake takes over.
type hijackTap struct {
	http.ResponseWriter
	conn  net.Conn
	early []byte
}

// Hijack gives the library a connection that it cannot close.
func (h *hijackTap) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, fmt.Errorf("hijack: %w", err)
	}
	h.conn = conn
	if n := rw.Reader.Buffered(); n > 0 {
		h.early = make([]byte, n)
		_, _ = io.ReadFull(rw.Reader, h.early) // it is buffered
	}
	return shell{conn}, rw, nil
}

// shell is a connection whose Close does nothing.
type shell struct{ net.Conn }

func (shell) Close() error { return nil }

// refuse tells the client why there is no tunnel, and waits a moment for it to
// have read that: closing at once could reset the connection first.
func refuse(conn net.Conn, why Reason, linger time.Duration) {
	defer conn.Close() //nolint:errcheck // nothing is left to lose
	_ = conn.SetDeadline(time.Now().Add(linger))
	frame := appendFrame(nil, opClose, closePayload(uint16(why.Code()), why.String()), false, [4]byte{})
	if _, err := conn.Write(frame); err != nil {
		return
	}
	closeWrite(conn)
	_, _ = io.Copy(io.Discard, io.LimitReader(conn, 1<<20))
}
