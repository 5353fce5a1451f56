//go:build !js

// Package native keeps attachments in a directory and moves them over the
// relay's media API, for a client that is no browser. On disk is ciphertext
// only, and whole files come into being at once, by a rename after their bytes
// are durable. Memory does not grow with a file.
//
// Of an attachment with the id X there may be:
//
//	X.enc   the whole file, verified
//	X.json  its digest, if it was encrypted here; written before X.enc
//	X.part  what there is of a file that is not whole
//	X.src   the path of the source that it is to be made of
package native

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"ferry/app/internal/link/native"
	"ferry/app/internal/media"
	"ferry/app/internal/model"
)

// Host is the relay's media API. Implementation: link/native.
type Host interface {
	BeginUpload(ctx context.Context, size int64, sha256 [32]byte) (native.Upload, error)
	PutPart(ctx context.Context, id string, part io.Reader, offset, size, total int64) (native.Upload, error)
	File(ctx context.Context, path string, offset int64) (body io.ReadCloser, size int64, err error)
}

// Whole is a Host that takes files in one part only.
type Whole interface{ TakesWhole() }

// Files is media.Files over a directory. Safe for concurrent use for different ids.
type Files struct {
	dir  string
	host Host
}

// Open uses a directory, and makes it if it is missing.
func Open(dir string, host Host) (*Files, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open attachments: %w", err)
	}
	return &Files{dir: dir, host: host}, nil
}

const (
	whole  = ".enc"
	about  = ".json"
	part   = ".part"
	source = ".src"
)

// path is where something of an attachment lies. An id that is none could lead
// out of the directory.
func (f *Files) path(id model.FileID, kind string) (string, error) {
	if !media.ValidID(id) {
		return "", fmt.Errorf("%w: bad id", media.ErrNoFile)
	}
	return filepath.Join(f.dir, string(id)+kind), nil
}

// Source says which file an attachment is to be made of. It is read when
// Encrypt runs, also after a restart.
func (f *Files) Source(id model.FileID, path string) error {
	to, err := f.path(id, source)
	if err != nil {
		return err
	}
	full, err := filepath.Abs(path)
	if err != nil {
		return fmt.Errorf("source: %w", err)
	}
	return f.writeFile(to, []byte(full))
}

// writeFile writes a small file whole or not at all, and durably.
func (f *Files) writeFile(to string, b []byte) error {
	w, err := os.OpenFile(to+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return room(err)
	}
	_, err = w.Write(b)
	return f.settle(w, err, to)
}

// settle makes what was written durable, and gives it its name.
func (f *Files) settle(w *os.File, err error, to string) error {
	if err == nil {
		err = w.Sync()
	}
	if err = errors.Join(err, w.Close()); err != nil {
		return room(err)
	}
	if err := os.Rename(w.Name(), to); err != nil {
		return room(err)
	}
	d, err := os.Open(f.dir)
	if err != nil {
		return room(err)
	}
	return room(errors.Join(d.Sync(), d.Close()))
}

// room names the one error of a disk that the user can do something about.
func room(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fmt.Errorf("%w: %w", media.ErrNoRoom, err)
	}
	return err
}

// Has tells whether the whole, verified file is here.
func (f *Files) Has(_ context.Context, id model.FileID) (bool, error) {
	path, err := f.path(id, whole)
	if err != nil {
		return false, nil
	}
	_, err = os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// Remove deletes whatever is kept under id; not the source.
func (f *Files) Remove(_ context.Context, id model.FileID) error {
	if !media.ValidID(id) {
		return nil
	}
	var all error
	for _, kind := range []string{whole, part, about, source} {
		for _, end := range []string{"", ".new"} {
			if err := os.Remove(filepath.Join(f.dir, string(id)+kind+end)); err != nil && !errors.Is(err, os.ErrNotExist) {
				all = errors.Join(all, err)
			}
		}
	}
	return all
}

// Save writes the plaintext of an attachment that is here to a file of the
// user's, which appears when it is whole.
func (f *Files) Save(ctx context.Context, a media.Attachment, to string) error {
	path, err := f.path(a.File, whole)
	if err != nil {
		return err
	}
	in, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return media.ErrNoFile
	}
	if err != nil {
		return fmt.Errorf("save: %w", err)
	}
	defer in.Close()
	out, err := os.CreateTemp(filepath.Dir(to), ".saving-*")
	if err != nil {
		return fmt.Errorf("save: %w", room(err))
	}
	defer os.Remove(out.Name()) // what was not renamed
	err = media.Decrypt(out, reader{ctx, in}, a.Key, a.Type, a.Digest)
	if err = errors.Join(err, out.Close()); err != nil {
		return fmt.Errorf("save: %w", room(err))
	}
	return os.Rename(out.Name(), to)
}

// reader ends with its context.
type reader struct {
	ctx context.Context
	io.Reader
}

func (r reader) Read(b []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(b)
}

// counter tells of progress.
type counter struct {
	io.Reader
	done, total int64
	tell        media.Progress
}

func (c *counter) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	c.done += int64(n)
	if n > 0 && c.tell != nil {
		c.tell(c.done, c.total)
	}
	return n, err
}

func readJSON(path string, v any) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, v)
}
