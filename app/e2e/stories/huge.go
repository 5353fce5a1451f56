package main

import (
	"fmt"
	"strings"
	"time"

	"ferry/app/internal/model"
)

// hugeSize is how many messages the largest thread has.
const hugeSize = 100_000

// huge is a chat of 100,000 messages. A test has more arrive, edits some and
// deletes some through globalThis.story.
func huge() story {
	s := busy()
	all := make([]model.Message, hugeSize)
	for i := range all {
		all[i] = hugeMessage(uint64(i + 1))
	}
	s.threads[mira] = all
	for i := range s.state.Chats {
		if s.state.Chats[i].ID == mira {
			s.state.Chats[i].Unread, s.state.Chats[i].Last = 0, &all[len(all)-1]
		}
	}
	return s
}

// hugeMessage is one of its messages: lines of different heights, some minutes apart.
func hugeMessage(order uint64) model.Message {
	m := model.Message{
		ID: model.MessageID(fmt.Sprintf("3EB0%018X", order)), Chat: mira, Order: order, State: model.Received,
		At:   now.Add(-time.Duration(hugeSize-int(order)) * 7 * time.Minute),
		Text: fmt.Sprintf("Message %d. %s", order, strings.Repeat("More words. ", int(order*order%23))),
	}
	if order%3 == 0 {
		m.FromMe, m.State = true, model.Read
	}
	return m
}
