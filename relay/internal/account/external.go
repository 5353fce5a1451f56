package account

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"ferry/relay/internal/bus"
)

// External is somebody whom another sign-in vouches for. Issuer and Subject name
// the person for life; the username may change.
type External struct{ Issuer, Subject, Username string }

// key hides what the issuer calls the person, which may be an e-mail address.
func (x External) key() string {
	h := sha256.Sum256([]byte(x.Issuer + "\x00" + x.Subject))
	return hex.EncodeToString(h[:])
}

// Admit finds or makes the account of somebody who signed in elsewhere. A changed
// username is taken over where it is free. It fails with a *FieldError if the
// username cannot be one here, and with ErrTaken if somebody else has it.
func (a *Accounts) Admit(ctx context.Context, x External) (Account, error) {
	if x.Issuer == "" || x.Subject == "" {
		return Account{}, errors.New("admit: no issuer or subject")
	}
	acc, rev, err := a.external(ctx, x)
	if errors.Is(err, bus.ErrNotFound) {
		return a.newExternal(ctx, x)
	}
	if err != nil {
		return Account{}, fmt.Errorf("admit: %w", err)
	}
	if acc.Username == x.Username {
		return acc, a.claimName(ctx, acc) // a crash may have come in between
	}
	return a.rename(ctx, x, acc, rev)
}

func (a *Accounts) external(ctx context.Context, x External) (acc Account, rev uint64, err error) {
	e, err := a.others.Get(ctx, x.key())
	if err != nil {
		return acc, 0, err
	}
	return acc, e.Rev, json.Unmarshal(e.Value, &acc)
}

// newExternal claims the name first: an account without a name would be one that
// nobody can see, a name without an account is claimed again by its owner's next
// sign-in only, since the id in it tells whose it is.
func (a *Accounts) newExternal(ctx context.Context, x External) (Account, error) {
	if m := checkUsername(x.Username); m != "" {
		return Account{}, &FieldError{"username", m}
	}
	acc := Account{ID: base32Lower.EncodeToString(idOf(x)), Username: x.Username, Created: a.now()}
	if err := a.claimName(ctx, acc); err != nil {
		return Account{}, err
	}
	value, err := json.Marshal(acc)
	if err != nil {
		return Account{}, fmt.Errorf("admit: %w", err)
	}
	if _, err := a.others.Create(ctx, x.key(), value); errors.Is(err, bus.ErrExists) {
		acc, _, err := a.external(ctx, x) // signed in twice at once
		return acc, err
	} else if err != nil {
		return Account{}, fmt.Errorf("admit: %w", err)
	}
	return acc, nil
}

// idOf is the account id of an external person: made from who they are, so that
// two sign-ins at once make one account.
func idOf(x External) []byte {
	h := sha256.Sum256([]byte("account\x00" + x.Issuer + "\x00" + x.Subject))
	return h[:16]
}

// claimName makes a username lead to the account; nobody can sign in to it with a
// password, because there is none.
func (a *Accounts) claimName(ctx context.Context, acc Account) error {
	value, err := json.Marshal(stored{Account: acc})
	if err != nil {
		return fmt.Errorf("admit: %w", err)
	}
	key := userKey(acc.Username)
	_, err = a.users.Create(ctx, key, value)
	if !errors.Is(err, bus.ErrExists) {
		if err != nil {
			return fmt.Errorf("admit: %w", err)
		}
		return nil
	}
	holder, _, err := a.user(ctx, key)
	if err != nil {
		return fmt.Errorf("admit: %w", err)
	}
	if holder.ID != acc.ID {
		return ErrTaken
	}
	return nil
}

// rename claims the new name, then writes it down, then frees the old one.
func (a *Accounts) rename(ctx context.Context, x External, acc Account, rev uint64) (Account, error) {
	if m := checkUsername(x.Username); m != "" {
		return Account{}, &FieldError{"username", m}
	}
	old := acc.Username
	acc.Username = x.Username
	if err := a.claimName(ctx, acc); err != nil {
		return Account{}, err
	}
	value, err := json.Marshal(acc)
	if err != nil {
		return Account{}, fmt.Errorf("admit: %w", err)
	}
	if _, err := a.others.Update(ctx, x.key(), value, rev); errors.Is(err, bus.ErrConflict) {
		acc, _, err := a.external(ctx, x)
		return acc, err
	} else if err != nil {
		return Account{}, fmt.Errorf("admit: %w", err)
	}
	if userKey(old) == userKey(acc.Username) {
		return acc, nil
	}
	holder, rev, err := a.user(ctx, userKey(old))
	if err == nil && holder.ID == acc.ID {
		err = a.users.Delete(ctx, userKey(old), rev)
	}
	if err != nil && !errors.Is(err, bus.ErrNotFound) {
		a.cfg.Log.Warn("old username not freed", "error", err)
	}
	return acc, nil
}
