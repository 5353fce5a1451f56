package media

import (
	"bytes"
	mathrand "math/rand/v2"
	"testing"

	"ferry/app/internal/media"
)

func TestPiecesOfAnAttachmentAreServedFromHereAndFromItsHost(t *testing.T) {
	const n = 9<<20 + 77 // in two chunks
	w := newWorld(t)
	plain := noise(n)
	a := w.uploaded(plain, media.Video)
	for _, where := range []string{"host", "disk"} {
		if where == "disk" {
			if err := w.Download(w.ctx, a.File, a.Key, a.Type, a.Digest, a.Place, nil, nil); err != nil {
				t.Fatal(err)
			}
			w.host(`{"flip":-1,"fail":{"status":500,"code":"x"}}`)
		}
		c := w.open(a)
		head, err := c.answer(w.ctx)
		if err != nil || head.Get("head").Get("size").Int() != n || head.Get("head").Get("mime").String() != a.MIME {
			t.Fatalf("%s: %v", where, err)
		}
		pieces := [][2]int64{{0, 1}, {0, 1 << 20}, {n - 1, n}, {n - 1<<20, n}, {8<<20 - 3, 8<<20 + 3}, {65535, 65537}, {65536, 131072}, {15, 17}, {16, 32}}
		for range 30 {
			from := mathrand.Int64N(n)
			pieces = append(pieces, [2]int64{from, min(n, from+1+mathrand.Int64N(1<<20))})
		}
		for _, p := range pieces {
			got, err := c.read(w.ctx, p[0], p[1])
			if err != nil {
				t.Fatalf("%s %v: %v", where, p, err)
			}
			if !bytes.Equal(got, plain[p[0]:p[1]]) {
				t.Errorf("%s %v: other bytes", where, p)
			}
		}
		for _, p := range [][2]int64{{-1, 5}, {5, 5}, {0, n + 1}, {n, n + 1}, {0, 5 << 20}} {
			if _, err := c.read(w.ctx, p[0], p[1]); err == nil {
				t.Errorf("%s %v: served", where, p)
			}
		}
	}
}

func TestAPieceThatWasChangedIsNotServed(t *testing.T) {
	w := newWorld(t)
	plain := noise(1 << 20)
	a := w.uploaded(plain, media.Video)
	w.host(`{"flip":200000}`)
	c := w.open(a)
	if _, err := c.answer(w.ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := c.read(w.ctx, 0, 300_000); err == nil || err.Error() != "ferry:tampered" {
		t.Errorf("%v", err)
	}
	if got, err := c.read(w.ctx, 400_000, 600_000); err != nil || !bytes.Equal(got, plain[400_000:600_000]) {
		t.Errorf("what was not changed: %v", err)
	}
}

func TestWithoutASidecarOnlyWhatIsHereIsServed(t *testing.T) {
	w := newWorld(t)
	a := w.uploaded(noise(1000), media.Image)
	if _, err := w.open(a).answer(w.ctx); err == nil || err.Error() != "ferry:no_file" {
		t.Errorf("%v", err)
	}
}

func TestAPhotoIsStrippedAndARecordingBecomesOgg(t *testing.T) {
	w := newWorld(t)
	id := newID()
	w.staged.Put(id, blobOf([]byte("no picture at all, and no GIF")))
	if _, err := w.Encrypt(w.ctx, id, newKey(), media.Image, media.Strip, nil); err == nil || Code(err) != "ferry:unusable" {
		t.Errorf("%v", err)
	}
	gif := newID()
	w.staged.Put(gif, blobOf([]byte("GIF89a and so on")))
	if got, err := w.Encrypt(w.ctx, gif, newKey(), media.Image, media.Strip, nil); err != nil || got.Size != 16 {
		t.Errorf("%+v, %v", got, err)
	}
}
