package engine

import (
	"slices"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/store"
	"ferry/relay/wire"
)

// requestPrefix is where what is owed to who has asked lies: store.Messages,
// requestRow by chat.
const requestPrefix = "q/"

// maxOwed bounds each list of a requestRow; what comes later is not told of.
const maxOwed = 512

// requestRow is what the sender of a request does not learn before it is
// accepted.
type requestRow struct {
	Got   []owedReceipt `json:"got,omitempty"`   // delivered here
	Read  []string      `json:"read,omitempty"`  // ids that the user has read
	Fetch []uint64      `json:"fetch,omitempty"` // places of attachments that show in the thread
}

type owedReceipt struct {
	From wire.JID `json:"from"` // the device
	ID   string   `json:"id"`
}

// asks reports whether who writes is, or becomes, the sender of a request.
func (e *Engine) asks(t *turn, a *arrival) (bool, error) {
	if a.own || !e.cfg.Requests || e.whatsApp() && e.consent.Known && !e.consent.Requests {
		return false, nil
	}
	chat, ok, err := t.chat(a.chat)
	return err == nil && (!ok || chat.Request), err
}

// welcomed finds or makes the chat of what came in: that of a stranger is a
// request.
func (e *Engine) welcomed(t *turn, a *arrival) (chatRow, error) {
	chat, err := t.ensureChat(a.chat, contactOf(a))
	if err != nil || !a.asks || chat.Request {
		return chat, err
	}
	chat.Request = true
	t.putChat(chat)
	return chat, nil
}

func (t *turn) request(chat model.ChatID) (row requestRow, err error) {
	_, err = t.getJSON(store.Messages, requestPrefix+string(chat), &row)
	return row, err
}

func (t *turn) putRequest(chat model.ChatID, row requestRow) {
	t.putJSON(store.Messages, requestPrefix+string(chat), row)
}

// takenIn lets the gateway forget a message. Its sender learns that it has
// arrived, but for that of a request, who learns it when it is accepted.
func (e *Engine) takenIn(t *turn, a *arrival) error {
	if !a.asks {
		e.oweReceipt(t, a)
		return nil
	}
	t.send(ackOf(a.node)) // if it is lost, the message comes again
	row, err := t.request(a.chat)
	if err != nil {
		return err
	}
	owed := owedReceipt{a.from, a.id}
	if len(row.Got) >= maxOwed || slices.Contains(row.Got, owed) {
		return nil
	}
	row.Got = append(row.Got, owed)
	t.putRequest(a.chat, row)
	return nil
}

// fetchLater remembers an attachment to be fetched once the request is accepted.
func (t *turn) fetchLater(row messageRow) error {
	owed, err := t.request(row.Chat)
	if err != nil || len(owed.Fetch) >= maxOwed || slices.Contains(owed.Fetch, row.Order) {
		return err
	}
	owed.Fetch = append(owed.Fetch, row.Order)
	t.putRequest(row.Chat, owed)
	return nil
}

// readLater remembers what the user has read of a request.
func (t *turn) readLater(chat model.ChatID, ids []string) error {
	owed, err := t.request(chat)
	if err != nil || len(ids) == 0 {
		return err
	}
	owed.Read = append(owed.Read, ids[:min(len(ids), maxOwed-min(maxOwed, len(owed.Read)))]...)
	t.putRequest(chat, owed)
	return nil
}

// acceptRequest takes a request.
func (e *Engine) acceptRequest(t *turn, r *request, c port.Accept) error {
	chat, ok, err := t.chat(c.Chat)
	switch {
	case err != nil:
		return err
	case !ok:
		t.refuse(r, "no_chat", "there is no such chat")
		return nil
	case chat.Request && chat.Blocked:
		t.refuse(r, "blocked", "this person is blocked")
		return nil
	case chat.Request:
		if err := e.welcome(t, chat, true); err != nil {
			return err
		}
	}
	return t.okChat(r, c.Chat)
}

// okChat replies with a chat as the turn leaves it.
func (t *turn) okChat(r *request, id model.ChatID) error {
	chat, _, err := t.chat(id)
	if err != nil {
		return err
	}
	t.ok(r, chat.Chat)
	return nil
}

// welcome makes a request a chat, and lets its sender know what they did not
// learn before. Tell is whether the gateway has to hear of it.
func (e *Engine) welcome(t *turn, chat chatRow, tell bool) error {
	peer, ok := peerOf(chat.ID)
	if !ok {
		return nil
	}
	owed, err := t.request(chat.ID)
	if err != nil {
		return err
	}
	t.delete(store.Messages, requestPrefix+string(chat.ID))
	chat.Request, chat.Met = false, true
	t.putChat(chat)
	if err := t.note(chat.ID, model.NoticeAccepted); err != nil {
		return err
	}
	if tell && e.whatsApp() && peer.Server == wire.ServerInterop {
		if err := e.tell(t, aboutRequest, "accept", peer); err != nil { // before the receipts, which pass only then
			return err
		}
	}
	for _, got := range owed.Got {
		t.owe(wire.N("receipt", []wire.Attr{wire.A("id", got.ID), wire.J("to", got.From)}))
	}
	if e.privacy.ReadReceipts {
		for part := range slices.Chunk(owed.Read, maxReceiptIDs) {
			t.owe(e.receiptOf(chat.ID, "read", part))
		}
	}
	for _, order := range owed.Fetch {
		row, ok, err := t.message(chat.ID, order)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if row, err = e.fileArrived(t, row); err != nil {
			return err
		}
		if err := t.putMessage(row); err != nil {
			return err
		}
	}
	if e.watching == chat.ID {
		e.subscribe(t)
	}
	return nil
}

