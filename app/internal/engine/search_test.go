package engine_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"ferry/app/internal/engine"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/search"
	"ferry/app/internal/store"
)

// searchAll follows the pages of a search to their end.
func searchAll(c *client, cmd port.Search) (hits []port.Hit) {
	c.t.Helper()
	for {
		r := must[port.SearchResult](c, cmd)
		hits = append(hits, r.Hits...)
		if cmd.Before = r.More; r.More == 0 {
			return hits
		}
	}
}

func texts(hits []port.Hit) string {
	var all []string
	for _, h := range hits {
		all = append(all, h.Message.Text)
	}
	return strings.Join(all, "|")
}

func TestWhatIsSaidCanBeFound(t *testing.T) {
	g := newGateway(t)
	ada, bob := newClient(t, g, 1).start().connect(), newClient(t, g, 2).start().connect()
	for i, text := range []string{"The école by the harbour", "A boat", "Straße am Hafen", "Another BOAT at the École"} {
		must[model.Message](ada, port.SendText{Chat: ada.chatWith(bob), ID: model.MessageID(fmt.Sprintf("3EB0%018X", i)), Text: text})
	}
	bob.until("four messages", func() bool { return len(bob.thread(ada)) == 4 })
	for query, want := range map[string]string{
		"boat": "Another BOAT at the École|A boat", "ecole": "Another BOAT at the École|The école by the harbour",
		"ÉCOLE boat": "Another BOAT at the École", "strasse": "Straße am Hafen", "nothing": "", "": "",
	} {
		if got := texts(searchAll(bob, port.Search{Text: query, Limit: 1})); got != want {
			t.Errorf("%q finds %q, want %q", query, got, want)
		}
	}
	if hits := searchAll(ada, port.Search{Text: "boat", Chat: "5@lid", Limit: 9}); len(hits) != 0 {
		t.Errorf("another chat has %v", hits)
	}
	hit := searchAll(ada, port.Search{Text: "ecole boat", Chat: ada.chatWith(bob), Limit: 9})
	if len(hit) != 1 || len(hit[0].Spans) != 2 || hit[0].Message.Text[hit[0].Spans[1][0]:hit[0].Spans[1][1]] != "École" {
		t.Errorf("hits %+v", hit)
	}
	must[any](ada, port.Delete{Chat: ada.chatWith(bob), ID: hit[0].Message.ID, FromMe: true})
	if got := texts(searchAll(ada, port.Search{Text: "boat", Limit: 9})); got != "A boat" {
		t.Errorf("after the deletion: %q", got)
	}
}

// TestTheIndexSaysWhatLookingAtEachMessageSays changes, deletes, restarts and
// searches at random, over several segments.
func TestTheIndexSaysWhatLookingAtEachMessageSays(t *testing.T) {
	for _, before := range []int{0, 2500} { // messages from before there was an index
		t.Run(fmt.Sprint(before), func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(1, uint64(before)))
			c := newClient(t, newGateway(t), 1)
			chats := []model.ChatID{"1@lid", "2@lid", "3@lid"}
			var all []model.Message
			text := func() string {
				return fmt.Sprintf("%c%c %c%c", 'a'+rnd.IntN(4), 'a'+rnd.IntN(4), 'a'+rnd.IntN(4), 'é'+rune(rnd.IntN(2)))
			}
			s := c.disk.Open()
			for n := 0; n < before; {
				part := make([]model.Message, min(1+rnd.IntN(40), before-n))
				for i := range part {
					part[i] = model.Message{ID: model.MessageID(fmt.Sprint("OLD", n+i)), FromMe: true, Text: text(), State: model.Sent}
				}
				part, err := engine.Seed(t.Context(), s, model.Chat{ID: chats[rnd.IntN(3)]}, part)
				if err != nil {
					t.Fatal(err)
				}
				all, n = append(all, part...), n+len(part)
			}
			c.start()
			for _, chat := range chats {
				must[model.Chat](c, port.OpenChat{Chat: chat})
			}
			for i := range 2300 {
				m := must[model.Message](c, port.SendText{Chat: chats[rnd.IntN(3)], ID: model.MessageID(fmt.Sprintf("3EB0%018X", i)), Text: text()})
				all = append(all, m)
				if rnd.IntN(20) == 0 {
					k := rnd.IntN(len(all))
					must[any](c, port.Delete{Chat: all[k].Chat, ID: all[k].ID, FromMe: true})
					all = slices.Delete(all, k, k+1)
				}
				if i%701 == 700 {
					if err := c.kill(); err != nil {
						t.Fatal(err)
					}
					c.start()
				}
			}
			c.until("all is taken in", func() bool {
				return must[port.SearchResult](c, port.Search{Text: "zzz", Limit: 1}).Indexed == 0
			})
			for range 30 {
				cmd := port.Search{Text: text(), Limit: 1 + rnd.IntN(60)}
				if rnd.IntN(2) == 0 {
					cmd.Text = cmd.Text[:1+rnd.IntN(3)]
				}
				if rnd.IntN(2) == 0 {
					cmd.Chat = chats[rnd.IntN(3)]
				}
				var want, got []uint64
				q := search.Parse(cmd.Text)
				for _, m := range slices.Backward(all) {
					if q.Match(search.Fold(m.Text)) && (cmd.Chat == "" || m.Chat == cmd.Chat) {
						want = append(want, m.Order)
					}
				}
				for _, h := range searchAll(c, cmd) {
					got = append(got, h.Message.Order)
				}
				if !slices.Equal(got, want) {
					t.Fatalf("%+v finds %d, want %d\n%v\n%v", cmd, len(got), len(want), got, want)
				}
			}
			if n := c.disk.Len(store.Search); n > 1100 {
				t.Errorf("the index has %d records", n)
			}
		})
	}
}

