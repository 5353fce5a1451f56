package tunnel

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/coder/websocket"
)

func TestTheClientsCloseIsPassedOnAndAnswered(t *testing.T) {
	got := make(chan error, 1)
	w := newWorld(t, gateway(t, func(ctx context.Context, c *websocket.Conn) {
		_, _, err := c.Read(ctx)
		got <- err
	}), nil)
	if err := w.dial().Close(websocket.StatusCode(4999), "bye"); err != nil {
		t.Fatalf("the close was not answered: %v", err)
	}
	var ce websocket.CloseError
	if err := <-got; !errors.As(err, &ce) || ce.Code != 4999 || ce.Reason != "bye" {
		t.Fatalf("the gateway saw %v", err)
	}
	w.wantEnded(ClientClosed)
}

func TestABrokenClientEndsTheGatewayConnection(t *testing.T) {
	got := make(chan error, 1)
	w := newWorld(t, gateway(t, func(ctx context.Context, c *websocket.Conn) {
		for {
			if _, _, err := c.Read(ctx); err != nil {
				got <- err
				return
			}
		}
	}), nil)
	c, _ := w.rawClient(masked(opBinary, true, []byte("x")))
	_ = c.Close()
	var ce websocket.CloseError
	if err := <-got; !errors.As(err, &ce) || ce.Code != closeGoingAway {
		t.Fatalf("the gateway saw %v", err)
	}
	w.wantEnded(ClientGone)
}

func TestWhatTheGatewaySaidLastArrivesBeforeTheClose(t *testing.T) {
	w := newWorld(t, gateway(t, func(ctx context.Context, c *websocket.Conn) {
		for range 1000 {
			_ = c.Write(ctx, websocket.MessageBinary, make([]byte, 1000))
		}
		_ = c.Close(websocket.StatusNormalClosure, "")
	}), nil)
	c := w.dial()
	n := 0
	for {
		if _, _, err := c.Read(deadline(t)); err != nil {
			break
		}
		n++
	}
	if n != 1000 {
		t.Fatalf("%d of 1000 messages arrived", n)
	}
}

func TestAPeerThatDoesNotReadStopsTheOtherFromWriting(t *testing.T) {
	var sent counter
	flood := func(ctx context.Context, c *websocket.Conn) {
		b := make([]byte, 32<<10)
		for c.Write(ctx, websocket.MessageBinary, b) == nil {
			sent.Add(int64(len(b)))
		}
	}
	w := newWorld(t, gateway(t, flood), nil)
	c, r := w.rawClient(nil)
	stopped := sent.settles(t)
	if stopped > 64<<20 {
		t.Fatalf("%d bytes went into a tunnel that nobody reads", stopped)
	}
	for read := int64(0); read < stopped+1<<20; {
		f, err := readFrame(r)
		if err != nil {
			t.Fatal(err)
		}
		read += int64(len(f.payload))
	}
	if sent.Load() <= stopped {
		t.Fatal("the writer did not go on")
	}
	_ = c.Close()
	w.wantEnded(ClientGone)
}

func TestAClientThatNeverReadsIsClosedAsSlow(t *testing.T) {
	flood := func(ctx context.Context, c *websocket.Conn) {
		b := make([]byte, 32<<10)
		for c.Write(ctx, websocket.MessageBinary, b) == nil {
		}
	}
	w := newWorld(t, gateway(t, flood), func(c *Config) {
		c.Limits.TunnelSlow, c.Limits.TunnelLinger = 50*time.Millisecond, 50*time.Millisecond
	})
	w.rawClient(nil)
	w.wantEnded(Slow)
}

func TestAHalfOpenClientIsFoundByItsMissingPong(t *testing.T) {
	w := newWorld(t, gateway(t, quiet), func(c *Config) {
		c.Limits.TunnelPing, c.Limits.TunnelPong = 20*time.Millisecond, 20*time.Millisecond
		c.Limits.TunnelLinger = 50 * time.Millisecond
	})
	_, r := w.rawClient(nil) // answers nothing
	f, err := readFrame(r)
	if err != nil || f.op != opPing {
		t.Fatalf("first came %+v, %v, want a ping", f, err)
	}
	w.wantEnded(Idle)
}

