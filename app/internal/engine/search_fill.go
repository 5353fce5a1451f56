package engine

import (
	"cmp"
	"slices"
	"time"

	"ferry/app/internal/model"
	"ferry/app/internal/search"
	"ferry/app/internal/store"
)

// A store from before there was a search is taken in piece by piece, newest
// first, between other turns.
const (
	fillStretch = 200 // Orders that are looked at at a time, in each chat
	fillLists   = 2   // lists that one turn reads
	// fillPause lets the page and the messages have the machine in between.
	fillPause = 15 * time.Millisecond
	// fillYield lets somebody who is doing something do it first.
	fillYield = 100 * time.Millisecond
)

// filling is that work under way.
type filling struct {
	chats   []model.ChatID
	at      int    // chats before are done with this stretch
	low     uint64 // first Order of the stretch
	high    uint64 // first Order after it
	entries []search.Entry
}

// startFilling begins or goes on.
func (e *Engine) startFilling() {
	if e.find.dir.Low != 0 {
		e.soon(e.fill)
	}
}

// fill does a turn's share.
func (e *Engine) fill(t *turn) error {
	f := &e.find
	if f.dir.Low == 0 {
		return nil
	}
	if f.filling == nil {
		rs, err := e.store.List(e.ctx, store.Chats, store.Range{})
		if err != nil {
			return err
		}
		f.filling = &filling{low: below(f.dir.Low), high: f.dir.Low}
		for _, r := range rs {
			f.filling.chats = append(f.filling.chats, model.ChatID(r.Key))
		}
	}
	w := f.filling
	for lists := 0; w.at < len(w.chats) && lists < fillLists; lists++ {
		if err := e.fillFrom(w, w.chats[w.at]); err != nil {
			return err
		}
		w.at++
	}
	if w.at == len(w.chats) {
		e.fillNext(t, w)
	}
	if f.dir.Low != 0 {
		pause := fillPause
		if f.hurried {
			pause, f.hurried = fillYield, false
		}
		t.then(func() { e.later(pause, e.fill) })
	}
	return nil
}

func below(order uint64) uint64 { return order - min(order, fillStretch) }

// fillFrom reads a chat's messages of the stretch.
func (e *Engine) fillFrom(w *filling, chat model.ChatID) error {
	r := store.Prefix(threadPrefix + string(chat) + "/")
	r.From, r.To = threadKey(chat, w.low), threadKey(chat, w.high)
	rs, err := e.store.List(e.ctx, store.Messages, r)
	if err != nil {
		return err
	}
	for _, rec := range rs {
		var row messageRow
		if err := unmarshal(rec.Value, &row); err != nil {
			return err
		}
		if entry := entryOf(row.Message); entry.Text != "" {
			w.entries = append(w.entries, entry)
		}
	}
	return nil
}

// fillNext goes on to the next stretch; a segment is stored once there is
// enough for one. What was read of it before is read again after a restart.
func (e *Engine) fillNext(t *turn, w *filling) {
	f := &e.find
	if len(w.entries) >= search.SegmentSize || w.low == 0 {
		slices.SortFunc(w.entries, func(a, b search.Entry) int { return cmp.Compare(a.Order, b.Order) })
		if entries := f.apply(t, w.entries); len(entries) > 0 {
			f.dir.Segments = slices.Insert(f.dir.Segments, 0, stretchOf(entries))
			e.putSegment(t, entries)
		}
		f.dir.Low, w.entries = w.low, nil
		f.putDir(t)
	}
	w.at, w.low, w.high = 0, below(w.low), w.low
}

// percent is how much of the store is taken in; 0 once all is.
func (f *finder) percent() int {
	if f.dir.Low == 0 {
		return 0
	}
	return max(int(100*(f.dir.Top-f.dir.Low)/f.dir.Top), 1)
}
