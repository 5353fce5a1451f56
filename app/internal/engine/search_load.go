package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"ferry/app/internal/search"
	"ferry/app/internal/store"
)

// loadFinder reads the index. One that cannot be read is dropped, and made anew
// from the messages: it says nothing that they do not.
func loadFinder(ctx context.Context, s store.Store, top uint64) (finder, error) {
	f, err := readFinder(ctx, s, top)
	if !errors.Is(err, errNoIndex) {
		return f, err
	}
	keys, err := indexKeys(ctx, s)
	if err != nil {
		return f, err
	}
	f = newFinder(top)
	var b store.Batch
	for _, key := range keys {
		b.Delete(store.Search, key)
	}
	f.stored = true
	b.Put(store.Search, findDirKey, marshal(f.dir))
	if err := s.Commit(ctx, &b); err != nil {
		return f, fmt.Errorf("drop the search index: %w", err)
	}
	return f, nil
}

// errNoIndex: records of the index open, but make no sense.
var errNoIndex = errors.New("the search index cannot be read")

// newFinder is an index that has nothing of what is stored up to an Order.
func newFinder(top uint64) finder {
	f := finder{changed: map[uint64]search.Entry{}, loaded: map[uint64]*loadedSegment{}}
	if top > 0 {
		f.dir.Low, f.dir.Top = top+1, top+1
	}
	return f
}

// indexKeys lists the records of the index, but for its directory.
func indexKeys(ctx context.Context, s store.Store) (keys []string, err error) {
	for r := (store.Range{Limit: 50}); ; {
		rs, err := s.List(ctx, store.Search, r)
		if err != nil {
			return nil, err
		}
		for _, rec := range rs {
			if rec.Key != findDirKey {
				keys = append(keys, rec.Key)
			}
		}
		if len(rs) < r.Limit {
			return keys, nil
		}
		r.From = rs[len(rs)-1].Key + "\x00"
	}
}

func readFinder(ctx context.Context, s store.Store, top uint64) (finder, error) {
	f := newFinder(top) // a store from before there was a search has no directory
	b, err := s.Get(ctx, store.Search, findDirKey)
	switch {
	case err != nil:
		return f, err
	case b != nil:
		f.stored, f.dir = true, findDir{}
		if err := json.Unmarshal(b, &f.dir); err != nil || !inOrder(f.dir.Segments) {
			return f, errNoIndex
		}
	}
	rs, err := s.List(ctx, store.Search, store.Prefix(journalPrefix))
	if err != nil {
		return f, err
	}
	for _, r := range rs {
		entries, err := parseEntries(r.Value)
		if err != nil {
			return f, err
		}
		f.journals = append(f.journals, stretchOf(entries))
		f.open = append(f.open, entries...)
	}
	if !inOrder(f.journals) {
		return f, errNoIndex
	}
	rs, err = s.List(ctx, store.Search, store.Prefix(changedPrefix))
	if err != nil {
		return f, err
	}
	for _, r := range rs {
		entries, err := parseEntries(r.Value)
		if err != nil {
			return f, err
		}
		var e search.Entry
		if len(entries) == 1 {
			e = entries[0]
		} else if _, err := fmt.Sscanf(strings.TrimPrefix(r.Key, changedPrefix), "%x", &e.Order); err != nil {
			return f, errNoIndex
		}
		f.changed[e.Order] = e
	}
	return f, nil
}

// inOrder tells whether stretches follow each other, as they are written.
func inOrder(all []findSegment) bool {
	last := uint64(0)
	for _, s := range all {
		if s.First <= last || s.Last < s.First {
			return false
		}
		last = s.Last
	}
	return true
}

// remake drops an index of which a record cannot be read, and begins to make
// it anew.
func (e *Engine) remake(t *turn) error {
	keys, err := indexKeys(e.ctx, e.store)
	if err != nil {
		return err
	}
	for _, r := range t.batch.Puts {
		if r.Table == store.Search {
			keys = append(keys, r.Key)
		}
	}
	for _, key := range keys {
		t.delete(store.Search, key)
	}
	filling := e.find.dir.Low != 0
	e.find, t.indexed = newFinder(e.count.order), nil
	e.find.putDir(t)
	if !filling {
		t.then(e.startFilling)
	}
	return nil
}

func parseEntries(b []byte) ([]search.Entry, error) {
	s, err := search.ParseSegment(b)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNoIndex, err)
	}
	return s.Entries(), nil
}
