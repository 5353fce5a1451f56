package engine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"ferry/app/internal/media"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
)

// mediaPair is two connected clients with a media host between them.
func mediaPair(t *testing.T) (h *mediaHost, a, b *client) {
	g := newGateway(t)
	h = newMediaHost()
	a, b = newClient(t, g, 1), newClient(t, g, 2)
	a.files, b.files = newShelf(t, h), newShelf(t, h)
	return h, a.start().connect(), b.start().connect()
}

func (c *client) shelf() *shelf { return c.files.(*shelf) }

func fileID(n int) model.FileID { return model.FileID(fmt.Sprintf("%04x%028x", n, n)) }

func picture(n int) []byte { return bytes.Repeat([]byte(fmt.Sprint("picture ", n, " ")), 100+n) }

// hand puts a source where the client's engine finds it, and gives the command that sends it.
func (c *client) hand(peer *client, kind model.Kind, n int) port.SendMedia {
	s := c.shelf()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sources[fileID(n)] = picture(n)
	return port.SendMedia{
		Chat: c.chatWith(peer), ID: model.MessageID(fmt.Sprint("media", n)), Kind: kind, File: fileID(n), Caption: fmt.Sprint("caption ", n),
		Media: model.Media{MIME: "image/png", Size: int64(len(picture(n))), Width: 40, Height: 30, Name: "a/b.txt"},
	}
}

func (c *client) mediaIs(peer *client, id string, state model.MediaState) {
	c.t.Helper()
	c.until(id+" is "+string(state), func() bool {
		m, ok := c.message(peer, id)
		return ok && m.Media != nil && m.Media.State == state
	})
}

// holds checks that the bytes of a message are here, and are those of the picture.
func (c *client) holds(peer *client, n int, mine bool) {
	c.t.Helper()
	a, err := c.now().Attachment(context.Background(), c.chatWith(peer), model.Ref{ID: model.MessageID(fmt.Sprint("media", n)), FromMe: mine})
	if err != nil || !a.Local {
		c.t.Fatalf("media%d: %v, local %v", n, err, a.Local)
	}
	s := c.shelf()
	s.mu.Lock()
	file := s.kept[a.File].file
	s.mu.Unlock()
	var got bytes.Buffer
	if err := media.Decrypt(&got, bytes.NewReader(file), a.Key, a.Type, a.Digest); err != nil || !bytes.Equal(got.Bytes(), picture(n)) {
		c.t.Fatalf("media%d: %v, %d bytes", n, err, got.Len())
	}
}

func TestAnAttachmentOfEachKindCrosses(t *testing.T) {
	_, a, b := mediaPair(t)
	kinds := []model.Kind{model.KindImage, model.KindVideo, model.KindVoice, model.KindAudio, model.KindDocument}
	for n, kind := range kinds {
		m := must[model.Message](a, a.hand(b, kind, n))
		if m.State != model.Pending || m.Media == nil || m.Media.State != model.MediaPreparing || m.Kind != kind {
			t.Errorf("the reply is %+v", m)
		}
	}
	for n, kind := range kinds {
		id := fmt.Sprint("media", n)
		a.reaches(b, id, model.Delivered)
		a.mediaIs(b, id, model.MediaLocal)
		a.holds(b, n, true)
		if kind != model.KindImage && kind != model.KindVoice {
			b.mediaIs(a, id, model.MediaRemote)
			must[model.Message](b, port.Transfer{Chat: b.chatWith(a), Target: model.Ref{ID: model.MessageID(id)}})
		}
		b.mediaIs(a, id, model.MediaLocal)
		b.holds(a, n, false)
		m, _ := b.message(a, id)
		if m.Kind != kind || m.Media.Size != int64(len(picture(n))) {
			t.Errorf("%s arrives as %+v, %+v", kind, m, m.Media)
		}
	}
}

func TestATextDoesNotWaitForAnUpload(t *testing.T) {
	_, a, b := mediaPair(t)
	open := make(chan struct{})
	a.shelf().hold(func(op string, _ model.FileID) <-chan struct{} {
		if op == "upload" {
			return open
		}
		return nil
	})
	must[model.Message](a, a.hand(b, model.KindImage, 1))
	a.send(b, "after", "text after")
	b.gets(a, "after", "text after")
	a.mediaIs(b, "media1", model.MediaUploading)
	close(open)
	b.mediaIs(a, "media1", model.MediaLocal)
	a.until("the file is sent", func() bool { return a.thread(b)[0].State != model.Pending })
	thread := a.thread(b)
	if len(thread) != 2 || thread[0].ID != "media1" {
		t.Errorf("the thread is %+v", thread)
	}
}

