package server

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"ferry/relay/internal/config"
	"ferry/relay/internal/limit"
)

// behind is a sandbox that says what it is asked, and tries to take this origin over.
func behind(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/sandbox" && r.URL.RawQuery == "" {
		_, _ = io.WriteString(w, `{"rootKey":"ab"}`)
		return
	}
	for _, h := range []string{"Set-Cookie", "Access-Control-Allow-Origin", "Clear-Site-Data", "Content-Security-Policy", "Service-Worker-Allowed", "Refresh"} {
		w.Header().Set(h, "evil")
	}
	w.Header().Set("Content-Type", "text/html")
	body, _ := io.ReadAll(r.Body)
	_, _ = fmt.Fprintf(w, "%s %s|%s|%v", r.Method, r.URL.RequestURI(), body, r.Header)
}

func TestTheDoorPassesTheSandboxAndNothingElse(t *testing.T) {
	w := newWorld(t, builtSite, nil)
	w.gateway = behind
	w.call("POST", "/api/signup", anna) // there is a cookie from here on
	for _, c := range []struct{ method, path, body, want, csp, typ string }{
		{"GET", "/sandbox?x=1", "", "GET /sandbox?x=1|", dataPolicy, "text/html"},
		{"GET", "/sandbox/phones", "", "GET /sandbox/phones|", dataPolicy, "text/html"},
		{"POST", "/sandbox/phones/+49151/scan?a=b", `{"qr":"2@"}`, `POST /sandbox/phones/+49151/scan?a=b|{"qr":"2@"}|`, dataPolicy, "text/html"},
		{"GET", "/sandbox/providers/7/users/a%2Fb", "", "GET /sandbox/providers/7/users/a%2Fb|", dataPolicy, "text/html"},
		{"PATCH", "/sandbox/phones/+49151", "{}", "PATCH /sandbox/phones/+49151|{}|", dataPolicy, "text/html"},
		{"DELETE", "/sandbox/phones/+49151", "", "DELETE /sandbox/phones/+49151|", dataPolicy, "text/html"},
		{"POST", "/sandbox/mms/image/abc-_=?auth=x", "file", "POST /mms/image/abc-_=?auth=x|file|", dataPolicy, "text/html"},
		{"GET", "/sandbox/v/wa/tok?f=1", "", "GET /v/wa/tok?f=1|", dataPolicy, "application/octet-stream"},
		{"GET", "/sandbox/v/interop/7/tok?f=1", "", "GET /v/interop/7/tok?f=1|", dataPolicy, "application/octet-stream"},
		{"GET", "/sandbox/console/app.js", "", "GET /sandbox/console/app.js|", consolePolicy, "text/html"},
		{"GET", "/qa", "", "GET /sandbox/console|", consolePolicy, "text/html"},
		{"GET", "/qa/", "", "GET /sandbox/console|", consolePolicy, "text/html"},
	} {
		a := w.call(c.method, c.path, c.body, "Range: bytes=0-1", "X-Evil: 1", "Authorization: Bearer secret")
		if a.status != 200 || !strings.HasPrefix(a.body, c.want) {
			t.Errorf("%s %s: %d %s", c.method, c.path, a.status, a.body)
			continue
		}
		for _, no := range []string{"ferry_session", "secret", "Origin", "Forwarded", "X-Evil"} {
			if strings.Contains(a.body, no) {
				t.Errorf("%s %s: the gateway gets %s: %s", c.method, c.path, no, a.body)
			}
		}
		if !strings.Contains(a.body, "Range:[bytes=0-1]") {
			t.Errorf("%s: no range passes: %s", c.path, a.body)
		}
		for name, values := range a.header {
			for _, v := range values {
				if v == "evil" || len(values) > 1 && name != "Vary" {
					t.Errorf("%s: %s: %q", c.path, name, values)
				}
			}
		}
		if p := a.header.Get("Content-Security-Policy"); p != c.csp || strings.Contains(p, "unsafe") || a.header.Get("Content-Type") != c.typ {
			t.Errorf("%s: CSP %q, type %q", c.path, p, a.header.Get("Content-Type"))
		}
		if a.header.Get("X-Content-Type-Options") != "nosniff" || a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v", c.path, a.header)
		}
	}
}

