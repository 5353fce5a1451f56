package engine_test

import (
	"fmt"
	"testing"

	"ferry/app/internal/media"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/store/faulty"
)

// Every write of an engine that sends or gets attachments goes wrong once, in
// each way. Each attachment arrives once, with its bytes, and nothing is left.
func TestAnyWriteMayGoWrongWithAttachments(t *testing.T) {
	for name, run := range map[string]scenario{"sending": sendingMedia, "receiving": receivingMedia} {
		t.Run(name, func(t *testing.T) { everyWrite(t, run) })
	}
}

// unstartedPair is one that is not started.
func unstartedPair(t *testing.T) (a, b *client) {
	g, h := newGateway(t), newMediaHost()
	a, b = newClient(t, g, 1), newClient(t, g, 2)
	a.files, b.files = newShelf(t, h), newShelf(t, h)
	return a, b
}

func sendingMedia(t *testing.T, fault faulty.Fault, n int) int {
	a, b := unstartedPair(t)
	b.start().connect()
	a.start().connect()
	a.kill()
	broken := a.startBroken(fault, n)
	a.online()
	attempt(a, a.hand(b, model.KindImage, 1))
	attempt(a, port.SendText{Chat: a.chatWith(b), ID: "text", Text: "text text"})
	attempt(a, a.hand(b, model.KindDocument, 2))
	b.mediaIs(a, "media1", model.MediaLocal)
	b.mediaIs(a, "media2", model.MediaRemote)
	attempt(b, port.Transfer{Chat: b.chatWith(a), Target: model.Ref{ID: "media2"}})
	b.mediaIs(a, "media2", model.MediaLocal)
	for _, id := range []string{"media1", "text", "media2"} {
		a.reaches(b, id, model.Delivered)
	}
	a.holds(b, 1, true)
	a.holds(b, 2, true)
	b.holds(a, 1, false)
	b.holds(a, 2, false)
	once(t, b, a, "media1", "text", "media2")
	once(t, a, b, "media1", "text", "media2")
	attempt(a, port.Transfer{Chat: a.chatWith(b), Target: model.Ref{ID: "media1", FromMe: true}, Stop: true})
	attempt(a, port.Delete{Chat: a.chatWith(b), ID: "media1", FromMe: true})
	attempt(a, port.Delete{Chat: a.chatWith(b), ID: "media2", FromMe: true})
	a.until("the bytes are removed", func() bool { return a.shelf().size() == 0 })
	return broken.Writes()
}

func receivingMedia(t *testing.T, fault faulty.Fault, n int) int {
	a, b := unstartedPair(t)
	b.start().connect()
	a.start().connect()
	b.kill()
	for i := range 3 {
		must[model.Message](a, a.hand(b, model.KindImage, i))
	}
	must[model.Message](a, a.hand(b, model.KindVideo, 3))
	for i := range 4 {
		a.reaches(b, fmt.Sprint("media", i), model.Sent)
	}
	broken := b.startBroken(fault, n)
	for i := range 3 {
		b.mediaIs(a, fmt.Sprint("media", i), model.MediaLocal)
	}
	fetch := port.Transfer{Chat: b.chatWith(a), Target: model.Ref{ID: "media3"}}
	b.mediaIs(a, "media3", model.MediaRemote)
	attempt(b, fetch)
	b.mediaIs(a, "media3", model.MediaLocal)
	for i := range 4 {
		b.holds(a, i, false)
		a.reaches(b, fmt.Sprint("media", i), model.Delivered)
	}
	once(t, b, a, "media0", "media1", "media2", "media3")
	for i := range 4 {
		attempt(b, port.Delete{Chat: b.chatWith(a), ID: model.MessageID(fmt.Sprint("media", i))})
	}
	b.until("the bytes are removed", func() bool { return b.shelf().size() == 0 })
	return broken.Writes()
}

