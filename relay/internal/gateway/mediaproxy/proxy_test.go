package mediaproxy_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"ferry/relay/internal/gateway/enlist"
	"ferry/relay/internal/gateway/mediaproxy"
	"ferry/relay/wire"
)

const token = "abcdefghijklmnopqrstuvwxyz012345"

// place is a provider's media host, and a proxy before it.
type place struct {
	t        *testing.T
	host     *httptest.Server
	proxy    *httptest.Server
	registry *enlist.Registry
	service  *mediaproxy.Proxy

	mu     sync.Mutex
	asked  []*http.Request
	answer http.HandlerFunc
}

// loop is a resolver by which every name is this machine.
type loop struct{}

func (loop) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
}

func provider(id uint16, origin string) enlist.Provider {
	return enlist.Provider{
		ID: id, Name: "P", Issuer: fmt.Sprint("https://p", id, ".example"), KeySet: "https://p.example/keys",
		MediaOrigin: origin, Protocol: wire.EncryptionProtocol,
	}
}

func newPlace(t *testing.T, limits mediaproxy.Limits) *place {
	t.Helper()
	p := &place{t: t}
	p.host = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		p.asked = append(p.asked, r)
		answer := p.answer
		p.mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(p.host.Close)
	_, port, _ := strings.Cut(strings.TrimPrefix(p.host.URL, "http://"), ":")
	suspended := provider(8, p.host.URL)
	suspended.Suspended = true
	var err error
	p.registry, err = enlist.NewRegistry(provider(7, p.host.URL), suspended, provider(9, ""), provider(10, "https://rebound.example:"+port))
	if err != nil {
		t.Fatal(err)
	}
	p.service = mediaproxy.New(mediaproxy.Config{Providers: p.registry, Sandbox: true, Limits: limits, Resolver: loop{}})
	proxy := p.service
	mux := http.NewServeMux()
	mux.Handle(mediaproxy.Pattern, proxy)
	p.proxy = httptest.NewServer(mux)
	t.Cleanup(func() { proxy.Close(); p.proxy.Close() })
	return p
}

func (p *place) answers(fn http.HandlerFunc) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer, p.asked = fn, nil
}

func (p *place) questions() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.asked)
}

// get fetches through the proxy. An error is one of the transfer.
func (p *place) get(path string, header http.Header) (*http.Response, []byte, error) {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.proxy.URL+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	for k, v := range header {
		r.Header[k] = v
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close() //nolint:errcheck // read to the end
	b, err := io.ReadAll(resp.Body)
	return resp, b, err
}

var file = bytes.Repeat([]byte("0123456789abcdef"), 20_000)

func serveFile(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html")
	w.Header().Set("Set-Cookie", "a=b")
	w.Header().Set("X-Provider", "1")
	w.Header().Set("Access-Control-Allow-Origin", "*")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(file))
}

