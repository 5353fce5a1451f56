package tunnel

import (
	"errors"
	"io"
	"sync"
	"time"
)

// bufferSize is how much one direction moves at once, in bytes. A direction
// holds one buffer while it forwards and none while it waits. It is a little less
// than what the kernel sends as one segment, 64 KiB with its headers: one byte
// more and every write costs a second, tiny one.
const bufferSize = 63 << 10

// idleBuffer is what a direction holds while it waits above TLS, where one cannot
// wait for bytes without reading them.
const idleBuffer = 4 << 10

type buffer [bufferSize]byte

var buffers = sync.Pool{New: func() any { return new(buffer) }}

// errPeerClosed: the source sent a close frame, which has been dealt with.
var errPeerClosed = errors.New("peer closed")

// writeError is a failure of the leg written to.
type writeError struct{ error }

// flow is one direction of a tunnel: it reads one leg, follows the frames by
// their headers, and writes the very same bytes to the other leg.
type flow struct {
	t          *Tunnel
	src, dst   *leg
	fromClient bool
	forward    func(b []byte) error // pass, unwrap or wrap
	scan       scanner
	pace       pace

	key [4]byte // unwrap: of the frame in hand, with the payload bytes done
	at  uint64

	carry   [maxCarry]byte // the start of a header or control frame, until the rest arrives
	carried int

	buf   *buffer // while forwarding
	held  []byte  // above TLS only
	n     int     // result of ready
	err   error
	ready func(fd uintptr) bool // made once, so that waiting allocates nothing
}

func newFlow(t *Tunnel, src, dst *leg, fromClient bool) *flow {
	l := &t.server.cfg.Limits
	f := &flow{t: t, src: src, dst: dst, fromClient: fromClient}
	f.scan.max = uint64(l.TunnelMessage)
	f.pace = newPace(l.TunnelDownBytes, l.TunnelDownFrames)
	f.forward = f.pass
	if fromClient {
		f.scan.masked = true
		f.pace = newPace(l.TunnelUpBytes, l.TunnelUpFrames)
	}
	if t.gateway.bytes {
		f.forward = f.wrap
		if fromClient {
			f.forward = f.unwrap
		}
	}
	f.ready = f.readReady
	return f
}

// run forwards until the source ends. After a failure it reads on and drops what
// comes, so that the peer can still hear why; end sets a deadline for that.
func (f *flow) run() {
	defer f.t.flowEnded()
	for dropping := false; ; {
		b, err := f.fill()
		if err != nil {
			f.t.end(f.lost(), nil, nil)
			return
		}
		f.src.heard.Store(f.t.server.clock.Load())
		if dropping || f.t.ending() {
			f.release()
			continue
		}
		frames := f.scan.frames
		err = f.forward(b)
		f.release()
		f.src.heard.Store(f.t.server.clock.Load()) // while forwarding waited, the source could not be heard
		if err != nil {
			dropping = true
			f.failed(err)
			continue
		}
		f.count(len(b))
		f.pause(f.pace.spend(len(b), f.scan.frames-frames))
	}
}

// lost is the reason when the source cannot be read any more.
func (f *flow) lost() Reason {
	if f.fromClient {
		return ClientGone
	}
	return GatewayClosed
}

func (f *flow) failed(err error) {
	var broken writeError
	switch {
	case errors.Is(err, errFrameTooBig):
		f.t.end(FrameTooBig, nil, nil)
	case errors.Is(err, errBadFrame) && f.fromClient:
		f.t.end(BadFrame, nil, nil)
	case errors.Is(err, errBadFrame):
		f.t.end(GatewayClosed, nil, nil)
	case errors.As(err, &broken):
		// The other leg is broken for writing. What it sent before may still be on
		// its way to us: its own reader reports the end, at the latest at this deadline.
		_ = f.dst.conn.SetReadDeadline(time.Now().Add(f.t.server.cfg.Limits.TunnelLinger))
	}
}

