package npm

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"
)

// registry serves one package, after failing some times.
func registry(t *testing.T, failures int) (Registry, Package, *int) {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	text := []byte("hello")
	if err := w.WriteHeader(&tar.Header{Name: "package/dist/a.txt", Mode: 0o644, Size: int64(len(text))}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	asked := 0
	s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		asked++
		switch {
		case r.URL.Path != "/@x/y/-/y-1.2.3.tgz":
			http.NotFound(rw, r)
		case asked <= failures:
			http.Error(rw, "busy", http.StatusServiceUnavailable)
		default:
			_, _ = rw.Write(b.Bytes())
		}
	}))
	t.Cleanup(s.Close)
	sum := sha512.Sum512(b.Bytes())
	p := Package{Name: "@x/y", Version: "1.2.3", Integrity: "sha512-" + base64.StdEncoding.EncodeToString(sum[:])}
	return Registry{URL: s.URL, Cache: t.TempDir(), Wait: func(context.Context, time.Duration) error { return nil }}, p, &asked
}

func TestAFileIsFetchedOnceAndKept(t *testing.T) {
	r, p, asked := registry(t, 2)
	for range 3 {
		b, err := r.File(t.Context(), p, "dist/a.txt")
		if err != nil || string(b) != "hello" {
			t.Fatalf("%q %v", b, err)
		}
	}
	if *asked != 3 {
		t.Errorf("asked %d times, want two failures and one success", *asked)
	}
}

func TestWhatIsNotThePinnedPackageIsRefused(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Package)
		file   string
		want   error
	}{
		{"other bytes", func(p *Package) { p.Integrity = "sha512-AAAA" }, "dist/a.txt", ErrIntegrity},
		{"no pin", func(p *Package) { p.Integrity = "" }, "dist/a.txt", ErrIntegrity},
		{"no such file", func(*Package) {}, "dist/b.txt", os.ErrNotExist},
		{"no such version", func(p *Package) { p.Version = "9" }, "dist/a.txt", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, p, _ := registry(t, 0)
			c.change(&p)
			if _, err := r.File(t.Context(), p, c.file); err == nil || c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestATarballThatWasSpoiledOnDiskIsFetchedAnew(t *testing.T) {
	r, p, _ := registry(t, 0)
	if _, err := r.File(t.Context(), p, "dist/a.txt"); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(r.Cache)
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	if err := os.WriteFile(r.Cache+"/"+files[0].Name(), []byte("spoiled"), 0o600); err != nil {
		t.Fatal(err)
	}
	if b, err := r.File(t.Context(), p, "dist/a.txt"); err != nil || string(b) != "hello" {
		t.Errorf("%q %v", b, err)
	}
}
