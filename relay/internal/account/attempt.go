package account

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"ferry/relay/internal/bus"
)

// attempts of one client address on one account. The real owner, at another
// address, is not slowed down by somebody else's guesses.
type attempts struct {
	Count int64     `json:"count"`
	Next  time.Time `json:"next"` // before this, no attempt is made at all
}

// charge counts an attempt before the password is looked at, so that attempts at
// the same instant cannot slip past the count; success gives it back.
func (a *Accounts) charge(ctx context.Context, user, address string) error {
	key := attemptKey(user, address)
	for range 8 {
		var t attempts
		e, err := a.attempts.Get(ctx, key)
		switch {
		case err == nil:
			if err := json.Unmarshal(e.Value, &t); err != nil {
				return fmt.Errorf("attempts: %w", err)
			}
		case !errors.Is(err, bus.ErrNotFound):
			return fmt.Errorf("attempts: %w", err)
		}
		now := a.now()
		if wait := t.Next.Sub(now); wait > 0 {
			return &WaitError{wait}
		}
		if now.Sub(t.Next) > a.cfg.Limits.SignInMemory && !t.Next.IsZero() {
			t.Count = 0
		}
		t.Count++
		t.Next = now.Add(a.backOff(t.Count))
		value, err := json.Marshal(t)
		if err != nil {
			return fmt.Errorf("attempts: %w", err)
		}
		if e.Rev == 0 {
			_, err = a.attempts.Create(ctx, key, value)
		} else {
			_, err = a.attempts.Update(ctx, key, value, e.Rev)
		}
		if err == nil {
			return nil
		}
		if !errors.Is(err, bus.ErrExists) && !errors.Is(err, bus.ErrConflict) {
			return fmt.Errorf("attempts: %w", err)
		}
	}
	return &WaitError{time.Second} // many at the same instant: no person does that
}

// backOff is the wait after the n-th attempt without success.
func (a *Accounts) backOff(n int64) time.Duration {
	over := n - a.cfg.Limits.SignInFree
	if over < 0 {
		return 0
	}
	return min(time.Second<<min(over, 30), a.cfg.Limits.SignInWait)
}

// forgive forgets the attempts after success.
func (a *Accounts) forgive(ctx context.Context, user, address string) {
	if err := a.attempts.Delete(ctx, attemptKey(user, address), 0); err != nil {
		a.cfg.Log.Warn("sign-in attempts not forgotten", "error", err)
	}
}

// attemptKey keeps names and addresses of failed attempts out of the files.
func attemptKey(user, address string) string {
	h := sha256.Sum256([]byte(user + "\x00" + address))
	return base32Lower.EncodeToString(h[:20])
}
