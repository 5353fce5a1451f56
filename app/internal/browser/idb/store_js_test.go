package idb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"syscall/js"
	"testing"

	"ferry/app/internal/browser/jsx"
	"ferry/app/internal/store"
	"ferry/app/internal/store/memory"
	"ferry/app/internal/store/storetest"
)

func TestIndexedDBKeepsTheContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T, name string) store.Store { return open(t, name) })
}

func open(t *testing.T, name string) *Store {
	t.Helper()
	s, err := Open(context.Background(), name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestTheKeyCannotBeReadOut(t *testing.T) {
	s := open(t, t.Name())
	if s.key.Get("extractable").Bool() {
		t.Error("the key is extractable")
	}
	_, err := jsx.Call(context.Background(), js.Global().Get("crypto").Get("subtle"), "exportKey", "raw", s.key)
	if jsx.Name(err) != "InvalidAccessError" {
		t.Errorf("export: %v", err)
	}
}

// raw reads all rows of a table as they are on disk.
func raw(t *testing.T, s *Store, table store.Table) (rows [][]byte, values [][]byte) {
	t.Helper()
	keys, vals, err := s.readRows(context.Background(), table, span{}, 0, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range vals {
		b, _ := bytesOf(v)
		values = append(values, b)
	}
	return keys, values
}

func put(t *testing.T, s *Store, table store.Table, key, value string) {
	t.Helper()
	var b store.Batch
	b.Put(table, key, []byte(value))
	if err := s.Commit(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
}

func TestNeitherTextNorContactIsLegibleOnDisk(t *testing.T) {
	s := open(t, t.Name())
	put(t, s, store.Messages, "t/4917012345@lid/00000001", "meet me at the quay")
	put(t, s, store.Meta, "devices/4917012345@lid", "4917012345@lid:3")
	rows, values := raw(t, s, store.Messages)
	moreRows, moreValues := raw(t, s, store.Meta)
	rows, values = append(rows, moreRows...), append(values, moreValues...)
	for _, b := range append(rows, values...) {
		if bytes.Contains(b, []byte("4917012345")) || bytes.Contains(b, []byte("quay")) {
			t.Errorf("legible: %q", b)
		}
	}
}

// overwrite puts octets into a row, past the store.
func overwrite(t *testing.T, s *Store, table store.Table, row, value []byte) {
	t.Helper()
	tx, err := s.begin("readwrite", string(table))
	if err != nil {
		t.Fatal(err)
	}
	tx.Call("objectStore", string(table)).Call("put", jsx.Uint8(value), jsx.Uint8(row))
	if err := s.finish(context.Background(), tx); err != nil {
		t.Fatal(err)
	}
}

func TestAChangedRecordDoesNotOpen(t *testing.T) {
	s := open(t, t.Name())
	put(t, s, store.Chats, "a", "one")
	rows, values := raw(t, s, store.Chats)
	values[0][len(values[0])-1] ^= 1
	overwrite(t, s, store.Chats, rows[0], values[0])
	if _, err := s.Get(context.Background(), store.Chats, "a"); !errors.Is(err, store.ErrTampered) {
		t.Errorf("get: %v", err)
	}
	if _, err := s.List(context.Background(), store.Chats, store.Range{}); !errors.Is(err, store.ErrTampered) {
		t.Errorf("list: %v", err)
	}
}

func TestARecordInAnotherRecordsPlaceDoesNotOpen(t *testing.T) {
	s := open(t, t.Name())
	put(t, s, store.Chats, "a", "one")
	put(t, s, store.Chats, "b", "two")
	put(t, s, store.Meta, "a", "three")
	rows, values := raw(t, s, store.Chats)
	overwrite(t, s, store.Chats, rows[0], values[1])
	if _, err := s.List(context.Background(), store.Chats, store.Range{}); !errors.Is(err, store.ErrTampered) {
		t.Errorf("swapped within a table: %v", err)
	}
	overwrite(t, s, store.Meta, s.names.row(store.Meta, "a"), values[0])
	if _, err := s.Get(context.Background(), store.Meta, "a"); !errors.Is(err, store.ErrTampered) {
		t.Errorf("moved to another table: %v", err)
	}
}

func TestARecordOfAnotherDatabaseDoesNotOpen(t *testing.T) {
	a := open(t, t.Name()+"-a")
	put(t, a, store.Meta, "k", "v")
	b := &Store{name: t.Name() + "-b", db: a.db, key: a.key, names: a.names, epoch: a.epoch}
	if _, err := b.Get(context.Background(), store.Meta, "k"); !errors.Is(err, store.ErrTampered) {
		t.Errorf("got %v", err)
	}
}

func TestADeletedDatabaseIsLostToItsOwner(t *testing.T) {
	s := open(t, t.Name())
	put(t, s, store.Meta, "k", "v")
	if err := Remove(context.Background(), t.Name()); err != nil {
		t.Fatal(err)
	}
	var b store.Batch
	b.Put(store.Meta, "k", []byte("w"))
	if err := s.Commit(context.Background(), &b); !errors.Is(err, store.ErrLost) {
		t.Errorf("commit: %v", err)
	}
	if _, err := s.Get(context.Background(), store.Meta, "k"); !errors.Is(err, store.ErrLost) {
		t.Errorf("get: %v", err)
	}
}

func TestRecordsWithoutTheirKeyAreNotTakenForAnEmptyStore(t *testing.T) {
	s := open(t, t.Name())
	put(t, s, store.Meta, "k", "v")
	tx, err := s.begin("readwrite", vault)
	if err != nil {
		t.Fatal(err)
	}
	tx.Call("objectStore", vault).Call("delete", "key")
	if err := s.finish(context.Background(), tx); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(context.Background(), t.Name()); !errors.Is(err, store.ErrTampered) {
		t.Errorf("open: %v", err)
	}
}

func TestTheEpochGrowsWithEachOwner(t *testing.T) {
	a := open(t, t.Name())
	b := open(t, t.Name())
	if b.Epoch() != a.Epoch()+1 {
		t.Errorf("%d after %d", b.Epoch(), a.Epoch())
	}
}

func TestAFullDiskIsSaidAndSpoilsNothing(t *testing.T) {
	buckets := js.Global().Get("navigator").Get("storageBuckets")
	bucket, err := jsx.Call(context.Background(), buckets, "open", "small", map[string]any{"quota": 5_000_000})
	if err != nil {
		t.Fatal(err)
	}
	s, err := openIn(context.Background(), bucket.Get("indexedDB"), t.Name())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	put(t, s, store.Meta, "k", "before")
	for i := 0; i < 20 && err == nil; i++ {
		var b store.Batch
		b.Put(store.Meta, "count", fmt.Append(nil, i))
		b.Put(store.Messages, fmt.Sprintf("c/%d", i), make([]byte, 2_000_000))
		if err = s.Commit(context.Background(), &b); err == nil {
			put(t, s, store.Meta, "k", fmt.Sprint(i))
		}
	}
	if !errors.Is(err, store.ErrFull) {
		t.Fatalf("commit: %v", err)
	}
	k, err1 := s.Get(context.Background(), store.Meta, "k")
	count, err2 := s.Get(context.Background(), store.Meta, "count")
	if err := errors.Join(err1, err2); err != nil || string(k) != string(count) {
		t.Errorf("a part of the failed batch is there: %q and %q, %v", k, count, err)
	}
	put(t, s, store.Meta, "k", "small")
}

func TestRangesAreThoseOfTheStoreInMemory(t *testing.T) {
	ctx := context.Background()
	rnd := rand.New(rand.NewPCG(1, 2))
	word := func() string {
		b := make([]byte, rnd.IntN(7))
		for i := range b {
			b[i] = "ab/0"[rnd.IntN(4)]
		}
		return string(b)
	}
	s, model := open(t, t.Name()), memory.NewDisk().Open()
	for _, table := range []store.Table{store.Messages, store.Outbox} {
		var b, same store.Batch
		for range 120 {
			key := word()
			b.Put(table, key, []byte(key))
			same.Put(table, key, []byte(key))
		}
		if err := errors.Join(s.Commit(ctx, &b), model.Commit(ctx, &same)); err != nil {
			t.Fatal(err)
		}
		for range 60 {
			r := store.Range{From: word(), To: word(), Limit: rnd.IntN(5), Reverse: rnd.IntN(2) == 0}
			if rnd.IntN(3) == 0 {
				limit, reverse := r.Limit, r.Reverse
				r = store.Prefix(word())
				r.Limit, r.Reverse = limit, reverse
			}
			got, err1 := s.List(ctx, table, r)
			want, err2 := model.List(ctx, table, r)
			if err := errors.Join(err1, err2); err != nil {
				t.Fatal(err)
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("%s %+v: %v, want %v", table, r, got, want)
			}
		}
	}
}

func TestADatabaseMadeBeforeATableExistedGetsIt(t *testing.T) {
	ctx := context.Background()
	var req js.Value
	older := js.FuncOf(func(js.Value, []js.Value) any {
		db := req.Get("result")
		db.Call("createObjectStore", vault)
		for _, table := range store.Tables()[:8] {
			db.Call("createObjectStore", string(table))
		}
		return nil
	})
	defer older.Release()
	req = js.Global().Get("indexedDB").Call("open", t.Name(), 1)
	req.Set("onupgradeneeded", older)
	db, err := settled(ctx, req)
	if err != nil {
		t.Fatal(err)
	}
	first := &Store{name: t.Name(), db: db}
	first.watch() // as a core of an older build that still runs: it gives way
	key, err := jsx.Call(ctx, js.Global().Get("crypto").Get("subtle"), "generateKey",
		map[string]any{"name": "AES-GCM", "length": 256}, false, []any{"encrypt", "decrypt"})
	if err := errors.Join(err, first.vaultPut(ctx, "key", key), first.unlock(ctx)); err != nil {
		t.Fatal(err)
	}
	put(t, first, store.Messages, "k", "kept")
	s := open(t, t.Name())
	put(t, s, store.Search, "k", "new")
	for table, want := range map[store.Table]string{store.Messages: "kept", store.Search: "new"} {
		if v, err := s.Get(ctx, table, "k"); err != nil || string(v) != want {
			t.Errorf("%s holds %q, %v", table, v, err)
		}
	}
	var b store.Batch
	b.Put(store.Meta, "k", []byte("stale"))
	if err := first.Commit(ctx, &b); !errors.Is(err, store.ErrLost) {
		t.Errorf("the older build's commit gives %v", err)
	}
}

func TestManyKeysOpenOnlyInTheirOwnPlaces(t *testing.T) {
	s := open(t, t.Name())
	put(t, s, store.Chats, "a", "one")
	put(t, s, store.Chats, "b", "two")
	rows, values := raw(t, s, store.Chats)
	overwrite(t, s, store.Chats, rows[0], values[1])
	if got, err := s.GetMany(context.Background(), store.Chats, []string{"a", "b", "c"}); !errors.Is(err, store.ErrTampered) {
		t.Errorf("got %q, %v", got, err)
	}
}

func BenchmarkGet(b *testing.B) { benchmarkGet(b, false) }

func BenchmarkGetMany(b *testing.B) { benchmarkGet(b, true) }

// benchmarkGet reads 100 records of 300 bytes an operation.
func benchmarkGet(b *testing.B, together bool) {
	ctx := context.Background()
	s, err := Open(ctx, b.Name())
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	var batch store.Batch
	keys := make([]string, 100)
	for i := range keys {
		keys[i] = fmt.Sprintf("t/chat/%04d", i)
		batch.Put(store.Messages, keys[i], make([]byte, 300))
	}
	if err := s.Commit(ctx, &batch); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if together {
			_, err = s.GetMany(ctx, store.Messages, keys)
		}
		for i := 0; !together && err == nil && i < len(keys); i++ {
			_, err = s.Get(ctx, store.Messages, keys[i])
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}
