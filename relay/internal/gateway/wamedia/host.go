package wamedia

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"ferry/relay/internal/bus"
)

// Limits of a Host. A zero field takes its value from DefaultLimits.
type Limits struct {
	File       int64         // bytes of an encrypted file; a larger one gets 413
	Stored     int64         // bytes of all files; further ones get 507
	Life       time.Duration // how long a file is kept; then 410
	Auth       time.Duration // how long an authorisation is good; then 401
	Uploads    int           // at one time, of one account; further ones get 429
	AllUploads int           // at one time, on this node; further ones get 503
	Downloads  int           // at one time, on this node; further ones get 503
	Grace      time.Duration // for the first bytes of a transfer, and for hesitations
	MinRate    int64         // bytes a second on average, beyond the grace; a slower transfer is ended
}

// DefaultLimits are what a host is run with. WhatsApp's largest file has 2 GiB;
// encryption adds less than a kilobyte.
func DefaultLimits() Limits {
	return Limits{
		File: 2<<30 + 64<<10, Stored: 64 << 30, Life: 30 * 24 * time.Hour, Auth: 6 * time.Hour, Uploads: 6, AllUploads: 128,
		Downloads: 512, Grace: 30 * time.Second, MinRate: 8 << 10,
	}
}

func (l Limits) withDefaults() Limits {
	d := DefaultLimits()
	return Limits{
		File: or(l.File, d.File), Stored: or(l.Stored, d.Stored), Life: or(l.Life, d.Life), Auth: or(l.Auth, d.Auth), Uploads: or(l.Uploads, d.Uploads),
		AllUploads: or(l.AllUploads, d.AllUploads), Downloads: or(l.Downloads, d.Downloads),
		Grace: or(l.Grace, d.Grace), MinRate: or(l.MinRate, d.MinRate),
	}
}

func or[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// Config of a Host. All but Limits is required.
type Config struct {
	Bus    *bus.Bus
	Limits Limits
	Now    func() time.Time
	Rand   io.Reader
	Log    *slog.Logger
}

// Host keeps files. Safe for concurrent use.
type Host struct {
	cfg    Config
	limits Limits
	auth   *authority
	index  *bus.Bucket
	blobs  *bus.Blobs
	busy   busy
	out    chan struct{} // one token per download
}

// file is an entry of the index. It outlives the file, so that one can tell
// what has expired from what never was.
type file struct {
	Blob    bus.Blob `json:"blob"`
	Expires int64    `json:"expires"` // Unix seconds
}

// New opens a host, making its buckets if needed.
func New(ctx context.Context, cfg Config) (*Host, error) {
	h := &Host{cfg: cfg, limits: cfg.Limits.withDefaults()}
	h.out = make(chan struct{}, h.limits.Downloads)
	h.busy = busy{each: h.limits.Uploads, all: h.limits.AllUploads}
	keys, err := cfg.Bus.Bucket(ctx, "gw-media-key", bus.BucketOptions{})
	if err != nil {
		return nil, fmt.Errorf("media: %w", err)
	}
	if h.auth, err = openAuthority(ctx, keys, cfg.Now, cfg.Rand); err != nil {
		return nil, fmt.Errorf("media: %w", err)
	}
	if h.index, err = cfg.Bus.Bucket(ctx, "gw-media-index", bus.BucketOptions{TTL: 2 * h.limits.Life}); err != nil {
		return nil, fmt.Errorf("media: %w", err)
	}
	if h.blobs, err = cfg.Bus.Blobs(ctx, "gw-media", bus.BlobOptions{MaxAge: h.limits.Life}); err != nil {
		return nil, fmt.Errorf("media: %w", err)
	}
	return h, nil
}

// Grant is an authorisation for an account to upload, and how long it is good.
func (h *Host) Grant(account string) (auth string, life time.Duration) {
	return h.auth.grant(account, h.cfg.Now().Add(h.limits.Auth)), h.limits.Auth
}

var (
	errUnknown = errors.New("no such file")
	errExpired = errors.New("the file has expired")
)

// tokenBytes is how much of a path nobody can guess.
const tokenBytes = 32

func (h *Host) newToken() (string, error) {
	b := make([]byte, tokenBytes)
	if _, err := io.ReadFull(h.cfg.Rand, b); err != nil {
		return "", fmt.Errorf("media: token: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}

// find looks a file up by its token.
func (h *Host) find(ctx context.Context, token string) (file, error) {
	if b, err := base64.RawURLEncoding.DecodeString(token); err != nil || len(b) != tokenBytes {
		return file{}, errUnknown
	}
	e, err := h.index.Get(ctx, "file."+token)
	if errors.Is(err, bus.ErrNotFound) {
		return file{}, errUnknown
	}
	if err != nil {
		return file{}, fmt.Errorf("media: %w", err)
	}
	var f file
	if err := json.Unmarshal(e.Value, &f); err != nil {
		return file{}, fmt.Errorf("media: index: %w", err)
	}
	if h.cfg.Now().Unix() >= f.Expires {
		return file{}, errExpired
	}
	return f, nil
}

// keep makes a stored file known.
func (h *Host) keep(ctx context.Context, blob bus.Blob) error {
	raw, err := json.Marshal(file{Blob: blob, Expires: h.cfg.Now().Add(h.limits.Life).Unix()})
	if err != nil {
		return fmt.Errorf("media: index: %w", err)
	}
	if _, err := h.index.Put(ctx, "file."+blob.ID, raw); err != nil {
		return fmt.Errorf("media: %w", err)
	}
	return nil
}
