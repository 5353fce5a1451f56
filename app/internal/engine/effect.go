package engine

import (
	"slices"
	"time"

	"ferry/app/internal/content"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/store"
)

// reaction is one side's; its emoji is empty where there is none.
func (row *messageRow) reaction(mine bool) model.Reaction {
	for _, r := range row.Reactions {
		if r.FromMe == mine {
			return r
		}
	}
	return model.Reaction{FromMe: mine}
}

// setReaction leaves one side's reaction, or none.
func (row *messageRow) setReaction(mine bool, emoji string, at time.Time) {
	all := slices.DeleteFunc(slices.Clone(row.Reactions), func(r model.Reaction) bool { return r.FromMe == mine })
	if emoji != "" {
		all = append(all, model.Reaction{Emoji: emoji, FromMe: mine, At: at})
	}
	if row.Reactions = all; len(all) == 0 {
		row.Reactions = nil
	}
}

// empty leaves nothing of a message but that it was deleted for everyone.
func (row *messageRow) empty() {
	m := row.Message
	row.Message = model.Message{ID: m.ID, Chat: m.Chat, FromMe: m.FromMe, At: m.At, Order: m.Order, State: m.State, Kind: model.KindDeleted}
	row.File = nil
}

// effect is an operation that came from another device: of the peer, or of
// this user.
type effect struct {
	Kind     content.Kind `json:"kind"`
	Target   model.Ref    `json:"target"`
	FromMe   bool         `json:"fromMe,omitempty"` // who did it
	Text     string       `json:"text,omitempty"`
	Mentions []string     `json:"mentions,omitempty"`
	Stamp    int64        `json:"stamp"` // by the clock of who did it
	At       time.Time    `json:"at"`    // by the gateway's
}

// effectOf reads an operation; false if it is about nothing.
func effectOf(a *arrival, m content.Message) (effect, bool) {
	f := effect{Kind: m.Kind, FromMe: a.own, Text: m.Text, Mentions: m.Mentions, Stamp: a.at.UnixMilli(), At: a.at}
	f.Target.ID = model.MessageID(m.Target)
	if m.Kind == content.KindReaction {
		f.Target.FromMe = m.TargetFromMe == a.own // the sender says what is their own
	} else {
		f.Target.FromMe = a.own // only who wrote a message may change it, or take it back
	}
	if !m.Stamp.IsZero() {
		f.Stamp = m.Stamp.UnixMilli()
	}
	return f, validID(m.Target)
}

// operated takes in an operation. One on a message that is not here yet waits
// for it; one on a message that was deleted from this device is done with.
func (e *Engine) operated(t *turn, a *arrival, m content.Message) error {
	if err := e.nothingToShow(t, a); err != nil { // it has no entry of its own
		return err
	}
	f, ok := effectOf(a, m)
	if !ok {
		return nil
	}
	row, ok, known, err := t.byRef(a.chat, f.Target)
	if err != nil {
		return err
	}
	if !ok && known {
		return nil
	}
	if !ok || row.Failure == model.CannotDecrypt && f.Kind != content.KindRevoke {
		return e.hold(t, a, f)
	}
	return e.apply(t, row, f)
}

// editGrace is how much later than port.EditFor an edit may reach the gateway.
const editGrace = 5 * time.Minute

// apply does to a message what an operation says.
func (e *Engine) apply(t *turn, row messageRow, f effect) error {
	if row.Kind == model.KindDeleted {
		return nil
	}
	switch f.Kind {
	case content.KindReaction:
		last := &row.Stamps.Theirs
		if f.FromMe {
			last = &row.Stamps.Mine
		}
		if f.Stamp < *last {
			return nil
		}
		*last = f.Stamp
		row.setReaction(f.FromMe, f.Text, f.At)
	case content.KindEdit:
		if !editable(row) || f.Stamp < row.Stamps.Edit || f.At.Sub(row.At) > port.EditFor+editGrace {
			return nil
		}
		row.Stamps.Edit = f.Stamp
		row.Text, row.Mentions, row.Edited = f.Text, f.Mentions, f.At
	case content.KindRevoke:
		e.dropFile(t, row)
		row.empty()
	default:
		return nil
	}
	return t.putMessage(row)
}

// Bounds of the operations that wait in a chat for their target; at the bound
// the oldest is forgotten.
const (
	maxHeld      = 256
	maxHeldBytes = 256 << 10
)

// hold keeps an operation until its target comes.
func (e *Engine) hold(t *turn, a *arrival, f effect) error {
	chat, err := e.welcomed(t, a)
	if err != nil {
		return err
	}
	var held []effect
	if _, err := t.getJSON(store.Messages, heldKey(a.chat), &held); err != nil {
		return err
	}
	// A later one of a kind makes an earlier one moot.
	moot := func(o effect) bool {
		return o.Kind == f.Kind && o.Target == f.Target && o.FromMe == f.FromMe && o.Stamp <= f.Stamp
	}
	held = append(slices.DeleteFunc(held, moot), f)
	size := 0
	for _, h := range held {
		size += len(h.Text)
	}
	for len(held) > maxHeld || size > maxHeldBytes {
		size -= len(held[0].Text)
		held = held[1:]
	}
	return t.keepHeld(chat, held)
}

func (t *turn) keepHeld(chat chatRow, held []effect) error {
	if len(held) == 0 {
		t.delete(store.Messages, heldKey(chat.ID))
	} else {
		t.putJSON(store.Messages, heldKey(chat.ID), held)
	}
	chat.Early = len(held)
	t.putChat(chat)
	return nil
}

// applyHeld does to a message that has come what was waiting for it.
func (e *Engine) applyHeld(t *turn, row messageRow) error {
	chat, ok, err := t.chat(row.Chat)
	if err != nil || !ok || chat.Early == 0 {
		return err
	}
	var held, rest []effect
	if _, err := t.getJSON(store.Messages, heldKey(row.Chat), &held); err != nil {
		return err
	}
	for _, f := range held {
		if f.Target != row.Ref() {
			rest = append(rest, f)
			continue
		}
		now, ok, err := t.message(row.Chat, row.Order)
		if err != nil {
			return err
		}
		if ok {
			if err := e.apply(t, now, f); err != nil {
				return err
			}
		}
	}
	if len(rest) == len(held) {
		return nil
	}
	if chat, _, err = t.chat(row.Chat); err != nil { // its last message may have changed
		return err
	}
	return t.keepHeld(chat, rest)
}
