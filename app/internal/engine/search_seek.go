package engine

import (
	"errors"
	"slices"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/search"
	"ferry/app/internal/store"
)

// Bounds of one turn and of one command: what is not looked through then is
// left to the next one, so that messages go on meanwhile and the first hits
// show at once.
const (
	seekTurn    = 10 // segments in memory that one turn looks through
	seekReads   = 2  // segments that one turn reads
	seekCommand = 25 // segments that one command reads

	aheadMemory = findMemory / 4 * 3 // for what nobody has looked through yet
)

// seek is a search under way.
type seek struct {
	e       *Engine
	request *request
	query   search.Query
	command port.Search
	extra   []search.Place // of what is in no segment, or has changed since; newest first
	at      int            // segments at and above are done
	reads   int
	found   []search.Place
}

// search looks for a text, in as many turns as it takes.
func (e *Engine) search(t *turn, r *request, c port.Search) error {
	if c.Limit <= 0 || c.Limit > port.MaxPage {
		c.Limit = port.MaxPage
	}
	s := &seek{e: e, request: r, query: search.Parse(c.Text), command: c}
	if s.query.Empty() {
		t.ok(r, port.SearchResult{Hits: []port.Hit{}})
		return nil
	}
	t.then(func() { e.soon(s.begin) })
	return nil
}

// end lets what stood back for the search go on. Each search ends once, in finish or in fail.
func (s *seek) end(t *turn) {
	f := &s.e.find
	f.seeks = max(f.seeks-1, 0) // an index that is made anew has forgotten it
	if f.seeks == 0 && !f.ahead {
		f.ahead = true
		t.then(func() { s.e.soon(s.e.readAhead) })
	}
}

// fail answers a search that cannot read the store. Nothing else is spoilt by it.
func (s *seek) fail(t *turn, err error) {
	s.end(t)
	reply, _ := diagnose(err)
	s.request.answer(reply)
}

func (s *seek) begin(t *turn) error {
	f := &s.e.find
	f.seeks++
	var open []search.Entry
	for _, o := range f.open {
		if _, ok := f.changed[o.Order]; !ok {
			open = append(open, o)
		}
	}
	for _, c := range f.changed {
		open = append(open, c)
	}
	s.extra = search.FindIn(open, s.query, string(s.command.Chat), s.command.Before)
	s.at = len(f.dir.Segments)
	s.step(t)
	return nil
}

// step looks through some segments.
func (s *seek) step(t *turn) {
	f := &s.e.find
	for looked, read := 0, 0; len(s.found) < s.command.Limit; {
		if s.at > len(f.dir.Segments) {
			s.at = len(f.dir.Segments)
		}
		if s.at == 0 {
			s.take(0)
			s.finish(t, 0)
			return
		}
		here := f.dir.Segments[s.at-1]
		if s.command.Before != 0 && here.First >= s.command.Before {
			s.at--
			continue
		}
		if looked >= seekTurn || read >= seekReads {
			t.then(func() { s.e.soon(func(t *turn) error { s.step(t); return nil }) })
			return
		}
		segment, fresh, err := s.e.segment(here.First)
		if errors.Is(err, errNoIndex) {
			if err = s.e.remake(t); err == nil {
				s.finish(t, 0) // with what was found, and a word that not all is looked through
				return
			}
		}
		if err != nil {
			s.fail(t, err)
			return
		}
		if looked++; fresh {
			read++
			s.reads++
		}
		s.at--
		s.merge(here, segment.Find(s.query, string(s.command.Chat), s.command.Before))
		if s.reads >= seekCommand && s.at > 0 {
			s.finish(t, here.First)
			return
		}
	}
	s.finish(t, s.found[s.command.Limit-1].Order)
}

// merge takes hits of a segment, and those of the rest that belong before or
// among them.
func (s *seek) merge(here findSegment, hits []search.Place) {
	for _, h := range hits {
		if _, changed := s.e.find.changed[h.Order]; changed {
			continue
		}
		s.take(h.Order)
		s.found = append(s.found, h)
	}
	s.take(here.First)
}

// take moves hits of the rest from an Order on.
func (s *seek) take(from uint64) {
	n := slices.IndexFunc(s.extra, func(p search.Place) bool { return p.Order < from })
	if n < 0 {
		n = len(s.extra)
	}
	s.found = append(s.found, s.extra[:n]...)
	s.extra = s.extra[n:]
}

// finish reads the messages that were found, and replies.
func (s *seek) finish(t *turn, more uint64) {
	if len(s.found) > s.command.Limit {
		s.found = s.found[:s.command.Limit]
		more = s.found[len(s.found)-1].Order
	}
	keys := make([]string, len(s.found))
	for i, p := range s.found {
		keys[i] = threadKey(model.ChatID(p.Chat), p.Order)
	}
	values, err := store.GetMany(s.e.ctx, s.e.store, store.Messages, keys)
	if err != nil {
		s.fail(t, err)
		return
	}
	result := port.SearchResult{Hits: []port.Hit{}, More: more, Indexed: s.e.find.percent()}
	for _, v := range values {
		if v == nil {
			continue // deleted meanwhile
		}
		var row messageRow
		if err := unmarshal(v, &row); err != nil {
			s.fail(t, err)
			return
		}
		result.Hits = append(result.Hits, port.Hit{Message: row.Message, Spans: s.query.Spans(row.Text)})
	}
	t.ok(s.request, result)
	s.end(t)
}

// readAhead reads segments that the search has not come to, newest first, in turns of its own: whoever looks for
// something goes on typing, and then it is found at once. It stands back for a search.
func (e *Engine) readAhead(t *turn) error {
	f := &e.find
	f.ahead = false
	if f.seeks > 0 {
		return nil
	}
	read := 0
	for _, s := range slices.Backward(f.dir.Segments) {
		if f.size >= aheadMemory {
			return nil
		}
		if read >= seekReads {
			f.ahead = true
			t.then(func() { e.soon(e.readAhead) })
			return nil
		}
		_, fresh, err := e.segment(s.First)
		if err != nil {
			return nil // a search that comes to it says so
		}
		if fresh {
			read++
		}
	}
	return nil
}
