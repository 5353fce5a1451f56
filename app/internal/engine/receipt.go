package engine

import (
	"strconv"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/store"
	"ferry/relay/wire"
)

// maxReceiptIDs bounds the ids of one receipt, read or written.
const maxReceiptIDs = 256

// receipt takes in what became of messages, and acks it after the commit.
func (e *Engine) receipt(t *turn, n wire.Node) error {
	from, ok := n.JID("from")
	if !validID(n.Attr("id")) || !ok {
		return nil
	}
	t.send(ackOf(n))
	if !isPerson(from) {
		return nil
	}
	chat, own := chatOf(from), from.SameUser(e.self.Address)
	if own {
		recipient, ok := n.JID("recipient")
		if !ok || !isPerson(recipient) {
			return nil
		}
		chat = chatOf(recipient)
	}
	if !own && e.shut(chat) {
		return nil
	}
	switch kind := n.Attr("type"); kind {
	case "retry":
		return e.asked(t, from, chat, n)
	case "", "inactive", "delivered":
		if !own {
			return e.advance(t, chat, n, model.Delivered, false)
		}
	case "read", "played":
		if own {
			return nil
		}
		if !e.privacy.ReadReceipts { // who does not tell is not told
			return e.advance(t, chat, n, model.Delivered, false)
		}
		return e.advance(t, chat, n, model.Read, kind == "played")
	case "read-self", "played-self":
		if own {
			return e.readElsewhere(t, chat, n)
		}
	}
	return nil
}

// readElsewhere takes in what this user has read on another device.
func (e *Engine) readElsewhere(t *turn, id model.ChatID, n wire.Node) error {
	chat, ok, err := t.chat(id)
	if err != nil || !ok {
		return err
	}
	upto := chat.ReadUpto
	for _, m := range idsOf(n) {
		b, err := t.get(store.Inbox, gotKey(id, model.MessageID(m)))
		if err != nil {
			return err
		}
		if order, ok := parseOrder(b); ok {
			upto = max(upto, min(order, chat.Order))
		}
	}
	if upto == chat.ReadUpto {
		return nil
	}
	_, unread, err := e.unread(chat, upto)
	if err != nil {
		return err
	}
	chat.ReadUpto, chat.Unread = upto, min(unread, chat.Unread)
	t.putChat(chat)
	return nil
}

// advance moves messages of ours forward; played is for those that are heard.
func (e *Engine) advance(t *turn, chat model.ChatID, n wire.Node, state model.SendState, played bool) error {
	for _, id := range idsOf(n) {
		row, ok, err := t.ownMessage(chat, model.MessageID(id))
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		heard := played && row.Kind == model.KindVoice && row.Media != nil && !row.Media.Played
		if heard {
			m := *row.Media
			m.Played, row.Media = true, &m
		}
		if rank(row.State) >= rank(state) && !heard {
			continue
		}
		if rank(row.State) < rank(state) {
			row.State = state
		}
		if row.Failure != model.CannotDecrypt { // a copy that this device cannot read yet
			row.Failure = model.NoFailure
		}
		if err := t.putMessage(row); err != nil {
			return err
		}
	}
	return nil
}

// idsOf lists the messages of a receipt: the one of its id, then its list.
func idsOf(n wire.Node) []string {
	ids := []string{n.Attr("id")}
	if list, ok := n.Child("list"); ok {
		for _, item := range list.ChildrenOf("item") {
			if id := item.Attr("id"); validID(id) && len(ids) < maxReceiptIDs {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// markRead owes read receipts for what the user has seen, in the same batch in
// which the chat stops counting it as unread.
func (e *Engine) markRead(t *turn, r *request, c port.MarkRead) error {
	chat, ok, err := t.chat(c.Chat)
	if err != nil {
		return err
	}
	if !ok {
		t.refuse(r, "no_chat", "there is no such chat")
		return nil
	}
	upto := min(c.Upto, chat.Order)
	if upto <= chat.ReadUpto && chat.Unread == 0 {
		t.ok(r, nil)
		return nil
	}
	seen, unread, err := e.unread(chat, upto)
	if err != nil {
		return err
	}
	if chat.Request {
		if err := t.readLater(chat.ID, seen); err != nil {
			return err
		}
		seen = nil
	}
	for len(seen) > 0 {
		part := seen[:min(len(seen), maxReceiptIDs)]
		seen = seen[len(part):]
		if e.privacy.ReadReceipts {
			t.owe(e.receiptOf(c.Chat, "read", part))
		}
	}
	chat.ReadUpto, chat.Unread = max(upto, chat.ReadUpto), unread
	t.putChat(chat)
	t.ok(r, nil)
	return nil
}

// unread lists the received messages between what was read before and upto,
// and counts those after.
func (e *Engine) unread(chat chatRow, upto uint64) (seen []string, after int, err error) {
	const stretch = 500
	r := store.Prefix(threadPrefix + string(chat.ID) + "/")
	r.From, r.Limit = threadKey(chat.ID, chat.ReadUpto+1), stretch
	for {
		rs, err := e.store.List(e.ctx, store.Messages, r)
		if err != nil {
			return nil, 0, err
		}
		for _, rec := range rs {
			var row messageRow
			if err := unmarshal(rec.Value, &row); err != nil {
				return nil, 0, err
			}
			switch {
			case row.FromMe, row.Kind == model.KindNotice:
			case row.Order > upto:
				after++
			case row.Failure != model.CannotDecrypt:
				seen = append(seen, string(row.ID))
			}
		}
		if len(rs) < stretch {
			return seen, after, nil
		}
		r.From = rs[len(rs)-1].Key + "\x00"
	}
}

// receiptOf tells the peer that messages were read, or played.
func (e *Engine) receiptOf(chat model.ChatID, kind string, ids []string) wire.Node {
	peer, _ := peerOf(chat)
	n := wire.N("receipt", []wire.Attr{
		wire.A("id", ids[0]), wire.J("to", peer), wire.A("type", kind),
		wire.A("t", strconv.FormatInt(e.cfg.Now().Unix(), 10)),
	})
	if len(ids) > 1 {
		var items []wire.Node
		for _, id := range ids[1:] {
			items = append(items, wire.N("item", []wire.Attr{wire.A("id", id)}))
		}
		n.Children = []wire.Node{wire.N("list", nil, items...)}
	}
	return n
}
