package engine

import (
	"errors"
	"slices"
	"time"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/qr"
	"ferry/app/internal/seal"
	"ferry/relay/wire"
)

// trust is what is known of a peer's keys, in the row of the chat.
type trust struct {
	// Keys are the identity keys of the peer's devices when the user verified
	// them; nil if the user has not, or has gone on without. While there are
	// some, nothing is encrypted for any other key.
	Keys    [][]byte  `json:"keys,omitempty"`
	Changed time.Time `json:"changed,omitzero"` // when a key last was another
	Noted   uint64    `json:"noted,omitempty"`  // Order of the last line about it
}

func (r trust) knows(key seal.PublicIdentity) bool {
	return slices.ContainsFunc(r.Keys, func(k []byte) bool { return string(k) == string(key[:]) })
}

// keySeen is called with the key of a peer's device, before or as a session with
// it is used. Changed is whether the device had another one before.
func (e *Engine) keySeen(t *turn, device wire.JID, changed bool) error {
	if device.SameUser(e.self.Address) {
		return nil
	}
	chat, ok, err := t.chat(chatOf(device))
	if err != nil || !ok {
		return err
	}
	if len(chat.Trust.Keys) > 0 {
		used, err := e.vault.HasSession(e.ctx, addressOf(device))
		if err != nil || !used && !changed { // nothing is encrypted for it: a phone that only vouches for others
			return err
		}
		key, has, err := e.vault.Identity(e.ctx, addressOf(device))
		if err != nil || !has || chat.Trust.knows(key) {
			return err
		}
		return e.distrust(t, chat)
	}
	if !changed {
		return nil
	}
	return e.keyNote(t, chat)
}

// keyNote says in the thread that a key is another, once between two messages.
func (e *Engine) keyNote(t *turn, chat chatRow) error {
	chat.Trust.Changed = e.cfg.Now().UTC()
	again := chat.Trust.Noted > chat.Order
	if !again {
		chat.Trust.Noted = t.e.count.order + 1
	}
	t.putChat(chat)
	if again {
		return nil
	}
	return t.note(chat.ID, model.NoticeKeyChanged)
}

// distrust holds what is written to a verified peer, who has a key that was not
// verified, until the user has decided.
func (e *Engine) distrust(t *turn, chat chatRow) error {
	if chat.Held {
		return nil
	}
	chat.Held, chat.Verified = true, false
	chat.Trust.Noted = 0
	if err := e.keyNote(t, chat); err != nil {
		return err
	}
	return e.markHeld(t, chat.ID, true)
}

