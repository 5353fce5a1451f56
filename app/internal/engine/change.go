package engine

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"ferry/app/internal/content"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
)

// react sets, changes or takes away this user's reaction.
func (e *Engine) react(t *turn, r *request, c port.React) error {
	if len(c.Emoji) > content.MaxEmoji || !utf8.ValidString(c.Emoji) || strings.ContainsFunc(c.Emoji, unicode.IsControl) {
		t.refuse(r, "bad_emoji", "this is no emoji")
		return nil
	}
	row, ok, err := e.target(t, r, c.Chat, c.ID, c.Target)
	if err != nil || !ok {
		return err
	}
	switch {
	case row.Kind == model.KindDeleted || row.Kind == model.KindNotice || row.Failure == model.CannotDecrypt:
		t.refuse(r, "no_message", "there is nothing to react to")
		return nil
	case e.unsent(row) && (row.State == model.Failed || e.out.find(row.Chat, row.ID) == nil):
		t.refuse(r, "not_sent", "the message is not sent yet")
		return nil
	}
	before := row.reaction(true)
	if before.Emoji == c.Emoji {
		t.ok(r, row.Message)
		return nil
	}
	if _, err := e.meet(t, c.Chat); err != nil {
		return err
	}
	if row, _, _, err = t.byRef(c.Chat, c.Target); err != nil { // its attachment may be on its way by now
		return err
	}
	op := opRow{Kind: content.KindReaction, Stamp: e.stampAfter(row.Stamps.Mine),
		Before: &beforeOp{Emoji: before.Emoji, At: before.At, Stamp: row.Stamps.Mine}}
	e.operate(t, &row, c.ID, op, c.Emoji)
	row.Stamps.Mine = op.Stamp
	row.setReaction(true, c.Emoji, e.cfg.Now().UTC())
	t.ok(r, row.Message)
	return t.putMessage(row)
}

// edit changes an own text or caption.
func (e *Engine) edit(t *turn, r *request, c port.Edit) error {
	row, ok, err := e.target(t, r, c.Chat, c.ID, model.Ref{ID: c.Target, FromMe: true})
	if err != nil || !ok {
		return err
	}
	text := strings.ToValidUTF8(c.Text, "\uFFFD")
	unsent := e.unsent(row)
	switch {
	case !editable(row):
		t.refuse(r, "not_editable", "this message has no text to change")
		return nil
	case row.Kind == model.KindText && strings.TrimSpace(text) == "":
		t.refuse(r, "empty", "there is nothing to send")
		return nil
	case len(text) > content.MaxText:
		t.refuse(r, "too_long", "the text is too long")
		return nil
	case row.Text == text:
		t.ok(r, row.Message)
		return nil
	case unsent: // nobody has seen the old one
		row.Text = text
		t.ok(r, row.Message)
		return t.putMessage(row)
	case e.cfg.Now().Sub(row.At) > port.EditFor:
		t.refuse(r, "too_late", "it is too late to change this message")
		return nil
	}
	op := opRow{Kind: content.KindEdit, Of: content.KindText, Stamp: e.stampAfter(row.Stamps.Edit),
		Before: &beforeOp{Text: row.Text, Edited: row.Edited, Mentions: row.Mentions, Stamp: row.Stamps.Edit}}
	if row.Kind != model.KindText {
		op.Of = content.Kind(row.Kind)
	}
	e.operate(t, &row, c.ID, op, text)
	row.Stamps.Edit = op.Stamp
	row.Text, row.Edited, row.Mentions = text, e.cfg.Now().UTC(), nil
	t.ok(r, row.Message)
	return t.putMessage(row)
}

// editable reports whether a message has a text that its sender can change.
func editable(row messageRow) bool {
	switch row.Kind {
	case model.KindText, model.KindImage, model.KindVideo, model.KindDocument:
		return row.Failure != model.CannotDecrypt && row.Failure != model.NotSupported
	}
	return false
}

// revoke deletes an own message for everyone. Its attachment stays on this
// device until the gateway has the revocation, which may fail.
func (e *Engine) revoke(t *turn, r *request, c port.Revoke) error {
	row, ok, err := e.target(t, r, c.Chat, c.ID, model.Ref{ID: c.Target, FromMe: true})
	if err != nil || !ok {
		return err
	}
	switch {
	case row.Kind == model.KindDeleted:
		t.ok(r, row.Message)
		return nil
	case e.unsent(row): // nobody has it
		if item := e.out.find(row.Chat, row.ID); item != nil {
			e.out.remove(t, item)
		}
		e.dropFile(t, row)
		row.empty()
		row.State, row.Failure = model.Sent, model.NoFailure
		t.ok(r, row.Message)
		return t.putMessage(row)
	case e.cfg.Now().Sub(row.At) > port.RevokeFor:
		t.refuse(r, "too_late", "it is too late to delete this message for everyone")
		return nil
	}
	whole := row
	op := opRow{Kind: content.KindRevoke, Stamp: e.cfg.Now().UnixMilli(), Before: &beforeOp{Whole: &whole}}
	e.operate(t, &row, c.ID, op, "")
	row.empty()
	t.ok(r, row.Message)
	return t.putMessage(row)
}

// remove deletes a message from this device. One that was not sealed yet is
// not sent either.
func (e *Engine) remove(t *turn, r *request, c port.Delete) error {
	row, ok, known, err := t.byRef(c.Chat, model.Ref{ID: c.ID, FromMe: c.FromMe})
	if err == nil && !known && !c.FromMe { // who does not say whose means that, too
		row, ok, _, err = t.byRef(c.Chat, model.Ref{ID: c.ID, FromMe: true})
	}
	if err != nil {
		return err
	}
	if !ok { // deleted before
		t.ok(r, nil)
		return nil
	}
	if item := e.out.find(row.Chat, row.ID); row.FromMe && item != nil && !item.sealed() {
		e.out.remove(t, item)
	}
	t.ok(r, nil)
	return e.dropMessage(t, row)
}
