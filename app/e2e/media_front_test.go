package e2e

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// front stands between the browser and its relay. It holds attachments up in the
// middle of their way, counts them, and changes what comes down.
type front struct {
	URL  string // for the browser: localhost
	addr string

	up, down     atomic.Pointer[gate]
	sent, served atomic.Int64 // bytes of attachments that went up, came down
	last         atomic.Value // string: id of the upload that went on last
	answer       atomic.Pointer[func(*http.Response)]
	refusal      atomic.Pointer[refusal]
}

// gate lets so many bytes pass, and then none until it is opened.
type gate struct {
	left   atomic.Int64
	held   chan struct{} // closed when none is left
	opened chan struct{}
	hold   sync.Once
	open   sync.Once
}

func newGate(bytes int64) *gate {
	g := &gate{held: make(chan struct{}), opened: make(chan struct{})}
	g.left.Store(bytes)
	return g
}

// Open lets everything pass from now on.
func (g *gate) Open() { g.open.Do(func() { close(g.opened) }) }

// newFront reserves an address; its relay may come later.
func newFront(t *testing.T) (f *front, serve func(relay string)) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f = &front{addr: "http://" + ln.Addr().String()}
	f.URL = strings.Replace(f.addr, "127.0.0.1", "localhost", 1)
	return f, func(relay string) {
		to, err := url.Parse(relay)
		if err != nil {
			t.Fatal(err)
		}
		proxy := &httputil.ReverseProxy{
			Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(to) },
			FlushInterval:  -1,
			ModifyResponse: f.pass,
			ErrorHandler:   func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
		}
		s := &httptest.Server{Listener: ln, Config: &http.Server{Handler: f.handler(proxy)}}
		s.Start()
		t.Cleanup(func() {
			for _, g := range []*gate{f.up.Load(), f.down.Load()} {
				if g != nil {
					g.Open()
				}
			}
			s.CloseClientConnections()
			s.Close()
		})
	}
}

func (f *front) handler(proxy http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if err := recover(); err != nil && err != http.ErrAbortHandler { //nolint:errorlint // the value itself is thrown
				panic(err)
			}
		}()
		if no := f.refusal.Load(); no != nil && r.Method != http.MethodGet && strings.HasPrefix(r.URL.Path, "/api/media") {
			w.WriteHeader(no.status)
			fmt.Fprintf(w, `{"error":{"code":%q,"message":"No."}}`, no.code)
			return
		}
		if r.Method == http.MethodPut && strings.HasPrefix(r.URL.Path, "/api/media/") {
			f.last.Store(strings.TrimPrefix(r.URL.Path, "/api/media/"))
			r.Body = &gated{in: r.Body, gone: r.Context().Done(), gate: &f.up, count: &f.sent}
		}
		proxy.ServeHTTP(w, r)
	})
}

func (f *front) pass(r *http.Response) error {
	if r.Request.URL.Path != "/api/media/file" {
		return nil
	}
	if fn := f.answer.Load(); fn != nil {
		(*fn)(r)
	}
	r.Body = &gated{in: r.Body, gone: r.Request.Context().Done(), gate: &f.down, count: &f.served}
	return nil
}

// HoldUp stops what goes up after so many more bytes, HoldDown what comes down.
func (f *front) HoldUp(bytes int64) *gate {
	g := newGate(bytes)
	f.up.Store(g)
	return g
}

// HoldDown stops what comes down after so many more bytes.
func (f *front) HoldDown(bytes int64) *gate {
	g := newGate(bytes)
	f.down.Store(g)
	return g
}

// Answers changes the relay's answers with attachments; nil leaves them as they are.
func (f *front) Answers(fn func(*http.Response)) {
	if fn == nil {
		f.answer.Store(nil)
		return
	}
	f.answer.Store(&fn)
}

// refusal is what the relay says to all uploads.
type refusal struct {
	status int
	code   string
}

// Refuses has the relay refuse uploads; "" has it take them again.
func (f *front) Refuses(status int, code string) {
	if code == "" {
		f.refusal.Store(nil)
		return
	}
	f.refusal.Store(&refusal{status, code})
}

// gated is a body before a gate.
type gated struct {
	in    io.ReadCloser
	gone  <-chan struct{}
	gate  *atomic.Pointer[gate]
	count *atomic.Int64
}

var errGone = errors.New("the browser is gone")

// Read is that of io.Reader.
func (b *gated) Read(p []byte) (int, error) {
	g := b.gate.Load()
	if g != nil {
		if left := g.left.Load(); left > 0 {
			p = p[:min(int64(len(p)), left)]
		} else {
			g.hold.Do(func() { close(g.held) })
			select {
			case <-g.opened:
			case <-b.gone:
				return 0, errGone
			}
		}
	}
	n, err := b.in.Read(p)
	b.count.Add(int64(n))
	if g != nil {
		g.left.Add(-int64(n))
	}
	return n, err
}

// Close is that of io.Closer.
func (b *gated) Close() error { return b.in.Close() }
