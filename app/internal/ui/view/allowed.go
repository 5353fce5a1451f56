package view

import (
	"time"

	"ferry/app/internal/lang"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
)

// CanReply tells whether a message can be answered.
func CanReply(m model.Message) bool {
	return m.Kind != model.KindDeleted && m.Kind != model.KindNotice && m.Failure == model.NoFailure && m.State != model.Failed
}

// CanReact tells whether an emoji can be put on a message: the other side must
// know it.
func CanReact(m model.Message) bool { return CanReply(m) && m.State != model.Pending }

// CanEdit tells whether an own message may still be changed.
func CanEdit(m model.Message, now time.Time) bool {
	return m.FromMe && CanReact(m) && NoteOf(nothing, m.Kind) == nil &&
		m.Kind != model.KindContact && m.Kind != model.KindLocation && m.Kind != model.KindVoice && m.Kind != model.KindAudio &&
		(m.Kind == model.KindText || m.Text != "") && now.Sub(m.At) < port.EditFor
}

// CanRevoke tells whether an own message may still be deleted for everyone.
func CanRevoke(m model.Message, now time.Time) bool {
	return m.FromMe && CanReact(m) && now.Sub(m.At) < port.RevokeFor
}

var nothing = &lang.Texts{}

// LastMine is this user's latest message that may still be changed.
func (v *View) LastMine(t *Thread) (model.Message, bool) {
	for i := len(t.messages) - 1; i >= 0; i-- {
		m := t.messages[i]
		if m.FromMe && !t.hidden[keyOf(m)] && m.Kind != model.KindDeleted && m.Kind != model.KindNotice {
			return m, CanEdit(m, v.Now)
		}
	}
	return model.Message{}, false
}