func TestStoppedIsStoppedUntilItIsStarted(t *testing.T) {
	for _, op := range []string{"encrypt", "upload"} {
		t.Run(op, func(t *testing.T) {
			_, a, b := mediaPair(t)
			began := make(chan struct{}, 10)
			a.shelf().hold(func(now string, _ model.FileID) <-chan struct{} {
				if now == op {
					began <- struct{}{}
					return make(chan struct{})
				}
				return nil
			})
			must[model.Message](a, a.hand(b, model.KindImage, 1))
			<-began
			target := port.Transfer{Chat: a.chatWith(b), Target: model.Ref{ID: "media1", FromMe: true}, Stop: true}
			if m := must[model.Message](a, target); m.Media.State != model.MediaPaused || m.State != model.Pending {
				t.Errorf("it is %+v", m)
			}
			a.kill()
			a.shelf().hold(nil)
			a.start()
			a.online()
			a.send(b, "after", "text after")
			b.gets(a, "after", "text after")
			a.mediaIs(b, "media1", model.MediaPaused)
			target.Stop = false
			must[model.Message](a, target)
			b.mediaIs(a, "media1", model.MediaLocal)
			b.holds(a, 1, false)
		})
	}
}

func TestWhatIsSlowToStopIsWaitedFor(t *testing.T) {
	_, a, b := mediaPair(t)
	began, open := make(chan struct{}, 10), make(chan struct{})
	a.shelf().slow = true
	a.shelf().hold(func(op string, _ model.FileID) <-chan struct{} {
		if op != "upload" {
			return nil
		}
		began <- struct{}{}
		return open
	})
	must[model.Message](a, a.hand(b, model.KindImage, 1))
	<-began
	target := port.Transfer{Chat: a.chatWith(b), Target: model.Ref{ID: "media1", FromMe: true}, Stop: true}
	must[model.Message](a, target)
	target.Stop = false
	must[model.Message](a, target) // the shelf complains if it begins now
	a.send(b, "after", "text after")
	b.gets(a, "after", "text after")
	close(open)
	b.mediaIs(a, "media1", model.MediaLocal)
	b.holds(a, 1, false)
}

func TestADownloadStopsAndGoesOn(t *testing.T) {
	_, a, b := mediaPair(t)
	began := make(chan struct{}, 10)
	b.shelf().hold(func(string, model.FileID) <-chan struct{} {
		began <- struct{}{}
		return make(chan struct{})
	})
	must[model.Message](a, a.hand(b, model.KindImage, 1))
	<-began
	target := port.Transfer{Chat: b.chatWith(a), Target: model.Ref{ID: "media1"}, Stop: true}
	must[model.Message](b, target)
	b.mediaIs(a, "media1", model.MediaPaused)
	b.shelf().hold(nil)
	target.Stop = false
	must[model.Message](b, target)
	b.mediaIs(a, "media1", model.MediaLocal)
	b.holds(a, 1, false)
}

func TestWhatFailsForGoodSaysWhy(t *testing.T) {
	for _, c := range []struct {
		op   string
		err  error
		want model.MediaFailure
	}{
		{"encrypt", media.ErrLost, model.MediaLost},
		{"encrypt", media.ErrUnusable, model.MediaUnusable},
		{"encrypt", media.ErrNoRoom, model.MediaNoRoom},
		{"upload", media.ErrTooBig, model.MediaTooBig},
		{"upload", media.ErrOverQuota, model.MediaOverQuota},
		{"upload", media.ErrRefused, model.MediaRefused},
		{"upload", media.ErrNoFile, model.MediaLost},
		{"download", media.ErrGone, model.MediaGone},
		{"download", media.ErrTampered, model.MediaTampered},
		{"download", media.ErrTooBig, model.MediaTooBig},
	} {
		t.Run(c.op+" "+string(c.want), func(t *testing.T) {
			_, a, b := mediaPair(t)
			side, other := a, b
			if c.op == "download" {
				side, other = b, a
			}
			side.shelf().set(c.op, c.err)
			must[model.Message](a, a.hand(b, model.KindImage, 1))
			side.mediaIs(other, "media1", model.MediaFailed)
			m, _ := side.message(other, "media1")
			if m.Media.Failure != c.want || m.FromMe && m.State != model.Failed {
				t.Errorf("it is %+v, %+v", m, m.Media)
			}
			side.shelf().set(c.op, nil)
			if side == a {
				must[model.Message](a, port.Retry{Chat: a.chatWith(b), ID: "media1"})
			} else {
				must[model.Message](b, port.Transfer{Chat: b.chatWith(a), Target: m.Ref()})
			}
			b.mediaIs(a, "media1", model.MediaLocal)
			b.holds(a, 1, false)
			a.reaches(b, "media1", model.Delivered)
		})
	}
}

