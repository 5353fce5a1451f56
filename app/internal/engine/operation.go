package engine

import (
	"encoding/binary"
	"time"

	"ferry/app/internal/content"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/store"
)

// opRow is an operation of this user's on a message: a reaction, an edit or a
// revocation. It is a message of its own that has no place in the thread. It
// takes effect here at once, and goes out through the outbox like a text; if it
// cannot be sent after all, its effect is taken back and the user told.
type opRow struct {
	Kind   content.Kind    `json:"kind"`
	Of     content.Kind    `json:"of,omitempty"` // of an edit: what is edited
	Target model.Ref       `json:"target"`
	Stamp  int64           `json:"stamp"`            // milliseconds
	Prev   model.MessageID `json:"prev,omitempty"`   // the one of this kind on the same message before it
	Before *beforeOp       `json:"before,omitempty"` // what it is taken back to; nil once it cannot fail any more
}

// beforeOp is what a message was before an operation.
type beforeOp struct {
	Emoji    string      `json:"emoji,omitempty"`
	At       time.Time   `json:"at,omitzero"`
	Text     string      `json:"text,omitempty"`
	Edited   time.Time   `json:"edited,omitzero"`
	Mentions []string    `json:"mentions,omitempty"`
	Stamp    int64       `json:"stamp,omitempty"`
	Whole    *messageRow `json:"whole,omitempty"` // of a revocation
}

// last is where a row remembers its last operation of a kind.
func (l *lastOps) last(k content.Kind) *model.MessageID {
	switch k {
	case content.KindReaction:
		return &l.Reaction
	case content.KindEdit:
		return &l.Edit
	}
	return &l.Revoke
}

// target finds what a command is about. It has replied if there is nothing to
// do, because there is no such message, or the command was carried out before.
func (e *Engine) target(t *turn, r *request, chat model.ChatID, id model.MessageID, ref model.Ref) (messageRow, bool, error) {
	if _, ok := peerOf(chat); !ok {
		t.refuse(r, "no_chat", "there is no such chat")
		return messageRow{}, false, nil
	}
	if !validID(string(id)) || !validID(string(ref.ID)) {
		t.refuse(r, "bad_id", "a message needs an id of printable characters")
		return messageRow{}, false, nil
	}
	row, ok, _, err := t.byRef(chat, ref)
	if err != nil {
		return row, false, err
	}
	known, repeated, err := t.ownMessage(chat, id)
	switch {
	case err != nil:
		return row, false, err
	case repeated && (known.Op == nil || known.Op.Target != ref):
		t.refuse(r, "bad_id", "another message has this id")
		return row, false, nil
	case !ok:
		t.refuse(r, "no_message", "there is no such message")
		return row, false, nil
	case repeated:
		t.ok(r, row.Message)
		return row, false, nil
	}
	return row, true, nil
}

// unsent reports whether nothing of an own message has left this device yet,
// so that it can be changed without a word to anybody.
func (e *Engine) unsent(row messageRow) bool {
	if !row.FromMe || row.State != model.Pending && row.State != model.Failed {
		return false
	}
	item := e.out.find(row.Chat, row.ID)
	return item == nil || !item.sealed()
}

// operate stores an operation and puts it into the outbox. What it does to the
// row is the caller's, who stores the row.
func (e *Engine) operate(t *turn, row *messageRow, id model.MessageID, op opRow, text string) {
	last := row.Ops.last(op.Kind)
	op.Target, op.Prev = row.Ref(), *last
	*last = id
	t.put(store.Messages, ownKey(row.Chat, id), binary.BigEndian.AppendUint64(nil, 0))
	own := messageRow{Op: &op, Message: model.Message{
		ID: id, Chat: row.Chat, FromMe: true, At: e.cfg.Now().UTC(), State: model.Pending, Text: text,
	}}
	t.putJSON(store.Messages, opKey(row.Chat, id), own)
	e.out.add(t, outRow{Chat: row.Chat, ID: id, Op: true})
}

