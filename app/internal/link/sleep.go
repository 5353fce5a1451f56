package link

import (
	"context"
	"time"
)

const (
	watchEvery = 5 * time.Second // how often the clocks are compared
	sleptFor   = 5 * time.Second // beyond it the machine has slept; a busy one may be late by less
)

// watchSleep wakes the link when the machine has slept: a browser's timers
// stand still meanwhile, so neither the next ping nor the next attempt would
// come for as long as they had still to wait. The clock on the wall goes on.
func (l *Link) watchSleep(ctx context.Context) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	last := l.wall()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := l.wall()
		if slept := now.Sub(last) - watchEvery; slept > sleptFor {
			l.log.Info("the machine has slept", "for", slept)
			l.Wake()
		}
		last = now
	}
}

// wall is the time without the monotonic clock, which sleeps too.
func (l *Link) wall() time.Time { return l.cfg.Now().Round(0) }
