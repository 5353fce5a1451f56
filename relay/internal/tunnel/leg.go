package tunnel

import (
	"crypto/rand"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
)

var errShut = errors.New("a close frame was sent already")

// leg is one of the two connections of a tunnel. One goroutine reads it; it is
// written to by the goroutine that reads the other leg and, at frame boundaries
// only, by whoever has a control frame for it.
type leg struct {
	conn  net.Conn
	raw   syscall.RawConn // of a plain socket; nil above TLS
	early []byte          // read before the tunnel took over
	bytes bool            // no WebSocket but a plain stream: it has no control frames
	mask  bool            // the relay is the WebSocket client here, so what it adds is masked
	clock *atomic.Int64   // the tunnel clock

	heard   atomic.Int64 // when bytes last came from the peer, tunnel clock
	writing atomic.Int64 // since when one write has not ended; 0: none
	unread  atomic.Bool  // reading pauses to slow the peer down

	mu       sync.Mutex // held while writing
	writer   writer     // of raw
	boundary bool       // what was written ends with a whole frame
	shut     bool       // the close frame is out: nothing may follow

	pending atomic.Bool // something is in want
	wantMu  sync.Mutex
	want    struct {
		ping  bool
		pong  []byte // payload; nil: none. Only the latest ping needs an answer, RFC 6455 section 5.5.3
		close []byte // payload; nil: none
	}
}

func newLeg(conn net.Conn, early []byte, clock *atomic.Int64) *leg {
	l := &leg{conn: conn, early: early, boundary: true, clock: clock}
	l.raw = rawConn(conn)
	return l
}

// write sends b, which ends at a frame boundary or not, and then what has become
// due in the meantime. It blocks for as long as the peer does not read.
func (l *leg) write(b []byte, boundary bool) error {
	l.mu.Lock()
	if l.shut {
		l.mu.Unlock()
		return errShut
	}
	l.writing.Store(l.clock.Load())
	err := l.writeAll(b)
	l.writing.Store(0)
	l.boundary = boundary && err == nil
	l.mu.Unlock()
	if err == nil && boundary && l.pending.Load() {
		l.kick()
	}
	return err
}

// writeAll is called with the lock held.
func (l *leg) writeAll(b []byte) error {
	if l.raw != nil {
		return l.writer.write(l.raw, b)
	}
	_, err := l.conn.Write(b)
	return err //nolint:wrapcheck // it is looked at, not shown
}

func (l *leg) ping() { l.ask(func() { l.want.ping = true }) }

// pong answers a ping. The payload is copied.
func (l *leg) pong(payload []byte) {
	p := append(make([]byte, 0, len(payload)), payload...)
	l.ask(func() { l.want.pong = p })
}

// close asks for a close frame; the first one counts.
func (l *leg) close(payload []byte) {
	l.ask(func() {
		if l.want.close == nil {
			l.want.close = payload
		}
	})
}

// ask notes a control frame and sends it now if that is possible without
// waiting; else the writer does so at its next boundary. It never blocks.
func (l *leg) ask(note func()) {
	l.wantMu.Lock()
	note()
	l.pending.Store(true)
	l.wantMu.Unlock()
	l.kick()
}

// kick sends the pending control frames if nobody is writing and the last frame
// is whole. Whoever holds the lock looks at pending after letting it go, so
// nothing noted is forgotten.
func (l *leg) kick() {
	for l.pending.Load() && l.mu.TryLock() {
		if !l.boundary || l.shut {
			l.mu.Unlock()
			return
		}
		frames, last := l.take()
		n, err := l.tryWrite(frames)
		if err == nil && (n < len(frames) || l.raw == nil) {
			go l.finish(frames[n:], last) // it would have to wait: do so elsewhere
			return
		}
		l.sent(last)
		l.mu.Unlock()
	}
}

// finish writes the rest of control frames. It is called with the lock held and
// ends when the peer reads or the connection is closed.
func (l *leg) finish(rest []byte, last bool) {
	l.writing.Store(l.clock.Load())
	_ = l.writeAll(rest) // a broken connection is noticed by its reader
	l.writing.Store(0)
	l.sent(last)
	l.mu.Unlock()
	l.kick()
}

// sent is called with the lock held after control frames; last says that one of
// them was a close frame.
func (l *leg) sent(last bool) {
	if last {
		l.shut = true
		closeWrite(l.conn)
	}
}

// take encodes what is wanted and forgets it.
func (l *leg) take() (frames []byte, last bool) {
	l.wantMu.Lock()
	w := l.want
	l.want.ping, l.want.pong, l.want.close = false, nil, nil
	l.pending.Store(false)
	l.wantMu.Unlock()
	if l.bytes {
		return nil, w.close != nil
	}
	if w.pong != nil {
		frames = appendFrame(frames, opPong, w.pong, l.mask, l.key())
	}
	if w.ping && w.close == nil {
		frames = appendFrame(frames, opPing, nil, l.mask, l.key())
	}
	if w.close != nil {
		frames = appendFrame(frames, opClose, w.close, l.mask, l.key())
	}
	return frames, w.close != nil
}

func (l *leg) key() (k [4]byte) {
	if l.mask {
		_, _ = rand.Read(k[:])
	}
	return k
}

// tryWrite writes what the socket takes without waiting.
func (l *leg) tryWrite(b []byte) (n int, err error) {
	if l.raw == nil || len(b) == 0 {
		return 0, nil
	}
	return writeNow(l.raw, b)
}

// stuck reports whether a write has been waiting since before the given time.
func (l *leg) stuck(before int64) bool {
	since := l.writing.Load()
	return since != 0 && since < before
}

// closeWrite sends the end of the stream and leaves reading open, so that the
// close frame is not overtaken by a reset.
func closeWrite(c net.Conn) {
	if w, ok := c.(interface{ CloseWrite() error }); ok {
		_ = w.CloseWrite()
	}
}
