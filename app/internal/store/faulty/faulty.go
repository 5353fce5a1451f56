// Package faulty wraps a store so that tests can make any one write go wrong:
// refused, applied but reported as failed, or never returned from, which is
// what a process killed at that moment sees.
package faulty

import (
	"context"
	"errors"
	"sync"

	"ferry/app/internal/store"
)

// Fault is what happens at the chosen write.
type Fault int

const (
	None       Fault = iota
	FailBefore       // nothing is written; Commit returns ErrInjected
	FailAfter        // the batch is written; Commit returns ErrInjected all the same
	StopBefore       // nothing is written; Commit returns only when its context ends
	StopAfter        // the batch is written; Commit returns only when its context ends
)

// ErrInjected is the failure of FailBefore and FailAfter.
var ErrInjected = errors.New("faulty: injected failure")

// Store passes everything on to another store but for one write.
type Store struct {
	store.Store
	fault Fault

	mu      sync.Mutex
	at      int // writes left until the fault; 0 once it has happened
	writes  int
	stopped chan struct{}
	dead    bool
}

// Wrap lets the n-th commit from now, counted from 1, meet the fault.
func Wrap(s store.Store, fault Fault, n int) *Store {
	return &Store{Store: s, fault: fault, at: n, stopped: make(chan struct{})}
}

// Stopped is closed when a StopBefore or StopAfter was reached: the moment to
// end the owner's context.
func (s *Store) Stopped() <-chan struct{} { return s.stopped }

// Writes counts the commits asked for.
func (s *Store) Writes() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.writes
}

// Get fails once the store has stopped: the dead do not read.
func (s *Store) Get(ctx context.Context, t store.Table, key string) ([]byte, error) {
	if err := s.alive(); err != nil {
		return nil, err
	}
	return s.Store.Get(ctx, t, key)
}

// GetMany implements store.Many, whether the store below does or not.
func (s *Store) GetMany(ctx context.Context, t store.Table, keys []string) ([][]byte, error) {
	if err := s.alive(); err != nil {
		return nil, err
	}
	return store.GetMany(ctx, s.Store, t, keys)
}

// List fails once the store has stopped.
func (s *Store) List(ctx context.Context, t store.Table, r store.Range) ([]store.Record, error) {
	if err := s.alive(); err != nil {
		return nil, err
	}
	return s.Store.List(ctx, t, r)
}

// Commit passes the batch on, or meets the fault.
func (s *Store) Commit(ctx context.Context, b *store.Batch) error {
	if err := s.alive(); err != nil {
		return err
	}
	switch s.count() {
	case FailBefore:
		return ErrInjected
	case FailAfter:
		return errors.Join(s.Store.Commit(ctx, b), ErrInjected)
	case StopBefore:
		return s.stop(ctx)
	case StopAfter:
		return errors.Join(s.Store.Commit(ctx, b), s.stop(ctx))
	}
	return s.Store.Commit(ctx, b)
}

func (s *Store) alive() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dead {
		return store.ErrLost
	}
	return nil
}

func (s *Store) count() Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writes++
	if s.at == 0 {
		return None
	}
	if s.at--; s.at > 0 {
		return None
	}
	return s.fault
}

func (s *Store) stop(ctx context.Context) error {
	s.mu.Lock()
	s.dead = true
	close(s.stopped)
	s.mu.Unlock()
	<-ctx.Done()
	return ctx.Err()
}
