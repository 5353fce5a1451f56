package engine_test

import (
	"testing"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
)

func TestChangesToAReinstalledDeviceAreAskedForAgain(t *testing.T) {
	_, a, b := exchanged(t)
	b.kill()
	a.send(b, "o", "text o")
	a.send(b, "p", "text p")
	a.react(b, "r", "o", true, "👍")
	must[model.Message](a, port.Edit{Chat: a.chatWith(b), ID: "e", Target: "o", Text: "better"})
	must[model.Message](a, port.Revoke{Chat: a.chatWith(b), ID: "v", Target: "p"})
	a.send(b, "last", "text last")
	a.reaches(b, "last", model.Sent)
	reinstall(t, b)
	b.start()
	b.reads(a, "o", "better")
	b.shows(a, "o", "|👍")
	b.is(a, "p", "is gone", gone)
	b.gets(a, "last", "text last")
	a.reaches(b, "last", model.Delivered)
	if all := b.thread(a); len(all) != 3 {
		t.Errorf("b has %+v", all)
	}
}

func TestDevicesThatAChangeLeftOutGetItToo(t *testing.T) {
	g, a, b := exchanged(t)
	g.mu.Lock()
	g.silent = true // the news has not come yet
	g.mu.Unlock()
	second, sibling := newClient(t, g, 2).start().connect(), newClient(t, g, 1).start().connect()
	b.send(a, "o", "text o")
	second.until("the copy is there", func() bool { _, ok := second.message(a, "o"); return ok })
	sibling.gets(b, "o", "text o")
	a.gets(b, "o", "text o")
	a.react(b, "r", "o", false, "👍")
	b.shows(a, "o", "|👍")
	second.shows(a, "o", "|👍")
	sibling.shows(b, "o", "👍|")
}