func TestNoAddressLeadsOutOfTheSandbox(t *testing.T) {
	w := newWorld(t, builtSite, nil)
	reached := make(chan string, 100)
	w.gateway = func(_ http.ResponseWriter, r *http.Request) { reached <- r.URL.Path }
	for _, path := range []string{
		"/sandbox/../interop/v1/enlist", "/sandbox/%2e%2e/interop/v1/enlist", "/sandbox/v/../../interop/v1/enlist", "/sandbox/v/..%2f..%2finterop/v1/enlist",
		"/sandbox/v/%2e%2e/interop", "/sandbox//interop", "/%73andbox/v/a%2Fb", "/mms/image/x", "/v/wa/x", "/interop/v1/enlist", "/ws/chat", "/qa/../interop", "/qa/x", "/sandboxes",
	} {
		w.call("GET", path, "")
		w.call("POST", path, "{}")
	}
	close(reached)
	for path := range reached {
		if path != "/sandbox" && !strings.HasPrefix(path, "/sandbox/") && !strings.HasPrefix(path, "/v/wa/") && !strings.HasPrefix(path, "/v/interop/") || strings.Contains(path, "..") {
			t.Errorf("the gateway was asked for %s", path)
		}
	}
}

func TestTheDoorIsShut(t *testing.T) {
	local := func(*config.Config, *limit.Limits) {}
	const chat = "/sandbox/ws/chat"
	for name, c := range map[string]struct {
		config  func(*config.Config, *limit.Limits)
		gateway func(*Gateway)
		answer  http.HandlerFunc
		headers []string
		status  int
		code    string
	}{
		"no sandbox":                        {local, func(g *Gateway) { g.Sandbox = false }, behind, nil, 404, "not_found"},
		"a relay with a public name":        {func(c *config.Config, _ *limit.Limits) { c.URL = "https://ferry.example" }, nil, behind, nil, 404, "not_found"},
		"called a sandbox, and is none":     {local, func(g *Gateway) { g.Apart = true }, http.NotFound, nil, 404, "not_found"},
		"a sandbox that refuses us":         {local, func(g *Gateway) { g.Apart = true }, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, `{"rootKey":"ab"}`, http.StatusForbidden) }, nil, 404, "not_found"},
		"another sandbox than the gateway":  {local, func(g *Gateway) { g.Apart, g.RootKey = true, "cd" }, behind, nil, 404, "not_found"},
		"through a proxy":                   {local, nil, behind, []string{"X-Forwarded-For: 192.0.2.1"}, 403, "remote_refused"},
		"through a proxy, from here":        {local, nil, behind, []string{"Forwarded: for=127.0.0.1"}, 403, "remote_refused"},
		"by another name":                   {local, nil, behind, []string{"Host: ferry.example"}, 403, "host_refused"},
		"by a name that only looks like it": {local, nil, behind, []string{"Host: localhost.evil.example"}, 403, "host_refused"},
		"from another site's page":          {local, nil, behind, []string{"Origin: https://evil.example"}, 403, "origin_refused"},
		"from another port's page":          {local, nil, behind, []string{"Origin: http://127.0.0.1:1"}, 403, "origin_refused"},
		"from an opaque page":               {local, nil, behind, []string{"Origin: null"}, 403, "origin_refused"},
		"an image on another site's page":   {local, nil, behind, []string{"Origin:", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"}, 403, "origin_refused"},
		"a link on another port's page":     {local, nil, behind, []string{"Origin:", "Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: navigate"}, 403, "origin_refused"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorldWith(t, builtSite, c.config, func(o *Options) {
				if c.gateway != nil {
					c.gateway(&o.Gateway)
				}
			})
			w.gateway = c.answer
			for _, at := range []string{"GET /sandbox/phones", "POST /sandbox/phones", "GET /qa", "GET " + chat, "POST /sandbox/mms/image/x", "GET /sandbox/v/wa/x", "GET /sandbox/console/app.js"} {
				method, path, _ := strings.Cut(at, " ")
				if a := w.call(method, path, "", c.headers...); a.status != c.status || a.code() != c.code {
					t.Errorf("%s: %d %s", at, a.status, a.body)
				}
			}
			if a := w.call("GET", "/api/config", ""); strings.Contains(a.body, `"sandbox":true`) != (c.status == 403) {
				t.Errorf("the page is told %s", a.body)
			}
			if c.status == 404 {
				if a := w.call("GET", "/qa", "", "Sec-Fetch-Mode: navigate"); a.status != 404 || !strings.Contains(a.body, "Nothing here") {
					t.Errorf("a person at /qa: %d %s", a.status, a.body)
				}
				if _, resp, err := websocket.Dial(t.Context(), "ws"+w.url[4:]+chat, nil); err == nil || resp == nil || resp.StatusCode != 404 { //nolint:bodyclose // closed by Dial
					t.Errorf("a socket opens: %v", err)
				}
			}
		})
	}
}

