package corelife

import (
	"net/http"
	"sync"
	"testing"

	"ferry/app/e2e/devsite"
)

// swap is a server whose site can be exchanged for a newer one.
type swap struct {
	mu  sync.Mutex
	now http.Handler
}

func (s *swap) use(t *testing.T, dir string) {
	t.Helper()
	h, err := devsite.New(dir)
	if err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = h
}

// ServeHTTP serves the present site.
func (s *swap) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	h := s.now
	s.mu.Unlock()
	h.ServeHTTP(w, r)
}
