package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/coder/websocket"

	"ferry/relay/internal/config"
	"ferry/relay/internal/limit"
)

func TestEveryAnswerCarriesThePolicies(t *testing.T) {
	w := newWorld(t, builtSite, nil)
	for _, path := range []string{"/", "/sw.js", "/assets/page.1.wasm", "/nothing.js", "/api/me", "/api/config", "/tunnel", "/oidc/jwks.json", "/.well-known/openid-configuration"} {
		a := w.call("GET", path, "")
		p := a.header.Get("Content-Security-Policy")
		if !strings.Contains(p, "default-src 'none'") || !strings.Contains(p, "require-trusted-types-for 'script'") || strings.Contains(p, "unsafe-inline") || strings.Contains(p, "'unsafe-eval'") || strings.Contains(p, "http") {
			t.Errorf("%s: CSP %q", path, p)
		}
		for name := range policies {
			if a.header.Get(name) == "" {
				t.Errorf("%s: no %s", path, name)
			}
		}
		if a.header.Get("X-Request-Id") == "" || a.header.Get("Strict-Transport-Security") != "" {
			t.Errorf("%s: %v", path, a.header)
		}
	}
	tls := newWorld(t, builtSite, func(c *config.Config, _ *limit.Limits) { c.URL = "https://ferry.example" })
	if a := tls.call("GET", "/", ""); a.header.Get("Strict-Transport-Security") == "" {
		t.Error("no HSTS behind https")
	}
}

func TestTheSiteIsServedAsItSays(t *testing.T) {
	w := newWorld(t, builtSite, nil)
	for _, c := range []struct {
		path, header string
		status       int
		body, typ    string
		cache, coded string
	}{
		{"/", "", 200, "<title>Ferry</title>", "text/html; charset=utf-8", "no-store", ""},
		{"/chat/12", "Sec-Fetch-Mode: navigate", 200, "<title>Ferry</title>", "text/html; charset=utf-8", "no-store", ""},
		{"/chat/12", "Accept: text/html,*/*", 200, "<title>Ferry</title>", "text/html; charset=utf-8", "no-store", ""},
		{"/chat/12", "Sec-Fetch-Mode: cors", 404, "There is no page at this address.\n", "text/plain; charset=utf-8", "no-store", ""},
		{"/gone.js", "Sec-Fetch-Mode: no-cors", 404, "There is no page at this address.\n", "text/plain; charset=utf-8", "no-store", ""},
		{"/sw.js", "", 200, "// worker", "text/javascript", "no-store", ""},
		{"/assets/page.1.wasm", "", 200, "wasm", "application/wasm", "public, max-age=31536000, immutable", ""},
		{"/assets/page.1.wasm", "Accept-Encoding: gzip, br", 200, "brotli", "application/wasm", "public, max-age=31536000, immutable", "br"},
		{"/assets/page.1.wasm", "Accept-Encoding: br;q=0", 200, "wasm", "application/wasm", "public, max-age=31536000, immutable", ""},
		{"/secret.txt", "", 404, "There is no page at this address.\n", "text/plain; charset=utf-8", "no-store", ""},
		{"/site.json", "", 404, "There is no page at this address.\n", "text/plain; charset=utf-8", "no-store", ""},
		{"/../secret.txt", "", 404, "There is no page at this address.\n", "text/plain; charset=utf-8", "no-store", ""},
	} {
		a := w.call("GET", c.path, "", c.header)
		if a.status != c.status || a.body != c.body || a.header.Get("Content-Type") != c.typ || a.header.Get("Cache-Control") != c.cache || a.header.Get("Content-Encoding") != c.coded {
			t.Errorf("%s %q: %d %q %v", c.path, c.header, a.status, a.body, a.header)
		}
	}
	if a := w.call("GET", "/gone.html", "", "Sec-Fetch-Mode: navigate"); a.status != 404 || !strings.Contains(a.body, "<h1>Nothing here</h1>") {
		t.Errorf("a person gets %d %s", a.status, a.body)
	}
	if a := w.call("POST", "/", ""); a.status != 405 {
		t.Errorf("POST: %d", a.status)
	}
	if a := w.call("GET", "/api/config", ""); a.body != `{"provider":{"id":7,"name":"Ferry"},"gateway":{"name":"Test","sandbox":true,"rootKey":"ab","echo":"+49"},"signIn":{"kind":"password"},"build":"b1"}` {
		t.Errorf("config: %s", a.body)
	}
}

