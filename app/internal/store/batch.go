package store

// Batch collects changes. The last change of a key wins. The zero value is ready.
type Batch struct {
	Puts    []Record
	Deletes []Record // Value unused

	index map[place]slot // where each key stands; built once the batch is large
}

type place struct {
	table Table
	key   string
}

// slot is a position in Puts or in Deletes.
type slot struct {
	deleted bool
	at      int
}

// scanMax is the size up to which looking through the slices beats a map.
const scanMax = 16

// Put sets a record. The batch keeps value: do not change it afterwards.
func (b *Batch) Put(t Table, key string, value []byte) {
	r := Record{t, key, value}
	s, ok := b.find(t, key)
	if ok && !s.deleted {
		b.Puts[s.at] = r
		return
	}
	if ok {
		b.Deletes = b.remove(b.Deletes, s)
	}
	b.Puts = append(b.Puts, r)
	b.note(r, slot{false, len(b.Puts) - 1})
}

// Delete removes a record, if there is one.
func (b *Batch) Delete(t Table, key string) {
	s, ok := b.find(t, key)
	if ok && s.deleted {
		return
	}
	if ok {
		b.Puts = b.remove(b.Puts, s)
	}
	r := Record{Table: t, Key: key}
	b.Deletes = append(b.Deletes, r)
	b.note(r, slot{true, len(b.Deletes) - 1})
}

// Get returns what the batch does to a record: its new value, or nil and true
// where it is deleted; false where the batch does not touch it.
func (b *Batch) Get(t Table, key string) (value []byte, touched bool) {
	s, ok := b.find(t, key)
	if !ok || s.deleted {
		return nil, ok
	}
	return b.Puts[s.at].Value, true
}

// Empty reports whether the batch changes nothing.
func (b *Batch) Empty() bool { return b.size() == 0 }

func (b *Batch) size() int { return len(b.Puts) + len(b.Deletes) }

func (b *Batch) find(t Table, key string) (slot, bool) {
	if b.size() <= scanMax {
		return b.scan(t, key)
	}
	if len(b.index) != b.size() { // just grown large, or filled by hand
		b.reindex()
	}
	s, ok := b.index[place{t, key}]
	return s, ok
}

func (b *Batch) scan(t Table, key string) (slot, bool) {
	for i := range b.Puts {
		if b.Puts[i].Key == key && b.Puts[i].Table == t {
			return slot{false, i}, true
		}
	}
	for i := range b.Deletes {
		if b.Deletes[i].Key == key && b.Deletes[i].Table == t {
			return slot{true, i}, true
		}
	}
	return slot{}, false
}

func (b *Batch) reindex() {
	b.index = make(map[place]slot, 2*b.size())
	for i, r := range b.Puts {
		b.index[place{r.Table, r.Key}] = slot{false, i}
	}
	for i, r := range b.Deletes {
		b.index[place{r.Table, r.Key}] = slot{true, i}
	}
}

func (b *Batch) note(r Record, s slot) {
	if b.index != nil {
		b.index[place{r.Table, r.Key}] = s
	}
}

// remove takes a record out by moving the last one into its place: the order
// inside a batch means nothing, since every key stands in it once.
func (b *Batch) remove(rs []Record, s slot) []Record {
	last := len(rs) - 1
	if b.index != nil {
		delete(b.index, place{rs[s.at].Table, rs[s.at].Key})
	}
	if s.at != last {
		rs[s.at] = rs[last]
		b.note(rs[s.at], s)
	}
	rs[last] = Record{}
	return rs[:last]
}
