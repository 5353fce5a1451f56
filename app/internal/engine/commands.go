package engine

import (
	"fmt"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/relay/wire"
)

// handle takes in a command. Its reply waits for the commit.
func (e *Engine) handle(t *turn, r *request) error {
	e.find.hurried = true
	switch c := r.command.(type) {
	case port.Snapshot:
		e.read(t, r, func() (any, error) { return e.snapshot() })
	case port.Messages:
		return e.messages(t, r, c)
	case port.FindDate:
		return e.findDate(t, r, c)
	case port.Search:
		return e.search(t, r, c)
	case port.Connect:
		return e.connect(t, r)
	case port.Disconnect:
		return e.disconnect(t, r, c)
	case port.LookUp:
		return e.lookUp(t, r, c)
	case port.FindPerson:
		return e.findPerson(t, r, c)
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
	case port.React:
		return e.react(t, r, c)
	case port.Edit:
		return e.edit(t, r, c)
	case port.Revoke:
		return e.revoke(t, r, c)
	case port.SetPrivacy:
		return e.setPrivacy(t, r, c)
	case port.Name:
		return e.name(t, r, c)
	case port.Watch:
		return e.watch(t, r, c)
	case port.SendMedia:
		return e.sendMedia(t, r, c)
	case port.Transfer:
		return e.transfer(t, r, c)
	case port.SetConsent:
		return e.setConsent(t, r, c)
	case port.Accept:
		return e.acceptRequest(t, r, c)
	case port.Decline:
		return e.decline(t, r, c)
	case port.Block:
		return e.block(t, r, c)
	case port.BlockProvider:
		return e.blockProvider(t, r, c)
	case port.PreviewReport:
		return e.previewReport(t, r, c)
	case port.Report:
		return e.report(t, r, c)
	case port.SafetyNumber:
		return e.safetyNumber(t, r, c)
	case port.Verify:
		return e.verify(t, r, c)
	case port.ReleaseHeld:
		return e.releaseHeld(t, r, c)
	case port.Played:
		return e.played(t, r, c)
	case port.Active:
		e.active(t, c.Active)
		t.ok(r, nil)
	case port.Online:
		e.online(c.Online)
		if err := e.wakeMoves(t); err != nil {
			return err
		}
		t.ok(r, nil)
	case port.Reconnect:
		e.hurry()
		if err := e.wakeMoves(t); err != nil {
			return err
		}
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
	case port.MarkRead:
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

// name keeps what the user calls somebody.
func (e *Engine) name(t *turn, r *request, c port.Name) error {
	row, ok, err := t.chat(c.Chat)
	if err != nil {
		return err
	}
	if peer, _ := peerOf(c.Chat); !ok || peer.Server == wire.ServerInterop {
		t.refuse(r, "no_chat", "only WhatsApp users with a chat are given names")
		return nil
	}
	if given := clean(c.Name, maxName); given != row.Contact.Given {
		row.Contact.Given = given
		t.putChat(row)
	}
	t.ok(r, row.Chat)
	return nil
}

// ensureChat finds or makes a chat, and fills in what the contact adds.
func (t *turn) ensureChat(id model.ChatID, contact model.Contact) (chatRow, error) {
	contact.Name, contact.Phone = clean(contact.Name, maxName), clean(contact.Phone, maxPhone)
	row, ok, err := t.chat(id)
	if err != nil {
		return row, err
	}
	before := row.Contact
	if !ok {
		row = chatRow{Chat: model.Chat{ID: id, Order: t.nextOrder(), Contact: t.e.contactAt(id)}}
		_, row.Blocked = t.e.blocked[id]
		if p := row.Contact.Provider; p != 0 {
			row.ProviderBlocked, row.Closed = t.e.providerBlocked(p), t.e.closedFor(p)
		}
	}
	if contact.Name != "" {
		row.Contact.Name = contact.Name
	}
	if contact.Phone != "" && row.Contact.Provider == 0 {
		row.Contact.Phone = contact.Phone
	}
	if !ok || row.Contact != before {
		t.putChat(row)
	}
	return row, nil
}
