package control

import (
	"errors"
	"slices"
	"testing"
	"time"

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

func TestPickedFilesAreSentInTheirOrderWithTheirCaptions(t *testing.T) {
	w, f := withFiles(t)
	w.picks(f, picture("a"), picture("b"))
	w.c.TrayShow(1)
	w.c.TrayCaption("  second ")
	w.c.Replying = &Replying{Ref: model.Ref{ID: "IN1"}}
	w.c.TraySend()
	if w.c.Tray() != nil {
		t.Error("the tray stays open")
	}
	w.run()
	all := sent[port.SendMedia](w.core)
	if len(all) != 2 || !slices.Equal(f.handed, []model.FileID{"a", "b"}) {
		t.Fatalf("sent %+v, handed over %v", all, f.handed)
	}
	if all[0].Caption != "" || all[1].Caption != "second" || all[0].Kind != model.KindImage || all[0].Original {
		t.Errorf("sent %+v", all)
	}
	if all[0].ReplyTo == nil || all[0].ReplyTo.ID != "IN1" || all[1].ReplyTo != nil || w.c.Replying != nil {
		t.Errorf("the answer goes with %+v and %+v", all[0].ReplyTo, all[1].ReplyTo)
	}
	if len(f.discarded) != 0 {
		t.Errorf("let go of %v", f.discarded)
	}
}

func TestAPickerThatIsLeftDoesNotChangeHowAPhotoGoesThatIsDroppedLater(t *testing.T) {
	w, f := withFiles(t)
	w.c.Attach(true)
	w.picks(f)
	w.picks(f, picture("a"))
	if w.c.Tray().Original {
		t.Error("the photo would go as a file, with its place and camera")
	}
}

// WhatsApp's audio messages carry no text.
func TestASongWithACaptionIsSentAsAFile(t *testing.T) {
	w, f := withFiles(t)
	song := func(id model.FileID) host.Picked {
		return host.Picked{File: id, Kind: model.KindAudio, Media: model.Media{Size: 10, Seconds: 7}}
	}
	w.picks(f, song("bare"), song("told"))
	w.c.TrayShow(1)
	w.c.TrayCaption("listen")
	w.c.TraySend()
	w.run()
	all := sent[port.SendMedia](w.core)
	if len(all) != 2 || all[0].Kind != model.KindAudio || all[1].Kind != model.KindDocument || all[1].Caption != "listen" {
		t.Errorf("sent %+v", all)
	}
}

func TestWhatCannotBeSentStaysBehind(t *testing.T) {
	w, f := withFiles(t)
	big := picture("big")
	big.Media.Size = MaxFile + 1
	w.picks(f, host.Picked{File: "none", Err: "empty"}, big, picture("good"))
	if n := w.c.Tray().Good(); n != 1 {
		t.Errorf("%d files can be sent", n)
	}
	w.c.TraySend()
	w.run()
	if all := sent[port.SendMedia](w.core); len(all) != 1 || all[0].File != "good" {
		t.Errorf("sent %+v", all)
	}
	if !slices.Equal(f.discarded, []model.FileID{"none", "big"}) {
		t.Errorf("let go of %v", f.discarded)
	}
}

func TestAFileThatCouldNotBeHandedOverIsBackInTheTray(t *testing.T) {
	w, f := withFiles(t)
	f.refuse = map[model.FileID]bool{"a": true}
	w.picks(f, picture("a"), picture("b"))
	before := len(w.c.View.Items(w.c.View.Thread(mira)))
	w.c.TraySend()
	w.run()
	if all := sent[port.SendMedia](w.core); len(all) != 1 || all[0].File != "b" {
		t.Errorf("sent %+v", all)
	}
	tray := w.c.Tray()
	if tray == nil || len(tray.Files) != 1 || tray.Files[0].File != "a" || tray.Files[0].Bad() != "not_handed" {
		t.Fatalf("tray %+v", tray)
	}
	if after := len(w.c.View.Items(w.c.View.Thread(mira))); after > before+2 {
		t.Errorf("the message that was not sent is still shown: %d lines", after)
	}
}

func TestFilesGoUnchangedOnlyIfChosen(t *testing.T) {
	w, f := withFiles(t)
	w.c.Attach(true)
	w.picks(f, picture("a"))
	if !w.c.Tray().Original {
		t.Error("what was picked as a document goes as a photo")
	}
	w.c.TraySend()
	w.run()
	w.c.Attach(false)
	w.picks(f, picture("b"))
	w.c.TraySend()
	w.run()
	all := sent[port.SendMedia](w.core)
	if !all[0].Original || all[0].Kind != model.KindDocument || all[1].Original || all[1].Kind != model.KindImage {
		t.Errorf("sent %+v", all)
	}
	if f.accept[0] != "" || f.accept[1] != acceptShown {
		t.Errorf("picked %q", f.accept)
	}
}

func TestFilesGivenBeforeAnythingIsKnownAreNotLost(t *testing.T) {
	for _, stays := range []bool{true, false} {
		w, f := withFiles(t)
		w.c.View.Ready, w.c.View.Self = false, model.Self{}
		w.picks(f, picture("a"))
		more := picture("a")
		more.Media.Width = 9
		w.picks(f, more)
		if w.c.Tray() != nil || len(f.discarded) != 0 {
			t.Fatalf("before: %+v, let go of %v", w.c.Tray(), f.discarded)
		}
		if !stays {
			w.Go(PathChats)
		}
		w.c.snapshot()
		w.run()
		switch {
		case !stays:
			if !slices.Equal(f.discarded, []model.FileID{"a"}) {
				t.Errorf("who has gone elsewhere lets go of %v", f.discarded)
			}
		case w.c.Tray() == nil || len(w.c.Tray().Files) != 1 || w.c.Tray().Files[0].Media.Width != 9:
			t.Errorf("then: %+v", w.c.Tray())
		}
	}
}

func TestEscapeAsksBeforeFilesAreDiscarded(t *testing.T) {
	w, f := withFiles(t)
	w.picks(f, picture("a"))
	w.c.Escape()
	w.run()
	if w.c.Ask == nil || w.c.Tray() == nil {
		t.Fatal("it does not ask")
	}
	w.c.Escape()
	w.run()
	if w.c.Ask != nil || w.c.Tray() == nil || len(f.discarded) != 0 {
		t.Fatal("no is not taken for an answer")
	}
	w.c.Escape()
	w.c.Confirm()
	w.run()
	if w.c.Tray() != nil || len(f.discarded) != 1 {
		t.Errorf("the tray is still there, let go of %v", f.discarded)
	}
}

func TestEachChatKeepsItsTray(t *testing.T) {
	w, f := withFiles(t)
	w.picks(f, picture("a"))
	w.Go(PathChats)
	w.run()
	if w.c.Tray() != nil {
		t.Error("a tray is shown without a chat")
	}
	w.Go(ChatPath(mira))
	w.run()
	if w.c.Tray() == nil || len(w.c.Tray().Files) != 1 {
		t.Error("the tray is empty")
	}
}

func TestFilesAreSentWhenTheyHaveBeenLookedAt(t *testing.T) {
	looking := picture("a")
	looking.Looking, looking.Media.Width = true, 0
	for name, c := range map[string]struct {
		then   func(*world, *fakeFiles)
		width  int
		unsent bool
	}{
		"more is known":          {then: func(w *world, f *fakeFiles) { w.picks(f, picture("a")) }, width: 4},
		"nothing more comes":     {then: func(w *world, _ *fakeFiles) { w.pass(lookMost) }},
		"the chat is left":       {then: func(w *world, _ *fakeFiles) { w.c.Go("/"); w.run() }},
		"it is taken back":       {then: func(w *world, f *fakeFiles) { w.c.AskDiscard(); w.picks(f, picture("a")) }, unsent: true},
		"it is to be sent twice": {then: func(w *world, f *fakeFiles) { w.c.TraySend(); w.picks(f, picture("a")) }, width: 4},
	} {
		t.Run(name, func(t *testing.T) {
			w, f := withFiles(t)
			w.picks(f, looking)
			w.c.TraySend()
			w.run()
			if len(sent[port.SendMedia](w.core)) > 0 || w.c.Tray() == nil || !w.c.Tray().Sending() {
				t.Fatal("it does not wait")
			}
			c.then(w, f)
			all := sent[port.SendMedia](w.core)
			if c.unsent != (len(all) == 0) || !c.unsent && (len(all) != 1 || all[0].Media.Width != c.width) {
				t.Errorf("sent %+v", all)
			}
		})
	}
}

func TestLaterNewsOfAFileChangesItsPlaceInTheTray(t *testing.T) {
	w, f := withFiles(t)
	w.picks(f, picture("a"), picture("b"))
	seen := picture("a")
	seen.Media.Thumb = []byte{1}
	w.picks(f, seen)
	if files := w.c.Tray().Files; len(files) != 2 || len(files[0].Media.Thumb) != 1 {
		t.Errorf("tray %+v", files)
	}
	var many []host.Picked
	for i := range 40 {
		many = append(many, picture(model.FileID(rune('c'+i))))
	}
	w.picks(f, many...)
	if tray := w.c.Tray(); len(tray.Files) != MaxFiles || !tray.Left || len(f.discarded) != 12 {
		t.Errorf("%d files, %d let go of", len(tray.Files), len(f.discarded))
	}
}

func TestAnAttachmentThatTheEngineCouldNotTakeCanBeSentAgain(t *testing.T) {
	w, f := withFiles(t)
	w.picks(f, picture("a"))
	w.c.TraySend()
	w.run()
	answer[port.SendMedia](w, port.Reply{Code: "store_full"})
	id := sent[port.SendMedia](w.core)[0].ID
	if m, ok := w.c.View.Thread(mira).Find(true, id); !ok || m.State != model.Failed {
		t.Fatalf("shown as %+v", m)
	}
	w.c.RetrySend(id)
	w.run()
	if all := sent[port.SendMedia](w.core); len(all) != 2 || all[1].ID != id || len(sent[port.SendText](w.core)) != 0 {
		t.Errorf("sent again as %+v", all)
	}
}

func TestAHeldRecordingIsSentWhenItIsLetGo(t *testing.T) {
	w, f := withFiles(t)
	w.c.RecordStart(false)
	f.record(host.Recording{On: true, Seconds: 0.2})
	w.run()
	f.record(host.Recording{On: true, Seconds: 2.5, Level: 0.5})
	w.run()
	w.c.RecordRelease()
	w.run()
	all := sent[port.SendMedia](w.core)
	if len(all) != 1 || all[0].Kind != model.KindVoice || all[0].File != "voice" || !slices.Equal(f.kept, []bool{true}) {
		t.Fatalf("sent %+v, ended %v", all, f.kept)
	}
	if w.c.Recorder() != nil {
		t.Error("the recorder is still there")
	}
	told := sent[port.Typing](w.core)
	if len(told) == 0 || !told[0].Recording || told[len(told)-1].Recording {
		t.Errorf("the peer was told %+v", told)
	}
}

func TestATapRecordsUntilTold(t *testing.T) {
	w, f := withFiles(t)
	w.c.RecordStart(false)
	f.record(host.Recording{On: true, Seconds: 0.1})
	w.run()
	w.c.RecordRelease()
	w.run()
	if r := w.c.Recorder(); r == nil || !r.Locked || !r.On || w.focus != "record-send" {
		t.Fatalf("recorder %+v, focus on %q", r, w.focus)
	}
	w.c.RecordStop()
	w.run()
	if r := w.c.Recorder(); r == nil || r.Done == nil || r.On {
		t.Fatalf("nothing to listen to: %+v", r)
	}
	w.c.RecordSend()
	w.run()
	if n := len(sent[port.SendMedia](w.core)); n != 1 || w.c.Recorder() != nil {
		t.Errorf("%d sent", n)
	}
}

func TestSlidingAwayDiscardsAndSlidingUpLocks(t *testing.T) {
	w, f := withFiles(t)
	w.c.RecordStart(false)
	w.c.RecordSlide(10, slideUp)
	if !w.c.Recorder().Locked {
		t.Error("sliding up does not lock")
	}
	w.c.RecordCancel()
	w.c.RecordStart(false)
	w.c.RecordSlide(slideAway, 0)
	w.run()
	if w.c.Recorder() != nil || !slices.Equal(f.kept, []bool{false, false}) || len(sent[port.SendMedia](w.core)) != 0 {
		t.Errorf("ended %v", f.kept)
	}
}

func TestAMicrophoneThatDoesNotWorkIsExplained(t *testing.T) {
	for _, why := range []string{"denied", "no_microphone", "failed"} {
		w, f := withFiles(t)
		w.c.RecordStart(true)
		f.record(host.Recording{Err: why})
		w.run()
		if r := w.c.Recorder(); r == nil || r.On || r.Err != why {
			t.Errorf("%s: %+v", why, r)
		}
		w.c.RecordStart(true) // tries again
		if r := w.c.Recorder(); !r.On || r.Err != "" {
			t.Errorf("%s: does not try again", why)
		}
	}
}

func TestARecordingThatHasHardlyBegunIsNoFailure(t *testing.T) {
	for seconds, failed := range map[float64]bool{0.1: false, 5: true} {
		w, f := withFiles(t)
		f.silent = true
		w.c.RecordStart(true)
		f.record(host.Recording{On: true, Seconds: seconds})
		w.run()
		w.c.RecordSend()
		w.run()
		if r := w.c.Recorder(); failed != (r != nil && r.Err == "failed") || failed == (w.c.Toast != nil) {
			t.Errorf("after %v seconds: recorder %+v, toast %+v", seconds, r, w.c.Toast)
		}
	}
}

func TestARecordingIsKeptWhenItsChatIsLeft(t *testing.T) {
	w, f := withFiles(t)
	w.c.RecordStart(true)
	f.record(host.Recording{On: true, Seconds: 20})
	w.run()
	w.Go(PathChats)
	w.run()
	w.Go(ChatPath(mira))
	w.run()
	if r := w.c.Recorder(); r == nil || r.Done == nil {
		t.Errorf("recorder %+v", r)
	}
	w.c.Escape()
	if w.c.Ask == nil {
		t.Error("it is discarded without a question")
	}
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

func TestTheRecordingIsToldOfNowAndThen(t *testing.T) {
	w, f := withFiles(t)
	w.c.RecordStart(true)
	for i := range 40 { // for twenty seconds
		w.pass(500 * time.Millisecond)
		f.record(host.Recording{On: true, Seconds: float64(i) / 2})
		w.run()
	}
	w.c.RecordCancel()
	told := sent[port.Typing](w.core)
	if len(told) < 3 || len(told) > 5 || told[len(told)-1].Composing {
		t.Errorf("told %+v", told)
	}
}
