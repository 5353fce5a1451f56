// Package store is the contract of the local store: typed tables of byte
// records, read singly or in order, and changed only in atomic, durable
// batches. One conformance suite, storetest, runs on every implementation.
package store

import (
	"context"
	"errors"
)

// Table names a kind of record. The set is closed: an implementation may
// create all of them when it opens.
type Table string

// Tables returns all tables, in a fixed order.
func Tables() []Table {
	return []Table{Meta, Identity, Sessions, PreKeys, Chats, Messages, Outbox, Inbox, Search}
}

const (
	Meta     Table = "meta"     // settings, self, enlistment, counters
	Identity Table = "identity" // own key pairs and peers' identity keys
	Sessions Table = "sessions" // Signal session records by device address
	PreKeys  Table = "prekeys"  // own one-time and signed prekeys
	Chats    Table = "chats"    // chat list rows
	Messages Table = "messages" // thread entries, keyed to sort by chat and order
	Outbox   Table = "outbox"   // stanzas owed to the gateway, ciphertext included, in order
	Inbox    Table = "inbox"    // ids of incoming messages already taken in
	Search   Table = "search"   // what is searched: folded texts of messages, in segments
)

// Errors that every implementation returns, wrapped with context.
var (
	// ErrFenced: a newer owner opened the store; nothing was written.
	ErrFenced = errors.New("store: a newer owner has taken over")
	// ErrLost: the data is gone or the store closed under us (evicted, wiped).
	ErrLost = errors.New("store: lost")
	// ErrFull: no room; nothing was written.
	ErrFull = errors.New("store: full")
	// ErrTampered: a record does not open under its key, or sits in the wrong place.
	ErrTampered = errors.New("store: record does not open")
)

// Record is a value with its place. Keys sort bytewise.
type Record struct {
	Table Table
	Key   string
	Value []byte
}

// Range is a stretch of keys in one table.
type Range struct {
	From    string // inclusive; "" for the start
	To      string // exclusive; "" for the end
	Limit   int    // 0 for no limit
	Reverse bool   // from the end of the stretch
}

// Prefix is the range of all keys that start with p.
func Prefix(p string) Range {
	end := []byte(p)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i] < 0xff {
			end[i]++
			return Range{From: p, To: string(end[:i+1])}
		}
	}
	return Range{From: p}
}

// Store keeps records. Opening one makes the caller its owner: an earlier
// owner's commits fail with ErrFenced from then on, checked in the same
// transaction as the write. Safe for use by one goroutine at a time.
type Store interface {
	// Get returns the value of a record, nil if there is none. The caller owns it.
	Get(ctx context.Context, t Table, key string) ([]byte, error)
	// List returns the records of a range in key order.
	List(ctx context.Context, t Table, r Range) ([]Record, error)
	// Commit applies all of the batch or nothing, and returns once it is durable.
	// After an error the caller must assume either, and read again.
	Commit(ctx context.Context, b *Batch) error
	Close() error
}

// Many is implemented by stores that read many records faster together than
// one by one.
type Many interface {
	// GetMany returns the values of keys, in their order, nil where there is
	// no record. The caller owns them.
	GetMany(ctx context.Context, t Table, keys []string) ([][]byte, error)
}

// GetMany reads many records in the fastest way that the store has.
func GetMany(ctx context.Context, s Store, t Table, keys []string) ([][]byte, error) {
	if m, ok := s.(Many); ok {
		return m.GetMany(ctx, t, keys)
	}
	values := make([][]byte, len(keys))
	for i, key := range keys {
		var err error
		if values[i], err = s.Get(ctx, t, key); err != nil {
			return nil, err
		}
	}
	return values, nil
}
