package site

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"github.com/andybalholm/brotli"
)

// Write puts the site into a folder, each file also compressed, and removes
// what an earlier site left there. An unchanged asset is not compressed again.
func (s *Site) Write(dir string) error { return s.WriteQuality(dir, brotli.BestCompression) }

// WriteQuality is Write with another brotli quality, from 0 to 11, for those in
// a hurry.
func (s *Site) WriteQuality(dir string, quality int) error {
	keep := map[string]bool{".gitkeep": true, marker: true}
	for _, f := range s.Files {
		keep[filepath.FromSlash(f.Path)] = true
		if f.Brotli {
			keep[filepath.FromSlash(f.Path)+".br"] = true
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("write the site: %w", err)
	}
	again, err := begin(dir, quality)
	if err != nil {
		return fmt.Errorf("write the site: %w", err)
	}
	errs := make([]error, len(s.Files), len(s.Files)+1)
	var wait sync.WaitGroup
	for i, f := range s.Files {
		wait.Go(func() { errs[i] = f.write(dir, quality, again) })
	}
	wait.Wait()
	for _, err := range errs {
		if err != nil {
			return fmt.Errorf("write the site: %w", err)
		}
	}
	return sweep(dir, keep)
}

// marker is the file that says with which quality the folder's assets were
// compressed, so that the same sources always give the same bytes.
const marker = ".quality"

// begin reports whether what is compressed already was with the same quality.
func begin(dir string, quality int) (again bool, err error) {
	name, want := filepath.Join(dir, marker), strconv.Itoa(quality)
	if old, err := os.ReadFile(name); err == nil && string(old) == want {
		return true, nil
	}
	if err := sweep(dir, map[string]bool{".gitkeep": true}); err != nil {
		return false, err
	}
	return false, os.WriteFile(name, []byte(want), 0o644)
}

func (f File) write(dir string, quality int, again bool) error {
	name := filepath.Join(dir, filepath.FromSlash(f.Path))
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	if f.Brotli && !(again && f.Immutable && fresh(name, f.Body)) {
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