func TestPeersThatAnswerPingsStay(t *testing.T) {
	w := newWorld(t, gateway(t, quiet), func(c *Config) {
		c.Limits.TunnelPing, c.Limits.TunnelPong = 10*time.Millisecond, 30*time.Millisecond
	})
	c, r := w.rawClient(nil)
	for range 20 {
		f, err := readFrame(r)
		if err != nil || f.op != opPing {
			t.Fatalf("got %+v, %v", f, err)
		}
		if _, err := c.Write(masked(opPong, true, nil)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAPingWaitsForTheEndOfTheFrame(t *testing.T) {
	begun, finish := make(chan struct{}), make(chan struct{})
	gate := rawGateway(t, nil, func(c net.Conn, r *bufio.Reader) {
		whole := unmasked(opBinary, make([]byte, 1000))
		_, _ = c.Write(whole[:500])
		close(begun)
		<-finish
		_, _ = c.Write(whole[500:])
		_, _ = io.Copy(io.Discard, r)
	})
	w := newWorld(t, gate, nil)
	c, r := w.rawClient(nil)
	<-begun
	eventually(t, "the first half", func() bool { return w.server.Stats().DownBytes >= 500 })
	if _, err := c.Write(masked(opPing, true, []byte("now"))); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the ping", func() bool { return w.server.Stats().UpBytes >= 9 })
	close(finish)
	if f, err := readFrame(r); err != nil || f.op != opBinary || len(f.payload) != 1000 {
		t.Fatalf("first came %+v, %v, want the whole data frame", f.op, err)
	}
	if f, err := readFrame(r); err != nil || f.op != opPong || string(f.payload) != "now" {
		t.Fatalf("then came %+v, %v, want the pong", f, err)
	}
}

func TestAClientInTheMidstOfSendingStillHearsWhyItIsClosed(t *testing.T) {
	w := newWorld(t, gateway(t, quiet), func(c *Config) { c.Limits.TunnelMessage = 1000 })
	c, r := w.rawClient(nil)
	whole := masked(opBinary, true, make([]byte, 4<<20)) // closing at once would reset the connection
	go func() { _, _ = c.Write(whole) }()
	for {
		f, err := readFrame(r)
		if err != nil {
			t.Fatalf("no close frame: %v", err)
		}
		if f.op == opClose {
			if code := int(binary.BigEndian.Uint16(f.payload)); code != FrameTooBig.Code() {
				t.Fatalf("closed with %d", code)
			}
			return
		}
	}
}

func TestARateDelaysReadingAndLosesNothing(t *testing.T) {
	w := newWorld(t, gateway(t, echo), func(c *Config) { c.Limits.TunnelUpFrames = 50 })
	c := w.dial()
	go func() {
		b := binary.BigEndian.AppendUint32(nil, 0)
		for i := range uint32(260) { // 200 at once, the rest at the rate
			binary.BigEndian.PutUint32(b, i)
			_ = c.Write(deadline(t), websocket.MessageBinary, b)
			if i == 210 {
				eventually(t, "the reading to pause", func() bool { return w.server.Stats().Pauses > 0 })
			}
		}
	}()
	for i := range uint32(260) {
		_, b, err := c.Read(deadline(t))
		if err != nil || binary.BigEndian.Uint32(b) != i {
			t.Fatalf("message %d: %v, %v", i, b, err)
		}
	}
}

func TestDrainClosesAllAndReturnsWhenTheyAreGone(t *testing.T) {
	w := newWorld(t, gateway(t, echo), nil)
	conns := []*websocket.Conn{w.dial(), w.dial(), w.dial()}
	for _, c := range conns {
		roundTrip(t, c)
	}
	done := make(chan error, 1)
	go func() { done <- w.server.Drain(deadline(t), 30*time.Millisecond) }()
	for _, c := range conns {
		w.wantClose(c, Draining)
	}
	if err := <-done; err != nil || w.server.Stats().Open != 0 {
		t.Fatalf("drain: %v, %d open", err, w.server.Stats().Open)
	}
	w.wantClose(w.dial(), Draining)
}