func TestADateLeadsToItsFirstMessage(t *testing.T) {
	c := newClient(t, newGateway(t), 1)
	chat := model.ChatID("1@lid")
	day := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	s := c.disk.Open()
	var all []model.Message
	for i := range 90 {
		for _, to := range []model.ChatID{chat, "2@lid"} {
			part, err := engine.Seed(t.Context(), s, model.Chat{ID: to}, []model.Message{{ID: model.MessageID(fmt.Sprint(to, i)), At: day.AddDate(0, 0, i/3)}})
			if err != nil {
				t.Fatal(err)
			}
			if to == chat {
				all = append(all, part...)
			}
		}
	}
	c.start()
	for d := -2; d < 33; d++ {
		at := day.AddDate(0, 0, d).Truncate(24 * time.Hour)
		want := uint64(0)
		for _, m := range slices.Backward(all) {
			if !m.At.Before(at) {
				want = m.Order
			}
		}
		if got := must[port.Found](c, port.FindDate{Chat: chat, At: at}); got.Order != want {
			t.Errorf("day %d is at %d, want %d", d, got.Order, want)
		}
	}
}

func TestAnIndexThatCannotBeReadIsMadeAnew(t *testing.T) {
	for _, prefix := range []string{"dir", "j/x/", "o/x/", "s/x/"} {
		for name, value := range map[string][]byte{"garbage": []byte("\xffgarbage"), "nothing": {}} {
			t.Run(prefix+" is "+name, func(t *testing.T) {
				c := newClient(t, newGateway(t), 1)
				chat := model.ChatID("1@lid")
				old := make([]model.Message, search.SegmentSize+10)
				for i := range old {
					old[i] = model.Message{ID: model.MessageID(fmt.Sprint("OLD", i)), FromMe: true, Text: fmt.Sprintf("a boat, number %d", i), State: model.Sent}
				}
				if _, err := engine.SeedIndexed(t.Context(), c.disk.Open(), model.Chat{ID: chat}, old); err != nil {
					t.Fatal(err)
				}
				c.start()
				must[model.Chat](c, port.OpenChat{Chat: chat})
				must[model.Message](c, port.SendText{Chat: chat, ID: "3EB0A", Text: "one boat more"})
				must[any](c, port.Delete{Chat: chat, ID: "OLD7", FromMe: true})
				if err := c.kill(); err != nil {
					t.Fatal(err)
				}
				spoil(t, c.disk.Open(), prefix, value)
				c.start()
				if got := texts(searchAll(c, port.Search{Text: "one boat", Limit: 9})); got != "one boat more" && got != "" {
					t.Errorf("meanwhile: %q", got)
				}
				c.until("all is taken in", func() bool {
					return must[port.SearchResult](c, port.Search{Text: "zzz", Limit: 1}).Indexed == 0
				})
				if n := len(searchAll(c, port.Search{Text: "boat", Limit: 100})); n != len(old) {
					t.Errorf("%d are found, want %d", n, len(old))
				}
				if got := texts(searchAll(c, port.Search{Text: "number 7", Limit: 200})); strings.Contains(got, "number 7|") || strings.HasSuffix(got, "number 7") {
					t.Error("what was deleted is found")
				}
			})
		}
	}
}

// spoil overwrites the records of the index with a prefix, of which there must be some.
func spoil(t *testing.T, s store.Store, prefix string, value []byte) {
	t.Helper()
	rs, err := s.List(t.Context(), store.Search, store.Prefix(prefix))
	if err != nil || len(rs) == 0 {
		t.Fatalf("%d records, %v", len(rs), err)
	}
	var b store.Batch
	for _, r := range rs {
		b.Put(store.Search, r.Key, value)
	}
	if err := s.Commit(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
}
