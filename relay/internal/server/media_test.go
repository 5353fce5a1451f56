package server

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"ferry/relay/internal/config"
	"ferry/relay/internal/limit"
)

func TestAFileIsUploadedInPartsAndFetchedInRanges(t *testing.T) {
	w := mediaWorld(t, nil)
	data := someBytes(1, 1<<20+5000)
	a := w.call("POST", "/api/media", announce(data))
	u := a.upload(t)
	if a.status != 201 || u.Offset != 0 || u.Size != len(data) || u.Path != "" || u.ID == "" {
		t.Fatalf("%+v", a)
	}
	if a = w.put(u.ID, data, 0, 1<<20); a.status != 200 || a.upload(t).Offset != 1<<20 {
		t.Fatalf("%+v", a)
	}
	if a = w.call("POST", "/api/media", announce(data)); a.status != 200 || a.upload(t).ID != u.ID || a.upload(t).Offset != 1<<20 {
		t.Fatalf("asked again: %+v", a)
	}
	if a = w.call("GET", "/api/media/"+u.ID, ""); a.status != 200 || a.upload(t).Offset != 1<<20 || a.upload(t).Path != "" {
		t.Fatalf("%+v", a)
	}
	u = w.put(u.ID, data, 1<<20, len(data)).upload(t)
	if u.Path != "/v/interop/7/"+u.ID+"?f=1" || u.Offset != len(data) {
		t.Fatalf("%+v", u)
	}
	if a = w.call("GET", "/api/media/"+u.ID, ""); a.upload(t).Path != u.Path {
		t.Fatalf("%+v", a)
	}
	etag := `"` + hex.EncodeToString(sum(data)) + `"`
	size := len(data)
	anybody := &world{t: t, url: w.url}
	for _, from := range []struct {
		w    *world
		path string
	}{{w, "/api/media/file?path=" + url.QueryEscape(u.Path)}, {anybody, "/m/" + tokenOf(u.Path)}} {
		for _, c := range []struct {
			method, header string
			status         int
			first, last    int
		}{
			{"GET", "", 200, 0, size - 1},
			{"HEAD", "", 200, 0, -1},
			{"GET", "Range: bytes=0-0", 206, 0, 0},
			{"GET", "Range: bytes=1048570-1048590", 206, 1048570, 1048590},
			{"GET", "Range: bytes=1000000-", 206, 1000000, size - 1},
			{"GET", "Range: bytes=-10", 206, size - 10, size - 1},
			{"GET", "Range: bytes=5-99999999999", 206, 5, size - 1},
			{"GET", "Range: bytes=9-5", 200, 0, size - 1},
			{"GET", "Range: bytes=0-1,5-6", 200, 0, size - 1},
			{"GET", "Range: items=0-1", 200, 0, size - 1},
			{"GET", "Range: bytes=" + fmt.Sprint(size) + "-", 416, 0, -1},
			{"GET", "Range: bytes=-0", 416, 0, -1},
			{"GET", "If-None-Match: " + etag, 304, 0, -1},
		} {
			a := from.w.call(c.method, from.path, "", c.header)
			if a.status != c.status || c.status < 300 && a.body != string(data[c.first:c.last+1]) {
				t.Errorf("%s %s %q: %d, %d bytes", c.method, from.path[:6], c.header, a.status, len(a.body))
				continue
			}
			if c.status == 206 && a.header.Get("Content-Range") != fmt.Sprintf("bytes %d-%d/%d", c.first, c.last, size) {
				t.Errorf("%q: %v", c.header, a.header)
			}
			if c.status == 416 && (a.code() != "bad_range" || a.header.Get("Content-Range") != fmt.Sprintf("bytes */%d", size)) {
				t.Errorf("%q: %v %s", c.header, a.header, a.body)
			}
			if c.status < 300 && (a.header.Get("ETag") != etag || a.header.Get("Accept-Ranges") != "bytes") {
				t.Errorf("%q: %v", c.header, a.header)
			}
			if c.status < 300 {
				checkHarmless(t, a)
			}
		}
	}
}

