package tunnel

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// secureGateway is a gateway behind TLS, with a certificate that only roots trusts;
// fn gets each connection. The address is without a scheme.
func secureGateway(t testing.TB, fn func(c net.Conn)) (address string, roots *x509.CertPool) {
	t.Helper()
	keys := httptest.NewTLSServer(nil) // for its certificate
	keys.Close()
	roots = x509.NewCertPool()
	roots.AddCert(keys.Certificate())
	ln, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: keys.TLS.Certificates})
	if err != nil {
		t.Fatal(err)
	}
	return serve(t, ln, fn), roots
}

// secureWorld has TLS on both legs. Clients come with dialSecure.
func secureWorld(t testing.TB, scheme string, fn func(c net.Conn), change func(*Config)) *world {
	t.Helper()
	address, roots := secureGateway(t, fn)
	w := newWorld(t, scheme+address, func(c *Config) {
		c.TLS = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS13}
		if change != nil {
			change(c)
		}
	})
	front := httptest.NewTLSServer(w.server)
	t.Cleanup(func() {
		w.server.Close()
		front.Close()
	})
	w.url = "wss" + strings.TrimPrefix(front.URL, "https") + "/tunnel?session=s1"
	w.client = front.Client()
	return w
}

// echoFrames is a WebSocket gateway that sends every message back and answers a close.
func echoFrames(c net.Conn, r *bufio.Reader) {
	for {
		f, err := readFrame(r)
		if err != nil {
			return
		}
		if _, err := c.Write(unmasked(f.op, f.payload)); err != nil || f.op == opClose {
			return
		}
	}
}

func TestMessagesCrossBetweenTwoTLSLegs(t *testing.T) {
	early := unmasked(opBinary, []byte("right behind the handshake"))
	w := secureWorld(t, "wss://", shakeHands(early, echoFrames), nil)
	c := w.dial()
	if _, b, err := c.Read(deadline(t)); err != nil || string(b) != "right behind the handshake" {
		t.Fatalf("first came %q, %v", b, err)
	}
	for _, size := range []int{0, 1, 126, idleBuffer, bufferSize, 0x10000, 300_000, 1 << 20} {
		want := make([]byte, size)
		_, _ = rand.Read(want)
		if err := c.Write(deadline(t), websocket.MessageBinary, want); err != nil {
			t.Fatal(err)
		}
		if _, got, err := c.Read(deadline(t)); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%d bytes: got %d, %v", size, len(got), err)
		}
	}
	if err := c.Close(4999, "bye"); err != nil {
		t.Fatalf("the close was not answered: %v", err)
	}
	w.wantEnded(ClientClosed)
}

func TestAPlainGatewayBehindTLSGetsTheBytesAndItsFramesBecomeMessages(t *testing.T) {
	w := secureWorld(t, "tls://", func(c net.Conn) {
		b := make([]byte, 100_003)
		if _, err := io.ReadFull(c, b); err != nil {
			return
		}
		_, _ = c.Write(b) // begins with its own length
		_, _ = io.Copy(io.Discard, c)
	}, nil)
	c := w.dial()
	sent := make([]byte, 100_003)
	_, _ = rand.Read(sent)
	copy(sent, []byte{100_000 >> 16, 100_000 >> 8 & 0xFF, 100_000 & 0xFF})
	for _, piece := range [][]byte{sent[:7], sent[7:70_000], sent[70_000:]} {
		if err := c.Write(deadline(t), websocket.MessageBinary, piece); err != nil {
			t.Fatal(err)
		}
	}
	if _, b, err := c.Read(deadline(t)); err != nil || !bytes.Equal(b, sent) {
		t.Fatalf("a message of %d came back, %v", len(b), err)
	}
	_ = c.Close(websocket.StatusNormalClosure, "")
	w.wantEnded(ClientClosed)
}

