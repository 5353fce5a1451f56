package engine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"ferry/app/internal/media"
	"ferry/app/internal/model"
)

// mediaHost is a media host in memory.
type mediaHost struct {
	mu    sync.Mutex
	files map[string][]byte // by direct path
}

func newMediaHost() *mediaHost { return &mediaHost{files: map[string][]byte{}} }

// take keeps a file, and gives its place.
func (h *mediaHost) take(b []byte) media.Place {
	h.mu.Lock()
	defer h.mu.Unlock()
	for path, known := range h.files {
		if bytes.Equal(known, b) {
			return media.Place{DirectPath: path}
		}
	}
	path := fmt.Sprintf("/v/interop/7/file%d?f=1", len(h.files))
	h.files[path] = b
	return media.Place{DirectPath: path}
}

func (h *mediaHost) forget() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.files = map[string][]byte{}
}

func (h *mediaHost) change() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for path, b := range h.files {
		h.files[path] = bytes.Clone(b)
		h.files[path][0] ^= 1
	}
}

func (h *mediaHost) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.files)
}

// shelf is a client's media.Files in memory. It outlives the client's engine.
type shelf struct {
	t    *testing.T
	host *mediaHost

	mu      sync.Mutex
	sources map[model.FileID][]byte
	kept    map[model.FileID]keptFile
	busy    map[model.FileID]bool
	calls   []string      // operation and id, in the order of their beginning
	most    int           // at once
	fault   shelfFault    // of the call at
	at      int           // calls left until the fault; 0 for none
	hit     chan struct{} // closed when the fault is met
	gate    func(op string, id model.FileID) <-chan struct{}
	slow    bool             // to stop: the gate holds also when the context has ended
	errs    map[string]error // answers of operations; for good
}

type keptFile struct {
	prepared media.Prepared
	file     []byte
}

type shelfFault int

const (
	failBefore shelfFault = iota // nothing is done
	failAfter                    // it is done, and reported failed
	hangBefore                   // until the context ends
	hangAfter
)

var errShelf = errors.New("shelf: injected failure")

func newShelf(t *testing.T, h *mediaHost) *shelf {
	return &shelf{t: t, host: h, sources: map[model.FileID][]byte{}, kept: map[model.FileID]keptFile{}, busy: map[model.FileID]bool{},
		errs: map[string]error{}, hit: make(chan struct{})}
}

// do runs an operation with whatever is to go wrong with it.
func (s *shelf) do(ctx context.Context, op string, id model.FileID, work func() error) error {
	s.mu.Lock()
	if s.busy[id] {
		s.t.Errorf("%s of %s while something else is done with it", op, id)
	}
	s.busy[id] = true
	s.most = max(s.most, len(s.busy))
	s.calls = append(s.calls, op+" "+string(id[:4]))
	fault, met := s.fault, false
	if s.at > 0 {
		if s.at--; s.at == 0 {
			met = true
		}
	}
	gate, answer, slow := s.gate, s.errs[op], s.slow
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.busy, id)
		s.mu.Unlock()
	}()
	if gate != nil {
		wait := gate(op, id)
		if wait != nil && slow {
			<-wait
		}
		if wait != nil {
			select {
			case <-wait:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	if answer != nil {
		return fmt.Errorf("%s: %w", op, answer)
	}
	if met && (fault == failAfter || fault == hangAfter) || !met {
		if err := work(); err != nil {
			return err
		}
	}
	if !met {
		return ctx.Err()
	}
	close(s.hit)
	if fault == hangBefore || fault == hangAfter {
		<-ctx.Done()
		return ctx.Err()
	}
	return errShelf
}

func (s *shelf) Encrypt(ctx context.Context, id model.FileID, key media.Key, typ media.Type, _ media.Prepare, p media.Progress) (out media.Prepared, err error) {
	err = s.do(ctx, "encrypt", id, func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if k, ok := s.kept[id]; ok {
			out = k.prepared
			return nil
		}
		plain, ok := s.sources[id]
		if !ok {
			return media.ErrLost
		}
		var b bytes.Buffer
		d, err := media.Encrypt(&b, bytes.NewReader(plain), key, typ, typ == media.Video || typ == media.Audio)
		if err != nil {
			return err
		}
		out = media.Prepared{Digest: d}
		s.kept[id] = keptFile{out, b.Bytes()}
		p(d.Size, d.Size)
		return nil
	})
	return out, err
}

func (s *shelf) Upload(ctx context.Context, id model.FileID, d media.Digest, p media.Progress) (place media.Place, err error) {
	err = s.do(ctx, "upload", id, func() error {
		s.mu.Lock()
		k, ok := s.kept[id]
		s.mu.Unlock()
		if !ok {
			return media.ErrNoFile
		}
		if k.prepared.EncSHA256 != d.EncSHA256 {
			s.t.Error("the engine knows another digest")
		}
		p(1, d.Size)
		place = s.host.take(k.file)
		return nil
	})
	return place, err
}

func (s *shelf) Download(ctx context.Context, id model.FileID, key media.Key, typ media.Type, d media.Digest, from media.Place, p, check media.Progress) error {
	return s.do(ctx, "download", id, func() error {
		s.mu.Lock()
		_, have := s.kept[id]
		s.mu.Unlock()
		if have {
			return nil
		}
		s.host.mu.Lock()
		b, ok := s.host.files[from.DirectPath]
		s.host.mu.Unlock()
		if !ok {
			return media.ErrGone
		}
		p(1, d.Size)
		if err := media.Decrypt(&bytes.Buffer{}, bytes.NewReader(b), key, typ, d); err != nil {
			return err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.kept[id] = keptFile{media.Prepared{Digest: d}, b}
		return nil
	})
}

func (s *shelf) Has(_ context.Context, id model.FileID) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.kept[id]
	return ok, nil
}

func (s *shelf) Remove(ctx context.Context, id model.FileID) error {
	return s.do(ctx, "remove", id, func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.kept, id)
		return nil
	})
}

func (s *shelf) size() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.kept)
}

// hold has operations wait until what it gives for them is closed; nil for not at all.
func (s *shelf) hold(gate func(op string, id model.FileID) <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gate = gate
}

func (s *shelf) atMost() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.most
}

// breakAt has the n-th call from now meet a fault.
func (s *shelf) breakAt(fault shelfFault, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault, s.at, s.calls = fault, n, nil
}

// set has an operation answer with an error; nil for doing its work.
func (s *shelf) set(op string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.errs[op] = err
}

func (s *shelf) called(op string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, c := range s.calls {
		if c[:len(op)] == op {
			n++
		}
	}
	return n
}

func (s *shelf) order(op string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.calls), func(c string) bool { return c[:len(op)] != op })
}
