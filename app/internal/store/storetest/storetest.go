// Package storetest is the conformance suite of package store. Every
// implementation runs it, the browser's inside a browser: it uses no files, no
// clock and no goroutines.
package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"ferry/app/internal/store"
)

// Open opens the store called name. The same name again gives the same data
// to a new owner, with the earlier owner still open or closed; other names are
// other data. It fails the test where it cannot.
type Open func(t *testing.T, name string) store.Store

// Run puts an implementation through the contract.
func Run(t *testing.T, open Open) {
	tests := []struct {
		name string
		run  func(*testing.T, store.Store, func() store.Store)
	}{
		{"a missing record is nil and no error", missing},
		{"a committed record is read back and owned by the reader", readBack},
		{"all tables are there and apart", tables},
		{"a batch is applied whole", whole},
		{"the last change of a key wins", lastWins},
		{"a large batch keeps the last change of each key", largeBatch},
		{"an empty batch is fine", empty},
		{"many keys are read in their order, missing ones as nil", many},
		{"keys list bytewise in both directions", order},
		{"ranges include From and exclude To, with limits", ranges},
		{"a prefix covers its keys and no others", prefixes},
		{"keys may be any text, the empty one too", oddKeys},
		{"values may be empty, and several megabytes", sizes},
		{"what was committed is there after a reopen", reopen},
		{"a new owner fences the old one, which writes nothing", fenced},
		{"an ended context commits nothing", ended},
		{"a closed store is lost", closed},
	}
	for i, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			name := fmt.Sprintf("storetest-%d", i)
			c.run(t, open(t, name), func() store.Store { return open(t, name) })
		})
	}
}

func missing(t *testing.T, s store.Store, _ func() store.Store) {
	if v := get(t, s, store.Meta, "nothing"); v != nil {
		t.Errorf("got %q", v)
	}
	if rs := list(t, s, store.Meta, store.Range{}); len(rs) != 0 {
		t.Errorf("a fresh store lists %v", rs)
	}
}

func readBack(t *testing.T, s store.Store, _ func() store.Store) {
	put(t, s, store.Meta, "k", "value")
	v := get(t, s, store.Meta, "k")
	if string(v) != "value" {
		t.Fatalf("got %q", v)
	}
	clear(v)
	r := list(t, s, store.Meta, store.Range{})
	if len(r) != 1 || string(r[0].Value) != "value" || r[0].Table != store.Meta || r[0].Key != "k" {
		t.Fatalf("listed %v after the reader wrote into its copy", r)
	}
	clear(r[0].Value)
	if v := get(t, s, store.Meta, "k"); string(v) != "value" {
		t.Errorf("got %q after the reader wrote into its copy", v)
	}
}

func tables(t *testing.T, s store.Store, _ func() store.Store) {
	var b store.Batch
	for _, tab := range store.Tables() {
		b.Put(tab, "k", []byte(tab))
	}
	commit(t, s, &b)
	for _, tab := range store.Tables() {
		if v := get(t, s, tab, "k"); string(v) != string(tab) {
			t.Errorf("%s holds %q", tab, v)
		}
		if rs := list(t, s, tab, store.Range{}); len(rs) != 1 {
			t.Errorf("%s lists %d records", tab, len(rs))
		}
	}
}

func whole(t *testing.T, s store.Store, _ func() store.Store) {
	put(t, s, store.Outbox, "old", "1")
	var b store.Batch
	b.Delete(store.Outbox, "old")
	b.Delete(store.Outbox, "never there")
	b.Put(store.Messages, "m", []byte("2"))
	b.Put(store.Sessions, "s", []byte("3"))
	commit(t, s, &b)
	if v := get(t, s, store.Outbox, "old"); v != nil {
		t.Errorf("the deleted record is still %q", v)
	}
	if string(get(t, s, store.Messages, "m")) != "2" || string(get(t, s, store.Sessions, "s")) != "3" {
		t.Error("a part of the batch is missing")
	}
}

func lastWins(t *testing.T, s store.Store, _ func() store.Store) {
	var b store.Batch
	b.Put(store.Meta, "a", []byte("1"))
	b.Put(store.Meta, "a", []byte("2"))
	b.Put(store.Meta, "b", []byte("1"))
	b.Delete(store.Meta, "b")
	b.Delete(store.Meta, "c")
	b.Put(store.Meta, "c", []byte("1"))
	commit(t, s, &b)
	want(t, list(t, s, store.Meta, store.Range{}), "a", "c")
	if v := get(t, s, store.Meta, "a"); string(v) != "2" {
		t.Errorf("a is %q", v)
	}
}

