package tunnel

import "time"

// paceBurst is how many seconds' worth may pass at once.
const paceBurst = 4

// pace is a token bucket for bytes and frames of one direction. It never refuses:
// what arrived is forwarded, and the debt is waited for before the next read.
type pace struct {
	bytes, frames rate
	at            time.Time
}

type rate struct{ perSecond, tokens float64 }

func newPace(bytes, frames int64) pace {
	full := func(n int64) rate { return rate{float64(n), float64(n) * paceBurst} }
	return pace{bytes: full(bytes), frames: full(frames)}
}

// spend takes what was forwarded and returns how long to wait before the next read.
func (p *pace) spend(bytes int, frames uint64) time.Duration {
	if p.bytes.perSecond == 0 && p.frames.perSecond == 0 {
		return 0
	}
	now := time.Now()
	passed := paceBurst * 1.0
	if !p.at.IsZero() {
		passed = now.Sub(p.at).Seconds()
	}
	p.at = now
	return max(p.bytes.spend(float64(bytes), passed), p.frames.spend(float64(frames), passed))
}

func (r *rate) spend(n, passed float64) time.Duration {
	if r.perSecond == 0 {
		return 0
	}
	r.tokens = min(r.perSecond*paceBurst, r.tokens+r.perSecond*passed) - n
	if r.tokens >= 0 {
		return 0
	}
	return time.Duration(-r.tokens / r.perSecond * float64(time.Second))
}
