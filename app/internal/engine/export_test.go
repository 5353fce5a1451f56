package engine

import (
	"context"

	"ferry/relay/wire"
)

// Feed has the engine take in a stanza, as if a gateway had sent it, and
// returns when what it changed is committed.
func (e *Engine) Feed(ctx context.Context, n wire.Node) error {
	done := make(chan error, 1)
	e.post(func(t *turn) error {
		err := e.stanza(t, n)
		t.then(func() { done <- nil })
		if err != nil {
			done <- err
		}
		return err
	})
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
