package account

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"ferry/relay/internal/bus"
)

// ErrNoPassword: the account has none, because its owner signs in elsewhere.
var ErrNoPassword = errors.New("the account has no password")

// Check asks for the password again before something that cannot be undone. It
// fails as SignIn does; for an account without a password there is nothing to check.
func (a *Accounts) Check(ctx context.Context, acc Account, password, address string) error {
	s, _, err := a.user(ctx, userKey(acc.Username))
	if err != nil && !errors.Is(err, bus.ErrNotFound) {
		return fmt.Errorf("check password: %w", err)
	}
	if err == nil && s.ID == acc.ID && s.Hash == "" {
		return nil
	}
	got, err := a.SignIn(ctx, acc.Username, password, address)
	if err == nil && got.ID != acc.ID {
		err = ErrWrong
	}
	return err
}

// ChangePassword sets a new password, and ends all sessions but the one given: who
// had learnt the old one is out. It fails as SignIn does for the old password, with
// a *FieldError for the new one, or with ErrNoPassword.
func (a *Accounts) ChangePassword(ctx context.Context, acc Account, old, password, address, keep string) error {
	key := userKey(acc.Username)
	s, _, err := a.user(ctx, key)
	if errors.Is(err, bus.ErrNotFound) || err == nil && s.ID != acc.ID {
		return ErrSignedOut // deleted or renamed meanwhile
	}
	if err != nil {
		return fmt.Errorf("change password: %w", err)
	}
	if s.Hash == "" {
		return ErrNoPassword
	}
	if _, err := a.SignIn(ctx, acc.Username, old, address); err != nil {
		return err
	}
	if m := checkPassword(acc.Username, password); m != "" {
		return &FieldError{"password", m}
	}
	s, rev, err := a.user(ctx, key) // again: the sign-in may have renewed the hash
	if err != nil {
		return fmt.Errorf("change password: %w", err)
	}
	if s.Hash, err = a.hasher.make(ctx, password); err != nil {
		return fmt.Errorf("change password: %w", err)
	}
	value, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("change password: %w", err)
	}
	if _, err := a.users.Update(ctx, key, value, rev); err != nil {
		return fmt.Errorf("change password: %w", err)
	}
	return a.endSessions(ctx, acc.ID, keep)
}

// EndSessions ends all sessions of an account, and leaves no trace of them.
func (a *Accounts) EndSessions(ctx context.Context, acc Account) error {
	return a.endSessions(ctx, acc.ID, "")
}

// Delete ends all sessions and removes the account, its name and all that is kept
// here under its id. What other rooms keep of it must go before: afterwards nobody
// can ask again. Deleting what is gone is no error.
func (a *Accounts) Delete(ctx context.Context, acc Account) error {
	if err := a.endSessions(ctx, acc.ID, ""); err != nil {
		return err
	}
	entries, err := a.others.List(ctx, "")
	if err != nil {
		return fmt.Errorf("delete account: %w", err)
	}
	for _, e := range entries {
		var x Account
		if json.Unmarshal(e.Value, &x) == nil && x.ID == acc.ID {
			if err := a.others.Erase(ctx, e.Key); err != nil {
				return fmt.Errorf("delete account: %w", err)
			}
		}
	}
	key := userKey(acc.Username)
	s, _, err := a.user(ctx, key)
	if errors.Is(err, bus.ErrNotFound) || err == nil && s.ID != acc.ID {
		return nil
	}
	if err != nil {
		return fmt.Errorf("delete account: %w", err)
	}
	if err := a.users.Erase(ctx, key); err != nil {
		return fmt.Errorf("delete account: %w", err)
	}
	return nil
}

// endSessions ends all sessions of an account but one, and leaves no trace of them.
func (a *Accounts) endSessions(ctx context.Context, account, keep string) error {
	all, err := a.sessions.List(ctx, account+".")
	if err != nil {
		return fmt.Errorf("end sessions: %w", err)
	}
	for _, e := range all {
		var s storedSession
		if err := json.Unmarshal(e.Value, &s); err == nil && s.ID == keep && keep != "" {
			continue
		} else if err == nil {
			if err := a.Revoke(ctx, account, s.ID); err != nil && !errors.Is(err, ErrNoSession) {
				return err
			}
		}
		if err := a.sessions.Erase(ctx, e.Key); err != nil {
			return fmt.Errorf("end sessions: %w", err)
		}
	}
	if keep != "" {
		return nil
	}
	return a.sessions.EraseAll(ctx, account+".") // and the marks of those that ended before
}
