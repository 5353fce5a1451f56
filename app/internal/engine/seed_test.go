package engine_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"ferry/app/internal/engine"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/search"
	"ferry/app/internal/store"
)

// counted counts what is read of the search index.
type counted struct {
	store.Store
	reads atomic.Int64
}

func (c *counted) Get(ctx context.Context, t store.Table, key string) ([]byte, error) {
	if t == store.Search {
		c.reads.Add(1)
	}
	return c.Store.Get(ctx, t, key)
}

func TestWhatASearchHasNotComeToIsReadMeanwhile(t *testing.T) {
	c := newClient(t, newGateway(t), 1)
	all := make([]model.Message, 5*search.SegmentSize)
	for i := range all {
		all[i] = model.Message{ID: model.MessageID(fmt.Sprint("OLD", i)), FromMe: true, State: model.Sent, Text: "boat"}
	}
	all[0].Text = "needle"
	if _, err := engine.SeedIndexed(t.Context(), c.disk.Open(), model.Chat{ID: "1@lid"}, all); err != nil {
		t.Fatal(err)
	}
	var count *counted
	c.wrap = func(s store.Store) store.Store { count = &counted{Store: s}; return count }
	c.start()
	before := count.reads.Load()
	if n := len(must[port.SearchResult](c, port.Search{Text: "boat", Limit: 9}).Hits); n != 9 {
		t.Errorf("%d hits", n)
	}
	for deadline := time.Now().Add(patience); count.reads.Load() < before+5; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d segments were read", count.reads.Load()-before)
		}
	}
	before = count.reads.Load()
	if n := len(must[port.SearchResult](c, port.Search{Text: "needle", Limit: 9}).Hits); n != 1 {
		t.Errorf("%d hits", n)
	}
	if n := count.reads.Load() - before; n > 0 {
		t.Errorf("%d segments were read again", n)
	}
}

func TestASeededStoreCanBeSearchedAtOnce(t *testing.T) {
	c := newClient(t, newGateway(t), 1)
	s := c.disk.Open()
	for n, chat := range []model.ChatID{"1@lid", "2@lid"} {
		all := make([]model.Message, 2500)
		for i := range all {
			all[i] = model.Message{ID: model.MessageID(fmt.Sprint("OLD", i)), FromMe: true, State: model.Sent, Text: "boat"}
		}
		all[n*7].Text = "needle"
		if _, err := engine.SeedIndexed(t.Context(), s, model.Chat{ID: chat}, all); err != nil {
			t.Fatal(err)
		}
	}
	c.start()
	if r := must[port.SearchResult](c, port.Search{Text: "needle", Limit: 9}); len(r.Hits) != 2 || r.Indexed != 0 {
		t.Errorf("found %+v", r)
	}
	if n := len(searchAll(c, port.Search{Text: "boat", Chat: "2@lid", Limit: 100})); n != 2499 {
		t.Errorf("%d of 2499 found", n)
	}
	must[any](c, port.Delete{Chat: "1@lid", ID: "OLD0", FromMe: true})
	if n := len(searchAll(c, port.Search{Text: "needle", Limit: 9})); n != 1 {
		t.Errorf("%d found after the deletion", n)
	}
}