func TestAPersonMayFollowALinkToTheConsole(t *testing.T) {
	w := newWorld(t, builtSite, nil)
	w.gateway = behind
	link := []string{"Origin:", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"}
	if a := w.call("GET", "/qa", "", link...); a.status != 200 {
		t.Errorf("%+v", a)
	}
	for _, at := range []string{"GET /sandbox/console", "GET /sandbox/phones", "POST /sandbox/reset"} {
		method, path, _ := strings.Cut(at, " ")
		if a := w.call(method, path, "", link...); a.status != 403 {
			t.Errorf("%s: %+v", at, a)
		}
	}
	if a := w.call("GET", "/qa", "", append(link, "Sec-Fetch-Dest: iframe")...); a.status != 403 {
		t.Errorf("in a frame: %+v", a)
	}
}

func TestRemoteCallersAreRefused(t *testing.T) {
	w := newWorld(t, builtSite, nil)
	w.gateway = behind
	for remote, want := range map[string]int{"192.0.2.1:99": 403, "[2001:db8::1]:99": 403, "": 403, "127.0.0.1:99": 200, "[::1]:99": 200} {
		r := httptest.NewRequest("GET", w.url+"/sandbox/phones", nil)
		r.RemoteAddr = remote
		rec := httptest.NewRecorder()
		w.server.Handler().ServeHTTP(rec, r)
		if rec.Code != want {
			t.Errorf("%q: %d %s", remote, rec.Code, rec.Body)
		}
	}
}

func TestASandboxElsewhereIsFoundWhenItIsUp(t *testing.T) {
	w := newWorldWith(t, builtSite, nil, func(o *Options) { o.Gateway.Apart = true })
	w.gateway = behind
	if a := w.call("GET", "/sandbox/phones", ""); a.status != 200 {
		t.Errorf("%+v", a)
	}
	if a := w.call("GET", "/api/config", ""); !strings.Contains(a.body, `"sandbox":true`) {
		t.Errorf("%+v", a)
	}
}

// A page that is loaded meanwhile must not say that there is no sandbox.
func TestASandboxThatIsStartingAgainIsStillOne(t *testing.T) {
	var minutes atomic.Int64
	var gateway atomic.Value
	w := newWorldWith(t, builtSite, nil, func(o *Options) {
		o.Gateway.Apart = true
		o.Now = func() time.Time { return time.Now().Add(time.Duration(minutes.Load()) * time.Minute) }
	})
	w.gateway = func(rw http.ResponseWriter, r *http.Request) { gateway.Load().(http.HandlerFunc)(rw, r) }
	for _, c := range []struct {
		how     string
		gateway http.HandlerFunc
		want    bool
	}{
		{"up", behind, true},
		{"down", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, true},
		{"down behind a proxy", func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusBadGateway) }, true},
		{"up again", behind, true},
		{"a sandbox no longer", http.NotFound, false},
		{"down, and was none", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, false},
	} {
		gateway.Store(c.gateway)
		minutes.Add(1)
		if a := w.call("GET", "/api/config", ""); strings.Contains(a.body, `"sandbox":true`) != c.want {
			t.Errorf("%s: %s", c.how, a.body)
		}
	}
}

func TestThePagesOfAWhatsAppUserAreTheApp(t *testing.T) {
	w := newWorld(t, builtSite, nil)
	for _, path := range []string{"/wa", "/wa/", "/wa/4915112345678", "/wa/4915112345678/chat/7-4242@interop", "/wa/49/chat/a@s.whatsapp.net"} {
		if a := w.call("GET", path, "", "Sec-Fetch-Mode: navigate"); a.status != 200 || a.body != "<title>Ferry</title>" {
			t.Errorf("%s: %+v", path, a)
		}
	}
	if a := w.call("GET", "/wa/app.js", "", "Sec-Fetch-Mode: no-cors"); a.status != 404 {
		t.Errorf("%+v", a)
	}
}

func TestWhatIsTooMuchForTheDoorIsRefused(t *testing.T) {
	w := newWorld(t, builtSite, func(_ *config.Config, l *limit.Limits) {
		l.BodyBytes, l.MediaBytes = 100, 1000
	})
	w.gateway = behind
	if a := w.call("POST", "/sandbox/phones", strings.Repeat("x", 100)); a.status != 200 {
		t.Errorf("%+v", a)
	}
	if a := w.call("POST", "/sandbox/mms/image/x", strings.Repeat("x", 1000)); a.status != 200 {
		t.Errorf("%+v", a)
	}
	for path, n := range map[string]int{"/sandbox/phones": 101, "/sandbox/mms/image/x": 1001} {
		if a := w.call("POST", path, strings.Repeat("x", n)); a.status != 413 || a.code() != "too_big" {
			t.Errorf("%s: %+v", path, a)
		}
		req, _ := http.NewRequest("POST", w.url+path, io.MultiReader(strings.NewReader(strings.Repeat("x", n)))) // of unknown length
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != 413 {
			t.Errorf("%s in chunks: %d", path, resp.StatusCode)
		}
	}
	if a := w.call("OPTIONS", "/sandbox/phones", ""); a.status != 405 {
		t.Errorf("OPTIONS: %+v", a)
	}
}

