package bus

import (
	"errors"
	"maps"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
)

func TestWhatIsErasedHasLeftNoMark(t *testing.T) {
	b, err := Open(t.Context(), Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	k, err := b.Bucket(t.Context(), "people", BucketOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"canary.one", "canary.two", "canary.gone", "other"} {
		if _, err := k.Create(t.Context(), key, []byte("secret of "+key)); err != nil {
			t.Fatal(err)
		}
	}
	if err := k.Delete(t.Context(), "canary.gone", 0); err != nil {
		t.Fatal(err)
	}
	if n := subjects(t, b); n != 4 {
		t.Fatalf("%d keys and marks before", n)
	}
	for _, key := range []string{"canary.one", "canary.two", "canary.gone", "canary.never", "canary.one"} {
		if err := k.Erase(t.Context(), key); err != nil {
			t.Fatalf("%s: %v", key, err)
		}
	}
	if n := subjects(t, b); n != 1 {
		t.Errorf("%d keys and marks are left, want the one that was not erased", n)
	}
	if _, err := k.Get(t.Context(), "canary.one"); !errors.Is(err, ErrNotFound) {
		t.Errorf("it is there: %v", err)
	}
	if e, err := k.Get(t.Context(), "other"); err != nil || string(e.Value) != "secret of other" {
		t.Errorf("%s %v", e.Value, err)
	}
	if _, err := k.Create(t.Context(), "canary.two", []byte("new")); err != nil {
		t.Errorf("the key cannot be used again: %v", err)
	}
}

func TestErasingByPatternAndByRevisionTakesNothingElse(t *testing.T) {
	b, err := Open(t.Context(), Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	k, err := b.Bucket(t.Context(), "people", BucketOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"p.a b.7.anna", "p.c.7.anna", "p.c.7.bert", "p.c.8.anna", "p.c.d.7.anna"} {
		if _, err := k.Put(t.Context(), key, nil); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := k.CountLike(t.Context(), "p.*.7.anna"); err != nil || n != 2 {
		t.Errorf("%d, %v", n, err)
	}
	if err := k.EraseLike(t.Context(), "p.*.7.anna"); err != nil {
		t.Fatal(err)
	}
	if n := subjects(t, b); n != 3 {
		t.Errorf("%d keys are left", n)
	}
	old, err := k.Put(t.Context(), "index", []byte("old"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Put(t.Context(), "index", []byte("new")); err != nil {
		t.Fatal(err)
	}
	if err := k.EraseAt(t.Context(), "index", old); err != nil {
		t.Fatal(err)
	}
	e, err := k.Get(t.Context(), "index")
	if err != nil || string(e.Value) != "new" {
		t.Fatalf("%q %v", e.Value, err)
	}
	if err := k.EraseAt(t.Context(), "index", e.Rev); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Get(t.Context(), "index"); !errors.Is(err, ErrNotFound) {
		t.Errorf("it is there: %v", err)
	}
}

func subjects(t *testing.T, b *Bus) int {
	t.Helper()
	s, err := b.js.Stream(t.Context(), "KV_people")
	if err != nil {
		t.Fatal(err)
	}
	info, err := s.Info(t.Context(), jetstream.WithSubjectFilter(">"))
	if err != nil {
		t.Fatal(err)
	}
	return len(info.State.Subjects)
}

func TestEverythingIsEveryKeyMarkRecordAndBlock(t *testing.T) {
	b, err := Open(t.Context(), Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	k, errBucket := b.Bucket(t.Context(), "people", BucketOptions{})
	l, errLog := b.Log(t.Context(), "mail", LogOptions{})
	if errBucket != nil || errLog != nil {
		t.Fatal(errBucket, errLog)
	}
	for _, key := range []string{"a.one", "a.two ö", "b.one"} {
		if _, err := k.Put(t.Context(), key, []byte("value")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := l.Append(t.Context(), "anna", []byte("letter"), ""); err != nil {
		t.Fatal(err)
	}
	if err := k.Delete(t.Context(), "a.one", 0); err != nil {
		t.Fatal(err)
	}
	all := func() map[string]string { // but for the notes of what was removed, which name nothing
		found := map[string]string{}
		err := b.Everything(t.Context(), func(stream, key string, data []byte) error {
			if stream != graveStream {
				found[stream+" "+key] = string(data)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	if got, want := all(), map[string]string{"KV_people a.one": "", "KV_people a.two ö": "value", "KV_people b.one": "value", "mail mail.anna": "letter"}; !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if err := k.EraseAll(t.Context(), "a."); err != nil {
		t.Fatal(err)
	}
	if got, want := all(), map[string]string{"KV_people b.one": "value", "mail mail.anna": "letter"}; !maps.Equal(got, want) {
		t.Errorf("after erasing a level: %v, want %v", got, want)
	}
	if err := k.EraseAll(t.Context(), "b"); !errors.Is(err, ErrBadKey) {
		t.Errorf("a prefix that is no level: %v", err)
	}
}
