package wastore

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
)

// load decodes a JSON record; false if there is none.
func load[T any](ctx context.Context, c *Container, key string) (v T, ok bool, err error) {
	raw := c.get(ctx, key)
	if raw == nil {
		return v, false, nil
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		return v, false, kvError("decode", key, err)
	}
	return v, true, nil
}

func save[T any](ctx context.Context, c *Container, key string, v T) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return kvError("encode", key, err)
	}
	return c.put(ctx, key, raw)
}

func contactKey(user types.JID) string { return key("contact", user.String()) }

func (s *stores) GetContact(ctx context.Context, user types.JID) (types.ContactInfo, error) {
	info, _, err := load[types.ContactInfo](ctx, s.c, contactKey(user))
	return info, err
}

func (s *stores) GetAllContacts(ctx context.Context) (map[types.JID]types.ContactInfo, error) {
	out := make(map[types.JID]types.ContactInfo)
	for k := range s.c.list(ctx, "contact.") {
		user, err := types.ParseJID(lastLevel(k))
		if err != nil {
			return nil, fmt.Errorf("%w: contact", ErrCorrupt)
		}
		if out[user], err = s.GetContact(ctx, user); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// edit changes one contact and says whether it is different now.
func (s *stores) edit(ctx context.Context, user types.JID, change func(*types.ContactInfo)) (old types.ContactInfo, changed bool, err error) {
	old, err = s.GetContact(ctx, user)
	if err != nil {
		return old, false, err
	}
	info := old
	change(&info)
	if info == old {
		return old, false, nil
	}
	info.Found = true
	return old, true, save(ctx, s.c, contactKey(user), info)
}

func (s *stores) PutPushName(ctx context.Context, user types.JID, name string) (bool, string, error) {
	old, changed, err := s.edit(ctx, user, func(i *types.ContactInfo) { i.PushName = name })
	return changed, old.PushName, err
}

func (s *stores) PutBusinessName(ctx context.Context, user types.JID, name string) (bool, string, error) {
	old, changed, err := s.edit(ctx, user, func(i *types.ContactInfo) { i.BusinessName = name })
	return changed, old.BusinessName, err
}

func (s *stores) PutContactName(ctx context.Context, user types.JID, fullName, firstName string) error {
	_, _, err := s.edit(ctx, user, func(i *types.ContactInfo) { i.FullName, i.FirstName = fullName, firstName })
	return err
}

func (s *stores) PutAllContactNames(ctx context.Context, contacts []store.ContactEntry) error {
	return s.c.batch(ctx, func(ctx context.Context) error {
		for _, e := range contacts {
			if err := s.PutContactName(ctx, e.JID, e.FullName, e.FirstName); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *stores) PutManyRedactedPhones(ctx context.Context, entries []store.RedactedPhoneEntry) error {
	return s.c.batch(ctx, func(ctx context.Context) error {
		for _, e := range entries {
			_, _, err := s.edit(ctx, e.JID, func(i *types.ContactInfo) { i.RedactedPhone = e.RedactedPhone })
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *stores) GetChatSettings(ctx context.Context, chat types.JID) (types.LocalChatSettings, error) {
	v, _, err := load[types.LocalChatSettings](ctx, s.c, key("chat", chat.String()))
	return v, err
}

func (s *stores) setChat(ctx context.Context, chat types.JID, change func(*types.LocalChatSettings)) error {
	v, err := s.GetChatSettings(ctx, chat)
	if err != nil {
		return err
	}
	change(&v)
	v.Found = true
	return save(ctx, s.c, key("chat", chat.String()), v)
}

func (s *stores) PutMutedUntil(ctx context.Context, chat types.JID, until time.Time) error {
	return s.setChat(ctx, chat, func(v *types.LocalChatSettings) { v.MutedUntil = until })
}

func (s *stores) PutPinned(ctx context.Context, chat types.JID, pinned bool) error {
	return s.setChat(ctx, chat, func(v *types.LocalChatSettings) { v.Pinned = pinned })
}

func (s *stores) PutArchived(ctx context.Context, chat types.JID, archived bool) error {
	return s.setChat(ctx, chat, func(v *types.LocalChatSettings) { v.Archived = archived })
}

// A privacy token belongs to a person, whichever address form it came under.
func (s *stores) PutPrivacyTokens(ctx context.Context, tokens ...store.PrivacyToken) error {
	return s.c.batch(ctx, func(ctx context.Context) error {
		for _, t := range tokens {
			if err := save(ctx, s.c, key("token", s.person(ctx, t.User)), t); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *stores) GetPrivacyToken(ctx context.Context, user types.JID) (*store.PrivacyToken, error) {
	t, ok, err := load[store.PrivacyToken](ctx, s.c, key("token", s.person(ctx, user)))
	if !ok || err != nil {
		return nil, err
	}
	return &t, nil
}

type secretRecord struct {
	Secret []byte
	Sender types.JID
}

func (s *stores) secretKey(ctx context.Context, chat, sender types.JID, id types.MessageID) string {
	return key("secret", s.person(ctx, chat), s.person(ctx, sender), id)
}

// PutMessageSecret keeps the first secret of a message.
func (s *stores) PutMessageSecret(ctx context.Context, chat, sender types.JID, id types.MessageID, secret []byte) error {
	k := s.secretKey(ctx, chat, sender, id)
	if s.c.get(ctx, k) != nil {
		return nil
	}
	return save(ctx, s.c, k, secretRecord{secret, sender.ToNonAD()})
}

func (s *stores) PutMessageSecrets(ctx context.Context, inserts []store.MessageSecretInsert) error {
	return s.c.batch(ctx, func(ctx context.Context) error {
		for _, i := range inserts {
			if err := s.PutMessageSecret(ctx, i.Chat, i.Sender, i.ID, i.Secret); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *stores) GetMessageSecret(ctx context.Context, chat, sender types.JID, id types.MessageID) ([]byte, types.JID, error) {
	r, _, err := load[secretRecord](ctx, s.c, s.secretKey(ctx, chat, sender, id))
	return r.Secret, r.Sender, err
}
