package mediahost

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Leave is what uploads to a sandbox's media host need.
const Leave = "good leave"

// Sandbox is the same host behind the door of a sandbox, /sandbox/mms and
// /sandbox/v, where files come whole.
func (h *Host) Sandbox() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /sandbox/mms/{type}/{hash}", h.take)
	mux.HandleFunc("GET /sandbox/v/wa/{id}", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		q.Set("path", strings.TrimPrefix(r.URL.Path, "/sandbox"))
		r.URL.RawQuery = q.Encode()
		h.serve(w, r)
	})
	return mux
}

func (h *Host) take(w http.ResponseWriter, r *http.Request) {
	sum, err := base64.RawURLEncoding.DecodeString(r.PathValue("hash"))
	body, broken := io.ReadAll(r.Body)
	got := sha256.Sum256(body)
	switch {
	case r.URL.Query().Get("auth") != Leave:
		refuse(w, http.StatusUnauthorized, "bad_auth")
	case err != nil || broken != nil || string(got[:]) != string(sum) || r.URL.Query().Get("token") != r.PathValue("hash"):
		refuse(w, http.StatusUnprocessableEntity, "tampered")
	default:
		h.mu.Lock()
		defer h.mu.Unlock()
		id := fmt.Sprintf("%x", got[:8])
		h.files[id] = &stored{size: int64(len(body)), sum: string(got[:]), body: body}
		_ = json.NewEncoder(w).Encode(map[string]string{"direct_path": "/v/wa/" + id + "?f=1"})
	}
}
