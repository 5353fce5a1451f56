//go:build !js

package native_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	files "ferry/app/internal/files/native"
	"ferry/app/internal/media"
	"ferry/app/internal/model"
)

const id, other = model.FileID("0123456789abcdef0123456789abcdef"), model.FileID("ffffffffffffffffffffffffffffffff")

var key = media.Key{1, 2, 3}

func noise(n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{byte(n)}).Read(b)
	return b
}

// source has a file of these bytes be the source of id.
func source(t *testing.T, f *files.Files, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "source")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := f.Source(id, path); err != nil {
		t.Fatal(err)
	}
	return path
}

func encrypt(t *testing.T, f *files.Files) media.Prepared {
	t.Helper()
	p, err := f.Encrypt(t.Context(), id, key, media.Video, media.AsIs, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// reads checks that what is kept under an id is plain, and that nothing else tells it.
func reads(t *testing.T, f *files.Files, id model.FileID, d media.Digest, plain []byte) {
	t.Helper()
	to := filepath.Join(t.TempDir(), "saved")
	if err := f.Save(t.Context(), media.Attachment{File: id, Key: key, Type: media.Video, Digest: d}, to); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(to); err != nil || !bytes.Equal(b, plain) {
		t.Fatalf("%v, %d bytes saved of %d", err, len(b), len(plain))
	}
}

func TestAFileGoesUpInPartsAndComesDownAgain(t *testing.T) {
	r := newRelay(t)
	f, dir := r.open(t, t.TempDir()), t.TempDir()
	plain := noise(20<<20 + 3)
	source(t, f, plain)
	var last int64
	p, err := f.Encrypt(t.Context(), id, key, media.Video, media.AsIs, func(done, total int64) {
		if done < last || done > total || total != int64(len(plain)) {
			t.Errorf("%d of %d after %d", done, total, last)
		}
		last = done
	})
	if err != nil || last != int64(len(plain)) || p.Size != int64(len(plain)) || !media.Streams(p.Size, p.Sidecar) {
		t.Fatalf("%v, told up to %d, %+v", err, last, p.Size)
	}
	last = 0
	place, err := f.Upload(t.Context(), id, p.Digest, func(done, total int64) {
		if done < last || total != media.FileSize(p.Size) {
			t.Errorf("%d of %d after %d", done, total, last)
		}
		last = done
	})
	if err != nil || last != media.FileSize(p.Size) {
		t.Fatalf("%v, told up to %d", err, last)
	}
	if r.parts != 3 || r.biggest != 8<<20 {
		t.Errorf("%d parts, the biggest of %d", r.parts, r.biggest)
	}
	again, err := f.Upload(t.Context(), id, p.Digest, nil)
	if err != nil || again != place || r.parts != 3 {
		t.Errorf("a second time: %v, %+v, %d parts", err, again, r.parts)
	}
	g := r.open(t, dir)
	if err := g.Download(t.Context(), other, key, media.Video, p.Digest, place, nil, nil); err != nil {
		t.Fatal(err)
	}
	reads(t, g, other, p.Digest, plain)
	onlyCiphertext(t, dir, plain)
}

func onlyCiphertext(t *testing.T, dir string, plain []byte) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil || bytes.Contains(b, plain[:16]) {
			t.Errorf("%s has the plaintext, %v", e.Name(), err)
		}
	}
}

func TestEncryptingAgainGivesTheSameAlsoAfterARestart(t *testing.T) {
	r, dir := newRelay(t), t.TempDir()
	f := r.open(t, dir)
	path := source(t, f, noise(100_000))
	first := encrypt(t, f)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if again := encrypt(t, r.open(t, dir)); again.EncSHA256 != first.EncSHA256 || again.Size != first.Size || !bytes.Equal(again.Sidecar, first.Sidecar) {
		t.Errorf("first %+v, then %+v", first, again)
	}
}

