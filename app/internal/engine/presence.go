package engine

import (
	"time"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/relay/wire"
)

// typing tells the peer, if connected: it is worth nothing later.
func (e *Engine) typing(t *turn, r *request, c port.Typing) error {
	peer, ok := peerOf(c.Chat)
	if !ok {
		t.refuse(r, "no_chat", "there is no such chat")
		return nil
	}
	state := wire.N("paused", nil)
	switch {
	case c.Recording:
		state = wire.N("composing", []wire.Attr{wire.A("media", "audio")})
	case c.Composing:
		state = wire.N("composing", nil)
	}
	if quiet, err := e.quiet(t, c.Chat); err != nil {
		return err
	} else if e.wire.conn != nil && e.privacy.Typing && !quiet {
		t.send(wire.N("chatstate", []wire.Attr{wire.J("to", peer)}, state))
	}
	t.ok(r, nil)
	return nil
}

// peerTypes tells of a peer who types, if there is a chat with them.
func (e *Engine) peerTypes(t *turn, n wire.Node) error {
	from, ok := n.JID("from")
	if !ok || !isPerson(from) || !e.privacy.Typing {
		return nil
	}
	id := chatOf(from)
	if quiet, err := e.quiet(t, id); err != nil || quiet {
		return err
	}
	if _, ok, err := t.chat(id); err != nil || !ok {
		return err
	}
	state, composing := n.Child("composing")
	t.emit("typing "+string(id), port.PeerTyping{Chat: id, Composing: composing, Recording: composing && state.Attr("media") == "audio"})
	return nil
}

// active tells the gateway whether the user is looking. Who comes to look does
// not wait for the next attempt.
func (e *Engine) active(t *turn, active bool) {
	e.wire.active = active
	if active {
		e.hurry()
	}
	if e.wire.conn != nil {
		e.sendPresence(t)
	}
}

// sendPresence says whether the user is there, unless nobody is to know: then
// nothing is said, neither that the user comes nor that they go.
func (e *Engine) sendPresence(t *turn) {
	if !e.privacy.LastSeen {
		return
	}
	kind := "unavailable"
	if e.wire.active {
		kind = "available"
	}
	t.send(presence(kind, e.shownName()))
}

func presence(kind, name string) wire.Node {
	return wire.N("presence", []wire.Attr{wire.A("type", kind), wire.A("name", name)})
}

// watch asks for the presence of the peer of one chat, and no longer for that
// of the one before.
func (e *Engine) watch(t *turn, r *request, c port.Watch) error {
	if _, ok := peerOf(c.Chat); !ok && c.Chat != "" {
		t.refuse(r, "no_chat", "there is no such chat")
		return nil
	}
	t.ok(r, nil)
	if e.watching == c.Chat {
		return nil
	}
	if before, ok := peerOf(e.watching); ok && e.wire.conn != nil && e.privacy.LastSeen {
		t.send(wire.N("presence", []wire.Attr{wire.A("type", "unsubscribe"), wire.J("to", before)}))
	}
	e.watching = c.Chat
	e.subscribe(t)
	return nil
}

// subscribe asks for the presence of who is watched (whatsmeow presence.go).
func (e *Engine) subscribe(t *turn) {
	if peer, ok := peerOf(e.watching); ok && e.wire.conn != nil && e.privacy.LastSeen {
		if quiet, err := e.quiet(t, e.watching); err != nil || quiet {
			return
		}
		t.send(wire.N("presence", []wire.Attr{wire.A("type", "subscribe"), wire.J("to", peer)}))
	}
}

// peerIs tells of the presence of who is watched.
func (e *Engine) peerIs(t *turn, n wire.Node) error {
	from, ok := n.JID("from")
	if !ok || !isPerson(from) || chatOf(from) != e.watching || !e.privacy.LastSeen {
		return nil
	}
	if quiet, err := e.quiet(t, e.watching); err != nil || quiet {
		return err
	}
	p := model.Presence{Online: n.Attr("type") != "unavailable"}
	if last, ok := n.Uint("last"); ok && last > 0 && last < 1<<40 && !p.Online {
		p.LastSeen = time.Unix(int64(last), 0).UTC()
	}
	e.showPresence(t, p)
	return nil
}

func (e *Engine) showPresence(t *turn, p model.Presence) {
	e.peer = p
	t.emit("presence "+string(e.watching), port.PeerPresence{Chat: e.watching, Presence: p})
}

// presenceUnknown takes back what was told of who is watched: nothing keeps it
// true any longer.
func (e *Engine) presenceUnknown(t *turn) {
	if e.watching != "" && e.peer != (model.Presence{}) {
		e.showPresence(t, model.Presence{})
	}
}
