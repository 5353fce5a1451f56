package idb

import (
	"context"
	"fmt"
	"syscall/js"

	"ferry/app/internal/browser/jsx"
	"ferry/app/internal/store"
)

var _ store.Many = (*Store)(nil)

// GetMany implements store.Many: one transaction in which all requests are
// under way at once, and one call to unseal what they found.
func (s *Store) GetMany(ctx context.Context, t store.Table, keys []string) ([][]byte, error) {
	values, err := s.getMany(ctx, t, keys)
	if err != nil {
		return nil, fmt.Errorf("get from %s: %w", t, err)
	}
	return values, nil
}

func (s *Store) getMany(ctx context.Context, t store.Table, keys []string) ([][]byte, error) {
	values := make([][]byte, len(keys))
	if len(keys) == 0 {
		return values, ctx.Err()
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	rows := make([][]byte, len(keys))
	for i, key := range keys {
		rows[i] = s.names.row(t, key)
	}
	found, err := s.readMany(ctx, t, rows)
	if err != nil {
		return nil, err
	}
	var at []int // which keys have a record
	var full [][]byte
	var sealed []js.Value
	for i, v := range found {
		if !v.IsUndefined() {
			at, full, sealed = append(at, i), append(full, rows[i]), append(sealed, v)
		}
	}
	recs, err := s.openRows(ctx, t, full, sealed)
	if err != nil {
		return nil, err
	}
	for i, rec := range recs {
		if rec.Key != keys[at[i]] {
			return nil, store.ErrTampered
		}
		values[at[i]] = rec.Value
	}
	return values, nil
}

// readMany reads sealed rows by their ids, undefined where there is none.
func (s *Store) readMany(ctx context.Context, t store.Table, rows [][]byte) ([]js.Value, error) {
	tx, err := s.begin("readonly", string(t))
	if err != nil {
		return nil, err
	}
	requests := make([]js.Value, len(rows))
	err = jsx.Try(func() {
		table := tx.Call("objectStore", string(t))
		for i, row := range rows {
			requests[i] = table.Call("get", jsx.Uint8(row))
		}
	})
	if err != nil {
		return nil, s.verdict(err)
	}
	if err := s.finish(ctx, tx); err != nil {
		return nil, err
	}
	found := make([]js.Value, len(rows))
	for i, r := range requests {
		found[i] = r.Get("result")
	}
	return found, nil
}