// meet is called when the user writes to somebody, which also takes their
// request. It gives the chat as it is then.
func (e *Engine) meet(t *turn, id model.ChatID) (chatRow, error) {
	chat, ok, err := t.chat(id)
	switch {
	case err != nil || !ok || chat.Met && !chat.Request:
		return chat, err
	case chat.Request:
		if err := e.welcome(t, chat, true); err != nil {
			return chat, err
		}
	default:
		chat.Met = true
		t.putChat(chat)
		return chat, nil
	}
	chat, _, err = t.chat(id)
	return chat, err
}

// decline forgets a request and all that came with it.
func (e *Engine) decline(t *turn, r *request, c port.Decline) error {
	peer, isPeer := peerOf(c.Chat)
	chat, ok, err := t.chat(c.Chat)
	switch {
	case err != nil:
		return err
	case !isPeer:
		t.refuse(r, "no_chat", "there is no such chat")
		return nil
	case ok && !chat.Request:
		t.refuse(r, "no_request", "this is no request any more")
		return nil
	case ok:
		if err := e.forgetChat(t, c.Chat); err != nil {
			return err
		}
		if e.whatsApp() && peer.Server == wire.ServerInterop {
			if err := e.tell(t, aboutRequest, "decline", peer); err != nil {
				return err
			}
		}
	}
	t.ok(r, nil)
	return nil
}

// forgetChat deletes a chat from this device. That its messages were taken in
// stays known: they are not taken for new ones if they come again.
func (e *Engine) forgetChat(t *turn, id model.ChatID) error {
	for _, item := range e.out.items {
		if !item.removed && item.Chat == id {
			e.out.remove(t, item)
		}
	}
	thread, err := t.records(store.Messages, threadPrefix+string(id)+"/")
	if err != nil {
		return err
	}
	for _, r := range thread {
		var row messageRow
		if err := unmarshal(r.Value, &row); err != nil {
			return err
		}
		t.unindex(row)
		e.dropFile(t, row)
	}
	for _, p := range []struct {
		table  store.Table
		prefix string
	}{
		{store.Messages, threadPrefix + string(id) + "/"}, {store.Messages, ownPrefix + string(id) + "/"},
		{store.Messages, opPrefix + string(id) + "/"}, {store.Inbox, gotPrefix + string(id) + "/"},
	} {
		rs, err := t.records(p.table, p.prefix)
		if err != nil {
			return err
		}
		for _, r := range rs {
			t.delete(p.table, r.Key)
		}
	}
	t.delete(store.Messages, heldKey(id))
	t.delete(store.Messages, requestPrefix+string(id))
	t.delete(store.Chats, string(id))
	e.chats.drop(id)
	t.emit("chat "+string(id), port.ChatDeleted{Chat: id})
	return nil
}

// askRequests asks which requests wait for a WhatsApp user: this device may have
// been linked after they came.
func (e *Engine) askRequests(t *turn) error {
	if !e.whatsApp() || !e.cfg.Requests {
		return nil
	}
	return e.ask(t, "get", wire.NamespaceInterop, []wire.Node{wire.N("requests", nil)}, func(t *turn, n wire.Node, err error) error {
		if err != nil {
			return nil // the next connection asks again
		}
		list, _ := n.Child("requests")
		for i, r := range list.ChildrenOf("request") {
			who, ok := personAt(r)
			if !ok || who.Server != wire.ServerInterop || i >= maxOwed || e.untold(aboutRequest, who) != "" {
				continue
			}
			if _, known, err := t.chat(chatOf(who)); err != nil || known {
				if err != nil {
					return err
				}
				continue
			}
			chat, err := t.ensureChat(chatOf(who), model.Contact{Name: r.Attr("name")})
			if err != nil {
				return err
			}
			chat.Request = true
			t.putChat(chat)
		}
		return nil
	})
}

// decidedElsewhere takes in that another device of the user has accepted or
// declined a request.
func (e *Engine) decidedElsewhere(t *turn, who wire.JID, accepted bool) error {
	id := chatOf(who)
	chat, ok, err := t.chat(id)
	if err != nil || !ok || !chat.Request {
		return err
	}
	if accepted {
		return e.welcome(t, chat, false)
	}
	return e.forgetChat(t, id)
}

// asking reports whether a chat is a request.
func (t *turn) asking(id model.ChatID) (bool, error) {
	chat, _, err := t.chat(id)
	return chat.Request, err
}

// quiet reports whether a person is to learn nothing of what the user does now.
func (e *Engine) quiet(t *turn, id model.ChatID) (bool, error) {
	asks, err := t.asking(id)
	return asks || e.shut(id), err
}
