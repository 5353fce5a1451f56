package engine

import (
	"context"
	"encoding/binary"
	"fmt"

	"ferry/app/internal/model"
	"ferry/app/internal/store"
)

// Seed fills a store that no engine runs on with a chat and its messages, oldest
// first, all of them read; for tests and benchmarks of long histories. It gives
// the messages with their Orders. They are not in the search: the engine takes
// them in once it runs.
func Seed(ctx context.Context, s store.Store, chat model.Chat, messages []model.Message) ([]model.Message, error) {
	const batch = 1000
	count, err := loadCounters(ctx, s)
	if err != nil {
		return nil, err
	}
	for from := 0; from < len(messages); from += batch {
		var b store.Batch
		part := messages[from:min(from+batch, len(messages))]
		for i := range part {
			count.order++
			part[i].Chat, part[i].Order = chat.ID, count.order
			b.Put(store.Messages, threadKey(chat.ID, count.order), marshal(messageRow{Message: part[i]}))
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
		if err := s.Commit(ctx, &b); err != nil {
			return nil, fmt.Errorf("seed: %w", err)
		}
	}
	return messages, nil
}
