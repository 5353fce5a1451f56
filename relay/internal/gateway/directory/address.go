package directory

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"ferry/relay/internal/bus"
	"ferry/relay/wire"
)

// AliasOf is the alias LID of an interop JID, for clients that can receive from
// interop JIDs but refuse to write to them, whatsmeow and Baileys among them.
// The device number is kept. Other JIDs come back as they are.
func AliasOf(j wire.JID) wire.JID {
	if alias, ok := wire.AliasLID(j); ok {
		return alias
	}
	return j
}

// Unalias is the reverse of AliasOf; JIDs that are no alias come back as they are.
func Unalias(j wire.JID) wire.JID {
	if interop, ok := wire.FromAliasLID(j); ok {
		return interop
	}
	return j
}

// Digits turns a phone number in international form ("+49 151-20", "4915120",
// "4915120@c.us") into its digits.
func Digits(number string) (string, error) {
	number, _, _ = strings.Cut(number, "@")
	var out strings.Builder
	for i, r := range number {
		switch {
		case r >= '0' && r <= '9':
			out.WriteRune(r)
		case r == '+' && i == 0, strings.ContainsRune(" -()./", r):
		default:
			return "", ErrBadNumber
		}
	}
	// E.164: at most 15 digits, country codes never start with 0.
	if n := out.Len(); n < 5 || n > 15 || out.String()[0] == '0' {
		return "", ErrBadNumber
	}
	return out.String(), nil
}

// Canonical turns any form of a user's JID into the canonical one, keeping the
// device number. A phone number is looked up: ErrNotFound if nobody has it. For
// the other forms the account is not read and need not exist.
func (d *Directory) Canonical(ctx context.Context, j wire.JID) (wire.JID, error) {
	switch j.Server {
	case wire.ServerUser, wire.ServerLegacyUser:
		lid, err := d.lidOfNumber(ctx, j.User)
		if err != nil {
			return wire.JID{}, err
		}
		return lid.WithDevice(j.Device), nil
	case wire.ServerLID, wire.ServerInterop:
		return Unalias(j), nil
	}
	return wire.JID{}, fmt.Errorf("%w: server %q has no users", ErrNotFound, j.Server)
}

// Resolve returns the account that a JID in any form belongs to, or ErrNotFound.
func (d *Directory) Resolve(ctx context.Context, j wire.JID) (Account, error) {
	id, err := d.Canonical(ctx, j)
	if err != nil {
		return Account{}, err
	}
	return d.Account(ctx, id)
}

// lidOfNumber looks a phone number's digits up.
func (d *Directory) lidOfNumber(ctx context.Context, digits string) (wire.JID, error) {
	if plain, err := Digits(digits); err != nil || plain != digits {
		return wire.JID{}, ErrNotFound
	}
	e, err := d.accounts.Get(ctx, "pn."+digits)
	if errors.Is(err, bus.ErrNotFound) {
		return wire.JID{}, ErrNotFound
	}
	if err != nil {
		return wire.JID{}, fmt.Errorf("directory: phone number: %w", err)
	}
	return wire.JID{User: string(e.Value), Server: wire.ServerLID}, nil
}
