package media

import (
	"bytes"
	"crypto/sha256"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"ferry/relay/internal/bus"
	"ferry/relay/internal/clocktest"
	"ferry/relay/internal/limit"
)

type world struct {
	*clocktest.Clock
	*Host
	t   testing.TB
	bus *bus.Bus
}

func open(t testing.TB, change func(*limit.Limits)) *world {
	t.Helper()
	b, err := bus.Open(t.Context(), bus.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	w := &world{t: t, bus: b, Clock: clocktest.New()}
	w.Host = w.node(change)
	return w
}

// node is a further host over the same state.
func (w *world) node(change func(*limit.Limits)) *Host {
	w.t.Helper()
	l := limit.Default()
	if change != nil {
		change(&l)
	}
	h, err := Open(w.t.Context(), Config{Bus: w.bus, Limits: l, Now: w.Now})
	if err != nil {
		w.t.Fatal(err)
	}
	return h
}

// content is n bytes that are the same for the same seed, with their hash.
func content(seed byte, n int) ([]byte, [32]byte) {
	out := make([]byte, n)
	_, _ = io.ReadFull(rand.NewChaCha8([32]byte{seed}), out)
	return out, sha256.Sum256(out)
}

// whole is a body that is there already.
type whole struct{ *bytes.Reader }

func (whole) SetReadDeadline(time.Time) error { return nil }

func body(b []byte) Body { return whole{bytes.NewReader(b)} }

func (w *world) begin(account string, data []byte) Status {
	w.t.Helper()
	s, _, err := w.Begin(w.t.Context(), account, int64(len(data)), sha256.Sum256(data))
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// put sends bytes of data from an offset on.
func (w *world) put(account, token string, data []byte, from, to int) (Status, error) {
	return w.Append(w.t.Context(), account, token, Part{int64(from), int64(to), int64(len(data))}, body(data[from:to]))
}

// send uploads all of it.
func (w *world) send(account string, data []byte) Status {
	w.t.Helper()
	s := w.begin(account, data)
	if s.Done {
		return s
	}
	s, err := w.put(account, s.Token, data, int(s.Offset), len(data))
	if err != nil || !s.Done {
		w.t.Fatalf("upload: %+v, %v", s, err)
	}
	return s
}

func (w *world) get(token string) ([]byte, error) {
	w.t.Helper()
	f, err := w.Open(w.t.Context(), "", token)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// stored is how many blocks there are.
func (w *world) stored() uint64 {
	w.t.Helper()
	_, n, err := w.blobs.Stored(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}
