package media

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"ferry/relay/internal/limit"
)

// slowly is a body that the test feeds.
func slowly(t testing.TB) (Body, net.Conn) {
	ours, theirs := net.Pipe()
	t.Cleanup(func() { _, _ = ours.Close(), theirs.Close() })
	return ours, theirs
}

// underWay is a part of anna's that is a whole file, which the test feeds: ended
// tells how it ends.
func (w *world) underWay(token string, size int64) (feed net.Conn, ended <-chan error) {
	in, out := slowly(w.t)
	end := make(chan error, 1)
	go func() {
		_, err := w.Append(context.WithoutCancel(w.t.Context()), "anna", token, Part{0, size, size}, in)
		end <- err
	}()
	return out, end
}

func TestABodyThatStopsIsEndedAndCounts(t *testing.T) {
	w := open(t, func(l *limit.Limits) { l.MediaSlow = 100 * time.Millisecond })
	data, _ := content(1, 200_000)
	s := w.begin("anna", data)
	in, out := slowly(t)
	go func() { _, _ = out.Write(data[:70_000]) }()
	st, err := w.Append(t.Context(), "anna", s.Token, Part{0, 200_000, 200_000}, in)
	if !errors.Is(err, ErrTooSlow) || st.Offset != 70_000 {
		t.Fatalf("%+v, %v", st, err)
	}
	if st, err = w.put("anna", s.Token, data, 70_000, 200_000); err != nil || !st.Done {
		t.Fatalf("%+v, %v", st, err)
	}
}

func TestASecondPartAtOnceTakesOverWhereTheFirstStopped(t *testing.T) {
	w := open(t, nil)
	data, _ := content(1, 200_000)
	for name, second := range map[string]func(token string) (Status, error){
		"another part": func(token string) (Status, error) { return w.put("anna", token, data, 0, 100_000) },
		"a beginning": func(string) (Status, error) {
			s, _, err := w.Begin(t.Context(), "anna", 200_000, sha256.Sum256(data))
			return s, err
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := w.begin("anna", data)
			out, first := w.underWay(s.Token, 200_000)
			if _, err := out.Write(data[:window+1000]); err != nil { // returns once the writer has taken it
				t.Fatal(err)
			}
			st, err := second(s.Token)
			if st.Offset != window+1000 || err != nil && !errors.As(err, new(*OffsetError)) {
				t.Fatalf("second: %+v, %v", st, err)
			}
			if err := <-first; !errors.As(err, new(*OffsetError)) {
				t.Fatalf("first: %v", err)
			}
			if st, err = w.put("anna", s.Token, data, int(st.Offset), len(data)); err != nil || !st.Done {
				t.Fatalf("rest: %+v, %v", st, err)
			}
			if got, err := w.get(s.Token); err != nil || !bytes.Equal(got, data) {
				t.Fatalf("%v", err)
			}
			if err := w.Remove(t.Context(), "anna", s.Token); err != nil {
				t.Fatal(err)
			}
		})
	}
	if n := w.stored(); n != 0 {
		t.Errorf("%d blocks stay", n)
	}
}

func TestTwoNodesAtOneUploadDoNotMixTheirBytes(t *testing.T) {
	w := open(t, nil)
	other := &world{t: t, bus: w.bus, Clock: w.Clock, Host: w.node(nil)}
	data, _ := content(1, 200_000)
	wrong, _ := content(2, 200_000)
	s := w.begin("anna", data)
	out, first := w.underWay(s.Token, 200_000)
	if _, err := out.Write(wrong[:1000]); err != nil {
		t.Fatal(err)
	}
	if st, err := other.put("anna", s.Token, data, 0, 150_000); err != nil || st.Offset != 150_000 {
		t.Fatalf("%+v, %v", st, err)
	}
	if _, err := out.Write(wrong[1000:]); err != nil {
		t.Fatal(err)
	}
	_ = out.Close()
	if err := <-first; !errors.As(err, new(*OffsetError)) {
		t.Fatalf("the one that was overtaken: %v", err)
	}
	if st, err := w.put("anna", s.Token, data, 150_000, 200_000); err != nil || !st.Done {
		t.Fatalf("%+v, %v", st, err)
	}
	if got, err := other.get(s.Token); err != nil || !bytes.Equal(got, data) {
		t.Fatalf("%v", err)
	}
	if n := w.stored(); n != 2 {
		t.Errorf("%d blocks, want one of each part that counts", n)
	}
}

