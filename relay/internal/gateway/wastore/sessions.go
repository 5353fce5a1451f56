package wastore

import (
	"context"
	"fmt"
	"strings"

	"go.mau.fi/whatsmeow/types"
)

// Signal addresses are "user:device", with the domain in the user ("123_1:2"), as types.JID.SignalAddress
// prints them. user and device are levels of their own, so that all devices of a user are one prefix.
func addressKey(kind, address string) string {
	user, device, _ := strings.Cut(address, ":")
	return key(kind, user, device)
}

func (s *stores) PutIdentity(ctx context.Context, address string, identity [32]byte) error {
	return s.c.put(ctx, addressKey("identity", address), identity[:])
}

func (s *stores) DeleteAllIdentities(ctx context.Context, user string) error {
	return s.deleteUnder(ctx, "identity", user)
}

func (s *stores) DeleteIdentity(ctx context.Context, address string) error {
	return s.c.del(ctx, addressKey("identity", address))
}

// IsTrustedIdentity trusts an identity on first use, and from then on only that one.
func (s *stores) IsTrustedIdentity(ctx context.Context, address string, identity [32]byte) (bool, error) {
	known := s.c.get(ctx, addressKey("identity", address))
	if known == nil {
		return true, nil
	}
	if len(known) != len(identity) {
		return false, fmt.Errorf("%w: identity", ErrCorrupt)
	}
	return [32]byte(known) == identity, nil
}

func (s *stores) GetSession(ctx context.Context, address string) ([]byte, error) {
	return s.c.get(ctx, addressKey("session", address)), nil
}

func (s *stores) HasSession(ctx context.Context, address string) (bool, error) {
	return s.c.get(ctx, addressKey("session", address)) != nil, nil
}

// GetManySessions has an entry for every address asked for, nil where there is no session.
func (s *stores) GetManySessions(ctx context.Context, addresses []string) (map[string][]byte, error) {
	out := make(map[string][]byte, len(addresses))
	for _, a := range addresses {
		out[a] = s.c.get(ctx, addressKey("session", a))
	}
	return out, nil
}

func (s *stores) PutSession(ctx context.Context, address string, session []byte) error {
	return s.c.store(ctx, false, func() error { return s.c.put(ctx, addressKey("session", address), session) })
}

func (s *stores) PutManySessions(ctx context.Context, sessions map[string][]byte) error {
	return s.c.store(ctx, true, func() error {
		return s.c.batch(ctx, func(ctx context.Context) error {
			for a, session := range sessions {
				if err := s.c.put(ctx, addressKey("session", a), session); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

func (s *stores) DeleteAllSessions(ctx context.Context, user string) error {
	return s.deleteUnder(ctx, "session", user)
}

func (s *stores) DeleteSession(ctx context.Context, address string) error {
	return s.c.del(ctx, addressKey("session", address))
}

func (s *stores) deleteUnder(ctx context.Context, kind, user string) error {
	return s.c.batch(ctx, func(ctx context.Context) error {
		for k := range s.c.list(ctx, key(kind, user)+".") {
			if err := s.c.del(ctx, k); err != nil {
				return err
			}
		}
		return nil
	})
}

// MigratePNToLID renames what is kept under a phone number to its LID.
func (s *stores) MigratePNToLID(ctx context.Context, pn, lid types.JID) error {
	from, to := pn.SignalAddressUser(), lid.SignalAddressUser()
	if from == to {
		return nil
	}
	// whatsmeow asks before every message; nothing is written under a number once its LID is known.
	if _, done := s.c.migrated.Load(from); done {
		return nil
	}
	defer s.c.alone(ctx)()
	err := s.c.batch(ctx, func(ctx context.Context) error {
		for _, kind := range []string{"identity", "session", "senderkey"} {
			prefix := key(kind, from) + "."
			for k, v := range s.c.list(ctx, prefix) {
				if err := s.c.put(ctx, key(kind, to)+"."+strings.TrimPrefix(k, prefix), v); err != nil {
					return err
				}
				if err := s.c.del(ctx, k); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err == nil && s.c.running(ctx) == nil {
		s.c.migrated.Store(from, struct{}{})
	}
	return err
}

// Sender keys are found by sender first, so that a migration finds them.
func senderKeyKey(group, address string) string {
	user, device, _ := strings.Cut(address, ":")
	return key("senderkey", user, device, group)
}

func (s *stores) PutSenderKey(ctx context.Context, group, user string, senderKey []byte) error {
	return s.c.put(ctx, senderKeyKey(group, user), senderKey)
}

func (s *stores) GetSenderKey(ctx context.Context, group, user string) ([]byte, error) {
	return s.c.get(ctx, senderKeyKey(group, user)), nil
}
