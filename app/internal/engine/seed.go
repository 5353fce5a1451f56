package engine

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"

	"ferry/app/internal/model"
	"ferry/app/internal/search"
	"ferry/app/internal/store"
)

// Seed fills a store that no engine runs on with a chat and its messages, oldest
// first, all of them read; for tests of long histories. It gives the messages
// with their Orders. They are not in the search: the engine takes them in once
// it runs.
func Seed(ctx context.Context, s store.Store, chat model.Chat, messages []model.Message) ([]model.Message, error) {
	return seedChat(ctx, s, chat, messages, nil)
}

// SeedIndexed is Seed with the messages in the search, as an engine that took
// them in one by one would have left them.
func SeedIndexed(ctx context.Context, s store.Store, chat model.Chat, messages []model.Message) ([]model.Message, error) {
	count, err := loadCounters(ctx, s)
	if err != nil {
		return nil, err
	}
	f, err := loadFinder(ctx, s, count.order)
	if err != nil {
		return nil, err
	}
	if f.dir.Low != 0 {
		return nil, fmt.Errorf("seed: what was there before is not in the search")
	}
	return seedChat(ctx, s, chat, messages, &f.dir)
}

func seedChat(ctx context.Context, s store.Store, chat model.Chat, messages []model.Message, dir *findDir) ([]model.Message, error) {
	const batch = search.SegmentSize
	count, err := loadCounters(ctx, s)
	if err != nil {
		return nil, err
	}
	for from := 0; from < len(messages); from += batch {
		var b store.Batch
		part := messages[from:min(from+batch, len(messages))]
		entries := make([]search.Entry, len(part))
		for i := range part {
			count.order++
			part[i].Chat, part[i].Order = chat.ID, count.order
			row := messageRow{Message: part[i]}
			if dir != nil {
				row.Indexed = textMark(searchText(row.Message))
				entries[i] = entryOf(row.Message)
			}
			b.Put(store.Messages, threadKey(chat.ID, count.order), marshal(row))
			order := binary.BigEndian.AppendUint64(nil, count.order)
			if part[i].FromMe {
				b.Put(store.Messages, ownKey(chat.ID, part[i].ID), order)
			} else {
				b.Put(store.Inbox, gotKey(chat.ID, part[i].ID), order)
			}
		}
		last := part[len(part)-1]
		chat.Last, chat.Order, chat.ReadUpto, chat.Unread = &last, count.order, count.order, 0
		b.Put(store.Chats, string(chat.ID), marshal(chatRow{Chat: chat}))
		b.Put(store.Meta, countersKey, count.marshal())
		if dir != nil {
			dir.seed(&b, entries)
		}
		if err := s.Commit(ctx, &b); err != nil {
			return nil, fmt.Errorf("seed: %w", err)
		}
	}
	return messages, nil
}

// seed adds a segment, if there is anything to be found.
func (d *findDir) seed(b *store.Batch, entries []search.Entry) {
	entries = slices.DeleteFunc(entries, func(e search.Entry) bool { return e.Text == "" })
	if len(entries) > 0 {
		d.Segments = append(d.Segments, stretchOf(entries))
		b.Put(store.Search, searchKey(segmentPrefix, entries[0].Order), search.NewSegment(entries).Marshal())
	}
	b.Put(store.Search, findDirKey, marshal(*d))
}