func checkHarmless(t *testing.T, a answer) {
	t.Helper()
	for name, want := range map[string]string{
		"Content-Type": "application/octet-stream", "Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff",
		"Content-Security-Policy": "default-src 'none'; sandbox", "Cache-Control": "private, no-store",
	} {
		if got := a.header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func sum(b []byte) []byte {
	s := sha256.Sum256(b)
	return s[:]
}

func TestTheMediaHostRefuses(t *testing.T) {
	w := mediaWorld(t, func(_ *config.Config, l *limit.Limits) {
		l.MediaBytes, l.MediaAccountBytes = 5000, 12000
	})
	berta, nobody := w.as("berta"), &world{t: t, url: w.url}
	data, done := someBytes(1, 4000), someBytes(2, 4000)
	u, whole := w.call("POST", "/api/media", announce(data)).upload(t), w.sent(done)
	if a := w.put(u.ID, data, 0, 1000); a.status != 200 {
		t.Fatalf("%+v", a)
	}
	hash := base64.StdEncoding.EncodeToString(sum(someBytes(3, 10)))
	id, file := "/api/media/"+u.ID, "/api/media/file?path="
	own := url.QueryEscape(whole.Path)
	part := "Content-Range: bytes 1000-1009/4000"
	ten := string(data[1000:1010])
	for _, c := range []struct {
		name               string
		w                  *world
		method, path, body string
		headers            []string
		status             int
		code               string
	}{
		// A beginning.
		{"no session", nobody, "POST", "/api/media", announce(data), nil, 401, "signed_out"},
		{"a foreign page", w, "POST", "/api/media", announce(data), []string{"Origin: https://evil.example"}, 403, "bad_origin"},
		{"a cookie without a page", w, "POST", "/api/media", announce(data), []string{"Origin:"}, 403, "bad_origin"},
		{"too big", w, "POST", "/api/media", `{"size":5001,"sha256":"` + hash + `"}`, nil, 413, "too_big"},
		{"bigger than a number", w, "POST", "/api/media", `{"size":99999999999999999999,"sha256":"` + hash + `"}`, nil, 400, "bad_json"},
		{"empty", w, "POST", "/api/media", `{"size":0,"sha256":"` + hash + `"}`, nil, 400, "bad_request"},
		{"negative", w, "POST", "/api/media", `{"size":-5,"sha256":"` + hash + `"}`, nil, 400, "bad_request"},
		{"a short hash", w, "POST", "/api/media", `{"size":5,"sha256":"AAAA"}`, nil, 400, "bad_request"},
		{"no hash", w, "POST", "/api/media", `{"size":5}`, nil, 400, "bad_request"},
		{"no JSON", w, "POST", "/api/media", `size=5`, []string{"Content-Type: text/plain"}, 415, "want_json"},
		{"a huge body", w, "POST", "/api/media", `{"size":5,"sha256":"` + strings.Repeat("A", 20000) + `"}`, nil, 413, "too_big"},
		{"over quota", w, "POST", "/api/media", announce(someBytes(4, 4001)), nil, 403, "over_quota"},
		// A part.
		{"part: no session", nobody, "PUT", id, ten, []string{part}, 401, "signed_out"},
		{"part: a foreign page", w, "PUT", id, ten, []string{part, "Origin: https://evil.example"}, 403, "bad_origin"},
		{"part: wrong owner", berta, "PUT", id, ten, []string{part}, 404, "not_found"},
		{"part: unknown", w, "PUT", "/api/media/ABCDEFGHIJKLMNOPQRSTUVWXYZ", ten, []string{part}, 404, "not_found"},
		{"part: the word file", w, "PUT", "/api/media/file", ten, []string{part}, 404, "not_found"},
		{"part: traversal", w, "PUT", "/api/media/..%2f..%2fme", ten, []string{part}, 404, "not_found"},
		{"part: a pattern", w, "PUT", "/api/media/%2a", ten, []string{part}, 404, "not_found"},
		{"part: of nothing", w, "PUT", id, ten, nil, 400, "bad_request"},
		{"part: no range", w, "PUT", id, ten, []string{"Content-Range: bytes */4000"}, 400, "bad_request"},
		{"part: without a size", w, "PUT", id, ten, []string{"Content-Range: bytes 1000-1009/*"}, 400, "bad_request"},
		{"part: another unit", w, "PUT", id, ten, []string{"Content-Range: lines 1000-1009/4000"}, 400, "bad_request"},
		{"part: signs", w, "PUT", id, ten, []string{"Content-Range: bytes +1000-+1009/4000"}, 400, "bad_request"},
		{"part: backwards", w, "PUT", id, ten, []string{"Content-Range: bytes 1009-1000/4000"}, 400, "bad_request"},
		{"part: a huge number", w, "PUT", id, ten, []string{"Content-Range: bytes 1000-9223372036854775807/9223372036854775807"}, 400, "bad_request"},
		{"part: longer than its range", w, "PUT", id, ten + "x", []string{part}, 400, "bad_request"},
		{"part: shorter than its range", w, "PUT", id, ten[:9], []string{part}, 400, "bad_request"},
		{"part: compressed", w, "PUT", id, ten, []string{part, "Content-Encoding: gzip"}, 400, "bad_request"},
		{"part: a gap", w, "PUT", id, ten, []string{"Content-Range: bytes 1001-1010/4000"}, 409, "wrong_offset"},
		{"part: overlapping", w, "PUT", id, ten, []string{"Content-Range: bytes 995-1004/4000"}, 409, "wrong_offset"},
		{"part: beyond the size", w, "PUT", id, string(data[1000:]) + "x", []string{"Content-Range: bytes 1000-4000/4000"}, 413, "too_big"},
		{"part: another size", w, "PUT", id, ten, []string{"Content-Range: bytes 1000-1009/3000"}, 400, "bad_request"},
		{"part: after the end", w, "PUT", "/api/media/" + whole.ID, ten, []string{part}, 409, "wrong_offset"},
		// Status and removal.
		{"status: no session", nobody, "GET", id, "", nil, 401, "signed_out"},
		{"status: wrong owner", berta, "GET", id, "", nil, 404, "not_found"},
		{"removal: wrong owner", berta, "DELETE", id, "", nil, 404, "not_found"},
		{"removal: another's file", berta, "DELETE", "/api/media/" + whole.ID, "", nil, 404, "not_found"},
		{"removal: a foreign page", w, "DELETE", id, "", []string{"Origin: https://evil.example"}, 403, "bad_origin"},
		// A file.
		{"file: no session", nobody, "GET", file + own, "", nil, 401, "signed_out"},
		{"file: unfinished", w, "GET", file + url.QueryEscape("/v/interop/7/"+u.ID+"?f=1"), "", nil, 404, "not_found"},
		{"file: unknown", w, "GET", file + url.QueryEscape("/v/interop/7/ABCDEFGHIJKLMNOPQRSTUVWXYZ?f=1"), "", nil, 404, "not_found"},
		{"file: nothing", w, "GET", "/api/media/file", "", nil, 400, "bad_request"},
		{"file: another provider's", w, "GET", file + url.QueryEscape("/v/interop/8/"+whole.ID+"?f=1"), "", nil, 400, "bad_request"},
		{"file: no query", w, "GET", file + url.QueryEscape("/v/interop/7/"+whole.ID), "", nil, 400, "bad_request"},
		{"file: another query", w, "GET", file + url.QueryEscape(whole.Path+"&x=1"), "", nil, 400, "bad_request"},
		{"file: a fragment", w, "GET", file + url.QueryEscape(whole.Path+"#x"), "", nil, 400, "bad_request"},
		{"file: traversal", w, "GET", file + url.QueryEscape("/v/interop/7/../7/"+whole.ID+"?f=1"), "", nil, 400, "bad_request"},
		{"file: traversal, escaped", w, "GET", file + url.QueryEscape("/v/wa/..%2f..%2fsandbox?f=1"), "", nil, 400, "bad_request"},
		{"file: traversal at the gateway", w, "GET", file + url.QueryEscape("/v/wa/../../sandbox?f=1"), "", nil, 400, "bad_request"},
		{"file: dots", w, "GET", file + url.QueryEscape("/v/wa/..?f=1"), "", nil, 400, "bad_request"},
		{"file: a host", w, "GET", file + url.QueryEscape("//evil.example/v/wa/abc?f=1"), "", nil, 400, "bad_request"},
		{"file: an address", w, "GET", file + url.QueryEscape("http://evil.example/v/wa/abc?f=1"), "", nil, 400, "bad_request"},
		{"file: a host in the token", w, "GET", file + url.QueryEscape("/v/wa/@evil.example?f=1"), "", nil, 400, "bad_request"},
		{"file: a query in the token", w, "GET", file + url.QueryEscape("/v/wa/abc?x=1?f=1"), "", nil, 400, "bad_request"},
		{"file: a line break", w, "GET", file + url.QueryEscape("/v/wa/abc\r\nX: y?f=1"), "", nil, 400, "bad_request"},
		{"file: a zero byte", w, "GET", file + url.QueryEscape("/v/wa/abc\x00?f=1"), "", nil, 400, "bad_request"},
		{"file: letters of other scripts", w, "GET", file + url.QueryEscape("/v/wa/аbc?f=1"), "", nil, 400, "bad_request"},
		{"file: no token", w, "GET", file + url.QueryEscape("/v/wa/?f=1"), "", nil, 400, "bad_request"},
		{"file: a long token", w, "GET", file + url.QueryEscape("/v/wa/"+strings.Repeat("a", 5000)+"?f=1"), "", nil, 400, "bad_request"},
		{"file: another place", w, "GET", file + url.QueryEscape("/v/t62.7118-24/abc?f=1"), "", nil, 400, "bad_request"},
		{"file: two paths", w, "GET", file + "x&path=" + own, "", nil, 400, "bad_request"},
		{"public: unknown", nobody, "GET", "/m/ABCDEFGHIJKLMNOPQRSTUVWXYZ", "", nil, 404, "not_found"},
		{"public: unfinished", nobody, "GET", "/m/" + u.ID, "", nil, 404, "not_found"},
		{"public: small letters", nobody, "GET", "/m/" + strings.ToLower(whole.ID), "", nil, 404, "not_found"},
		{"public: traversal", nobody, "GET", "/m/..%2fapi%2fme", "", nil, 404, "not_found"},
	} {
		a := c.w.call(c.method, c.path, c.body, c.headers...)
		if a.status != c.status || a.code() != c.code {
			t.Errorf("%s: %d %s, want %d %s", c.name, a.status, a.body, c.status, c.code)
		}
		if c.code == "wrong_offset" && c.path == id && a.upload(t).Offset != 1000 {
			t.Errorf("%s: %s does not say where it goes on", c.name, a.body)
		}
	}
	if a := w.put(u.ID, data, 1000, 4000); a.status != 200 || a.upload(t).Path == "" {
		t.Errorf("after all that: %+v", a)
	}
}

func TestTheWrongBytesAreTamperedAndGone(t *testing.T) {
	w := mediaWorld(t, nil)
	data := someBytes(1, 4000)
	u := w.call("POST", "/api/media", announce(data)).upload(t)
	data[7] ^= 1
	if a := w.put(u.ID, data, 0, 4000); a.status != 422 || a.code() != "tampered" {
		t.Fatalf("%+v", a)
	}
	if a := w.call("GET", "/api/media/"+u.ID, ""); a.status != 410 || a.code() != "expired" {
		t.Fatalf("%+v", a)
	}
}

func TestAFileExpires(t *testing.T) {
	w := mediaWorld(t, func(_ *config.Config, l *limit.Limits) { l.MediaAge = time.Hour })
	u := w.sent(someBytes(1, 4000))
	w.ahead.Store(int64(61 * time.Minute))
	for _, path := range []string{"/m/" + u.ID, "/api/media/file?path=" + url.QueryEscape(u.Path), "/api/media/" + u.ID} {
		if a := w.call("GET", path, ""); a.status != 410 || a.code() != "expired" {
			t.Errorf("%s: %+v", path, a)
		}
	}
}

func TestAFileOfTheGatewaysPassesThrough(t *testing.T) {
	w := mediaWorld(t, func(_ *config.Config, l *limit.Limits) { l.MediaBytes = 1 << 20 })
	data := someBytes(1, 100_000)
	var mu sync.Mutex
	var asked []string
	w.gateway = func(rw http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked = append(asked, r.Method+" "+r.URL.RequestURI()+" "+r.Header.Get("Range")+r.Header.Get("Cookie")+r.Header.Get("Authorization"))
		mu.Unlock()
		rw.Header().Set("Content-Type", "text/html")
		rw.Header().Set("Set-Cookie", "x=y")
		switch r.URL.Path {
		case "/v/wa/whole":
			http.ServeContent(rw, r, "", time.Time{}, bytes.NewReader(data))
		case "/v/wa/gone":
			rw.WriteHeader(410)
		case "/v/wa/busy":
			rw.WriteHeader(429)
		case "/v/wa/broken":
			rw.WriteHeader(500)
		case "/v/wa/redirect":
			http.Redirect(rw, r, "/v/wa/whole", http.StatusFound)
		case "/v/wa/giant":
			rw.Header().Set("Content-Length", "1048577")
		case "/v/wa/endless":
			_, _ = rw.Write(data)
			rw.(http.Flusher).Flush()
			_, _ = rw.Write(data)
		case "/v/wa/short":
			rw.Header().Set("Content-Length", "100001")
			_, _ = rw.Write(data)
		case "/v/wa/swapped":
			rw.Header().Set("Content-Range", "bytes 5-9/100000")
			rw.WriteHeader(206)
			_, _ = rw.Write(data[5:10])
		default:
			rw.WriteHeader(404)
		}
	}
	for _, c := range []struct {
		method, token, header string
		status                int
		code, body            string
		contentRange          string
	}{
		{"GET", "whole", "", 200, "", string(data), ""},
		{"HEAD", "whole", "", 200, "", "", ""},
		{"GET", "whole", "Range: bytes=10-19", 206, "", string(data[10:20]), "bytes 10-19/100000"},
		{"GET", "whole", "Range: bytes=-7", 206, "", string(data[99993:]), "bytes 99993-99999/100000"},
		{"GET", "whole", "Range: bytes=0-1,4-5", 200, "", string(data), ""},
		{"GET", "whole", "Range: bytes=100000-", 416, "bad_range", "", "bytes */100000"},
		{"GET", "nothing", "", 404, "not_found", "", ""},
		{"GET", "gone", "", 410, "expired", "", ""},
		{"GET", "busy", "", 429, "too_many", "", ""},
		{"GET", "broken", "", 502, "gateway_unreachable", "", ""},
		{"GET", "redirect", "", 502, "gateway_unreachable", "", ""},
		{"GET", "giant", "", 413, "too_big", "", ""},
		{"GET", "endless", "", 502, "gateway_unreachable", "", ""},
		{"GET", "swapped", "", 502, "gateway_unreachable", "", ""},
		{"GET", "swapped", "Range: bytes=10-19", 502, "gateway_unreachable", "", ""},
	} {
		a := w.call(c.method, "/api/media/file?path="+url.QueryEscape("/v/wa/"+c.token+"?f=1"), "", c.header)
		if a.status != c.status || a.code() != c.code || c.status < 300 && a.body != c.body || a.header.Get("Content-Range") != c.contentRange {
			t.Errorf("%s %s %q: %d %.100q %q", c.method, c.token, c.header, a.status, a.body, a.header.Get("Content-Range"))
		}
		if a.header.Get("Set-Cookie") != "" {
			t.Errorf("%s: the gateway's headers pass", c.token)
		}
		if c.status < 300 {
			checkHarmless(t, a)
		}
	}
	if len(asked) == 0 || asked[0] != "GET /v/wa/whole?f=1 " {
		t.Errorf("asked %q", asked)
	}
	req, err := http.NewRequestWithContext(t.Context(), "GET", w.url+"/api/media/file?path="+url.QueryEscape("/v/wa/short?f=1"), nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := (&http.Client{Jar: w.jar}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // a test
	if _, err := io.Copy(io.Discard, resp.Body); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a file that ends early: %v", err)
	}
}
