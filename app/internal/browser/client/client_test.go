package client

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"ferry/app/internal/browser/frame"
	"ferry/app/internal/browser/worker"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/store/memory"
)

// world has cores that the test kills, on the real hub, with everything in the
// order in which a browser would do it: frames wait in a queue until pump.
type world struct {
	mu      sync.Mutex // guards dead and timers
	t       *testing.T
	disk    *memory.Disk
	core    *core
	cores   int
	dead    func()
	timers  []func()
	hello   frame.HelloInfo // template
	mourned chan struct{}
	ending  bool // the next core says that it is ending
	closing bool // the next core takes the port and says nothing
	client  *Client
}

type core struct {
	hub    *worker.Hub
	page   *worker.Page
	engine *engine
	out    chan []byte // to the page
	cancel context.CancelFunc
}

// engine answers SendText and says nothing to LookUp until it is told.
type engine struct {
	fn   func([]port.Event)
	got  chan port.Command
	mute bool
}

func (e *engine) Do(ctx context.Context, c port.Command) port.Reply {
	e.got <- c
	if e.mute {
		<-ctx.Done()
	}
	return port.Reply{Value: json.RawMessage(`{}`)}
}
func (e *engine) Subscribe(fn func([]port.Event)) func() { e.fn = fn; return func() {} }

type toPage struct{ out chan []byte }

func (p toPage) Send(b []byte) { p.out <- b }

type toCore struct{ page *worker.Page }

func (p toCore) Send(b []byte) { p.page.Receive(b) }
func (p toCore) Close()        {}

type noPort struct{}

func (noPort) Send([]byte) {}
func (noPort) Close()      {}

func newWorld(t *testing.T) *world {
	w := &world{t: t, disk: memory.NewDisk(), hello: frame.HelloInfo{Proto: port.Proto}}
	w.start()
	return w
}

func (w *world) start() {
	w.client = New(Config{
		Spawn: w.spawn,
		Mourn: func(_ string, dead func()) func() {
			w.mu.Lock()
			w.dead = dead
			w.mu.Unlock()
			if w.mourned != nil {
				w.mourned <- struct{}{}
			}
			return func() {}
		},
		After: func(_ time.Duration, f func()) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.timers = append(w.timers, f)
		},
		Lock: func(held func(string)) { held("page") },
	})
}

func (w *world) spawn(receive func([]byte)) (Port, error) {
	w.cores++
	if w.closing {
		w.closing = false
		return noPort{}, nil
	}
	ctx, cancel := context.WithCancel(w.t.Context())
	c := &core{engine: &engine{got: make(chan port.Command, 100)}, out: make(chan []byte, 1000), cancel: cancel}
	hello := w.hello
	hello.Instance = fmt.Sprint(w.cores)
	if w.ending {
		hello.Ending, w.ending = true, false
	}
	c.hub = worker.NewHub(ctx, worker.Config{Hello: hello, Engine: c.engine, Notes: worker.NewNotes(w.disk.Open())})
	c.page = c.hub.Attach(ctx, toPage{c.out})
	w.core = c
	go func() {
		for {
			select {
			case b := <-c.out:
				receive(b)
			case <-ctx.Done():
				return
			}
		}
	}()
	return toCore{c.page}, nil
}

// kill ends the core as a crash would.
func (w *world) kill() {
	w.core.cancel()
	w.mu.Lock()
	dead := w.dead
	w.mu.Unlock()
	dead()
}

// takeTimers gives the timers set so far, once.
func (w *world) takeTimers() []func() {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := w.timers
	w.timers = nil
	return out
}

func await[T any](t *testing.T, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(10 * time.Second):
		t.Fatal("nothing came")
	}
	panic("unreachable")
}

func ask(c *Client, cmd port.Command) <-chan port.Reply {
	out := make(chan port.Reply, 1)
	c.Do(cmd, func(r port.Reply) { out <- r })
	return out
}

type told struct {
	events []port.Event
	resync bool
}

func follow(c *Client) <-chan told {
	out := make(chan told, 1000)
	c.Subscribe(func(events []port.Event, resync bool) { out <- told{events, resync} })
	return out
}

func TestCommandsAreAnsweredAndEventsHandedOver(t *testing.T) {
	w := newWorld(t)
	events := follow(w.client)
	if r := await(t, ask(w.client, port.Snapshot{})); r.Code != "" {
		t.Errorf("%+v", r)
	}
	w.core.engine.fn([]port.Event{port.PeerTyping{Chat: "1@lid"}})
	if got := await(t, events); got.resync || len(got.events) != 1 {
		t.Errorf("%+v", got)
	}
}

