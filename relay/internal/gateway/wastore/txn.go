package wastore

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
)

const (
	// journalKey holds the batch that is being written, as JSON; absent otherwise.
	journalKey = "journal"
	// maxJournal bounds a journal record in bytes: below the one-megabyte message of a common bus. A larger
	// batch (hundreds of very long sessions) is written without the journal, one record after the other.
	maxJournal = 700 << 10
)

// change is one record of a batch: a value, or a deletion when Value is nil.
type change struct {
	Key   string `json:"k"`
	Value []byte `json:"v"`
}

// txn collects the writes of one transaction; reads see them first. It belongs to one goroutine.
type txn struct {
	writes map[string][]byte // nil value: deleted
	order  []string
}

func (t *txn) set(key string, value []byte) {
	if _, ok := t.writes[key]; !ok {
		t.order = append(t.order, key)
	}
	t.writes[key] = value
}

type txnKey struct{ c *Container }

func (c *Container) running(ctx context.Context) *txn {
	t, _ := ctx.Value(txnKey{c}).(*txn)
	return t
}

// get returns a copy of a record, nil if there is none.
func (c *Container) get(ctx context.Context, key string) []byte {
	if t := c.running(ctx); t != nil {
		if v, ok := t.writes[key]; ok {
			return slices.Clone(v)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.records[key])
}

// list returns the records under a prefix, as a transaction sees them.
func (c *Container) list(ctx context.Context, prefix string) map[string][]byte {
	out := make(map[string][]byte)
	c.mu.Lock()
	for k, v := range c.records {
		if strings.HasPrefix(k, prefix) {
			out[k] = slices.Clone(v)
		}
	}
	c.mu.Unlock()
	if t := c.running(ctx); t != nil {
		for k, v := range t.writes {
			switch {
			case !strings.HasPrefix(k, prefix):
			case v == nil:
				delete(out, k)
			default:
				out[k] = slices.Clone(v)
			}
		}
	}
	return out
}

// put stores a record; within a transaction, at its end.
func (c *Container) put(ctx context.Context, key string, value []byte) error {
	if value == nil {
		value = []byte{}
	}
	return c.write(ctx, key, slices.Clone(value))
}

func (c *Container) del(ctx context.Context, key string) error { return c.write(ctx, key, nil) }

func (c *Container) write(ctx context.Context, key string, value []byte) error {
	if t := c.running(ctx); t != nil {
		t.set(key, value)
		return nil
	}
	c.writeMu.Lock()
	defer c.writeMu.Unlock()
	return c.apply(ctx, []change{{key, value}})
}

// batch runs fn so that all its writes are committed together, or none if fn fails. A batch inside a batch
// joins it.
func (c *Container) batch(ctx context.Context, fn func(ctx context.Context) error) error {
	if c.running(ctx) != nil {
		return fn(ctx)
	}
	t := &txn{writes: make(map[string][]byte)}
	if err := fn(context.WithValue(ctx, txnKey{c}, t)); err != nil {
		return err
	}
	changes := make([]change, len(t.order))
	for i, k := range t.order {
		changes[i] = change{k, t.writes[k]}
	}
	c.writeMu.Lock()
	defer c.writeMu.Unlock()
	return c.apply(ctx, changes)
}

// apply writes changes through. Once it has begun it ignores cancellation: half a batch would be worse than
// a late one. The caller holds writeMu.
func (c *Container) apply(ctx context.Context, changes []change) error {
	ctx = context.WithoutCancel(ctx)
	changes = slices.DeleteFunc(changes, c.isStored)
	if len(changes) == 0 {
		return nil
	}
	if c.broken != nil {
		return c.broken
	}
	journalled := false
	if len(changes) > 1 {
		record, err := json.Marshal(changes)
		if err != nil {
			return kvError("encode", journalKey, err)
		}
		if journalled = len(record) <= maxJournal; journalled {
			if err := c.kv.Put(ctx, c.prefix+journalKey, record); err != nil {
				return kvError("write", journalKey, err)
			}
		}
	}
	if err := c.writeAll(ctx, changes); err != nil {
		if journalled {
			// The journal is committed and will be replayed by the next Open: from here on memory and store
			// may differ, so nothing more is written by this container.
			c.broken = errors.Join(ErrBroken, err)
		}
		return err
	}
	if journalled {
		if err := c.kv.Delete(ctx, c.prefix+journalKey); err != nil {
			c.broken = errors.Join(ErrBroken, err)
			return kvError("delete", journalKey, err)
		}
	}
	return nil
}

func (c *Container) writeAll(ctx context.Context, changes []change) error {
	for _, ch := range changes {
		var err error
		if ch.Value == nil {
			err = c.kv.Delete(ctx, c.prefix+ch.Key)
		} else {
			err = c.kv.Put(ctx, c.prefix+ch.Key, ch.Value)
		}
		if err != nil {
			return kvError("write", ch.Key, err)
		}
		c.mu.Lock()
		if ch.Value == nil {
			delete(c.records, ch.Key)
		} else {
			c.records[ch.Key] = ch.Value
		}
		c.mu.Unlock()
	}
	return nil
}

// isStored says that a change changes nothing: whatsmeow writes the same identity with every message.
func (c *Container) isStored(ch change) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	old, ok := c.records[ch.Key]
	if ch.Value == nil {
		return !ok
	}
	return ok && bytes.Equal(old, ch.Value)
}

// replay finishes the batch that a crash interrupted.
func (c *Container) replay(ctx context.Context) error {
	record, ok := c.records[journalKey]
	if !ok {
		return nil
	}
	delete(c.records, journalKey)
	var changes []change
	if err := json.Unmarshal(record, &changes); err != nil {
		return kvError("decode", journalKey, err)
	}
	if err := c.writeAll(ctx, changes); err != nil {
		return err
	}
	if err := c.kv.Delete(ctx, c.prefix+journalKey); err != nil {
		return kvError("delete", journalKey, err)
	}
	return nil
}
