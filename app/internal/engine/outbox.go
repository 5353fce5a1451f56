package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"ferry/app/internal/model"
	"ferry/app/internal/store"
	"ferry/relay/wire"
)

// outRow is something owed to the gateway, as stored: it stays until the
// gateway has acked it, and is sent again on each new connection until then.
type outRow struct {
	// A message of a thread, by its place. Stanza is empty until it is sealed,
	// and from then on never changes: its message keys are spent.
	Chat  model.ChatID    `json:"chat,omitempty"`
	ID    model.MessageID `json:"id,omitempty"`
	Order uint64          `json:"order,omitempty"`
	// Op: it is an operation on a message, which has no place of its own.
	Op bool `json:"op,omitempty"`
	// Given lists the devices that have the message, if the gateway knows of
	// more: what is left is to encrypt it for those.
	Given []wire.JID `json:"given,omitempty"`
	// Count is that of the retry receipt which what is left answers; 0 for none.
	Count int `json:"count,omitempty"`
	// Tries counts the gateway's temporary refusals.
	Tries int `json:"tries,omitempty"`
	// Stanzas as wire.Marshal gives them: the one of a message, or receipts and
	// messages encrypted again, which are acked one by one.
	Stanzas [][]byte `json:"stanzas,omitempty"`
}

// outItem is an outbox row in memory. Sealed stanzas of messages are kept only
// while they are on their way.
type outItem struct {
	outRow
	seq     uint64
	acked   []bool // by stanza
	sent    bool   // on this connection
	removed bool
}

func (i *outItem) isMessage() bool { return i.Order != 0 || i.Op }
func (i *outItem) sealed() bool    { return len(i.Stanzas) > 0 }

// outbox holds what is owed, in order.
type outbox struct {
	items []*outItem
	acks  map[ackKey][]ackPlace // what acks are awaited for
	gone  int                   // removed items still in the list
	onWay int                   // messages sent and not acked
}

// ackKey is what an ack and the stanza that it is for have in common.
type ackKey struct {
	class, id, kind string
}

type ackPlace struct {
	item *outItem
	at   int      // which stanza
	to   wire.JID // where it went
}

// maxOnWay bounds the messages that are sealed and sent but not acked.
const maxOnWay = 100

func outKey(seq uint64) string { return fmt.Sprintf("%016x", seq) }

func loadOutbox(ctx context.Context, s store.Store) (outbox, error) {
	o := outbox{acks: map[ackKey][]ackPlace{}}
	rs, err := s.List(ctx, store.Outbox, store.Range{})
	if err != nil {
		return o, err
	}
	for _, r := range rs {
		seq, err := strconv.ParseUint(r.Key, 16, 64)
		if err != nil {
			return o, fmt.Errorf("outbox key: %w", store.ErrTampered)
		}
		item := &outItem{seq: seq}
		if err := unmarshal(r.Value, &item.outRow); err != nil {
			return o, err
		}
		item.acked = make([]bool, len(item.Stanzas))
		o.items = append(o.items, item)
	}
	return o, nil
}

// add puts a row at the end of the outbox. Part of the turn.
func (o *outbox) add(t *turn, row outRow) {
	item := &outItem{outRow: row, seq: t.nextSeq(), acked: make([]bool, len(row.Stanzas))}
	o.items = append(o.items, item)
	t.putJSON(store.Outbox, outKey(item.seq), item.outRow)
}

// save stores a changed row.
func (o *outbox) save(t *turn, item *outItem) {
	t.putJSON(store.Outbox, outKey(item.seq), item.outRow)
}

// remove takes a row out. Part of the turn.
func (o *outbox) remove(t *turn, item *outItem) {
	if item.removed {
		return
	}
	if item.sent && item.isMessage() {
		o.onWay--
	}
	item.removed = true
	t.delete(store.Outbox, outKey(item.seq))
	if o.gone++; o.gone > 64 && o.gone > len(o.items)/2 {
		o.items = slices.DeleteFunc(o.items, func(i *outItem) bool { return i.removed })
		o.gone = 0
	}
}