// once checks that a thread has just these messages, in any order.
func once(t *testing.T, c, peer *client, ids ...string) {
	t.Helper()
	seen := map[string]int{}
	for _, m := range c.thread(peer) {
		seen[string(m.ID)]++
		if m.Failure != "" {
			t.Errorf("%s: %s", m.ID, m.Failure)
		}
	}
	for _, id := range ids {
		if seen[id] != 1 {
			t.Errorf("%s is there %d times", id, seen[id])
		}
	}
	if len(seen) != len(ids) {
		t.Errorf("there is %v", seen)
	}
}

// Every call of Files goes wrong once: it fails before or after its work, or
// never returns from it, and the client is killed.
func TestAnyCallOfFilesMayGoWrong(t *testing.T) {
	const calls = 4 // encrypt, upload, remove; or download, remove
	for name, fault := range map[string]shelfFault{
		"fails": failBefore, "works but fails": failAfter, "killed before": hangBefore, "killed after": hangAfter,
	} {
		for _, sending := range []bool{true, false} {
			for n := 1; n <= calls; n++ {
				t.Run(fmt.Sprintf("%s, sending %v, call %d", name, sending, n), func(t *testing.T) {
					t.Parallel()
					filesGoWrong(t, fault, sending, n)
				})
			}
		}
	}
}

func filesGoWrong(t *testing.T, fault shelfFault, sending bool, n int) {
	_, a, b := mediaPair(t)
	side, other := a, b
	if !sending {
		side, other = b, a
	}
	s := side.shelf()
	s.breakAt(fault, n)
	side.killOnHit(fault)
	must[model.Message](a, a.hand(b, model.KindImage, 1))
	b.mediaIs(a, "media1", model.MediaLocal)
	b.holds(a, 1, false)
	a.reaches(b, "media1", model.Delivered)
	once(t, b, a, "media1")
	attempt(side, port.Delete{Chat: side.chatWith(other), ID: "media1", FromMe: sending})
	side.until("the bytes are removed", func() bool { return s.size() == 0 })
}

// killOnHit kills the client when its shelf hangs, and starts it again.
func (c *client) killOnHit(fault shelfFault) {
	if fault != hangBefore && fault != hangAfter {
		return
	}
	c.revived = make(chan struct{})
	ended, ctx := make(chan struct{}), c.t.Context()
	go func() {
		defer close(ended)
		select {
		case <-c.shelf().hit:
			c.kill()
			c.start()
			close(c.revived)
		case <-ctx.Done():
		}
	}()
	c.t.Cleanup(func() {
		<-ended
		c.kill()
	})
}

func TestASourceThatIsGoneAfterACrashIsLost(t *testing.T) {
	_, a, b := mediaPair(t)
	began := make(chan struct{}, 10)
	a.shelf().hold(func(op string, _ model.FileID) <-chan struct{} {
		began <- struct{}{}
		return make(chan struct{})
	})
	must[model.Message](a, a.hand(b, model.KindImage, 1))
	<-began
	a.kill()
	a.shelf().hold(nil)
	a.shelf().mu.Lock()
	clear(a.shelf().sources)
	a.shelf().mu.Unlock()
	a.start()
	a.mediaIs(b, "media1", model.MediaFailed)
	if m, _ := a.message(b, "media1"); m.Media.Failure != model.MediaLost || m.State != model.Failed {
		t.Errorf("it is %+v, %+v", m, m.Media)
	}
	if got := a.shelf().called("upload"); got != 0 {
		t.Errorf("%d uploads", got)
	}
}

func TestAnExpiredUploadBeginsAnewFromTheKeptFile(t *testing.T) {
	h, a, b := mediaPair(t)
	a.shelf().set("upload", media.ErrGone)
	must[model.Message](a, a.hand(b, model.KindImage, 1))
	a.until("tried", func() bool { return a.shelf().called("upload") > 1 })
	a.shelf().mu.Lock()
	clear(a.shelf().sources)
	a.shelf().mu.Unlock()
	a.shelf().set("upload", nil)
	b.mediaIs(a, "media1", model.MediaLocal)
	if h.count() != 1 {
		t.Errorf("%d files at the host", h.count())
	}
}
