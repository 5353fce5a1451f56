package worker

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"ferry/app/internal/browser/frame"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/store/memory"
)

// fakeEngine notes its commands and lets the test send events.
type fakeEngine struct {
	mu   sync.Mutex
	got  []port.Command
	fn   func([]port.Event)
	hold chan struct{} // LookUp waits for it
	slow chan struct{} // SendText waits for it; nil if it does not
	done chan port.Command
}

func newFakeEngine() *fakeEngine {
	return &fakeEngine{hold: make(chan struct{}), done: make(chan port.Command, 100)}
}

func (e *fakeEngine) Do(_ context.Context, c port.Command) port.Reply {
	if _, ok := c.(port.LookUp); ok {
		<-e.hold
	}
	if _, ok := c.(port.SendText); ok && e.slow != nil {
		<-e.slow
	}
	e.mu.Lock()
	e.got = append(e.got, c)
	e.mu.Unlock()
	e.done <- c
	return port.Reply{Value: json.RawMessage(`{}`)}
}

func (e *fakeEngine) Subscribe(fn func([]port.Event)) func() { e.fn = fn; return func() {} }

// fakePort keeps what is sent.
type fakePort struct{ frames chan frame.Frame }

func (p *fakePort) Send(b []byte) {
	f, err := frame.Parse(b)
	if err != nil {
		panic(err)
	}
	p.frames <- f
}

func (p *fakePort) next(t *testing.T, op frame.Op) frame.Frame {
	t.Helper()
	select {
	case f := <-p.frames:
		if f.Op != op {
			t.Fatalf("got op %#x, want %#x", f.Op, op)
		}
		return f
	case <-time.After(10 * time.Second):
		t.Fatalf("nothing came, want %#x", op)
	}
	panic("unreachable")
}

func (p *fakePort) quiet(t *testing.T) {
	t.Helper()
	select {
	case f := <-p.frames:
		t.Fatalf("got op %#x, id %d", f.Op, f.ID)
	default:
	}
}

// bench is a hub whose timer the test fires.
type bench struct {
	hub    *Hub
	engine *fakeEngine
	fire   func()
	idle   []bool
}

func newBench(t *testing.T) *bench {
	b := &bench{engine: newFakeEngine()}
	b.hub = NewHub(t.Context(), Config{
		Hello: frame.HelloInfo{Proto: port.Proto}, Engine: b.engine, Notes: NewNotes(memory.NewDisk().Open()),
		Idle:  func(alone bool) { b.idle = append(b.idle, alone) },
		After: func(_ time.Duration, f func()) func() { b.fire = f; return func() { b.fire = nil } },
	})
	return b
}

func (b *bench) attach(t *testing.T) (*Page, *fakePort) {
	p := &fakePort{frames: make(chan frame.Frame, 1000)}
	page := b.hub.Attach(t.Context(), p)
	p.next(t, frame.Hello)
	return page, p
}

func command(t *testing.T, id uint32, c port.Command) []byte {
	t.Helper()
	raw, err := port.EncodeCommand(c)
	if err != nil {
		t.Fatal(err)
	}
	return frame.Frame{Op: frame.Command, ID: id, Payload: raw}.Marshal()
}

func typing(n int) []port.Event {
	var out []port.Event
	for i := range n {
		out = append(out, port.PeerTyping{Chat: model.ChatID(fmt.Sprint(i))})
	}
	return out
}

func TestACommandIsAnsweredUnderItsId(t *testing.T) {
	b := newBench(t)
	page, p := b.attach(t)
	page.Receive(command(t, 7, port.Snapshot{}))
	if f := p.next(t, frame.Reply); f.ID != 7 {
		t.Errorf("answered %d", f.ID)
	}
	page.Receive(frame.Frame{Op: frame.Command, ID: 8, Payload: []byte(`{"type":"nonsense"}`)}.Marshal())
	var r port.Reply
	if f := p.next(t, frame.Reply); json.Unmarshal(f.Payload, &r) != nil || r.Code != "bad_command" {
		t.Errorf("%+v", r)
	}
	page.Receive([]byte{1})
}

