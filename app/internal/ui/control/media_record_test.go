package control

import (
	"slices"
	"testing"
	"time"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/ui/host"
)

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
