//go:build !js

package native

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"ferry/app/internal/link"
)

// stall is how long a transfer of media may go without moving a byte.
const stall = 60 * time.Second

// Upload is what the relay has of a file.
type Upload struct {
	ID     string `json:"id"`
	Offset int64  `json:"offset"` // bytes that it has durably
	Size   int64  `json:"size"`   // bytes in all
	Path   string `json:"path"`   // its place at the media hosts, once whole
}

// BeginUpload announces an encrypted file by its size and hash. One that was
// begun before goes on; one that is there already is not sent again.
func (c *Client) BeginUpload(ctx context.Context, size int64, sha256 [32]byte) (Upload, error) {
	body := struct {
		Size   int64  `json:"size"`
		SHA256 []byte `json:"sha256"`
	}{size, sha256[:]}
	var u Upload
	err := c.call(ctx, http.MethodPost, "/api/media", body, &u)
	return u, err
}

// PutPart sends size bytes of a file, from offset on, of total in all. A
// refusal because of the offset is a *WrongOffset.
func (c *Client) PutPart(ctx context.Context, id string, part io.Reader, offset, size, total int64) (Upload, error) {
	header := c.header()
	header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", offset, offset+size-1, total))
	resp, b, err := c.upload(ctx, http.MethodPut, c.base.JoinPath("/api/media", url.PathEscape(id)), header, part, size)
	if err != nil {
		return Upload{}, err
	}
	var u Upload
	switch {
	case resp.StatusCode == http.StatusConflict:
		if json.Unmarshal(b, &u) == nil {
			return Upload{}, &WrongOffset{Offset: u.Offset}
		}
		fallthrough
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		return Upload{}, refusal(resp, b)
	}
	if err := json.Unmarshal(b, &u); err != nil {
		return Upload{}, fmt.Errorf("upload: %w", err)
	}
	return u, nil
}

// upload sends size bytes, for as long as they move, and reads the answer.
func (c *Client) upload(ctx context.Context, method string, target *url.URL, header http.Header, file io.Reader, size int64) (*http.Response, []byte, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	alive := time.AfterFunc(stall, func() { cancel(errStalled) })
	defer alive.Stop()
	req, err := http.NewRequestWithContext(ctx, method, target.String(), watched{io.LimitReader(file, size), alive})
	if err != nil {
		return nil, nil, fmt.Errorf("upload: %w", err)
	}
	req.Header, req.ContentLength = header, size
	req.Header.Set("Content-Type", "application/octet-stream")
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, nil, stalled(ctx, err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, nil, fmt.Errorf("upload: %w", err)
	}
	return resp, b, nil
}

// WrongOffset is the relay's answer to a part that does not follow what it has.
type WrongOffset struct{ Offset int64 }

func (e *WrongOffset) Error() string { return fmt.Sprintf("relay has %d bytes", e.Offset) }

// ErrOddAnswer: the relay gave another stretch of a file than was asked for.
var ErrOddAnswer = errors.New("relay gave another stretch of the file")

// File fetches the file of a path at the media hosts, from an offset on. Size
// is that of the whole file, as the host tells it.
func (c *Client) File(ctx context.Context, path string, offset int64) (body io.ReadCloser, size int64, err error) {
	u := c.base.JoinPath("/api/media/file")
	u.RawQuery = url.Values{"path": {path}}.Encode()
	return c.fetch(ctx, u.String(), offset)
}

// fetch is File for an address.
func (c *Client) fetch(ctx context.Context, from string, offset int64) (body io.ReadCloser, size int64, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	alive := time.AfterFunc(stall, func() { cancel(errStalled) })
	give := func(err error) (io.ReadCloser, int64, error) {
		alive.Stop()
		cancel(nil)
		return nil, 0, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return give(fmt.Errorf("download: %w", err))
	}
	req.Header = c.header()
	req.Header.Del("Accept")
	if offset > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", offset))
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return give(stalled(ctx, err))
	}
	size, err = stretch(resp, offset)
	if err != nil {
		resp.Body.Close()
		return give(err)
	}
	return &fetched{watched{resp.Body, alive}, resp.Body, func() { alive.Stop(); cancel(nil) }}, size, nil
}

// stretch tells the size of the whole file, if the answer begins at offset.
func stretch(resp *http.Response, offset int64) (int64, error) {
	switch resp.StatusCode {
	case http.StatusOK:
		if offset != 0 {
			return 0, ErrOddAnswer
		}
		return resp.ContentLength, nil
	case http.StatusPartialContent:
		span, total, _ := strings.Cut(strings.TrimPrefix(resp.Header.Get("Content-Range"), "bytes "), "/")
		from, _, _ := strings.Cut(span, "-")
		at, err1 := strconv.ParseInt(from, 10, 64)
		size, err2 := strconv.ParseInt(total, 10, 64)
		if err1 != nil || err2 != nil || at != offset {
			return 0, ErrOddAnswer
		}
		return size, nil
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return 0, fmt.Errorf("download: %w", err)
	}
	return 0, refusal(resp, b)
}

var errStalled = &link.APIError{Status: http.StatusRequestTimeout, Code: "stalled", Message: "nothing moved for a while"}

func stalled(ctx context.Context, err error) error {
	if context.Cause(ctx) == errStalled {
		return errStalled
	}
	return err
}

// watched puts an alarm off with each byte that moves.
type watched struct {
	io.Reader
	alive *time.Timer
}

func (w watched) Read(b []byte) (int, error) {
	n, err := w.Reader.Read(b)
	if n > 0 {
		w.alive.Reset(stall)
	}
	return n, err
}

type fetched struct {
	watched
	body io.Closer
	done func()
}

func (f *fetched) Close() error {
	f.done()
	return f.body.Close()
}
