package limit

import (
	"container/list"
	"net/netip"
	"sync"
	"time"
)

// Rate is a token bucket by key: each key may do n things per period, all at
// once or spread out. It remembers a bounded number of keys and forgets the one
// unseen for longest, which then starts afresh. Safe for concurrent use.
type Rate struct {
	n      float64
	period time.Duration
	room   int
	now    func() time.Time

	mu   sync.Mutex
	keys map[string]*list.Element
	seen list.List // of *bucket, latest first
}

type bucket struct {
	key    string
	tokens float64
	at     time.Time
}

// NewRate allows n actions per period and key; n of 0 allows everything. It
// remembers at most room keys.
func NewRate(n int64, period time.Duration, room int64, now func() time.Time) *Rate {
	return &Rate{n: float64(n), period: period, room: int(max(room, 1)), now: now, keys: map[string]*list.Element{}}
}

// Allow takes one action of key. When there is none left it takes nothing and
// says how long to wait for the next.
func (r *Rate) Allow(key string) (ok bool, wait time.Duration) {
	if r.n == 0 {
		return true, 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	b, now := r.bucket(key), r.now()
	b.tokens = min(r.n, b.tokens+r.n*float64(now.Sub(b.at))/float64(r.period))
	b.at = now
	if b.tokens >= 1 {
		b.tokens--
		return true, 0
	}
	return false, time.Duration((1 - b.tokens) / r.n * float64(r.period))
}

func (r *Rate) bucket(key string) *bucket {
	if e, ok := r.keys[key]; ok {
		r.seen.MoveToFront(e)
		return e.Value.(*bucket)
	}
	if len(r.keys) >= r.room {
		last := r.seen.Back()
		delete(r.keys, r.seen.Remove(last).(*bucket).key)
	}
	b := &bucket{key: key, tokens: r.n, at: r.now()}
	r.keys[key] = r.seen.PushFront(b)
	return b
}

// Count bounds how many things of each key exist at once. Its size is bounded by
// the things themselves. Safe for concurrent use.
type Count struct {
	max int64
	mu  sync.Mutex
	n   map[string]int64
}

// NewCount allows at most max things of one key; 0 allows any number.
func NewCount(max int64) *Count { return &Count{max: max, n: map[string]int64{}} }

// Take adds one thing of key unless that is one too many.
func (c *Count) Take(key string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.max > 0 && c.n[key] >= c.max {
		return false
	}
	c.n[key]++
	return true
}

// Give ends one thing of key that was taken before.
func (c *Count) Give(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n[key]--; c.n[key] <= 0 {
		delete(c.n, key)
	}
}

// Len returns how many keys hold something.
func (c *Count) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.n)
}

// AddressKey is what counts as one address: an IPv4 address, or an IPv6 /64,
// which is what one household or server is given.
func AddressKey(a netip.Addr) string {
	a = a.Unmap().WithZone("")
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.Masked().String()
		}
	}
	return a.String()
}
