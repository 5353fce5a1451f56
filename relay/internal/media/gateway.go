package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// ErrUnreachable says that the gateway's media host gave no answer that makes sense.
var ErrUnreachable = errors.New("media: the gateway's media host cannot be reached")

// RangeError says that a file has no such range.
type RangeError struct{ Size int64 } // of the file; -1 if not told

func (e *RangeError) Error() string { return "media: no such range" }

// Gateway fetches the files of WhatsApp users from the gateway's media host.
type Gateway struct {
	origin string
	paths  Paths
	max    int64
	client *http.Client
}

// NewGateway takes the origin of the media host, how long it may take to begin an
// answer, and how big a file may be.
func NewGateway(origin string, paths Paths, wait time.Duration, max int64) *Gateway {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.ResponseHeaderTimeout = wait
	t.DisableCompression = true
	t.MaxResponseHeaderBytes = 16 << 10
	return &Gateway{origin: strings.TrimSuffix(origin, "/"), paths: paths, max: max, client: &http.Client{
		Transport:     t,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Close ends idle connections.
func (g *Gateway) Close() { g.client.CloseIdleConnections() }

// Remote is a file, or a range of it, that comes from the gateway.
type Remote struct {
	Body  io.ReadCloser // at most Length bytes; ends with an error if there are fewer
	Size  int64         // of the whole file
	Start int64         // where Body begins
	// Length is what Body holds.
	Length  int64
	Partial bool // only a range was asked for
}

// ContentRange is the header of a partial answer.
func (r *Remote) ContentRange() string {
	return fmt.Sprintf("bytes %d-%d/%d", r.Start, r.Start+r.Length-1, r.Size)
}

// Fetch asks for the file of a token, by GET or HEAD; all of it if there is no
// range. ctx bounds all of the transfer.
func (g *Gateway) Fetch(ctx context.Context, method, token string, part *Range) (*Remote, error) {
	if g.origin == "" {
		return nil, ErrNotFound
	}
	req, err := http.NewRequestWithContext(ctx, method, g.origin+g.paths.atGateway(token), nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	if part != nil {
		req.Header.Set("Range", part.Header())
	}
	resp, err := g.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	r, err := g.judge(resp, part)
	if err != nil {
		_ = resp.Body.Close()
		return nil, err
	}
	r.Body = &bounded{resp.Body, r.Length}
	return r, nil
}

// judge reads the head of an answer.
func (g *Gateway) judge(resp *http.Response, part *Range) (*Remote, error) {
	header := resp.Header.Get("Content-Range")
	switch resp.StatusCode {
	case http.StatusOK:
		if g.tooBig(resp.ContentLength) {
			return nil, ErrTooBig
		}
		if resp.ContentLength < 0 {
			return nil, fmt.Errorf("%w: an answer without a length", ErrUnreachable)
		}
		return &Remote{Size: resp.ContentLength, Length: resp.ContentLength}, nil
	case http.StatusPartialContent:
		start, end, size, ok := parseContentRange(header)
		if g.tooBig(size) {
			return nil, ErrTooBig
		}
		if !ok || !part.is(start, end, size) || resp.ContentLength >= 0 && resp.ContentLength != end-start+1 {
			return nil, fmt.Errorf("%w: a range that nobody asked for", ErrUnreachable)
		}
		return &Remote{Size: size, Start: start, Length: end - start + 1, Partial: true}, nil
	case http.StatusRequestedRangeNotSatisfiable:
		if size, ok := number(strings.TrimPrefix(header, "bytes */"), true); ok {
			return nil, &RangeError{size}
		}
		return nil, &RangeError{-1}
	case http.StatusNotFound:
		return nil, ErrNotFound
	case http.StatusGone:
		return nil, ErrExpired
	case http.StatusTooManyRequests:
		return nil, ErrTooMany
	}
	return nil, fmt.Errorf("%w: status %d", ErrUnreachable, resp.StatusCode)
}

// is reports whether these bytes are what was asked for.
func (r *Range) is(start, end, size int64) bool {
	if r == nil {
		return false
	}
	first, last, ok := r.Of(size)
	return ok && start == first && end == last
}

func (g *Gateway) tooBig(size int64) bool { return g.max > 0 && size > g.max }

// parseContentRange reads "bytes 0-9/100".
func parseContentRange(header string) (start, end, size int64, ok bool) {
	text, ok := strings.CutPrefix(header, "bytes ")
	if !ok {
		return 0, 0, 0, false
	}
	span, whole, ok1 := strings.Cut(text, "/")
	from, to, ok2 := strings.Cut(span, "-")
	start, ok = number(from, ok1 && ok2)
	end, ok = number(to, ok)
	size, ok = number(whole, ok)
	return start, end, size, ok && end >= start
}

// bounded reads n bytes, no more and no fewer.
type bounded struct {
	body io.ReadCloser
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, io.EOF
	}
	n, err := b.body.Read(p[:min(int64(len(p)), b.left)])
	if b.left -= int64(n); errors.Is(err, io.EOF) && b.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func (b *bounded) Close() error { return b.body.Close() }
