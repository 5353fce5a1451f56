package engine_test

import (
	"testing"
	"time"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
)

func TestWhoComesToLookOrAsksDoesNotWaitForTheNextAttempt(t *testing.T) {
	for name, cmd := range map[string]port.Command{"looks": port.Active{Active: true}, "asks": port.Reconnect{}} {
		t.Run(name, func(t *testing.T) {
			g := newGateway(t)
			a := newClient(t, g, 1).start().connect()
			a.relay.busy(time.Hour)
			a.relay.cut(false)
			a.until("it waits for an hour", func() bool {
				a.mu.Lock()
				defer a.mu.Unlock()
				return a.link.Phase == model.LinkWaiting && time.Until(a.link.RetryAt) > time.Minute
			})
			a.relay.busy(0)
			must[struct{}](a, cmd)
			a.online()
		})
	}
}

// busy has the relay ask to come again later; 0: no more.
func (r *relay) busy(later time.Duration) {
	r.g.mu.Lock()
	defer r.g.mu.Unlock()
	r.later = later
}
