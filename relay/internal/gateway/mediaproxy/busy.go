package mediaproxy

import "sync"

// busy counts fetches by provider.
type busy struct {
	most int
	mu   sync.Mutex
	by   map[uint16]int
}

func (b *busy) enter(provider uint16) (leave func(), ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.by[provider] >= b.most {
		return nil, false
	}
	if b.by == nil {
		b.by = make(map[uint16]int)
	}
	b.by[provider]++
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.by[provider]--; b.by[provider] == 0 {
			delete(b.by, provider)
		}
	}, true
}
