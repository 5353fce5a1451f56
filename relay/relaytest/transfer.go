package relaytest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// Content is a file of any size that takes no room: the same for the same Seed,
// and no two places in it alike. It is an io.ReaderAt.
type Content struct {
	Seed uint64
	Size int64
}

// ReadAt implements io.ReaderAt.
func (c Content) ReadAt(p []byte, off int64) (n int, err error) {
	if off+int64(len(p)) > c.Size {
		p, err = p[:max(0, c.Size-off)], io.EOF
	}
	var word [8]byte
	for n < len(p) {
		at := off + int64(n)
		x := (uint64(at/8) + c.Seed<<40) * 0x9e3779b97f4a7c15 //nolint:gosec // a mixture
		binary.LittleEndian.PutUint64(word[:], x^x>>29)
		n += copy(p[n:], word[at%8:])
	}
	return n, err
}

// Sum is the SHA-256 of all of it.
func (c Content) Sum() (sum [32]byte) {
	h := sha256.New()
	_, _ = io.Copy(h, io.NewSectionReader(c, 0, c.Size))
	return [32]byte(h.Sum(nil))
}

// Upload is how far the media host is with a file.
type Upload struct {
	ID     string `json:"id"`
	Offset int64  `json:"offset"`
	Path   string `json:"path"`
}

// PartSize is what clients send at once.
const PartSize = 8 << 20

// Send uploads a file as a patient client does: whatever goes wrong, it asks how
// far the relay is and goes on, until ctx ends.
func Send(ctx context.Context, relay, bearer string, c Content, sum [32]byte) (Upload, error) {
	for {
		u, err := send(ctx, relay, bearer, c, sum)
		if err == nil {
			return u, nil
		}
		select {
		case <-ctx.Done():
			return u, fmt.Errorf("upload: %w after %w", ctx.Err(), err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func send(ctx context.Context, relay, bearer string, c Content, sum [32]byte) (u Upload, err error) {
	in := fmt.Sprintf(`{"size":%d,"sha256":%q}`, c.Size, base64.StdEncoding.EncodeToString(sum[:]))
	if u, err = ask(ctx, http.MethodPost, relay+"/api/media", bearer, "application/json", "", bytes.NewReader([]byte(in))); err != nil {
		return u, err
	}
	for u.Path == "" {
		to := min(u.Offset+PartSize, c.Size)
		part := io.NewSectionReader(c, u.Offset, to-u.Offset)
		at := fmt.Sprintf("bytes %d-%d/%d", u.Offset, to-1, c.Size)
		if u, err = ask(ctx, http.MethodPut, relay+"/api/media/"+u.ID, bearer, "", at, part); err != nil {
			return u, err
		}
	}
	return u, nil
}

func ask(ctx context.Context, method, address, bearer, kind, part string, body io.ReadSeeker) (u Upload, err error) {
	req, err := http.NewRequestWithContext(ctx, method, address, struct{ io.Reader }{body})
	if err != nil {
		return u, fmt.Errorf("upload: %w", err)
	}
	if req.ContentLength, err = body.Seek(0, io.SeekEnd); err == nil {
		_, err = body.Seek(0, io.SeekStart)
	}
	if err != nil {
		return u, fmt.Errorf("upload: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+bearer)
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	if part != "" {
		req.Header.Set("Content-Range", part)
	}
	resp, err := patient.Do(req)
	if err != nil {
		return u, fmt.Errorf("upload: %w", err)
	}
	defer resp.Body.Close() //nolint:errcheck // read to the end
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return u, fmt.Errorf("upload: %w", err)
	}
	if resp.StatusCode >= 300 {
		return u, fmt.Errorf("upload: %d %s", resp.StatusCode, b)
	}
	if err := json.Unmarshal(b, &u); err != nil {
		return u, fmt.Errorf("upload: %w", err)
	}
	return u, nil
}

// Fetch downloads a file as the owner does, going on where it was cut, and
// compares it with what it should be.
func Fetch(ctx context.Context, relay, bearer, path string, c Content) error {
	var at int64
	var last error
	for at < c.Size {
		if ctx.Err() != nil {
			return fmt.Errorf("download: %w after %w", ctx.Err(), last)
		}
		n, err := fetch(ctx, relay, bearer, path, c, at)
		if at += n; err == nil {
			continue
		}
		if _, wrong := err.(*wrongByte); wrong { //nolint:errorlint // our own, as it is
			return err
		}
		last = err
		select {
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
	return nil
}

type wrongByte struct{ at int64 }

func (w *wrongByte) Error() string { return fmt.Sprintf("download: other bytes at %d", w.at) }

// fetch returns how many bytes were right.
func fetch(ctx context.Context, relay, bearer, path string, c Content, at int64) (n int64, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, relay+"/api/media/file?path="+url.QueryEscape(path), nil)
	if err != nil {
		return 0, fmt.Errorf("download: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+bearer)
	req.Header.Set("Range", fmt.Sprintf("bytes=%d-", at))
	resp, err := patient.Do(req)
	if err != nil {
		return 0, fmt.Errorf("download: %w", err)
	}
	defer resp.Body.Close() //nolint:errcheck // read, or of no use
	if resp.StatusCode != http.StatusPartialContent {
		b, _ := io.ReadAll(io.LimitReader(resp.Body, 1000))
		return 0, fmt.Errorf("download: %d %s", resp.StatusCode, b)
	}
	got, want := make([]byte, 64<<10), make([]byte, 64<<10)
	for {
		m, err := io.ReadFull(resp.Body, got)
		_, _ = c.ReadAt(want[:m], at+n)
		if !bytes.Equal(got[:m], want[:m]) {
			return n, &wrongByte{at + n}
		}
		n += int64(m)
		if at+n == c.Size {
			return n, nil
		}
		if err != nil {
			return n, fmt.Errorf("download: %w", err)
		}
	}
}

// patient waits for big bodies; whoever uses it has a context that ends.
var patient = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
