package media

import (
	"context"
	"slices"
	"sync"
	"syscall/js"
	"time"

	"ferry/app/internal/model"
)

// Bounds of what pages have handed over and nobody has read yet.
const (
	maxStaged = 256              // the oldest goes
	late      = 10 * time.Second // may a source come
)

// Staged are the sources that pages handed over: references to files, not
// their bytes. They outlive their pages, so that a page may be reloaded right
// after a file was sent.
type Staged struct {
	mu    sync.Mutex
	files map[model.FileID]js.Value
	order []model.FileID
	came  chan struct{} // closed when the next one comes
	late  time.Duration
}

// NewStaged gives an empty one.
func NewStaged() *Staged {
	return &Staged{files: map[model.FileID]js.Value{}, came: make(chan struct{}), late: late}
}

// Put takes in a File or Blob.
func (s *Staged) Put(id model.FileID, file js.Value) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(id)
	if len(s.order) >= maxStaged {
		s.drop(s.order[0])
	}
	s.files[id] = file
	s.order = append(s.order, id)
	close(s.came)
	s.came = make(chan struct{})
}

// Drop lets go of a source.
func (s *Staged) Drop(id model.FileID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(id)
}

func (s *Staged) drop(id model.FileID) {
	delete(s.files, id)
	s.order = slices.DeleteFunc(s.order, func(o model.FileID) bool { return o == id })
}

// get gives a source. One that is not there yet is waited for: after a core
// was lost, the pages hand over again what they have.
func (s *Staged) get(ctx context.Context, id model.FileID) (js.Value, bool) {
	timer := time.NewTimer(s.late)
	defer timer.Stop()
	for {
		s.mu.Lock()
		file, ok := s.files[id]
		came := s.came
		s.mu.Unlock()
		if ok {
			return file, true
		}
		select {
		case <-came:
		case <-timer.C:
			return js.Undefined(), false
		case <-ctx.Done():
			return js.Undefined(), false
		}
	}
}
