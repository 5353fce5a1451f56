package engine_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"ferry/app/internal/engine"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/search"
	"ferry/app/internal/store"
)

// watched tells of each segment of the search index that is read.
type watched struct {
	store.Store
	read chan string
}

func (w *watched) Get(ctx context.Context, t store.Table, key string) ([]byte, error) {
	if t == store.Search && strings.HasPrefix(key, "s/") {
		w.read <- key
	}
	return w.Store.Get(ctx, t, key)
}

func TestWhatASearchHasNotComeToIsReadMeanwhile(t *testing.T) {
	const segments = 5
	c := newClient(t, newGateway(t), 1)
	all := make([]model.Message, segments*search.SegmentSize)
	for i := range all {
		all[i] = model.Message{ID: model.MessageID(fmt.Sprint("OLD", i)), FromMe: true, State: model.Sent, Text: "boat"}
	}
	all[0].Text = "needle"
	if _, err := engine.SeedIndexed(t.Context(), c.disk.Open(), model.Chat{ID: "1@lid"}, all); err != nil {
		t.Fatal(err)
	}
	read := make(chan string, 10*segments)
	c.wrap = func(s store.Store) store.Store { return &watched{s, read} }
	c.start()
	if n := len(must[port.SearchResult](c, port.Search{Text: "boat", Limit: 9}).Hits); n != 9 {
		t.Errorf("%d hits", n)
	}
	for n := range segments {
		select {
		case <-read:
		case <-time.After(patience):
			t.Fatalf("%d segments of %d were read", n, segments)
		}
	}
	if n := len(must[port.SearchResult](c, port.Search{Text: "needle", Limit: 9}).Hits); n != 1 {
		t.Errorf("%d hits", n)
	}
	if len(read) > 0 {
		t.Errorf("%s was read again", <-read)
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