func TestAFilePassesWholeAndInRangesUnderHeadersOfOurs(t *testing.T) {
	p := newPlace(t, mediaproxy.Limits{})
	p.answers(serveFile)
	path := wire.MediaPath(7, token)
	secret := http.Header{"Authorization": {"x"}, "Cookie": {"x"}, "Origin": {"https://web.whatsapp.com"}, "X-Forwarded-For": {"1.2.3.4"}}
	resp, got, err := p.get(path+"&hash=x&mms-type=image&__wa-mms=", secret)
	if err != nil || resp.StatusCode != 200 || !bytes.Equal(got, file) {
		t.Fatalf("%v, %d bytes, %v", resp, len(got), err)
	}
	for name, want := range map[string]string{
		"Content-Type": "application/octet-stream", "Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff",
		"Content-Security-Policy": "default-src 'none'; sandbox", "Accept-Ranges": "bytes", "Content-Length": strconv.Itoa(len(file)),
		"Set-Cookie": "", "X-Provider": "", "Access-Control-Allow-Origin": "",
	} {
		if resp.Header.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, resp.Header.Get(name), want)
		}
	}
	p.mu.Lock()
	asked := p.asked[0]
	p.mu.Unlock()
	if asked.URL.String() != "/m/"+token || asked.Header.Get("Authorization")+asked.Header.Get("Cookie")+asked.Header.Get("X-Forwarded-For")+asked.Header.Get("Origin") != "" {
		t.Errorf("the provider was asked for %s with %v", asked.URL, asked.Header)
	}
	n := len(file)
	for _, tt := range []struct {
		header     string
		status     int
		from, to   int
		wantHeader string
	}{
		{"bytes=0-9", 206, 0, 10, fmt.Sprintf("bytes 0-9/%d", n)},
		{"bytes=100000-", 206, 100000, n, fmt.Sprintf("bytes 100000-%d/%d", n-1, n)},
		{"bytes=-5", 206, n - 5, n, fmt.Sprintf("bytes %d-%d/%d", n-5, n-1, n)},
		{"bytes=5-99999999", 206, 5, n, fmt.Sprintf("bytes 5-%d/%d", n-1, n)},
		{"bytes=-99999999", 206, 0, n, fmt.Sprintf("bytes 0-%d/%d", n-1, n)},
		{"bytes=0-1,5-6", 200, 0, n, ""},
		{"bytes=9-1", 200, 0, n, ""},
		{"lines=1-2", 200, 0, n, ""},
		{"bytes=99999999-", 416, 0, 0, ""},
	} {
		resp, got, err := p.get(path, http.Header{"Range": {tt.header}})
		if err != nil || resp.StatusCode != tt.status || resp.Header.Get("Content-Range") != tt.wantHeader {
			t.Errorf("%s: %d, %q, %v", tt.header, resp.StatusCode, resp.Header.Get("Content-Range"), err)
		} else if tt.status != 416 && !bytes.Equal(got, file[tt.from:tt.to]) {
			t.Errorf("%s: %d wrong bytes", tt.header, len(got))
		}
	}
}

func TestWhatIsNotAFileOfARegisteredProviderIsNotAskedFor(t *testing.T) {
	p := newPlace(t, mediaproxy.Limits{})
	p.answers(serveFile)
	for what, path := range map[string]string{
		"unknown provider":      "/v/interop/11/" + token,
		"suspended provider":    "/v/interop/8/" + token,
		"provider without host": "/v/interop/9/" + token,
		"no number":             "/v/interop/x/" + token,
		"another notation":      "/v/interop/07/" + token,
		"too large a number":    "/v/interop/65543/" + token,
		"negative":              "/v/interop/-1/" + token,
		"hexadecimal":           "/v/interop/0x7/" + token,
		"short token":           "/v/interop/7/abc",
		"long token":            "/v/interop/7/" + strings.Repeat("a", 129),
		"traversal":             "/v/interop/7/..%2f..%2fapi%2fme%2f" + token,
		"traversal, plain":      "/v/interop/7/../../api/" + token,
		"backslash":             "/v/interop/7/..%5c" + token,
		"encoded twice":         "/v/interop/7/%252e%252e%252f" + token,
		"another host":          "/v/interop/7/@10.0.0.1%2f" + token,
		"query":                 "/v/interop/7/" + token + "%3fx=y",
		"fragment":              "/v/interop/7/" + token + "%23x",
		"line feed":             "/v/interop/7/" + token + "%0d%0aHost:%20x",
		"zero byte":             "/v/interop/7/" + token + "%00",
		"dots":                  "/v/interop/7/................",
		"more path":             "/v/interop/7/" + token + "/x",
	} {
		resp, _, err := p.get(path, nil)
		// The mux answers a path with dots by a redirect to the path that it means, on this very server.
		if err != nil || resp.StatusCode != 404 && resp.StatusCode != 307 && resp.StatusCode != 301 {
			t.Errorf("%s: %v, %v", what, resp, err)
		}
	}
	resp, err := http.Post(p.proxy.URL+wire.MediaPath(7, token), "", nil)
	if err != nil || resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: %v, %v", resp, err)
	} else {
		_ = resp.Body.Close()
	}
	// A name that leads here, though it is not registered as here.
	if resp, _, err := p.get(wire.MediaPath(10, token), nil); err != nil || resp.StatusCode != 502 {
		t.Errorf("rebound name: %v, %v", resp, err)
	}
	if p.questions() != 0 {
		t.Error("a provider was asked")
	}
	if err := p.registry.Set(); err != nil {
		t.Fatal(err)
	}
	if resp, _, err := p.get(wire.MediaPath(7, token), nil); err != nil || resp.StatusCode != 404 {
		t.Errorf("after its removal from the registry: %v, %v", resp, err)
	}
}