func TestReasonsReachAClientBehindTLS(t *testing.T) {
	silent := func(c net.Conn, _ *bufio.Reader) { // hears what is said, answers nothing
		_, _ = io.Copy(io.Discard, c)
	}
	for _, c := range []struct {
		why     Reason
		gateway func(net.Conn, *bufio.Reader)
		change  func(*Config)
		act     func(w *world, c *websocket.Conn)
	}{
		{why: Revoked, gateway: echoFrames, act: func(w *world, c *websocket.Conn) {
			roundTrip(t, c)
			w.server.Revoke("s1")
		}},
		{why: FrameTooBig, gateway: silent, change: func(c *Config) { c.Limits.TunnelMessage = 1000 }, act: func(_ *world, c *websocket.Conn) {
			_ = c.Write(deadline(t), websocket.MessageBinary, make([]byte, 100_000))
		}},
		{why: GatewayClosed, gateway: func(net.Conn, *bufio.Reader) {}},
		{why: GatewayClosed, gateway: silent, change: func(c *Config) {
			c.Limits.TunnelPing, c.Limits.TunnelPong = 20*time.Millisecond, 20*time.Millisecond
		}},
		{why: GatewayUnreachable, gateway: echoFrames, change: func(c *Config) { c.TLS.RootCAs = x509.NewCertPool() }},
		{why: GatewayUnreachable, gateway: echoFrames, change: func(c *Config) { c.TLS.ServerName = "somebody.else.example" }},
	} {
		t.Run(c.why.String(), func(t *testing.T) {
			w := secureWorld(t, "wss://", shakeHands(nil, c.gateway), c.change)
			conn := w.dial()
			if c.act != nil {
				c.act(w, conn)
			}
			w.wantClose(conn, c.why)
			w.wantEnded(c.why)
		})
	}
}

func TestPingsAboveTLSComeBetweenFrames(t *testing.T) {
	pinged := make(chan struct{})
	w := secureWorld(t, "wss://", shakeHands(nil, func(c net.Conn, r *bufio.Reader) {
		defer close(pinged)
		for pings := 0; pings < 5; { // a lost place in the stream would be an odd frame
			f, err := readFrame(r)
			switch {
			case err != nil || f.op != opPing && (f.op != opBinary || len(f.payload) != 20_000):
				t.Errorf("the gateway read %d, %d bytes, %v", f.op, len(f.payload), err)
				return
			case f.op == opPing:
				pings++
				_, _ = c.Write(unmasked(opPong, f.payload))
			}
		}
	}), func(c *Config) {
		c.Limits.TunnelPing, c.Limits.TunnelPong = 10*time.Millisecond, time.Minute // pings queue behind all that is written
	})
	c := w.dial()
	ctx, cancel := context.WithCancel(deadline(t))
	defer cancel()
	go func() { // reading is what answers the pings to the client
		for {
			if _, _, err := c.Read(ctx); err != nil {
				return
			}
		}
	}()
	for {
		select {
		case <-pinged:
			return
		default:
		}
		if err := c.Write(ctx, websocket.MessageBinary, make([]byte, 20_000)); err != nil {
			<-pinged // it reports what went wrong, if anything did
			return
		}
	}
}

func TestAClientBehindTLSThatNeverReadsIsClosedAsSlow(t *testing.T) {
	w := secureWorld(t, "wss://", shakeHands(nil, func(c net.Conn, _ *bufio.Reader) {
		b := unmasked(opBinary, make([]byte, 32<<10))
		for {
			if _, err := c.Write(b); err != nil {
				return
			}
		}
	}), func(c *Config) {
		c.Limits.TunnelSlow, c.Limits.TunnelLinger = 50*time.Millisecond, 50*time.Millisecond
	})
	w.dial()
	w.wantEnded(Slow)
}

func TestAGatewayMustShowItsCertificate(t *testing.T) {
	address, _ := secureGateway(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	for _, scheme := range []string{"wss://", "tls://"} {
		d, err := newDialer(scheme+address, nil)
		if err != nil {
			t.Fatal(err)
		}
		var unknown x509.UnknownAuthorityError
		c, _, err := d.dial(deadline(t))
		if err == nil {
			_ = c.Close()
		}
		if !errors.As(err, &unknown) {
			t.Errorf("%s: dialling ended with %v", scheme, err)
		}
	}
}