func TestALookUpDoesNotHoldUpWhatFollows(t *testing.T) {
	b := newBench(t)
	page, p := b.attach(t)
	page.Receive(command(t, 1, port.LookUp{Phone: "+49"}))
	page.Receive(command(t, 2, port.SendText{Text: "a"}))
	page.Receive(command(t, 3, port.SendText{Text: "b"}))
	for _, id := range []uint32{2, 3} {
		if f := p.next(t, frame.Reply); f.ID != id {
			t.Errorf("answered %d, want %d", f.ID, id)
		}
	}
	close(b.engine.hold)
	if f := p.next(t, frame.Reply); f.ID != 1 {
		t.Errorf("answered %d", f.ID)
	}
}

func TestEventsGoOutInBatchesAndBeforeTheNextReply(t *testing.T) {
	b := newBench(t)
	page, p := b.attach(t)
	b.engine.fn(typing(batchEvents + 1))
	f := p.next(t, frame.Events)
	if all, err := frame.UnpackEvents(f.Payload); err != nil || len(all) != batchEvents || f.ID != 1 {
		t.Errorf("%d events in batch %d, %v", len(all), f.ID, err)
	}
	p.quiet(t)
	page.Receive(command(t, 1, port.Snapshot{}))
	if f := p.next(t, frame.Events); f.ID != 2 {
		t.Errorf("batch %d", f.ID)
	}
	p.next(t, frame.Reply)
	b.engine.fn(typing(1))
	p.quiet(t)
	b.fire()
	p.next(t, frame.Events)
}

func TestAPageThatDoesNotKeepUpIsSparedAndSeesTheGap(t *testing.T) {
	b := newBench(t)
	page, p := b.attach(t)
	for range frame.Window + 10 {
		b.engine.fn(typing(batchEvents))
	}
	var last uint32
	for range frame.Window {
		last = p.next(t, frame.Events).ID
	}
	p.quiet(t)
	for range frame.Window {
		page.Receive(frame.Frame{Op: frame.Seen, ID: last}.Marshal())
	}
	f := p.next(t, frame.Events)
	if f.ID != last+11 || len(f.Payload) != 0 {
		t.Errorf("batch %d of %d octets after %d", f.ID, len(f.Payload), last)
	}
}

func TestTheEngineHearsWhetherAnyPageIsLookedAt(t *testing.T) {
	b := newBench(t)
	one, p1 := b.attach(t)
	two, p2 := b.attach(t)
	one.Receive(command(t, 1, port.Active{Active: true}))
	p1.next(t, frame.Reply)
	if got := <-b.engine.done; got != (port.Active{Active: true}) {
		t.Errorf("engine got %v", got)
	}
	two.Receive(command(t, 1, port.Active{Active: true}))
	p2.next(t, frame.Reply)
	one.Leave()
	two.Receive(command(t, 2, port.Active{Active: false}))
	p2.next(t, frame.Reply)
	if got := <-b.engine.done; got != (port.Active{}) {
		t.Errorf("engine got %v", got)
	}
}

func TestTheHubSaysWhenTheLastPageIsGone(t *testing.T) {
	b := newBench(t)
	one, _ := b.attach(t)
	two, _ := b.attach(t)
	one.Receive(frame.Frame{Op: frame.Bye}.Marshal())
	one.Leave()
	two.Leave()
	if fmt.Sprint(b.idle) != "[false false true]" {
		t.Errorf("told %v", b.idle)
	}
}