// stampAfter is now, or just after what was before, whose clock may be ahead.
func (e *Engine) stampAfter(before int64) int64 { return max(e.cfg.Now().UnixMilli(), before+1) }

// settle is called once an operation cannot fail any more.
func (e *Engine) settle(t *turn, own messageRow) error {
	if own.Op == nil || own.Op.Before == nil {
		return nil
	}
	if whole := own.Op.Before.Whole; whole != nil {
		e.dropFile(t, *whole)
	}
	own.Op.Before, own.Op.Prev = nil, ""
	return t.putMessage(own)
}

// moot reports whether an operation has nothing left to work on: its target was
// taken back before anybody had it, or by the peer.
func (t *turn) moot(own messageRow) (bool, error) {
	if own.Op == nil || own.Op.Kind == content.KindRevoke {
		return false, nil
	}
	target, ok, _, err := t.byRef(own.Chat, own.Op.Target)
	return ok && target.Kind == model.KindDeleted && target.Ops.Revoke == "", err
}

// maxChain bounds the operations on one message that are looked through.
const maxChain = 200

// takeBack undoes an operation that could not be sent, and tells the user.
// Where later ones of its kind stand on it, they are what is taken back to
// where it began.
func (e *Engine) takeBack(t *turn, own messageRow, why model.Failure) error {
	op := own.Op
	t.emit("", port.ChangeFailed{Chat: own.Chat, ID: own.ID, Target: op.Target, Change: string(op.Kind), Failure: why})
	row, ok, _, err := t.byRef(own.Chat, op.Target)
	if err != nil || !ok || op.Before == nil {
		return err
	}
	last := row.Ops.last(op.Kind)
	if *last == own.ID {
		*last = op.Prev
		return e.restore(t, row, op)
	}
	for id, n := *last, 0; id != "" && n < maxChain; n++ {
		later, ok, err := t.operation(own.Chat, id)
		if err != nil || !ok {
			return err
		}
		if later.Op.Prev == own.ID {
			if later.Op.Before != nil {
				later.Op.Before, later.Op.Prev = op.Before, op.Prev
				return t.putMessage(later)
			}
			return nil
		}
		id = later.Op.Prev
	}
	return nil
}

// restore puts back what was before an operation, unless something newer than
// it is there.
func (e *Engine) restore(t *turn, row messageRow, op *opRow) error {
	if op.Kind == content.KindRevoke {
		if row.Kind != model.KindDeleted || op.Before.Whole == nil {
			return nil
		}
		whole := *op.Before.Whole
		whole.State, whole.Tries, whole.Ops.Revoke = row.State, row.Tries, op.Prev
		return t.putMessage(whole)
	}
	if row.Kind != model.KindDeleted {
		op.undo(&row)
		return t.putMessage(row)
	}
	if err := t.putMessage(row); err != nil {
		return err
	}
	// Revoked meanwhile; if that fails too, it is brought back as it should be.
	revocation, ok, err := t.operation(row.Chat, row.Ops.Revoke)
	if err != nil || !ok || revocation.Op.Before == nil || revocation.Op.Before.Whole == nil {
		return err
	}
	*revocation.Op.Before.Whole.Ops.last(op.Kind) = op.Prev
	op.undo(revocation.Op.Before.Whole)
	return t.putMessage(revocation)
}

func (op *opRow) undo(row *messageRow) {
	b := op.Before
	switch {
	case op.Kind == content.KindReaction && row.Stamps.Mine == op.Stamp:
		row.Stamps.Mine = b.Stamp
		row.setReaction(true, b.Emoji, b.At)
	case op.Kind == content.KindEdit && row.Stamps.Edit == op.Stamp:
		row.Stamps.Edit = b.Stamp
		row.Text, row.Edited, row.Mentions = b.Text, b.Edited, b.Mentions
	}
}
