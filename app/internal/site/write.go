package site

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/andybalholm/brotli"
)

// Write puts the site into a folder, each file also compressed, and removes
// what an earlier site left there. An unchanged asset is not compressed again.
func (s *Site) Write(dir string) error { return s.WriteQuality(dir, brotli.BestCompression) }

// WriteQuality is Write with another brotli quality, for tests in a hurry.
func (s *Site) WriteQuality(dir string, quality int) error {
	keep := map[string]bool{".gitkeep": true}
	for _, f := range s.Files {
		keep[filepath.FromSlash(f.Path)] = true
		if f.Brotli {
			keep[filepath.FromSlash(f.Path)+".br"] = true
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("write the site: %w", err)
	}
	errs := make([]error, len(s.Files))
	var wait sync.WaitGroup
	for i, f := range s.Files {
		wait.Go(func() { errs[i] = f.write(dir, quality) })
	}
	wait.Wait()
	for _, err := range errs {
		if err != nil {
			return fmt.Errorf("write the site: %w", err)
		}
	}
	return sweep(dir, keep)
}

func (f File) write(dir string, quality int) error {
	name := filepath.Join(dir, filepath.FromSlash(f.Path))
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	if f.Brotli && !(f.Immutable && fresh(name, f.Body)) {
		packed, err := compress(f.Body, quality)
		if err != nil {
			return err
		}
		if err := os.WriteFile(name+".br", packed, 0o644); err != nil {
			return err
		}
	}
	return os.WriteFile(name, f.Body, 0o644)
}

// fresh reports whether the file and its compressed form are there already. The
// file is written after its compressed form: if it is right, that one is.
func fresh(name string, body []byte) bool {
	old, err := os.ReadFile(name)
	if err != nil || !bytes.Equal(old, body) {
		return false
	}
	_, err = os.Stat(name + ".br")
	return err == nil
}

func compress(body []byte, quality int) ([]byte, error) {
	var out bytes.Buffer
	w := brotli.NewWriterOptions(&out, brotli.WriterOptions{Quality: quality, LGWin: 24})
	if _, err := w.Write(body); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func sweep(dir string, keep map[string]bool) error {
	return filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil || keep[rel] {
			return err
		}
		return os.Remove(name)
	})
}
