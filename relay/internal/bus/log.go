package bus

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// LogOptions of a new log.
type LogOptions struct {
	MaxAge time.Duration // records vanish after it; 0: never
}

// Record is an entry of a log.
type Record struct {
	Seq   uint64 // unique in the log, growing
	Topic string
	Data  []byte
	Time  time.Time // when it was stored

	// Pending is how many records were waiting behind this one when it was
	// handed out by Follow or FollowBelow.
	Pending uint64
}

// Log is an ordered set of records under topics. Safe for concurrent use.
type Log struct {
	name   string
	bus    *Bus
	age    time.Duration
	js     jetstream.JetStream
	stream jetstream.Stream
}

// dedupWindow is how long Append recognises a repeated dedupID.
const dedupWindow = 2 * time.Minute

// Log opens a log, making it if needed. Names are [A-Za-z0-9_-]+.
func (b *Bus) Log(ctx context.Context, name string, opts LogOptions) (*Log, error) {
	window := dedupWindow
	if opts.MaxAge > 0 {
		window = min(window, opts.MaxAge)
	}
	s, err := b.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name:        name,
		Subjects:    []string{name + ".>"},
		Storage:     jetstream.FileStorage,
		MaxAge:      opts.MaxAge,
		Duplicates:  window,
		AllowDirect: true,
		Replicas:    b.cfg.Replicas,
	})
	if err != nil {
		return nil, fmt.Errorf("log %s: %w", name, err)
	}
	return &Log{name: name, bus: b, age: opts.MaxAge, js: b.js, stream: s}, nil
}

// Append stores a record; it is on disk when Append returns. A dedupID that
// was used within two minutes stores nothing and returns the first one's Seq;
// an empty one is never recognised.
func (l *Log) Append(ctx context.Context, topic string, data []byte, dedupID string) (uint64, error) {
	subject, err := l.subject(topic)
	if err != nil {
		return 0, l.fail("append", err)
	}
	var opts []jetstream.PublishOpt
	if dedupID != "" {
		opts = append(opts, jetstream.WithMsgID(dedupID))
	}
	ack, err := l.js.Publish(ctx, subject, data, opts...)
	if err != nil {
		return 0, l.fail("append", err)
	}
	return ack.Sequence, nil
}

// Follow calls fn for each stored record of a topic, oldest first, then for
// new ones as they come, one call at a time: a slow fn holds the rest back.
// It returns fn's error as it is, or the context's.
func (l *Log) Follow(ctx context.Context, topic string, fn func(Record) error) error {
	subject, err := l.subject(topic)
	if err != nil {
		return l.fail("follow", err)
	}
	return l.follow(ctx, subject, fn)
}

func (l *Log) follow(ctx context.Context, subject string, fn func(Record) error) error {
	c, err := l.stream.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{
		FilterSubjects:    []string{subject},
		DeliverPolicy:     jetstream.DeliverAllPolicy,
		InactiveThreshold: time.Minute,
	})
	if err != nil {
		return l.fail("follow", err)
	}
	defer l.forget(ctx, c)
	// Records wait in memory while fn is slow: few, and not many bytes either.
	msgs, err := c.Messages(jetstream.PullMaxMessagesWithBytesLimit(64, 2*maxRecord))
	if err != nil {
		return l.fail("follow", err)
	}
	stop := context.AfterFunc(ctx, msgs.Stop)
	defer msgs.Stop()
	defer stop()
	for {
		m, err := msgs.Next()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return l.fail("follow", err)
		}
		meta, err := m.Metadata()
		if err != nil {
			return l.fail("follow", err)
		}
		topic, err := unescape(strings.TrimPrefix(m.Subject(), l.name+"."))
		if err != nil {
			return l.fail("follow", err)
		}
		if err := fn(Record{meta.Sequence.Stream, topic, m.Data(), meta.Timestamp, meta.NumPending}); err != nil {
			return err
		}
	}
}

// forget removes the server's side of a follower at once, not a minute later.
func (l *Log) forget(ctx context.Context, c jetstream.Consumer) {
	info := c.CachedInfo()
	if info == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), forgetTimeout)
	defer cancel()
	_ = l.stream.DeleteConsumer(ctx, info.Name) // or it expires by itself
}

const forgetTimeout = 2 * time.Second

// Count returns how many records a topic holds.
func (l *Log) Count(ctx context.Context, topic string) (uint64, error) {
	subject, err := l.subject(topic)
	if err != nil {
		return 0, l.fail("count", err)
	}
	info, err := l.stream.Info(ctx, jetstream.WithSubjectFilter(subject))
	if err != nil {
		return 0, l.fail("count", err)
	}
	return info.State.Subjects[subject], nil
}

// Delete removes a record; one that is gone already is no error. After a crash it
// may be there again.
func (l *Log) Delete(ctx context.Context, seq uint64) error {
	err := l.stream.DeleteMsg(ctx, seq)
	if err == nil {
		return nil
	}
	// The client keeps of the server's refusal only its text: look instead.
	if _, get := l.stream.GetMsg(ctx, seq); errors.Is(get, jetstream.ErrMsgNotFound) {
		return nil
	}
	return l.fail("delete", err)
}

// Purge removes all records of a topic for good, also if the server crashes.
func (l *Log) Purge(ctx context.Context, topic string) error {
	subject, err := l.subject(topic)
	if err != nil {
		return l.fail("purge", err)
	}
	return l.fail("purge", l.bus.remove(ctx, l.stream, l.age, subject, 0))
}

func (l *Log) subject(topic string) (string, error) {
	esc, err := escape(topic)
	return l.name + "." + esc, err
}

func (l *Log) fail(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("log %s: %s: %w", l.name, what, err)
}
