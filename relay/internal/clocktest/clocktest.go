// Package clocktest is a clock for tests, which goes on when told to.
package clocktest

import (
	"sync"
	"time"
)

// Clock stands still until Pass. It is safe for concurrent use.
type Clock struct {
	mu sync.Mutex
	at time.Time
}

// New gives a clock that shows the present.
func New() *Clock { return &Clock{at: time.Now()} }

// Now is what it shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// Pass lets time go by.
func (c *Clock) Pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}
