package engine

import (
	"sync"

	"ferry/app/internal/port"
)

// subscribers are told of events.
type subscribers struct {
	mu   sync.Mutex
	next int
	all  map[int]func([]port.Event)
}

func (s *subscribers) add(fn func([]port.Event)) func() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		s.all = map[int]func([]port.Event){}
	}
	id := s.next
	s.next++
	s.all[id] = fn
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.all, id)
	}
}

func (s *subscribers) tell(events []port.Event) {
	if len(events) == 0 {
		return
	}
	s.mu.Lock()
	all := make([]func([]port.Event), 0, len(s.all))
	for _, fn := range s.all {
		all = append(all, fn)
	}
	s.mu.Unlock()
	for _, fn := range all {
		fn(events)
	}
}
