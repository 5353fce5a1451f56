// Package worker is the core's side of the message ports: it serves one engine
// to all pages of an account, and lives and dies by the browser's rules.
package worker

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"ferry/app/internal/browser/frame"
	"ferry/app/internal/port"
)

// Engine is what the pages command.
type Engine interface {
	Do(ctx context.Context, c port.Command) port.Reply
	Subscribe(fn func([]port.Event)) (cancel func())
}

// Port is the way to one page. Send must not block.
type Port interface{ Send(b []byte) }

// Bounds of the hub.
const (
	batchEvents = 100                  // events go out when so many wait,
	batchTime   = 4 * time.Millisecond // or the first has waited so long
	maxQueued   = 1024                 // commands of one page that wait; more are refused as busy
)

// Hub connects the pages with the engine.
type Hub struct {
	hello  frame.HelloInfo
	engine Engine
	notes  *Notes
	wipe   func(context.Context) error
	after  func(time.Duration, func()) (stop func()) // time.AfterFunc, or a test's
	idle   func(alone bool)                          // told when the last page leaves and the first comes

	mu      sync.Mutex
	pages   map[*Page]bool
	busy    map[*Page]bool // pages, gone or not, of which frames wait or are handled
	stirred chan struct{}  // closed and renewed when one of them has none left, or leaves
	pending [][]byte       // encoded events, not sent yet
	stop    func()         // of the timer that sends them; nil if none runs
	ending  bool
	active  bool
	turned  chan struct{} // active has changed
}

// Config of a hub. Wipe, Idle and After may be nil.
type Config struct {
	Hello  frame.HelloInfo
	Engine Engine // nil if the core could not start; then Hello says why
	Notes  *Notes
	Wipe   func(context.Context) error
	Idle   func(alone bool)
	After  func(time.Duration, func()) (stop func())
}

// NewHub makes a hub. Events of the engine are followed until ctx ends.
func NewHub(ctx context.Context, c Config) *Hub {
	h := &Hub{hello: c.Hello, engine: c.Engine, notes: c.Notes, wipe: c.Wipe, idle: c.Idle, after: c.After,
		pages: make(map[*Page]bool), busy: make(map[*Page]bool), stirred: make(chan struct{}), turned: make(chan struct{}, 1)}
	if h.after == nil {
		h.after = func(d time.Duration, f func()) func() {
			t := time.AfterFunc(d, f)
			return func() { t.Stop() }
		}
	}
	if h.idle == nil {
		h.idle = func(bool) {}
	}
	if h.engine != nil {
		context.AfterFunc(ctx, h.engine.Subscribe(h.Events))
		go h.tellActive(ctx)
	}
	return h
}

// Page is one attached page.
type Page struct {
	hub    *Hub
	ctx    context.Context
	port   Port
	once   sync.Once
	active bool
	queue  []frame.Frame // what waits, under the hub's lock

	// Batches of events, under the hub's lock.
	count    uint32 // made for this page, sent or not
	underway int    // sent and not yet taken in
	withheld bool   // the last one was not sent
}

// Attach adds a page and greets it. Its commands are served until ctx ends, also
// those that it sent before it left: nobody else has them.
func (h *Hub) Attach(ctx context.Context, p Port) *Page {
	page := &Page{hub: h, ctx: ctx, port: p}
	h.mu.Lock()
	h.pages[page] = true
	hello := h.hello
	hello.Ending = h.ending
	h.mu.Unlock()
	h.idle(false)
	if f, err := frame.JSON(frame.Hello, 0, hello); err == nil {
		p.Send(f.Marshal())
	}
	return page
}

// End lets pages that come from now on wait for the next core.
func (h *Hub) End() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ending = true
}

// Leave takes a page away; again is no error.
func (page *Page) Leave() {
	page.once.Do(func() {
		h := page.hub
		h.mu.Lock()
		delete(h.pages, page)
		alone := len(h.pages) == 0
		h.stir()
		h.mu.Unlock()
		h.setActive(page, false)
		if alone {
			h.idle(true)
		}
	})
}

// Receive takes a frame from the page. It does not block.
func (page *Page) Receive(b []byte) {
	f, err := frame.Parse(b)
	if err != nil {
		return // nothing to answer to
	}
	switch f.Op {
	case frame.Bye:
		page.Leave()
	case frame.Seen:
		page.caughtUp()
	default:
		page.enqueue(f)
	}
}

// enqueue has a frame handled after those before it.
func (page *Page) enqueue(f frame.Frame) {
	h := page.hub
	h.mu.Lock()
	full := len(page.queue) >= maxQueued
	if !full {
		page.queue = append(page.queue, f)
	}
	start := !full && !h.busy[page]
	if start {
		h.busy[page] = true
	}
	h.mu.Unlock()
	switch {
	case full:
		page.reply(f.ID, port.Reply{Code: "busy", Error: "Too many requests are waiting."})
	case start:
		go page.serve()
	}
}

// serve handles what waits, until nothing does.
func (page *Page) serve() {
	for {
		f, ok := page.dequeue()
		if !ok {
			return
		}
		page.handle(page.ctx, f)
	}
}

func (page *Page) dequeue() (f frame.Frame, ok bool) {
	h := page.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(page.queue) == 0 || page.ctx.Err() != nil {
		page.queue = nil
		delete(h.busy, page)
		h.stir()
		return f, false
	}
	f, page.queue = page.queue[0], page.queue[1:]
	return f, true
}

