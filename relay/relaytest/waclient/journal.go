package waclient

import (
	"context"
	"sync"
)

// journal is every event of a client, in order. It only grows: a test that receives a hundred thousand messages
// pays some hundred bytes for each.
type journal struct {
	mu     sync.Mutex
	all    []any
	grown  chan struct{} // closed and replaced when something is added
	closed bool
}

func newJournal() *journal { return &journal{grown: make(chan struct{})} }

func (j *journal) add(event any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed {
		return
	}
	j.all = append(j.all, event)
	close(j.grown)
	j.grown = make(chan struct{})
}

func (j *journal) close() {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.closed {
		j.closed = true
		close(j.grown)
	}
}

func (j *journal) len() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.all)
}

// from returns the events from a position on, and a channel that is closed when there are more.
func (j *journal) from(at int) ([]any, <-chan struct{}, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.all[at:len(j.all):len(j.all)], j.grown, j.closed
}

// await returns the first event from a position on that fits.
func await(ctx context.Context, c *Client, at int, fits func(any) bool) (any, error) {
	for {
		batch, grown, closed := c.events.from(at)
		for _, e := range batch {
			if fits(e) {
				return e, nil
			}
		}
		at += len(batch)
		if closed {
			return nil, ErrClosed
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Await returns the first event of type T, a pointer like *events.Receipt, that fits; it may have come before
// the call. A nil fits takes any.
func Await[T any](ctx context.Context, c *Client, fits func(T) bool) (T, error) {
	e, err := await(ctx, c, 0, func(e any) bool {
		t, ok := e.(T)
		return ok && (fits == nil || fits(t))
	})
	t, _ := e.(T)
	return t, err
}

// All returns the events of type T so far, in order.
func All[T any](c *Client) []T {
	var out []T
	batch, _, _ := c.events.from(0)
	for _, e := range batch {
		if t, ok := e.(T); ok {
			out = append(out, t)
		}
	}
	return out
}

// Follow calls fn with each event of type T from the first on, on the caller's goroutine, until fn returns
// false, ctx ends or the client is closed. For tests with many messages.
func Follow[T any](ctx context.Context, c *Client, fn func(T) bool) error {
	_, err := await(ctx, c, 0, func(e any) bool {
		t, ok := e.(T)
		return ok && !fn(t)
	})
	return err
}
