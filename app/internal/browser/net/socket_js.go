// Package net carries the core's connection: the browser's WebSocket as a
// stream, and the relay's API for the engine.
package net

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"syscall/js"
	"time"

	"ferry/app/internal/browser/jsx"
)

// Limits of a socket, in octets. A browser's WebSocket cannot be told to wait,
// so what is not read in time must be bounded here.
type Limits struct {
	Inbound  int // unread; beyond it the socket is closed as slow
	Outbound int // unsent; beyond it Write waits
}

// DefaultLimits has room for two of the largest frames.
var DefaultLimits = Limits{Inbound: 1 << 25, Outbound: 1 << 22}

// Close codes of our own making, in the range for applications (RFC 6455, section 7.4.2).
const (
	codeNormal = 1000
	codeSlow   = 4411
)

// ErrClosed: the socket was closed from this side.
var ErrClosed = errors.New("net: socket closed")

// Socket is a WebSocket as a pipe of octets.
type Socket struct {
	ws     js.Value
	limits Limits
	off    []func()

	mu     sync.Mutex
	queue  [][]byte
	queued int
	err    error         // why reading ends
	wake   chan struct{} // holds one token while there is something to look at
	opened chan struct{}
}

// Dial opens a WebSocket. closed makes the error that Read gives after the other
// side closed with a code and a reason; code 1006 means that the network broke.
func Dial(ctx context.Context, url string, limits Limits, closed func(code int, reason string) error) (*Socket, error) {
	s := &Socket{limits: limits, wake: make(chan struct{}, 1), opened: make(chan struct{})}
	if err := jsx.Try(func() { s.ws = js.Global().Get("WebSocket").New(url) }); err != nil {
		return nil, fmt.Errorf("dial: %w", err)
	}
	s.ws.Set("binaryType", "arraybuffer")
	var once sync.Once
	s.off = append(s.off,
		jsx.Listen(s.ws, "open", func(js.Value) { once.Do(func() { close(s.opened) }) }),
		jsx.Listen(s.ws, "message", s.message),
		jsx.Listen(s.ws, "close", func(ev js.Value) {
			s.end(closed(ev.Get("code").Int(), ev.Get("reason").String()))
		}))
	select {
	case <-s.opened:
		return s, nil
	case <-s.wake:
		s.Close("")
		return nil, fmt.Errorf("dial: %w", s.reason())
	case <-ctx.Done():
		s.Close("")
		return nil, fmt.Errorf("dial: %w", ctx.Err())
	}
}

// message takes in what arrived. It runs in the browser's callback and never waits.
func (s *Socket) message(ev js.Value) {
	data := ev.Get("data")
	n := jsx.ByteLength(data)
	s.mu.Lock()
	full := s.queued+n > s.limits.Inbound
	s.mu.Unlock()
	switch {
	case n < 0:
		s.end(errors.New("net: a text message on a binary socket"))
		s.shut(codeNormal, "")
		return
	case full:
		s.end(fmt.Errorf("net: %d octets unread", s.limits.Inbound))
		s.shut(codeSlow, "slow")
		return
	}
	b, _ := jsx.Bytes(data)
	s.mu.Lock()
	if s.err == nil {
		s.queue = append(s.queue, b)
		s.queued += len(b)
	}
	s.mu.Unlock()
	s.poke()
}

func (s *Socket) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// end gives the reason for which reading ends; the first one counts.
func (s *Socket) end(err error) {
	s.mu.Lock()
	if s.err == nil {
		s.err = err
	}
	s.mu.Unlock()
	s.poke()
}

func (s *Socket) reason() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Read returns the next message. What had arrived before the end is still read.
func (s *Socket) Read(ctx context.Context) ([]byte, error) {
	for {
		s.mu.Lock()
		if len(s.queue) > 0 {
			b := s.queue[0]
			s.queue = s.queue[1:]
			s.queued -= len(b)
			s.mu.Unlock()
			return b, nil
		}
		err := s.err
		s.mu.Unlock()
		if err != nil {
			s.poke() // for another reader
			return nil, err
		}
		select {
		case <-s.wake:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// drainPause is how often a full outbound buffer is looked at again; the
// browser gives no event for it.
const drainPause = 10 * time.Millisecond

// Write sends one message, waiting while too much is unsent.
func (s *Socket) Write(ctx context.Context, b []byte) error {
	for s.ws.Get("bufferedAmount").Int() > s.limits.Outbound {
		if err := s.reason(); err != nil {
			return err
		}
		t := time.NewTimer(drainPause)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return ctx.Err()
		}
	}
	if err := s.reason(); err != nil {
		return err
	}
	if err := jsx.Try(func() { s.ws.Call("send", jsx.Uint8(b)) }); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// Close gives up the socket at once: it does not wait for the other side, which
// on a dead network never answers.
func (s *Socket) Close(reason string) error {
	s.end(ErrClosed)
	for _, off := range s.off {
		off()
	}
	s.off = nil
	s.shut(codeNormal, reason)
	return nil
}

// maxReason is what fits into a close frame (RFC 6455, section 5.5).
const maxReason = 123

func (s *Socket) shut(code int, reason string) {
	if len(reason) > maxReason {
		reason = reason[:maxReason]
	}
	_ = jsx.Try(func() { s.ws.Call("close", code, reason) }) // an odd reason must not keep it open
}
