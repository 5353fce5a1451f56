// Package wiretest has an in-memory wire.Pipe for tests.
package wiretest

import (
	"context"
	"errors"
	"slices"
	"sync"

	"ferry/relay/wire"
)

// ErrClosed is what reads and writes return once either end is closed, unless
// CloseWith said otherwise.
var ErrClosed = errors.New("wiretest: closed")

// End is one end of an in-memory pipe. Chunks keep their boundaries.
type End struct {
	in, out chan []byte
	shared  *shared
}

type shared struct {
	once sync.Once
	done chan struct{}
	err  error
}

var _ wire.Pipe = (*End)(nil)

// Pipe returns two connected ends. Each direction holds up to 16 chunks.
func Pipe() (*End, *End) {
	a, b := make(chan []byte, 16), make(chan []byte, 16)
	s := &shared{done: make(chan struct{})}
	return &End{a, b, s}, &End{b, a, s}
}

// Read returns the next chunk that the other end wrote. What was written
// before a close is still delivered.
func (e *End) Read(ctx context.Context) ([]byte, error) {
	select {
	case b := <-e.in:
		return b, nil
	default:
	}
	select {
	case b := <-e.in:
		return b, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-e.shared.done:
		select {
		case b := <-e.in:
			return b, nil
		default:
			return nil, e.shared.err
		}
	}
}

// Write hands a copy of b to the other end.
func (e *End) Write(ctx context.Context, b []byte) error {
	select {
	case <-e.shared.done:
		return e.shared.err
	default:
	}
	select {
	case e.out <- slices.Clone(b):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-e.shared.done:
		return e.shared.err
	}
}

// Close closes both ends.
func (e *End) Close(string) error {
	e.CloseWith(ErrClosed)
	return nil
}

// CloseWith closes both ends; reads and writes return err from then on.
func (e *End) CloseWith(err error) {
	e.shared.once.Do(func() {
		e.shared.err = err
		close(e.shared.done)
	})
}
