package main

import (
	"cmp"
	"maps"
	"slices"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/search"
)

// Stories of looking for messages, where the answer is not simply what the
// threads hold.
func init() {
	hits := func(how seeking) func() story {
		return func() story { s := busy(); s.search = how; return s }
	}
	maps.Copy(stories, map[string]func() story{
		"search-busy":     hits(searchBusy),
		"search-fails":    hits(searchFails),
		"search-indexing": hits(searchIndexing),
		"search-many": func() story {
			s := busy()
			s.threads[mira] = history(200)
			return s
		},
	})
}

// seeking is how a search goes.
type seeking int

const (
	searchWorks seeking = iota
	searchBusy
	searchFails
	searchIndexing
)

// find answers a search from the threads, newest first.
func (c *core) find(cmd port.Search, done func(port.Reply)) {
	switch c.story.search {
	case searchBusy:
		return
	case searchFails:
		done(port.Reply{Code: "internal", Error: "for instance"})
		return
	}
	query := search.Parse(cmd.Text)
	var found []port.Hit
	for _, id := range slices.Sorted(maps.Keys(c.story.threads)) {
		for _, m := range c.story.threads[id] {
			if (cmd.Chat == "" || cmd.Chat == id) && query.Match(search.Fold(m.Text)) {
				found = append(found, port.Hit{Message: m, Spans: query.Spans(m.Text)})
			}
		}
	}
	slices.SortStableFunc(found, func(a, b port.Hit) int {
		return cmp.Or(b.Message.At.Compare(a.Message.At), cmp.Compare(b.Message.Order, a.Message.Order))
	})
	result := port.SearchResult{Hits: found}
	if len(found) > cmd.Limit && cmd.Before == 0 {
		result.Hits, result.More = found[:cmd.Limit], found[cmd.Limit-1].Message.Order
	}
	if c.story.search == searchIndexing {
		result.Indexed = 40
	}
	done(reply(result))
}

// findDate says where a chat stood at a moment.
func (c *core) findDate(cmd port.FindDate) port.Found {
	all := c.story.threads[cmd.Chat]
	i := slices.IndexFunc(all, func(m model.Message) bool { return !m.At.Before(cmd.At) })
	if i < 0 {
		return port.Found{}
	}
	return port.Found{Order: all[i].Order}
}
