package server

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/coder/websocket"

	"ferry/relay/internal/bus"
	"ferry/relay/internal/config"
	"ferry/relay/internal/limit"
)

// world is a relay before a gateway that says what the test wants.
type world struct {
	t       *testing.T
	url     string
	server  *Server
	stop    context.CancelFunc
	done    chan error
	jar     http.CookieJar
	bearer  string       // instead of the jar
	ahead   atomic.Int64 // how much later it is at the relay
	mu      sync.Mutex
	logs    bytes.Buffer
	gateway func(w http.ResponseWriter, r *http.Request)
}

func (w *world) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.logs.Write(b)
}

var builtSite = fstest.MapFS{
	"site.json":             {Data: []byte(`{"build":"b1","files":[{"path":"index.html","type":"text/html; charset=utf-8"},{"path":"assets/page.1.wasm","type":"application/wasm","immutable":true,"brotli":true},{"path":"sw.js","type":"text/javascript"}]}`)},
	"index.html":            {Data: []byte("<title>Ferry</title>")},
	"sw.js":                 {Data: []byte("// worker")},
	"assets/page.1.wasm":    {Data: []byte("wasm")},
	"assets/page.1.wasm.br": {Data: []byte("brotli")},
	"secret.txt":            {Data: []byte("not listed")},
}

func newWorld(t *testing.T, site fstest.MapFS, change func(*config.Config, *limit.Limits)) *world {
	t.Helper()
	return newWorldWith(t, site, change, func(*Options) {})
}

func newWorldWith(t *testing.T, site fstest.MapFS, change func(*config.Config, *limit.Limits), options func(*Options)) *world {
	t.Helper()
	w := &world{t: t, done: make(chan error, 1), gateway: func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodDelete {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		_, _ = io.WriteString(w, `{"accountId":4242,"device":1,"address":"7-4242@interop"}`)
	}}
	gate := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/ws/chat" {
			w.gateway(rw, r)
			return
		}
		c, err := websocket.Accept(rw, r, nil)
		if err != nil {
			return
		}
		defer c.CloseNow() //nolint:errcheck // a test's gateway
		for {
			typ, b, err := c.Read(r.Context())
			if err != nil || c.Write(r.Context(), typ, b) != nil {
				return
			}
		}
	}))
	t.Cleanup(gate.Close)
	b, err := bus.Open(t.Context(), bus.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w.url = "http://" + ln.Addr().String()
	loaded, err := config.Load([]string{"-url", w.url}, func(string) string { return "" }, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	cfg, l := loaded.Config, limit.Default()
	cfg.Drain, cfg.DrainMax = 10*time.Millisecond, 10*time.Second
	if change != nil {
		change(&cfg, &l)
	}
	cfg.SetLimits(l)
	opt := Options{
		Config: cfg, Bus: b, Site: site, Tick: 10 * time.Millisecond,
		Now:     func() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) },
		Gateway: Gateway{Chat: "ws" + gate.URL[4:] + "/ws/chat", API: gate.URL, Media: gate.URL, Name: "Test", RootKey: "ab", Sandbox: true, Echo: func() string { return "+49" }},
		Log:     slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	options(&opt)
	w.server, err = New(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	w.stop = stop
	go func() { w.done <- w.server.Serve(ctx, ln) }()
	t.Cleanup(func() {
		stop()
		if err := <-w.done; err != nil {
			t.Errorf("serve: %v", err)
		}
		w.done <- nil
	})
	w.jar, _ = cookiejar.New(nil)
	return w
}

type answer struct {
	status int
	header http.Header
	body   string
}

// code is the error's code, "" if it is none.
func (a answer) code() string {
	var e struct {
		Error struct{ Code, Message, Field string }
	}
	_ = json.Unmarshal([]byte(a.body), &e)
	return e.Error.Code
}

// call makes a request as a page of the relay does; headers are "Name: value",
// "Name:" takes one away.
func (w *world) call(method, path, body string, headers ...string) answer {
	w.t.Helper()
	req, err := http.NewRequest(method, w.url+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Origin", w.url)
	req.Header.Set("Content-Type", "application/json")
	if w.bearer != "" {
		req.Header.Set("Authorization", "Bearer "+w.bearer)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ":")
		if name == "Host" {
			req.Host = strings.TrimSpace(value)
			continue
		}
		req.Header.Del(name)
		if value = strings.TrimSpace(value); value != "" {
			req.Header.Set(name, value)
		}
	}
	c := http.Client{Jar: w.jar, Transport: &http.Transport{DisableKeepAlives: true, DisableCompression: true}}
	resp, err := c.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // read to the end
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(b)}
}

const anna = `{"username":"anna","password":"correct horse","device":"Chromium"}`

