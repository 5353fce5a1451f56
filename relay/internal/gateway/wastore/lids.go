package wastore

import (
	"context"
	"fmt"

	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
)

// Phone numbers and LIDs are one to one; both directions are kept.
func lidKey(user string) string { return key("lid", user) }
func pnKey(user string) string  { return key("pn", user) }

// person is the address that stands for a user: the LID where it is known.
func (s *stores) person(ctx context.Context, user types.JID) string {
	user = user.ToNonAD()
	if user.Server == types.DefaultUserServer {
		if lid := s.c.get(ctx, lidKey(user.User)); lid != nil {
			return types.NewJID(string(lid), types.HiddenUserServer).String()
		}
	}
	return user.String()
}

func (s *stores) PutLIDMapping(ctx context.Context, lid, pn types.JID) error {
	if lid.Server != types.HiddenUserServer || pn.Server != types.DefaultUserServer {
		return fmt.Errorf("wastore: not a LID and a phone number: %s, %s", lid.Server, pn.Server)
	}
	return s.c.batch(ctx, func(ctx context.Context) error {
		if old := s.c.get(ctx, lidKey(pn.User)); old != nil && string(old) != lid.User {
			if err := s.c.del(ctx, pnKey(string(old))); err != nil {
				return err
			}
		}
		if old := s.c.get(ctx, pnKey(lid.User)); old != nil && string(old) != pn.User {
			if err := s.c.del(ctx, lidKey(string(old))); err != nil {
				return err
			}
		}
		if err := s.c.put(ctx, lidKey(pn.User), []byte(lid.User)); err != nil {
			return err
		}
		return s.c.put(ctx, pnKey(lid.User), []byte(pn.User))
	})
}

// PutManyLIDMappings skips what is not a pair of a LID and a phone number, as servers send such entries.
func (s *stores) PutManyLIDMappings(ctx context.Context, mappings []store.LIDMapping) error {
	return s.c.batch(ctx, func(ctx context.Context) error {
		for _, m := range mappings {
			if m.LID.Server != types.HiddenUserServer || m.PN.Server != types.DefaultUserServer {
				continue
			}
			if err := s.PutLIDMapping(ctx, m.LID, m.PN); err != nil {
				return err
			}
		}
		return nil
	})
}

// GetLIDForPN returns the zero JID for an unknown number, and keeps the device.
func (s *stores) GetLIDForPN(ctx context.Context, pn types.JID) (types.JID, error) {
	if pn.Server != types.DefaultUserServer {
		return types.JID{}, fmt.Errorf("wastore: not a phone number: %s", pn.Server)
	}
	lid := s.c.get(ctx, lidKey(pn.User))
	if lid == nil {
		return types.JID{}, nil
	}
	return types.JID{User: string(lid), Device: pn.Device, Server: types.HiddenUserServer}, nil
}

func (s *stores) GetPNForLID(ctx context.Context, lid types.JID) (types.JID, error) {
	if lid.Server != types.HiddenUserServer {
		return types.JID{}, fmt.Errorf("wastore: not a LID: %s", lid.Server)
	}
	pn := s.c.get(ctx, pnKey(lid.User))
	if pn == nil {
		return types.JID{}, nil
	}
	return types.JID{User: string(pn), Device: lid.Device, Server: types.DefaultUserServer}, nil
}

func (s *stores) GetManyLIDsForPNs(ctx context.Context, pns []types.JID) (map[types.JID]types.JID, error) {
	out := make(map[types.JID]types.JID, len(pns))
	for _, pn := range pns {
		if pn.Server != types.DefaultUserServer {
			continue
		}
		lid, err := s.GetLIDForPN(ctx, pn)
		if err != nil {
			return nil, err
		}
		if !lid.IsEmpty() {
			out[pn] = lid
		}
	}
	return out, nil
}
