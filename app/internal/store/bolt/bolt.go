//go:build !js

// Package bolt keeps the store in one bbolt file: the headless client's disk.
// Every commit is fsynced before it returns.
package bolt

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	bberrors "go.etcd.io/bbolt/errors"

	"ferry/app/internal/store"
)

// openWait bounds how long Open waits for another process to let go of the file.
const openWait = 5 * time.Second

var (
	ownerBucket = []byte("owner") // not a table: which owner may write
	epochKey    = []byte("epoch")
)

// Open opens the file at path, and creates it with mode 0600 where there is
// none. bbolt's file lock keeps other processes out; the epoch keeps out
// earlier owners inside this one.
func Open(path string) (store.Store, error) {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: openWait})
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	s, err := own(db)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

type owner struct {
	db    *bbolt.DB
	epoch uint64
}

// own creates the tables and takes the next epoch.
func own(db *bbolt.DB) (*owner, error) {
	o := &owner{db: db}
	err := db.Update(func(tx *bbolt.Tx) error {
		for _, t := range store.Tables() {
			if _, err := tx.CreateBucketIfNotExists([]byte(t)); err != nil {
				return err
			}
		}
		b, err := tx.CreateBucketIfNotExists(ownerBucket)
		if err != nil {
			return err
		}
		o.epoch = epochOf(b) + 1
		return b.Put(epochKey, binary.BigEndian.AppendUint64(nil, o.epoch))
	})
	if err != nil {
		return nil, fmt.Errorf("open store: %w", classify(err))
	}
	return o, nil
}

func epochOf(b *bbolt.Bucket) uint64 {
	v := b.Get(epochKey)
	if len(v) != 8 {
		return 0
	}
	return binary.BigEndian.Uint64(v)
}

func (o *owner) Get(ctx context.Context, t store.Table, key string) (value []byte, err error) {
	err = o.view(ctx, t, func(b *bbolt.Bucket) {
		if v := b.Get(boltKey(key)); v != nil {
			value = append([]byte{}, v...)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("get from %s: %w", t, err)
	}
	return value, nil
}

// GetMany implements store.Many: all keys are read in one transaction.
func (o *owner) GetMany(ctx context.Context, t store.Table, keys []string) ([][]byte, error) {
	values := make([][]byte, len(keys))
	err := o.view(ctx, t, func(b *bbolt.Bucket) {
		for i, key := range keys {
			if v := b.Get(boltKey(key)); v != nil {
				values[i] = append([]byte{}, v...)
			}
		}
	})
	if err != nil {
		return nil, fmt.Errorf("get from %s: %w", t, err)
	}
	return values, nil
}

func (o *owner) List(ctx context.Context, t store.Table, r store.Range) (out []store.Record, err error) {
	err = o.view(ctx, t, func(b *bbolt.Bucket) {
		c := b.Cursor()
		for k, v := first(c, r); k != nil && within(k, r); k, v = step(c, r) {
			out = append(out, store.Record{Table: t, Key: string(k[1:]), Value: append([]byte{}, v...)})
			if r.Limit > 0 && len(out) == r.Limit {
				return
			}
		}
	})
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", t, err)
	}
	return out, nil
}

func first(c *bbolt.Cursor, r store.Range) (k, v []byte) {
	if !r.Reverse {
		return c.Seek(boltKey(r.From))
	}
	if r.To == "" {
		return c.Last()
	}
	if k, _ := c.Seek(boltKey(r.To)); k == nil {
		return c.Last()
	}
	return c.Prev()
}

func step(c *bbolt.Cursor, r store.Range) (k, v []byte) {
	if r.Reverse {
		return c.Prev()
	}
	return c.Next()
}

func within(k []byte, r store.Range) bool {
	if bytes.Compare(k, boltKey(r.From)) < 0 {
		return false
	}
	return r.To == "" || bytes.Compare(k, boltKey(r.To)) < 0
}

func (o *owner) Commit(ctx context.Context, b *store.Batch) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	err := o.db.Update(func(tx *bbolt.Tx) error {
		if epochOf(tx.Bucket(ownerBucket)) != o.epoch {
			return store.ErrFenced
		}
		return apply(tx, b)
	})
	if err != nil {
		return fmt.Errorf("commit: %w", classify(err))
	}
	return nil
}

func apply(tx *bbolt.Tx, b *store.Batch) error {
	for _, r := range b.Deletes {
		bucket := tx.Bucket([]byte(r.Table))
		if bucket == nil {
			return fmt.Errorf("no table %q", r.Table)
		}
		if err := bucket.Delete(boltKey(r.Key)); err != nil {
			return err
		}
	}
	for _, r := range b.Puts {
		bucket := tx.Bucket([]byte(r.Table))
		if bucket == nil {
			return fmt.Errorf("no table %q", r.Table)
		}
		if err := bucket.Put(boltKey(r.Key), r.Value); err != nil {
			return err
		}
	}
	return nil
}

func (o *owner) Close() error {
	if err := o.db.Close(); err != nil {
		return fmt.Errorf("close store: %w", err)
	}
	return nil
}

func (o *owner) view(ctx context.Context, t store.Table, fn func(*bbolt.Bucket)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	err := o.db.View(func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte(t))
		if b == nil {
			return fmt.Errorf("no table %q", t)
		}
		fn(b)
		return nil
	})
	return classify(err)
}

// boltKey puts a byte before each key, since bbolt refuses empty ones.
func boltKey(key string) []byte { return append([]byte{'k'}, key...) }

// classify maps what bbolt and the file system say to the contract's errors.
func classify(err error) error {
	switch {
	case errors.Is(err, bberrors.ErrDatabaseNotOpen):
		return fmt.Errorf("%w: %w", store.ErrLost, err)
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("%w: %w", store.ErrFull, err)
	}
	return err
}
