package bus

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// BucketOptions of a new bucket.
type BucketOptions struct {
	TTL time.Duration // entries vanish this long after their last change; 0: never
}

// Entry is a value with the revision to compare against.
type Entry struct {
	Key   string
	Value []byte
	Rev   uint64
}

// Bucket is a set of keys with compare-and-set. Keys are any UTF-8 text whose
// levels are separated by single dots. Safe for concurrent use.
type Bucket struct {
	name string
	bus  *Bus
	ttl  time.Duration
	kv   jetstream.KeyValue
	js   jetstream.JetStream
}

// markerTTL is how long the mark of a key stays that was too old, for watchers that
// lag.
const markerTTL = time.Hour

// Bucket opens a bucket, making it if needed. Names are [A-Za-z0-9_-]+.
func (b *Bus) Bucket(ctx context.Context, name string, opts BucketOptions) (*Bucket, error) {
	kv, err := b.js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{
		Bucket:         name,
		History:        1,
		TTL:            opts.TTL,
		MaxValueSize:   maxRecord - 4096,
		Storage:        jetstream.FileStorage,
		Replicas:       b.cfg.Replicas,
		LimitMarkerTTL: markerTTL,
	})
	if err != nil {
		return nil, fmt.Errorf("bucket %s: %w", name, err)
	}
	return &Bucket{name: name, bus: b, ttl: opts.TTL, kv: kv, js: b.js}, nil
}

// Get returns an entry, or ErrNotFound.
func (k *Bucket) Get(ctx context.Context, key string) (Entry, error) {
	esc, err := escape(key)
	if err != nil {
		return Entry{}, k.fail("get", err)
	}
	e, err := k.kv.Get(ctx, esc)
	if err != nil {
		return Entry{}, k.fail("get", err)
	}
	return Entry{Key: key, Value: e.Value(), Rev: e.Revision()}, nil
}

// Put sets a value whatever was there, and returns its revision.
func (k *Bucket) Put(ctx context.Context, key string, value []byte) (uint64, error) {
	esc, err := escape(key)
	if err != nil {
		return 0, k.fail("put", err)
	}
	rev, err := k.kv.Put(ctx, esc, value)
	return rev, k.fail("put", err)
}

// Create sets a value where there is none, or returns ErrExists.
func (k *Bucket) Create(ctx context.Context, key string, value []byte) (uint64, error) {
	esc, err := escape(key)
	if err != nil {
		return 0, k.fail("create", err)
	}
	rev, err := k.kv.Create(ctx, esc, value)
	return rev, k.fail("create", err)
}

// Update sets a value if its revision is still rev, or returns ErrConflict.
func (k *Bucket) Update(ctx context.Context, key string, value []byte, rev uint64) (uint64, error) {
	esc, err := escape(key)
	if err != nil {
		return 0, k.fail("update", err)
	}
	next, err := k.kv.Update(ctx, esc, value, rev)
	return next, k.fail("update", conflict(err))
}

// Delete removes an entry if its revision is still rev (0: whatever it is).
// Removing what is not there is no error when rev is 0. A mark of it stays, with the
// key, until a new value, Erase, or the bucket's TTL.
func (k *Bucket) Delete(ctx context.Context, key string, rev uint64) error {
	esc, err := escape(key)
	if err != nil {
		return k.fail("delete", err)
	}
	var opts []jetstream.KVDeleteOpt
	if rev != 0 {
		opts = append(opts, jetstream.LastRevision(rev))
	}
	return k.fail("delete", conflict(k.kv.Purge(ctx, esc, opts...)))
}

// List returns the entries below a prefix, which is empty or ends with a dot.
func (k *Bucket) List(ctx context.Context, prefix string) ([]Entry, error) {
	var out []Entry
	err := k.Each(ctx, prefix, func(e Entry) error {
		out = append(out, e)
		return nil
	})
	return out, err
}

// Each calls fn for the entries below a prefix, as List, without holding them all
// in memory. It returns fn's error as it is.
func (k *Bucket) Each(ctx context.Context, prefix string, fn func(Entry) error) error {
	filter := ">"
	if prefix != "" {
		esc, err := escape(strings.TrimSuffix(prefix, "."))
		if err != nil || !strings.HasSuffix(prefix, ".") {
			return k.fail("list", fmt.Errorf("prefix %q: %w", prefix, ErrBadKey))
		}
		filter = esc + ".>"
	}
	return k.each(ctx, filter, fn)
}

func (k *Bucket) each(ctx context.Context, filter string, fn func(Entry) error) error {
	w, err := k.kv.Watch(ctx, filter, jetstream.IgnoreDeletes())
	if err != nil {
		return k.fail("list", err)
	}
	defer func() { _ = w.Stop() }()
	for {
		select {
		case e, open := <-w.Updates():
			if !open {
				return k.fail("list", context.Cause(ctx))
			}
			if e == nil { // the end of what is stored
				return nil
			}
			key, err := unescape(e.Key())
			if err != nil {
				return k.fail("list", err)
			}
			if err := fn(Entry{Key: key, Value: e.Value(), Rev: e.Revision()}); err != nil {
				return err
			}
		case <-ctx.Done():
			return k.fail("list", ctx.Err())
		}
	}
}

func (k *Bucket) fail(what string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, jetstream.ErrKeyNotFound), errors.Is(err, jetstream.ErrKeyDeleted):
		err = ErrNotFound
	case errors.Is(err, jetstream.ErrKeyExists):
		err = ErrExists
	}
	return fmt.Errorf("bucket %s: %s: %w", k.name, what, err)
}

// conflict maps the server's answer to a failed compare-and-set.
func conflict(err error) error {
	var api *jetstream.APIError
	if errors.Is(err, jetstream.ErrKeyExists) ||
		errors.As(err, &api) && api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence {
		return ErrConflict
	}
	return err
}
