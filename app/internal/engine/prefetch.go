package engine

import (
	"ferry/app/internal/link"
	"ferry/app/internal/model"
	"ferry/app/internal/store"
)

// placeKey is where a record lies.
type placeKey struct {
	table store.Table
	key   string
}

// prefetch reads in a few requests what the turn's stanzas will ask for one by
// one: a browser's store answers a single read in a millisecond, and a hundred
// in two.
func (t *turn) prefetch(all []work) error {
	if _, ok := t.e.store.(store.Many); !ok || len(all) < 2 {
		return nil
	}
	t.fetched = map[placeKey][]byte{}
	var inbox, own []string
	for _, w := range all {
		s, ok := w.linked.event.(link.Stanza)
		if !ok || w.linked.run != t.e.wire.run {
			continue
		}
		from, ok := s.Node.JID("from")
		if !ok || !isPerson(from) {
			continue
		}
		switch id := s.Node.Attr("id"); s.Node.Tag {
		case "message":
			inbox = append(inbox, from.String()+"/"+id, gotKey(chatOf(from), model.MessageID(id)))
		case "receipt":
			for _, id := range idsOf(s.Node) {
				own = append(own, ownKey(chatOf(from), model.MessageID(id)))
			}
		}
	}
	if err := t.fetch(store.Inbox, inbox); err != nil {
		return err
	}
	if err := t.fetch(store.Messages, own); err != nil {
		return err
	}
	return t.fetch(store.Messages, t.threads(own, all))
}

// threads lists where the messages lie that the turn will change: those of
// receipts, whose places were just read, and those being acked.
func (t *turn) threads(own []string, all []work) []string {
	var keys []string
	for _, key := range own {
		if order, ok := parseOrder(t.fetched[placeKey{store.Messages, key}]); ok {
			chat, id := splitOwnKey(key)
			if order == 0 {
				keys = append(keys, opKey(chat, id))
				continue
			}
			keys = append(keys, threadKey(chat, order))
		}
	}
	for _, w := range all {
		s, ok := w.linked.event.(link.Stanza)
		if !ok || s.Node.Tag != "ack" || s.Node.Attr("class") != "message" {
			continue
		}
		for _, p := range t.e.out.acks[ackKey{"message", s.Node.Attr("id"), ""}] {
			switch {
			case p.item.Op:
				keys = append(keys, opKey(p.item.Chat, p.item.ID))
			case p.item.isMessage():
				keys = append(keys, threadKey(p.item.Chat, p.item.Order))
			}
		}
	}
	return keys
}

func (t *turn) fetch(table store.Table, keys []string) error {
	if len(keys) < 2 {
		return nil
	}
	values, err := store.GetMany(t.e.ctx, t.e.store, table, keys)
	if err != nil {
		return err
	}
	for i, key := range keys {
		t.fetched[placeKey{table, key}] = values[i]
	}
	return nil
}