func TestASuspendedProviderIsNotFetchedFromAndWhatIsUnderWayEnds(t *testing.T) {
	for _, mark := range []enlist.Mark{enlist.MarkSuspended, enlist.MarkRemoved} {
		p := newPlace(t, mediaproxy.Limits{})
		p.answers(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "1000000")
			_, _ = w.Write(make([]byte, 500_000))
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done() // the fetch
		})
		resp, err := http.Get(p.proxy.URL + wire.MediaPath(7, token))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(resp.Body, make([]byte, 100_000)); err != nil {
			t.Fatal(err)
		}
		p.registry.Mark(map[uint16]enlist.Mark{7: mark})
		p.service.Recheck()
		if b, err := io.ReadAll(resp.Body); err == nil {
			t.Errorf("%s: it came as whole, with %d more bytes", mark, len(b))
		}
		_ = resp.Body.Close()
		if resp, _, err := p.get(wire.MediaPath(7, token), nil); err != nil || resp.StatusCode != 404 || p.questions() != 1 {
			t.Errorf("%s: %v, %v, asked %d times", mark, resp, err, p.questions())
		}
		p.registry.Mark(nil)
		p.answers(serveFile)
		if resp, b, err := p.get(wire.MediaPath(7, token), nil); err != nil || resp.StatusCode != 200 || len(b) != len(file) {
			t.Errorf("%s, and back: %v, %v", mark, resp, err)
		}
	}
}

func TestABadAnswerDoesNotReachTheClient(t *testing.T) {
	p := newPlace(t, mediaproxy.Limits{File: 1 << 20})
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a redirect was followed") }))
	defer elsewhere.Close()
	plain := func(status int, header ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			for i := 0; i+1 < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "secret")
		}
	}
	for _, tt := range []struct {
		what   string
		answer http.HandlerFunc
		asked  string // Range
		want   int
	}{
		{"redirect", plain(302, "Location", elsewhere.URL), "", 502},
		{"permanent redirect", plain(308, "Location", elsewhere.URL), "", 502},
		{"redirect to a private address", plain(307, "Location", "http://169.254.169.254/latest/meta-data"), "", 502},
		{"gone", plain(410), "", 410},
		{"missing", plain(404), "", 404},
		{"forbidden", plain(403), "", 404},
		{"busy", plain(503), "", 503},
		{"too many", plain(429), "", 503},
		{"broken", plain(500), "", 502},
		{"teapot", plain(418), "", 502},
		{"nothing", plain(204), "", 502},
		{"compressed", plain(200, "Content-Encoding", "gzip"), "", 502},
		{"a range that was not asked for", plain(206, "Content-Range", "bytes 0-5/6"), "", 502},
		{"another range", plain(206, "Content-Range", "bytes 1-6/9"), "bytes=0-5", 502},
		{"a longer range", plain(206, "Content-Range", "bytes 0-5/9"), "bytes=0-3", 502},
		{"a range without saying which", plain(206), "bytes=0-5", 502},
		{"a range of nonsense", plain(206, "Content-Range", "bytes 5-0/6"), "bytes=0-5", 502},
		{"a range past the end", plain(206, "Content-Range", "bytes 0-5/3"), "bytes=0-5", 502},
		{"a range of a file that is too big", plain(206, "Content-Range", "bytes 0-5/9999999"), "bytes=0-5", 502},
		{"announced as too big", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1048577")
			w.WriteHeader(200)
		}, "", 502},
		{"giant header", plain(200, "X-Giant", strings.Repeat("x", 64<<10)), "", 502},
		{"many headers", func(w http.ResponseWriter, _ *http.Request) {
			for i := range 4000 {
				w.Header().Set(fmt.Sprint("X-", i), "0123456789")
			}
		}, "", 502},
		{"no HTTP", func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_, _ = io.WriteString(conn, "SSH-2.0-OpenSSH_9.9\r\n")
				_ = conn.Close()
			}
		}, "", 502},
		{"nobody there", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "", 502},
	} {
		p.answers(tt.answer)
		header := http.Header{}
		if tt.asked != "" {
			header.Set("Range", tt.asked)
		}
		resp, got, err := p.get(wire.MediaPath(7, token), header)
		if err != nil || resp.StatusCode != tt.want {
			t.Errorf("%s: %v, %v, want %d", tt.what, resp, err, tt.want)
			continue
		}
		if bytes.Contains(got, []byte("secret")) || resp.Header.Get("Location")+resp.Header.Get("X-Giant") != "" {
			t.Errorf("%s: the answer passed through", tt.what)
		}
		if resp.Header.Get("Content-Type") != "application/json" || !bytes.Contains(got, []byte(`"code":`)) {
			t.Errorf("%s: no error that says why: %s", tt.what, got)
		}
	}
}

