package engine

import (
	"ferry/app/internal/link"
	"ferry/app/internal/model"
	"ferry/app/internal/store"
)

// reasonSuspended is the code of the gateway's refusal to serve anybody of a
// provider at present.
const reasonSuspended = "suspended"

// turnedAway takes in that the gateway serves nobody of this user's provider:
// their chats are closed until it does again.
func (e *Engine) turnedAway(t *turn, d link.Down) error {
	if e.whatsApp() || d.Reason != reasonSuspended || e.self.Suspended {
		return nil
	}
	e.self.Suspended = true
	t.putJSON(store.Meta, selfKey, e.self)
	return e.closeAll(t, model.Open, model.ClosedSuspended)
}

// letIn takes in that the gateway has accepted a login.
func (e *Engine) letIn(t *turn) error {
	if !e.self.Suspended {
		return nil
	}
	e.self.Suspended = false
	t.putJSON(store.Meta, selfKey, e.self)
	return e.closeAll(t, model.ClosedSuspended, model.Open)
}

// closeAll brings all chats that are in one state into another.
func (e *Engine) closeAll(t *turn, from, to model.ClosedWhy) error {
	rs, err := t.records(store.Chats, "")
	if err != nil {
		return err
	}
	for _, r := range rs {
		chat, ok, err := t.chat(model.ChatID(r.Key))
		if err != nil {
			return err
		}
		if !ok || chat.Closed != from {
			continue
		}
		if err := t.setClosed(chat.ID, to); err != nil {
			return err
		}
	}
	return nil
}
