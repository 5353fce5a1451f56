package wire

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
)

// ErrClosed: the channel was closed on this side.
var ErrClosed = errors.New("wire: channel closed")

// Channel carries stanzas over an established Noise session. One goroutine
// may read; any number may write.
type Channel struct {
	pipe    Pipe
	frames  frameReader
	inward  *direction
	outward *direction
	writing chan struct{} // holds one token: taken by who writes
	closed  atomic.Bool
}

func newChannel(frames frameReader, inward, outward *direction, limits Limits) *Channel {
	frames.most = limits.frame()
	c := &Channel{pipe: frames.pipe, frames: frames, inward: inward, outward: outward, writing: make(chan struct{}, 1)}
	c.writing <- struct{}{}
	return c
}

// ReadNode returns the next stanza. After an error that is ErrStanza the
// channel goes on with the next one; any other error but the context's is
// the end. A frame that does not decrypt closes the channel: the counters of
// the two sides no longer agree, or somebody is tampering. The node keeps the
// frame it came in alive: copy data that is to be kept for long.
func (c *Channel) ReadNode(ctx context.Context) (Node, error) {
	frame, err := c.frames.next(ctx)
	if err != nil {
		if errors.Is(err, ErrFrameTooBig) {
			c.Close("frame_too_big")
		}
		if c.closed.Load() {
			err = fmt.Errorf("%w: %w", ErrClosed, err)
		}
		return Node{}, fmt.Errorf("read stanza: %w", err)
	}
	plain, err := c.inward.open(frame[:0], frame, nil)
	if err != nil {
		c.Close("bad_frame")
		return Node{}, fmt.Errorf("read stanza: %w", err)
	}
	return Unmarshal(plain)
}

// WriteNode sends one stanza as one frame in one Write of the pipe. If the
// pipe fails, the channel is closed: what it sent of the frame is unknown.
func (c *Channel) WriteNode(ctx context.Context, n Node) error {
	b, err := Marshal(n)
	if err != nil {
		return err
	}
	return c.WriteMarshalled(ctx, b)
}

// WriteMarshalled is WriteNode for what Marshal returned. It does not change b.
func (c *Channel) WriteMarshalled(ctx context.Context, b []byte) error {
	size := len(b) + tagSize
	if size > MaxFrame {
		return ErrFrameTooBig
	}
	select {
	case <-c.writing:
		defer func() { c.writing <- struct{}{} }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if c.closed.Load() {
		return ErrClosed
	}
	frame, err := c.outward.seal(appendFrameHead(make([]byte, 0, lengthSize+size)), b, nil)
	if err != nil {
		c.Close("counter_spent")
		return fmt.Errorf("write stanza: %w", err)
	}
	putLength(frame, size)
	if err := c.pipe.Write(ctx, frame); err != nil {
		c.Close("write_failed")
		return fmt.Errorf("write stanza: %w", err)
	}
	return nil
}

// Close ends the connection. It may be called at any time, more than once.
func (c *Channel) Close(reason string) error {
	if c.closed.Swap(true) {
		return nil
	}
	return c.pipe.Close(reason)
}
