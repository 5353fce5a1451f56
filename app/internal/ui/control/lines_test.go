package control

import (
	"fmt"
	"testing"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
)

// fakeBox notes what it is told.
type fakeBox struct {
	told  []string
	there map[string]bool // lines that are drawn
	last  model.Ref
}

func (b *fakeBox) Note() { b.told = append(b.told, "places noted") }
func (b *fakeBox) Keep() { b.told = append(b.told, "places kept") }
func (b *fakeBox) Show(line string, how Showing) bool {
	if b.there[line] {
		b.told = append(b.told, "show "+line)
	}
	return b.there[line]
}
func (b *fakeBox) Last() (model.Ref, bool) { return b.last, b.last.ID != "" }

func (b *fakeBox) count(what string) (n int) {
	for _, t := range b.told {
		if t == what {
			n++
		}
	}
	return n
}

// scrolledUp is a world with a hundred messages at hand, in the middle of them.
func scrolledUp(t *testing.T) (*world, *fakeBox) {
	w := signedIn(t)
	for i := uint64(2); i <= 100; i++ {
		w.tell(port.MessageChanged{Message: incoming(i)})
	}
	b := &fakeBox{there: map[string]bool{}}
	w.c.Lines.Box = b
	w.height, w.top = 6000, -3000
	w.c.Scrolled()
	w.run()
	return w, b
}

func TestWhatIsAddedDoesNotMoveWhatIsRead(t *testing.T) {
	w, b := scrolledUp(t)
	w.tell(port.MessageChanged{Message: incoming(101)})
	w.c.LinesDrawn()
	if b.count("places kept") != 1 {
		t.Errorf("the box was told %v", b.told)
	}
	w.top = 0
	w.c.Scrolled()
	w.tell(port.MessageChanged{Message: incoming(102)})
	w.c.LinesDrawn()
	if b.count("places kept") != 1 {
		t.Error("at the end, the place above it was kept")
	}
}

func TestAJumpWaitsForItsMessage(t *testing.T) {
	w, b := scrolledUp(t)
	w.c.View.Thread(mira).More = true
	w.c.JumpTo(7, model.Ref{ID: "FAR"})
	w.run()
	pages := sent[port.Messages](w.core)
	if last := pages[len(pages)-1]; last.Around != 7 {
		t.Fatalf("asked for %+v", last)
	}
	w.c.LinesDrawn()
	if b.count("show t-FAR") != 0 {
		t.Error("shown before it was there")
	}
	far := incoming(7)
	far.ID = "FAR"
	answer[port.Messages](w, value(port.MessagePage{Messages: []model.Message{incoming(6), far, incoming(8)}, More: true, Newer: true}))
	b.there["t-FAR"] = true
	w.c.LinesDrawn()
	if b.count("show t-FAR") != 1 {
		t.Errorf("the box was told %v", b.told)
	}
	if th := w.c.View.Thread(mira); !th.Cut || th.AtBottom || th.Len() != 3 {
		t.Errorf("after the jump: cut %v, at the bottom %v, %d at hand", th.Cut, th.AtBottom, th.Len())
	}
	w.c.LinesDrawn()
	if b.count("show t-FAR") != 1 {
		t.Error("shown again without a jump")
	}
}

func TestAPageThatAJumpOvertookIsDropped(t *testing.T) {
	w, _ := scrolledUp(t)
	w.c.View.Thread(mira).More = true
	w.c.LoadOlder()
	older := len(w.core.replies) - 1
	w.c.JumpTo(5000, model.Ref{ID: "X"})
	answer[port.Messages](w, value(port.MessagePage{Messages: []model.Message{incoming(5000)}, More: true, Newer: true}))
	w.core.replies[older](value(port.MessagePage{Messages: []model.Message{incoming(0)}}))
	w.run()
	if th := w.c.View.Thread(mira); th.Len() != 1 || th.Oldest() != 5000 || !th.More {
		t.Errorf("%d at hand from %d, more %v", th.Len(), th.Oldest(), th.More)
	}
}

func TestMessagesReadOnTheWayDownAreTold(t *testing.T) {
	w, b := scrolledUp(t)
	w.c.View.PutChat(model.Chat{ID: mira, Unread: 60, ReadUpto: 40})
	th := w.c.View.Thread(mira)
	th.Told(0)
	before := len(sent[port.MarkRead](w.core))
	w.tell(port.MessageChanged{Message: incoming(200)})
	b.last = model.Ref{ID: "IN200"}
	w.c.Scrolled()
	w.run()
	reads := sent[port.MarkRead](w.core)
	if len(reads) != before+1 || reads[len(reads)-1].Upto != 200 {
		t.Errorf("told %+v", reads[before:])
	}
}

func TestTypingDrawsNoLine(t *testing.T) {
	w := signedIn(t)
	w.c.LinesTurn()
	at := w.c.LinesTurn()
	w.types("x")
	if got := w.c.LinesTurn(); got != at {
		t.Error("typing draws the lines")
	}
	w.tell(port.MessageChanged{Message: incoming(2)})
	w.types("y")
	if got := w.c.LinesTurn(); got == at {
		t.Error("a message that came just before is not drawn")
	}
}

func TestTheNextPageIsFetchedOnTheWayThatTheUserGoes(t *testing.T) {
	for _, c := range []struct {
		name       string
		from, to   float64
		want, skip func(port.Messages) bool
	}{
		{"up", -3000, -5200, func(m port.Messages) bool { return m.Before != 0 }, func(m port.Messages) bool { return m.After != 0 }},
		{"down", -3000, -300, func(m port.Messages) bool { return m.After != 0 }, func(m port.Messages) bool { return m.Before != 0 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, _ := scrolledUp(t)
			th := w.c.View.Thread(mira)
			for i := uint64(101); i <= 120; i++ {
				w.tell(port.MessageChanged{Message: incoming(i)})
			}
			th.More, th.Cut = true, true
			w.top = c.from
			w.c.Scrolled()
			n := len(sent[port.Messages](w.core))
			w.top = c.to
			w.c.Scrolled()
			asked := sent[port.Messages](w.core)[n:]
			if len(asked) != 1 || !c.want(asked[0]) || c.skip(asked[0]) {
				t.Errorf("asked for %s", fmt.Sprint(asked))
			}
		})
	}
}