func largeBatch(t *testing.T, s store.Store, _ func() store.Store) {
	var b store.Batch
	for i := range 1000 {
		key := fmt.Sprint(i % 200)
		if b.Put(store.Inbox, key, fmt.Append(nil, i)); i%3 == 0 {
			b.Delete(store.Inbox, key)
		}
	}
	commit(t, s, &b)
	for k := range 200 {
		last := 800 + k
		v := string(get(t, s, store.Inbox, fmt.Sprint(k)))
		if want := fmt.Sprint(last); last%3 != 0 && v != want || last%3 == 0 && v != "" {
			t.Fatalf("%d holds %q after change %d", k, v, last)
		}
	}
}

func empty(t *testing.T, s store.Store, _ func() store.Store) { commit(t, s, &store.Batch{}) }

func many(t *testing.T, s store.Store, _ func() store.Store) {
	var keys []string
	var b store.Batch
	for i := range 300 {
		key := fmt.Sprint("ключ ", (i*7)%300)
		if keys = append(keys, key); i%3 != 0 {
			b.Put(store.Inbox, key, []byte("of "+key))
		}
	}
	b.Put(store.Inbox, "empty", []byte{})
	keys = append(keys, "empty", keys[1], keys[0])
	commit(t, s, &b)
	values, err := store.GetMany(t.Context(), s, store.Inbox, keys)
	if err != nil || len(values) != len(keys) {
		t.Fatalf("%d values for %d keys, %v", len(values), len(keys), err)
	}
	for i, v := range values {
		if want := get(t, s, store.Inbox, keys[i]); !bytes.Equal(v, want) || (v == nil) != (want == nil) {
			t.Errorf("%q is %q, want %q", keys[i], v, want)
		}
	}
	if values, err := store.GetMany(t.Context(), s, store.Inbox, nil); err != nil || len(values) != 0 {
		t.Errorf("no keys give %q, %v", values, err)
	}
}

func order(t *testing.T, s store.Store, _ func() store.Store) {
	keys := []string{"b", "a", "ab", "a\x00", "B", "10", "9", "é", "zz", "\U0001F600", "\uFFFD"}
	for _, k := range keys {
		put(t, s, store.Messages, k, "v")
	}
	slices.Sort(keys)
	want(t, list(t, s, store.Messages, store.Range{}), keys...)
	slices.Reverse(keys)
	want(t, list(t, s, store.Messages, store.Range{Reverse: true}), keys...)
}

func ranges(t *testing.T, s store.Store, _ func() store.Store) {
	for _, k := range []string{"a", "b", "c", "d", "e"} {
		put(t, s, store.Messages, k, "v"+k)
	}
	for _, c := range []struct {
		r    store.Range
		want string
	}{
		{store.Range{From: "b", To: "d"}, "bc"},
		{store.Range{From: "b", To: "d", Reverse: true}, "cb"},
		{store.Range{From: "bb"}, "cde"},
		{store.Range{To: "bb"}, "ab"},
		{store.Range{To: "bb", Reverse: true}, "ba"},
		{store.Range{Limit: 2}, "ab"},
		{store.Range{Limit: 2, Reverse: true}, "ed"},
		{store.Range{From: "b", To: "z", Limit: 9}, "bcde"},
		{store.Range{From: "b", To: "z", Limit: 3, Reverse: true}, "edc"},
		{store.Range{From: "d", To: "b"}, ""},
		{store.Range{From: "c", To: "c"}, ""},
		{store.Range{From: "x"}, ""},
		{store.Range{To: "A", Reverse: true}, ""},
	} {
		var got strings.Builder
		for _, r := range list(t, s, store.Messages, c.r) {
			got.WriteString(r.Key)
			if string(r.Value) != "v"+r.Key {
				t.Errorf("%s holds %q", r.Key, r.Value)
			}
		}
		if got.String() != c.want {
			t.Errorf("%+v lists %q, want %q", c.r, got.String(), c.want)
		}
	}
}

func prefixes(t *testing.T, s store.Store, _ func() store.Store) {
	for _, k := range []string{"ab", "ab/1", "ab/2", "ab0", "ac", "a", "ab/\U0010FFFF"} {
		put(t, s, store.Chats, k, "v")
	}
	want(t, list(t, s, store.Chats, store.Prefix("ab/")), "ab/1", "ab/2", "ab/\U0010FFFF")
	want(t, list(t, s, store.Chats, store.Prefix("x")))
}

