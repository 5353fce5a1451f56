package engine

import (
	"fmt"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/relay/wire"
)

// handle takes in a command. Its reply waits for the commit.
func (e *Engine) handle(t *turn, r *request) error {
	switch c := r.command.(type) {
	case port.Snapshot:
		e.read(t, r, func() (any, error) { return e.snapshot() })
	case port.Messages:
		return e.messages(t, r, c)
	case port.Connect:
		return e.connect(t, r)
	case port.Disconnect:
		return e.disconnect(t, r)
	case port.LookUp:
		return e.lookUp(t, r, c)
	case port.OpenChat:
		return e.openChat(t, r, c)
	case port.SendText:
		return e.sendText(t, r, c)
	case port.Retry:
		return e.retry(t, r, c)
	case port.Delete:
		return e.remove(t, r, c)
	case port.MarkRead:
		return e.markRead(t, r, c)
	case port.Typing:
		return e.typing(t, r, c)
	case port.Active:
		e.active(t, c.Active)
		t.ok(r, nil)
	case port.Online:
		e.online(c.Online)
		t.ok(r, nil)
	default:
		t.refuse(r, "unknown_command", fmt.Sprintf("unknown command %T", c))
	}
	return nil
}

// alone reports whether a command lists records, and so must not share a turn
// with changes before it.
func alone(c port.Command) bool {
	switch c.(type) {
	case port.MarkRead, port.Delete:
		return true
	}
	return false
}

// read replies with what the store holds once the turn is committed.
func (e *Engine) read(t *turn, r *request, value func() (any, error)) {
	t.then(func() {
		v, err := value()
		if err != nil {
			reply, _ := diagnose(err)
			r.answer(reply)
			return
		}
		r.answer(replyWith(v))
	})
}

func (e *Engine) messages(t *turn, r *request, c port.Messages) error {
	if _, ok := peerOf(c.Chat); !ok {
		t.refuse(r, "no_chat", "there is no such chat")
		return nil
	}
	limit := c.Limit
	if limit <= 0 || limit > port.MaxPage {
		limit = port.MaxPage
	}
	e.read(t, r, func() (any, error) { return e.page(c.Chat, c.Before, limit) })
	return nil
}

// openChat makes a chat exist, and keeps what is known of the person.
func (e *Engine) openChat(t *turn, r *request, c port.OpenChat) error {
	if _, ok := peerOf(c.Chat); !ok {
		t.refuse(r, "no_chat", "this is not the address of a person")
		return nil
	}
	row, err := t.ensureChat(c.Chat, c.Contact)
	if err != nil {
		return err
	}
	t.ok(r, row.Chat)
	return nil
}

// ensureChat finds or makes a chat, and fills in what the contact adds.
func (t *turn) ensureChat(id model.ChatID, contact model.Contact) (chatRow, error) {
	contact = model.Contact{Name: clean(contact.Name, maxName), Phone: clean(contact.Phone, maxPhone)}
	row, ok, err := t.chat(id)
	if err != nil {
		return row, err
	}
	before := row.Contact
	if !ok {
		row = chatRow{Chat: model.Chat{ID: id, Order: t.nextOrder()}}
	}
	if contact.Name != "" {
		row.Contact.Name = contact.Name
	}
	if contact.Phone != "" {
		row.Contact.Phone = contact.Phone
	}
	if !ok || row.Contact != before {
		t.putChat(row)
	}
	return row, nil
}

// typing tells the peer, if connected: it is worth nothing later.
func (e *Engine) typing(t *turn, r *request, c port.Typing) error {
	peer, ok := peerOf(c.Chat)
	if !ok {
		t.refuse(r, "no_chat", "there is no such chat")
		return nil
	}
	state := "paused"
	if c.Composing {
		state = "composing"
	}
	if e.wire.conn != nil {
		t.send(wire.N("chatstate", []wire.Attr{wire.J("to", peer)}, wire.N(state, nil)))
	}
	t.ok(r, nil)
	return nil
}

// active tells the gateway whether the user is looking.
func (e *Engine) active(t *turn, active bool) {
	e.wire.active = active
	if e.wire.conn != nil {
		e.sendPresence(t)
	}
}

func (e *Engine) sendPresence(t *turn) {
	kind := "unavailable"
	if e.wire.active {
		kind = "available"
	}
	t.send(wire.N("presence", []wire.Attr{wire.A("type", kind), wire.A("name", e.cfg.Username)}))
}
