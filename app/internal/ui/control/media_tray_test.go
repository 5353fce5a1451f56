package control

import (
	"slices"
	"testing"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/ui/host"
)

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
