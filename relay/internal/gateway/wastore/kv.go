// Package wastore keeps one whatsmeow device (keys, sessions, prekeys, contacts) in a small key-value
// store, so that a sandbox user survives restarts without a SQL database.
//
// A [Container] is one device. It reads everything at [Open] and answers reads from memory; writes go to
// the store before they are visible. What whatsmeow changes together is committed together, through a
// one-record journal that Open replays: a crash never leaves an advanced ratchet without its plaintext.
// Only one process may have a container open over the same keys.
package wastore

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// KV is the store underneath: durable when a call returns. Keys are text with '.' between levels.
type KV interface {
	// Get returns the value of a key, and false if there is none.
	Get(ctx context.Context, key string) ([]byte, bool, error)
	Put(ctx context.Context, key string, value []byte) error
	// Delete removes a key; a key that is not there is no error.
	Delete(ctx context.Context, key string) error
	// List returns all keys that begin with prefix, which ends at a level ("echo.") and is never empty.
	List(ctx context.Context, prefix string) (map[string][]byte, error)
}

// Memory is a KV that forgets at exit, for tests. The zero value is ready.
type Memory struct {
	mu sync.Mutex
	m  map[string][]byte
}

// NewMemory returns an empty store.
func NewMemory() *Memory { return &Memory{} }

func (s *Memory) Get(_ context.Context, key string) ([]byte, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.m[key]
	return slices.Clone(v), ok, nil
}

func (s *Memory) Put(_ context.Context, key string, value []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.m == nil {
		s.m = make(map[string][]byte)
	}
	s.m[key] = slices.Clone(value)
	return nil
}

func (s *Memory) Delete(_ context.Context, key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.m, key)
	return nil
}

func (s *Memory) List(_ context.Context, prefix string) (map[string][]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make(map[string][]byte)
	for k, v := range s.m {
		if strings.HasPrefix(k, prefix) {
			out[k] = slices.Clone(v)
		}
	}
	return out, nil
}

// Clone returns a copy of what is stored now: the disk as a crash at this moment would leave it.
func (s *Memory) Clone() *Memory {
	s.mu.Lock()
	defer s.mu.Unlock()
	return &Memory{m: maps.Clone(s.m)}
}

// escape makes one level of a key out of any text.
var escaper = strings.NewReplacer("%", "%25", ".", "%2E")

func escape(level string) string { return escaper.Replace(level) }

// key joins levels, each escaped.
func key(levels ...string) string {
	for i := range levels {
		levels[i] = escape(levels[i])
	}
	return strings.Join(levels, ".")
}

var unescaper = strings.NewReplacer("%2E", ".", "%25", "%")

// lastLevel is the unescaped last level of a key.
func lastLevel(k string) string {
	return unescaper.Replace(k[strings.LastIndexByte(k, '.')+1:])
}

func kvError(doing, k string, err error) error {
	// The key may hold a peer's address: only its kind goes into the error.
	kind, _, _ := strings.Cut(k, ".")
	return fmt.Errorf("wastore: %s %q: %w", doing, kind, err)
}
