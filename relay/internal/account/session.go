package account

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"ferry/relay/internal/bus"
)

// RevokedSubject carries the id of each session that ends before its time, to all
// relays, so that tunnels are closed.
const RevokedSubject = "ferry.session.revoked"

// seenEvery is how often a session's use is written down.
const seenEvery = 10 * time.Minute

// Token is the secret that stands for a session. It prints as nothing.
type Token struct{ text string }

// ParseToken takes what a client sent; whether it is any good is up to Session.
func ParseToken(text string) Token { return Token{text} }

// Reveal returns the text for the client that the session belongs to.
func (t Token) Reveal() string { return t.text }

// String hides the secret.
func (Token) String() string { return "session token" }

// GoString hides the secret.
func (Token) GoString() string { return "session token" }

// Session is one signed-in device.
type Session struct {
	ID      string    `json:"id"`
	Device  string    `json:"device"`
	Created time.Time `json:"created"`
	Seen    time.Time `json:"lastSeen"` // to within ten minutes
	Expires time.Time `json:"expires"`
}

// storedSession is a session at rest: never the token, only its hash, so that a
// copy of the files signs nobody in. Its key is account id, dot, session id.
type storedSession struct {
	Session
	Account Account `json:"account"`
	Hash    []byte  `json:"hash"`
}

const tokenPrefix = "ferry-session"

// Start begins a session for an account whose password was right.
func (a *Accounts) Start(ctx context.Context, acc Account, device string) (Session, Token, error) {
	id, err := a.randomID(10)
	if err != nil {
		return Session{}, Token{}, err
	}
	secret, err := a.randomID(32)
	if err != nil {
		return Session{}, Token{}, err
	}
	now := a.now()
	s := storedSession{
		Session: Session{ID: id, Device: cleanDevice(device), Created: now, Seen: now},
		Account: acc,
		Hash:    hashSecret(secret),
	}
	s.Expires = a.expiry(s.Session)
	value, err := json.Marshal(s)
	if err != nil {
		return Session{}, Token{}, fmt.Errorf("start session: %w", err)
	}
	if err := a.makeRoom(ctx, acc.ID); err != nil {
		a.cfg.Log.Warn("old sessions not ended", "error", err) // the bound is a courtesy: fail open
	}
	if _, err := a.sessions.Create(ctx, acc.ID+"."+id, value); err != nil {
		return Session{}, Token{}, fmt.Errorf("start session: %w", err)
	}
	return s.Session, Token{strings.Join([]string{tokenPrefix, acc.ID, id, secret}, ".")}, nil
}

func (a *Accounts) expiry(s Session) time.Time {
	idle, age := s.Seen.Add(a.cfg.Limits.SessionIdle), s.Created.Add(a.cfg.Limits.SessionAge)
	if age.Before(idle) {
		return age
	}
	return idle
}

// Session returns whose token it is, or ErrSignedOut.
func (a *Accounts) Session(ctx context.Context, t Token) (Account, Session, error) {
	parts := strings.Split(t.text, ".")
	if len(parts) != 4 || parts[0] != tokenPrefix || !plainID(parts[1]) || !plainID(parts[2]) || len(parts[3]) > 64 {
		return Account{}, Session{}, ErrSignedOut
	}
	s, rev, err := a.stored(ctx, parts[1], parts[2])
	if err != nil {
		return Account{}, Session{}, err
	}
	if subtle.ConstantTimeCompare(hashSecret(parts[3]), s.Hash) != 1 {
		return Account{}, Session{}, ErrSignedOut
	}
	a.touch(ctx, s, rev)
	return s.Account, s.Session, nil
}

// Alive returns ErrSignedOut once a session has ended.
func (a *Accounts) Alive(ctx context.Context, account, session string) error {
	_, _, err := a.stored(ctx, account, session)
	return err
}

func (a *Accounts) stored(ctx context.Context, account, session string) (s storedSession, rev uint64, err error) {
	e, err := a.sessions.Get(ctx, account+"."+session)
	switch {
	case errors.Is(err, bus.ErrNotFound):
		return s, 0, ErrSignedOut
	case err != nil:
		return s, 0, fmt.Errorf("session: %w", err)
	}
	if err := json.Unmarshal(e.Value, &s); err != nil {
		return s, 0, fmt.Errorf("session record: %w", err)
	}
	if !a.now().Before(a.expiry(s.Session)) {
		return s, 0, ErrSignedOut
	}
	return s, e.Rev, nil
}

// touch writes down that the session is used. If another request or a revocation
// came first, that one counts.
func (a *Accounts) touch(ctx context.Context, s storedSession, rev uint64) {
	now := a.now()
	if now.Sub(s.Seen) < seenEvery {
		return
	}
	s.Seen = now
	s.Expires = a.expiry(s.Session)
	value, err := json.Marshal(s)
	if err != nil {
		return
	}
	if _, err := a.sessions.Update(ctx, s.Account.ID+"."+s.ID, value, rev); err != nil && !errors.Is(err, bus.ErrConflict) {
		a.cfg.Log.Warn("session use not written down", "error", err)
	}
}

// Sessions lists an account's sessions, the latest used first.
func (a *Accounts) Sessions(ctx context.Context, account string) ([]Session, error) {
	entries, err := a.sessions.List(ctx, account+".")
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	out := make([]Session, 0, len(entries))
	for _, e := range entries {
		var s storedSession
		if err := json.Unmarshal(e.Value, &s); err != nil {
			return nil, fmt.Errorf("session record: %w", err)
		}
		if a.now().Before(a.expiry(s.Session)) {
			out = append(out, s.Session)
		}
	}
	slices.SortFunc(out, func(x, y Session) int { return y.Seen.Compare(x.Seen) })
	return out, nil
}

// Revoke ends a session and tells all relays. It fails with ErrNoSession.
func (a *Accounts) Revoke(ctx context.Context, account, session string) error {
	if !plainID(session) {
		return ErrNoSession
	}
	if _, err := a.sessions.Get(ctx, account+"."+session); errors.Is(err, bus.ErrNotFound) {
		return ErrNoSession
	}
	if err := a.sessions.Delete(ctx, account+"."+session, 0); err != nil {
		return fmt.Errorf("revoke session: %w", err)
	}
	// It is ended already; should the message be lost, tunnels look it up themselves
	// after a while.
	if err := a.cfg.Bus.Publish(RevokedSubject, []byte(session)); err != nil {
		a.cfg.Log.Warn("revocation not announced", "error", err)
	}
	return nil
}

// makeRoom ends the sessions unused for longest when there are too many.
func (a *Accounts) makeRoom(ctx context.Context, account string) error {
	bound := int(a.cfg.Limits.Sessions)
	if bound == 0 {
		return nil
	}
	all, err := a.Sessions(ctx, account)
	if err != nil || len(all) < bound {
		return err
	}
	for _, s := range all[bound-1:] {
		if err := a.Revoke(ctx, account, s.ID); err != nil && !errors.Is(err, ErrNoSession) {
			return err
		}
	}
	return nil
}

// hashSecret needs no salt and no cost: the secret is random and long.
func hashSecret(secret string) []byte {
	h := sha256.Sum256([]byte(secret))
	return h[:]
}

// plainID reports whether text could be one of our ids, and so a key.
func plainID(text string) bool {
	for _, c := range []byte(text) {
		if (c < 'a' || c > 'z') && (c < '2' || c > '7') {
			return false
		}
	}
	return text != "" && len(text) <= 40
}
