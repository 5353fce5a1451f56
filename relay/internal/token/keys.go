package token

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"ferry/relay/internal/bus"
)

// signingKey is one key of the issuer.
type signingKey struct {
	ID   string    `json:"kid"`
	Seed seed      `json:"seed"`
	Made time.Time `json:"made"` // published from now on
	From time.Time `json:"from"` // signs from now on, until its successor does
}

// seed is a private key at rest. It never prints itself.
type seed []byte

func (seed) String() string   { return "signing key" }
func (seed) GoString() string { return "signing key" }

func (k signingKey) private() ed25519.PrivateKey { return ed25519.NewKeyFromSeed(k.Seed) }
func (k signingKey) public() ed25519.PublicKey   { return k.private().Public().(ed25519.PublicKey) }

// schedule says when keys come and go.
type schedule struct {
	life  time.Duration // how long a key signs
	lead  time.Duration // how long before that it is published, at least
	grace time.Duration // how long it stays published afterwards
}

// plan returns the keys that there should be now, the oldest first: one that
// signs, the next one in good time before it is needed, none past its grace. Only
// the very first key signs without having been published before; after a long
// absence of all relays the old one goes on until its successor is known. It is
// pure, so that any number of relays come to the same answer by compare-and-set.
func (s schedule) plan(keys []signingKey, now time.Time, fresh func(from time.Time) (signingKey, error)) (out []signingKey, changed bool, err error) {
	for i, k := range keys {
		if i+1 < len(keys) && now.After(keys[i+1].From.Add(s.grace)) {
			changed = true
			continue
		}
		out = append(out, k)
	}
	from := now
	if len(out) > 0 {
		next := out[len(out)-1].From.Add(s.life)
		if next.Sub(now) > 2*s.lead {
			return out, changed, nil
		}
		if from = now.Add(s.lead); next.After(from) {
			from = next
		}
	}
	k, err := fresh(from)
	if err != nil {
		return nil, false, err
	}
	return append(out, k), true, nil
}

// current returns the key to sign with: the youngest whose time has come.
func current(keys []signingKey, now time.Time) (signingKey, bool) {
	for i := len(keys) - 1; i >= 0; i-- {
		if !now.Before(keys[i].From) {
			return keys[i], true
		}
	}
	return signingKey{}, false
}

const keysEntry = "keys"

// refresh reads the keys and makes and drops what is due. Several relays may do so
// at once: one of them wins, the others read what it wrote.
func (i *Issuer) refresh(ctx context.Context) error {
	for range 8 {
		var keys []signingKey
		e, err := i.bucket.Get(ctx, keysEntry)
		switch {
		case err == nil:
			if err := json.Unmarshal(e.Value, &keys); err != nil {
				return fmt.Errorf("signing keys: %w", err)
			}
		case !errors.Is(err, bus.ErrNotFound):
			return fmt.Errorf("signing keys: %w", err)
		}
		want, changed, err := i.schedule.plan(keys, i.cfg.Now(), i.fresh)
		if err != nil {
			return err
		}
		if changed {
			switch err := i.write(ctx, want, e.Rev); {
			case errors.Is(err, bus.ErrConflict), errors.Is(err, bus.ErrExists):
				continue
			case err != nil:
				return err
			}
		}
		i.mu.Lock()
		i.keys, i.read = want, i.cfg.Now()
		i.mu.Unlock()
		return nil
	}
	return errors.New("signing keys: too many relays change them at once")
}

func (i *Issuer) write(ctx context.Context, keys []signingKey, rev uint64) error {
	value, err := json.Marshal(keys)
	if err != nil {
		return fmt.Errorf("signing keys: %w", err)
	}
	if rev == 0 {
		_, err = i.bucket.Create(ctx, keysEntry, value)
	} else {
		_, err = i.bucket.Update(ctx, keysEntry, value, rev)
	}
	if err != nil {
		return fmt.Errorf("signing keys: %w", err)
	}
	return nil
}

func (i *Issuer) fresh(from time.Time) (signingKey, error) {
	raw := make([]byte, ed25519.SeedSize+12)
	if _, err := io.ReadFull(i.cfg.Rand, raw); err != nil {
		return signingKey{}, fmt.Errorf("new signing key: %w", err)
	}
	return signingKey{
		ID:   base64.RawURLEncoding.EncodeToString(raw[ed25519.SeedSize:]),
		Seed: raw[:ed25519.SeedSize],
		Made: i.cfg.Now().UTC(),
		From: from.UTC(),
	}, nil
}