func TestWhatAPageSaidLastIsDoneAndKnownToTheNext(t *testing.T) {
	for name, leave := range map[string]func(*Page){
		"said goodbye": func(p *Page) { p.Receive(frame.Frame{Op: frame.Bye}.Marshal()) },
		"died":         (*Page).Leave,
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			first := b.hub.Attach(t.Context(), &fakePort{frames: make(chan frame.Frame, 1000)})
			b.engine.slow = make(chan struct{})
			for i := range 5 {
				first.Receive(command(t, uint32(i), port.SendText{Text: fmt.Sprint(i)}))
			}
			note, err := frame.JSON(frame.SetNote, 9, frame.Note{Key: "draft:1@lid", Text: "dear"})
			if err != nil {
				t.Fatal(err)
			}
			first.Receive(note.Marshal())
			leave(first)
			next, p := b.attach(t)
			next.Receive(frame.Frame{Op: frame.Notes, ID: 1}.Marshal())
			p.quiet(t)
			close(b.engine.slow)
			var r port.Reply
			var notes []frame.Note
			if err := json.Unmarshal(p.next(t, frame.Reply).Payload, &r); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(r.Value, &notes); err != nil || len(notes) != 1 || notes[0].Text != "dear" {
				t.Errorf("the next page knows %v, %v", notes, err)
			}
			for i := range 5 {
				if c := (<-b.engine.done).(port.SendText); c.Text != fmt.Sprint(i) {
					t.Errorf("%q is done in place %d", c.Text, i)
				}
			}
		})
	}
}

func TestPagesThatHaveLeftDoNotWaitForEachOther(t *testing.T) {
	b := newBench(t)
	b.engine.slow = make(chan struct{})
	var ports []*fakePort
	for range 3 {
		page, p := b.attach(t)
		page.Receive(command(t, 1, port.SendText{}))
		page.Receive(frame.Frame{Op: frame.Notes, ID: 2}.Marshal())
		page.Leave()
		ports = append(ports, p)
	}
	close(b.engine.slow)
	for _, p := range ports {
		p.next(t, frame.Reply)
		if f := p.next(t, frame.Reply); f.ID != 2 {
			t.Errorf("answered %d", f.ID)
		}
	}
}

func TestNotesAreKeptListedAndDeleted(t *testing.T) {
	b := newBench(t)
	page, p := b.attach(t)
	set := func(id uint32, n frame.Note) port.Reply {
		f, _ := frame.JSON(frame.SetNote, id, n)
		page.Receive(f.Marshal())
		var r port.Reply
		if err := json.Unmarshal(p.next(t, frame.Reply).Payload, &r); err != nil {
			t.Fatal(err)
		}
		return r
	}
	set(1, frame.Note{Key: "draft:1@lid", Text: "dear"})
	set(2, frame.Note{Key: "draft:2@lid", Text: "hello"})
	set(3, frame.Note{Key: "draft:1@lid"})
	page.Receive(frame.Frame{Op: frame.Notes, ID: 4}.Marshal())
	var r port.Reply
	var notes []frame.Note
	if err := json.Unmarshal(p.next(t, frame.Reply).Payload, &r); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(r.Value, &notes); err != nil || len(notes) != 1 || notes[0].Text != "hello" {
		t.Errorf("%v, %v", notes, err)
	}
	if r := set(5, frame.Note{Key: "k", Text: string(make([]byte, frame.MaxNote+1))}); r.Code == "" {
		t.Error("a note of any length is taken")
	}
}

func TestACoreThatCouldNotStartSaysSo(t *testing.T) {
	h := NewHub(t.Context(), Config{Hello: frame.HelloInfo{Code: "store_lost", Error: "gone"}})
	p := &fakePort{frames: make(chan frame.Frame, 10)}
	page := h.Attach(t.Context(), p)
	var hello frame.HelloInfo
	if err := json.Unmarshal(p.next(t, frame.Hello).Payload, &hello); err != nil || hello.Code != "store_lost" {
		t.Errorf("%+v, %v", hello, err)
	}
	page.Receive(command(t, 1, port.Snapshot{}))
	var r port.Reply
	if err := json.Unmarshal(p.next(t, frame.Reply).Payload, &r); err != nil || r.Code != "store_lost" {
		t.Errorf("%+v, %v", r, err)
	}
}