func TestOfASourceThatIsLostNothingIsLeft(t *testing.T) {
	r, dir := newRelay(t), t.TempDir()
	f := r.open(t, dir)
	path := source(t, f, noise(1000))
	if err := errors.Join(os.WriteFile(filepath.Join(dir, string(id)+".part"), noise(100), 0o600), os.Remove(path)); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Encrypt(t.Context(), id, key, media.Image, media.AsIs, nil); known(err) != media.ErrLost {
		t.Fatal(err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*.part")); err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
}

func TestAnUploadGoesOnWhereItStopped(t *testing.T) {
	r, dir := newRelay(t), t.TempDir()
	f := r.open(t, dir)
	source(t, f, noise(3<<20))
	d := encrypt(t, f).Digest
	r.cut = 1 << 20
	if _, err := f.Upload(t.Context(), id, d, nil); err == nil {
		t.Fatal("no error of a connection that was cut")
	}
	var first int64 = -1
	place, err := r.open(t, dir).Upload(t.Context(), id, d, func(done, _ int64) {
		if first < 0 {
			first = done
		}
	})
	if err != nil || first <= 1<<20 || len(r.files[place.DirectPath]) != int(media.FileSize(d.Size)) {
		t.Errorf("%v, going on at %d", err, first)
	}
}

func TestAnUploadThatTheHostForgotBeginsAnew(t *testing.T) {
	r := newRelay(t)
	f := r.open(t, t.TempDir())
	source(t, f, noise(9<<20))
	d := encrypt(t, f).Digest
	r.forget = true
	if _, err := f.Upload(t.Context(), id, d, nil); err == nil || known(err) != nil {
		t.Fatalf("it says %v", err)
	}
	if _, err := f.Upload(t.Context(), id, d, nil); err != nil {
		t.Error(err)
	}
}

// known is the error of media that err is; nil for a temporary one.
func known(err error) error {
	for _, k := range []error{media.ErrGone, media.ErrTampered, media.ErrTooBig, media.ErrNoRoom, media.ErrOverQuota, media.ErrLost,
		media.ErrUnusable, media.ErrRefused, media.ErrNoFile} {
		if errors.Is(err, k) {
			return k
		}
	}
	return nil
}

func TestADownloadGoesOnWhereItStopped(t *testing.T) {
	r, dir := newRelay(t), t.TempDir()
	plain, d := hosted(t, r)
	place := media.Place{DirectPath: "/v/wa/x?f=1"}
	r.send = 1 << 20
	if err := r.open(t, dir).Download(t.Context(), other, key, media.Video, d, place, nil, nil); err == nil || known(err) != nil {
		t.Fatalf("it says %v", err)
	}
	f := r.open(t, dir)
	if ok, err := f.Has(t.Context(), other); ok || err != nil {
		t.Fatalf("half of it is all: %v", err)
	}
	if err := f.Download(t.Context(), other, key, media.Video, d, place, nil, nil); err != nil {
		t.Fatal(err)
	}
	if from := r.from[len(r.from)-1]; !strings.HasPrefix(from, "bytes=") || from == "bytes=0-" {
		t.Errorf("it asked for %q", r.from)
	}
	reads(t, f, other, d, plain)
}

// hosted has an encrypted file at the host.
func hosted(t *testing.T, r *relay) (plain []byte, d media.Digest) {
	t.Helper()
	plain = noise(3 << 20)
	var b bytes.Buffer
	d, err := media.Encrypt(&b, bytes.NewReader(plain), key, media.Video, true)
	if err != nil {
		t.Fatal(err)
	}
	r.files["/v/wa/x?f=1"] = b.Bytes()
	return plain, d
}

func TestWhatWasKeptBadlyIsFetchedAnew(t *testing.T) {
	r, dir := newRelay(t), t.TempDir()
	plain, d := hosted(t, r)
	if err := os.WriteFile(filepath.Join(dir, string(other)+".part"), noise(100_000), 0o600); err != nil {
		t.Fatal(err)
	}
	f := r.open(t, dir)
	if err := f.Download(t.Context(), other, key, media.Video, d, media.Place{DirectPath: "/v/wa/x?f=1"}, nil, nil); err != nil {
		t.Fatal(err)
	}
	reads(t, f, other, d, plain)
}

func TestABadFileIsNotKept(t *testing.T) {
	for name, c := range map[string]struct {
		change func([]byte) []byte
		want   error
	}{
		"changed": {func(b []byte) []byte { b[70_000] ^= 1; return b }, media.ErrTampered},
		"cut":     {func(b []byte) []byte { return b[:len(b)-1] }, media.ErrTampered},
		"longer":  {func(b []byte) []byte { return append(b, 0) }, media.ErrTooBig},
	} {
		t.Run(name, func(t *testing.T) {
			r, dir := newRelay(t), t.TempDir()
			_, d := hosted(t, r)
			r.files["/v/wa/x?f=1"] = c.change(r.files["/v/wa/x?f=1"])
			f := r.open(t, dir)
			if err := f.Download(t.Context(), other, key, media.Video, d, media.Place{DirectPath: "/v/wa/x?f=1"}, nil, nil); known(err) != c.want {
				t.Errorf("it says %v", err)
			}
			if left, _ := filepath.Glob(filepath.Join(dir, "*.enc")); len(left) > 0 {
				t.Errorf("there is %v", left)
			}
		})
	}
}

func TestTheHostsRefusals(t *testing.T) {
	for _, c := range []struct {
		status   int
		code     string
		up, down error
	}{
		{400, "bad_request", media.ErrRefused, media.ErrRefused},
		{401, "signed_out", nil, nil},
		{403, "over_quota", media.ErrOverQuota, media.ErrOverQuota},
		{404, "not_found", nil, media.ErrGone},
		{410, "expired", nil, media.ErrGone},
		{413, "too_big", media.ErrTooBig, media.ErrTooBig},
		{422, "tampered", media.ErrTampered, media.ErrTampered},
		{429, "too_many", nil, nil},
		{500, "", nil, nil},
		{502, "gateway_unreachable", nil, nil},
	} {
		r := newRelay(t)
		_, d := hosted(t, r)
		f := r.open(t, t.TempDir())
		source(t, f, noise(1000))
		mine := encrypt(t, f).Digest
		r.refuse, r.code = c.status, c.code
		if _, err := f.Upload(t.Context(), id, mine, nil); err == nil || known(err) != c.up {
			t.Errorf("%d going up: %v", c.status, err)
		}
		if err := f.Download(t.Context(), other, key, media.Video, d, media.Place{DirectPath: "/v/wa/x?f=1"}, nil, nil); err == nil || known(err) != c.down {
			t.Errorf("%d coming down: %v", c.status, err)
		}
	}
}

func TestSourcesThatCannotBeUsed(t *testing.T) {
	r := newRelay(t)
	f := r.open(t, t.TempDir())
	try := func(prep media.Prepare) error {
		_, err := f.Encrypt(t.Context(), id, key, media.Image, prep, nil)
		return known(err)
	}
	if err := try(media.AsIs); err != media.ErrLost {
		t.Errorf("none: %v", err)
	}
	path := source(t, f, []byte("no picture, and no recording either"))
	if err := try(media.Strip); err != media.ErrUnusable {
		t.Errorf("no picture: %v", err)
	}
	if err := try(media.Ogg); err != media.ErrUnusable {
		t.Errorf("no recording: %v", err)
	}
	if err := os.Truncate(path, media.MaxSize+1); err != nil {
		t.Fatal(err)
	}
	if err := try(media.AsIs); err != media.ErrTooBig {
		t.Errorf("too big: %v", err)
	}
	if err := f.Source(id, t.TempDir()); err != nil {
		t.Fatal(err)
	}
	if err := try(media.AsIs); err != media.ErrUnusable {
		t.Errorf("a folder: %v", err)
	}
	if err := f.Source("../../../etc/passwd", path); known(err) != media.ErrNoFile {
		t.Errorf("an id that leads elsewhere: %v", err)
	}
}

func TestARecordingIsMadeOggAndItsTimeIsTold(t *testing.T) {
	f := newRelay(t).open(t, t.TempDir())
	b, err := os.ReadFile("../../media/ogg/testdata/chromium.webm")
	if err != nil {
		t.Fatal(err)
	}
	source(t, f, b)
	p, err := f.Encrypt(t.Context(), id, key, media.Audio, media.Ogg, nil)
	if err != nil || p.Seconds != 3 {
		t.Errorf("%v, %d seconds", err, p.Seconds)
	}
}

func TestStoppedMeansStopped(t *testing.T) {
	r := newRelay(t)
	f := r.open(t, t.TempDir())
	source(t, f, noise(1<<20))
	ctx, cancel := context.WithCancel(t.Context())
	_, err := f.Encrypt(ctx, id, key, media.Video, media.AsIs, func(int64, int64) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("it says %v", err)
	}
	d := encrypt(t, f).Digest
	ctx, cancel = context.WithCancel(t.Context())
	if _, err := f.Upload(ctx, id, d, func(int64, int64) { cancel() }); !errors.Is(err, context.Canceled) {
		t.Errorf("it says %v", err)
	}
}

func TestRemovedIsRemoved(t *testing.T) {
	dir := t.TempDir()
	f := newRelay(t).open(t, dir)
	source(t, f, noise(1000))
	encrypt(t, f)
	if err := f.Remove(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if err := f.Remove(t.Context(), id); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("there is %v, %v", left, err)
	}
	if _, err := f.Upload(t.Context(), id, media.Digest{}, nil); known(err) != media.ErrNoFile {
		t.Errorf("it says %v", err)
	}
}
