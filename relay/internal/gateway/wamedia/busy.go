package wamedia

import "sync"

// busy counts uploads, by account and in all.
type busy struct {
	each, all int

	mu    sync.Mutex
	total int
	by    map[[accountBytes]byte]int
}

// enter counts one more, unless that is too many for the account (mine) or for
// the node.
func (b *busy) enter(account [accountBytes]byte) (leave func(), mine bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.by[account] >= b.each:
		return nil, true
	case b.total >= b.all:
		return nil, false
	}
	if b.by == nil {
		b.by = make(map[[accountBytes]byte]int)
	}
	b.by[account]++
	b.total++
	return func() { b.leave(account) }, false
}

func (b *busy) leave(account [accountBytes]byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.total--
	if b.by[account]--; b.by[account] == 0 {
		delete(b.by, account)
	}
}
