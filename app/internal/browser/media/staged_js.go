package media

import (
	"context"
	"errors"
	"slices"
	"sync"
	"syscall/js"
	"time"

	"ferry/app/internal/media"
	"ferry/app/internal/model"
)

// Bounds of what pages have handed over and nobody has read yet.
const (
	maxStaged = 256                    // the oldest goes
	late      = 10 * time.Second       // may a source come
	soon      = 200 * time.Millisecond // is waited for it at a time
)

// ErrNotYet is temporary: a page may still hand the source over. Other files can be read meanwhile.
var ErrNotYet = errors.New("media: the source has not been handed over yet")

// Staged are the sources that pages handed over: references to files, not
// their bytes. They outlive their pages, so that a page may be reloaded right
// after a file was sent.
type Staged struct {
	mu    sync.Mutex
	files map[model.FileID]js.Value
	order []model.FileID
	asked map[model.FileID]time.Time // since when those are wanted that are not there
	came  chan struct{}              // closed when the next one comes
	late  time.Duration
}

// NewStaged gives an empty one.
func NewStaged() *Staged {
	return &Staged{files: map[model.FileID]js.Value{}, asked: map[model.FileID]time.Time{}, came: make(chan struct{}), late: late}
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
	delete(s.asked, id)
	s.order = slices.DeleteFunc(s.order, func(o model.FileID) bool { return o == id })
}

// get gives a source. One that is not there yet is waited for: after a core
// was lost, the pages hand over again what they have. The error is ErrNotYet,
// media.ErrLost once that has been long enough, or ctx's.
func (s *Staged) get(ctx context.Context, id model.FileID) (js.Value, error) {
	timer := time.NewTimer(min(soon, s.late))
	defer timer.Stop()
	for {
		s.mu.Lock()
		file, ok := s.files[id]
		came := s.came
		if _, waits := s.asked[id]; !ok && !waits {
			s.asked[id] = time.Now()
		}
		s.mu.Unlock()
		if ok {
			return file, nil
		}
		select {
		case <-came:
		case <-timer.C:
			return js.Undefined(), s.missing(id)
		case <-ctx.Done():
			return js.Undefined(), ctx.Err()
		}
	}
}

// missing says whether a source that is not there may still come.
func (s *Staged) missing(id model.FileID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Since(s.asked[id]) < s.late {
		return ErrNotYet
	}
	delete(s.asked, id)
	return media.ErrLost
}
