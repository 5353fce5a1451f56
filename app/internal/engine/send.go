package engine

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"ferry/app/internal/content"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/seal"
	"ferry/relay/wire"
)

// sendText stores a text as pending, with its place in the outbox: from here
// on it survives anything. The same id again changes nothing.
func (e *Engine) sendText(t *turn, r *request, c port.SendText) error {
	if _, ok := peerOf(c.Chat); !ok {
		t.refuse(r, "no_chat", "there is no such chat")
		return nil
	}
	if !validID(string(c.ID)) {
		t.refuse(r, "bad_id", "a message needs an id of printable characters")
		return nil
	}
	if strings.TrimSpace(c.Text) == "" {
		t.refuse(r, "empty", "there is nothing to send")
		return nil
	}
	if len(c.Text) > content.MaxText {
		t.refuse(r, "too_long", "the text is too long")
		return nil
	}
	known, ok, err := t.ownMessage(c.Chat, c.ID)
	if err != nil {
		return err
	}
	if ok {
		t.ok(r, known.Message)
		return nil
	}
	reply, ok, err := e.replyTo(t, r, c.Chat, c.ReplyTo)
	if err != nil || !ok {
		return err
	}
	if _, err := t.ensureChat(c.Chat, model.Contact{}); err != nil {
		return err
	}
	chat, err := e.meet(t, c.Chat)
	if err != nil {
		return err
	}
	failure := model.NoFailure
	if chat.Held {
		failure = model.HeldForKey
	}
	row, err := t.addMessage(chat, messageRow{Message: model.Message{
		ID: c.ID, Chat: c.Chat, FromMe: true, At: e.cfg.Now().UTC(), State: model.Pending, Failure: failure,
		Text: strings.ToValidUTF8(c.Text, "\uFFFD"), Reply: reply,
	}})
	if err != nil {
		return err
	}
	e.out.add(t, outRow{Chat: row.Chat, ID: row.ID, Order: row.Order})
	t.ok(r, row.Message)
	return nil
}

// retry queues a failed message again, with new message keys.
func (e *Engine) retry(t *turn, r *request, c port.Retry) error {
	row, ok, err := t.ownMessage(c.Chat, c.ID)
	if err != nil {
		return err
	}
	if !ok || row.Op != nil {
		t.refuse(r, "no_message", "there is no such message")
		return nil
	}
	if row.State == model.Failed {
		if begun, again, err := e.retryMedia(t, row); err != nil || again {
			t.ok(r, begun.Message)
			return err
		}
		row.State, row.Failure = model.Pending, model.NoFailure
		if err := t.putMessage(row); err != nil {
			return err
		}
		if peer, ok := peerOf(c.Chat); ok { // whatever stood in the way may have changed
			e.forgetDevices(t, peer)
		}
		e.out.add(t, outRow{Chat: row.Chat, ID: row.ID, Order: row.Order})
	}
	t.ok(r, row.Message)
	return nil
}

// ready sees to it that a message of the outbox is sealed; false while it has
// to wait. A message that cannot be sealed at all fails, and is ready.
func (e *Engine) ready(t *turn, item *outItem) (bool, error) {
	if item.sealed() {
		return true, nil
	}
	person, ok := peerOf(item.Chat)
	if !ok {
		e.out.remove(t, item)
		return true, nil
	}
	row, ok, err := t.outgoing(item)
	if err != nil {
		return false, err
	}
	if held, err := t.held(item.Chat); err != nil || ok && held {
		return false, errors.Join(err, e.showHeld(t, row, true))
	}
	if _, blocked := e.blocked[item.Chat]; ok && blocked {
		return true, e.fail(t, item, row, model.OwnBlock)
	}
	to, err := e.recipientsOf(t, person)
	if err != nil || !to.ready {
		return false, err
	}
	if !ok { // deleted meanwhile
		e.out.remove(t, item)
		return true, nil
	}
	moot, err := t.moot(row)
	if err != nil {
		return false, err
	}
	if moot {
		e.out.remove(t, item)
		return true, e.settle(t, row)
	}
	if ok, err := e.trusted(t, item.Chat, to.peer); err != nil || !ok {
		return false, errors.Join(err, e.showHeld(t, row, true))
	}
	if item.Given != nil {
		return true, e.complete(t, item, person, row, to)
	}
	if to.failure != "" {
		return true, e.fail(t, item, row, to.failure)
	}
	n, err := e.sealMessage(t, row, person, to)
	if errors.Is(err, errRefused) {
		return true, e.fail(t, item, row, model.Rejected)
	}
	if err != nil {
		return false, err
	}
	raw, err := wire.Marshal(n)
	if err != nil {
		return true, e.fail(t, item, row, model.Rejected)
	}
	item.Stanzas, item.acked = [][]byte{raw}, []bool{false}
	e.out.save(t, item)
	return true, nil
}

