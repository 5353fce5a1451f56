package bus

import (
	"errors"
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
