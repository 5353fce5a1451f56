package engine_test

import (
	"testing"

	"ferry/app/internal/model"
)

func TestDevicesThatAMessageLeftOutGetItToo(t *testing.T) {
	g, a, b := pair(t)
	a.send(b, "first", "text first")
	b.gets(a, "first", "text first")
	g.mu.Lock()
	g.silent = true // the news has not come yet
	g.mu.Unlock()
	second, sibling := newClient(t, g, 2).start().connect(), newClient(t, g, 1).start().connect()
	for _, id := range []string{"one", "two", "three"} {
		a.send(b, id, "text "+id)
	}
	want := []string{"one", "two", "three"}
	for _, id := range want {
		b.gets(a, id, "text "+id)
		second.gets(a, id, "text "+id)
		sibling.until(id+" is copied", func() bool {
			m, ok := sibling.message(b, id)
			return ok && m.FromMe && m.Text == "text "+id
		})
		a.reaches(b, id, model.Delivered)
	}
	exact(t, second, a, want...)
}

func TestAMessageLeftOutIsSentAlsoByAnEngineThatWasKilled(t *testing.T) {
	g, a, b := pair(t)
	a.send(b, "first", "text first")
	b.gets(a, "first", "text first")
	g.mu.Lock()
	g.silent = true
	g.mu.Unlock()
	second := newClient(t, g, 2).start().connect()
	g.mu.Lock()
	g.mute = true // the sender is stuck between the ack and the new list
	g.mu.Unlock()
	a.send(b, "late", "text late")
	a.reaches(b, "late", model.Delivered)
	a.kill()
	g.mu.Lock()
	g.mute = false
	g.mu.Unlock()
	a.start()
	second.gets(a, "late", "text late")
	exact(t, second, a, "late")
	exact(t, b, a, "first", "late")
}
