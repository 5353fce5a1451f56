package engine

import (
	"encoding/binary"
	"fmt"
	"strings"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/store"
)

// putMessage stores a thread entry and tells of it. If it is the last of its
// chat, the chat shows the change. An operation is stored only.
func (t *turn) putMessage(row messageRow) error {
	if row.Op != nil {
		t.putJSON(store.Messages, opKey(row.Chat, row.ID), row)
		return nil
	}
	row.Indexed = t.index(row)
	t.putJSON(store.Messages, threadKey(row.Chat, row.Order), row)
	t.emit(messageSubject(row.Chat, row.Order), port.MessageChanged{Message: row.Message})
	chat, ok, err := t.chat(row.Chat)
	if err != nil || !ok || chat.Last == nil || chat.Last.Order != row.Order {
		return err
	}
	last := row.Message
	chat.Last = &last
	t.putChat(chat)
	return nil
}

func messageSubject(chat model.ChatID, order uint64) string {
	return fmt.Sprintf("message %s %d", chat, order)
}

// addMessage gives a new entry its place at the end of the thread.
func (t *turn) addMessage(chat chatRow, row messageRow) (messageRow, error) {
	row.Order = t.nextOrder()
	chat.Order = row.Order
	last := row.Message
	chat.Last = &last
	if !row.FromMe && row.Kind != model.KindNotice {
		chat.Unread++
	}
	t.putChat(chat)
	order := binary.BigEndian.AppendUint64(nil, row.Order)
	if row.FromMe {
		t.put(store.Messages, ownKey(row.Chat, row.ID), order)
		return row, t.putMessage(row)
	}
	known, err := t.get(store.Inbox, gotKey(row.Chat, row.ID))
	if err != nil {
		return row, err
	}
	if known == nil { // another device of the peer may have used the id: the first keeps it
		t.put(store.Inbox, gotKey(row.Chat, row.ID), order)
	}
	return row, t.putMessage(row)
}

// message finds an entry by its place.
func (t *turn) message(chat model.ChatID, order uint64) (messageRow, bool, error) {
	var row messageRow
	ok, err := t.getJSON(store.Messages, threadKey(chat, order), &row)
	return row, ok, err
}

// ownMessage finds a message or an operation of ours by its id.
func (t *turn) ownMessage(chat model.ChatID, id model.MessageID) (messageRow, bool, error) {
	b, err := t.get(store.Messages, ownKey(chat, id))
	order, ok := parseOrder(b)
	if err != nil || !ok {
		return messageRow{}, false, err
	}
	if order == 0 {
		return t.operation(chat, id)
	}
	return t.message(chat, order)
}

func (t *turn) operation(chat model.ChatID, id model.MessageID) (messageRow, bool, error) {
	var row messageRow
	ok, err := t.getJSON(store.Messages, opKey(chat, id), &row)
	return row, ok && row.Op != nil, err
}

// byRef finds an entry of a thread by its name. Known is true as well where
// there was one that was deleted from this device.
func (t *turn) byRef(chat model.ChatID, ref model.Ref) (row messageRow, ok, known bool, err error) {
	table, key := store.Inbox, gotKey(chat, ref.ID)
	if ref.FromMe {
		table, key = store.Messages, ownKey(chat, ref.ID)
	}
	b, err := t.get(table, key)
	order, known := parseOrder(b)
	if err != nil || !known || order == 0 {
		return messageRow{}, false, known, err
	}
	row, ok, err = t.message(chat, order)
	return row, ok, true, err
}

// dropMessage deletes an entry from this device.
func (e *Engine) dropMessage(t *turn, row messageRow) error {
	t.delete(store.Messages, threadKey(row.Chat, row.Order))
	t.unindex(row)
	e.dropFile(t, row)
	t.emit(messageSubject(row.Chat, row.Order), port.MessageDeleted{Chat: row.Chat, ID: row.ID, FromMe: row.FromMe, Order: row.Order})
	chat, ok, err := t.chat(row.Chat)
	if err != nil || !ok {
		return err
	}
	unread := chat.Unread
	if !row.FromMe && row.Kind != model.KindNotice && row.Order > chat.ReadUpto {
		chat.Unread = max(0, chat.Unread-1)
	}
	if chat.Last != nil && chat.Last.Order == row.Order {
		if chat.Last, err = t.lastBefore(row.Chat, row.Order); err != nil {
			return err
		}
		t.putChat(chat)
	} else if chat.Unread != unread {
		t.putChat(chat)
	}
	return nil
}

// lastBefore finds the newest entry below an order, as this turn sees it.
func (t *turn) lastBefore(chat model.ChatID, order uint64) (*model.Message, error) {
	prefix := threadPrefix + string(chat) + "/"
	key, value := "", []byte(nil)
	for _, p := range t.batch.Puts {
		if p.Table == store.Messages && strings.HasPrefix(p.Key, prefix) && p.Key < threadKey(chat, order) && p.Key > key {
			key, value = p.Key, p.Value
		}
	}
	r := store.Prefix(prefix)
	r.To, r.Reverse, r.Limit = threadKey(chat, order), true, 8
	for {
		rs, err := t.e.store.List(t.e.ctx, store.Messages, r)
		if err != nil {
			return nil, err
		}
		for _, rec := range rs {
			if _, touched := t.batch.Get(store.Messages, rec.Key); touched {
				continue // deleted in this turn, or among the above
			}
			if rec.Key > key {
				key, value = rec.Key, rec.Value
			}
			rs = nil
			break
		}
		if len(rs) < r.Limit {
			break
		}
		r.To = rs[len(rs)-1].Key
	}
	if key == "" {
		return nil, nil
	}
	var row messageRow
	if err := unmarshal(value, &row); err != nil {
		return nil, err
	}
	if row.Kind == model.KindNotice { // the list shows messages
		return t.lastBefore(chat, row.Order)
	}
	return &row.Message, nil
}
