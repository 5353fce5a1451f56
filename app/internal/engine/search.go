package engine

import (
	"cmp"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"sort"
	"strings"

	"ferry/app/internal/model"
	"ferry/app/internal/search"
	"ferry/app/internal/store"
)

// Places in store.Search, all by Order, of which no two messages of any chat
// have the same.
//
// What a turn adds goes into one journal record, in the batch of the messages
// themselves. A thousand entries of the journal become a segment. A message that
// changes or goes after that has a record of its own, which counts more than
// what the segment says.
const (
	journalPrefix = "j/x/" // segment of the entries of one turn, by the first
	changedPrefix = "o/x/" // segment of one entry, or of none for a message that is gone
	segmentPrefix = "s/x/" // segment, by its first entry
	findDirKey    = "dir"  // findDir
)

// findMemory bounds the segments that stay in memory, in bytes: those of about
// 300,000 short messages. At the bound the ones not used for longest are let
// go, and read again when they are looked through.
const findMemory = 24 << 20

// findDir says which segments there are.
type findDir struct {
	Segments []findSegment `json:"segments"`      // oldest first
	Low      uint64        `json:"low,omitempty"` // messages below are not taken in yet; 0 once all are
	Top      uint64        `json:"top,omitempty"` // where Low began, for telling how far it is
}

type findSegment struct {
	First uint64 `json:"first"`
	Last  uint64 `json:"last"`
}

// finder is what is known of the search index in memory.
type finder struct {
	dir      findDir
	stored   bool // dir is in the store
	open     []search.Entry
	journals []findSegment           // the records that open comes from
	changed  map[uint64]search.Entry // by order; an empty text for a message that is gone
	loaded   map[uint64]*loadedSegment
	size     int
	clock    int
	filling  *filling
	seeks    int  // searches under way
	ahead    bool // segments are being read before anybody looks through them
	hurried  bool // a command has come since the last of the filling
}

type loadedSegment struct {
	*search.Segment
	used int
}

// rewriteAt is how many messages change or go before the segments that hold
// them are written anew. Until then their old texts stay in the store, sealed.
const rewriteAt = 16

func searchKey(prefix string, order uint64) string { return fmt.Sprintf("%s%016x", prefix, order) }

func stretchOf(entries []search.Entry) findSegment {
	if len(entries) == 0 {
		return findSegment{}
	}
	return findSegment{entries[0].Order, entries[len(entries)-1].Order}
}

// searchText is what a message is found by.
func searchText(m model.Message) string {
	if m.Failure == model.CannotDecrypt || m.Failure == model.NotSupported || m.Kind == model.KindDeleted {
		return ""
	}
	text := m.Text
	if m.Media != nil && m.Media.Name != "" {
		text += "\n" + m.Media.Name
	}
	for _, c := range m.Cards {
		text += "\n" + c.Name
	}
	if m.Place != nil {
		text += "\n" + m.Place.Name + "\n" + m.Place.Address
	}
	return strings.TrimSpace(text)
}

// maxSearchText bounds what of a message is searched, in bytes.
const maxSearchText = 16 << 10

func entryOf(m model.Message) search.Entry {
	text := searchText(m)
	if len(text) > maxSearchText {
		text = strings.ToValidUTF8(text[:maxSearchText], "")
	}
	return search.Entry{Order: m.Order, Chat: string(m.Chat), Text: search.Fold(text)}
}

// textMark tells texts apart; 0 is that of none.
func textMark(text string) uint32 {
	if text == "" {
		return 0
	}
	h := fnv.New32a()
	h.Write([]byte(text))
	return max(h.Sum32(), 1)
}

// index takes a message's text into the search, if it is another than before.
// It gives the mark to keep in the row.
func (t *turn) index(row messageRow) uint32 {
	mark := textMark(searchText(row.Message))
	if mark != row.Indexed || row.Kind == model.KindDeleted {
		t.indexEntry(entryOf(row.Message))
	}
	return mark
}

// unindex takes a message out of the search.
func (t *turn) unindex(row messageRow) {
	if row.Indexed != 0 || searchText(row.Message) != "" {
		t.indexEntry(search.Entry{Order: row.Order, Chat: string(row.Chat)})
	}
}

func (t *turn) indexEntry(e search.Entry) {
	f := &t.e.find
	if f.dir.Low != 0 && e.Order < f.dir.Low && (f.filling == nil || e.Order < f.filling.low) {
		return // it is taken in as it is by then
	}
	if i := slices.IndexFunc(t.indexed, func(o search.Entry) bool { return o.Order == e.Order }); i >= 0 {
		t.indexed[i] = e
		return
	}
	if e.Order > f.newest() {
		t.indexed = append(t.indexed, e)
		return
	}
	f.changed[e.Order] = e
	var entries []search.Entry
	if e.Text != "" {
		entries = append(entries, e)
	}
	t.put(store.Search, searchKey(changedPrefix, e.Order), search.NewSegment(entries).Marshal())
	if len(f.changed) >= rewriteAt {
		t.then(func() { t.e.soon(t.e.rewrite) })
	}
}

// newest is the last Order that the index has.
func (f *finder) newest() uint64 {
	if n := len(f.journals); n > 0 {
		return f.journals[n-1].Last
	}
	if n := len(f.dir.Segments); n > 0 {
		return f.dir.Segments[n-1].Last
	}
	if f.dir.Top > 0 {
		return f.dir.Top - 1
	}
	return 0
}

