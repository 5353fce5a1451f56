package mediaproxy

import (
	"context"
	"sync"
)

// busy knows the fetches that are under way, by provider.
type busy struct {
	most int
	mu   sync.Mutex
	by   map[uint16]map[*context.CancelCauseFunc]bool
}

func (b *busy) enter(provider uint16, cancel *context.CancelCauseFunc) (leave func(), ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.by[provider]) >= b.most {
		return nil, false
	}
	if b.by == nil {
		b.by = make(map[uint16]map[*context.CancelCauseFunc]bool)
	}
	if b.by[provider] == nil {
		b.by[provider] = make(map[*context.CancelCauseFunc]bool)
	}
	b.by[provider][cancel] = true
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if delete(b.by[provider], cancel); len(b.by[provider]) == 0 {
			delete(b.by, provider)
		}
	}, true
}

// end ends all fetches from the providers that are not allowed any more.
func (b *busy) end(allowed func(provider uint16) bool, why error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for provider, all := range b.by {
		if allowed(provider) {
			continue
		}
		for cancel := range all {
			(*cancel)(why)
		}
	}
}
