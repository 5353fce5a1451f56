package media

import (
	"context"
	"crypto/sha256"
	"encoding"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"ferry/relay/internal/bus"
)

// Begin announces a file of this size and SHA-256, of all its encrypted bytes. It
// goes on with the account's unfinished upload of it; if the account has the
// file already, it becomes a new place at once; otherwise it begins an upload, if
// the quota allows. fresh tells whether something new was made.
func (h *Host) Begin(ctx context.Context, account string, size int64, hash [32]byte) (s Status, fresh bool, err error) {
	switch {
	case size <= 0:
		return Status{}, false, ErrBadRequest
	case h.limits.MediaBytes > 0 && size > h.limits.MediaBytes:
		return Status{}, false, ErrTooBig
	}
	for range attempts {
		s, fresh, err = h.begin(ctx, account, size, hash)
		if !errors.Is(err, ErrExpired) { // of two that began at once, the upload that gave way
			break
		}
	}
	return s, fresh, err
}

func (h *Host) begin(ctx context.Context, account string, size int64, hash [32]byte) (s Status, fresh bool, err error) {
	u, err := h.usage(ctx, account, hash, size, "")
	if err != nil {
		return Status{}, false, err
	}
	if u.unfinished != nil {
		s, err := h.resume(ctx, u.unfinished.key)
		return s, false, err
	}
	if u.complete != nil {
		s, ok, err := h.again(ctx, account, hash, u)
		if ok || err != nil {
			return s, true, err
		}
	}
	if err := h.fits(u, size, true); err != nil {
		return Status{}, false, err
	}
	return h.create(ctx, account, size, hash)
}

// usage is what an account holds, and what of it is the file in question.
type usage struct {
	bytes                int64 // each file once
	files, uploads       int64
	known                bool    // the file in question counts in bytes
	unfinished, complete *record // of the file in question, if any
}

// usage looks through the account's records, but for one key.
func (h *Host) usage(ctx context.Context, account string, hash [32]byte, size int64, but string) (usage, error) {
	var u usage
	now, sizes, wanted := h.now(), map[string]int64{}, hex.EncodeToString(hash[:])
	err := h.files.Each(ctx, ownPrefix(account), func(e bus.Entry) error {
		r, err := readRecord(e)
		if err != nil || r.gone(now) || r.key == but {
			return err
		}
		u.files++
		if r.File == "" {
			u.uploads++
		}
		sizes[r.hash()] = max(sizes[r.hash()], r.Size)
		if r.hash() != wanted || r.Size != size {
			return nil
		}
		if r.File != "" {
			u.complete = r
		} else if u.unfinished == nil || r.token < u.unfinished.token {
			u.unfinished = r
		}
		return nil
	})
	for _, n := range sizes {
		u.bytes += n
	}
	_, u.known = sizes[wanted]
	return u, h.fail("usage", err)
}

// fits checks the quotas for one more file.
func (h *Host) fits(u usage, size int64, upload bool) error {
	l := h.limits
	if u.known {
		size = 0
	}
	switch {
	case l.MediaAccountBytes > 0 && u.bytes+size > l.MediaAccountBytes,
		l.MediaAccountFiles > 0 && u.files >= l.MediaAccountFiles:
		return ErrOverQuota
	case upload && l.MediaUnfinished > 0 && u.uploads >= l.MediaUnfinished:
		return ErrTooMany
	}
	return nil
}

// resume ends a writer that may hang on a dead connection, and looks how far it
// came.
func (h *Host) resume(ctx context.Context, key string) (Status, error) {
	h.settle(key[len(key)-len(tokenForm):])
	r, err := h.alive(ctx, key)
	if err != nil {
		return Status{}, err
	}
	return h.finished(ctx, r)
}

// finished completes an upload that has all its bytes: the one who brought the last
// of them may have died in between.
func (h *Host) finished(ctx context.Context, r *record) (Status, error) {
	if r.File == "" && r.Offset == r.Size {
		return h.complete(ctx, r)
	}
	return r.status(), nil
}

// create makes an upload. Two at once could both have found room in the quota:
// each looks again, and goes if there is too much now.
func (h *Host) create(ctx context.Context, account string, size int64, hash [32]byte) (Status, bool, error) {
	state, err := sha256.New().(encoding.BinaryMarshaler).MarshalBinary()
	if err != nil {
		return Status{}, false, h.fail("begin", err)
	}
	now := h.now()
	r := &record{Size: size, Created: now, Expires: h.unfinishedUntil(now, now), Hash: state}
	if err := h.store(ctx, account, hash, r); err != nil {
		return Status{}, false, err
	}
	u, err := h.usage(ctx, account, hash, size, r.key)
	if err != nil {
		return Status{}, false, err
	}
	if u.unfinished != nil && u.unfinished.token < r.token {
		if err := h.drop(ctx, r); err != nil { // another request for the same file was first
			return Status{}, false, err
		}
		s, err := h.resume(ctx, u.unfinished.key)
		return s, false, err
	}
	if err := h.fits(u, size, true); err != nil {
		return Status{}, false, errors.Join(err, h.drop(ctx, r))
	}
	return r.status(), true, nil
}

// again makes a new place of a file that the account has. Without a file to share,
// which may have grown too old, ok is false.
func (h *Host) again(ctx context.Context, account string, hash [32]byte, u usage) (s Status, ok bool, err error) {
	size := u.complete.Size
	if err := h.fits(u, size, false); err != nil {
		return Status{}, false, err
	}
	now, token := h.now(), newToken()
	key := ownKey(account, hash, token)
	_, ok, err = h.change(ctx, u.complete.File, func(f *file) bool { return h.share(f, key, size) })
	if errors.Is(err, bus.ErrNotFound) {
		return Status{}, false, nil
	}
	if !ok || err != nil {
		return Status{}, false, h.fail("share", err)
	}
	r := &record{Size: size, Created: now, Expires: now.Add(h.limits.MediaAge), Offset: size, File: u.complete.File}
	if err := h.storeAs(ctx, key, r); err != nil {
		return Status{}, false, err // the sweep takes the place from the file
	}
	return r.status(), true, nil
}

// share adds a place to a file that may be shared. A file takes new places during
// its first age only: its blocks are kept a bounded time.
func (h *Host) share(f *file, key string, size int64) bool {
	if f.Gone || !f.Shared || f.Size != size || len(f.Places) >= maxPlaces || h.now().Sub(f.Created) > h.limits.MediaAge {
		return false
	}
	f.Places[key] = h.now()
	return true
}

// store makes a record with a token of its own.
func (h *Host) store(ctx context.Context, account string, hash [32]byte, r *record) error {
	return h.storeAs(ctx, ownKey(account, hash, newToken()), r)
}

func (h *Host) storeAs(ctx context.Context, key string, r *record) error {
	r.key, r.token = key, key[len(key)-len(tokenForm):]
	p, err := json.Marshal(pointer{key})
	if err != nil {
		return h.fail("store", err)
	}
	if _, err := h.tokens.Create(ctx, r.token, p); err != nil {
		return h.fail("store", err)
	}
	b, err := json.Marshal(r)
	if err != nil {
		return h.fail("store", err)
	}
	r.rev, err = h.files.Create(ctx, key, b)
	return h.fail("store", err)
}

// unfinishedUntil is when an upload expires that has come forward now: it cannot be
// kept for ever by a byte a day.
func (h *Host) unfinishedUntil(created, now time.Time) time.Time {
	until, last := now.Add(h.limits.MediaUnfinishedAge), created.Add(h.limits.MediaAge)
	if last.Before(until) {
		return last
	}
	return until
}