// owe puts the receipts and the like of this turn into one row.
func (o *outbox) owe(t *turn) {
	if len(t.owed) == 0 {
		return
	}
	var row outRow
	for _, n := range t.owed {
		b, err := wire.Marshal(n)
		if err != nil {
			t.e.log.Error("a receipt cannot be written", "err", err)
			continue
		}
		row.Stanzas = append(row.Stanzas, b)
	}
	t.owed = nil
	o.add(t, row)
	t.e.sendItem(t, o.items[len(o.items)-1])
}

// owe adds a stanza that must reach the gateway to what the outbox takes.
func (t *turn) owe(n wire.Node) { t.owed = append(t.owed, n) }

// outgoing finds what an outbox row is about; false where it was deleted.
func (t *turn) outgoing(item *outItem) (messageRow, bool, error) {
	if item.Op {
		return t.operation(item.Chat, item.ID)
	}
	return t.message(item.Chat, item.Order)
}

// find returns the row of a message of a thread that the gateway does not have yet.
func (o *outbox) find(chat model.ChatID, id model.MessageID) *outItem {
	for _, item := range o.items {
		if !item.removed && item.isMessage() && item.Given == nil && item.ID == id && item.Chat == chat {
			return item
		}
	}
	return nil
}

// unsend marks all as not sent: the connection is gone.
func (o *outbox) unsend() {
	for _, item := range o.items {
		item.sent = false
	}
	o.onWay = 0
	o.acks = map[ackKey][]ackPlace{}
}

// sendItem sends what a row still owes, after the commit.
func (e *Engine) sendItem(t *turn, item *outItem) {
	if e.wire.conn == nil || item.sent {
		return
	}
	item.sent = true
	if item.isMessage() {
		e.out.onWay++
	}
	for i, raw := range item.Stanzas {
		if item.acked[i] {
			continue
		}
		n, err := wire.Unmarshal(raw)
		if err != nil {
			e.log.Error("an outbox row does not read", "err", err)
			item.acked[i] = true
			continue
		}
		key := keyOf(n)
		to, _ := n.JID("to")
		e.out.acks[key] = append(e.out.acks[key], ackPlace{item, i, to})
		t.send(n)
	}
}

func keyOf(n wire.Node) ackKey {
	kind := ""
	if n.Tag == "receipt" {
		kind = n.Attr("type")
	}
	return ackKey{n.Tag, n.Attr("id"), kind}
}

// acked takes in the gateway's ack of something from the outbox.
func (e *Engine) acked(t *turn, n wire.Node) error {
	key := ackKey{n.Attr("class"), n.Attr("id"), ""}
	if key.class == "receipt" {
		key.kind = n.Attr("type")
	}
	places := e.out.acks[key]
	if len(places) == 0 {
		return nil
	}
	place := places[0]
	if from, ok := n.JID("from"); ok { // a message, and its copies encrypted again, share an id
		for _, p := range places {
			if p.to == from {
				place = p
				break
			}
		}
	}
	e.out.acks[key] = slices.DeleteFunc(places, func(p ackPlace) bool { return p == place })
	if len(e.out.acks[key]) == 0 {
		delete(e.out.acks, key)
	}
	item := place.item
	if item.removed {
		return nil
	}
	if item.isMessage() {
		return e.messageAcked(t, item, n)
	}
	item.acked[place.at] = true
	if !slices.Contains(item.acked, false) {
		e.out.remove(t, item)
	}
	return nil
}

// pump seals and sends what the outbox owes, as far as the window allows. A
// message waits for those before it in its chat.
func (e *Engine) pump(t *turn) error {
	if e.wire.conn == nil {
		return nil
	}
	blocked := map[model.ChatID]bool{}
	for _, item := range e.out.items {
		switch {
		case item.removed || item.sent:
		case !item.isMessage():
			e.sendItem(t, item)
		case e.out.onWay >= maxOnWay || blocked[item.Chat]:
			blocked[item.Chat] = true
		default:
			ready, err := e.ready(t, item)
			if err != nil {
				return err
			}
			if !ready {
				blocked[item.Chat] = true
				continue
			}
			if !item.removed {
				e.sendItem(t, item)
			}
		}
	}
	return nil
}

// errRefused marks a message that cannot be encrypted for anybody.
var errRefused = errors.New("engine: no recipient")
