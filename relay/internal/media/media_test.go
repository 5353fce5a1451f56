package media

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"ferry/relay/internal/bus"
	"ferry/relay/internal/limit"
)

// world is a media host with a clock of its own.
type world struct {
	*Host
	t   testing.TB
	bus *bus.Bus
	mu  sync.Mutex
	at  time.Time
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(d)
}

func open(t testing.TB, change func(*limit.Limits)) *world {
	t.Helper()
	b, err := bus.Open(t.Context(), bus.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	w := &world{t: t, bus: b, at: time.Now()}
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
	h, err := Open(w.t.Context(), Config{Bus: w.bus, Limits: l, Now: w.now})
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

func TestAFileArrivesInPartsAndIsTheSame(t *testing.T) {
	w := open(t, nil)
	data, _ := content(1, 3<<20+12345)
	s := w.begin("anna", data)
	if s.Offset != 0 || s.Done || !TokenLike(s.Token) {
		t.Fatalf("%+v", s)
	}
	if _, err := w.get(s.Token); !errors.Is(err, ErrNotFound) {
		t.Fatalf("fetched before it is complete: %v", err)
	}
	for _, cut := range []int{1, 2 << 20, 2<<20 + 77, len(data)} {
		var err error
		if s, err = w.put("anna", s.Token, data, int(s.Offset), cut); err != nil || s.Offset != int64(cut) {
			t.Fatalf("to %d: %+v, %v", cut, s, err)
		}
	}
	if got, err := w.get(s.Token); !s.Done || err != nil || !bytes.Equal(got, data) {
		t.Fatalf("%+v: %d bytes, %v", s, len(got), err)
	}
	f, err := w.Open(t.Context(), "", s.Token)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, from := range []int64{2<<20 + 70, 0, int64(len(data)) - 1} {
		if _, err := f.Seek(from, io.SeekStart); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, min(100, int64(len(data))-from))
		if _, err := io.ReadFull(f, got); err != nil || !bytes.Equal(got, data[from:from+int64(len(got))]) {
			t.Fatalf("from %d: %v", from, err)
		}
	}
	if st := w.Stats(); st.Completed != 1 || st.UpBytes != uint64(len(data)) || st.Uploads != 0 || st.Downloads != 1 {
		t.Errorf("%+v", st)
	}
}

func TestRefusalsOfABeginning(t *testing.T) {
	w := open(t, func(l *limit.Limits) {
		l.MediaBytes, l.MediaAccountBytes, l.MediaUnfinished, l.MediaAccountFiles = 1000, 1500, 2, 4
	})
	_, hash := content(1, 1)
	for _, c := range []struct {
		size int64
		want error
	}{{0, ErrBadRequest}, {-1, ErrBadRequest}, {1001, ErrTooBig}, {1 << 62, ErrTooBig}} {
		if _, _, err := w.Begin(t.Context(), "anna", c.size, hash); !errors.Is(err, c.want) {
			t.Errorf("%d: %v, want %v", c.size, err, c.want)
		}
	}
	a, _ := content(1, 1000)
	b, _ := content(2, 501)
	w.begin("anna", a)
	if _, _, err := w.Begin(t.Context(), "anna", 501, sha256.Sum256(b)); !errors.Is(err, ErrOverQuota) {
		t.Errorf("over the quota by unfinished uploads: %v", err)
	}
	if s, _, err := w.Begin(t.Context(), "berta", 501, sha256.Sum256(b)); err != nil || s.Offset != 0 {
		t.Errorf("another account: %v", err)
	}
	small, _ := content(3, 10)
	w.begin("anna", small)
	if _, _, err := w.Begin(t.Context(), "anna", 5, hash); !errors.Is(err, ErrTooMany) {
		t.Errorf("a third unfinished upload: %v", err)
	}
	w.send("anna", small)
	for range 2 {
		w.send("anna", small) // a place more, without bytes
	}
	if _, _, err := w.Begin(t.Context(), "anna", 10, sha256.Sum256(small)); !errors.Is(err, ErrOverQuota) {
		t.Errorf("a fifth file: %v", err)
	}
	w.pass(31 * 24 * time.Hour)
	w.send("anna", small)
}

func TestRefusalsOfAPart(t *testing.T) {
	w := open(t, nil)
	data, _ := content(1, 1000)
	s := w.begin("anna", data)
	if _, err := w.put("anna", s.Token, data, 0, 100); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, account, token string
		part                 Part
		body                 int
		want                 error
		offset               int64
	}{
		{"another account", "berta", s.Token, Part{100, 200, 1000}, 100, ErrNotFound, 0},
		{"unknown", "anna", tokenForm, Part{100, 200, 1000}, 100, ErrNotFound, 0},
		{"no token", "anna", "../" + s.Token[3:], Part{100, 200, 1000}, 100, ErrNotFound, 0},
		{"a gap", "anna", s.Token, Part{101, 200, 1000}, 99, &OffsetError{100}, 100},
		{"overlapping", "anna", s.Token, Part{50, 200, 1000}, 150, &OffsetError{100}, 100},
		{"beyond the end", "anna", s.Token, Part{100, 1001, 1000}, 900, ErrTooBig, 100},
		{"a bigger file", "anna", s.Token, Part{100, 200, 2000}, 100, ErrTooBig, 100},
		{"a smaller file", "anna", s.Token, Part{100, 200, 500}, 100, ErrBadRequest, 100},
		{"empty", "anna", s.Token, Part{100, 100, 1000}, 0, ErrBadRequest, 100},
		{"backwards", "anna", s.Token, Part{100, 50, 1000}, 0, ErrBadRequest, 100},
		{"before the beginning", "anna", s.Token, Part{-1, 50, 1000}, 51, ErrBadRequest, 100},
		{"longer than it says", "anna", s.Token, Part{100, 200, 1000}, 101, ErrTooBig, 200},
		{"shorter than it says", "anna", s.Token, Part{200, 300, 1000}, 50, ErrCut, 250},
	} {
		from := max(c.part.From, 0)
		st, err := w.Append(t.Context(), c.account, c.token, c.part, body(data[from:from+int64(c.body)]))
		var offset *OffsetError
		if errors.As(c.want, &offset) {
			if got := new(OffsetError); !errors.As(err, &got) || got.Offset != offset.Offset {
				t.Errorf("%s: %v", c.name, err)
			}
		} else if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
		if st.Offset != c.offset {
			t.Errorf("%s: offset %d, want %d", c.name, st.Offset, c.offset)
		}
	}
	if st, err := w.put("anna", s.Token, data, 250, 1000); err != nil || !st.Done {
		t.Fatalf("the rest: %+v, %v", st, err)
	}
	if got, err := w.get(s.Token); err != nil || !bytes.Equal(got, data) {
		t.Fatalf("%v", err)
	}
	if _, err := w.put("anna", s.Token, data, 0, 10); !errors.As(err, new(*OffsetError)) {
		t.Errorf("after the end: %v", err)
	}
}