func TestAUserSignsUpSeesSessionsAndSignsOut(t *testing.T) {
	w := newWorld(t, builtSite, nil)
	if a := w.call("GET", "/api/me", ""); a.status != 401 || a.code() != "signed_out" {
		t.Fatalf("%+v", a)
	}
	a := w.call("POST", "/api/signup", anna)
	cookie := a.header.Get("Set-Cookie")
	if a.status != 200 || !strings.Contains(a.body, `"username":"anna"`) || strings.Contains(a.body, "token") {
		t.Fatalf("%+v", a)
	}
	for _, want := range []string{"HttpOnly", "SameSite=Strict", "Path=/"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("cookie %q lacks %s", cookie, want)
		}
	}
	if a := w.call("GET", "/api/me", ""); a.status != 200 || !strings.Contains(a.body, `"anna"`) {
		t.Fatalf("%+v", a)
	}
	w2 := &world{t: t, url: w.url} // a program, without cookies
	a = w2.call("POST", "/api/signin", anna[:len(anna)-1]+`,"bearer":true}`, "Origin:")
	var in struct {
		Session struct{ ID string }
		Token   string
	}
	if err := json.Unmarshal([]byte(a.body), &in); err != nil || in.Token == "" {
		t.Fatalf("bearer: %+v", a)
	}
	if a := w2.call("POST", "/api/gateway/token", noiseKey, "Origin:", "Authorization: Bearer "+in.Token, "Cookie: ferry_session=x"); a.status != 200 {
		t.Fatalf("a bearer token beside a cookie: %+v", a)
	}
	a = w.call("GET", "/api/sessions", "")
	if strings.Count(a.body, `"id"`) != 2 || strings.Count(a.body, `"current":true`) != 1 || !strings.Contains(a.body, `"device":"Chromium"`) {
		t.Fatalf("sessions %s", a.body)
	}
	if a := w.call("DELETE", "/api/sessions/"+in.Session.ID, ""); a.status != 200 {
		t.Fatalf("%+v", a)
	}
	if a := w2.call("GET", "/api/me", "", "Authorization: Bearer "+in.Token); a.code() != "signed_out" {
		t.Fatalf("a revoked bearer token: %+v", a)
	}
	if a := w.call("POST", "/api/signout", "{}"); a.status != 200 {
		t.Fatalf("%+v", a)
	}
	if a := w.call("GET", "/api/me", ""); a.code() != "signed_out" {
		t.Fatalf("%+v", a)
	}
}

func TestRefusalsHaveACodeAFieldAndWords(t *testing.T) {
	w := newWorld(t, builtSite, func(_ *config.Config, l *limit.Limits) { l.SignUps = 0 })
	w.call("POST", "/api/signup", anna)
	for _, c := range []struct {
		method, path, body, header string
		status                     int
		code                       string
	}{
		{"POST", "/api/signup", anna, "", 409, "username_taken"},
		{"POST", "/api/signup", `{"username":"x","password":"correct horse"}`, "", 422, "invalid_username"},
		{"POST", "/api/signup", `{"username":"berta","password":"short"}`, "", 422, "invalid_password"},
		{"POST", "/api/signin", `{"username":"anna","password":"wrong guess"}`, "", 401, "wrong_password"},
		{"POST", "/api/signin", `{"username":"nobody","password":"wrong guess"}`, "", 401, "wrong_password"},
		{"POST", "/api/signin", `{`, "", 400, "bad_json"},
		{"POST", "/api/signin", anna, "Content-Type: text/plain", 415, "want_json"},
		{"POST", "/api/signin", `{"username":"` + strings.Repeat("x", 20000) + `"}`, "", 413, "too_big"},
		{"POST", "/api/signin", anna, "Origin: https://evil.example", 403, "bad_origin"},
		{"POST", "/api/signin", anna, "Origin:", 403, "bad_origin"}, // a cookie, but no Origin
		{"POST", "/api/signin", anna, "Origin: null", 403, "bad_origin"},
		{"POST", "/api/gateway/token", `{"noiseKey":"AAAA"}`, "", 422, "invalid_noise_key"},
		{"POST", "/api/gateway/token", `{"noiseKey":"!"}`, "", 400, "bad_json"},
		{"DELETE", "/api/sessions/nothing", "", "", 404, "no_such_session"},
		{"GET", "/api/nothing", "", "", 404, "not_found"},
		{"GET", "/api/signup", "", "", 404, "not_found"},
	} {
		a := w.call(c.method, c.path, c.body, c.header)
		if a.status != c.status || a.code() != c.code || !strings.Contains(a.body, `"message":"`) {
			t.Errorf("%s %s %q: %d %s, want %d %s", c.method, c.path, c.header, a.status, a.body, c.status, c.code)
		}
	}
}

func TestGuessingIsSlowedDownWithRetryAfter(t *testing.T) {
	w := newWorld(t, builtSite, nil)
	w.call("POST", "/api/signup", anna)
	var a answer
	for range 6 {
		a = w.call("POST", "/api/signin", `{"username":"anna","password":"wrong guess"}`)
	}
	if a.status != 429 || a.code() != "too_many" || a.header.Get("Retry-After") != "1" {
		t.Fatalf("%+v", a)
	}
}

const noiseKey = `{"noiseKey":"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="}`

func TestEnlistmentGoesThroughToTheGatewayAndItsAnswersComeBack(t *testing.T) {
	w := newWorld(t, builtSite, nil)
	w.call("POST", "/api/signup", anna)
	if a := w.call("POST", "/api/gateway/enlist", noiseKey); a.body != `{"accountId":4242,"device":1,"address":"7-4242@interop","rootKey":"ab"}` {
		t.Fatalf("%+v", a)
	}
	if a := w.call("POST", "/api/gateway/token", noiseKey); a.status != 200 || strings.Count(a.body, ".") < 2 || !strings.Contains(a.body, "expiresAt") {
		t.Fatalf("%+v", a)
	}
	for _, body := range []string{noiseKey, "", "{}"} {
		if a := w.call("DELETE", "/api/gateway/enlist", body); a.status != 200 {
			t.Fatalf("%q: %+v", body, a)
		}
	}
	w.gateway = func(rw http.ResponseWriter, _ *http.Request) {
		rw.WriteHeader(422)
		_, _ = io.WriteString(rw, `{"error":{"code":"unsupported_protocol","message":"No."}}`)
	}
	if a := w.call("POST", "/api/gateway/enlist", noiseKey); a.status != 502 || a.code() != "gateway_unsupported_protocol" {
		t.Fatalf("%+v", a)
	}
	w.gateway = func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(500) }
	if a := w.call("POST", "/api/gateway/enlist", noiseKey); a.status != 502 || a.code() != "gateway_unreachable" {
		t.Fatalf("%+v", a)
	}
}
