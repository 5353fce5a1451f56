package engine

import (
	"encoding/binary"
	"fmt"
	"strings"

	"ferry/app/internal/model"
	"ferry/app/internal/store"
)

// note puts a line about the chat into its thread. It is nothing that anybody
// sent: it counts as nothing unread, and does not move the chat in the list.
func (t *turn) note(id model.ChatID, kind model.NoticeKind) error {
	if _, ok, err := t.chat(id); err != nil || !ok {
		return err
	}
	order := t.nextOrder()
	row := messageRow{Message: model.Message{
		ID: model.MessageID(fmt.Sprintf("notice-%d", order)), Chat: id, Kind: model.KindNotice, Notice: kind,
		At: t.e.cfg.Now().UTC(), Order: order, State: model.Received,
	}}
	t.put(store.Inbox, gotKey(id, row.ID), binary.BigEndian.AppendUint64(nil, order))
	return t.putMessage(row)
}

// records lists the records whose keys begin with prefix, as this turn sees
// them, in no certain order.
func (t *turn) records(table store.Table, prefix string) ([]store.Record, error) {
	kept, err := t.e.store.List(t.e.ctx, table, store.Prefix(prefix))
	if err != nil {
		return nil, err
	}
	var all []store.Record
	for _, r := range kept {
		if _, touched := t.batch.Get(table, r.Key); !touched {
			all = append(all, r)
		}
	}
	for _, r := range t.batch.Puts {
		if r.Table == table && strings.HasPrefix(r.Key, prefix) {
			all = append(all, r)
		}
	}
	return all, nil
}

// closing is what a thread says of how a chat was closed, and that it is over.
var closing = map[model.ClosedWhy]struct{ begins, ends model.NoticeKind }{
	model.ClosedConsent:   {model.NoticeConsentOff, model.NoticeConsentOn},
	model.ClosedSuspended: {model.NoticeProviderSuspended, model.NoticeProviderActive},
	model.ClosedRegion:    {model.NoticeRegion, model.NoticeRegionOver},
}

// setClosed says why nothing can be sent in a chat, or that it can again.
func (t *turn) setClosed(id model.ChatID, why model.ClosedWhy) error {
	chat, ok, err := t.chat(id)
	if err != nil || !ok || chat.Closed == why {
		return err
	}
	line := closing[why].begins
	if why == model.Open {
		line = closing[chat.Closed].ends
	}
	chat.Closed = why
	t.putChat(chat)
	return t.note(id, line)
}

// closes says whether a refusal is about the chat as a whole, until something
// changes at the gateway.
func closes(why model.Failure) (model.ClosedWhy, bool) {
	switch why {
	case model.NoConsent:
		return model.ClosedConsent, true
	case model.OutOfRegion:
		return model.ClosedRegion, true
	}
	return model.Open, false
}
