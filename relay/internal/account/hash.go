package account

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"

	"golang.org/x/crypto/argon2"
)

// cost is argon2id's, by OWASP's password storage cheat sheet.
type cost struct {
	memory  uint32 // KiB
	passes  uint32
	threads uint8
}

var owasp = cost{memory: 19 << 10, passes: 2, threads: 1}

const (
	saltBytes = 16
	hashBytes = 32
)

// ErrBusy: too many passwords are being checked; try again in a moment.
var ErrBusy = errors.New("busy")

// hasher makes and checks password hashes, a bounded number at once: each needs
// its memory, and a crowd of sign-ins must not exhaust the process.
type hasher struct {
	cost    cost
	rand    io.Reader
	slots   chan struct{}
	waiting atomic.Int64
	room    int64
}

func newHasher(c cost, rand io.Reader, atOnce, queue int64) *hasher {
	return &hasher{cost: c, rand: rand, slots: make(chan struct{}, max(atOnce, 1)), room: queue}
}

// slot waits for a place to hash in.
func (h *hasher) slot(ctx context.Context) (done func(), err error) {
	if h.waiting.Add(1) > h.room+int64(cap(h.slots)) {
		h.waiting.Add(-1)
		return nil, ErrBusy
	}
	select {
	case h.slots <- struct{}{}:
		return func() { <-h.slots; h.waiting.Add(-1) }, nil
	case <-ctx.Done():
		h.waiting.Add(-1)
		return nil, fmt.Errorf("wait to hash: %w", ctx.Err())
	}
}

// make returns the hash of a password as a PHC string, with its salt and cost.
func (h *hasher) make(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltBytes)
	if _, err := io.ReadFull(h.rand, salt); err != nil {
		return "", fmt.Errorf("salt: %w", err)
	}
	done, err := h.slot(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	key := argon2.IDKey([]byte(password), salt, h.cost.passes, h.cost.memory, h.cost.threads, hashBytes)
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.cost.memory, h.cost.passes, h.cost.threads,
		b64.EncodeToString(salt), b64.EncodeToString(key)), nil
}

// check reports whether the password made the hash. An empty hash, of a user who
// does not exist, takes as long and is never right.
func (h *hasher) check(ctx context.Context, phc, password string) (bool, error) {
	c, salt, want := h.cost, make([]byte, saltBytes), make([]byte, hashBytes)
	if phc != "" {
		var err error
		if c, salt, want, err = parsePHC(phc); err != nil {
			return false, err
		}
	}
	done, err := h.slot(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	got := argon2.IDKey([]byte(password), salt, c.passes, c.memory, c.threads, uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1 && phc != "", nil
}

// stale reports whether a hash was made at another cost than today's.
func (h *hasher) stale(phc string) bool {
	c, _, _, err := parsePHC(phc)
	return err != nil || c != h.cost
}

var errHash = errors.New("stored password hash is damaged")

func parsePHC(phc string) (c cost, salt, key []byte, err error) {
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return c, nil, nil, errHash
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.memory, &c.passes, &c.threads); err != nil || c.passes == 0 || c.threads == 0 || c.memory > 1<<20 {
		return c, nil, nil, errHash
	}
	salt, errSalt := base64.RawStdEncoding.DecodeString(parts[4])
	key, errKey := base64.RawStdEncoding.DecodeString(parts[5])
	if errSalt != nil || errKey != nil || len(key) < 16 || len(key) > 64 {
		return c, nil, nil, errHash
	}
	return c, salt, key, nil
}
