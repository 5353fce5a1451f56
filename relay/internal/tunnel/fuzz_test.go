package tunnel

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"github.com/coder/websocket"

	"ferry/relay/internal/limit"
)

// FuzzTunnelHTTP sends any bytes as an HTTP request, and any bytes behind a good
// handshake, from a client and from a gateway. The server must answer or close,
// keep no place, and not fall over.
func FuzzTunnelHTTP(f *testing.F) {
	f.Add([]byte("GET /tunnel HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"), uint8(0))
	f.Add([]byte("GET /tunnel HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"), uint8(0))
	f.Add(append(masked(opBinary, true, []byte("x")), masked(opClose, true, closePayload(1000, ""))...), uint8(1))
	f.Add([]byte{0x82, 0xFF, 255, 255, 255, 255, 255, 255, 255, 255}, uint8(1))
	f.Add(unmasked(opPing, []byte("x")), uint8(2))
	f.Add([]byte("\x00\x00\x05hello\x00\x00"), uint8(3))
	f.Fuzz(func(t *testing.T, b []byte, where uint8) {
		fuzzTunnel(t, b, where%4)
	})
}

const handshake = "GET /tunnel HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"

func fuzzTunnel(t *testing.T, b []byte, where uint8) {
	var address string
	switch where {
	case 0, 1:
		address = gateway(t, func(ctx context.Context, c *websocket.Conn) { quiet(ctx, c) })
	case 2:
		address = rawGateway(t, b, func(c net.Conn, _ *bufio.Reader) { halfClose(c) })
	case 3:
		address = "tcp://" + plain(t, func(c net.Conn) {
			_, _ = c.Write(b)
			halfClose(c)
		})
	}
	limits := limit.Default()
	limits.TunnelMessage, limits.TunnelLinger, limits.TunnelOpens = 1<<16, 50*time.Millisecond, 0
	s, err := New(Config{
		Gateway: address, Limits: limits, Auth: &auth{account: "a"}, Tick: time.Millisecond,
		Origin:  func(*http.Request) bool { return true },
		Address: func(*http.Request) netip.Addr { return netip.IPv6Loopback() },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	front := httptest.NewServer(s)
	defer front.Close()
	c, err := net.Dial("tcp", front.Listener.Addr().String())
	if err != nil {
		t.Skip("out of ports")
	}
	defer c.Close() //nolint:errcheck // a test's client
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	out := b
	if where > 0 {
		out = []byte(handshake)
	}
	if where == 1 {
		out = append(out, b...)
	}
	_, _ = c.Write(out)
	if where < 2 {
		_ = c.(*net.TCPConn).CloseWrite()
	}
	if _, err := io.Copy(io.Discard, c); isTimeout(err) {
		t.Fatalf("neither answered nor closed: %v", err)
	}
	_ = c.Close()
	eventually(t, "the place", func() bool { return s.Stats().Open == 0 })
}

func isTimeout(err error) bool {
	ne, ok := err.(net.Error) //nolint:errorlint // straight from the connection
	return ok && ne.Timeout()
}

func halfClose(c net.Conn) {
	_ = c.(*net.TCPConn).CloseWrite()
	_, _ = io.Copy(io.Discard, c)
}
