package wastore

import (
	"context"
	"errors"

	"ferry/relay/internal/bus"
)

type bucket struct{ b *bus.Bucket }

// OnBucket is a KV in a bucket of the bus.
func OnBucket(b *bus.Bucket) KV { return bucket{b} }

func (k bucket) Get(ctx context.Context, key string) ([]byte, bool, error) {
	e, err := k.b.Get(ctx, key)
	if errors.Is(err, bus.ErrNotFound) {
		return nil, false, nil
	}
	return e.Value, err == nil, err
}

func (k bucket) Put(ctx context.Context, key string, value []byte) error {
	_, err := k.b.Put(ctx, key, value)
	return err
}

func (k bucket) Delete(ctx context.Context, key string) error { return k.b.Delete(ctx, key, 0) }

func (k bucket) List(ctx context.Context, prefix string) (map[string][]byte, error) {
	entries, err := k.b.List(ctx, prefix)
	if err != nil {
		return nil, err
	}
	out := make(map[string][]byte, len(entries))
	for _, e := range entries {
		out[e.Key] = e.Value
	}
	return out, nil
}
