package control

import (
	"errors"
	"slices"
	"testing"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/ui/host"
)

// fakeFiles is a browser's way with files that a test plays.
type fakeFiles struct {
	host.NoAttachments
	files     func([]host.Picked)
	drag      func(bool)
	accept    []string
	handed    []model.FileID
	refuse    map[model.FileID]bool
	discarded []model.FileID
	record    func(host.Recording)
	kept      []bool // how recordings were ended
	silent    bool   // recordings hold nothing
	blob      func(string, error)
	url       string
	freed     []string
}

func (f *fakeFiles) OnFiles(fn func([]host.Picked)) { f.files = fn }
func (f *fakeFiles) OnDrag(fn func(bool))           { f.drag = fn }
func (f *fakeFiles) Pick(accept string)             { f.accept = append(f.accept, accept) }
func (f *fakeFiles) Discard(id model.FileID)        { f.discarded = append(f.discarded, id) }
func (f *fakeFiles) Record(fn func(host.Recording)) { f.record = fn }
func (f *fakeFiles) FreeBlob(url string)            { f.freed = append(f.freed, url) }

func (f *fakeFiles) HandOver(id model.FileID, done func(error)) {
	f.handed = append(f.handed, id)
	if f.refuse[id] {
		done(errors.New("gone"))
		return
	}
	done(nil)
}

func (f *fakeFiles) StopRecording(keep bool, done func(host.Picked, error)) {
	f.kept = append(f.kept, keep)
	switch {
	case keep && f.silent:
		done(host.Picked{}, errors.New("nothing was recorded"))
	case keep:
		done(host.Picked{File: "voice", Media: model.Media{Size: 9, Seconds: 3}, URL: "blob:voice"}, nil)
	}
}

func (f *fakeFiles) MediaURL(model.ChatID, model.Ref) string { return f.url }

func (f *fakeFiles) MediaBlob(_ model.ChatID, _ model.Ref, done func(string, error)) { f.blob = done }

// fakeSound notes what is asked of it.
type fakeSound struct {
	did  []string
	rate float64
}

func (s *fakeSound) Play(url string, _, rate float64) {
	s.did, s.rate = append(s.did, "play "+url), rate
}
func (s *fakeSound) Pause()            { s.did = append(s.did, "pause") }
func (s *fakeSound) Seek(float64)      { s.did = append(s.did, "seek") }
func (s *fakeSound) Rate(rate float64) { s.rate = rate }
func (s *fakeSound) Stop()             { s.did = append(s.did, "stop") }

// withFiles is the open chat with Mira in a browser that can do things with files.
func withFiles(t *testing.T) (*world, *fakeFiles) {
	w := signedIn(t)
	f := &fakeFiles{url: "/media"}
	w.c.files = f
	w.c.startMedia()
	return w, f
}

func picture(id model.FileID) host.Picked {
	return host.Picked{File: id, Kind: model.KindImage, Media: model.Media{Name: string(id) + ".jpg", Size: 10, Width: 4, Height: 3}, URL: "blob:" + string(id)}
}

func (w *world) picks(f *fakeFiles, files ...host.Picked) {
	f.files(files)
	w.run()
}

func voice(order uint64) model.Message {
	m := incoming(order)
	m.Kind, m.Media = model.KindVoice, &model.Media{State: model.MediaLocal, Seconds: 4}
	return m
}

func TestVoiceMessagesPlayOneAfterTheOtherAndAreToldOf(t *testing.T) {
	w, _ := withFiles(t)
	s := &fakeSound{}
	w.c.SetSound(s)
	heard := voice(4)
	heard.Media.Played = true
	w.tell(port.MessageChanged{Message: voice(2)}, port.MessageChanged{Message: voice(3)}, port.MessageChanged{Message: heard})
	w.c.PlayerToggle(KeyOf(voice(2)))
	w.c.PlayerEnded()
	w.c.PlayerEnded()
	if !slices.Equal(s.did, []string{"play /media", "play /media"}) || w.c.Media.Player.On {
		t.Errorf("did %v", s.did)
	}
	played := sent[port.Played](w.core)
	if len(played) != 2 || played[0].Target.ID != "IN2" || played[1].Target.ID != "IN3" {
		t.Errorf("told of %+v", played)
	}
}

func TestSpeedIsKeptFromMessageToMessage(t *testing.T) {
	w, _ := withFiles(t)
	s := &fakeSound{}
	w.c.SetSound(s)
	w.tell(port.MessageChanged{Message: voice(2)}, port.MessageChanged{Message: voice(3)})
	w.c.PlayerToggle(KeyOf(voice(2)))
	w.c.PlayerFaster()
	w.c.PlayerToggle(KeyOf(voice(3)))
	if s.rate != 1.5 || w.c.Media.Player.Key != KeyOf(voice(3)) {
		t.Errorf("rate %v", s.rate)
	}
	w.c.PlayerFaster()
	w.c.PlayerFaster()
	if s.rate != 1 {
		t.Errorf("rate %v after all of them", s.rate)
	}
}

