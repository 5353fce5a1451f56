package engine

import (
	"time"

	"ferry/app/internal/content"
	"ferry/app/internal/model"
	"ferry/relay/wire"
)

// contentOf is what a message or an operation of ours says.
func (e *Engine) contentOf(t *turn, row messageRow) (content.Message, error) {
	if row.Op != nil {
		return e.operationContent(t, row)
	}
	m := content.Message{
		Kind: content.KindText, Text: row.Text, Mentions: row.Mentions, Forwarded: row.Forwarded, Quote: e.quoteOut(row),
	}
	if row.Kind != model.KindText {
		m.Kind = content.Kind(row.Kind)
	}
	a, err := t.attachmentOf(row)
	m.Attachment = a
	return m, err
}

func (e *Engine) operationContent(t *turn, row messageRow) (content.Message, error) {
	op := row.Op
	m := content.Message{
		Kind: op.Kind, Text: row.Text, Mentions: row.Mentions, Of: op.Of, Stamp: time.UnixMilli(op.Stamp).UTC(),
		Target: string(op.Target.ID), TargetFromMe: op.Target.FromMe, TargetChat: string(row.Chat),
	}
	if op.Kind != content.KindEdit || op.Of == content.KindText {
		return m, nil
	}
	// The new caption comes with all of the attachment, so that clients that put
	// the whole message in the old one's place still have it.
	target, ok, _, err := t.byRef(row.Chat, op.Target)
	if err != nil || !ok {
		return m, err
	}
	m.Attachment, err = t.attachmentOf(target)
	return m, err
}

// envelope is what a stanza tells the gateway of a message's content, and no
// more than WhatsApp's own clients tell (whatsmeow send.go, getTypeFromMessage,
// getMediaTypeFromMessage and getEditAttribute).
type envelope struct {
	kind  string // type of the message
	media string // mediatype of each enc
	edit  string // edit of the message
	hide  bool   // whoever cannot decrypt it shows nothing
}

// Values of the attribute edit.
const (
	editMessage = "1"
	editRevoke  = "7" // by the sender; a reaction that is taken away, too
)

func envelopeOf(m content.Message) envelope {
	switch m.Kind {
	case content.KindReaction:
		v := envelope{kind: "reaction", hide: true}
		if m.Text == "" {
			v.edit = editRevoke
		}
		return v
	case content.KindEdit:
		return envelope{kind: "text", edit: editMessage, hide: true}
	case content.KindRevoke:
		return envelope{kind: "text", edit: editRevoke, hide: true}
	case content.KindImage, content.KindAudio, content.KindDocument:
		return envelope{kind: "media", media: string(m.Kind)}
	case content.KindVoice:
		return envelope{kind: "media", media: "ptt"}
	case content.KindVideo:
		if m.Attachment != nil && m.Attachment.GIF {
			return envelope{kind: "media", media: "gif"}
		}
		return envelope{kind: "media", media: "video"}
	}
	return envelope{kind: "text"}
}

func (v envelope) attrs(attrs ...wire.Attr) []wire.Attr {
	attrs = append(attrs, wire.A("type", v.kind))
	if v.edit != "" {
		attrs = append(attrs, wire.A("edit", v.edit))
	}
	return attrs
}

func (v envelope) encAttrs() (attrs []wire.Attr) {
	if v.media != "" {
		attrs = append(attrs, wire.A("mediatype", v.media))
	}
	if v.hide {
		attrs = append(attrs, wire.A("decrypt-fail", "hide"))
	}
	return attrs
}
