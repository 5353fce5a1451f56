// Package memory is the store that forgets: for tests, and to show what the
// contract of package store means in the fewest lines.
package memory

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"

	"ferry/app/internal/store"
)

// Disk is what outlives a store: open it again after a crash.
type Disk struct {
	mu     sync.Mutex
	tables map[store.Table]*table
	epoch  int
}

type table struct {
	keys   []string // sorted
	values map[string][]byte
}

// NewDisk gives an empty disk.
func NewDisk() *Disk {
	d := &Disk{tables: map[store.Table]*table{}}
	for _, t := range store.Tables() {
		d.tables[t] = &table{values: map[string][]byte{}}
	}
	return d
}

// Open makes the caller the owner and fences any earlier one.
func (d *Disk) Open() store.Store {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.epoch++
	return &owner{disk: d, epoch: d.epoch}
}

// Len counts the records of a table, for tests to look in from outside.
func (d *Disk) Len(t store.Table) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.tables[t].keys)
}

type owner struct {
	disk   *Disk
	epoch  int
	closed bool
}

func (o *owner) Get(ctx context.Context, t store.Table, key string) ([]byte, error) {
	tab, unlock, err := o.table(ctx, t)
	if err != nil {
		return nil, fmt.Errorf("get from %s: %w", t, err)
	}
	defer unlock()
	v, ok := tab.values[key]
	if !ok {
		return nil, nil
	}
	return append([]byte{}, v...), nil
}

// GetMany implements store.Many.
func (o *owner) GetMany(ctx context.Context, t store.Table, keys []string) ([][]byte, error) {
	tab, unlock, err := o.table(ctx, t)
	if err != nil {
		return nil, fmt.Errorf("get from %s: %w", t, err)
	}
	defer unlock()
	values := make([][]byte, len(keys))
	for i, key := range keys {
		if v, ok := tab.values[key]; ok {
			values[i] = append([]byte{}, v...)
		}
	}
	return values, nil
}

func (o *owner) List(ctx context.Context, t store.Table, r store.Range) ([]store.Record, error) {
	tab, unlock, err := o.table(ctx, t)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", t, err)
	}
	defer unlock()
	keys := slices.Clone(tab.between(r))
	if r.Reverse {
		slices.Reverse(keys)
	}
	if r.Limit > 0 && len(keys) > r.Limit {
		keys = keys[:r.Limit]
	}
	out := make([]store.Record, 0, len(keys))
	for _, k := range keys {
		out = append(out, store.Record{Table: t, Key: k, Value: bytes.Clone(tab.values[k])})
	}
	return out, nil
}

func (o *owner) Commit(ctx context.Context, b *store.Batch) error {
	o.disk.mu.Lock()
	defer o.disk.mu.Unlock()
	if err := o.usable(ctx); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	if o.epoch != o.disk.epoch {
		return fmt.Errorf("commit: %w", store.ErrFenced)
	}
	for _, rs := range [][]store.Record{b.Puts, b.Deletes} {
		for _, r := range rs {
			if o.disk.tables[r.Table] == nil {
				return fmt.Errorf("commit: no table %q", r.Table)
			}
		}
	}
	for _, r := range b.Deletes {
		o.disk.tables[r.Table].remove(r.Key)
	}
	for _, r := range b.Puts {
		o.disk.tables[r.Table].set(r.Key, append([]byte{}, r.Value...))
	}
	return nil
}

func (o *owner) Close() error {
	o.disk.mu.Lock()
	defer o.disk.mu.Unlock()
	o.closed = true
	return nil
}

// table locks the disk and finds a table.
func (o *owner) table(ctx context.Context, t store.Table) (*table, func(), error) {
	o.disk.mu.Lock()
	if err := o.usable(ctx); err != nil {
		o.disk.mu.Unlock()
		return nil, nil, err
	}
	tab := o.disk.tables[t]
	if tab == nil {
		o.disk.mu.Unlock()
		return nil, nil, fmt.Errorf("no table %q", t)
	}
	return tab, o.disk.mu.Unlock, nil
}

func (o *owner) usable(ctx context.Context) error {
	if o.closed {
		return store.ErrLost
	}
	return ctx.Err()
}

func (t *table) between(r store.Range) []string {
	from, _ := slices.BinarySearch(t.keys, r.From)
	to := len(t.keys)
	if r.To != "" {
		to, _ = slices.BinarySearch(t.keys, r.To)
	}
	return t.keys[from:max(from, to)]
}

func (t *table) set(key string, value []byte) {
	if _, ok := t.values[key]; !ok {
		i, _ := slices.BinarySearch(t.keys, key)
		t.keys = slices.Insert(t.keys, i, key)
	}
	t.values[key] = value
}

func (t *table) remove(key string) {
	if _, ok := t.values[key]; !ok {
		return
	}
	i, _ := slices.BinarySearch(t.keys, key)
	t.keys = slices.Delete(t.keys, i, i+1)
	delete(t.values, key)
}
