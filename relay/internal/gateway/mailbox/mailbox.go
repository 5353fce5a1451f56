// Package mailbox keeps what waits for each device: a durable queue over one
// log. An item is on disk before Put returns, stays until Remove, and is handed
// out in the order in which it came, also after a restart. Nothing waits longer
// than MaxAge.
package mailbox

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"ferry/relay/internal/bus"
	"ferry/relay/wire"
)

// MaxAge is how long an item waits for its device.
const MaxAge = 30 * 24 * time.Hour

// DefaultLimit is how many items may wait for one device. At the limit a new
// item is refused with ErrFull: what came first is kept, and without holes.
const DefaultLimit = 50_000

// ErrFull: as many items wait for the device as may.
var ErrFull = errors.New("mailbox: full")

// Kind of a waiting stanza. Clients are told how many of each there are before
// they get them.
type Kind byte

// The kinds.
const (
	Message      Kind = 'm'
	Receipt      Kind = 'r'
	Notification Kind = 'n'
	Call         Kind = 'c'
)

// Item is one waiting stanza.
type Item struct {
	Seq    uint64 // names it for Remove
	Kind   Kind
	Stanza []byte
	Time   time.Time // when it was stored
	// Pending is how many items were waiting behind this one.
	Pending uint64
}

// Counts is what waits, by kind.
type Counts struct {
	Message, Receipt, Notification, Call uint64
}

// Total is the sum of all kinds.
func (c Counts) Total() uint64 { return c.Message + c.Receipt + c.Notification + c.Call }

// Options of Open.
type Options struct {
	Limit int // items per device; 0: DefaultLimit
}

// Boxes are the mailboxes of all devices. Safe for concurrent use.
type Boxes struct {
	log   *bus.Log
	limit uint64

	mu     sync.Mutex
	counts map[string]uint64 // items put since the count was last taken, and that count
}

// maxCounts bounds the devices whose fill is remembered; beyond it everything
// is forgotten and counted anew.
const maxCounts = 10_000

// Open opens the mailboxes, making the log if needed.
func Open(ctx context.Context, b *bus.Bus, opt Options) (*Boxes, error) {
	l, err := b.Log(ctx, "gw-mail", bus.LogOptions{MaxAge: MaxAge})
	if err != nil {
		return nil, fmt.Errorf("mailbox: %w", err)
	}
	limit := uint64(DefaultLimit)
	if opt.Limit > 0 {
		limit = uint64(opt.Limit)
	}
	return &Boxes{log: l, limit: limit, counts: make(map[string]uint64)}, nil
}

// prefix is where a device's mail lies. dev is canonical.
func prefix(dev wire.JID) string {
	if dev.Server == wire.ServerInterop {
		return fmt.Sprintf("i.%d.%s.%d.", dev.Integrator, dev.User, dev.Device)
	}
	return fmt.Sprintf("l.%s.%d.", dev.User, dev.Device)
}

// Put stores a stanza for a device. dedup, if not empty, names this delivery:
// within two minutes the same name is stored once.
func (b *Boxes) Put(ctx context.Context, dev wire.JID, kind Kind, stanza []byte, dedup string) error {
	p := prefix(dev)
	if err := b.room(ctx, p); err != nil {
		return err
	}
	if _, err := b.log.Append(ctx, p+string(kind), stanza, dedup); err != nil {
		return fmt.Errorf("mailbox: put: %w", err)
	}
	return nil
}

// room counts one more item against the limit. The count is an upper bound, and
// taken anew when it reaches the limit.
func (b *Boxes) room(ctx context.Context, p string) error {
	b.mu.Lock()
	n, known := b.counts[p]
	if known && n < b.limit {
		b.counts[p] = n + 1
		b.mu.Unlock()
		return nil
	}
	b.mu.Unlock()
	c, err := b.count(ctx, p)
	if err != nil {
		return err
	}
	if c.Total() >= b.limit {
		return ErrFull
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.counts) >= maxCounts {
		clear(b.counts)
	}
	b.counts[p] = c.Total() + 1
	return nil
}

// Count returns what waits for a device.
func (b *Boxes) Count(ctx context.Context, dev wire.JID) (Counts, error) {
	return b.count(ctx, prefix(dev))
}

func (b *Boxes) count(ctx context.Context, p string) (Counts, error) {
	topics, err := b.log.CountBelow(ctx, p)
	if err != nil {
		return Counts{}, fmt.Errorf("mailbox: count: %w", err)
	}
	return Counts{
		Message:      topics[p+string(Message)],
		Receipt:      topics[p+string(Receipt)],
		Notification: topics[p+string(Notification)],
		Call:         topics[p+string(Call)],
	}, nil
}

// Follow calls fn with everything that waits for a device, oldest first, and
// then with what comes, one call at a time. Items stay until they are removed. It
// returns fn's error as it is, or the context's.
func (b *Boxes) Follow(ctx context.Context, dev wire.JID, fn func(Item) error) error {
	return b.log.FollowBelow(ctx, prefix(dev), func(r bus.Record) error {
		kind := Message
		if i := strings.LastIndexByte(r.Topic, '.'); i+1 < len(r.Topic) {
			kind = Kind(r.Topic[i+1])
		}
		return fn(Item{Seq: r.Seq, Kind: kind, Stanza: r.Data, Time: r.Time, Pending: r.Pending})
	})
}

// Remove forgets an item that the device has acknowledged. Removing it twice is
// no error.
func (b *Boxes) Remove(ctx context.Context, seq uint64) error {
	if err := b.log.Delete(ctx, seq); err != nil {
		return fmt.Errorf("mailbox: remove: %w", err)
	}
	return nil
}

// Drop forgets everything that waits for a device that is gone.
func (b *Boxes) Drop(ctx context.Context, dev wire.JID) error {
	p := prefix(dev)
	b.mu.Lock()
	delete(b.counts, p)
	b.mu.Unlock()
	if err := b.log.PurgeBelow(ctx, p); err != nil {
		return fmt.Errorf("mailbox: drop: %w", err)
	}
	return nil
}

// DropAccount is Drop for all devices of an account, also those that it had before.
func (b *Boxes) DropAccount(ctx context.Context, account wire.JID) error {
	p := strings.TrimSuffix(prefix(account.Bare()), "0.")
	if err := b.log.PurgeBelow(ctx, p); err != nil {
		return fmt.Errorf("mailbox: drop: %w", err)
	}
	return nil
}

// Empty forgets everything that waits for anybody.
func (b *Boxes) Empty(ctx context.Context) error {
	b.mu.Lock()
	clear(b.counts)
	b.mu.Unlock()
	for _, p := range []string{"i.", "l."} { // as prefix has them
		if err := b.log.PurgeBelow(ctx, p); err != nil {
			return fmt.Errorf("mailbox: empty: %w", err)
		}
	}
	return nil
}
