package tunnel

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

// care is what the keeper knows about a tunnel; only the keeper uses it.
type care struct{ client, gateway legCare }

type legCare struct {
	pinged  int64 // when the last ping went out
	suspect bool  // found dead at the last look; twice is dead
}

// keep looks after all tunnels with one goroutine and no timer of their own.
func (s *Server) keep(ctx context.Context) {
	tick := time.NewTicker(s.cfg.Tick)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := int64(time.Since(s.start)) + 1
		s.clock.Store(now)
		for _, t := range s.list() {
			if why := t.look(now); why != none {
				t.end(why, nil, nil)
			}
		}
	}
}

// look returns the reason to end the tunnel, or none. It pings legs that are silent.
func (t *Tunnel) look(now int64) Reason {
	t.mu.Lock()
	joined := t.joined && t.reason == none
	t.mu.Unlock()
	if !joined {
		return none
	}
	l := &t.server.cfg.Limits
	switch {
	case past(t.began, now, l.TunnelLife):
		return Draining
	case past(t.active.Load(), now, l.TunnelIdle):
		return Idle
	case l.TunnelSlow > 0 && t.client.stuck(now-int64(l.TunnelSlow)):
		return Slow
	case l.TunnelSlow > 0 && t.gateway.stuck(now-int64(l.TunnelSlow)):
		return GatewayClosed
	case t.heartbeat(t.client, t.gateway, &t.care.client, now):
		return Idle
	case t.heartbeat(t.gateway, t.client, &t.care.gateway, now):
		return GatewayClosed
	}
	return none
}

func past(since, now int64, bound time.Duration) bool {
	return bound > 0 && now-since > int64(bound)
}

// heartbeat pings a silent leg and reports whether it is dead. A leg that is not
// being read, because the other one does not take its bytes or because of a rate,
// cannot be heard and is left alone.
func (t *Tunnel) heartbeat(l, other *leg, c *legCare, now int64) (dead bool) {
	limits := &t.server.cfg.Limits
	if l.bytes || limits.TunnelPing == 0 {
		return false
	}
	if l.unread.Load() || other.writing.Load() != 0 {
		c.suspect, c.pinged = false, now
		return false
	}
	heard := l.heard.Load()
	silent := time.Duration(now - heard)
	if c.pinged > heard && silent > limits.TunnelPing+limits.TunnelPong && past(c.pinged, now, limits.TunnelPong) {
		dead, c.suspect = c.suspect, true
		return dead
	}
	c.suspect = false
	// A little jitter keeps tunnels that were opened together from pinging together.
	due := limits.TunnelPing - time.Duration(rand.Int64N(int64(limits.TunnelPing)/8+1))
	if silent > due && (c.pinged <= heard || past(c.pinged, now, limits.TunnelPing+limits.TunnelPong)) {
		c.pinged = now
		l.ping()
	}
	return false
}

// recheck looks sessions up again from time to time: a revocation's message may be
// lost with a connection to the state, and sessions expire.
func (s *Server) recheck(ctx context.Context) {
	every := s.cfg.Limits.TunnelRecheck
	if every == 0 {
		return
	}
	tick := time.NewTicker(max(every/10, s.cfg.Tick))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := s.clock.Load()
		for _, t := range s.list() {
			if !past(t.checked.Load(), now, every) {
				continue
			}
			t.checked.Store(now)
			if err := s.cfg.Auth.Alive(ctx, t.id); errors.Is(err, ErrSignedOut) {
				t.end(Revoked, nil, nil)
			}
		}
	}
}
