package bus

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func open(t *testing.T, dir string) *Bus {
	t.Helper()
	b, err := Open(t.Context(), Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

func TestOpenWantsOnePlace(t *testing.T) {
	for _, cfg := range []Config{{}, {Dir: "a", URL: "b"}} {
		if _, err := Open(t.Context(), cfg); err == nil {
			t.Errorf("Open(%+v) succeeded", cfg)
		}
	}
}

func TestBucketComparesAndSets(t *testing.T) {
	k, err := open(t, t.TempDir()).Bucket(t.Context(), "things", BucketOptions{})
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	const key = "phone.+49 151@s.whatsapp.net:2"
	if _, err := k.Get(ctx, key); !errors.Is(err, ErrNotFound) {
		t.Fatalf("get of nothing: %v", err)
	}
	rev, err := k.Create(ctx, key, []byte("one"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Create(ctx, key, []byte("two")); !errors.Is(err, ErrExists) {
		t.Fatalf("second create: %v", err)
	}
	if _, err := k.Update(ctx, key, []byte("two"), rev+7); !errors.Is(err, ErrConflict) {
		t.Fatalf("update of another revision: %v", err)
	}
	next, err := k.Update(ctx, key, []byte("two"), rev)
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Delete(ctx, key, rev); !errors.Is(err, ErrConflict) {
		t.Fatalf("delete of an old revision: %v", err)
	}
	e, err := k.Get(ctx, key)
	if err != nil || string(e.Value) != "two" || e.Rev != next || e.Key != key {
		t.Fatalf("get: %+v, %v", e, err)
	}
	if err := k.Delete(ctx, key, next); err != nil {
		t.Fatal(err)
	}
	if err := k.Delete(ctx, key, 0); err != nil {
		t.Fatalf("delete of nothing: %v", err)
	}
	if _, err := k.Create(ctx, key, []byte("three")); err != nil {
		t.Fatalf("create after delete: %v", err)
	}
}

func TestOnlyOneOfManyDeletesWins(t *testing.T) {
	k, err := open(t, t.TempDir()).Bucket(t.Context(), "once", BucketOptions{})
	if err != nil {
		t.Fatal(err)
	}
	rev, err := k.Create(t.Context(), "last", []byte("key"))
	if err != nil {
		t.Fatal(err)
	}
	var wins atomic.Int32
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			switch err := k.Delete(t.Context(), "last", rev); {
			case err == nil:
				wins.Add(1)
			case !errors.Is(err, ErrConflict):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if wins.Load() != 1 {
		t.Fatalf("%d deletes won", wins.Load())
	}
}

func TestListTakesOneLevel(t *testing.T) {
	k, err := open(t, t.TempDir()).Bucket(t.Context(), "tree", BucketOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"dev.1.a", "dev.1.b", "dev.10.a", "x"} {
		if _, err := k.Put(t.Context(), key, []byte(key)); err != nil {
			t.Fatal(err)
		}
	}
	if err := k.Delete(t.Context(), "dev.1.b", 0); err != nil {
		t.Fatal(err)
	}
	for prefix, want := range map[string][]string{"": {"dev.1.a", "dev.10.a", "x"}, "dev.1.": {"dev.1.a"}, "none.": nil} {
		es, err := k.List(t.Context(), prefix)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range es {
			got = append(got, e.Key)
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("list %q: %q, want %q", prefix, got, want)
		}
	}
	if _, err := k.List(t.Context(), "dev"); !errors.Is(err, ErrBadKey) {
		t.Errorf("list of half a level: %v", err)
	}
}

func TestLogKeepsOrderOverARestart(t *testing.T) {
	dir := t.TempDir()
	b, err := Open(t.Context(), Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	l, err := b.Log(t.Context(), "mail", LogOptions{MaxAge: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	var seqs []uint64
	for i := range 20 {
		seq, err := l.Append(t.Context(), "a.1", fmt.Append(nil, i), "")
		if err != nil {
			t.Fatal(err)
		}
		seqs = append(seqs, seq)
		if _, err := l.Append(t.Context(), "a.2", []byte("other"), ""); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Delete(t.Context(), seqs[3]); err != nil {
		t.Fatal(err)
	}
	if err := l.Delete(t.Context(), seqs[3]); err != nil {
		t.Fatalf("second delete: %v", err)
	}
	b.Close()

	l, err = open(t, dir).Log(t.Context(), "mail", LogOptions{MaxAge: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := l.Count(t.Context(), "a.1"); n != 19 || err != nil {
		t.Fatalf("count %d, %v", n, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	enough := errors.New("enough")
	want := 0
	err = l.Follow(ctx, "a.1", func(r Record) error {
		if want == 3 {
			want++
		}
		if !bytes.Equal(r.Data, fmt.Append(nil, want)) || r.Seq != seqs[min(want, 19)] && want < 20 {
			return fmt.Errorf("got %s at %d, want %d", r.Data, r.Seq, want)
		}
		if want++; want == 20 { // all that was stored: what comes live follows
			if _, err := l.Append(ctx, "a.1", []byte("20"), ""); err != nil {
				return err
			}
		}
		if want == 21 {
			return enough
		}
		return nil
	})
	if err != enough {
		t.Fatal(err)
	}
	if err := l.Purge(t.Context(), "a.1"); err != nil {
		t.Fatal(err)
	}
	if n, _ := l.Count(t.Context(), "a.1"); n != 0 {
		t.Fatalf("%d left after a purge", n)
	}
	if n, _ := l.Count(t.Context(), "a.2"); n != 20 {
		t.Fatalf("a purge of one topic left %d of another", n)
	}
}

func TestAppendWithTheSameIDStoresOnce(t *testing.T) {
	l, err := open(t, t.TempDir()).Log(t.Context(), "mail", LogOptions{})
	if err != nil {
		t.Fatal(err)
	}
	a, err := l.Append(t.Context(), "x", []byte("1"), "id")
	if err != nil {
		t.Fatal(err)
	}
	b, err := l.Append(t.Context(), "x", []byte("1"), "id")
	if err != nil || a != b {
		t.Fatalf("%d then %d, %v", a, b, err)
	}
	if n, _ := l.Count(t.Context(), "x"); n != 1 {
		t.Fatalf("%d stored", n)
	}
}

func TestSubscribeIsInForceWhenItReturns(t *testing.T) {
	b := open(t, t.TempDir())
	got := make(chan string, 1)
	cancel, err := b.Subscribe("wake.1", func(d []byte) { got <- string(d) })
	if err != nil {
		t.Fatal(err)
	}
	defer cancel()
	if err := b.Publish("wake.1", []byte("up")); err != nil {
		t.Fatal(err)
	}
	if s := <-got; s != "up" {
		t.Fatal(s)
	}
}

func FuzzEscape(f *testing.F) {
	f.Add("dev.1.+49")
	f.Add("a=b")
	f.Fuzz(func(t *testing.T, key string) {
		esc, err := escape(key)
		if err != nil {
			return
		}
		for i := range len(esc) {
			if !plain(esc[i]) && esc[i] != '=' {
				t.Fatalf("%q escapes to %q", key, esc)
			}
		}
		if back, err := unescape(esc); err != nil || back != key {
			t.Fatalf("%q came back as %q, %v", key, back, err)
		}
	})
}
