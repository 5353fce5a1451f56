package bus

import (
	"context"
	"fmt"
	"strings"
)

// Erase removes an entry and its key for good, also the mark that Delete leaves.
// It is for what people ask to have deleted; nobody who watches is told. Erasing
// what is not there, or was deleted before, is no error. The bytes on disk go when
// JetStream next rewrites the block that they are in.
func (k *Bucket) Erase(ctx context.Context, key string) error {
	esc, err := escape(key)
	if err != nil {
		return k.fail("erase", err)
	}
	return k.erase(ctx, esc, 0)
}

// EraseAll is Erase for everything below a prefix that ends with a dot.
func (k *Bucket) EraseAll(ctx context.Context, prefix string) error {
	esc, err := escape(strings.TrimSuffix(prefix, "."))
	if err != nil || !strings.HasSuffix(prefix, ".") {
		return k.fail("erase", fmt.Errorf("prefix %q: %w", prefix, ErrBadKey))
	}
	return k.erase(ctx, esc+".>", 0)
}

// EraseLike is Erase for all keys of a pattern, in which a level "*" is any one
// level, e.g. "pair.*.anna".
func (k *Bucket) EraseLike(ctx context.Context, pattern string) error {
	filter, err := like(pattern)
	if err != nil {
		return k.fail("erase", err)
	}
	return k.erase(ctx, filter, 0)
}

// CountLike returns how many entries have a key of a pattern, as EraseLike has it.
func (k *Bucket) CountLike(ctx context.Context, pattern string) (n int, err error) {
	filter, err := like(pattern)
	if err == nil {
		err = k.each(ctx, filter, func(Entry) error { n++; return nil })
	}
	return n, err
}

func like(pattern string) (string, error) {
	levels := strings.Split(pattern, ".")
	for i, level := range levels {
		if level == "*" {
			continue
		}
		esc, err := escape(level)
		if err != nil {
			return "", fmt.Errorf("pattern %q: %w", pattern, err)
		}
		levels[i] = esc
	}
	return strings.Join(levels, "."), nil
}

// EraseAt is Erase for an entry whose revision is still rev: what was written there
// since stays.
func (k *Bucket) EraseAt(ctx context.Context, key string, rev uint64) error {
	esc, err := escape(key)
	if err != nil {
		return k.fail("erase", err)
	}
	return k.erase(ctx, esc, rev)
}

// erase removes what is under a filter, up to a revision; 0: all.
func (k *Bucket) erase(ctx context.Context, filter string, rev uint64) error {
	stream, err := k.js.Stream(ctx, "KV_"+k.name)
	if err != nil {
		return k.fail("erase", err)
	}
	return k.fail("erase", k.bus.remove(ctx, stream, k.ttl, fmt.Sprintf("$KV.%s.%s", k.name, filter), rev))
}
