package engine_test

import (
	"fmt"
	"testing"

	"ferry/app/internal/engine"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
)

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
