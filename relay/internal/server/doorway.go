package server

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"
)

// consolePolicy is that of the console's page; everything else behind the door is
// data, which nothing may come of.
const (
	consolePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
	dataPolicy = "default-src 'none'; frame-ancestors 'none'; sandbox"
)

// Headers that pass, each way. What a person is signed in with here does not, nor
// what a gateway could set for this origin.
var (
	headersIn  = []string{"Accept", "Content-Type", "If-Match", "If-None-Match", "If-Range", "Last-Event-Id", "Range", "User-Agent"}
	headersOut = []string{"Accept-Ranges", "Allow", "Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Length", "Content-Range", "Content-Type", "Etag", "Last-Modified", "Location", "Retry-After", "Vary"}
)

var doorMethods = []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

// beyond is where an address behind the door is at the gateway.
func beyond(u *url.URL) (p, raw string, ok bool) {
	if path.Clean(u.Path) != strings.TrimSuffix(u.Path, "/") {
		return "", "", false // one that means another to whoever cleans it
	}
	p, raw = u.Path, u.RawPath
	switch {
	case strings.TrimSuffix(p, "/") == consoleAt:
		return doorScreen, "", true
	case strings.HasPrefix(p, doorUp), strings.HasPrefix(p, doorDown):
		if raw != "" && !strings.HasPrefix(raw, doorPath) {
			return "", "", false
		}
		return strings.TrimPrefix(p, doorPath), strings.TrimPrefix(raw, doorPath), true
	}
	return p, raw, true
}

// through passes one request to the gateway's listener.
func (d *door) through(w http.ResponseWriter, r *http.Request) {
	s := d.server
	if _, _, ok := beyond(r.URL); !ok {
		s.fail(w, r, &problem{status: http.StatusNotFound, Code: "not_found", Message: "There is nothing here."})
		return
	}
	if !slices.Contains(doorMethods, r.Method) {
		s.fail(w, r, &problem{status: http.StatusMethodNotAllowed, Code: "bad_method", Message: "The sandbox has no such method."})
		return
	}
	if d.places != nil {
		select {
		case d.places <- struct{}{}:
			defer func() { <-d.places }()
		default:
			s.fail(w, r, &problem{status: http.StatusServiceUnavailable, Code: "busy", Message: "Too much at once. Try again in a moment.", wait: time.Second})
			return
		}
	}
	most := s.limits.BodyBytes
	if strings.HasPrefix(r.URL.Path, doorUp) {
		most = s.limits.MediaBytes
	}
	if most > 0 && r.ContentLength > most {
		w.Header().Set("Connection", "close")
		s.fail(w, r, errTooBig)
		return
	}
	policy := dataPolicy
	if p, _, _ := beyond(r.URL); p == doorScreen || strings.HasPrefix(p, doorScreen+"/") {
		policy = consolePolicy
	}
	w.Header().Set("Content-Security-Policy", policy)
	rc := http.NewResponseController(w)
	_ = rc.SetReadDeadline(time.Time{}) // each piece has a time of its own
	_ = rc.SetWriteDeadline(time.Time{})
	if most > 0 && r.Body != nil && r.Body != http.NoBody {
		r.Body = http.MaxBytesReader(w, r.Body, most)
	}
	if r.Body != nil && r.Body != http.NoBody {
		r.Body = &doorBody{r.Body, rc, s.limits.MediaSlow}
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(d.life, cancel)()
	d.pass.ServeHTTP(&doorWriter{w, rc, s.limits.MediaSlow}, r.WithContext(ctx))
}

var errTooBig = &problem{status: http.StatusRequestEntityTooLarge, Code: "too_big", Message: "This request is too big."}

// proxy passes requests and answers on as they come, without what is this origin's
// own.
func (d *door) proxy(transport http.RoundTripper) http.Handler {
	return &httputil.ReverseProxy{
		Transport: transport, FlushInterval: -1,
		ErrorLog: slog.NewLogLogger(d.server.log.Handler(), slog.LevelDebug),
		Rewrite: func(p *httputil.ProxyRequest) {
			at, raw, _ := beyond(p.In.URL)
			p.Out.URL = &url.URL{Scheme: d.to.Scheme, Host: d.to.Host, Path: at, RawPath: raw, RawQuery: p.In.URL.RawQuery}
			p.Out.Host = d.to.Host
			p.Out.Header = only(p.In.Header, headersIn)
			if p.Out.Header.Get("User-Agent") == "" {
				p.Out.Header.Set("User-Agent", "") // or net/http sets its own
			}
		},
		ModifyResponse: func(resp *http.Response) error {
			if resp.StatusCode == http.StatusSwitchingProtocols {
				return errors.New("the gateway changes the protocol")
			}
			resp.Header = only(resp.Header, headersOut)
			if at := resp.Header.Get("Location"); !strings.HasPrefix(at, doorPath) {
				resp.Header.Del("Location") // an address of this origin, or of no use
			}
			if strings.HasPrefix(resp.Request.URL.Path, "/v/") {
				resp.Header.Set("Content-Type", "application/octet-stream")
				resp.Header.Set("Content-Disposition", "attachment")
			}
			return nil
		},
		ErrorHandler: d.failed,
	}
}

func (d *door) failed(w http.ResponseWriter, r *http.Request, err error) {
	w.Header().Set("Connection", "close") // what is left of the body is of no use
	var big *http.MaxBytesError
	switch {
	case errors.As(err, &big):
		d.server.fail(w, r, errTooBig)
	case r.Context().Err() != nil: // whoever asked is gone, or this relay stops
		w.WriteHeader(http.StatusServiceUnavailable)
	default:
		d.server.log.Debug("the sandbox did not answer", "error", err)
		d.server.fail(w, r, &problem{status: http.StatusBadGateway, Code: "gateway_unreachable",
			Message: "The sandbox does not answer. Try again in a moment.", wait: time.Second})
	}
}

// only keeps the named headers.
func only(h http.Header, names []string) http.Header {
	out := http.Header{}
	for _, name := range names {
		if v := h.Values(name); len(v) > 0 {
			out[name] = v
		}
	}
	return out
}

// doorBody gives each piece of a request its time.
type doorBody struct {
	io.ReadCloser
	rc   *http.ResponseController
	slow time.Duration
}

func (b *doorBody) Read(p []byte) (int, error) {
	if b.slow > 0 {
		_ = b.rc.SetReadDeadline(time.Now().Add(b.slow))
	}
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF { //nolint:errorlint // io.Reader's own
		_ = b.rc.SetReadDeadline(time.Time{})
	}
	return n, err
}

// doorWriter gives each piece of an answer its time. How long the gateway is silent
// in between is its own affair: a log that is watched has no end.
type doorWriter struct {
	http.ResponseWriter
	rc   *http.ResponseController
	slow time.Duration
}

func (w *doorWriter) Write(p []byte) (int, error) {
	if w.slow > 0 {
		_ = w.rc.SetWriteDeadline(time.Now().Add(w.slow))
	}
	return w.ResponseWriter.Write(p)
}

func (w *doorWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
