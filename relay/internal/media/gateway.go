package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
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

// Fetch asks for the file of a token. Range is the header of that name with one
// range, or "". ctx bounds all of the transfer.
func (g *Gateway) Fetch(ctx context.Context, token, byteRange string) (*Remote, error) {
	if g.origin == "" {
		return nil, ErrNotFound
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, g.origin+g.paths.atGateway(token), nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	if byteRange != "" {
		req.Header.Set("Range", byteRange)
	}
	resp, err := g.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	r, err := g.judge(resp, byteRange != "")
	if err != nil {
		_ = resp.Body.Close()
		return nil, err
	}
	r.Body = &bounded{resp.Body, r.Length}
	return r, nil
}

// judge reads the head of an answer.
func (g *Gateway) judge(resp *http.Response, ranged bool) (*Remote, error) {
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
		if !ranged || !ok || resp.ContentLength >= 0 && resp.ContentLength != end-start+1 {
			return nil, fmt.Errorf("%w: a range that nobody asked for", ErrUnreachable)
		}
		if g.tooBig(size) {
			return nil, ErrTooBig
		}
		return &Remote{Size: size, Start: start, Length: end - start + 1, Partial: true}, nil
	case http.StatusRequestedRangeNotSatisfiable:
		size, err := strconv.ParseInt(strings.TrimPrefix(header, "bytes */"), 10, 64)
		if err != nil || size < 0 {
			size = -1
		}
		return nil, &RangeError{size}
	case http.StatusNotFound:
		return nil, ErrNotFound
	case http.StatusGone:
		return nil, ErrExpired
	case http.StatusTooManyRequests:
		return nil, ErrTooMany
	}
	return nil, fmt.Errorf("%w: status %d", ErrUnreachable, resp.StatusCode)
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
	start, err1 := strconv.ParseInt(from, 10, 64)
	end, err2 := strconv.ParseInt(to, 10, 64)
	size, err3 := strconv.ParseInt(whole, 10, 64)
	ok = ok1 && ok2 && errors.Join(err1, err2, err3) == nil && start >= 0 && end >= start && end < size
	return start, end, size, ok
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
