package bus

import (
	"context"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
)

// Erase removes an entry and its key, also the mark that Delete leaves for a while.
// It is for what people ask to have deleted; nobody who watches is told. Erasing
// what is not there, or was deleted before, is no error. The bytes on disk go when
// JetStream next rewrites the block that they are in.
func (k *Bucket) Erase(ctx context.Context, key string) error {
	esc, err := escape(key)
	if err != nil {
		return k.fail("erase", err)
	}
	return k.erase(ctx, esc)
}

// EraseAll is Erase for everything below a prefix that ends with a dot.
func (k *Bucket) EraseAll(ctx context.Context, prefix string) error {
	esc, err := escape(strings.TrimSuffix(prefix, "."))
	if err != nil || !strings.HasSuffix(prefix, ".") {
		return k.fail("erase", fmt.Errorf("prefix %q: %w", prefix, ErrBadKey))
	}
	return k.erase(ctx, esc+".>")
}

func (k *Bucket) erase(ctx context.Context, filter string) error {
	stream, err := k.js.Stream(ctx, "KV_"+k.name)
	if err != nil {
		return k.fail("erase", err)
	}
	return k.fail("erase", stream.Purge(ctx, jetstream.WithPurgeSubject(fmt.Sprintf("$KV.%s.%s", k.name, filter))))
}
