package media

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"ferry/relay/internal/bus"
)

// record is an upload, or the place that it became.
type record struct {
	Size    int64      `json:"size"`
	Created time.Time  `json:"created"`
	Expires time.Time  `json:"expires"`
	Offset  int64      `json:"offset"`
	Hash    []byte     `json:"hash,omitempty"`   // state of the running SHA-256 at Offset
	Blobs   []bus.Blob `json:"blobs,omitempty"`  // in order; together Offset bytes
	Open    string     `json:"open,omitempty"`   // the blob of the writer that has claimed the upload
	Frayed  []string   `json:"frayed,omitempty"` // blobs whose writer may have died after it stored more than counts
	Trash   []string   `json:"trash,omitempty"`  // blobs to be deleted
	File    string     `json:"file,omitempty"`   // key of the file; then nothing of the above but Size and times counts
	Gone    bool       `json:"gone,omitempty"`   // being deleted

	key, token string
	rev        uint64
}

// file is a complete file, which places share.
type file struct {
	Size    int64                `json:"size"`
	Created time.Time            `json:"created"`
	Blobs   []bus.Blob           `json:"blobs"`
	Places  map[string]time.Time `json:"places"` // record keys, with when each was added
	// Shared says that the place that brought the bytes has this file: until then
	// nobody else may rely on it.
	Shared bool `json:"shared"`
	Gone   bool `json:"gone,omitempty"`

	key string
	rev uint64
}

// pointer leads from a token to its record.
type pointer struct {
	Key string `json:"key"`
}

// Bounds of what is kept in one value.
const (
	maxPlaces = 1000  // of one file; the next place keeps bytes of its own
	maxBlobs  = 10000 // of one upload: attempts that each brought something
	maxTrash  = 100   // of one upload: attempts that each brought nothing that counts
)

func ownPrefix(account string) string { return "own." + hex.EncodeToString([]byte(account)) + "." }

func ownKey(account string, hash [32]byte, token string) string {
	return ownPrefix(account) + hex.EncodeToString(hash[:]) + "." + token
}

func filePrefix(hash string) string { return "file." + hash + "." }

// hash of the whole file, in hex.
func (r *record) hash() string { return strings.Split(r.key, ".")[2] }

func (r *record) status() Status {
	return Status{Token: r.token, Size: r.Size, Offset: r.Offset, Done: r.File != ""}
}

// gone reports whether the record counts as deleted.
func (r *record) gone(now time.Time) bool { return r.Gone || !now.Before(r.Expires) }

// wrote sets what the open blob holds; it comes last.
func (r *record) wrote(b bus.Blob) {
	if n := len(r.Blobs); n > 0 && r.Blobs[n-1].ID == b.ID {
		r.Blobs = r.Blobs[:n-1]
	}
	if b.Size > 0 {
		r.Blobs = append(r.Blobs[:len(r.Blobs):len(r.Blobs)], b)
	}
}

// has reports whether a blob holds bytes of the upload.
func (r *record) has(id string) bool {
	for _, b := range r.Blobs {
		if b.ID == id {
			return true
		}
	}
	return false
}

func readRecord(e bus.Entry) (*record, error) {
	r := &record{key: e.Key, rev: e.Rev}
	if err := json.Unmarshal(e.Value, r); err != nil {
		return nil, fmt.Errorf("media: record: %w", err)
	}
	r.token = e.Key[strings.LastIndexByte(e.Key, '.')+1:]
	return r, nil
}

func (h *Host) record(ctx context.Context, key string) (*record, error) {
	e, err := h.files.Get(ctx, key)
	if err != nil {
		return nil, err
	}
	return readRecord(e)
}

// alive is record, or ErrExpired.
func (h *Host) alive(ctx context.Context, key string) (*record, error) {
	r, err := h.record(ctx, key)
	if errors.Is(err, bus.ErrNotFound) || err == nil && r.gone(h.now()) {
		return nil, ErrExpired
	}
	return r, h.fail("record", err)
}

// save stores a record if nobody else did since it was read; bus.ErrConflict
// otherwise.
func (h *Host) save(ctx context.Context, r *record) error {
	b, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("media: record: %w", err)
	}
	rev, err := h.files.Update(ctx, r.key, b, r.rev)
	if err == nil {
		r.rev = rev
	}
	return err
}

// find returns what a token names, whoever owns it.
func (h *Host) find(ctx context.Context, token string) (*record, error) {
	if !TokenLike(token) {
		return nil, ErrNotFound
	}
	e, err := h.tokens.Get(ctx, token)
	if errors.Is(err, bus.ErrNotFound) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, h.fail("find", err)
	}
	var p pointer
	if err := json.Unmarshal(e.Value, &p); err != nil {
		return nil, h.fail("find", err)
	}
	r, err := h.record(ctx, p.Key)
	if errors.Is(err, bus.ErrNotFound) || err == nil && r.gone(h.now()) {
		// Whether there was once one is told only to those who may know: owned.
		return &record{key: p.Key, token: token, Gone: true}, ErrExpired
	}
	if err != nil {
		return nil, h.fail("find", err)
	}
	return r, nil
}

// owned is find for the owner alone: to all others there is nothing.
func (h *Host) owned(ctx context.Context, account, token string) (*record, error) {
	r, err := h.find(ctx, token)
	if r != nil && !strings.HasPrefix(r.key, ownPrefix(account)) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

func readFile(e bus.Entry) (*file, error) {
	f := &file{key: e.Key, rev: e.Rev}
	if err := json.Unmarshal(e.Value, f); err != nil {
		return nil, fmt.Errorf("media: file: %w", err)
	}
	return f, nil
}

func (h *Host) file(ctx context.Context, key string) (*file, error) {
	e, err := h.files.Get(ctx, key)
	if err != nil {
		return nil, err
	}
	return readFile(e)
}

// change applies a change to a file until nobody else has changed it meanwhile.
// change returns false to leave it; the result says whether it was changed.
func (h *Host) change(ctx context.Context, key string, change func(*file) bool) (*file, bool, error) {
	for range attempts {
		f, err := h.file(ctx, key)
		if err != nil {
			return nil, false, err
		}
		if !change(f) {
			return f, false, nil
		}
		b, err := json.Marshal(f)
		if err != nil {
			return nil, false, h.fail("file", err)
		}
		if f.rev, err = h.files.Update(ctx, key, b, f.rev); err == nil {
			return f, true, nil
		} else if !errors.Is(err, bus.ErrConflict) {
			return nil, false, err
		}
	}
	return nil, false, ErrBusy
}

// attempts bounds compare-and-set loops; each failure is another's success.
const attempts = 64