// stir lets farewells look again. The caller holds the lock.
func (h *Hub) stir() {
	close(h.stirred)
	h.stirred = make(chan struct{})
}

// farewells waits until all that pages sent which have left is done: a page
// that was loaded anew asks for what it said itself just before.
func (page *Page) farewells(ctx context.Context) {
	h := page.hub
	for {
		h.mu.Lock()
		waits := false
		for p := range h.busy {
			waits = waits || !h.pages[p]
		}
		waits = waits && h.pages[page] // else they might wait for each other
		stirred := h.stirred
		h.mu.Unlock()
		if !waits {
			return
		}
		select {
		case <-stirred:
		case <-ctx.Done():
			return
		}
	}
}

// handle does one frame. Commands stay in order, but for those that wait for
// the network: they must not hold up the rest.
func (page *Page) handle(ctx context.Context, f frame.Frame) {
	switch f.Op {
	case frame.Command:
		c, err := port.DecodeCommand(f.Payload)
		if err != nil {
			page.reply(f.ID, port.Reply{Code: "bad_command", Error: err.Error()})
			return
		}
		switch c := c.(type) {
		case port.Active:
			page.hub.setActive(page, c.Active)
			page.reply(f.ID, port.Reply{})
		case port.LookUp, port.Connect, port.Disconnect:
			go page.do(ctx, f.ID, c)
		default:
			page.do(ctx, f.ID, c)
		}
	case frame.SetNote:
		var n frame.Note
		err := json.Unmarshal(f.Payload, &n)
		if err == nil {
			err = page.hub.notes.Set(ctx, n)
		}
		page.reply(f.ID, replyOf(nil, err))
	case frame.Notes:
		page.farewells(ctx)
		all, err := page.hub.notes.All(ctx)
		page.reply(f.ID, replyOf(all, err))
	case frame.Wipe:
		err := fmt.Errorf("this core cannot be wiped")
		if page.hub.wipe != nil {
			err = page.hub.wipe(ctx)
		}
		page.reply(f.ID, replyOf(nil, err))
	}
}

func (page *Page) do(ctx context.Context, id uint32, c port.Command) {
	if page.hub.engine == nil {
		page.reply(id, port.Reply{Code: page.hub.hello.Code, Error: page.hub.hello.Error})
		return
	}
	page.reply(id, page.hub.engine.Do(ctx, c))
}

func replyOf(v any, err error) port.Reply {
	if err != nil {
		return port.Reply{Code: "internal", Error: err.Error()}
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return port.Reply{Code: "internal", Error: err.Error()}
	}
	return port.Reply{Value: raw}
}

// reply answers a frame, after the events that came before it.
func (page *Page) reply(id uint32, r port.Reply) {
	f, err := frame.JSON(frame.Reply, id, r)
	if err != nil {
		return // a reply is plain JSON already
	}
	h := page.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	h.flush()
	page.port.Send(f.Marshal())
}

// setActive passes on whether anyone looks at any page.
func (h *Hub) setActive(page *Page, active bool) {
	h.mu.Lock()
	page.active = active && h.pages[page]
	any := false
	for p := range h.pages {
		any = any || p.active
	}
	changed := any != h.active
	h.active = any
	h.mu.Unlock()
	if changed {
		select {
		case h.turned <- struct{}{}:
		default: // what waits will say the newest
		}
	}
}

// tellActive passes the newest activity on to the engine until ctx ends.
func (h *Hub) tellActive(ctx context.Context) {
	for {
		select {
		case <-h.turned:
		case <-ctx.Done():
			return
		}
		h.mu.Lock()
		active := h.active
		h.mu.Unlock()
		h.engine.Do(ctx, port.Active{Active: active})
	}
}

// Events sends events to all pages, a batch at a time.
func (h *Hub) Events(events []port.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range events {
		b, err := port.EncodeEvent(e)
		if err != nil {
			continue // plain values always encode
		}
		if h.pending = append(h.pending, b); len(h.pending) >= batchEvents {
			h.flush()
		}
	}
	if len(h.pending) > 0 && h.stop == nil {
		h.stop = h.after(batchTime, func() {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.flush()
		})
	}
}

// flush sends what is pending. The caller holds the lock.
func (h *Hub) flush() {
	if h.stop != nil {
		h.stop()
		h.stop = nil
	}
	if len(h.pending) == 0 {
		return
	}
	payload := frame.PackEvents(h.pending)
	h.pending = nil
	for page := range h.pages {
		page.batch(payload)
	}
}

// caughtUp notes that the page has taken in one batch more. If batches were
// withheld from it, an empty one shows it the gap.
func (page *Page) caughtUp() {
	h := page.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	page.underway = max(0, page.underway-1)
	if page.withheld && page.underway == 0 {
		page.batch(nil)
	}
}

// batch counts a batch of events and sends it if the page keeps up. The caller
// holds the lock.
func (page *Page) batch(payload []byte) {
	page.count++
	if page.underway >= frame.Window {
		page.withheld = true
		return
	}
	page.underway++
	page.withheld = false
	page.port.Send(frame.Frame{Op: frame.Events, ID: page.count, Payload: payload}.Marshal())
}
