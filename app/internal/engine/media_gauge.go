package engine

import (
	"sync"
	"time"

	"ferry/app/internal/media"
	"ferry/app/internal/port"
)

// gauge measures a move. Its note is called by whoever moves the bytes.
type gauge struct {
	mu          sync.Mutex
	done, total int64
	at          time.Time // when last shown
	atDone      int64
	rate        float64 // bytes a second
	owed        bool    // what was noted last will be shown in a moment
	patient     bool    // shows nothing of what is over in a moment
}

// showEach is the least time between two reports of progress.
const showEach = 250 * time.Millisecond

// note takes in progress. It is to be shown now, or if nothing more is noted,
// after a wait: bytes that stop coming are where they are said to be.
func (g *gauge) note(now time.Time, done, total int64) (rate int64, show bool, wait time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.done, g.total = done, total
	since := now.Sub(g.at)
	if g.at.IsZero() {
		g.at, g.atDone = now, done
		return 0, !g.patient, 0
	}
	if since >= showEach {
		return g.shown(now, since), true, 0
	}
	if g.owed {
		return 0, false, 0
	}
	g.owed = true
	return 0, false, showEach - since
}

// shown takes note that what is known is shown. The caller holds the lock.
func (g *gauge) shown(now time.Time, since time.Duration) (rate int64) {
	last := float64(max(0, g.done-g.atDone)) / since.Seconds()
	if g.rate == 0 {
		g.rate = last
	}
	g.rate += (last - g.rate) / 4
	g.at, g.atDone = now, g.done
	return int64(g.rate)
}

// late is what was not shown after the wait of note; false if it was meanwhile.
func (g *gauge) late(now time.Time) (done, total, rate int64, show bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.owed = false
	if g.done == g.atDone {
		return 0, 0, 0, false
	}
	return g.done, g.total, g.shown(now, max(now.Sub(g.at), time.Millisecond)), true
}

func (g *gauge) soFar() int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.done
}

// progress tells subscribers how far a move is, or its verifying.
func (e *Engine) progress(m *move, r *run, checking bool) media.Progress {
	g := r.gauge
	if checking {
		g = r.check
	}
	tell := func(done, total, rate int64) {
		task := func(t *turn) error {
			if m.run != r || r.checks && !checking || e.moves.all[moveKey(m.Chat, m.Order)] != m {
				return nil
			}
			r.checks = checking
			t.emit("moved "+moveKey(m.Chat, m.Order), port.Moved{Chat: m.Chat, Ref: m.ref(), Done: done, Total: total, Rate: rate, Checking: checking})
			return nil
		}
		select {
		case e.tasks <- task:
		default: // the engine is busy: the next one will tell more
		}
	}
	return func(done, total int64) {
		rate, show, wait := g.note(e.cfg.Now(), done, total)
		switch {
		case show:
			tell(done, total, rate)
		case wait > 0:
			time.AfterFunc(wait, func() {
				if done, total, rate, show := g.late(e.cfg.Now()); show {
					tell(done, total, rate)
				}
			})
		}
	}
}
