package media

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"ferry/relay/internal/bus"
)

// complete makes a place of an upload that has all its bytes. Any of its steps may
// be the last one before a crash: called again, it goes on.
//
// An own file is made before the record refers to it and shared with others only
// afterwards: of two nodes that complete one upload at once, the one that loses
// may have made a file whose bytes the other one deletes.
func (h *Host) complete(ctx context.Context, r *record) (Status, error) {
	sum, err := r.sum()
	if err != nil {
		return r.status(), err
	}
	if sum != r.hash() {
		return Status{Token: r.token, Size: r.Size}, errors.Join(ErrTampered, h.drop(ctx, r))
	}
	key, err := h.shared(ctx, r)
	if err != nil {
		return r.status(), err
	}
	own := key == ""
	if own {
		h.trim(ctx, r)
		if key, err = h.makeFile(ctx, r); err != nil {
			return r.status(), err
		}
	} else {
		for _, b := range r.Blobs {
			r.Trash = append(r.Trash, b.ID)
		}
	}
	r.File, r.Offset, r.Hash, r.Blobs, r.Frayed, r.Open = key, r.Size, nil, nil, nil, ""
	r.Expires = h.now().Add(h.limits.MediaAge)
	if err := h.save(ctx, r); errors.Is(err, bus.ErrConflict) {
		if r, err = h.alive(ctx, r.key); err != nil { // somebody else has completed it
			return Status{}, err
		}
		return r.status(), nil
	} else if err != nil {
		return Status{}, h.fail("complete", err)
	}
	h.count(func(s *Stats) { s.Completed++ })
	if own {
		_, _, err = h.change(ctx, key, func(f *file) bool { f.Shared = true; return true })
		if err != nil { // nobody is hurt: the file is not shared
			h.log.Warn("media: complete", "error", err)
		}
	}
	h.empty(ctx, r)
	return r.status(), nil
}

// shared makes the upload a place of a file with the same bytes; "" if there is
// none to share.
func (h *Host) shared(ctx context.Context, r *record) (key string, err error) {
	all, err := h.files.List(ctx, filePrefix(r.hash()))
	if err != nil {
		return "", h.fail("share", err)
	}
	for _, e := range all {
		_, ok, err := h.change(ctx, e.Key, func(f *file) bool {
			_, mine := f.Places[r.key]
			return !mine && h.share(f, r.key, r.Size)
		})
		switch {
		case errors.Is(err, bus.ErrNotFound):
		case err != nil:
			return "", h.fail("share", err)
		case ok:
			return e.Key, nil
		}
	}
	return "", nil
}

// trim removes what dead writers have stored and nobody counts.
func (h *Host) trim(ctx context.Context, r *record) {
	for _, b := range r.Blobs {
		if !slices.Contains(r.Frayed, b.ID) {
			continue
		}
		if err := h.blobs.Trim(ctx, b); err != nil {
			h.log.Warn("media: the end of a blob stays as long as its file", "error", err)
		}
	}
}

// makeFile makes a file of the upload's own blobs.
func (h *Host) makeFile(ctx context.Context, r *record) (string, error) {
	now := h.now()
	f := file{Size: r.Size, Created: now, Blobs: r.Blobs, Places: map[string]time.Time{r.key: now}}
	b, err := json.Marshal(f)
	if err != nil {
		return "", h.fail("complete", err)
	}
	key := filePrefix(r.hash()) + r.token
	if _, err = h.files.Create(ctx, key, b); errors.Is(err, bus.ErrExists) {
		err = nil // from an attempt that crashed, of the same bytes
	}
	return key, h.fail("complete", err)
}

// empty deletes a record's rubbish. What fails is tried again by the sweep.
func (h *Host) empty(ctx context.Context, r *record) {
	if len(r.Trash) == 0 {
		return
	}
	err := h.deleteBlobs(ctx, r.Trash)
	if err == nil {
		trash := r.Trash
		r.Trash = nil
		if err = h.save(ctx, r); err != nil {
			r.Trash = trash
		}
	}
	if err != nil {
		h.log.Warn("media: rubbish stays for now", "error", err)
	}
}

func (h *Host) deleteBlobs(ctx context.Context, ids []string) error {
	for _, id := range ids {
		if err := h.blobs.Delete(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// drop deletes an upload or a place, and the file with its last place. It is marked
// first, so that a crash in between leaves it to the sweep.
func (h *Host) drop(ctx context.Context, r *record) error {
	for range attempts {
		r.Gone = true
		err := h.save(ctx, r)
		if err == nil {
			break
		}
		if errors.Is(err, bus.ErrNotFound) {
			return nil
		}
		if !errors.Is(err, bus.ErrConflict) {
			return h.fail("drop", err)
		}
		fresh, err := h.record(ctx, r.key)
		if errors.Is(err, bus.ErrNotFound) {
			return nil
		}
		if err != nil {
			return h.fail("drop", err)
		}
		*r = *fresh
	}
	return h.bury(ctx, r)
}

// bury deletes what belongs to a record that is marked.
func (h *Host) bury(ctx context.Context, r *record) error {
	if r.File != "" {
		if err := h.leaveFile(ctx, r.File, r.key); err != nil {
			return err
		}
	}
	ids := append([]string{}, r.Trash...)
	if r.Open != "" {
		ids = append(ids, r.Open)
	}
	for _, b := range r.Blobs {
		ids = append(ids, b.ID)
	}
	if r.File == "" {
		// A file that was made of these bytes, but never became this place's.
		if err := h.leaveFile(ctx, filePrefix(r.hash())+r.token, r.key); err != nil {
			return err
		}
	}
	if err := h.deleteBlobs(ctx, ids); err != nil {
		return h.fail("drop", err)
	}
	return h.fail("drop", h.files.Delete(ctx, r.key, 0))
}

// leaveFile takes a place from a file, and deletes the file with the last one.
func (h *Host) leaveFile(ctx context.Context, key, place string) error {
	f, _, err := h.change(ctx, key, func(f *file) bool {
		_, mine := f.Places[place]
		delete(f.Places, place)
		f.Gone = len(f.Places) == 0
		return mine || f.Gone
	})
	if errors.Is(err, bus.ErrNotFound) {
		return nil
	}
	if err != nil {
		return h.fail("drop", err)
	}
	if !f.Gone {
		return nil
	}
	return h.deleteFile(ctx, f)
}

// deleteFile deletes a file that is marked.
func (h *Host) deleteFile(ctx context.Context, f *file) error {
	for _, b := range f.Blobs {
		if err := h.blobs.Delete(ctx, b.ID); err != nil {
			return h.fail("drop", err)
		}
	}
	return h.fail("drop", h.files.Delete(ctx, f.key, 0))
}