// sealMessage encrypts a message for all devices that get it: those of the peer,
// and as a copy this user's others. Nothing of it may be sent before the commit.
func (e *Engine) sealMessage(t *turn, row messageRow, person wire.JID, to recipients) (wire.Node, error) {
	m, err := e.contentOf(t, row)
	if err != nil {
		return wire.Node{}, err
	}
	plain, err := content.Encode(m)
	if err != nil {
		return wire.Node{}, errors.Join(errRefused, err)
	}
	v := envelopeOf(m)
	var boxes []wire.Node
	if boxes, err = e.encryptFor(boxes, to.peer, plain, v); err != nil {
		return wire.Node{}, err
	}
	if len(to.own) > 0 {
		m.SentTo = person.String()
		sent, err := content.Encode(m)
		if err != nil {
			return wire.Node{}, errors.Join(errRefused, err)
		}
		if boxes, err = e.encryptFor(boxes, to.own, sent, v); err != nil {
			return wire.Node{}, err
		}
	}
	attrs := v.attrs(wire.A("id", string(row.ID)), wire.J("to", person))
	return wire.N("message", attrs, append([]wire.Node{wire.N("participants", nil, boxes...)}, e.vouchers(boxes...)...)...), nil
}

func (e *Engine) encryptFor(boxes []wire.Node, devices []wire.JID, plain []byte, v envelope) ([]wire.Node, error) {
	for _, d := range devices {
		enc, err := e.encrypt(d, plain, 0, v)
		if err != nil {
			return nil, err
		}
		boxes = append(boxes, wire.N("to", []wire.Attr{wire.J("jid", d)}, enc))
	}
	return boxes, nil
}

// encrypt gives the <enc> of a message for one device. Count is that of the
// retry receipt it answers, 0 for the first time.
func (e *Engine) encrypt(device wire.JID, plain []byte, count int, v envelope) (wire.Node, error) {
	padded, err := content.Pad(e.cfg.Rand, plain)
	if err != nil {
		return wire.Node{}, err
	}
	sealed, err := e.vault.Encrypt(e.ctx, addressOf(device), padded)
	if err != nil {
		return wire.Node{}, err
	}
	attrs := []wire.Attr{wire.A("v", "2"), wire.A("type", string(sealed.Kind))}
	if count > 0 {
		attrs = append(attrs, wire.A("count", strconv.Itoa(count)))
	}
	return wire.Bytes("enc", append(attrs, v.encAttrs()...), sealed.Data), nil
}

// fail gives a message up: the outbox forgets it in the same batch.
func (e *Engine) fail(t *turn, item *outItem, row messageRow, why model.Failure) error {
	e.out.remove(t, item)
	if peer, ok := peerOf(item.Chat); ok {
		e.forgetDevices(t, peer) // the next try asks again
	}
	if err := e.refused(t, item.Chat, why); err != nil {
		return err
	}
	if rank(row.State) >= rank(model.Sent) { // it arrived all the same
		return e.settle(t, row)
	}
	row.State, row.Failure = model.Failed, why
	if row.Op != nil {
		if err := e.takeBack(t, row, why); err != nil {
			return err
		}
		row.Op.Before = nil
	}
	return t.putMessage(row)
}