func TestWrongBytesAreDropped(t *testing.T) {
	w := open(t, nil)
	data, _ := content(1, 2000)
	s := w.begin("anna", data)
	wrong := bytes.Clone(data)
	wrong[1234] ^= 1
	if _, err := w.put("anna", s.Token, wrong, 0, len(wrong)); !errors.Is(err, ErrTampered) {
		t.Fatalf("%v", err)
	}
	if _, err := w.Status(t.Context(), "anna", s.Token); !errors.Is(err, ErrExpired) {
		t.Errorf("%v", err)
	}
	if n := w.stored(); n != 0 {
		t.Errorf("%d blocks stay", n)
	}
	if again := w.send("anna", data); again.Token == s.Token {
		t.Error("the same token")
	}
}

func TestAHashAloneGivesNothing(t *testing.T) {
	w := open(t, nil)
	data, _ := content(1, 5000)
	a := w.send("anna", data)
	b := w.begin("berta", data)
	if b.Offset != 0 || b.Done {
		t.Fatalf("berta has the file without having sent it: %+v", b)
	}
	again := w.begin("anna", data)
	if !again.Done || again.Offset != 5000 || again.Token == a.Token {
		t.Fatalf("anna sends it again: %+v", again)
	}
	b, err := w.put("berta", b.Token, data, 0, 5000)
	if err != nil || !b.Done || b.Token == a.Token {
		t.Fatalf("%+v, %v", b, err)
	}
	if n := w.stored(); n != 1 {
		t.Errorf("%d blocks, want one for all", n)
	}
	for i, who := range []struct{ account, token string }{{"anna", a.Token}, {"berta", b.Token}, {"anna", again.Token}} {
		if got, err := w.get(who.token); err != nil || !bytes.Equal(got, data) {
			t.Fatalf("%d: %v", i, err)
		}
		if err := w.Remove(t.Context(), "carl", who.token); !errors.Is(err, ErrNotFound) {
			t.Errorf("a stranger deletes: %v", err)
		}
		if err := w.Remove(t.Context(), who.account, who.token); err != nil {
			t.Fatal(err)
		}
		if _, err := w.get(who.token); !errors.Is(err, ErrNotFound) {
			t.Errorf("deleted: %v", err)
		}
	}
	if n := w.stored(); n != 0 {
		t.Errorf("%d blocks stay after the last place", n)
	}
}