// fill waits for bytes and returns them, preceded by what was carried over. They
// are valid until release.
func (f *flow) fill() ([]byte, error) {
	f.n, f.err = 0, nil
	into := []byte(nil)
	switch {
	case len(f.src.early) > 0:
		f.buf = buffers.Get().(*buffer)
		f.n = copy(f.buf[f.carried:], f.src.early)
		if f.src.early = f.src.early[f.n:]; len(f.src.early) == 0 {
			f.src.early = nil
		}
		into = f.buf[:]
	case f.src.raw != nil:
		if err := f.src.raw.Read(f.ready); err != nil {
			return nil, err
		}
		if f.buf == nil {
			return nil, f.err
		}
		into = f.buf[:]
	default:
		if f.held == nil {
			f.held = make([]byte, idleBuffer)
		}
		into = f.held
		f.n, f.err = f.src.conn.Read(into[f.carried:])
	}
	if f.n == 0 {
		f.release()
		if f.err == nil {
			f.err = io.EOF
		}
		return nil, f.err
	}
	n := f.carried + f.n
	copy(into, f.carry[:f.carried])
	f.carried = 0
	return into[:n], nil
}

// readReady is called when the source may have bytes: it takes a buffer only if
// there are some.
func (f *flow) readReady(fd uintptr) bool {
	buf := buffers.Get().(*buffer)
	n, err, ready := readNow(fd, buf[f.carried:])
	if !ready {
		buffers.Put(buf)
		return false
	}
	f.buf, f.n, f.err = buf, n, err
	return true
}

func (f *flow) release() {
	if f.buf != nil {
		buffers.Put(f.buf)
		f.buf = nil
	}
}

// pass forwards WebSocket frames to a WebSocket as they are. Frames of the client
// are masked already, which is just what the gateway wants.
func (f *flow) pass(b []byte) error {
	for {
		n, bad := f.scan.data(b)
		if err := f.write(b[:n], f.scan.atBoundary()); err != nil {
			return err
		}
		if b = b[n:]; bad != nil || len(b) == 0 {
			return bad
		}
		n, err := f.takeControl(b)
		if n == 0 || err != nil {
			return err
		}
		b = b[n:]
	}
}

// write sends data frames, or a piece of one, to the other leg.
func (f *flow) write(b []byte, boundary bool) error {
	if len(b) == 0 {
		return nil
	}
	f.t.active.Store(f.t.server.clock.Load())
	if err := f.dst.write(b, boundary); err != nil {
		return writeError{err}
	}
	return nil
}

// takeControl deals with the control frame at the start of b and returns its
// length, or 0 if its end has not come yet. Pings are answered here, pongs end
// here: each leg has its own heartbeat.
func (f *flow) takeControl(b []byte) (int, error) {
	h, payload, n, err := f.scan.control(b)
	if err != nil {
		return 0, err
	}
	if n == 0 {
		f.carried = copy(f.carry[:], b)
		return 0, nil
	}
	f.scan.frames++ // control frames count for the rate as well
	switch h.op {
	case opPing:
		f.src.pong(payload)
	case opClose:
		f.closed(append([]byte{}, payload...))
		return 0, errPeerClosed
	}
	return n, nil
}

// closed answers a close frame and passes it on: as it is to the gateway, as a
// typed reason to the client.
func (f *flow) closed(payload []byte) {
	if f.fromClient {
		f.t.end(ClientClosed, payload, payload)
		return
	}
	f.t.end(GatewayClosed, nil, payload)
}

func (f *flow) count(n int) {
	if f.fromClient {
		f.t.server.stats.upBytes.Add(uint64(n))
		return
	}
	f.t.server.stats.downBytes.Add(uint64(n))
}

// pause delays the next read, so that TCP slows the sender down.
func (f *flow) pause(d time.Duration) {
	if d <= 0 {
		return
	}
	f.t.server.stats.pauses.Add(1)
	f.src.unread.Store(true)
	defer func() {
		f.src.heard.Store(f.t.server.clock.Load())
		f.src.unread.Store(false)
	}()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-f.t.ended:
	}
}
