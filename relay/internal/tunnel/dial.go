package tunnel

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"time"

	"github.com/coder/websocket"
)

// dialer opens connections to the one gateway.
type dialer struct {
	url    *url.URL
	tls    *tls.Config
	net    net.Dialer
	client *http.Client
}

// newDialer takes ws://, wss://, tcp:// and tls:// addresses.
func newDialer(address string, cfg *tls.Config) (*dialer, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("gateway address: %w", err)
	}
	switch u.Scheme {
	case "ws", "wss":
	case "tcp", "tls":
		if u.Port() == "" {
			return nil, fmt.Errorf("gateway address %q: a %s address needs a port", address, u.Scheme)
		}
	default:
		return nil, fmt.Errorf("gateway address %q: want ws://, wss://, tcp:// or tls://", address)
	}
	if u.Hostname() == "" {
		return nil, fmt.Errorf("gateway address %q: no host", address)
	}
	d := &dialer{url: u, tls: cfg.Clone()}
	if d.tls == nil {
		d.tls = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	d.tls.NextProtos = []string{"http/1.1"}
	if d.tls.ServerName == "" {
		d.tls.ServerName = u.Hostname()
	}
	d.client = &http.Client{
		Transport: &http.Transport{
			DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
				conn, err := d.net.DialContext(ctx, network, addr)
				return newTap(conn, err)
			},
			DialTLSContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
				return newTap(d.dialTLS(ctx, network, addr))
			},
			DisableKeepAlives:      true,
			DisableCompression:     true,
			MaxResponseHeaderBytes: 16 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return d, nil
}

// plain reports whether the gateway takes bytes without WebSocket around them.
func (d *dialer) plain() bool { return d.url.Scheme == "tcp" || d.url.Scheme == "tls" }

// dial connects to the gateway, and returns the connection underneath and what
// the gateway sent right behind its answer.
func (d *dialer) dial(ctx context.Context) (conn net.Conn, early []byte, err error) {
	switch d.url.Scheme {
	case "tcp":
		conn, err = d.net.DialContext(ctx, "tcp", d.url.Host)
	case "tls":
		conn, err = d.dialTLS(ctx, "tcp", d.url.Host)
	default:
		conn, early, err = d.dialWebSocket(ctx)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("dial gateway: %w", err)
	}
	return conn, early, nil
}

func (d *dialer) dialTLS(ctx context.Context, network, addr string) (net.Conn, error) {
	t := tls.Dialer{NetDialer: &d.net, Config: d.tls}
	return t.DialContext(ctx, network, addr)
}

func (d *dialer) dialWebSocket(ctx context.Context) (net.Conn, []byte, error) {
	var got *tap
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) { got, _ = info.Conn.(*tap) },
	})
	ws, _, err := websocket.Dial(ctx, d.url.String(), &websocket.DialOptions{
		HTTPClient:      d.client,
		CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		if got != nil {
			_ = got.Close()
		}
		return nil, nil, err
	}
	conn, early := got.detach()
	_ = ws.CloseNow() // closes the emptied tap only
	_ = conn.SetDeadline(time.Time{})
	return conn, early, nil
}

// tap stands between the HTTP client and the connection during the handshake. It
// hands out no more than one block of headers at a time, so that whatever the
// gateway sends behind them stays here and not in a buffer of the HTTP client.
type tap struct {
	net.Conn
	rest  []byte // read from the connection, not handed out yet
	blank bool   // the line that is being read is empty so far
}

func newTap(conn net.Conn, err error) (net.Conn, error) {
	if err != nil {
		return nil, err
	}
	return &tap{Conn: conn}, nil
}

func (t *tap) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	var n int
	if len(t.rest) > 0 {
		n = copy(p, t.rest)
		t.rest = t.rest[n:]
	} else {
		var err error
		if n, err = t.Conn.Read(p); err != nil {
			return n, err
		}
	}
	for i, c := range p[:n] {
		switch c {
		case '\r':
		case '\n':
			if t.blank {
				t.blank = false
				t.rest = append(append([]byte(nil), p[i+1:n]...), t.rest...)
				return i + 1, nil
			}
			t.blank = true
		default:
			t.blank = false
		}
	}
	return n, nil
}

// closed takes the place of a connection that was taken out.
type closed struct{ net.Conn }

func (closed) Close() error { return nil }

// detach takes the connection out. What still refers to the tap can neither use
// nor close it afterwards.
func (t *tap) detach() (net.Conn, []byte) {
	conn, early := t.Conn, t.rest
	t.Conn, t.rest = closed{}, nil
	if len(early) == 0 {
		early = nil
	}
	return conn, early
}