func TestFilesAndUploadsExpire(t *testing.T) {
	w := open(t, nil)
	data, _ := content(1, 5000)
	half, _ := content(2, 5000)
	s, u := w.send("anna", data), w.begin("anna", half)
	if _, err := w.put("anna", u.Token, half, 0, 2500); err != nil {
		t.Fatal(err)
	}
	w.pass(23 * time.Hour)
	if _, err := w.put("anna", u.Token, half, 2500, 2600); err != nil {
		t.Fatal(err)
	}
	w.pass(23 * time.Hour)
	if st := w.begin("anna", half); st.Token != u.Token || st.Offset != 2600 {
		t.Fatalf("an upload that went on within a day: %+v", st)
	}
	w.pass(2 * time.Hour)
	if _, err := w.put("anna", u.Token, half, 2600, 5000); !errors.Is(err, ErrExpired) {
		t.Errorf("an upload after a day: %v", err)
	}
	if fresh := w.begin("anna", half); fresh.Token == u.Token || fresh.Offset != 0 {
		t.Errorf("begun again: %+v", fresh)
	}
	w.pass(29 * 24 * time.Hour)
	if _, err := w.get(s.Token); !errors.Is(err, ErrExpired) {
		t.Errorf("a file after its age: %v", err)
	}
	if err := w.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := w.stored(); n != 0 {
		t.Errorf("%d blocks stay", n)
	}
	if _, err := w.get(s.Token); !errors.Is(err, ErrExpired) {
		t.Errorf("after the sweep: %v", err)
	}
	all, err := w.files.List(t.Context(), "")
	if err != nil || len(all) != 0 {
		t.Errorf("%d records stay, %v", len(all), err)
	}
}

func TestASharedFileLivesAsLongAsItsLastPlace(t *testing.T) {
	w := open(t, nil)
	data, _ := content(1, 5000)
	w.send("anna", data)
	w.pass(20 * 24 * time.Hour)
	b := w.send("berta", data)
	w.pass(20 * 24 * time.Hour)
	if err := w.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, err := w.get(b.Token); err != nil || !bytes.Equal(got, data) {
		t.Fatalf("%v", err)
	}
	c := w.send("carl", data) // the file is too old to be shared again
	if n := w.stored(); n != 2 {
		t.Errorf("%d blocks", n)
	}
	w.pass(15 * 24 * time.Hour)
	if err := w.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.get(b.Token); !errors.Is(err, ErrExpired) {
		t.Errorf("%v", err)
	}
	if _, err := w.get(c.Token); err != nil || w.stored() != 1 {
		t.Errorf("%v", err)
	}
}

// slowly is a body that the test feeds.
func slowly(t *testing.T) (Body, net.Conn) {
	ours, theirs := net.Pipe()
	t.Cleanup(func() { _, _ = ours.Close(), theirs.Close() })
	return ours, theirs
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
			in, out := slowly(t)
			first := make(chan error, 1)
			go func() {
				_, err := w.Append(context.WithoutCancel(t.Context()), "anna", s.Token, Part{0, 200_000, 200_000}, in)
				first <- err
			}()
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
	other := &world{t: t, bus: w.bus, at: w.at, Host: w.node(nil)}
	data, _ := content(1, 200_000)
	wrong, _ := content(2, 200_000)
	s := w.begin("anna", data)
	in, out := slowly(t)
	first := make(chan error, 1)
	go func() {
		_, err := w.Append(context.WithoutCancel(t.Context()), "anna", s.Token, Part{0, 200_000, 200_000}, in)
		first <- err
	}()
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
	hosts := []*world{w, {t: t, bus: w.bus, at: w.at, Host: w.node(nil)}}
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
		w.pass(61 * 24 * time.Hour)
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
	in, out := slowly(t)
	first := make(chan error, 1)
	go func() {
		_, err := w.Append(context.WithoutCancel(t.Context()), "anna", s.Token, Part{0, 200_000, 200_000}, in)
		first <- err
	}()
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
	next := &world{t: t, bus: w.bus, at: w.at, Host: w.node(func(l *limit.Limits) { l.MediaDownloadsAccount, l.MediaDownloadsFile = 1, 1 })}
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

func TestAnUploadThatDiedBetweenItsLastByteAndItsEndIsCompleted(t *testing.T) {
	w := open(t, nil)
	data, hash := content(1, 5000)
	s := w.begin("anna", data)
	r, err := w.owned(t.Context(), "anna", s.Token)
	if err != nil {
		t.Fatal(err)
	}
	wr := &writer{host: w.Host, body: body(data), done: make(chan struct{})}
	if err := wr.claim(t.Context(), r.key, Part{0, 5000, 5000}); err != nil {
		t.Fatal(err)
	}
	out := w.blobs.Writer(t.Context(), wr.blob)
	defer out.Close()
	if err := wr.take(t.Context(), out, Part{0, 5000, 5000}); err != nil {
		t.Fatal(err)
	}
	blob, err := out.Finish()
	if err != nil {
		t.Fatal(err)
	}
	if err := wr.commit(t.Context(), 0, blob); err != nil {
		t.Fatal(err)
	}
	// Here the process dies, once before and once after the file was made.
	if _, err := w.makeFile(t.Context(), wr.r); err != nil {
		t.Fatal(err)
	}
	st, _, err := w.Begin(t.Context(), "anna", 5000, hash)
	if err != nil || !st.Done || st.Token != s.Token {
		t.Fatalf("%+v, %v", st, err)
	}
	if got, err := w.get(s.Token); err != nil || !bytes.Equal(got, data) {
		t.Fatalf("%v", err)
	}
}