func TestWhatWasChangedOnItsWayIsRefused(t *testing.T) {
	h, a, b := mediaPair(t)
	must[model.Message](a, a.hand(b, model.KindDocument, 1))
	b.mediaIs(a, "media1", model.MediaRemote)
	h.change()
	fetch := port.Transfer{Chat: b.chatWith(a), Target: model.Ref{ID: "media1"}}
	must[model.Message](b, fetch)
	b.mediaIs(a, "media1", model.MediaFailed)
	h.forget()
	must[model.Message](b, fetch)
	b.until("gone", func() bool {
		m, _ := b.message(a, "media1")
		return m.Media.Failure == model.MediaGone
	})
}

func TestWhatFailsForNowIsTriedAgain(t *testing.T) {
	_, a, b := mediaPair(t)
	for _, op := range []string{"encrypt", "upload"} {
		a.shelf().set(op, errShelf)
	}
	a.shelf().set("upload", media.ErrGone) // begun anew
	b.shelf().set("download", errShelf)
	must[model.Message](a, a.hand(b, model.KindImage, 1))
	for _, op := range []string{"encrypt", "upload"} {
		a.until(op+" twice", func() bool { return a.shelf().called(op) > 1 })
		a.shelf().set(op, nil)
	}
	b.until("download twice", func() bool { return b.shelf().called("download") > 1 })
	b.shelf().set("download", nil)
	must[struct{}](b, port.Online{Online: true})
	b.mediaIs(a, "media1", model.MediaLocal)
}

func TestDeletingRemovesTheBytes(t *testing.T) {
	_, a, b := mediaPair(t)
	must[model.Message](a, a.hand(b, model.KindImage, 1))
	b.mediaIs(a, "media1", model.MediaLocal)
	b.shelf().set("remove", errShelf)
	must[struct{}](b, port.Delete{Chat: b.chatWith(a), ID: "media1"})
	b.until("tried", func() bool { return b.shelf().called("remove") > 0 })
	b.kill()
	b.shelf().set("remove", nil)
	b.start() // what is owed goes on
	b.until("removed", func() bool { return b.shelf().size() == 0 })
	a.reaches(b, "media1", model.Delivered)
	must[struct{}](a, port.Delete{Chat: a.chatWith(b), ID: "media1", FromMe: true})
	a.until("removed", func() bool { return a.shelf().size() == 0 })
	if _, err := a.now().Attachment(t.Context(), a.chatWith(b), model.Ref{ID: "media1", FromMe: true}); !errors.Is(err, media.ErrNoFile) {
		t.Errorf("it says %v", err)
	}
}

func TestDeletingStopsWhatMoves(t *testing.T) {
	_, a, b := mediaPair(t)
	began := make(chan struct{}, 10)
	a.shelf().hold(func(op string, _ model.FileID) <-chan struct{} {
		if op != "upload" {
			return nil
		}
		began <- struct{}{}
		return make(chan struct{})
	})
	must[model.Message](a, a.hand(b, model.KindImage, 1))
	<-began
	must[struct{}](a, port.Delete{Chat: a.chatWith(b), ID: "media1", FromMe: true})
	a.until("removed", func() bool { return a.shelf().size() == 0 && a.shelf().called("remove") == 1 })
	a.send(b, "after", "text after")
	b.gets(a, "after", "text after")
	if got := b.thread(a); len(got) != 1 {
		t.Errorf("b has %+v", got)
	}
}