// stage puts what the turn has indexed into its batch.
func (f *finder) stage(t *turn) {
	entries := slices.DeleteFunc(t.indexed, func(e search.Entry) bool { return e.Text == "" })
	t.indexed = nil
	if len(entries) == 0 {
		return
	}
	slices.SortFunc(entries, func(a, b search.Entry) int { return cmp.Compare(a.Order, b.Order) })
	t.put(store.Search, searchKey(journalPrefix, entries[0].Order), search.NewSegment(entries).Marshal())
	f.open = append(f.open, entries...)
	f.journals = append(f.journals, stretchOf(entries))
	if !f.stored {
		f.putDir(t)
	}
	if len(f.open) >= search.SegmentSize {
		t.then(func() { t.e.soon(t.e.compact) })
	}
}

func (f *finder) putDir(t *turn) {
	f.stored = true
	t.putJSON(store.Search, findDirKey, f.dir)
}

// soon runs a task in a turn of its own, after what waits now.
func (e *Engine) soon(task func(*turn) error) {
	e.background.Go(func() { e.post(task) })
}

// compact makes a segment of the journal's first thousand entries or so.
func (e *Engine) compact(t *turn) error {
	f := &e.find
	if len(f.open) < search.SegmentSize {
		return nil
	}
	n, records := 0, 0
	for ; n < search.SegmentSize; records++ {
		last := f.journals[records].Last
		n = sort.Search(len(f.open), func(i int) bool { return f.open[i].Order > last })
		t.delete(store.Search, searchKey(journalPrefix, f.journals[records].First))
	}
	entries := f.apply(t, f.open[:n])
	f.open, f.journals = slices.Clone(f.open[n:]), slices.Clone(f.journals[records:])
	if len(entries) > 0 {
		f.dir.Segments = append(f.dir.Segments, stretchOf(entries))
		e.putSegment(t, entries)
	}
	f.putDir(t)
	return nil
}

// apply takes into entries what has changed since, and drops its records.
func (f *finder) apply(t *turn, entries []search.Entry) []search.Entry {
	out := make([]search.Entry, 0, len(entries))
	for _, e := range entries {
		if c, ok := f.changed[e.Order]; ok {
			e = c
			delete(f.changed, e.Order)
			t.delete(store.Search, searchKey(changedPrefix, e.Order))
		}
		if e.Text != "" {
			out = append(out, e)
		}
	}
	return out
}

func (e *Engine) putSegment(t *turn, entries []search.Entry) {
	s := search.NewSegment(entries)
	t.put(store.Search, searchKey(segmentPrefix, entries[0].Order), s.Marshal())
	e.find.hold(entries[0].Order, s)
}

// rewrite takes what has changed into one of the segments concerned.
func (e *Engine) rewrite(t *turn) error {
	f := &e.find
	at := -1
	for order := range f.changed {
		if at = f.segmentOf(order); at >= 0 {
			break
		}
	}
	if at < 0 {
		return nil
	}
	was := f.dir.Segments[at]
	s, _, err := e.segment(was.First)
	switch {
	case errors.Is(err, errNoIndex):
		return e.remake(t)
	case err != nil:
		return err
	}
	entries := s.Entries()
	for order, c := range f.changed {
		if _, found := slices.BinarySearchFunc(entries, order, byOrder); !found && f.segmentOf(order) == at {
			entries = append(entries, c)
		}
	}
	slices.SortFunc(entries, func(a, b search.Entry) int { return cmp.Compare(a.Order, b.Order) })
	entries = f.apply(t, entries)
	f.drop(was.First)
	t.delete(store.Search, searchKey(segmentPrefix, was.First))
	if f.dir.Segments = slices.Delete(f.dir.Segments, at, at+1); len(entries) > 0 {
		f.dir.Segments = slices.Insert(f.dir.Segments, at, stretchOf(entries))
		e.putSegment(t, entries)
	}
	f.putDir(t)
	t.then(func() { e.soon(e.rewrite) })
	return nil
}

func byOrder(e search.Entry, order uint64) int { return cmp.Compare(e.Order, order) }

// segmentOf is the segment that a message belongs to; -1 while it is in none.
func (f *finder) segmentOf(order uint64) int {
	n := len(f.dir.Segments)
	if n == 0 || order > f.dir.Segments[n-1].Last {
		return -1
	}
	return max(sort.Search(n, func(i int) bool { return f.dir.Segments[i].First > order })-1, 0)
}

func (f *finder) drop(first uint64) {
	if l := f.loaded[first]; l != nil {
		f.size -= l.Size()
		delete(f.loaded, first)
	}
}

// hold keeps a segment in memory.
func (f *finder) hold(first uint64, s *search.Segment) {
	f.drop(first)
	f.clock++
	f.loaded[first] = &loadedSegment{s, f.clock}
	for f.size += s.Size(); f.size > findMemory && len(f.loaded) > 1; {
		oldest := first
		for k, l := range f.loaded {
			if l.used < f.loaded[oldest].used {
				oldest = k
			}
		}
		f.drop(oldest)
	}
}

// segment gives a segment from memory or the store.
func (e *Engine) segment(first uint64) (s *search.Segment, read bool, err error) {
	f := &e.find
	if l := f.loaded[first]; l != nil {
		f.clock++
		l.used = f.clock
		return l.Segment, false, nil
	}
	b, err := e.store.Get(e.ctx, store.Search, searchKey(segmentPrefix, first))
	if err != nil {
		return nil, true, err
	}
	if s, err = search.ParseSegment(b); err != nil {
		return nil, true, fmt.Errorf("%w: %w", errNoIndex, err)
	}
	f.hold(first, s)
	return s, true, nil
}
