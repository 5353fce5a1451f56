// Package account is sign-up, sign-in and sessions of the relay's own users. It
// knows a username and a hash of the password, nothing of the chats.
package account

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"ferry/relay/internal/bus"
	"ferry/relay/internal/limit"
)

// Outcomes that a caller can act on.
var (
	ErrTaken     = errors.New("username is taken")
	ErrWrong     = errors.New("wrong username or password")
	ErrSignedOut = errors.New("signed out")
	ErrNoSession = errors.New("no such session")
)

// FieldError says what is wrong with what the user typed.
type FieldError struct{ Field, Message string }

func (e *FieldError) Error() string { return e.Field + ": " + e.Message }

// WaitError asks to wait before the next attempt.
type WaitError struct{ Wait time.Duration }

func (e *WaitError) Error() string { return fmt.Sprintf("wait %v before the next attempt", e.Wait) }

// Account is a user of this relay.
type Account struct {
	ID       string    `json:"id"` // opaque, for life
	Username string    `json:"username"`
	Created  time.Time `json:"created"`
}

// stored is an account at rest. Its key is the lower-case username, so that the
// uniqueness of the name and the existence of the account are one write.
type stored struct {
	Account
	Hash string `json:"hash"`
}

// Config of the Accounts. Rand and Now have defaults.
type Config struct {
	Bus    *bus.Bus
	Limits limit.Limits
	Log    *slog.Logger
	Rand   io.Reader
	Now    func() time.Time
	cost   cost // tests: cheaper
}

// Accounts keeps users and their sessions on the bus. Safe for concurrent use,
// also by several processes.
type Accounts struct {
	cfg      Config
	users    *bus.Bucket
	others   *bus.Bucket // accounts of those who sign in elsewhere, by who they are there
	sessions *bus.Bucket
	attempts *bus.Bucket
	hasher   *hasher
}

// Open opens the buckets.
func Open(ctx context.Context, cfg Config) (*Accounts, error) {
	if cfg.Rand == nil {
		cfg.Rand = rand.Reader
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.cost == (cost{}) {
		cfg.cost = owasp
	}
	a := &Accounts{cfg: cfg, hasher: newHasher(cfg.cost, cfg.Rand, cfg.Limits.Hashes, cfg.Limits.HashQueue)}
	for _, b := range []struct {
		name string
		ttl  time.Duration
		at   **bus.Bucket
	}{
		{"accounts", 0, &a.users},
		{"external", 0, &a.others},
		{"sessions", cfg.Limits.SessionIdle, &a.sessions},
		{"attempts", cfg.Limits.SignInMemory, &a.attempts},
	} {
		bucket, err := cfg.Bus.Bucket(ctx, b.name, bus.BucketOptions{TTL: b.ttl})
		if err != nil {
			return nil, fmt.Errorf("accounts: %w", err)
		}
		*b.at = bucket
	}
	return a, nil
}

// SignUp makes an account. It fails with a *FieldError, ErrTaken or ErrBusy.
func (a *Accounts) SignUp(ctx context.Context, username, password string) (Account, error) {
	if m := checkUsername(username); m != "" {
		return Account{}, &FieldError{"username", m}
	}
	if m := checkPassword(username, password); m != "" {
		return Account{}, &FieldError{"password", m}
	}
	key := userKey(username)
	if _, err := a.users.Get(ctx, key); err == nil {
		return Account{}, ErrTaken // before the costly hash
	} else if !errors.Is(err, bus.ErrNotFound) {
		return Account{}, fmt.Errorf("sign up: %w", err)
	}
	hash, err := a.hasher.make(ctx, password)
	if err != nil {
		return Account{}, fmt.Errorf("sign up: %w", err)
	}
	id, err := a.randomID(16)
	if err != nil {
		return Account{}, fmt.Errorf("sign up: %w", err)
	}
	s := stored{Account: Account{ID: id, Username: username, Created: a.now()}, Hash: hash}
	value, err := json.Marshal(s)
	if err != nil {
		return Account{}, fmt.Errorf("sign up: %w", err)
	}
	switch _, err := a.users.Create(ctx, key, value); {
	case errors.Is(err, bus.ErrExists):
		return Account{}, ErrTaken
	case err != nil:
		return Account{}, fmt.Errorf("sign up: %w", err)
	}
	return s.Account, nil
}

// SignIn checks a password. It fails with ErrWrong, the same and as slowly for a
// name that does not exist, with a *WaitError, or with ErrBusy. The address is
// whatever the relay counts as one client (limit.AddressKey).
func (a *Accounts) SignIn(ctx context.Context, username, password, address string) (Account, error) {
	if len(username) > MaxUsername || len(password) > MaxPassword || checkName(username) != nil {
		return Account{}, ErrWrong // no such name can exist
	}
	key := userKey(username)
	if err := a.charge(ctx, key, address); err != nil {
		return Account{}, err
	}
	s, rev, err := a.user(ctx, key)
	if err != nil && !errors.Is(err, bus.ErrNotFound) {
		return Account{}, fmt.Errorf("sign in: %w", err)
	}
	ok, err := a.hasher.check(ctx, s.Hash, password)
	if err != nil {
		if errors.Is(err, ErrBusy) {
			a.forgive(ctx, key, address) // the attempt was not made
		}
		return Account{}, fmt.Errorf("sign in: %w", err)
	}
	if !ok {
		return Account{}, ErrWrong
	}
	a.forgive(ctx, key, address)
	if a.hasher.stale(s.Hash) {
		a.rehash(ctx, key, s, rev, password)
	}
	return s.Account, nil
}

// checkName refuses names that could not be a key, before anything is stored.
func checkName(username string) error {
	if m := checkUsername(username); m != "" && !reserved[strings.ToLower(username)] {
		return ErrWrong
	}
	return nil
}

// rehash stores a password at today's cost. It is no harm if that fails: the next
// sign-in tries again.
func (a *Accounts) rehash(ctx context.Context, key string, s stored, rev uint64, password string) {
	hash, err := a.hasher.make(ctx, password)
	if err != nil {
		return
	}
	s.Hash = hash
	if value, err := json.Marshal(s); err == nil {
		if _, err := a.users.Update(ctx, key, value, rev); err != nil {
			a.cfg.Log.Warn("password hash not renewed", "error", err)
		}
	}
}

func (a *Accounts) user(ctx context.Context, key string) (s stored, rev uint64, err error) {
	e, err := a.users.Get(ctx, key)
	if err != nil {
		return s, 0, err
	}
	if err := json.Unmarshal(e.Value, &s); err != nil {
		return s, 0, fmt.Errorf("account record: %w", err)
	}
	return s, e.Rev, nil
}

// userKey is the one spelling of a name. A dot would separate levels.
func userKey(username string) string {
	return strings.ReplaceAll(strings.ToLower(username), ".", "/")
}

func (a *Accounts) now() time.Time { return a.cfg.Now().UTC().Truncate(time.Millisecond) }

var base32Lower = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// randomID returns n random bytes as lower-case letters and digits.
func (a *Accounts) randomID(n int) (string, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(a.cfg.Rand, b); err != nil {
		return "", fmt.Errorf("random id: %w", err)
	}
	return base32Lower.EncodeToString(b), nil
}
