package engine

import (
	"cmp"

	"ferry/app/internal/content"
	"ferry/app/internal/model"
	"ferry/relay/wire"
)

// quoteOf makes the quote of a reply to a message of this thread.
func quoteOf(row messageRow) *model.Quote {
	q := &model.Quote{Ref: row.Ref(), Kind: row.Kind, Text: row.Text, Order: row.Order}
	if row.Media != nil {
		q.Text, q.Thumb = cmp.Or(q.Text, row.Media.Name), row.Media.Thumb
	}
	if q.Text == "" && len(row.Cards) > 0 {
		q.Text = row.Cards[0].Name
	}
	if q.Text == "" && row.Place != nil {
		q.Text = row.Place.Name
	}
	q.Text = shorten(q.Text, content.MaxQuote)
	return q
}

// replyTo makes the quote of a command. It has refused the command if there is
// no such message to reply to.
func (e *Engine) replyTo(t *turn, r *request, chat model.ChatID, ref *model.Ref) (*model.Quote, bool, error) {
	if ref == nil {
		return nil, true, nil
	}
	row, ok, _, err := t.byRef(chat, *ref)
	if err != nil {
		return nil, false, err
	}
	if !ok || row.Kind == model.KindDeleted || row.Kind == model.KindNotice || row.Failure == model.CannotDecrypt {
		t.refuse(r, "no_message", "there is no such message to reply to")
		return nil, false, nil
	}
	return quoteOf(row), true, nil
}

// quoteOut is the quote of a message of ours, as the other side reads it.
func (e *Engine) quoteOut(row messageRow) *content.Quote {
	q := row.Reply
	if q == nil {
		return nil
	}
	out := &content.Quote{ID: string(q.ID), Author: string(row.Chat), Kind: content.KindText, Text: q.Text, Thumb: q.Thumb}
	if q.Kind != model.KindText {
		out.Kind = content.Kind(q.Kind)
	}
	if q.FromMe {
		out.Author = e.authorFor(row.Chat)
	}
	return out
}

// authorFor is this user's address as the other side of a chat knows it.
func (e *Engine) authorFor(chat model.ChatID) string {
	if peer, ok := peerOf(chat); ok && peer.Server != wire.ServerInterop {
		if alias, ok := wire.AliasLID(e.self.Address); ok {
			return alias.Bare().String()
		}
	}
	return e.self.Address.Bare().String()
}

// isSelf reports whether an address inside a message is this user's.
func (e *Engine) isSelf(address string) bool {
	j, err := wire.ParseJID(address)
	if err != nil {
		return false
	}
	if real, ok := wire.FromAliasLID(j); ok {
		j = real
	}
	return j.SameUser(e.self.Address)
}

// quoteIn reads a quote. Whose message it is about is the author's to say; where
// there is no such message of theirs, but one of the other side, it is that.
func (e *Engine) quoteIn(t *turn, chat model.ChatID, q *content.Quote) (*model.Quote, error) {
	if q == nil {
		return nil, nil
	}
	out := &model.Quote{Ref: model.Ref{ID: model.MessageID(q.ID), FromMe: e.isSelf(q.Author)}, Kind: kindOf(q.Kind), Text: q.Text, Thumb: q.Thumb}
	if !validID(q.ID) {
		return out, nil
	}
	for _, mine := range []bool{out.FromMe, !out.FromMe} {
		row, ok, _, err := t.byRef(chat, model.Ref{ID: out.ID, FromMe: mine})
		if err != nil {
			return nil, err
		}
		if ok {
			out.FromMe, out.Order = mine, row.Order
			break
		}
	}
	return out, nil
}

// kindOf is what people call a kind of content; the words are the same.
func kindOf(k content.Kind) model.Kind {
	switch k {
	case content.KindText:
		return model.KindText
	case content.KindReaction, content.KindEdit, content.KindRevoke, content.KindControl:
		return model.KindUnknown
	}
	return model.Kind(k)
}

// shorten cuts a text at a rune.
func shorten(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && s[most]&0xc0 == 0x80 {
		most--
	}
	return s[:most]
}
