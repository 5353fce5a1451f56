package view

import (
	"time"

	"ferry/app/internal/lang"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
)

// peer is what is known of a peer's doings.
type peer struct {
	recording bool // while typing lasts: a voice message
	presence  model.Presence
}

// hearTyping takes in that a peer types, records or stopped.
func (v *View) hearTyping(e port.PeerTyping) {
	c := v.chats[e.Chat]
	if c == nil {
		return
	}
	c.typingUntil, c.recording = time.Time{}, e.Recording
	if e.Composing || e.Recording {
		c.typingUntil = v.Now.Add(typingFor)
	}
}

// hearPresence takes in whether the peer is there.
func (v *View) hearPresence(e port.PeerPresence) {
	if c := v.chats[e.Chat]; c != nil {
		c.presence = e.Presence
	}
}

// ForgetPresence drops what is no longer asked for.
func (v *View) ForgetPresence() {
	for _, c := range v.chats {
		c.presence = model.Presence{}
	}
}

// Recording tells whether the peer, who is Typing, records a voice message.
func (v *View) Recording(id model.ChatID) bool {
	c := v.chats[id]
	return c != nil && c.recording && v.Typing(id)
}

// Presence is a line on what the peer does or when they were last there; ""
// where they do not share it. Lively says that it is about this moment.
func (v *View) Presence(id model.ChatID) (text string, lively bool) {
	c := v.chats[id]
	switch {
	case c == nil:
	case v.Recording(id):
		return v.L.Content.Recording, true
	case v.Typing(id):
		return v.L.Thread.Typing, true
	case v.Link.Phase != model.LinkOnline || !v.Privacy.LastSeen:
	case c.presence.Online:
		return v.L.Content.Online, false
	case !c.presence.LastSeen.IsZero():
		return lang.Fill(v.L.Content.LastSeen, "when", v.L.Moment(v.Now, c.presence.LastSeen.In(v.Now.Location()))), false
	}
	return "", false
}
