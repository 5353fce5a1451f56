package thread

// slots gives each line that is shown a place of its own, which it keeps.
type slots struct {
	keys  []string       // by slot; "" for a free one
	at    map[string]int // slot by key
	order []string       // the lines as they stood last
}

// change says what assign did: lines that are new, and lines whose elements
// must be put in their place, which are those and the ones that stayed but
// changed their order among each other.
type change struct{ fresh, move map[string]bool }

func (s *slots) len() int { return len(s.keys) }

func (s *slots) has(key string) bool {
	_, ok := s.at[key]
	return ok
}

// assign frees the slots of lines that are gone, and finds one for each that is
// new. Keys must differ from each other.
func (s *slots) assign(keys []string) change {
	done := change{fresh: map[string]bool{}, move: map[string]bool{}}
	first := len(s.order) == 0
	was := make(map[string]int, len(s.order))
	for i, key := range s.order {
		was[key] = i
	}
	s.release(keys)
	free, last := 0, -1
	for _, key := range keys {
		if !s.has(key) {
			free = s.take(key, free)
			done.fresh[key] = true
			if !first { // go-app has put the first ones in order
				done.move[key] = true
			}
			continue
		}
		if was[key] < last {
			done.move[key] = true
		}
		last = max(last, was[key])
	}
	for n := len(s.keys); n > 0 && s.keys[n-1] == ""; n-- {
		s.keys = s.keys[:n-1]
	}
	s.order = append(s.order[:0], keys...)
	return done
}

func (s *slots) release(keys []string) {
	want := make(map[string]bool, len(keys))
	for _, key := range keys {
		want[key] = true
	}
	for i, key := range s.keys {
		if key != "" && !want[key] {
			delete(s.at, key)
			s.keys[i] = ""
		}
	}
	if s.at == nil {
		s.at = make(map[string]int, len(keys))
	}
}

// take gives a line the first free slot from one on.
func (s *slots) take(key string, from int) int {
	for from < len(s.keys) && s.keys[from] != "" {
		from++
	}
	if from == len(s.keys) {
		s.keys = append(s.keys, "")
	}
	s.keys[from], s.at[key] = key, from
	return from
}
