//go:build !js

package native

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"time"

	"ferry/app/internal/media"
	"ferry/app/internal/media/ogg"
	"ferry/app/internal/media/strip"
	"ferry/app/internal/model"
)

// Encrypt is that of media.Files.
func (f *Files) Encrypt(ctx context.Context, id model.FileID, key media.Key, typ media.Type, prep media.Prepare, p media.Progress) (media.Prepared, error) {
	path, err := f.path(id, whole)
	if err != nil {
		return media.Prepared{}, err
	}
	var known media.Prepared
	if ok, err := f.Has(ctx, id); err != nil || ok {
		if err == nil {
			err = readJSON(path[:len(path)-len(whole)]+about, &known)
		}
		return known, err
	}
	in, size, err := f.open(id)
	if err != nil {
		if errors.Is(err, media.ErrLost) { // what an earlier run has made of it is of no use to anybody
			err = errors.Join(err, gone(path[:len(path)-len(whole)]+part))
		}
		return media.Prepared{}, err
	}
	defer in.Close()
	out, err := os.OpenFile(path[:len(path)-len(whole)]+part, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return media.Prepared{}, room(err)
	}
	made, err := seal(ctx, out, in, size, key, typ, prep, p)
	if err != nil {
		return media.Prepared{}, errors.Join(room(err), out.Close(), os.Remove(out.Name()))
	}
	b, err := json.Marshal(made)
	if err == nil {
		err = f.writeFile(path[:len(path)-len(whole)]+about, b)
	}
	if err = f.settle(out, err, path); err != nil {
		return media.Prepared{}, err
	}
	return made, nil
}

func gone(path string) error {
	if err := os.Remove(path); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// open finds the source.
func (f *Files) open(id model.FileID) (*os.File, int64, error) {
	name, err := f.path(id, source)
	if err != nil {
		return nil, 0, err
	}
	at, err := os.ReadFile(name)
	if err != nil {
		return nil, 0, fmt.Errorf("%w: %w", media.ErrLost, err)
	}
	in, err := os.Open(string(at))
	if err != nil {
		return nil, 0, fmt.Errorf("%w: %w", media.ErrLost, err)
	}
	info, err := in.Stat()
	switch {
	case err != nil || !info.Mode().IsRegular():
		err = errors.Join(media.ErrUnusable, err)
	case info.Size() > media.MaxSize:
		err = media.ErrTooBig
	default:
		return in, info.Size(), nil
	}
	in.Close()
	return nil, 0, err
}

// seal prepares and encrypts a source. What cannot be read of it makes it unusable.
func seal(ctx context.Context, out io.Writer, in *os.File, size int64, key media.Key, typ media.Type, prep media.Prepare, p media.Progress) (made media.Prepared, err error) {
	from := &counter{Reader: reader{ctx, in}, total: size, tell: p}
	pr, pw := io.Pipe()
	var plays time.Duration
	ended := make(chan error, 1)
	go func() { // ends when the pipe is closed at the other end, or all is read
		var err error
		switch prep {
		case media.AsIs:
			_, err = io.CopyBuffer(pw, struct{ io.Reader }{from}, make([]byte, 64<<10))
		case media.Strip:
			err = strip.Strip(pw, in, size)
		case media.Ogg:
			plays, err = ogg.Remux(pw, from, rand.Uint32())
		default:
			err = fmt.Errorf("%w: no way to prepare it", media.ErrUnusable)
		}
		pw.CloseWithError(err)
		ended <- err
	}()
	made.Digest, err = media.Encrypt(out, pr, key, typ, typ == media.Video || typ == media.Audio)
	pr.CloseWithError(err)
	prepared := <-ended
	if err == nil {
		made.Seconds = int(math.Ceil(plays.Seconds()))
		if p != nil {
			p(size, size)
		}
		return made, ctx.Err()
	}
	var trouble *os.PathError
	if errors.As(prepared, &trouble) && trouble.Path == in.Name() {
		err = fmt.Errorf("%w: %w", media.ErrUnusable, err)
	}
	return made, err
}
