package engine_test

import (
	"testing"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
)

// Whose own provider is suspended has closed chats until it is not.
func TestASuspendedProvidersChatsAreClosedAndOpenAgain(t *testing.T) {
	g, a, b := met(t)
	closed := func(why model.ClosedWhy) {
		t.Helper()
		a.until("its chat is closed "+string(why), func() bool {
			return must[model.Chat](a, port.OpenChat{Chat: a.chatWith(b)}).Closed == why
		})
	}
	g.suspend(true)
	closed(model.ClosedSuspended)
	g.suspend(false)
	closed(model.Open)
	a.send(b, "after", "text after")
	b.gets(a, "after", "text after")
}

// suspend ends all connections, or has them come back.
func (g *gateway) suspend(on bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.suspended = on
	if !on {
		return
	}
	for _, l := range g.live {
		l.done()
		l.ch.Close("suspended")
	}
}