// markHeld shows on the messages that wait in the outbox why they do.
func (e *Engine) markHeld(t *turn, id model.ChatID, held bool) error {
	for _, item := range e.out.items {
		if item.removed || !item.isMessage() || item.Op || item.sealed() || item.Given != nil || item.Chat != id {
			continue
		}
		row, ok, err := t.outgoing(item)
		if err != nil {
			return err
		}
		if ok {
			if err := e.showHeld(t, row, held); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *Engine) showHeld(t *turn, row messageRow, held bool) error {
	switch {
	case row.Op != nil || row.State != model.Pending:
		return nil
	case held && row.Failure == model.NoFailure:
		row.Failure = model.HeldForKey
	case !held && row.Failure == model.HeldForKey:
		row.Failure = model.NoFailure
	default:
		return nil
	}
	return t.putMessage(row)
}

// trusted looks whether a message may be encrypted for these devices. Where the
// user has verified other keys, it is held from now on.
func (e *Engine) trusted(t *turn, id model.ChatID, devices []wire.JID) (bool, error) {
	chat, ok, err := t.chat(id)
	if err != nil || !ok || len(chat.Trust.Keys) == 0 {
		return err == nil, err
	}
	for _, d := range devices {
		key, has, err := e.vault.Identity(e.ctx, addressOf(d))
		if err != nil {
			return false, err
		}
		if has && !chat.Trust.knows(key) {
			return false, e.distrust(t, chat)
		}
	}
	return !chat.Held, nil
}

// held reports whether what is written in a chat waits for the user.
func (t *turn) held(id model.ChatID) (bool, error) {
	chat, _, err := t.chat(id)
	return chat.Held, err
}

// keysOf collects the identity keys of devices.
func (e *Engine) keysOf(devices []wire.JID) (keys []seal.PublicIdentity, err error) {
	for _, d := range devices {
		key, ok, err := e.vault.Identity(e.ctx, addressOf(d))
		if err != nil {
			return nil, err
		}
		if ok {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

// withKeys calls fn in a turn in which the keys of all devices of both sides are
// known, or replies why they are not.
func (e *Engine) withKeys(t *turn, r *request, id model.ChatID, fn func(t *turn, chat chatRow, own, peer seal.Party) error) error {
	person, isPeer := peerOf(id)
	if _, ok, err := t.chat(id); err != nil || !ok || !isPeer {
		if err == nil {
			t.refuse(r, "no_chat", "there is no such chat")
		}
		return err
	}
	if !e.self.Connected {
		t.refuse(r, "not_connected", "third-party chats are off")
		return nil
	}
	w := &keyWait{request: r, until: e.cfg.Now().Add(e.cfg.Timing.Query)}
	w.try = func(t *turn) (bool, error) {
		to, err := e.recipientsOf(t, person)
		if err != nil || !to.ready {
			return false, err
		}
		if len(to.peer) == 0 {
			t.refuse(r, "no_keys", "there are no keys of this person")
			return true, nil
		}
		public, err := e.vault.Public()
		if err != nil {
			return false, err
		}
		own := seal.Party{Name: e.self.Address.Bare().String(), Keys: []seal.PublicIdentity{public.Identity}}
		others, err := e.keysOf(to.own)
		if err != nil {
			return false, err
		}
		own.Keys = append(own.Keys, others...)
		peer := seal.Party{Name: person.String()}
		if peer.Keys, err = e.keysOf(to.peer); err != nil {
			return false, err
		}
		chat, ok, err := t.chat(id)
		if err != nil || !ok {
			t.refuse(r, "no_chat", "there is no such chat")
			return true, err
		}
		return true, fn(t, chat, own, peer)
	}
	e.waits = append(e.waits, w)
	e.later(e.cfg.Timing.Query, func(*turn) error { return nil }) // looks again then, whatever else happens
	return nil
}

// keyWait is a command that needs keys which are being fetched.
type keyWait struct {
	request *request
	until   time.Time
	try     func(t *turn) (done bool, err error)
}

// tryWaits goes on with commands that wait for keys. It is part of each turn.
func (e *Engine) tryWaits(t *turn) error {
	all := e.waits
	e.waits = nil
	for i, w := range all {
		if !slices.Contains(t.requests, w.request) {
			t.requests = append(t.requests, w.request)
		}
		done, err := w.try(t)
		switch {
		case err != nil:
			e.waits = append(e.waits, all[i+1:]...)
			return err
		case done:
			continue
		case e.wire.conn == nil:
			t.refuse(w.request, "offline", "the keys are not known without a connection")
		case !e.cfg.Now().Before(w.until):
			t.refuse(w.request, "timeout", "the keys did not come")
		default:
			e.waits = append(e.waits, w)
			t.requests = slices.DeleteFunc(t.requests, func(r *request) bool { return r == w.request })
		}
	}
	return nil
}

// safetyNumber replies with what two people compare.
func (e *Engine) safetyNumber(t *turn, r *request, c port.SafetyNumber) error {
	return e.withKeys(t, r, c.Chat, func(t *turn, chat chatRow, own, peer seal.Party) error {
		n := model.SafetyNumber{
			Digits: seal.SafetyNumber(own, peer), QR: seal.ScannableNumber(own, peer),
			Verified: chat.Verified, ChangedAt: chat.Trust.Changed,
		}
		code, err := qr.Encode(n.QR)
		if err != nil {
			return errors.Join(errRefused, err)
		}
		n.Drawn = append([]byte{byte(code.Side)}, code.Bits...)
		t.ok(r, n)
		return nil
	})
}

// verify takes in that the user has compared the number, or takes that back.
func (e *Engine) verify(t *turn, r *request, c port.Verify) error {
	if !c.Verified {
		return e.unverify(t, r, c.Chat, model.NoticeUnverified)
	}
	return e.withKeys(t, r, c.Chat, func(t *turn, chat chatRow, own, peer seal.Party) error {
		if c.Digits != "" && c.Digits != seal.SafetyNumber(own, peer) {
			t.refuse(r, "number_changed", "the safety number is another by now")
			return nil
		}
		keys := make([][]byte, 0, len(peer.Keys))
		for _, k := range peer.Keys {
			keys = append(keys, slices.Clone(k[:]))
		}
		was := chat.Verified
		chat.Verified, chat.Held = true, false
		chat.Trust.Keys, chat.Trust.Noted = keys, 0
		t.putChat(chat)
		if err := e.markHeld(t, chat.ID, false); err != nil {
			return err
		}
		if !was {
			if err := t.note(chat.ID, model.NoticeVerified); err != nil {
				return err
			}
		}
		return t.okChat(r, chat.ID)
	})
}

// unverify trusts whatever key the peer has from now on, and lets go of what was
// held.
func (e *Engine) unverify(t *turn, r *request, id model.ChatID, line model.NoticeKind) error {
	chat, ok, err := t.chat(id)
	if err != nil {
		return err
	}
	if !ok {
		t.refuse(r, "no_chat", "there is no such chat")
		return nil
	}
	if chat.Verified || chat.Held {
		was := chat.Verified
		chat.Verified, chat.Held, chat.Trust.Keys, chat.Trust.Noted = false, false, nil, 0
		t.putChat(chat)
		if err := e.markHeld(t, id, false); err != nil {
			return err
		}
		if was && line != "" {
			if err := t.note(id, line); err != nil {
				return err
			}
		}
	}
	return t.okChat(r, id)
}

// releaseHeld goes on with a peer whose key the user does not compare.
func (e *Engine) releaseHeld(t *turn, r *request, c port.ReleaseHeld) error {
	chat, ok, err := t.chat(c.Chat)
	if err != nil {
		return err
	}
	if ok && !chat.Held {
		t.ok(r, chat.Chat)
		return nil
	}
	return e.unverify(t, r, c.Chat, "")
}

// againLater has a message encrypted again for a device that asked for it, once
// the user has decided about the device's key.
func (e *Engine) againLater(t *turn, device wire.JID, row messageRow, count int) error {
	peer, ok := peerOf(row.Chat)
	if !ok {
		return nil
	}
	for _, item := range e.out.items {
		if !item.removed && item.ID == row.ID && item.Chat == row.Chat && item.Given != nil && !slices.Contains(item.Given, device) {
			return nil
		}
	}
	given := []wire.JID{e.self.here()}
	for _, p := range []wire.JID{peer, e.self.Address} {
		list, _, err := e.deviceList(t, p)
		if err != nil {
			return err
		}
		given = append(given, slices.DeleteFunc(e.others(p, list), func(d wire.JID) bool { return d == device })...)
	}
	e.out.add(t, outRow{Chat: row.Chat, ID: row.ID, Order: row.Order, Op: row.Op != nil, Given: given, Count: count})
	return nil
}
