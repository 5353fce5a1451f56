// Command seed fills a browser's store with a long chat, before the page is
// opened that shows it. A benchmark serves it beside the site; no build of the
// product has it.
package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall/js"
	"time"

	"ferry/app/internal/browser/idb"
	"ferry/app/internal/engine"
	"ferry/app/internal/model"
)

// words make texts that are about as long as people's.
var words = strings.Fields(`harbour boat quay ferry tomorrow weather scarf ticket window breakfast morning again perhaps
	yellow école Straße train late coffee later thanks really never o'clock water wind island home garden summer`)

func main() {
	outcome := "done"
	if err := run(); err != nil {
		outcome = err.Error()
	}
	js.Global().Call("ferrySeeded", outcome)
}

// run reads what to do from globalThis.ferrySeed: {store, messages}.
func run() error {
	order := js.Global().Get("ferrySeed")
	ctx := context.Background()
	s, err := idb.Open(ctx, order.Get("store").String())
	if err != nil {
		return err
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	now := time.Now().UTC()
	for _, c := range []struct {
		id   model.ChatID
		name string
		n    int
	}{{"100000000000002@lid", "Mira", order.Get("messages").Int()}, {"100000000000003@lid", "Jonas", 20}} {
		all := make([]model.Message, c.n)
		for i := range all {
			text := make([]string, 1+rnd.IntN(18))
			for k := range text {
				text[k] = words[rnd.IntN(len(words))]
			}
			all[i] = model.Message{
				ID: model.MessageID(fmt.Sprintf("3EB0%018X", i)), FromMe: rnd.IntN(2) == 0, State: model.Received,
				Text: strings.Join(text, " "), At: now.Add(-time.Duration(c.n-i) * 5 * time.Minute),
			}
			if all[i].FromMe {
				all[i].State = model.Read
			}
			if i == c.n/100 {
				all[i].Text += " needle"
			}
		}
		if _, err := engine.SeedIndexed(ctx, s, model.Chat{ID: c.id, Contact: model.Contact{Name: c.name}}, all); err != nil {
			return err
		}
	}
	return s.Close()
}
