package media

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"testing"
	"time"

	"ferry/relay/internal/limit"
)

// world is a media host with a clock of its own.
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
	w.Pass(31 * 24 * time.Hour)
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
	w.Pass(23 * time.Hour)
	if _, err := w.put("anna", u.Token, half, 2500, 2600); err != nil {
		t.Fatal(err)
	}
	w.Pass(23 * time.Hour)
	if st := w.begin("anna", half); st.Token != u.Token || st.Offset != 2600 {
		t.Fatalf("an upload that went on within a day: %+v", st)
	}
	w.Pass(2 * time.Hour)
	if _, err := w.put("anna", u.Token, half, 2600, 5000); !errors.Is(err, ErrExpired) {
		t.Errorf("an upload after a day: %v", err)
	}
	if fresh := w.begin("anna", half); fresh.Token == u.Token || fresh.Offset != 0 {
		t.Errorf("begun again: %+v", fresh)
	}
	w.Pass(29 * 24 * time.Hour)
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
	w.Pass(20 * 24 * time.Hour)
	b := w.send("berta", data)
	w.Pass(20 * 24 * time.Hour)
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
	w.Pass(15 * 24 * time.Hour)
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
