package mediakill

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"ferry/app/e2e/apart"
	"ferry/app/e2e/thirdparty"
	"ferry/app/internal/gowasm"
)

// front stands before the relay: it serves the relay's own site, but for the page's program, which is the one without
// screens, and lets attachments pass no faster than a network would.
type front struct {
	URL string

	relay http.Handler
	wasm  []byte // the page's program
	up    *lane
	down  *lane
}

// newFront listens. It ends with the test.
func newFront(t testing.TB, rate int64) *front {
	t.Helper()
	f := &front{up: newLane(rate), down: newLane(rate)}
	var err error
	if f.wasm, err = harness(t); err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", apart.Ports(t, 1)[0])
	if err != nil {
		t.Fatal(err)
	}
	f.URL = "http://" + ln.Addr().String()
	server := &http.Server{Handler: f, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(ln) }() // until it is closed
	t.Cleanup(func() { _ = server.Close() })
	return f
}

// to says where the relay is.
func (f *front) to(relay string) error {
	at, err := url.Parse(relay)
	if err != nil {
		return err
	}
	f.relay = &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(at); r.Out.Host = r.In.Host },
		FlushInterval: -1,
		ErrorLog:      log.New(io.Discard, "", 0),
		// A relay that is dead is found out at once, and found again at once.
		Transport:    &http.Transport{DisableKeepAlives: true},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
		ModifyResponse: func(r *http.Response) error {
			if attachment(r.Request) && r.Request.Method == http.MethodGet {
				r.Body = f.down.slow(r.Body)
			}
			return nil
		},
	}
	return nil
}

func attachment(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/api/media") }

// ServeHTTP implements http.Handler.
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/assets/page.") && strings.HasSuffix(r.URL.Path, ".wasm") {
		w.Header().Set("Content-Type", "application/wasm")
		_, _ = w.Write(f.wasm) // the browser may be gone
		return
	}
	if attachment(r) && r.Method == http.MethodPut {
		body := f.up.slow(r.Body)
		defer body.Close() //nolint:errcheck // the server closes what is below
		r.Body = body
	}
	f.relay.ServeHTTP(w, r)
}

func (f *front) String() string { return fmt.Sprintf("%d up, %d down", f.up.open(), f.down.open()) }

// moves waits until so many bytes have passed, up and down together.
func (f *front) moves(n int64, failed <-chan struct{}) error {
	ctx, cancel := thirdparty.Within()
	defer cancel()
	before := f.up.passed() + f.down.passed()
	for f.up.passed()+f.down.passed()-before < n {
		select {
		case <-f.up.moved:
		case <-f.down.moved:
		case <-failed:
			return nil
		case <-ctx.Done():
			return errors.New("nothing moves any more")
		}
	}
	return nil
}

// lane is one direction.
type lane struct {
	moved chan struct{} // something has, since it was last read

	mu     sync.Mutex
	rate   int64 // bytes a second
	free   time.Time
	total  int64
	bodies int
}

func newLane(rate int64) *lane { return &lane{rate: rate, moved: make(chan struct{}, 1)} }

func (l *lane) passed() int64 { l.mu.Lock(); defer l.mu.Unlock(); return l.total }
func (l *lane) open() int     { l.mu.Lock(); defer l.mu.Unlock(); return l.bodies }

// wait is how long n bytes take on the lane.
func (l *lane) wait(n int) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if l.free.Before(now) {
		l.free = now
	}
	l.free = l.free.Add(time.Duration(n) * time.Second / time.Duration(l.rate))
	l.total += int64(n)
	select {
	case l.moved <- struct{}{}:
	default:
	}
	return l.free.Sub(now)
}

// slow lets a body pass on the lane.
func (l *lane) slow(body io.ReadCloser) io.ReadCloser {
	l.mu.Lock()
	l.bodies++
	l.mu.Unlock()
	ctx, cancel := context.WithCancel(context.Background())
	return &slowBody{ReadCloser: body, lane: l, ctx: ctx, cancel: cancel}
}

type slowBody struct {
	io.ReadCloser
	lane   *lane
	ctx    context.Context
	cancel func()
	once   sync.Once
}

func (b *slowBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p[:min(len(p), 32<<10)])
	if n > 0 {
		select {
		case <-time.After(b.lane.wait(n)):
		case <-b.ctx.Done():
		}
	}
	return n, err
}

func (b *slowBody) Close() error {
	b.once.Do(func() {
		b.cancel()
		b.lane.mu.Lock()
		b.lane.bodies--
		b.lane.mu.Unlock()
	})
	return b.ReadCloser.Close()
}

// harness builds the page without screens.
func harness(t testing.TB) ([]byte, error) {
	out := filepath.Join(t.TempDir(), "harness.wasm")
	if err := gowasm.Build(t.Context(), out, "ferry/app/e2e/harness"); err != nil {
		return nil, err
	}
	return os.ReadFile(out)
}
