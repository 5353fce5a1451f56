// Package npm fetches single files of packages from the npm registry at build
// time, pinned by version and by the digest that the registry publishes.
// Nothing of them is kept in the repository.
package npm

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"
)

// Package is a pinned package.
type Package struct {
	Name      string // "emojibase" or "@scope/name"
	Version   string
	Integrity string // "sha512-" and base64, as in the registry's dist.integrity
}

// Bounds of what is fetched.
const (
	maxTarball = 64 << 20
	maxFile    = 16 << 20
	attempts   = 4
)

// ErrIntegrity: the registry's bytes are not those that were pinned.
var ErrIntegrity = errors.New("npm: the package is not the pinned one")

// Registry is where packages come from.
type Registry struct {
	URL   string                                     // "" is https://registry.npmjs.org
	Cache string                                     // folder of tarballs; "" is ferry/npm in the user's cache folder
	Wait  func(context.Context, time.Duration) error // between attempts; nil waits
}

// File gives a file of a package by its path inside it, "dist/x.wasm". The
// tarball is fetched once, checked each time.
func File(ctx context.Context, p Package, name string) ([]byte, error) {
	return Registry{}.File(ctx, p, name)
}

// File is the function of the same name, for this registry.
func (r Registry) File(ctx context.Context, p Package, name string) ([]byte, error) {
	tarball, err := r.tarball(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("npm: %s@%s: %w", p.Name, p.Version, err)
	}
	b, err := pick(tarball, path.Join("package", name))
	if err != nil {
		return nil, fmt.Errorf("npm: %s@%s: %s: %w", p.Name, p.Version, name, err)
	}
	return b, nil
}

func (r Registry) tarball(ctx context.Context, p Package) ([]byte, error) {
	dir := r.Cache
	if dir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			user = os.TempDir()
		}
		dir = filepath.Join(user, "ferry", "npm")
	}
	kept := filepath.Join(dir, strings.ReplaceAll(p.Name, "/", "+")+"-"+p.Version+".tgz")
	if b, err := os.ReadFile(kept); err == nil && p.fits(b) {
		return b, nil
	}
	b, err := r.fetch(ctx, p)
	if err != nil {
		return nil, err
	}
	if !p.fits(b) {
		return nil, ErrIntegrity
	}
	return b, keep(kept, b)
}

func (p Package) fits(b []byte) bool {
	sum := sha512.Sum512(b)
	return p.Integrity == "sha512-"+base64.StdEncoding.EncodeToString(sum[:])
}

// keep writes by renaming, so that builds side by side never see half a file.
func keep(name string, b []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".new-*")
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

// fetch tries a few times: registries are busy places.
func (r Registry) fetch(ctx context.Context, p Package) ([]byte, error) {
	base := r.URL
	if base == "" {
		base = "https://registry.npmjs.org"
	}
	url := fmt.Sprintf("%s/%s/-/%s-%s.tgz", base, p.Name, path.Base(p.Name), p.Version)
	wait := r.Wait
	if wait == nil {
		wait = pause
	}
	for n := 1; ; n++ {
		b, again, err := get(ctx, url)
		if err == nil || !again || n == attempts {
			return b, err
		}
		if werr := wait(ctx, time.Second<<n); werr != nil {
			return nil, errors.Join(err, werr)
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func get(ctx context.Context, url string) (b []byte, again bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, false, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, true, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, res.StatusCode >= 500 || res.StatusCode == http.StatusTooManyRequests, fmt.Errorf("%s: %s", url, res.Status)
	}
	b, err = io.ReadAll(io.LimitReader(res.Body, maxTarball+1))
	if err == nil && len(b) > maxTarball {
		return nil, false, fmt.Errorf("%s: larger than %d bytes", url, maxTarball)
	}
	return b, true, err
}

func pick(tarball []byte, name string) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(tarball))
	if err != nil {
		return nil, err
	}
	for t := tar.NewReader(z); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil, os.ErrNotExist
		}
		if err != nil {
			return nil, err
		}
		if path.Clean(h.Name) != name {
			continue
		}
		b, err := io.ReadAll(io.LimitReader(t, maxFile+1))
		if err == nil && len(b) > maxFile {
			err = fmt.Errorf("larger than %d bytes", maxFile)
		}
		return b, err
	}
}