func TestTooManyAtTheDoorAtOnceAreRefused(t *testing.T) {
	w := newWorld(t, builtSite, func(_ *config.Config, l *limit.Limits) {
		l.SandboxRequests, l.SandboxSockets = 1, 1
	})
	waiting, on := make(chan struct{}), make(chan struct{})
	w.gateway = func(http.ResponseWriter, *http.Request) {
		close(waiting)
		<-on
	}
	var first sync.WaitGroup
	first.Go(func() { w.call("GET", "/sandbox/phones", "") })
	<-waiting
	if a := w.call("GET", "/sandbox/phones", ""); a.status != 503 || a.code() != "busy" || a.header.Get("Retry-After") == "" {
		t.Errorf("%+v", a)
	}
	close(on)
	first.Wait()
	one := w.socket(t)
	defer one.CloseNow()
	comesBack(t, one)
	two := w.socket(t)
	defer two.CloseNow()
	if _, _, err := two.Read(t.Context()); websocket.CloseStatus(err) != 4429 {
		t.Errorf("a second socket: %v", err)
	}
}

func (w *world) socket(t *testing.T) *websocket.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	c, _, err := websocket.Dial(ctx, "ws"+w.url[4:]+"/sandbox/ws/chat", &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {w.url}}}) //nolint:bodyclose // closed by Dial
	if err != nil {
		t.Fatal(err)
	}
	c.SetReadLimit(1 << 20)
	return c
}

func comesBack(t *testing.T, c *websocket.Conn) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	sent := make([]byte, 20000)
	_, _ = rand.Read(sent)
	if err := c.Write(ctx, websocket.MessageBinary, sent); err != nil {
		t.Fatal(err)
	}
	if _, got, err := c.Read(ctx); err != nil || !bytes.Equal(got, sent) {
		t.Fatalf("%d bytes come back: %v", len(got), err)
	}
}

func TestTheChatSocketOfTheSandboxPassesBothWaysAndCloses(t *testing.T) {
	w := newWorld(t, builtSite, nil)
	c := w.socket(t)
	defer c.CloseNow()
	comesBack(t, c)
	comesBack(t, c)
	if err := c.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Errorf("close: %v", err)
	}
	d := w.socket(t)
	defer d.CloseNow()
	comesBack(t, d)
	w.stop() // this relay ends
	if _, _, err := d.Read(t.Context()); websocket.CloseStatus(err) != 4503 {
		t.Errorf("drained: %v", err)
	}
}

func TestFilesAndLogsStreamThroughTheDoor(t *testing.T) {
	w := newWorld(t, builtSite, func(_ *config.Config, l *limit.Limits) {
		l.RequestTime, l.AnswerTime = 50*time.Millisecond, 50*time.Millisecond
	})
	piece := make(chan string)
	w.gateway = func(rw http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			rw.Header().Set("Content-Type", "text/event-stream")
			for range 3 {
				_, _ = io.WriteString(rw, "data: x\n")
				_ = http.NewResponseController(rw).Flush()
				<-piece
			}
			return
		}
		for in := bufio.NewReader(r.Body); ; {
			line, err := in.ReadString('\n')
			if err != nil {
				return
			}
			piece <- line
		}
	}
	body, out := io.Pipe()
	done := make(chan int, 1)
	go func() {
		req, _ := http.NewRequest("POST", w.url+"/sandbox/mms/image/x", body)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			done <- 0
			return
		}
		_ = resp.Body.Close()
		done <- resp.StatusCode
	}()
	for i := range 3 {
		line := fmt.Sprintln(i)
		_, _ = io.WriteString(out, line)
		if got := <-piece; got != line { // before the next one is sent
			t.Errorf("%q", got)
		}
	}
	_ = out.Close()
	if status := <-done; status != 200 {
		t.Errorf("status %d", status)
	}
	resp, err := http.Get(w.url + "/sandbox/log")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // read to the end
	in := bufio.NewReader(resp.Body)
	for range 3 {
		if line, err := in.ReadString('\n'); line != "data: x\n" {
			t.Fatalf("%q %v", line, err)
		}
		piece <- ""
	}
	if _, err := in.ReadByte(); err != io.EOF { //nolint:errorlint // io.Reader's own
		t.Error(err)
	}
}
