package thirdparty

import (
	"sync"

	"ferry/app/internal/port"
)

// journal is every event of a user, over all runs of its program, in order.
type journal struct {
	mu    sync.Mutex
	all   []port.Event
	grown chan struct{} // closed and replaced when something is added
}

func newJournal() *journal { return &journal{grown: make(chan struct{})} }

func (j *journal) add(e port.Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.all = append(j.all, e)
	close(j.grown)
	j.grown = make(chan struct{})
}

func (j *journal) len() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.all)
}

// from returns the events from a position on, and a channel that is closed when there are more.
func (j *journal) from(at int) ([]port.Event, <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.all[at:len(j.all):len(j.all)], j.grown
}