func TestAnUnansweredCommandGoesToTheNextCore(t *testing.T) {
	w := newWorld(t)
	await(t, ask(w.client, port.Snapshot{}))
	events := follow(w.client)
	w.core.engine.mute = true
	first := ask(w.client, port.SendText{ID: "A"})
	second := ask(w.client, port.SendText{ID: "B"})
	await(t, w.core.engine.got) // the snapshot
	await(t, w.core.engine.got) // A, not answered
	w.kill()
	await(t, first)
	await(t, second)
	for _, want := range []string{"A", "B"} {
		if got := await(t, w.core.engine.got).(port.SendText); string(got.ID) != want {
			t.Errorf("the new core got %s, want %s", got.ID, want)
		}
	}
	if got := await(t, events); !got.resync {
		t.Error("nobody was told to ask for the state again")
	}
}

func TestAGapInTheEventsAsksForTheState(t *testing.T) {
	w := newWorld(t)
	await(t, ask(w.client, port.Snapshot{}))
	events := follow(w.client)
	w.client.events(frame.Frame{Op: frame.Events, ID: 5})
	if got := await(t, events); !got.resync {
		t.Errorf("%+v", got)
	}
}

func TestCoresThatKeepDyingAreGivenUp(t *testing.T) {
	w := newWorld(t)
	events := follow(w.client)
	for _, pause := range pauses {
		await(t, ask(w.client, port.Snapshot{}))
		calm := w.takeTimers()
		w.kill()
		if pause > 0 { // else the next core is there, and what was set is the patience with it
			for _, f := range w.takeTimers() {
				f()
			}
		}
		for _, f := range calm {
			f() // of a round that is over: does nothing
		}
	}
	await(t, ask(w.client, port.Snapshot{}))
	w.kill()
	for {
		got := await(t, events)
		if len(got.events) == 1 {
			if h, ok := got.events[0].(port.Halted); !ok || h.Reason != "internal" {
				t.Errorf("%+v", got)
			}
			break
		}
	}
	if r := await(t, ask(w.client, port.Snapshot{})); r.Code != "stopped" {
		t.Errorf("%+v", r)
	}
}

func TestAHaltedCoreIsNotStartedAgain(t *testing.T) {
	w := newWorld(t)
	await(t, ask(w.client, port.Snapshot{}))
	events := follow(w.client)
	w.core.engine.fn([]port.Event{port.Halted{Reason: "replaced"}})
	await(t, events)
	if r := await(t, ask(w.client, port.Snapshot{})); r.Code != "stopped" {
		t.Errorf("%+v", r)
	}
	w.kill()
	if w.cores != 1 {
		t.Errorf("%d cores", w.cores)
	}
}

func TestACoreOfAnotherProtocolIsNotSpokenTo(t *testing.T) {
	w := &world{t: t, disk: memory.NewDisk(), hello: frame.HelloInfo{Proto: port.Proto + 1}}
	w.start()
	if r := await(t, ask(w.client, port.Snapshot{})); r.Code != "stopped" {
		t.Errorf("%+v", r)
	}
}

func TestNotesOutliveTheCore(t *testing.T) {
	w := newWorld(t)
	w.client.SetNote(frame.Note{Key: "draft:1@lid", Text: "dear"})
	await(t, ask(w.client, port.Snapshot{}))
	w.kill()
	out := make(chan []frame.Note, 1)
	w.client.Notes(func(n []frame.Note) { out <- n })
	if got := await(t, out); len(got) != 1 || got[0].Text != "dear" {
		t.Errorf("%v", got)
	}
}

func TestAPausedPageComesBack(t *testing.T) {
	w := newWorld(t)
	await(t, ask(w.client, port.Snapshot{}))
	events := follow(w.client)
	w.client.Pause()
	reply := ask(w.client, port.MarkRead{Chat: model.ChatID("1@lid")})
	w.client.Resume()
	await(t, reply)
	if got := await(t, events); !got.resync {
		t.Errorf("%+v", got)
	}
}

func TestACoreThatIsEndingIsWaitedFor(t *testing.T) {
	w := &world{t: t, disk: memory.NewDisk(), hello: frame.HelloInfo{Proto: port.Proto}, ending: true}
	w.mourned = make(chan struct{}, 10)
	w.start()
	await(t, w.mourned)
	reply := ask(w.client, port.Snapshot{})
	select {
	case r := <-reply:
		t.Fatalf("the ending core was asked: %+v", r)
	default:
	}
	w.kill()
	await(t, reply)
}

func TestACoreThatSaysNothingIsJoinedAgain(t *testing.T) {
	w := &world{t: t, disk: memory.NewDisk(), hello: frame.HelloInfo{Proto: port.Proto}, closing: true}
	w.start()
	reply := ask(w.client, port.Snapshot{})
	for _, f := range w.takeTimers() {
		f()
	}
	await(t, reply)
	for _, f := range w.takeTimers() {
		f()
	}
	if w.cores != 2 {
		t.Errorf("%d cores were asked for: one that has greeted is left alone", w.cores)
	}
}
