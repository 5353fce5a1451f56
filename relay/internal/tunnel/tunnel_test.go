package tunnel

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

func acceptKey(key string) string {
	h := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(h[:])
}

func TestMessagesOfEverySizeCrossUnchangedBothWays(t *testing.T) {
	w := newWorld(t, gateway(t, echo), nil)
	c := w.dial()
	for _, size := range []int{0, 1, 125, 126, 127, 0xFFFF, 0x10000, 300_000, 1<<24 + 2} {
		want := make([]byte, size)
		_, _ = rand.Read(want)
		if err := c.Write(deadline(t), websocket.MessageBinary, want); err != nil {
			t.Fatal(err)
		}
		_, got, err := c.Read(deadline(t))
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%d bytes: got %d, %v", size, len(got), err)
		}
	}
	_ = c.Close(websocket.StatusNormalClosure, "")
	w.wantEnded(ClientClosed)
}

func TestAPlainGatewayGetsTheBytesAndItsFramesBecomeMessages(t *testing.T) {
	sizes := []int{1, 0, 2000, 40_000, 1<<24 - 1, 5}
	got := make(chan []byte, 1)
	address := "tcp://" + plain(t, func(c net.Conn) {
		b := make([]byte, 70_007)
		if _, err := io.ReadFull(c, b); err != nil {
			return
		}
		got <- b
		var out []byte
		for _, n := range sizes {
			out = append(append(out, byte(n>>16), byte(n>>8), byte(n)), make([]byte, n)...)
		}
		for len(out) > 0 { // in odd pieces
			n, err := c.Write(out[:min(len(out), 9973)])
			if err != nil {
				return
			}
			out = out[n:]
		}
		_, _ = io.Copy(io.Discard, c)
	})
	w := newWorld(t, address, nil)
	c := w.dial()
	sent := make([]byte, 70_007)
	_, _ = rand.Read(sent)
	for _, piece := range [][]byte{sent[:7], sent[7:7], sent[7:70_000], sent[70_000:]} {
		if err := c.Write(deadline(t), websocket.MessageBinary, piece); err != nil {
			t.Fatal(err)
		}
	}
	if b := <-got; !bytes.Equal(b, sent) {
		t.Fatal("the gateway got other bytes")
	}
	for _, n := range sizes {
		_, b, err := c.Read(deadline(t))
		if err != nil || len(b) != n+3 || int(b[0])<<16|int(b[1])<<8|int(b[2]) != n {
			t.Fatalf("frame of %d: message of %d, %v", n, len(b), err)
		}
	}
	_ = c.Close(websocket.StatusNormalClosure, "")
	w.wantEnded(ClientClosed)
}

func TestFramesSentOneByteAtATimeCross(t *testing.T) {
	w := newWorld(t, gateway(t, echo), nil)
	c, r := w.rawClient(nil)
	payload := bytes.Repeat([]byte("x"), 300)
	var out []byte
	out = append(out, masked(opBinary, false, payload)...)
	out = append(out, masked(opPing, true, []byte("are you there"))...)
	out = append(out, masked(opContinuation, true, payload)...)
	for i := range out {
		if _, err := c.Write(out[i : i+1]); err != nil {
			t.Fatal(err)
		}
	}
	pong, err := readFrame(r)
	if err != nil || pong.op != opPong || string(pong.payload) != "are you there" {
		t.Fatalf("answer to the ping: %+v, %v", pong, err)
	}
	back, err := readFrame(r)
	if err != nil || len(back.payload) != 600 || back.masked {
		t.Fatalf("the message came back as %d bytes, %v", len(back.payload), err)
	}
}

func TestBytesSentRightBehindTheHandshakesAreNotLost(t *testing.T) {
	gate := rawGateway(t, unmasked(opBinary, []byte("hello from the gateway")), func(c net.Conn, r *bufio.Reader) {
		f, err := readFrame(r)
		if err == nil && f.masked {
			_, _ = c.Write(unmasked(opBinary, f.payload))
		}
		_, _ = io.Copy(io.Discard, c)
	})
	w := newWorld(t, gate, nil)
	_, r := w.rawClient(masked(opBinary, true, []byte("hello from the client")))
	for _, want := range []string{"hello from the gateway", "hello from the client"} {
		f, err := readFrame(r)
		if err != nil || string(f.payload) != want {
			t.Fatalf("got %q, %v, want %q", f.payload, err, want)
		}
	}
}