func TestFewMoveAtOnceAndTheSmallGoFirst(t *testing.T) {
	_, a, b := mediaPair(t)
	sizes := []int{90, 91, 92, 8, 7, 6, 5}
	open := map[model.FileID]chan struct{}{}
	for _, n := range sizes {
		open[fileID(n)] = make(chan struct{})
	}
	a.shelf().hold(func(op string, id model.FileID) <-chan struct{} {
		if op == "upload" {
			return nil
		}
		return open[id]
	})
	for _, n := range sizes {
		must[model.Message](a, a.hand(b, model.KindImage, n))
	}
	a.until("two move", func() bool { return a.shelf().called("encrypt") == 2 })
	for i, n := range []int{5, 6, 7, 8} {
		close(open[fileID([]int{90, 91, 5, 6}[i])])
		a.until("the next begins", func() bool { return a.shelf().called("encrypt") == 3+i })
		if got, want := a.shelf().order("encrypt")[2+i], fmt.Sprintf("encrypt %04x", n); got != want {
			t.Errorf("%s goes before %s", got, want)
		}
	}
	for _, n := range []int{92, 7, 8} {
		close(open[fileID(n)])
	}
	for _, n := range sizes {
		b.mediaIs(a, fmt.Sprint("media", n), model.MediaLocal)
	}
	if a.shelf().atMost() > 5 || b.shelf().atMost() > 3 {
		t.Errorf("%d and %d at once", a.shelf().atMost(), b.shelf().atMost())
	}
}

func TestPlayedIsTold(t *testing.T) {
	_, a, b := mediaPair(t)
	must[model.Message](a, a.hand(b, model.KindVoice, 1))
	b.mediaIs(a, "media1", model.MediaLocal)
	must[struct{}](b, port.Played{Chat: b.chatWith(a), Target: model.Ref{ID: "media1"}})
	must[struct{}](b, port.Played{Chat: b.chatWith(a), Target: model.Ref{ID: "media1"}})
	a.until("played", func() bool {
		m, _ := a.message(b, "media1")
		return m.Media.Played && m.State == model.Read
	})
}

func TestWhatCannotBeSentIsRefused(t *testing.T) {
	_, a, b := mediaPair(t)
	good := a.hand(b, model.KindImage, 1)
	for code, change := range map[string]func(*port.SendMedia){
		"no_chat":  func(c *port.SendMedia) { c.Chat = "nobody" },
		"bad_id":   func(c *port.SendMedia) { c.ID = " " },
		"bad_file": func(c *port.SendMedia) { c.File = "../../etc/passwd" },
		"too_long": func(c *port.SendMedia) { c.Caption = strings.Repeat("x", 1<<17) },
		"empty":    func(c *port.SendMedia) { c.Media.Size = 0 },
		"too_big":  func(c *port.SendMedia) { c.Media.Size = media.MaxSize + 1 },
		"bad_kind": func(c *port.SendMedia) { c.Kind = model.KindSticker },
	} {
		c := good
		change(&c)
		if r := a.do(c); r.Code != code {
			t.Errorf("%s: it says %s", code, r.Code)
		}
	}
	must[model.Message](a, good)
	must[model.Message](a, good) // a repeat is harmless
	good.ID = "another"
	if r := a.do(good); r.Code != "bad_file" {
		t.Errorf("the same file twice: %s", r.Code)
	}
	c := newClient(t, a.relay.g, 3).start().connect()
	if r := c.do(port.SendMedia{}); r.Code != "no_media" {
		t.Errorf("without a place for files: %s", r.Code)
	}
}

func TestTheKeyNeverCrosses(t *testing.T) {
	_, a, b := mediaPair(t)
	must[model.Message](a, a.hand(b, model.KindImage, 1))
	b.mediaIs(a, "media1", model.MediaLocal)
	v, err := b.now().Attachment(t.Context(), b.chatWith(a), model.Ref{ID: "media1"})
	if err != nil {
		t.Fatal(err)
	}
	page := b.do(port.Messages{Chat: b.chatWith(a), Limit: 10}).Value
	for _, form := range []string{fmt.Sprintf("%x", v.Key[:]), string(must64(v.Key[:])), string(v.File)} {
		if bytes.Contains(page, []byte(form)) {
			t.Errorf("%s says %s", page, form)
		}
	}
}

func must64(b []byte) []byte {
	out, err := port.EncodeEvent(port.MessageChanged{Message: model.Message{Media: &model.Media{Thumb: b}}})
	if err != nil {
		panic(err)
	}
	_, after, _ := bytes.Cut(out, []byte(`"thumb":"`))
	before, _, _ := bytes.Cut(after, []byte(`"`))
	return before
}
