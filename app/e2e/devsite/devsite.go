// Package devsite serves a built site with its headers and a relay's account
// API that forgets, for tests and tools of the page that need no relay.
package devsite

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"ferry/app/e2e/mediahost"
	"ferry/app/internal/site"
)

// Server is the handler.
type Server struct {
	dir   string
	site  site.Site
	files map[string]site.File
	media *mediahost.Host

	mu       sync.Mutex
	username string // "" while signed out
}

// New serves the site in a folder.
func New(dir string) (*Server, error) {
	raw, err := os.ReadFile(filepath.Join(dir, "site.json"))
	if err != nil {
		return nil, fmt.Errorf("serve the site: %w", err)
	}
	s := &Server{dir: dir, files: map[string]site.File{}, media: mediahost.New()}
	if err := json.Unmarshal(raw, &s.site); err != nil {
		return nil, fmt.Errorf("serve the site: %w", err)
	}
	for _, f := range s.site.Files {
		s.files["/"+f.Path] = f
	}
	return s, nil
}

// ServeHTTP serves the API, the files, and the shell for all other addresses.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Security-Policy", s.site.CSP)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Referrer-Policy", "no-referrer")
	if strings.HasPrefix(r.URL.Path, "/api/media") {
		s.media.ServeHTTP(w, r)
		return
	}
	if strings.HasPrefix(r.URL.Path, "/api/") {
		s.api(w, r)
		return
	}
	if r.URL.Path == "/tunnel" {
		http.Error(w, "no gateway here", http.StatusBadGateway)
		return
	}
	f, ok := s.files[r.URL.Path]
	switch {
	case !ok && strings.HasPrefix(r.URL.Path, "/assets/"):
		http.NotFound(w, r)
		return
	case !ok:
		f = s.files["/index.html"]
	}
	w.Header().Set("Content-Type", f.Type)
	w.Header().Set("Cache-Control", "no-cache")
	if f.Immutable {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	name := filepath.Join(s.dir, filepath.FromSlash(f.Path))
	if f.Brotli && strings.Contains(r.Header.Get("Accept-Encoding"), "br") {
		w.Header().Set("Content-Encoding", "br")
		name += ".br"
	}
	body, err := os.ReadFile(name)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	_, _ = w.Write(body) // the browser may be gone
}

// api is signed in to by anyone, with any password of eight letters.
func (s *Server) api(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	account := map[string]string{"id": "1000000001", "username": s.username}
	switch r.Method + " " + r.URL.Path {
	case "POST /api/signup", "POST /api/signin":
		var v struct{ Username, Password string }
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16)).Decode(&v); err != nil || len(v.Password) < 8 {
			refuse(w, http.StatusUnauthorized, "wrong_password", "The password is wrong.", "password")
			return
		}
		if v.Username == "taken" {
			refuse(w, http.StatusConflict, "username_taken", "That name is taken.", "username")
			return
		}
		s.username, account["username"] = v.Username, v.Username
		answer(w, map[string]any{"account": account, "session": map[string]string{"id": "s1"}})
	case "GET /api/me":
		if s.username == "" {
			refuse(w, http.StatusUnauthorized, "signed_out", "You are signed out.", "")
			return
		}
		answer(w, account)
	case "POST /api/signout":
		s.username = ""
		answer(w, map[string]any{})
	case "GET /api/sessions":
		at := time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC)
		answer(w, map[string]any{"sessions": []map[string]any{
			{"id": "s1", "device": "Chromium on Linux", "created": at, "lastSeen": at, "current": true},
			{"id": "s2", "device": "Chromium on Android", "created": at.AddDate(0, -1, 0), "lastSeen": at.AddDate(0, 0, -3)},
		}})
	case "GET /api/config":
		answer(w, map[string]any{"build": s.site.Build, "provider": map[string]any{"id": 7, "name": "Ferry"},
			"gateway": map[string]any{"name": "Sandbox", "sandbox": true, "rootKey": "", "echo": "+49 151 00000001"}})
	default:
		refuse(w, http.StatusBadGateway, "gateway_unreachable", "There is no gateway.", "")
	}
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // the browser may be gone
}

func refuse(w http.ResponseWriter, status int, code, message, field string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]string{"code": code, "message": message, "field": field}})
}