// maxRefusals is how often a message is offered again after the gateway's
// temporary refusals.
const maxRefusals = 8

// messageAcked takes in what the gateway says to a message: the clock becomes
// one tick, or the message fails.
func (e *Engine) messageAcked(t *turn, item *outItem, n wire.Node) error {
	row, ok, err := t.outgoing(item)
	if err != nil {
		return err
	}
	if !ok {
		e.out.remove(t, item)
		return nil
	}
	switch code := n.Attr("error"); {
	case code == "" || code == "0":
	case code == wire.AckNoConsent:
		return e.fail(t, item, row, model.NoConsent)
	case code == wire.AckUnknownUser:
		return e.fail(t, item, row, model.NoAccount)
	case code == wire.AckNotEnlisted:
		if n.Attr(wire.AttrReason) == wire.ReasonProvider {
			if err := t.setClosed(item.Chat, model.ClosedSuspended); err != nil {
				return err
			}
		}
		return e.fail(t, item, row, model.NotEnlisted)
	case code == wire.AckOwnBlock:
		return e.fail(t, item, row, model.OwnBlock)
	case code == wire.AckOutOfRegion:
		return e.fail(t, item, row, model.OutOfRegion)
	case code == wire.AckRateLimited && n.Attr(wire.AttrReason) == wire.ReasonUnanswered:
		return e.fail(t, item, row, model.Unanswered)
	case code == wire.AckRateLimited && n.Attr(wire.AttrReason) != "":
		return e.fail(t, item, row, model.TooMany)
	case code == wire.AckNoDevice && item.Tries < maxRefusals:
		return e.sealAnew(t, item)
	case (code[0] == '5' || code == wire.AckRateLimited) && item.Tries < maxRefusals:
		return e.offerAgain(t, item)
	default:
		return e.fail(t, item, row, model.Rejected)
	}
	if err := e.passed(t, item.Chat); err != nil {
		return err
	}
	if peer, ok := peerOf(item.Chat); ok && n.Attr("phash") != "" {
		if err := e.missed(t, item, peer); err != nil {
			return err
		}
	} else {
		e.out.remove(t, item)
	}
	if rank(row.State) >= rank(model.Sent) {
		return e.settle(t, row)
	}
	row.State, row.Failure = model.Sent, model.NoFailure
	if at, ok := n.Uint("t"); ok && at < 1<<40 {
		row.At = time.Unix(int64(at), 0).UTC()
	}
	if err := t.putMessage(row); err != nil {
		return err
	}
	return e.settle(t, row)
}

// offerAgain sends the same ciphertext once more after a while.
func (e *Engine) offerAgain(t *turn, item *outItem) error {
	item.Tries++
	e.out.save(t, item)
	generation := e.wire.generation
	e.later(e.cfg.Timing.Again, func(*turn) error {
		if e.wire.generation == generation && item.sent && !item.removed {
			item.sent = false
			e.out.onWay--
		}
		return nil
	})
	return nil
}

// sealAnew drops a ciphertext that reached no device of the peer, who has others
// by now: the message is encrypted again, with new keys, for those.
func (e *Engine) sealAnew(t *turn, item *outItem) error {
	if peer, ok := peerOf(item.Chat); ok {
		e.forgetDevices(t, peer)
	}
	if item.sent {
		e.out.onWay--
	}
	item.Tries++
	item.Stanzas, item.acked, item.sent = nil, nil, false
	e.out.save(t, item)
	return nil
}

// rank orders the states that a message goes through; they only move forward.
func rank(s model.SendState) int {
	switch s {
	case model.Sent:
		return 1
	case model.Delivered:
		return 2
	case model.Read:
		return 3
	}
	return 0
}

// sessionGone reports whether an error means that there is nothing to encrypt with.
func sessionGone(err error) bool { return errors.Is(err, seal.ErrNoSession) }
