package bus

import (
	"context"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
)

// FollowBelow is Follow for all topics below a prefix that ends with a dot, in
// the one order in which their records were stored.
func (l *Log) FollowBelow(ctx context.Context, prefix string, fn func(Record) error) error {
	subject, err := l.below(prefix)
	if err != nil {
		return l.fail("follow", err)
	}
	return l.follow(ctx, subject, fn)
}

// CountBelow returns how many records each topic below a prefix holds; topics
// without any are left out.
func (l *Log) CountBelow(ctx context.Context, prefix string) (map[string]uint64, error) {
	subject, err := l.below(prefix)
	if err != nil {
		return nil, l.fail("count", err)
	}
	info, err := l.stream.Info(ctx, jetstream.WithSubjectFilter(subject))
	if err != nil {
		return nil, l.fail("count", err)
	}
	counts := make(map[string]uint64, len(info.State.Subjects))
	for subject, n := range info.State.Subjects {
		topic, err := unescape(strings.TrimPrefix(subject, l.name+"."))
		if err != nil {
			return nil, l.fail("count", err)
		}
		counts[topic] = n
	}
	return counts, nil
}

// PurgeBelow is Purge for the topics below a prefix.
func (l *Log) PurgeBelow(ctx context.Context, prefix string) error {
	subject, err := l.below(prefix)
	if err != nil {
		return l.fail("purge", err)
	}
	return l.fail("purge", l.bus.remove(ctx, l.stream, l.age, subject, 0))
}

func (l *Log) below(prefix string) (string, error) {
	topic, ok := strings.CutSuffix(prefix, ".")
	if !ok {
		return "", fmt.Errorf("prefix %q: %w", prefix, ErrBadKey)
	}
	subject, err := l.subject(topic)
	return subject + ".>", err
}
