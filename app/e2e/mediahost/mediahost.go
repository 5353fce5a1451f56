// Package mediahost is a media host for tests of the browser: in memory, and
// with manners that a test changes.
package mediahost

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Host is a relay's media host in memory. A test changes its manners with
// PUT /api/media/manners: {"cut":n} breaks a connection after so many bytes,
// once, and is down after an upload that broke; {"fail":{"status":…,"code":…}} refuses everything; {"flip":n} changes a
// byte of what is served; {"tail":n} serves so many bytes more, or fewer.
type Host struct {
	mu      sync.Mutex
	files   map[string]*stored // by id, which is also the end of the path
	manners manners
	ranges  []string // what was asked for
}

type stored struct {
	size int64
	sum  string
	body []byte
}

type manners struct {
	Cut  int64 `json:"cut"`
	Flip int64 `json:"flip"`
	Tail int   `json:"tail"`
	Fail struct {
		Status int    `json:"status"`
		Code   string `json:"code"`
	} `json:"fail"`
}

// New gives an empty one, which behaves.
func New() *Host {
	return &Host{files: map[string]*stored{}, manners: manners{Flip: -1}}
}

// ServeHTTP serves /api/media and what is below it.
func (h *Host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/api/media"), "/")
	if name == "manners" {
		h.behave(w, r)
		return
	}
	h.mu.Lock()
	fail := h.manners.Fail
	h.mu.Unlock()
	switch {
	case fail.Status != 0:
		refuse(w, fail.Status, fail.Code)
	case name == "file":
		h.serve(w, r)
	case r.Method == "POST":
		h.begin(w, r)
	case r.Method == "PUT":
		h.put(w, r, name)
	default:
		refuse(w, http.StatusNotFound, "not_found")
	}
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"error":{"code":%q,"message":"No."}}`, code)
}

func (h *Host) behave(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	next := manners{Flip: -1}
	if err := json.NewDecoder(r.Body).Decode(&next); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"ranges": h.ranges})
	h.manners, h.ranges = next, nil
}

func (h *Host) begin(w http.ResponseWriter, r *http.Request) {
	var v struct {
		Size   int64
		SHA256 string
	}
	if err := json.NewDecoder(r.Body).Decode(&v); err != nil {
		refuse(w, http.StatusBadRequest, "bad_request")
		return
	}
	sum, err := base64.StdEncoding.DecodeString(v.SHA256)
	if err != nil || len(sum) != sha256.Size {
		refuse(w, http.StatusBadRequest, "bad_request")
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	id := fmt.Sprintf("%x", sum[:8])
	if h.files[id] == nil {
		h.files[id] = &stored{size: v.Size, sum: string(sum)}
	}
	h.tell(w, id)
}

// tell writes how far an upload is. The caller holds the lock.
func (h *Host) tell(w http.ResponseWriter, id string) {
	f := h.files[id]
	v := map[string]any{"id": id, "offset": len(f.body), "size": f.size}
	if int64(len(f.body)) == f.size {
		if sum := sha256.Sum256(f.body); string(sum[:]) != f.sum {
			delete(h.files, id)
			refuse(w, http.StatusUnprocessableEntity, "tampered")
			return
		}
		v["path"] = "/v/interop/7/" + id + "?x=1"
	}
	_ = json.NewEncoder(w).Encode(v)
}

func (h *Host) put(w http.ResponseWriter, r *http.Request, id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f := h.files[id]
	var from, to, size int64
	if _, err := fmt.Sscanf(r.Header.Get("Content-Range"), "bytes %d-%d/%d", &from, &to, &size); err != nil || f == nil || size != f.size || to-from >= 8<<20 {
		refuse(w, http.StatusBadRequest, "bad_request")
		return
	}
	if from != int64(len(f.body)) {
		w.WriteHeader(http.StatusConflict)
		fmt.Fprintf(w, `{"error":{"code":"wrong_offset"},"offset":%d}`, len(f.body))
		return
	}
	body := io.Reader(r.Body)
	cut := h.manners.Cut
	if cut > 0 {
		body = io.LimitReader(body, cut)
	}
	got, _ := io.ReadAll(body) // what arrived counts
	f.body = append(f.body, got...)
	if cut > 0 {
		h.manners.Cut = 0
		h.manners.Fail.Status, h.manners.Fail.Code = 503, "down" // browsers try again by themselves
		panic(http.ErrAbortHandler)
	}
	h.tell(w, id)
}

func (h *Host) serve(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	path, _, _ := strings.Cut(r.URL.Query().Get("path"), "?")
	f := h.files[path[strings.LastIndexByte(path, '/')+1:]]
	if f == nil {
		refuse(w, http.StatusNotFound, "not_found")
		return
	}
	h.ranges = append(h.ranges, r.Header.Get("Range"))
	body := bytes.Clone(f.body)
	if n := h.manners.Flip; n >= 0 && n < int64(len(body)) {
		body[n] ^= 1
	}
	if n := h.manners.Tail; n < 0 {
		body = body[:len(body)+n]
	} else {
		body = append(body, make([]byte, n)...)
	}
	if cut := h.manners.Cut; cut > 0 {
		h.manners.Cut = 0
		w = &cutter{ResponseWriter: w, left: cut}
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// cutter breaks the connection after some bytes.
type cutter struct {
	http.ResponseWriter
	left int64
}

func (c *cutter) Write(b []byte) (int, error) {
	if int64(len(b)) <= c.left {
		c.left -= int64(len(b))
		return c.ResponseWriter.Write(b)
	}
	_, _ = c.ResponseWriter.Write(b[:c.left])
	if f, ok := c.ResponseWriter.(http.Flusher); ok {
		f.Flush()
	}
	panic(http.ErrAbortHandler)
}