func TestManyAtOnceAtOneUploadNeverCorruptIt(t *testing.T) {
	w := open(t, nil)
	hosts := []*world{w, {t: t, bus: w.bus, Clock: w.Clock, Host: w.node(nil)}}
	data, hash := content(1, 3<<20)
	var wg sync.WaitGroup
	for i := range 6 {
		wg.Go(func() {
			h, r := hosts[i%2], rand.New(rand.NewPCG(uint64(i), 1)) //nolint:gosec // a test
			for {
				s, _, err := h.Begin(t.Context(), "anna", int64(len(data)), hash)
				if err != nil {
					t.Error(err)
					return
				}
				if s.Done {
					return
				}
				to := min(len(data), int(s.Offset)+1+r.IntN(600_000))
				_, err = h.put("anna", s.Token, data, int(s.Offset), to)
				if err != nil && !errors.As(err, new(*OffsetError)) && !errors.Is(err, ErrExpired) { // it gave way to another: begin again
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	all, err := w.files.List(t.Context(), "own.")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		r, err := readRecord(e)
		if err != nil {
			t.Fatal(err)
		}
		if r.File == "" {
			continue
		}
		if got, err := w.get(r.token); err != nil || !bytes.Equal(got, data) {
			t.Fatalf("%v", err)
		}
	}
	for range 2 {
		w.Pass(61 * 24 * time.Hour)
		if err := w.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := w.stored(); n != 0 {
		t.Errorf("%d blocks are nobody's", n)
	}
}

func TestBeginningsAtOnceStayWithinTheQuota(t *testing.T) {
	w := open(t, func(l *limit.Limits) { l.MediaAccountBytes = 3000 })
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() {
			_, hash := content(byte(i), 10)
			_, _, err := w.Begin(t.Context(), "anna", 1000, hash)
			if err != nil && !errors.Is(err, ErrOverQuota) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	u, err := w.usage(t.Context(), "anna", [32]byte{}, 0, "")
	if err != nil || u.bytes > 3000 {
		t.Errorf("%+v, %v", u, err)
	}
}

func TestTransfersAtOnceAreBounded(t *testing.T) {
	w := open(t, func(l *limit.Limits) { l.MediaUploadsAccount, l.MediaDownloadsAccount, l.MediaDownloadsFile = 1, 1, 1 })
	data, _ := content(1, 200_000)
	small, _ := content(2, 10)
	s, other := w.begin("anna", data), w.begin("anna", small)
	out, first := w.underWay(s.Token, 200_000)
	if _, err := out.Write(data[:10]); err != nil {
		t.Fatal(err)
	}
	if _, err := w.put("anna", other.Token, small, 0, 10); !errors.Is(err, ErrTooMany) {
		t.Errorf("a second part at once: %v", err)
	}
	w.Stop()
	if err := <-first; !errors.Is(err, ErrStopped) {
		t.Errorf("stopped: %v", err)
	}
	if st, err := w.Status(t.Context(), "anna", s.Token); err != nil || st.Offset != 10 {
		t.Errorf("%+v, %v", st, err)
	}
	if _, err := w.put("anna", other.Token, small, 0, 10); !errors.Is(err, ErrStopped) {
		t.Errorf("a part after the stop: %v", err)
	}
	next := &world{t: t, bus: w.bus, Clock: w.Clock, Host: w.node(func(l *limit.Limits) { l.MediaDownloadsAccount, l.MediaDownloadsFile = 1, 1 })}
	done := next.send("anna", small)
	for _, reader := range []string{"", "anna"} {
		f, err := next.Open(t.Context(), reader, done.Token)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := next.Open(t.Context(), reader, done.Token); !errors.Is(err, ErrTooMany) {
			t.Errorf("reader %q: %v", reader, err)
		}
		f.Close()
	}
}
