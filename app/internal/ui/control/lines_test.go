package control

import (
	"fmt"
	"testing"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/ui/host"
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
func (b *fakeBox) First() (model.Ref, bool) { return b.last, b.last.ID != "" }

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
	b.told = nil
	w.tell(port.MessageChanged{Message: incoming(101)})
	if b.count("places kept") != 1 {
		t.Errorf("the box was told %v", b.told)
	}
	w.top = 0
	w.c.Scrolled()
	w.tell(port.MessageChanged{Message: incoming(102)})
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
	if b.count("show t-FAR") != 0 {
		t.Error("shown before it was there")
	}
	far := incoming(7)
	far.ID = "FAR"
	b.there["t-FAR"] = true
	answer[port.Messages](w, value(port.MessagePage{Messages: []model.Message{incoming(6), far, incoming(8)}, More: true, Newer: true}))
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

func TestAJumpToTheEndIsNotUndoneByWhatTheBrowserSaysLate(t *testing.T) {
	w, b := scrolledUp(t)
	b.told = nil
	w.c.Jump()
	w.c.Scrolled() // of the scrolling before
	w.run()
	if th := w.c.View.Thread(mira); w.top != 0 || !th.AtBottom || b.count("places kept") != 0 {
		t.Errorf("the thread is at %.0f, at the bottom %v; the box was told %v", w.top, th.AtBottom, b.told)
	}
}

func TestAJumpWhoseMessageIsGoneEnds(t *testing.T) {
	for name, reply := range map[string]port.Reply{
		"not there": value(port.MessagePage{Messages: []model.Message{incoming(6), incoming(8)}}),
		"no answer": {Code: "internal"},
	} {
		t.Run(name, func(t *testing.T) {
			w, _ := scrolledUp(t)
			w.c.JumpTo(7, model.Ref{ID: "GONE"})
			w.run()
			answer[port.Messages](w, reply)
			w.top = 0
			w.c.Scrolled()
			if th := w.c.View.Thread(mira); !th.AtBottom {
				t.Error("nobody hears any more where the thread is scrolled to")
			}
		})
	}
}

func TestTheEndIsTheEndAlsoWithManyUnreadMessages(t *testing.T) {
	w := newWorld(t)
	w.account, w.known = host.Account{ID: "1", Username: "ada"}, true
	w.core.state.Chats[0].Unread, w.core.state.Chats[0].ReadUpto = 60, 40
	w.c.Start(w)
	w.run()
	b := &fakeBox{there: map[string]bool{UnreadLine: true}}
	w.c.Lines.Box = b
	w.Go(ChatPath(mira))
	w.run()
	w.height, w.top = 600, 0
	w.c.Scrolled() // nothing is at hand yet to go on from
	w.run()
	if asked := sent[port.Messages](w.core); len(asked) != 1 || asked[0].Around != 40 {
		t.Fatalf("asked for %+v", asked)
	}
	answer[port.Messages](w, value(pageOf(30, 60, true, true)))
	if b.count("show "+UnreadLine) != 1 {
		t.Fatalf("opened with %v", b.told)
	}
	w.top = -900
	w.c.Scrolled()
	w.c.Jump()
	w.run()
	answer[port.Messages](w, value(pageOf(83, 100, true, false)))
	if th := w.c.View.Thread(mira); b.count("show "+UnreadLine) != 1 || w.top != 0 || !th.AtBottom {
		t.Errorf("at %.0f, at the bottom %v; the box was told %v", w.top, th.AtBottom, b.told)
	}
	w.core.events(nil, true) // a new core took over
	w.run()
	if asked := sent[port.Messages](w.core); asked[len(asked)-1].Around != 0 {
		t.Errorf("asked for %+v where the user had been at the end", asked[len(asked)-1])
	}
}

// pageOf is a page of incoming messages.
func pageOf(from, to uint64, more, newer bool) port.MessagePage {
	p := port.MessagePage{More: more, Newer: newer}
	for i := from; i <= to; i++ {
		p.Messages = append(p.Messages, incoming(i))
	}
	return p
}

func TestANewCoreLeavesTheThreadWhereItIs(t *testing.T) {
	for name, c := range map[string]struct {
		go_    func(*world, *fakeBox)
		around uint64
	}{
		"scrolled up": {func(_ *world, b *fakeBox) { b.last = model.Ref{ID: "IN55"} }, 55},
		"on a jump":   {func(w *world, _ *fakeBox) { w.c.JumpTo(7000, model.Ref{ID: "FAR"}) }, 7000},
		"at the end":  {func(w *world, _ *fakeBox) { w.c.Jump() }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			w, b := scrolledUp(t)
			c.go_(w, b)
			w.run()
			w.core.events(nil, true)
			w.run()
			asked := sent[port.Messages](w.core)
			if last := asked[len(asked)-1]; last.Around != c.around {
				t.Errorf("asked for %+v", last)
			}
		})
	}
}

func TestScrollingIsKnownBeforeTheBrowserTells(t *testing.T) {
	w, b := scrolledUp(t)
	w.top = 0
	w.c.Scrolled()
	w.run()
	b.told = nil
	w.top = -500 // and no event yet
	w.c.post(func() { w.c.View.Apply([]port.Event{port.MessageChanged{Message: incoming(101)}}) })
	for _, fn := range w.queue {
		fn()
	}
	w.queue = nil
	w.c.LinesChange()
	w.c.LinesDrawn()
	if fmt.Sprint(b.told) != "[places noted places kept]" {
		t.Errorf("the box was told %v", b.told)
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
