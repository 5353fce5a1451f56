package engine

import (
	"errors"
	"slices"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/store"
)

// messages replies with a stretch of a thread.
func (e *Engine) messages(t *turn, r *request, c port.Messages) error {
	if _, ok := peerOf(c.Chat); !ok {
		t.refuse(r, "no_chat", "there is no such chat")
		return nil
	}
	if c.Before != 0 && c.After != 0 || c.Around != 0 && (c.Before != 0 || c.After != 0) {
		t.refuse(r, "bad_command", "before, after and around exclude each other")
		return nil
	}
	if c.Limit <= 0 || c.Limit > port.MaxPage {
		c.Limit = port.MaxPage
	}
	e.read(t, r, func() (any, error) { return e.pageOf(c) })
	return nil
}

// pageOf lists entries of a committed thread, oldest first.
func (e *Engine) pageOf(c port.Messages) (port.MessagePage, error) {
	var older, newer []model.Message
	var page port.MessagePage
	var err, also error
	switch {
	case c.After != 0:
		newer, page.Newer, err = e.above(c.Chat, c.After+1, c.Limit)
		_, page.More, also = e.below(c.Chat, c.After+1, 0)
	case c.Around != 0:
		half := c.Limit / 2
		older, page.More, err = e.below(c.Chat, c.Around, half)
		newer, page.Newer, also = e.above(c.Chat, c.Around, c.Limit-half)
	case c.Before != 0:
		older, page.More, err = e.below(c.Chat, c.Before, c.Limit)
		_, page.Newer, also = e.above(c.Chat, c.Before, 0)
	default:
		older, page.More, err = e.below(c.Chat, 0, c.Limit)
	}
	page.Messages = append(append([]model.Message{}, older...), newer...)
	return page, errors.Join(err, also)
}

// below lists the entries before an order, 0 for the end of the thread.
func (e *Engine) below(chat model.ChatID, before uint64, limit int) (all []model.Message, more bool, err error) {
	r := store.Prefix(threadPrefix + string(chat) + "/")
	if before != 0 {
		r.To = threadKey(chat, before)
	}
	r.Reverse = true
	all, more, err = e.list(r, limit)
	slices.Reverse(all)
	return all, more, err
}

// above lists the entries from an order on.
func (e *Engine) above(chat model.ChatID, from uint64, limit int) (all []model.Message, more bool, err error) {
	r := store.Prefix(threadPrefix + string(chat) + "/")
	r.From = threadKey(chat, from)
	return e.list(r, limit)
}

func (e *Engine) list(r store.Range, limit int) (all []model.Message, more bool, err error) {
	r.Limit = limit + 1
	rs, err := e.store.List(e.ctx, store.Messages, r)
	if err != nil {
		return nil, false, err
	}
	for _, rec := range rs[:min(len(rs), limit)] {
		var row messageRow
		if err := unmarshal(rec.Value, &row); err != nil {
			return nil, false, err
		}
		all = append(all, row.Message)
	}
	return all, len(rs) > limit, nil
}
