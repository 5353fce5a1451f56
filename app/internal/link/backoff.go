package link

import (
	"encoding/binary"
	"io"
	"sync"
	"time"
)

// backoff is the delay before the next attempt: it doubles up to a bound, and
// half of it is random, so that clients which lost the same server do not come
// back together.
type backoff struct {
	rand  io.Reader
	tries int
	hurry bool // the last attempt was already made in a hurry
}

// next is the delay after an attempt that ended for v.
func (b *backoff) next(v verdict) time.Duration {
	if v.wait > 0 {
		return v.wait
	}
	if v.pace != grow && !b.hurry {
		b.hurry = true
		if v.pace == now {
			return 0
		}
		return jitter(b.rand, 0, soonMost)
	}
	full := backoffMost
	if b.tries < 6 {
		full = min(full, backoffFirst<<b.tries)
	}
	b.tries++
	return jitter(b.rand, full/2, full)
}

func (b *backoff) reset() { b.tries, b.hurry = 0, false }

// jitter is a duration in [low, high). Without randomness it is low.
func jitter(rand io.Reader, low, high time.Duration) time.Duration {
	var b [8]byte
	if _, err := io.ReadFull(rand, b[:]); err != nil {
		return low
	}
	return low + time.Duration(binary.BigEndian.Uint64(b[:])%uint64(high-low))
}

// lockedReader lets an attempt that was given up, and may still be running,
// share the randomness with the next.
type lockedReader struct {
	mu sync.Mutex
	r  io.Reader
}

func (l *lockedReader) Read(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.r.Read(p)
}
