// Package media is the relay's media host: it keeps encrypted files until they
// expire and knows of each only its size, its hash, its times and whose upload it
// was. Uploads go on where they stopped, whoever stopped: what is acknowledged is
// on disk, together with the state of the running hash.
//
// An upload is a record that only one writer at a time may move on: each attempt
// writes to a blob of its own and claims the record by compare-and-set, so that
// two at once, on one node or on two, cannot mix their bytes. A complete upload is
// a place: an unguessable token under which anybody may fetch the file. Places
// share one stored file where the ciphertext is the same, and the last one takes
// it along. Knowing a hash is worth nothing by itself: a file is shared with an
// account only once that account has sent all its bytes, now or for an earlier
// place of its own.
package media

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"ferry/relay/internal/bus"
	"ferry/relay/internal/limit"
)

// Outcomes that a caller can act on.
var (
	ErrBadRequest = errors.New("media: makes no sense")
	ErrTooBig     = errors.New("media: too big")
	ErrOverQuota  = errors.New("media: over the account's quota")
	ErrTooMany    = errors.New("media: too many at once")
	ErrNotFound   = errors.New("media: not found")
	ErrExpired    = errors.New("media: expired")
	ErrTampered   = errors.New("media: not the bytes that were announced")
	ErrTooSlow    = errors.New("media: too slow")
	ErrCut        = errors.New("media: the body ended early")
	ErrStopped    = errors.New("media: stopped here, go on elsewhere")
	ErrBusy       = errors.New("media: changed too often meanwhile")
)

// OffsetError refuses a part that does not begin where the upload goes on.
type OffsetError struct{ Offset int64 }

func (e *OffsetError) Error() string { return fmt.Sprintf("media: goes on at %d", e.Offset) }

// Config of a Host. Bus and Limits are required.
type Config struct {
	Bus    *bus.Bus
	Limits limit.Limits
	Now    func() time.Time // nil: time.Now
	Log    *slog.Logger     // nil: discarded
}

// Host is the media host. Safe for concurrent use.
type Host struct {
	cfg    Config
	limits limit.Limits
	now    func() time.Time
	log    *slog.Logger

	files  *bus.Bucket // own.<account>.<hash>.<token>: record; file.<hash>.<id>: file
	tokens *bus.Bucket // <token>: pointer; outlives what it points to, to tell expired from unknown
	blobs  *bus.Blobs

	uploads, downloads, byAccount, byReader, byFile *limit.Count

	mu      sync.Mutex
	writers map[string]*writer // by token; those of this process
	stopped bool
	stats   Stats
}

const (
	// lives is how many ages of a file its blocks are kept at most: a file may be
	// shared anew during its first age, and its upload may have taken one.
	lives = 3

	// sweepEvery is how often what has expired is deleted; it is refused at once.
	sweepEvery = 10 * time.Minute

	all = "all" // the key of counts for the whole process
)

// Open opens the state.
func Open(ctx context.Context, cfg Config) (*Host, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	l := cfg.Limits
	h := &Host{
		cfg: cfg, limits: l, now: cfg.Now, log: cfg.Log, writers: map[string]*writer{},
		uploads: limit.NewCount(l.MediaUploads), downloads: limit.NewCount(l.MediaDownloads),
		byAccount: limit.NewCount(l.MediaUploadsAccount), byReader: limit.NewCount(l.MediaDownloadsAccount), byFile: limit.NewCount(l.MediaDownloadsFile),
	}
	keep := lives * l.MediaAge
	var err error
	if h.files, err = cfg.Bus.Bucket(ctx, "media", bus.BucketOptions{TTL: keep}); err != nil {
		return nil, fmt.Errorf("media: %w", err)
	}
	if h.tokens, err = cfg.Bus.Bucket(ctx, "media_tokens", bus.BucketOptions{TTL: keep}); err != nil {
		return nil, fmt.Errorf("media: %w", err)
	}
	if h.blobs, err = cfg.Bus.Blobs(ctx, "media_blocks", bus.BlobOptions{MaxAge: keep}); err != nil {
		return nil, fmt.Errorf("media: %w", err)
	}
	return h, nil
}

// Status is how far an upload is.
type Status struct {
	Token  string // names the upload to its owner and, once done, the file to everybody
	Size   int64
	Offset int64 // so many bytes are on disk
	Done   bool  // complete and verified: the file can be fetched
}

// Status returns how far an account's upload is.
func (h *Host) Status(ctx context.Context, account, token string) (Status, error) {
	r, err := h.owned(ctx, account, token)
	if err != nil {
		return Status{}, err
	}
	return h.finished(ctx, r)
}

// Remove deletes an account's upload or place. Another's file of the same bytes
// stays.
func (h *Host) Remove(ctx context.Context, account, token string) error {
	h.settle(token)
	r, err := h.owned(ctx, account, token)
	if err != nil {
		return err
	}
	if err := h.drop(ctx, r); err != nil {
		return err
	}
	return h.fail("remove", h.tokens.Delete(ctx, token, 0))
}

// Run deletes what has expired, until ctx ends.
func (h *Host) Run(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		if err := h.Sweep(ctx); err != nil && ctx.Err() == nil {
			h.log.Warn("media sweep failed", "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// Stop ends the uploads in progress: what has arrived is stored, their clients go
// on elsewhere. New parts are refused. Downloads go on.
func (h *Host) Stop() {
	h.mu.Lock()
	h.stopped = true
	writers := make([]*writer, 0, len(h.writers))
	for _, w := range h.writers {
		writers = append(writers, w)
	}
	h.mu.Unlock()
	for _, w := range writers {
		w.stop(ErrStopped)
	}
}

func (h *Host) fail(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("media: %s: %w", what, err)
}

// newToken is 130 random bits in letters that need no escape anywhere.
func newToken() string { return rand.Text() }

// TokenLike reports whether text can be a token: a look at the state is saved,
// and nothing else reaches a key.
func TokenLike(text string) bool {
	if len(text) != len(tokenForm) {
		return false
	}
	for i := range len(text) {
		if c := text[i]; (c < 'A' || c > 'Z') && (c < '2' || c > '7') {
			return false
		}
	}
	return true
}

const tokenForm = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
