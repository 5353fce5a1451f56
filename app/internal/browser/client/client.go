// Package client is the page's side of the message port: it keeps commands until
// they are answered, sends them again to a new core when one dies, and hands
// over events. It holds no key and reads no store.
package client

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"ferry/app/internal/browser/frame"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
)

// Port is the way to a core. Send must not block.
type Port interface {
	Send(b []byte)
	Close()
}

// Carrier is a Port that can send something beside the bytes, a file for instance.
type Carrier interface{ Carry(b []byte, load any) }

// Config is what a client needs of the browser. All functions are required.
type Config struct {
	// Spawn starts or joins the core. What it sends goes to receive, one at a time.
	Spawn func(receive func([]byte)) (Port, error)
	// Mourn calls dead once the holder of a Web Lock is gone.
	Mourn func(lock string, dead func()) (cancel func())
	// After calls f in a while.
	After func(d time.Duration, f func())
	// Lock gives the name of a Web Lock that this page holds for life, once it
	// holds it: before that a core would take the page for dead.
	Lock func(held func(name string))
}

// Bounds of a client.
const (
	maxPending = 2048 // commands without an answer; more are refused as busy
	calm       = 30 * time.Second
	patience   = 10 * time.Second // until a core that has not said hello is joined again
)

// pauses are what a client waits before it starts a core again, the first time,
// the second… within a calm period; after the last it gives up.
var pauses = []time.Duration{0, 500 * time.Millisecond, 2 * time.Second, 5 * time.Second, 10 * time.Second}

// Client commands one core after the other, as if it were one.
type Client struct {
	cfg Config

	mu       sync.Mutex
	port     Port
	round    int                // of the port; frames of an earlier one are dropped
	hello    frame.HelloInfo    // of this round; Proto 0 until it came
	instance string             // of the last core
	stop     func()             // ends the mourning
	nextID   uint32             // of commands
	pending  map[uint32]pending // sent or not, without an answer
	batch    uint32             // last batch of events
	fails    int                // cores lost since the last calm period
	retired  bool               // no core is started any more
	subs     map[int]func([]port.Event, bool)
	nextSub  int
}

type pending struct {
	frame []byte
	load  any // travels beside the frame; nil for nothing
	done  func(port.Reply)
}

func (p pending) send(to Port) {
	if c, ok := to.(Carrier); ok && p.load != nil {
		c.Carry(p.frame, p.load)
		return
	}
	to.Send(p.frame)
}

// New makes a client and starts or joins the core.
func New(cfg Config) *Client {
	c := &Client{cfg: cfg, pending: make(map[uint32]pending), subs: make(map[int]func([]port.Event, bool))}
	c.spawn()
	return c
}

// Do sends a command; done is called once, on any goroutine.
func (c *Client) Do(cmd port.Command, done func(port.Reply)) {
	raw, err := port.EncodeCommand(cmd)
	if err != nil {
		done(port.Reply{Code: "bad_command", Error: err.Error()})
		return
	}
	c.ask(frame.Command, raw, done)
}

// SetNote keeps a small text sealed in the core.
func (c *Client) SetNote(n frame.Note) {
	raw, err := json.Marshal(n)
	if err != nil {
		return // plain strings always marshal
	}
	c.ask(frame.SetNote, raw, func(port.Reply) {})
}

// HandOver gives a file to the core, under an id. The file stays where it is:
// only a reference to it travels.
func (c *Client) HandOver(id model.FileID, file any, done func(error)) {
	c.carry(frame.Stage, []byte(id), file, func(r port.Reply) { done(errorOf(r)) })
}

func errorOf(r port.Reply) error {
	if r.Code == "" {
		return nil
	}
	return fmt.Errorf("%s: %s", r.Code, r.Error)
}

// Notes asks for the notes. done gets nil if there are none or none to be had.
func (c *Client) Notes(done func([]frame.Note)) {
	c.ask(frame.Notes, nil, func(r port.Reply) {
		var notes []frame.Note
		if json.Unmarshal(r.Value, &notes) != nil {
			notes = nil
		}
		done(notes)
	})
}

// Wipe deletes all data of the account from this browser, and retires the client.
func (c *Client) Wipe(done func(error)) {
	c.ask(frame.Wipe, nil, func(r port.Reply) {
		c.Close()
		done(errorOf(r))
	})
}

// Subscribe hands over events. After a gap or a new core, fn gets resync true.
func (c *Client) Subscribe(fn func(events []port.Event, resync bool)) (cancel func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	id := c.nextSub
	c.nextSub++
	c.subs[id] = fn
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.subs, id)
	}
}

func (c *Client) tell(events []port.Event, resync bool) {
	c.mu.Lock()
	ids := make([]int, 0, len(c.subs))
	for id := range c.subs {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	fns := make([]func([]port.Event, bool), 0, len(ids))
	for _, id := range ids {
		fns = append(fns, c.subs[id])
	}
	c.mu.Unlock()
	for _, fn := range fns {
		fn(events, resync)
	}
}

func (c *Client) ask(op frame.Op, payload []byte, done func(port.Reply)) {
	c.carry(op, payload, nil, done)
}

func (c *Client) carry(op frame.Op, payload []byte, load any, done func(port.Reply)) {
	c.mu.Lock()
	switch {
	case c.retired:
		c.mu.Unlock()
		done(port.Reply{Code: "stopped", Error: "The core has ended."})
		return
	case len(c.pending) >= maxPending:
		c.mu.Unlock()
		done(port.Reply{Code: "busy", Error: "Too many requests are waiting."})
		return
	}
	c.nextID++
	p := pending{frame.Frame{Op: op, ID: c.nextID, Payload: payload}.Marshal(), load, done}
	c.pending[c.nextID] = p
	if c.port != nil && c.hello.Proto != 0 {
		p.send(c.port)
	}
	c.mu.Unlock()
}

// Pause takes leave of the core: the page is hidden or goes away.
func (c *Client) Pause() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop(frame.Frame{Op: frame.Bye}.Marshal())
}

// Resume joins the core again after Pause.
func (c *Client) Resume() {
	c.mu.Lock()
	idle := c.port == nil && !c.retired
	c.mu.Unlock()
	if idle {
		c.spawn()
	}
}

// Close takes leave for good. What is not answered is given up.
func (c *Client) Close() {
	c.mu.Lock()
	c.retired = true
	c.drop(frame.Frame{Op: frame.Bye}.Marshal())
	lost := c.pending
	c.pending = make(map[uint32]pending)
	c.mu.Unlock()
	for _, p := range lost {
		p.done(port.Reply{Code: "stopped", Error: "The core has ended."})
	}
}

// drop gives up the port, after a last frame. The caller holds the lock.
func (c *Client) drop(last []byte) {
	c.round++
	c.hello = frame.HelloInfo{}
	if c.stop != nil {
		c.stop()
		c.stop = nil
	}
	if c.port != nil {
		if last != nil {
			c.port.Send(last)
		}
		c.port.Close()
		c.port = nil
	}
}

func (c *Client) halt(reason, detail string) {
	c.tell([]port.Event{port.Halted{Reason: reason, Detail: detail}}, false)
	c.Close()
}
