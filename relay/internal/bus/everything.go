package bus

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
)

// Everything calls fn for all that is stored, in every bucket, log and set of
// blobs, the marks of deleted keys included, whose data is empty. It is for
// audits: that nothing of a person is left. It returns fn's error as it is. Bytes
// of deleted entries may stay in the files until JetStream rewrites the block that
// they are in; nothing reads them again.
func (b *Bus) Everything(ctx context.Context, fn func(stream, key string, data []byte) error) error {
	streams := b.js.ListStreams(ctx)
	var names []string
	for info := range streams.Info() {
		names = append(names, info.Config.Name)
	}
	if err := streams.Err(); err != nil {
		return fmt.Errorf("everything: %w", err)
	}
	for _, name := range names {
		if err := b.eachOf(ctx, name, fn); err != nil {
			return err
		}
	}
	return nil
}

func (b *Bus) eachOf(ctx context.Context, name string, fn func(stream, key string, data []byte) error) error {
	s, err := b.js.Stream(ctx, name)
	if err != nil {
		return fmt.Errorf("everything: %s: %w", name, err)
	}
	for seq := uint64(1); ; seq++ {
		m, err := s.GetMsg(ctx, seq, jetstream.WithGetMsgSubject(">")) // the next one from there
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("everything: %s: %w", name, err)
		}
		seq = m.Sequence
		key := m.Subject
		if bucket, ok := strings.CutPrefix(name, "KV_"); ok {
			if plain, err := unescape(strings.TrimPrefix(key, "$KV."+bucket+".")); err == nil {
				key = plain
			}
		}
		if err := fn(name, key, m.Data); err != nil {
			return err
		}
	}
}
