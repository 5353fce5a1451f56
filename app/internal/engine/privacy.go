package engine

import (
	"context"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/store"
	"ferry/relay/wire"
)

const privacyKey = "privacy" // store.Meta: model.Privacy

// loadPrivacy reads what the user lets others see: at first, all of it. Chosen
// is whether they ever said so.
func loadPrivacy(ctx context.Context, s store.Store) (p model.Privacy, chosen bool, err error) {
	p = model.Privacy{ReadReceipts: true, Typing: true, LastSeen: true}
	b, err := s.Get(ctx, store.Meta, privacyKey)
	if err != nil || b == nil {
		return p, false, err
	}
	return p, true, unmarshal(b, &p)
}

// setPrivacy changes what others see, and with it what this user sees of them.
func (e *Engine) setPrivacy(t *turn, r *request, c port.SetPrivacy) error {
	before := e.privacy
	t.ok(r, c.Privacy)
	if c.Privacy == before {
		return nil
	}
	e.privacy, e.chosen = c.Privacy, true
	t.putJSON(store.Meta, privacyKey, e.privacy)
	t.emit("privacy", port.PrivacyChanged{Privacy: e.privacy})
	if e.wire.conn == nil {
		return nil
	}
	if err := e.sendPrivacy(t); err != nil {
		return err
	}
	if before.LastSeen == e.privacy.LastSeen {
		return nil
	}
	if !e.privacy.LastSeen {
		t.send(presence("unavailable", e.shownName()))
		e.presenceUnknown(t)
		return nil
	}
	e.sendPresence(t)
	e.subscribe(t)
	return nil
}

// sendPrivacy tells the gateway, in the words of WhatsApp's own clients
// (whatsmeow privacysettings.go). It is a help only: what must not be known is
// not sent, whether the gateway understands this or not.
func (e *Engine) sendPrivacy(t *turn) error {
	category := func(name string, on bool) wire.Node {
		value := "none"
		switch {
		case on:
			value = "all"
		case name == "online":
			value = "match_last_seen"
		}
		return wire.N("category", []wire.Attr{wire.A("name", name), wire.A("value", value)})
	}
	return e.ask(t, "set", "privacy", []wire.Node{wire.N("privacy", nil,
		category("readreceipts", e.privacy.ReadReceipts), category("last", e.privacy.LastSeen), category("online", e.privacy.LastSeen),
	)}, ignore)
}
