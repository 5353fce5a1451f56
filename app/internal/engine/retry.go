package engine

import (
	"encoding/binary"
	"errors"
	"strconv"

	"ferry/app/internal/content"
	"ferry/app/internal/model"
	"ferry/app/internal/seal"
	"ferry/relay/wire"
)

// Bounds of asking for messages again, and of answering who asks. Other
// clients stop at the same numbers (whatsmeow retry.go).
const (
	maxAsked    = 5
	maxAnswered = 10
)

// undecryptable shows a placeholder, and asks the sending device to encrypt
// the message again. What comes then takes the placeholder's place.
func (e *Engine) undecryptable(t *turn, a *arrival, cause error) error {
	if a.seen.tries >= maxAsked {
		return e.takenIn(t, a) // given up: let the gateway forget it
	}
	first := a.seen.tries == 0
	a.seen.tries++
	a.seen.waiting = true
	e.log.Info("a message does not decrypt, asking for it again", "try", a.seen.tries, "err", cause)
	// Where only new keys help, they go along at once.
	withKeys := a.seen.tries > 1 || errors.Is(cause, seal.ErrLostKey)
	if err := e.askAgain(t, a, withKeys); err != nil {
		return err
	}
	enc, _ := encOf(a.node)
	if !first || enc.Attr("decrypt-fail") == "hide" { // an operation, of which nothing is shown
		t.putInbox(a)
		return nil
	}
	return e.place(t, a, messageRow{From: a.from, Message: model.Message{
		ID: model.MessageID(a.id), Chat: a.chat, FromMe: a.own, At: a.at,
		State: model.Received, Failure: model.CannotDecrypt,
	}})
}

// askAgain owes the retry receipt.
func (e *Engine) askAgain(t *turn, a *arrival, withKeys bool) error {
	public, err := e.vault.Public()
	if err != nil {
		return err
	}
	attrs := []wire.Attr{wire.A("id", a.id), wire.J("to", a.from), wire.A("type", "retry")}
	if a.own {
		recipient, _ := a.node.JID("recipient")
		attrs = append(attrs, wire.J("recipient", recipient))
	}
	n := wire.N("receipt", attrs,
		wire.N("retry", []wire.Attr{
			wire.A("count", strconv.Itoa(int(a.seen.tries))), wire.A("id", a.id),
			wire.A("t", strconv.FormatInt(a.at.Unix(), 10)), wire.A("v", "1"),
		}),
		wire.Bytes("registration", nil, binary.BigEndian.AppendUint32(nil, public.Registration)))
	if withKeys {
		one, err := e.vault.FreshPreKey()
		if err != nil {
			return err
		}
		keys := wire.N("keys", nil,
			wire.Bytes("type", nil, []byte{seal.KeyType}),
			wire.Bytes("identity", nil, public.Identity[:]),
			preKeyNode("key", one), signedNode(public.Signed))
		if len(e.vouch) > 0 {
			keys.Children = append(keys.Children, wire.Bytes("device-identity", nil, e.vouch))
		}
		n.Children = append(n.Children, keys)
	}
	t.owe(n)
	return nil
}

// asked takes in a peer's retry receipt: the message is encrypted again, for
// that device only.
func (e *Engine) asked(t *turn, device wire.JID, chat model.ChatID, n wire.Node) error {
	retry, _ := n.Child("retry")
	count, _ := retry.Uint("count")
	row, ok, err := t.ownMessage(chat, model.MessageID(n.Attr("id")))
	if err != nil || !ok || row.Failure != model.NoFailure {
		return err
	}
	if item := e.out.find(row.Chat, row.ID); item != nil && !item.sealed() {
		return nil // about to be encrypted anyway
	}
	if row.Tries[device.String()] >= maxAnswered || len(row.Tries) > maxDevices {
		return nil
	}
	if row.Tries == nil {
		row.Tries = map[string]int{}
	}
	row.Tries[device.String()]++
	if err := t.putMessage(row); err != nil {
		return err
	}
	usable, err := e.renew(t, device, n, count)
	if err != nil {
		return err
	}
	if !device.SameUser(e.self.Address) {
		if ok, err := e.trusted(t, chat, []wire.JID{device}); err != nil {
			return err
		} else if !ok {
			return e.againLater(t, device, row, int(min(max(count, 1), maxAnswered)))
		}
	}
	if usable {
		return e.again(t, device, row, int(min(max(count, 1), maxAnswered)))
	}
	return e.againWithBundle(t, device, row, int(min(max(count, 1), maxAnswered)))
}

// renew sees whether there is a session with the device that it can read: the
// one of now, or one from keys that came with the receipt.
func (e *Engine) renew(t *turn, device wire.JID, n wire.Node, count uint64) (bool, error) {
	registration, _ := n.Child("registration")
	if keys, ok := n.Child("keys"); ok {
		keys.Children = append(keys.Children, registration)
		return e.begin(t, device, keys)
	}
	known, err := e.vault.Registration(e.ctx, addressOf(device))
	if err != nil || known == 0 || count > 1 {
		return false, err
	}
	return len(registration.Data) == 4 && binary.BigEndian.Uint32(registration.Data) == known, nil
}

// again encrypts a message once more and puts it into the outbox.
func (e *Engine) again(t *turn, device wire.JID, row messageRow, count int) error {
	n, ok, err := e.sealAgain(t, device, row, count)
	if ok {
		t.owe(n)
	}
	return err
}

// sealAgain is a message for one device; false if there is no session with it.
// Nothing of it may be sent before the commit.
func (e *Engine) sealAgain(t *turn, device wire.JID, row messageRow, count int) (n wire.Node, ok bool, err error) {
	m, err := e.contentOf(t, row)
	if err != nil {
		return n, false, err
	}
	if device.SameUser(e.self.Address) {
		m.SentTo = string(row.Chat)
	}
	plain, err := content.Encode(m)
	if err != nil {
		return n, false, nil // deleted for everyone meanwhile
	}
	v := envelopeOf(m)
	enc, err := e.encrypt(device, plain, count, v)
	if sessionGone(err) {
		return n, false, nil
	}
	if err != nil {
		return n, false, err
	}
	attrs := v.attrs(wire.A("id", string(row.ID)), wire.J("to", device),
		wire.A("device_fanout", "false"), wire.A("t", strconv.FormatInt(row.At.Unix(), 10)))
	if device.SameUser(e.self.Address) {
		if peer, ok := peerOf(row.Chat); ok {
			attrs = append(attrs, wire.J("recipient", peer))
		}
	}
	return wire.N("message", attrs, append([]wire.Node{enc}, e.vouchers(enc)...)...), true, nil
}

// againWithBundle fetches new keys for the device first. If the answer is lost
// the peer asks again.
func (e *Engine) againWithBundle(t *turn, device wire.JID, row messageRow, count int) error {
	user := wire.N("user", []wire.Attr{wire.J("jid", device), wire.A("reason", "identity")})
	return e.ask(t, "get", "encrypt", []wire.Node{wire.N("key", nil, user)}, func(t *turn, n wire.Node, err error) error {
		if err != nil {
			return nil
		}
		list, _ := n.Child("list")
		for _, user := range list.ChildrenOf("user") {
			if jid, ok := user.JID("jid"); !ok || jid != device {
				continue
			}
			ok, err := e.begin(t, device, user)
			if err != nil || !ok {
				return err
			}
			if ok, err := e.trusted(t, row.Chat, []wire.JID{device}); err != nil {
				return err
			} else if !ok && !device.SameUser(e.self.Address) {
				return e.againLater(t, device, row, count)
			}
			return e.again(t, device, row, count)
		}
		return nil
	})
}
