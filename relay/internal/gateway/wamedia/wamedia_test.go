package wamedia

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"ferry/relay/internal/bus"
	"ferry/relay/wire"
)

// world is a host behind a real HTTP server, with a clock of its own.
type world struct {
	t    *testing.T
	host *Host
	url  string
	now  time.Time
}

func newWorld(t *testing.T, limits Limits) *world {
	t.Helper()
	b, err := bus.Open(t.Context(), bus.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	w := &world{t: t, now: time.Now()}
	w.host, err = New(t.Context(), Config{
		Bus: b, Limits: limits, Now: func() time.Time { return w.now }, Rand: rand.Reader, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc(UploadPattern, w.host.Upload)
	mux.HandleFunc(DownloadPattern, w.host.Download)
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	w.url = srv.URL
	return w
}

func sum(b []byte) string {
	h := sha256.Sum256(b)
	return base64.URLEncoding.EncodeToString(h[:])
}

func (w *world) path(hash string) string {
	auth, _ := w.host.Grant("anna")
	return "/mms/image/" + hash + "?auth=" + auth + "&token=" + hash
}

func (w *world) post(path string, body io.Reader) (status int, a uploaded, code string) {
	w.t.Helper()
	resp, err := http.Post(w.url+path, "", body)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // read to the end
	raw, _ := io.ReadAll(resp.Body)
	var e struct{ Error struct{ Code string } }
	_ = json.Unmarshal(raw, &e)
	_ = json.Unmarshal(raw, &a)
	return resp.StatusCode, a, e.Error.Code
}

func (w *world) get(path, ranged string) (*http.Response, []byte) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.url+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	if ranged != "" {
		r.Header.Set("Range", ranged)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // read to the end
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return resp, b
}

func TestAFileThatWasUploadedCanBeFetchedWholeAndInRanges(t *testing.T) {
	w := newWorld(t, Limits{})
	for _, size := range []int{1, 1000, 1<<20 - 256, 1<<20 - 255, 3<<20 + 7} {
		file := make([]byte, size)
		_, _ = rand.Read(file)
		status, a, _ := w.post(w.path(sum(file)), bytes.NewReader(file))
		if status != 200 || !strings.HasPrefix(a.DirectPath, "/v/wa/") || !strings.Contains(a.DirectPath, "?") || !strings.HasSuffix(a.URL, a.DirectPath) {
			t.Fatalf("%d bytes: %d, %+v", size, status, a)
		}
		resp, got := w.get(a.DirectPath+"&hash=x", "")
		if resp.StatusCode != 200 || !bytes.Equal(got, file) || resp.Header.Get("Content-Type") != "application/octet-stream" {
			t.Errorf("%d bytes: %d, %d bytes came back", size, resp.StatusCode, len(got))
		}
		for _, x := range [][2]int{{0, 0}, {size / 2, size - 1}, {max(0, size-300), size - 1}, {size / 3, size / 2}} {
			resp, got := w.get(a.DirectPath, fmt.Sprintf("bytes=%d-%d", x[0], x[1]))
			if resp.StatusCode != 206 || !bytes.Equal(got, file[x[0]:x[1]+1]) {
				t.Errorf("%d bytes, %v: %d, %d bytes came back", size, x, resp.StatusCode, len(got))
			}
		}
		if resp, _ := w.get(a.DirectPath, fmt.Sprintf("bytes=%d-", size)); resp.StatusCode != 416 {
			t.Errorf("past the end: %d", resp.StatusCode)
		}
	}
}

func TestTheSameFileHasAnotherPathEachTime(t *testing.T) {
	w := newWorld(t, Limits{})
	file := []byte("file")
	_, a, _ := w.post(w.path(sum(file)), bytes.NewReader(file))
	_, b, _ := w.post(w.path(strings.TrimRight(sum(file), "=")), bytes.NewReader(file)) // Baileys strips the padding
	if a.DirectPath == "" || b.DirectPath == "" || a.DirectPath == b.DirectPath || strings.Contains(a.DirectPath, strings.TrimRight(sum(file), "=")) {
		t.Errorf("%q and %q", a.DirectPath, b.DirectPath)
	}
}

func TestABadUploadIsRefusedAndLeavesNothing(t *testing.T) {
	w := newWorld(t, Limits{File: 2 << 20})
	file := bytes.Repeat([]byte("x"), 100)
	good := w.path(sum(file))
	auth, _ := w.host.Grant("anna")
	w.now = w.now.Add(-24 * time.Hour)
	old, _ := w.host.Grant("anna")
	w.now = w.now.Add(24 * time.Hour)
	big := make([]byte, 2<<20+1)
	for _, tt := range []struct {
		what, path string
		body       io.Reader
		status     int
		code       string
	}{
		{"no authorisation", "/mms/image/" + sum(file), bytes.NewReader(file), 401, "bad_auth"},
		{"one of nonsense", "/mms/image/" + sum(file) + "?auth=abc", bytes.NewReader(file), 401, "bad_auth"},
		{"one that was changed", "/mms/image/" + sum(file) + "?auth=B" + auth[1:], bytes.NewReader(file), 401, "bad_auth"},
		{"one of yesterday", "/mms/image/" + sum(file) + "?auth=" + old, bytes.NewReader(file), 401, "bad_auth"},
		{"no hash", w.path("abc"), bytes.NewReader(file), 400, "bad_request"},
		{"a strange type", strings.Replace(good, "image", "IMAGE%20", 1), bytes.NewReader(file), 400, "bad_request"},
		{"other bytes", good, bytes.NewReader(append(file, 'y')), 422, "tampered"},
		{"fewer bytes", good, bytes.NewReader(file[:99]), 422, "tampered"},
		{"none", good, http.NoBody, 422, "tampered"},
		{"announced as too big", w.path(sum(big)), bytes.NewReader(big), 413, "too_big"},
		{"too big, not announced", w.path(sum(big)), io.MultiReader(bytes.NewReader(big)), 413, "too_big"},
	} {
		if status, _, code := w.post(tt.path, tt.body); status != tt.status || code != tt.code {
			t.Errorf("%s: %d %s, want %d %s", tt.what, status, code, tt.status, tt.code)
		}
	}
	if _, blocks, err := w.host.blobs.Stored(t.Context()); err != nil || blocks != 0 {
		t.Errorf("%d blocks are left, %v", blocks, err)
	}
}

func TestAnUploadThatBreaksOffLeavesNothing(t *testing.T) {
	w := newWorld(t, Limits{})
	file := make([]byte, 3<<20)
	conn, err := net.Dial("tcp", strings.TrimPrefix(w.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	_, _ = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", w.path(sum(file)), len(file))
	_, _ = conn.Write(file[:2<<20])
	_ = conn.(*net.TCPConn).CloseWrite()
	answer, _ := io.ReadAll(conn)
	_ = conn.Close()
	if !bytes.Contains(answer, []byte(" 400 ")) {
		t.Errorf("answered with %q", answer)
	}
	if _, blocks, err := w.host.blobs.Stored(t.Context()); err != nil || blocks != 0 {
		t.Errorf("%d blocks are left, %v", blocks, err)
	}
}

func TestAFullHostTakesNoMore(t *testing.T) {
	w := newWorld(t, Limits{Stored: 1 << 20})
	file := make([]byte, 600<<10)
	if status, _, _ := w.post(w.path(sum(file)), bytes.NewReader(file)); status != 200 {
		t.Fatalf("the first: %d", status)
	}
	if status, _, code := w.post(w.path(sum(file)), bytes.NewReader(file)); status != 507 || code != "full" {
		t.Errorf("the second: %d %s", status, code)
	}
}

func TestASlowUploadIsEnded(t *testing.T) {
	w := newWorld(t, Limits{Grace: 200 * time.Millisecond, MinRate: 1 << 30})
	r, body := io.Pipe()
	defer body.Close() //nolint:errcheck // a test's
	go func() { _, _ = body.Write([]byte("a few bytes")) }()
	resp, err := http.Post(w.url+w.path(sum(nil)), "", r)
	if err == nil {
		_ = resp.Body.Close()
		if resp.StatusCode != 400 {
			t.Errorf("answered with %d", resp.StatusCode)
		}
	}
}

func TestWhatIsNotThereIsSaidToBeSo(t *testing.T) {
	w := newWorld(t, Limits{Life: time.Hour})
	file := []byte("file")
	_, a, _ := w.post(w.path(sum(file)), bytes.NewReader(file))
	unknown, _ := w.host.newToken()
	for path, want := range map[string]int{
		a.DirectPath: 200, wire.GatewayMediaPath(unknown): 404, "/v/wa/abc": 404, "/v/wa/%2e%2e%2fx": 404, "/v/wa/file." + unknown: 404,
		"/v/wa/key": 404,
	} {
		if resp, _ := w.get(path, ""); resp.StatusCode != want {
			t.Errorf("%s: %d, want %d", path, resp.StatusCode, want)
		}
	}
	w.now = w.now.Add(time.Hour)
	if resp, _ := w.get(a.DirectPath, ""); resp.StatusCode != 410 {
		t.Errorf("after its time: %d", resp.StatusCode)
	}
}

func TestOneAccountCannotTakeAllPlaces(t *testing.T) {
	w := newWorld(t, Limits{Uploads: 1, AllUploads: 2})
	file := []byte("file")
	hold := func(account string) (leave func()) {
		auth, _ := w.host.Grant(account)
		id, ok := w.host.auth.check(auth)
		if !ok {
			t.Fatal("own authorisation is not accepted")
		}
		leave, _ = w.host.busy.enter(id)
		return leave
	}
	one := hold("anna")
	if status, _, code := w.post(w.path(sum(file)), bytes.NewReader(file)); status != 429 || code != "too_many" {
		t.Errorf("a second of one account: %d %s", status, code)
	}
	one()
	two, three := hold("bert"), hold("carla")
	if status, _, code := w.post(w.path(sum(file)), bytes.NewReader(file)); status != 503 || code != "busy" {
		t.Errorf("a third: %d %s", status, code)
	}
	two()
	three()
	if status, _, _ := w.post(w.path(sum(file)), bytes.NewReader(file)); status != 200 {
		t.Errorf("afterwards: %d", status)
	}
	if len(w.host.busy.by) != 0 {
		t.Errorf("still counted: %s", strconv.Itoa(len(w.host.busy.by)))
	}
}

func TestAllNodesGiveOutTheSameAuthorisations(t *testing.T) {
	b, err := bus.Open(t.Context(), bus.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	cfg := Config{Bus: b, Now: time.Now, Rand: rand.Reader, Log: slog.New(slog.DiscardHandler)}
	one, err1 := New(t.Context(), cfg)
	two, err2 := New(t.Context(), cfg)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	auth, _ := one.Grant("anna")
	if _, ok := two.auth.check(auth); !ok {
		t.Error("the other node does not know it")
	}
}