// broken serves a body by hand after a header.
func broken(header string, body func(io.Writer, *http.Request)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer conn.Close() //nolint:errcheck // a test's
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n"+header+"\r\n\r\n")
		body(conn, r)
	}
}

func TestATransferThatCannotEndWellIsCutOff(t *testing.T) {
	p := newPlace(t, mediaproxy.Limits{File: 1 << 20})
	endless := func(w io.Writer, _ *http.Request) {
		b := bytes.Repeat([]byte("x"), 64<<10)
		for {
			if _, err := w.Write(b); err != nil {
				return
			}
		}
	}
	for what, answer := range map[string]http.HandlerFunc{
		"endless body":                  broken("Connection: close", endless),
		"less than was announced":       broken("Content-Length: 100", func(w io.Writer, _ *http.Request) { _, _ = io.WriteString(w, "short") }),
		"a chunked body without an end": broken("Transfer-Encoding: chunked", func(w io.Writer, _ *http.Request) { _, _ = io.WriteString(w, "5\r\nshort\r\n") }),
		"endless chunks": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(200)
			endless(w, r)
		},
	} {
		p.answers(answer)
		resp, got, err := p.get(wire.MediaPath(7, token), nil)
		if err == nil {
			t.Errorf("%s: the client took %d bytes for a whole file, %v", what, len(got), resp)
		}
		if len(got) > 1<<20+64<<10 {
			t.Errorf("%s: %d bytes passed", what, len(got))
		}
	}
	// More than was announced: the rest is not the client's.
	p.answers(broken("Content-Length: 5\r\nConnection: close", func(w io.Writer, _ *http.Request) { _, _ = io.WriteString(w, "short and more") }))
	if _, got, err := p.get(wire.MediaPath(7, token), nil); err != nil || string(got) != "short" {
		t.Errorf("more than was announced: %q, %v", got, err)
	}
}

func TestASlowProviderIsNotWaitedFor(t *testing.T) {
	p := newPlace(t, mediaproxy.Limits{Grace: 200 * time.Millisecond, MinRate: 1 << 30, Header: time.Minute})
	ended := make(chan struct{}, 2)
	p.answers(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "a few bytes")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done() // the proxy has hung up
		ended <- struct{}{}
	})
	if _, got, err := p.get(wire.MediaPath(7, token), nil); err == nil {
		t.Errorf("a body that never came ended well after %d bytes", len(got))
	}
	<-ended
	p = newPlace(t, mediaproxy.Limits{Header: 200 * time.Millisecond})
	p.answers(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	if resp, _, err := p.get(wire.MediaPath(7, token), nil); err != nil || resp.StatusCode != http.StatusGatewayTimeout {
		t.Errorf("no header: %v, %v", resp, err)
	}
}

func TestOneProviderCannotTakeAllPlaces(t *testing.T) {
	p := newPlace(t, mediaproxy.Limits{Each: 2})
	hold, held := make(chan struct{}), make(chan struct{}, 2)
	p.answers(func(w http.ResponseWriter, r *http.Request) {
		held <- struct{}{}
		<-hold
		serveFile(w, r)
	})
	done := make(chan error, 2)
	for range 2 {
		go func() {
			_, got, err := p.get(wire.MediaPath(7, token), nil)
			if err == nil && !bytes.Equal(got, file) {
				err = errors.New("wrong bytes")
			}
			done <- err
		}()
		<-held
	}
	resp, _, err := p.get(wire.MediaPath(7, token), nil)
	if err != nil || resp.StatusCode != 503 || resp.Header.Get("Retry-After") == "" {
		t.Errorf("a third one: %v, %v", resp, err)
	}
	close(hold)
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}
