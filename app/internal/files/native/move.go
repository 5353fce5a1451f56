//go:build !js

package native

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"

	"ferry/app/internal/link"
	"ferry/app/internal/link/native"
	"ferry/app/internal/media"
	"ferry/app/internal/model"
)

// partSize is how much is sent in one request, in bytes.
const partSize = 8 << 20

// Upload is that of media.Files. The relay knows how far a file has come; it is
// asked each time.
func (f *Files) Upload(ctx context.Context, id model.FileID, d media.Digest, p media.Progress) (media.Place, error) {
	path, err := f.path(id, whole)
	if err != nil {
		return media.Place{}, err
	}
	in, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return media.Place{}, media.ErrNoFile
	}
	if err != nil {
		return media.Place{}, fmt.Errorf("upload: %w", err)
	}
	defer in.Close()
	total := media.FileSize(d.Size)
	u, err := f.host.BeginUpload(ctx, total, d.EncSHA256)
	for err == nil && u.Path == "" {
		if u.Offset < 0 || u.Offset >= total {
			return media.Place{}, errors.New("upload: the relay has all of the file, and no place for it")
		}
		u, err = f.put(ctx, in, u, total, p)
	}
	if err != nil {
		return media.Place{}, fmt.Errorf("upload: %w", refused(err, false))
	}
	if p != nil {
		p(total, total)
	}
	return media.Place{DirectPath: u.Path}, nil
}

// put sends the next part.
func (f *Files) put(ctx context.Context, in io.ReaderAt, u native.Upload, total int64, p media.Progress) (native.Upload, error) {
	size := min(partSize, total-u.Offset)
	if _, ok := f.host.(Whole); ok {
		size = total - u.Offset
	}
	from := &counter{Reader: io.NewSectionReader(in, u.Offset, size), done: u.Offset, total: total, tell: p}
	next, err := f.host.PutPart(ctx, u.ID, from, u.Offset, size, total)
	var wrong *native.WrongOffset
	switch {
	case ctx.Err() != nil:
		err = ctx.Err()
	case errors.As(err, &wrong) && wrong.Offset != u.Offset:
		next, err = native.Upload{ID: u.ID, Offset: wrong.Offset}, nil
	case err == nil && next.Path == "" && next.Offset <= u.Offset:
		err = errors.New("the relay took nothing of it")
	}
	next.ID = u.ID
	return next, err
}

// Download is that of media.Files. All is verified as it comes.
func (f *Files) Download(ctx context.Context, id model.FileID, key media.Key, typ media.Type, d media.Digest, from media.Place, p, _ media.Progress) error {
	path, err := f.path(id, whole)
	if err != nil {
		return err
	}
	if ok, err := f.Has(ctx, id); err != nil || ok {
		return err
	}
	begun, err := f.fetch(ctx, path, key, typ, d, from, p)
	if begun && errors.Is(err, media.ErrTampered) {
		// Perhaps only what was kept of an earlier time is bad: once from the start.
		_, err = f.fetch(ctx, path, key, typ, d, from, p)
	}
	if err != nil {
		return fmt.Errorf("download: %w", err)
	}
	return nil
}

// fetch goes on with a file. Begun is whether something of it was there; if it
// turns out bad it is removed.
func (f *Files) fetch(ctx context.Context, path string, key media.Key, typ media.Type, d media.Digest, from media.Place, p media.Progress) (begun bool, err error) {
	v, err := media.NewVerifier(key, typ, d, nil)
	if err != nil {
		return false, err
	}
	out, err := os.OpenFile(path[:len(path)-len(whole)]+part, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return false, room(err)
	}
	at, err := io.Copy(struct{ io.Writer }{v}, reader{ctx, out})
	if err == nil && at < media.FileSize(d.Size) {
		err = f.rest(ctx, io.MultiWriter(v, out), from, at, media.FileSize(d.Size), p)
	}
	if err == nil {
		err = v.Finish()
	}
	if err == nil {
		return at > 0, f.settle(out, nil, path)
	}
	if errors.Is(err, media.ErrTampered) {
		err = errors.Join(err, os.Remove(out.Name()))
	}
	return at > 0, errors.Join(room(err), out.Close())
}

// rest appends what is missing.
func (f *Files) rest(ctx context.Context, out io.Writer, from media.Place, at, total int64, p media.Progress) error {
	body, size, err := f.host.File(ctx, from.DirectPath, at)
	if err != nil {
		return refused(err, true)
	}
	defer body.Close()
	if size >= 0 && size != total {
		if size > total {
			return fmt.Errorf("%w: larger than announced", media.ErrTooBig)
		}
		return fmt.Errorf("%w: shorter than announced", media.ErrTampered)
	}
	_, err = io.CopyBuffer(out, struct{ io.Reader }{&counter{Reader: body, done: at, total: total, tell: p}}, make([]byte, 64<<10))
	return err
}

// refused maps the relay's refusals; what may pass is left as it is.
func refused(err error, down bool) error {
	var api *link.APIError
	if !errors.As(err, &api) {
		return err
	}
	as := func(e error) error { return fmt.Errorf("%w: %w", e, err) }
	switch {
	case api.Code == "over_quota":
		return as(media.ErrOverQuota)
	case api.Status == http.StatusRequestEntityTooLarge:
		return as(media.ErrTooBig)
	case api.Status == http.StatusUnprocessableEntity:
		return as(media.ErrTampered)
	case down && (api.Status == http.StatusNotFound || api.Status == http.StatusGone):
		return as(media.ErrGone)
	case api.Status == http.StatusBadRequest, api.Status == http.StatusForbidden, api.Status == http.StatusMethodNotAllowed:
		return as(media.ErrRefused)
	}
	return err
}
