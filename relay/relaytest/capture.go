package relaytest

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"sync"
	"testing"
)

// Capture is a TCP proxy before the gateway, or another address, that records every byte both ways.
type Capture struct {
	ln net.Listener
	to string

	mu    sync.Mutex
	seen  []*stream
	conns map[net.Conn]struct{}
	done  sync.WaitGroup
}

// stream is one recorded connection.
type stream struct{ up, down bytes.Buffer }

// Record puts a recorder before an address, "127.0.0.1:1234"; it ends with the test.
func Record(t testing.TB, to string) *Capture {
	t.Helper()
	c := newCapture(t, to)
	t.Cleanup(c.close)
	return c
}

func newCapture(t testing.TB, to string) *Capture {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &Capture{ln: ln, to: to, conns: map[net.Conn]struct{}{}}
	c.done.Go(c.accept)
	return c
}

// Addr is where the recorder listens.
func (c *Capture) Addr() string { return c.ln.Addr().String() }

func (c *Capture) accept() {
	for {
		client, err := c.ln.Accept()
		if err != nil {
			return
		}
		gateway, err := net.Dial("tcp", c.to)
		if err != nil {
			_ = client.Close()
			continue
		}
		s := &stream{}
		c.mu.Lock()
		c.seen = append(c.seen, s)
		c.conns[client], c.conns[gateway] = struct{}{}, struct{}{}
		c.mu.Unlock()
		c.done.Go(func() { c.pipe(gateway, client, &s.up) })
		c.done.Go(func() { c.pipe(client, gateway, &s.down) })
	}
}

func (c *Capture) pipe(to, from net.Conn, record *bytes.Buffer) {
	_, _ = io.Copy(to, io.TeeReader(from, recorder{c, record}))
	_ = to.(*net.TCPConn).CloseWrite()
}

type recorder struct {
	c   *Capture
	buf *bytes.Buffer
}

func (r recorder) Write(b []byte) (int, error) {
	r.c.mu.Lock()
	defer r.c.mu.Unlock()
	return r.buf.Write(b)
}

// Up returns what went to the gateway so far, as it was on the wire. WebSocket
// frames of a client are masked: to search in them, use Sent.
func (c *Capture) Up() []byte {
	return c.collect(func(s *stream) []byte { return s.up.Bytes() })
}

// Down returns what came from the gateway so far; nothing in it is masked.
func (c *Capture) Down() []byte {
	return c.collect(func(s *stream) []byte { return s.down.Bytes() })
}

// Sent returns the unmasked payloads that went to the gateway so far.
func (c *Capture) Sent() []byte {
	return c.collect(func(s *stream) []byte {
		_, upgrade, _ := bytes.Cut(s.up.Bytes(), []byte("Upgrade: websocket")) // other requests may come before it
		_, frames, _ := bytes.Cut(upgrade, []byte("\r\n\r\n"))
		return payloads(frames)
	})
}

func (c *Capture) collect(of func(*stream) []byte) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []byte
	for _, s := range c.seen {
		all = append(all, of(s)...)
	}
	return all
}

// payloads unmasks the frames of a client, RFC 6455 section 5.2. It reads its own
// way, so that a mistake in the relay does not hide itself.
func payloads(b []byte) (out []byte) {
	for len(b) >= 6 {
		n, size := uint64(b[1]&0x7F), 2
		switch {
		case n == 126:
			n, size = uint64(binary.BigEndian.Uint16(b[2:])), 4
		case n == 127 && len(b) >= 10:
			n, size = binary.BigEndian.Uint64(b[2:]), 10
		}
		if len(b) < size+4 {
			return out
		}
		key, body := b[size:size+4], b[size+4:]
		body = body[:min(n, uint64(len(body)))]
		for i, x := range body {
			out = append(out, x^key[i%4])
		}
		b = b[size+4+len(body):]
	}
	return out
}

// Cut breaks all connections of this moment, without a word to either side.
func (c *Capture) Cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for conn := range c.conns {
		_ = conn.(*net.TCPConn).SetLinger(0)
		_ = conn.Close()
		delete(c.conns, conn)
	}
}

func (c *Capture) close() {
	_ = c.ln.Close()
	c.Cut()
	c.done.Wait()
}
