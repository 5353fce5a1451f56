//go:build !js

package native_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	files "ferry/app/internal/files/native"
	"ferry/app/internal/link/native"
)

// relay is a small media host over HTTP that can be made to misbehave.
type relay struct {
	*httptest.Server

	mu      sync.Mutex
	uploads map[string]*upload // by id
	files   map[string][]byte  // by direct path
	began   int
	parts   int
	biggest int64
	from    []string // ranges that were asked for
	cut     int      // bytes of the next part after which the connection is cut; 0 for none
	refuse  int      // status of the next answers
	code    string
	send    int // bytes of the next download after which the connection is cut; 0 for none
	forget  bool
}

type upload struct {
	size int64
	hash []byte
	got  []byte
}

func newRelay(t *testing.T) *relay {
	r := &relay{uploads: map[string]*upload{}, files: map[string][]byte{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/media", r.begin)
	mux.HandleFunc("PUT /api/media/{id}", r.put)
	mux.HandleFunc("GET /api/media/file", r.file)
	r.Server = httptest.NewServer(mux)
	t.Cleanup(r.Close)
	return r
}

func (r *relay) client(t *testing.T) *native.Client {
	c, err := native.New(r.URL, "session", nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (r *relay) open(t *testing.T, dir string) *files.Files {
	t.Helper()
	f, err := files.Open(dir, r.client(t))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (r *relay) refused(w http.ResponseWriter, req *http.Request) bool {
	if req.Header.Get("Authorization") != "Bearer session" {
		w.WriteHeader(http.StatusUnauthorized)
		return true
	}
	if r.refuse == 0 {
		return false
	}
	w.WriteHeader(r.refuse)
	fmt.Fprintf(w, `{"error":{"code":%q,"message":"no"}}`, r.code)
	return true
}

func (u *upload) answer(w http.ResponseWriter, id string, r *relay) {
	a := map[string]any{"id": id, "offset": len(u.got), "size": u.size}
	if int64(len(u.got)) == u.size {
		sum := sha256.Sum256(u.got)
		if !bytes.Equal(sum[:], u.hash) {
			delete(r.uploads, id)
			w.WriteHeader(http.StatusUnprocessableEntity)
			io.WriteString(w, `{"error":{"code":"tampered","message":"no"}}`)
			return
		}
		path := "/v/interop/7/" + id + "?f=1"
		r.files[path] = u.got
		a["path"] = path
	}
	json.NewEncoder(w).Encode(a)
}

func (r *relay) begin(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refused(w, req) {
		return
	}
	var q struct {
		Size   int64  `json:"size"`
		SHA256 []byte `json:"sha256"`
	}
	if json.NewDecoder(req.Body).Decode(&q) != nil || len(q.SHA256) != 32 {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	r.began++
	for id, u := range r.uploads {
		if bytes.Equal(u.hash, q.SHA256) {
			u.answer(w, id, r)
			return
		}
	}
	id := fmt.Sprint("up", r.began)
	r.uploads[id] = &upload{size: q.Size, hash: q.SHA256}
	r.uploads[id].answer(w, id, r)
}

func (r *relay) put(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refused(w, req) {
		return
	}
	id := req.PathValue("id")
	if r.forget {
		r.forget = false
		clear(r.uploads)
	}
	u := r.uploads[id]
	if u == nil {
		w.WriteHeader(http.StatusNotFound)
		io.WriteString(w, `{"error":{"code":"not_found","message":"no"}}`)
		return
	}
	var from, to, size int64
	if n, _ := fmt.Sscanf(req.Header.Get("Content-Range"), "bytes %d-%d/%d", &from, &to, &size); n != 3 || size != u.size || to-from+1 != req.ContentLength {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if from != int64(len(u.got)) {
		w.WriteHeader(http.StatusConflict)
		fmt.Fprintf(w, `{"error":{"code":"wrong_offset","message":"no"},"offset":%d}`, len(u.got))
		return
	}
	r.parts++
	r.biggest = max(r.biggest, req.ContentLength)
	if r.cut > 0 {
		b := make([]byte, r.cut)
		n, _ := io.ReadFull(req.Body, b)
		u.got = append(u.got, b[:n]...)
		r.cut = 0
		panic(http.ErrAbortHandler)
	}
	b, err := io.ReadAll(req.Body)
	if err != nil {
		return
	}
	u.got = append(u.got, b...)
	u.answer(w, id, r)
}

func (r *relay) file(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refused(w, req) {
		return
	}
	r.from = append(r.from, req.Header.Get("Range"))
	b, ok := r.files[req.FormValue("path")]
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		io.WriteString(w, `{"error":{"code":"not_found","message":"no"}}`)
		return
	}
	if r.send > 0 {
		w = &stopper{ResponseWriter: w, left: r.send}
		r.send = 0
	}
	http.ServeContent(w, req, "", time.Time{}, strings.NewReader(string(b)))
}

// stopper cuts the connection after some bytes.
type stopper struct {
	http.ResponseWriter
	left int
}

func (s *stopper) Write(b []byte) (int, error) {
	if len(b) > s.left {
		s.ResponseWriter.Write(b[:s.left])
		s.ResponseWriter.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	s.left -= len(b)
	return s.ResponseWriter.Write(b)
}