func TestWithoutABuildAPageSaysWhatToRun(t *testing.T) {
	w := newWorld(t, fstest.MapFS{".gitkeep": {}}, nil)
	for _, path := range []string{"/", "/chat/1"} {
		if a := w.call("GET", path, "", "Accept: text/html"); a.status != 503 || !strings.Contains(a.body, "make run") {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
}

func TestABrokenSiteIsNotServed(t *testing.T) {
	for name, site := range map[string]fstest.MapFS{
		"no JSON":      {"site.json": {Data: []byte("{")}},
		"missing file": {"site.json": {Data: []byte(`{"files":[{"path":"index.html"}]}`)}},
		"no index":     {"site.json": {Data: []byte(`{"files":[]}`)}},
	} {
		if _, err := openSite(site); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func (w *world) tunnel(headers ...string) (*websocket.Conn, *http.Response, error) {
	h := http.Header{"Origin": {w.url}}
	for _, one := range headers {
		name, value, _ := strings.Cut(one, ": ")
		h.Set(name, value)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return websocket.Dial(ctx, "ws"+w.url[4:]+"/tunnel", &websocket.DialOptions{HTTPHeader: h, HTTPClient: &http.Client{Jar: w.jar}})
}

func closed(t *testing.T, c *websocket.Conn, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_, _, err := c.Read(ctx)
	var ce websocket.CloseError
	if !errors.As(err, &ce) || int(ce.Code) != code {
		t.Fatalf("closed with %v, want %d", err, code)
	}
}

func echoes(t *testing.T, c *websocket.Conn) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := c.Write(ctx, websocket.MessageBinary, []byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Read(ctx); err != nil {
		t.Fatal(err)
	}
}

func TestTheTunnelIsForThoseSignedInAndEndsWithTheSession(t *testing.T) {
	w := newWorld(t, builtSite, nil)
	c, _, err := w.tunnel()
	if err != nil {
		t.Fatal(err)
	}
	closed(t, c, 4401)
	w.call("POST", "/api/signup", anna)
	if _, resp, err := w.tunnel("Origin: https://evil.example"); err == nil || resp.StatusCode != 403 {
		t.Fatalf("a foreign page: %v", err)
	}
	if c, _, err = w.tunnel(); err != nil {
		t.Fatal(err)
	}
	echoes(t, c)
	w.call("POST", "/api/signout", "{}")
	closed(t, c, 4403)
}

func TestStoppingDrainsTunnelsAndFinishesRequests(t *testing.T) {
	w := newWorld(t, builtSite, nil)
	w.call("POST", "/api/signup", anna)
	c, _, err := w.tunnel()
	if err != nil {
		t.Fatal(err)
	}
	echoes(t, c)
	begun, finish := make(chan struct{}), make(chan struct{})
	w.gateway = func(rw http.ResponseWriter, _ *http.Request) {
		close(begun)
		<-finish
		_, _ = io.WriteString(rw, `{"accountId":4242,"device":1,"address":"7-4242@interop"}`)
	}
	slow := make(chan answer, 1)
	go func() { slow <- w.call("POST", "/api/gateway/enlist", noiseKey) }()
	<-begun
	if err := w.server.Ready(t.Context()); err != nil {
		t.Fatalf("not ready: %v", err)
	}
	w.stop()
	closed(t, c, 4503)
	if err := w.server.Ready(t.Context()); err == nil {
		t.Error("ready while draining")
	}
	close(finish)
	if a := <-slow; a.status != 200 {
		t.Errorf("the request under way: %+v", a)
	}
}

func TestAPanicCostsOneRequestAndIsLogged(t *testing.T) {
	w := newWorld(t, builtSite, nil)
	h := w.server.guard(func() *http.ServeMux {
		mux := http.NewServeMux()
		mux.HandleFunc("/", func(http.ResponseWriter, *http.Request) { panic("oops") })
		return mux
	}())
	rec := httptest.NewRecorder()
	req := httptest.NewRequest("GET", "/", nil)
	req.Header.Set("Accept", "text/html")
	h.ServeHTTP(rec, req)
	if rec.Code != 500 || !strings.Contains(rec.Body.String(), "Something went wrong") {
		t.Fatalf("%d %s", rec.Code, rec.Body)
	}
}

func TestNobodyIsInTheLogs(t *testing.T) {
	w := newWorld(t, builtSite, nil)
	a := w.call("POST", "/api/signup", anna)
	w.call("POST", "/api/gateway/enlist", noiseKey)
	w.call("POST", "/api/signin", `{"username":"anna","password":"wrong guess"}`)
	w.gateway = func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(500) }
	w.call("POST", "/api/gateway/enlist", noiseKey)
	var in struct{ Account struct{ ID string } }
	_ = json.Unmarshal([]byte(a.body), &in)
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, word := range []string{"anna", in.Account.ID, "wrong guess", "correct horse", "ferry-session", "AQEBAQEB", "127.0.0.1:5"} {
		if word != "" && strings.Contains(w.logs.String(), word) {
			t.Errorf("%q is in the logs:\n%s", word, w.logs.String())
		}
	}
	if !strings.Contains(w.logs.String(), "request=") {
		t.Error("the logs are empty")
	}
}

func TestForwardedAddressesAreBelievedFromProxiesOnly(t *testing.T) {
	w := newWorld(t, builtSite, func(c *config.Config, _ *limit.Limits) { c.TrustedProxies = []string{"10.0.0.0/8"} })
	for _, c := range []struct{ remote, forwarded, want string }{
		{"192.0.2.1:5", "203.0.113.9", "192.0.2.1"},
		{"10.0.0.1:5", "203.0.113.9", "203.0.113.9"},
		{"10.0.0.1:5", "198.51.100.1, 203.0.113.9", "203.0.113.9"},
		{"10.0.0.1:5", "203.0.113.9, 10.0.0.2", "203.0.113.9"},
		{"10.0.0.1:5", "garbage", "10.0.0.1"},
		{"10.0.0.1:5", "", "10.0.0.1"},
		{"[2001:db8::1]:5", "203.0.113.9", "2001:db8::1"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.remote
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		if got := w.server.address(r).String(); got != c.want {
			t.Errorf("%s, %q: %s, want %s", c.remote, c.forwarded, got, c.want)
		}
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	w := newWorld(t, builtSite, func(_ *config.Config, l *limit.Limits) { l.Connections = 1 })
	held, err := net.Dial("tcp", w.url[len("http://"):])
	if err != nil {
		t.Fatal(err)
	}
	_, _ = fmt.Fprint(held, "GET / HTTP/1.1\r\n")
	got := make(chan answer, 1)
	go func() { got <- w.call("GET", "/", "") }()
	select {
	case <-got:
		t.Fatal("a second connection was served")
	case <-time.After(100 * time.Millisecond): // nothing can announce that nothing happens
	}
	_ = held.Close()
	if a := <-got; a.status != 200 {
		t.Fatalf("%+v", a)
	}
}