func oddKeys(t *testing.T, s store.Store, _ func() store.Store) {
	keys := []string{"", "\x00", " ", "a\nb", "ключ", "鍵", "\U0001F511", "49151@lid:2/3EB0", strings.Repeat("k", 1000)}
	for _, k := range keys {
		put(t, s, store.Meta, k, "of "+k)
	}
	for _, k := range keys {
		if v := get(t, s, store.Meta, k); string(v) != "of "+k {
			t.Errorf("%q holds %q", k, v)
		}
	}
	slices.Sort(keys)
	want(t, list(t, s, store.Meta, store.Range{}), keys...)
}

func sizes(t *testing.T, s store.Store, _ func() store.Store) {
	big := bytes.Repeat([]byte("0123456789abcdef"), 3<<20/16)
	var b store.Batch
	b.Put(store.Sessions, "big", big)
	b.Put(store.Sessions, "empty", []byte{})
	commit(t, s, &b)
	if v := get(t, s, store.Sessions, "big"); !bytes.Equal(v, big) {
		t.Errorf("3 MiB came back as %d bytes", len(v))
	}
	if v := get(t, s, store.Sessions, "empty"); v == nil || len(v) != 0 {
		t.Errorf("an empty value came back as %v: it must differ from a missing one", v)
	}
}

func reopen(t *testing.T, s store.Store, again func() store.Store) {
	put(t, s, store.Identity, "k", "v")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = again()
	if v := get(t, s, store.Identity, "k"); string(v) != "v" {
		t.Errorf("got %q", v)
	}
	put(t, s, store.Identity, "k", "w")
}

func fenced(t *testing.T, s store.Store, again func() store.Store) {
	put(t, s, store.Meta, "k", "old")
	newer := again()
	var b store.Batch
	b.Put(store.Meta, "k", []byte("stale"))
	b.Put(store.Meta, "other", []byte("stale"))
	if err := s.Commit(t.Context(), &b); !errors.Is(err, store.ErrFenced) {
		t.Errorf("the old owner's commit gives %v", err)
	}
	if v := get(t, newer, store.Meta, "k"); string(v) != "old" {
		t.Errorf("the old owner wrote %q", v)
	}
	if v := get(t, newer, store.Meta, "other"); v != nil {
		t.Errorf("the old owner wrote %q", v)
	}
	put(t, newer, store.Meta, "k", "new")
	if err := s.Commit(t.Context(), &b); !errors.Is(err, store.ErrFenced) {
		t.Errorf("the old owner's second commit gives %v", err)
	}
}

func ended(t *testing.T, s store.Store, _ func() store.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var b store.Batch
	b.Put(store.Meta, "k", []byte("v"))
	if err := s.Commit(ctx, &b); !errors.Is(err, context.Canceled) {
		t.Errorf("commit gives %v", err)
	}
	if v := get(t, s, store.Meta, "k"); v != nil {
		t.Errorf("wrote %q", v)
	}
}

func closed(t *testing.T, s store.Store, _ func() store.Store) {
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	var b store.Batch
	b.Put(store.Meta, "k", []byte("v"))
	if err := s.Commit(t.Context(), &b); !errors.Is(err, store.ErrLost) {
		t.Errorf("commit after close gives %v", err)
	}
	if _, err := s.Get(t.Context(), store.Meta, "k"); !errors.Is(err, store.ErrLost) {
		t.Errorf("get after close gives %v", err)
	}
}

func put(t *testing.T, s store.Store, tab store.Table, key, value string) {
	t.Helper()
	var b store.Batch
	b.Put(tab, key, []byte(value))
	commit(t, s, &b)
}

func commit(t *testing.T, s store.Store, b *store.Batch) {
	t.Helper()
	if err := s.Commit(t.Context(), b); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, s store.Store, tab store.Table, key string) []byte {
	t.Helper()
	v, err := s.Get(t.Context(), tab, key)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func list(t *testing.T, s store.Store, tab store.Table, r store.Range) []store.Record {
	t.Helper()
	rs, err := s.List(t.Context(), tab, r)
	if err != nil {
		t.Fatal(err)
	}
	return rs
}

func want(t *testing.T, rs []store.Record, keys ...string) {
	t.Helper()
	got := make([]string, 0, len(rs))
	for _, r := range rs {
		got = append(got, r.Key)
	}
	if !slices.Equal(got, keys) {
		t.Errorf("listed %q, want %q", got, keys)
	}
}
