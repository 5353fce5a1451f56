package media

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"ferry/relay/internal/bus"
)

// grace is how long a file keeps a place whose record is not there: it may be about
// to be made.
const grace = time.Hour

// doubted is how long after that a place is checked: it has become one by then, or
// never will. A relay that was down for longer leaves the file to its age.
const doubted = 48 * time.Hour

// Sweep deletes what has expired, and what crashes have left. Several nodes may
// sweep at once.
func (h *Host) Sweep(ctx context.Context) error {
	var records, files []string // keys of what there is to do
	now := h.now()
	err := h.files.Each(ctx, "", func(e bus.Entry) error {
		if strings.HasPrefix(e.Key, "file.") {
			f, err := readFile(e)
			if err == nil && h.doubtful(f) {
				files = append(files, e.Key)
			}
			return err
		}
		r, err := readRecord(e)
		if err != nil {
			return err
		}
		if r.gone(now) || len(r.Trash) > 0 {
			records = append(records, e.Key)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("media: sweep: %w", err)
	}
	var errs []error
	for _, key := range records {
		errs = append(errs, h.sweepRecord(ctx, key))
	}
	for _, key := range files {
		errs = append(errs, h.sweepFile(ctx, key))
	}
	return errors.Join(errs...)
}

// doubtful reports whether a file may have to go, or one of its places.
func (h *Host) doubtful(f *file) bool {
	now := h.now()
	if f.Gone || now.Sub(f.Created) > lives*h.limits.MediaAge {
		return true
	}
	for _, added := range f.Places {
		if age := now.Sub(added); age >= grace && age < grace+doubted {
			return true
		}
	}
	return false
}

func (h *Host) sweepRecord(ctx context.Context, key string) error {
	r, err := h.record(ctx, key)
	switch {
	case errors.Is(err, bus.ErrNotFound):
		return nil
	case err != nil:
		return h.fail("sweep", err)
	case r.gone(h.now()):
		return h.drop(ctx, r)
	}
	h.empty(ctx, r)
	return nil
}

// sweepFile takes away the places that never were.
func (h *Host) sweepFile(ctx context.Context, key string) error {
	f, err := h.file(ctx, key)
	if errors.Is(err, bus.ErrNotFound) {
		return nil
	}
	if err != nil {
		return h.fail("sweep", err)
	}
	if f.Gone || h.now().Sub(f.Created) > lives*h.limits.MediaAge {
		return h.deleteFile(ctx, f)
	}
	for place, added := range f.Places {
		if h.now().Sub(added) < grace {
			continue
		}
		r, err := h.record(ctx, place)
		if errors.Is(err, bus.ErrNotFound) || err == nil && r.File != key && (r.File != "" || r.Offset < r.Size) {
			err = h.leaveFile(ctx, key, place)
		}
		if err != nil {
			return h.fail("sweep", err)
		}
	}
	return nil
}
