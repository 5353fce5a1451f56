package idb

import (
	"context"
	"fmt"
	"syscall/js"

	"ferry/app/internal/browser/jsx"
	"ferry/app/internal/store"
)

// request calls a method that gives an IDBRequest and waits for its result.
func request(ctx context.Context, v js.Value, method string, args ...any) (js.Value, error) {
	var req js.Value
	if err := jsx.Try(func() { req = v.Call(method, args...) }); err != nil {
		return js.Undefined(), fmt.Errorf("%s: %w", method, err)
	}
	out, err := settled(ctx, req)
	if err != nil {
		return out, fmt.Errorf("%s: %w", method, err)
	}
	return out, nil
}

// settled waits for an IDBRequest.
func settled(ctx context.Context, req js.Value) (js.Value, error) {
	done := make(chan error, 2)
	off1 := jsx.Listen(req, "success", func(js.Value) { done <- nil })
	off2 := jsx.Listen(req, "error", func(js.Value) { done <- jsx.ErrorOf(req.Get("error")) })
	defer off1()
	defer off2()
	select {
	case err := <-done:
		if err != nil {
			return js.Undefined(), err
		}
		return req.Get("result"), nil
	case <-ctx.Done():
		return js.Undefined(), ctx.Err()
	}
}

// begin opens a transaction; writes are durable when it is complete.
func (s *Store) begin(mode string, tables ...string) (js.Value, error) {
	if s.lost.Load() {
		return js.Undefined(), store.ErrLost
	}
	names := make([]any, len(tables))
	for i, t := range tables {
		names[i] = t
	}
	var tx js.Value
	err := jsx.Try(func() {
		tx = s.db.Call("transaction", names, mode, map[string]any{"durability": "strict"})
	})
	return tx, s.verdict(err)
}

// finish waits for the end of a transaction. It does not give up with ctx:
// whether a commit took place must be known.
func (s *Store) finish(_ context.Context, tx js.Value) error {
	done := make(chan error, 2)
	off1 := jsx.Listen(tx, "complete", func(js.Value) { done <- nil })
	off2 := jsx.Listen(tx, "abort", func(js.Value) {
		if e := tx.Get("error"); e.Type() == js.TypeObject {
			done <- jsx.ErrorOf(e)
			return
		}
		done <- &jsx.Error{Name: "AbortError", Message: "the transaction was aborted"}
	})
	defer off1()
	defer off2()
	return s.verdict(<-done)
}

// verdict puts a JavaScript error into the contract's words.
func (s *Store) verdict(err error) error {
	if err != nil && s.lost.Load() {
		return fmt.Errorf("%w: %w", store.ErrLost, err)
	}
	return verdict(err)
}

func verdict(err error) error {
	switch jsx.Name(err) {
	case "":
		return err
	case "QuotaExceededError":
		return fmt.Errorf("%w: %w", store.ErrFull, err)
	case "InvalidStateError", "NotFoundError", "UnknownError":
		return fmt.Errorf("%w: %w", store.ErrLost, err)
	case "OperationError":
		return fmt.Errorf("%w: %w", store.ErrTampered, err)
	}
	return err
}