func TestEveryReasonReachesTheClientAsACloseCode(t *testing.T) {
	silent := func(ctx context.Context, c *websocket.Conn) { <-ctx.Done() }
	cases := []struct {
		why     Reason
		gateway func(context.Context, *websocket.Conn)
		change  func(*Config)
		act     func(w *world, c *websocket.Conn)
	}{
		{why: Revoked, act: func(w *world, c *websocket.Conn) {
			roundTrip(t, c)
			w.server.Revoke("s1")
		}},
		{why: Revoked, change: func(c *Config) { c.Limits.TunnelRecheck = 20 * time.Millisecond }, act: func(w *world, c *websocket.Conn) {
			roundTrip(t, c)
			w.auth.set(nil, ErrSignedOut)
		}},
		{why: Idle, change: func(c *Config) { c.Limits.TunnelIdle = 50 * time.Millisecond }},
		{why: FrameTooBig, change: func(c *Config) { c.Limits.TunnelMessage = 1000 }, act: func(w *world, c *websocket.Conn) {
			_ = c.Write(deadline(t), websocket.MessageBinary, make([]byte, 1001))
		}},
		{why: FrameTooBig, change: func(c *Config) { c.Limits.TunnelMessage = 1000 }, gateway: func(ctx context.Context, c *websocket.Conn) {
			_ = c.Write(ctx, websocket.MessageBinary, make([]byte, 1001))
			quiet(ctx, c)
		}},
		{why: BadFrame, act: func(w *world, c *websocket.Conn) {
			_ = c.Write(deadline(t), websocket.MessageText, []byte("text"))
		}},
		{why: GatewayClosed, gateway: func(ctx context.Context, c *websocket.Conn) {
			_ = c.Close(websocket.StatusInternalError, "oops")
		}},
		{why: GatewayClosed, gateway: func(ctx context.Context, c *websocket.Conn) { _ = c.CloseNow() }},
		{why: GatewayClosed, gateway: silent, change: func(c *Config) {
			c.Limits.TunnelPing, c.Limits.TunnelPong = 20*time.Millisecond, 20*time.Millisecond
		}, act: func(w *world, c *websocket.Conn) { /* a gateway that reads nothing answers no ping */ }},
		{why: Draining, change: func(c *Config) { c.Limits.TunnelLife = 50 * time.Millisecond }},
		{why: Draining, act: func(w *world, c *websocket.Conn) {
			roundTrip(t, c)
			go func() { _ = w.server.Drain(deadline(t), 0) }()
		}},
		{why: Unauthorized, change: func(c *Config) { c.Auth.(*auth).set(ErrSignedOut, nil) }},
		{why: Draining, change: func(c *Config) { c.Auth.(*auth).set(errors.New("no state"), nil) }},
		{why: Revoked, change: func(c *Config) { c.Auth.(*auth).set(nil, ErrSignedOut) }},
		{why: GatewayUnreachable, change: func(c *Config) { c.Gateway = "ws://127.0.0.1:1" }},
		{why: TooMany, change: func(c *Config) { c.Limits.TunnelOpens = 1 }, act: func(w *world, c *websocket.Conn) {
			w.wantClose(w.dial(), TooMany)
			w.server.Revoke("s1")
		}},
	}
	for _, c := range cases {
		t.Run(c.why.String(), func(t *testing.T) {
			if c.gateway == nil {
				c.gateway = echo
			}
			w := newWorld(t, gateway(t, c.gateway), c.change)
			w.url += "?session=s1"
			conn := w.dial()
			want := c.why
			if c.act != nil {
				c.act(w, conn)
			}
			if want == TooMany {
				want = Revoked // the first tunnel stays until it is revoked
			}
			w.wantClose(conn, want)
			w.wantEnded(c.why)
		})
	}
}

func roundTrip(t testing.TB, c *websocket.Conn) {
	t.Helper()
	if err := c.Write(deadline(t), websocket.MessageBinary, []byte("there")); err != nil {
		t.Fatal(err)
	}
	if _, b, err := c.Read(deadline(t)); err != nil || string(b) != "there" {
		t.Fatalf("round trip: %q, %v", b, err)
	}
}

func TestPlacesAreCountedAndGivenBack(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"total":   func(c *Config) { c.Limits.Tunnels = 2 },
		"account": func(c *Config) { c.Limits.TunnelsAccount = 2 },
		"address": func(c *Config) { c.Limits.TunnelsAddress = 2 },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, gateway(t, echo), change)
			a, b := w.dial(), w.dial()
			roundTrip(t, a)
			roundTrip(t, b)
			w.wantClose(w.dial(), TooMany)
			_ = a.Close(websocket.StatusNormalClosure, "")
			eventually(t, "the place", func() bool { return w.server.Stats().Open == 1 })
			roundTrip(t, w.dial())
		})
	}
}

func TestAForeignPageGetsAPlain403AndIsNotUpgraded(t *testing.T) {
	w := newWorld(t, gateway(t, echo), nil)
	_, resp, err := websocket.Dial(deadline(t), w.url, &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {"https://evil.example"}}})
	if err == nil || resp == nil || resp.StatusCode != http.StatusForbidden {
		t.Fatalf("answer %v, %v", resp, err)
	}
}

func TestARequestThatIsNoWebSocketIsAnsweredAndHoldsNoPlace(t *testing.T) {
	w := newWorld(t, gateway(t, echo), nil)
	resp, err := http.Get("http" + strings.TrimPrefix(w.url, "ws"))
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusUpgradeRequired || w.server.Stats().Open != 0 {
		t.Fatalf("status %d, %d open", resp.StatusCode, w.server.Stats().Open)
	}
}
