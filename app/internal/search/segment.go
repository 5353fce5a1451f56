package search

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"sort"
	"strings"
)

// Entry is a message as it is searched. Order is its place over all chats; Text
// is folded, and empty where nothing is to be found.
type Entry struct {
	Order uint64
	Chat  string
	Text  string
}

// SegmentSize is how many messages a full segment has.
const SegmentSize = 1000

// Segment is the entries of a stretch of Orders, oldest first.
type Segment struct {
	orders []uint64
	chats  []uint32 // index into names
	names  []string
	ends   []uint32 // of each text
	text   []byte   // the texts, each ended by a line feed
}

// NewSegment makes a segment. Entries are in order, each Order once; those
// without text are left out.
func NewSegment(entries []Entry) *Segment {
	s := &Segment{}
	index := map[string]uint32{}
	for _, e := range entries {
		if e.Text == "" {
			continue
		}
		name, ok := index[e.Chat]
		if !ok {
			name = uint32(len(s.names))
			index[e.Chat] = name
			s.names = append(s.names, e.Chat)
		}
		s.add(e.Order, name, e.Text)
	}
	return s
}

func (s *Segment) add(order uint64, name uint32, text string) {
	s.orders = append(s.orders, order)
	s.chats = append(s.chats, name)
	s.text = append(append(s.text, text...), '\n')
	s.ends = append(s.ends, uint32(len(s.text)-1))
}

// Len counts the entries.
func (s *Segment) Len() int { return len(s.orders) }

// Size is about how many bytes of memory the segment takes.
func (s *Segment) Size() int { return len(s.text) + 16*len(s.orders) + 64*len(s.names) + 128 }

// Entries gives what the segment was made of.
func (s *Segment) Entries() []Entry {
	all := make([]Entry, len(s.orders))
	for i := range all {
		all[i] = Entry{s.orders[i], s.names[s.chats[i]], string(s.entry(i))}
	}
	return all
}

func (s *Segment) entry(i int) []byte { return s.text[s.start(i):s.ends[i]] }

func (s *Segment) start(i int) uint32 {
	if i == 0 {
		return 0
	}
	return s.ends[i-1] + 1
}

// Place is where a message is.
type Place struct {
	Order uint64
	Chat  string
}

// Find gives the messages that match, newest first: those of one chat, unless
// it is "", and below an Order, unless it is 0.
func (s *Segment) Find(q Query, chat string, before uint64) []Place {
	if q.Empty() {
		return nil
	}
	name := uint32(0)
	if chat != "" {
		i := slices.Index(s.names, chat)
		if i < 0 {
			return nil
		}
		name = uint32(i)
	}
	last := len(s.orders)
	if before != 0 {
		last = sort.Search(last, func(i int) bool { return s.orders[i] >= before })
	}
	var found []Place
	word := []byte(q.words[q.longest])
	for i, at := 0, 0; i < last; i++ {
		hit := bytes.Index(s.text[at:s.ends[last-1]+1], word)
		if hit < 0 {
			break
		}
		i += sort.Search(last-i, func(k int) bool { return int(s.ends[i+k]) > at+hit })
		if (chat == "" || s.chats[i] == name) && q.matchBytes(s.entry(i)) {
			found = append(found, Place{s.orders[i], s.names[s.chats[i]]})
		}
		at = int(s.ends[i]) + 1
	}
	slices.Reverse(found)
	return found
}

func (q Query) matchBytes(folded []byte) bool {
	for i, w := range q.words {
		if i != q.longest && !bytes.Contains(folded, []byte(w)) {
			return false
		}
	}
	return true
}

// ErrMalformed: a record is no segment.
var ErrMalformed = errors.New("search: malformed segment")

const segmentVersion = 1

// Marshal gives the segment as a record.
func (s *Segment) Marshal() []byte {
	b := make([]byte, 0, len(s.text)+4*len(s.orders)+32*len(s.names)+16)
	b = append(b, segmentVersion)
	b = binary.AppendUvarint(b, uint64(len(s.names)))
	for _, n := range s.names {
		b = binary.AppendUvarint(b, uint64(len(n)))
		b = append(b, n...)
	}
	b = binary.AppendUvarint(b, uint64(len(s.orders)))
	before := uint64(0)
	for i, order := range s.orders {
		b = binary.AppendUvarint(b, order-before)
		b = binary.AppendUvarint(b, uint64(s.chats[i]))
		b = binary.AppendUvarint(b, uint64(s.ends[i]-s.start(i)))
		before = order
	}
	return append(b, s.text...)
}

// reader takes varints off a record.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) uint(most int) uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 || most >= 0 && v > uint64(most) {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

// ParseSegment reads what Marshal wrote. It keeps b.
func ParseSegment(b []byte) (*Segment, error) {
	if len(b) == 0 || b[0] != segmentVersion {
		return nil, ErrMalformed
	}
	r := &reader{b: b[1:]}
	s := &Segment{}
	for n := r.uint(len(b)); n > 0 && !r.bad; n-- {
		size := r.uint(len(r.b))
		s.names = append(s.names, string(r.b[:size]))
		r.b = r.b[size:]
	}
	n := int(r.uint(len(b)))
	s.orders, s.chats, s.ends = make([]uint64, 0, n), make([]uint32, 0, n), make([]uint32, 0, n)
	order, total := uint64(0), 0
	for i := 0; i < n && !r.bad; i++ {
		step := r.uint(-1)
		chat, size := r.uint(len(s.names)-1), r.uint(len(b))
		if len(s.names) == 0 || i > 0 && (step == 0 || order+step < order) {
			r.bad = true
			break
		}
		order, total = order+step, total+int(size)+1
		if total > len(b) {
			r.bad = true
			break
		}
		s.orders, s.chats, s.ends = append(s.orders, order), append(s.chats, uint32(chat)), append(s.ends, uint32(total-1))
	}
	if r.bad || len(r.b) != total {
		return nil, ErrMalformed
	}
	s.text = r.b
	for _, end := range s.ends {
		if s.text[end] != '\n' {
			return nil, ErrMalformed
		}
	}
	return s, nil
}

// FindIn is Find over entries that are in no segment yet, in any order.
func FindIn(entries []Entry, q Query, chat string, before uint64) []Place {
	var found []Place
	for _, e := range entries {
		if (chat == "" || e.Chat == chat) && (before == 0 || e.Order < before) && q.Match(e.Text) {
			found = append(found, Place{e.Order, e.Chat})
		}
	}
	slices.SortFunc(found, func(a, b Place) int {
		switch {
		case a.Order > b.Order:
			return -1
		case a.Order < b.Order:
			return 1
		}
		return strings.Compare(a.Chat, b.Chat)
	})
	return found
}