func TestSoundWaitsForItsAddress(t *testing.T) {
	w, f := withFiles(t)
	f.url = ""
	s := &fakeSound{}
	w.c.SetSound(s)
	w.tell(port.MessageChanged{Message: voice(2)})
	w.c.PlayerToggle(KeyOf(voice(2)))
	if len(s.did) != 0 || !w.c.Media.Player.Wait {
		t.Fatalf("did %v", s.did)
	}
	f.blob("blob:1", nil)
	w.run()
	if !slices.Equal(s.did, []string{"play blob:1"}) {
		t.Errorf("did %v", s.did)
	}
	w.tell(port.MessageDeleted{Chat: mira, ID: "IN2"})
	if !slices.Equal(f.freed, []string{"blob:1"}) || w.c.Media.Player.Loaded {
		t.Errorf("a deleted message still plays; freed %v", f.freed)
	}
}

func TestAnAddressThatDoesNotWorkGivesWayToACopy(t *testing.T) {
	w, f := withFiles(t)
	s := &fakeSound{}
	w.c.SetSound(s)
	w.tell(port.MessageChanged{Message: voice(2)})
	w.c.PlayerToggle(KeyOf(voice(2)))
	w.c.PlayerFailed()
	f.blob("blob:1", nil)
	w.run()
	if !slices.Equal(s.did, []string{"play /media", "play blob:1"}) || !w.c.Media.Player.On {
		t.Errorf("did %v", s.did)
	}
	w.c.PlayerFailed()
	if p := w.c.Media.Player; p.On || !p.Bad {
		t.Errorf("it goes on trying: %+v", p)
	}
}

func TestSoundStopsWhenItsChatIsLeft(t *testing.T) {
	w, _ := withFiles(t)
	s := &fakeSound{}
	w.c.SetSound(s)
	w.tell(port.MessageChanged{Message: voice(2)})
	w.c.PlayerToggle(KeyOf(voice(2)))
	w.Go(PathChats)
	if w.c.Media.Player.On || !slices.Contains(s.did, "pause") {
		t.Errorf("did %v", s.did)
	}
}

func TestCopiesInMemoryAreBounded(t *testing.T) {
	w, f := withFiles(t)
	f.url = ""
	for i := range uint64(maxBlobs + 10) {
		m := incoming(i + 2)
		w.c.Source(KeyOf(m), true)
		f.blob("blob:x", nil)
		w.run()
	}
	if n := len(w.c.Media.blobs); n > maxBlobs {
		t.Errorf("%d copies are held", n)
	}
	if w.c.Source(MediaKey{Chat: mira}, false) != "" {
		t.Error("a film was copied into memory")
	}
}

func TestProgressReachesOnlyWhatIsDrawn(t *testing.T) {
	w, _ := withFiles(t)
	k := KeyOf(voice(2))
	drawn := 0
	end := w.c.Drawn(k, func() { drawn++ })
	w.tell(port.Moved{Chat: mira, Ref: k.Ref, Done: 1, Total: 2})
	w.tell(port.Moved{Chat: mira, Ref: model.Ref{ID: "other"}, Done: 1, Total: 2})
	end()
	w.tell(port.Moved{Chat: mira, Ref: k.Ref, Done: 2, Total: 2})
	if m, ok := w.c.Moved(k); drawn != 1 || !ok || m.Done != 2 {
		t.Errorf("drawn %d times, at %+v", drawn, m)
	}
	w.tell(port.MessageChanged{Message: voice(2)})
	if _, ok := w.c.Moved(k); ok {
		t.Error("a transfer that has ended is still shown")
	}
}

func TestAskingForItAgainAnswersTheMessage(t *testing.T) {
	w, _ := withFiles(t)
	w.c.AskAgain(KeyOf(incoming(1)))
	w.run()
	if w.c.Replying == nil || w.c.Replying.Ref.ID != "IN1" || w.c.Text == "" || w.values["composer"] != w.c.Text || w.focus != "composer" {
		t.Errorf("composer %q, answering %+v", w.c.Text, w.c.Replying)
	}
	w.types("mine")
	w.c.AskAgain(KeyOf(incoming(1)))
	w.run()
	if w.c.Text != "mine" {
		t.Error("what was typed is gone")
	}
}

func TestTheViewerGoesThroughThePicturesOfTheChat(t *testing.T) {
	w, _ := withFiles(t)
	for order := uint64(2); order < 5; order++ {
		m := incoming(order)
		m.Kind, m.Media = model.KindImage, &model.Media{State: model.MediaLocal, MIME: "image/png"}
		if order == 3 {
			m.Media.MIME = "image/svg+xml" // may hold a program: a document
		}
		w.tell(port.MessageChanged{Message: m})
	}
	w.c.OpenViewer(KeyOf(incoming(2)))
	w.c.ViewerStep(1)
	w.c.ViewerStep(1)
	if m, n, total, ok := w.c.ViewerAt(); !ok || m.ID != "IN4" || n != 2 || total != 2 {
		t.Errorf("%s is %d of %d", m.ID, n, total)
	}
	w.tell(port.MessageDeleted{Chat: mira, ID: "IN4"})
	if _, _, _, ok := w.c.ViewerAt(); ok {
		t.Error("a deleted picture is still shown")
	}
	w.c.OpenViewer(KeyOf(incoming(2)))
	if !w.c.Escape() || w.c.Media.Viewer != nil || w.c.Route.Chat != mira {
		t.Error("Escape does not close it, or more than it")
	}
}
