// Package bus is the one engine for server state: NATS JetStream, embedded in
// the process or an external cluster. It offers key-value buckets with
// compare-and-set, durable logs, blobs, and core subjects for wake-ups; nothing
// else in the module imports nats.
package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Outcomes that a caller can act on; all are wrapped with the key or topic.
var (
	ErrNotFound = errors.New("not found")
	ErrExists   = errors.New("exists already")
	ErrConflict = errors.New("changed by someone else")
	ErrBadKey   = errors.New("unusable key")
)

// Config says where the state is. Exactly one of Dir and URL is set.
type Config struct {
	Dir      string       // embedded server: folder of its files
	URL      string       // external cluster: "nats://host:4222", credentials included
	Replicas int          // copies of each bucket and log in a cluster; 0 means 1
	Log      *slog.Logger // nil: discarded
}

// Bus is a connection to the state. Safe for concurrent use.
type Bus struct {
	cfg Config
	srv *server.Server // nil for an external cluster
	nc  *nats.Conn
	js  jetstream.JetStream

	mu     sync.Mutex
	more   []*nats.Conn // for blobs
	graves []byte       // key of their hashes; nil until needed
	open   bool
}

const startTimeout = 20 * time.Second

// Open starts the embedded server, or connects to the external one.
func Open(ctx context.Context, cfg Config) (*Bus, error) {
	if (cfg.Dir == "") == (cfg.URL == "") {
		return nil, errors.New("bus: want either a folder or a URL")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	cfg.Replicas = max(cfg.Replicas, 1)
	b := &Bus{cfg: cfg}
	if err := b.connect(ctx); err != nil {
		b.Close()
		return nil, fmt.Errorf("bus: %w", err)
	}
	return b, nil
}

func (b *Bus) connect(ctx context.Context) error {
	clean := false
	if b.cfg.URL == "" {
		var err error
		if clean, err = opens(b.cfg.Dir); err != nil {
			return err
		}
		srv, err := startEmbedded(b.cfg.Dir)
		if err != nil {
			return err
		}
		b.srv = srv
	}
	nc, err := b.dial()
	if err != nil {
		return err
	}
	b.nc = nc
	if b.js, err = jetstream.New(nc, jetstream.WithPublishAsyncMaxPending(256)); err != nil {
		return fmt.Errorf("jetstream: %w", err)
	}
	if _, err := b.js.AccountInfo(ctx); err != nil {
		return fmt.Errorf("jetstream: %w", err)
	}
	if !clean {
		if err := b.mend(ctx); err != nil {
			return err
		}
	}
	b.open = true
	return nil
}

// dial opens a connection to the server.
func (b *Bus) dial() (*nats.Conn, error) {
	opts := []nats.Option{
		nats.Name("ferry"),
		nats.MaxReconnects(-1),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			b.cfg.Log.Warn("bus error", "error", err)
		}),
	}
	if b.srv != nil {
		opts = append(opts, nats.InProcessServer(b.srv))
	}
	nc, err := nats.Connect(b.cfg.URL, opts...)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	return nc, nil
}

// startEmbedded runs a server that listens on no port and fsyncs before it acks.
func startEmbedded(dir string) (*server.Server, error) {
	srv, err := server.NewServer(&server.Options{
		ServerName:         "ferry",
		DontListen:         true,
		JetStream:          true,
		StoreDir:           dir,
		SyncAlways:         true,
		NoLog:              true,
		NoSigs:             true,
		MaxPayload:         maxRecord,
		JetStreamMaxMemory: 256 << 20,
		JetStreamMaxStore:  1 << 40,
	})
	if err != nil {
		return nil, fmt.Errorf("embedded server: %w", err)
	}
	go srv.Start()
	if !srv.ReadyForConnections(startTimeout) {
		srv.Shutdown()
		return nil, errors.New("embedded server did not start in time (is another process using its folder?)")
	}
	return srv, nil
}

// maxRecord bounds one value or record, in bytes.
const maxRecord = 8 << 20

// Close ends the connection and the embedded server. What was appended or put
// before is on disk.
func (b *Bus) Close() {
	b.mu.Lock()
	for _, nc := range b.more {
		nc.Close()
	}
	b.mu.Unlock()
	if b.nc != nil {
		b.nc.Close()
	}
	if b.srv != nil {
		b.srv.Shutdown()
		b.srv.WaitForShutdown()
		if b.open {
			closes(b.cfg.Dir)
		}
	}
}

// Ready reports whether the state can be reached.
func (b *Bus) Ready(ctx context.Context) error {
	if _, err := b.js.AccountInfo(ctx); err != nil {
		return fmt.Errorf("bus: %w", err)
	}
	return nil
}

// Publish tells all current subscribers on all nodes; nothing is stored.
func (b *Bus) Publish(subject string, data []byte) error {
	if err := b.nc.Publish(subject, data); err != nil {
		return fmt.Errorf("publish %s: %w", subject, err)
	}
	return nil
}

// Subscribe calls fn, one call at a time, for what is published from now on.
// It returns once the subscription is in force.
func (b *Bus) Subscribe(subject string, fn func(data []byte)) (cancel func(), err error) {
	sub, err := b.nc.Subscribe(subject, func(m *nats.Msg) { fn(m.Data) })
	if err != nil {
		return nil, fmt.Errorf("subscribe %s: %w", subject, err)
	}
	if err := b.nc.FlushTimeout(startTimeout); err != nil {
		return nil, fmt.Errorf("subscribe %s: %w", subject, err)
	}
	return func() { _ = sub.Unsubscribe() }, nil
}
