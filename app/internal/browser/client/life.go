package client

import (
	"encoding/json"
	"maps"
	"slices"

	"ferry/app/internal/browser/frame"
	"ferry/app/internal/port"
)

// spawn starts or joins a core and introduces the page.
func (c *Client) spawn() {
	c.mu.Lock()
	c.drop(nil)
	round := c.round
	c.batch = 0
	c.mu.Unlock()
	p, err := c.cfg.Spawn(func(b []byte) { c.receive(round, b) })
	if err != nil {
		c.halt("no_core", err.Error())
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.round != round { // left meanwhile
		p.Close()
		return
	}
	c.port = p
	if c.hello.Proto != 0 { // the core was quicker with its greeting
		c.resend()
	}
	c.cfg.After(patience, func() { c.unheard(round) })
	go c.cfg.Lock(func(name string) { c.introduce(round, name) })
}

// resend sends all that has no answer, in order. The caller holds the lock, and
// the core has greeted.
func (c *Client) resend() {
	for _, id := range slices.Sorted(maps.Keys(c.pending)) {
		c.pending[id].send(c.port)
	}
}

// unheard joins again if no core has greeted the page by now: a core that is
// just closing takes ports, and says nothing. One that is only slow to start
// gets a second port, which does no harm.
func (c *Client) unheard(round int) {
	c.mu.Lock()
	heard := c.round != round || c.retired || c.hello.Proto != 0
	c.mu.Unlock()
	if !heard {
		c.spawn()
	}
}

// introduce tells the core by which lock it will notice the page's death.
func (c *Client) introduce(round int, lock string) {
	f, err := frame.JSON(frame.Attach, 0, frame.AttachInfo{Proto: port.Proto, Lock: lock})
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil && c.round == round && c.port != nil {
		c.port.Send(f.Marshal())
	}
}

// receive takes a frame from the core of a round.
func (c *Client) receive(round int, b []byte) {
	f, err := frame.Parse(b)
	c.mu.Lock()
	stale := err != nil || round != c.round
	c.mu.Unlock()
	if stale {
		return
	}
	switch f.Op {
	case frame.Hello:
		c.greeted(round, f.Payload)
	case frame.Reply:
		c.answered(f)
	case frame.Events:
		c.events(f)
	}
}

func (c *Client) greeted(round int, raw []byte) {
	var hello frame.HelloInfo
	switch err := json.Unmarshal(raw, &hello); {
	case err != nil:
		c.halt("internal", err.Error())
		return
	case hello.Code != "":
		c.halt(hello.Code, hello.Error)
		return
	case hello.Proto != port.Proto:
		c.halt("replaced", "the core is of another build")
		return
	}
	c.mourn(round, hello.Alive)
	if hello.Ending {
		return
	}
	c.mu.Lock()
	if c.round != round {
		c.mu.Unlock()
		return
	}
	c.hello = hello
	resync := c.instance != "" // events may have passed us by, also in the same core
	c.instance = hello.Instance
	if c.port != nil {
		c.resend()
	}
	c.mu.Unlock()
	c.cfg.After(calm, func() { c.settle(round) })
	if resync {
		c.tell(nil, true)
	}
}

// mourn notices the death of the core of a round.
func (c *Client) mourn(round int, lock string) {
	stop := c.cfg.Mourn(lock, func() { c.died(round) })
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.round != round {
		stop()
		return
	}
	c.stop = stop
}

// settle forgets earlier failures once a core has lived for a while.
func (c *Client) settle(round int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.round == round {
		c.fails = 0
	}
}

// died starts a new core after a pause, unless they keep dying.
func (c *Client) died(round int) {
	c.mu.Lock()
	if c.round != round || c.retired {
		c.mu.Unlock()
		return
	}
	c.drop(nil)
	round = c.round
	if c.fails >= len(pauses) {
		c.mu.Unlock()
		c.halt("internal", "the core keeps ending")
		return
	}
	pause := pauses[c.fails]
	c.fails++
	c.mu.Unlock()
	again := func() {
		c.mu.Lock()
		stale := c.round != round || c.retired
		c.mu.Unlock()
		if !stale {
			c.spawn()
		}
	}
	if pause == 0 {
		again()
		return
	}
	c.cfg.After(pause, again)
}

func (c *Client) answered(f frame.Frame) {
	var r port.Reply
	if err := json.Unmarshal(f.Payload, &r); err != nil {
		r = port.Reply{Code: "internal", Error: err.Error()}
	}
	if r.Code == "stopped" {
		return // the core is ending; the next one answers
	}
	c.mu.Lock()
	p, ok := c.pending[f.ID]
	delete(c.pending, f.ID)
	c.mu.Unlock()
	if ok { // if not, the core that died had answered
		p.done(r)
	}
}

func (c *Client) events(f frame.Frame) {
	c.mu.Lock()
	gap := f.ID != c.batch+1
	c.batch = f.ID
	if c.port != nil {
		c.port.Send(frame.Frame{Op: frame.Seen, ID: f.ID}.Marshal())
	}
	c.mu.Unlock()
	parts, err := frame.UnpackEvents(f.Payload)
	var events []port.Event
	for _, part := range parts {
		e, bad := port.DecodeEvent(part)
		if bad != nil {
			err = bad
			continue
		}
		events = append(events, e)
	}
	if gap || err != nil || len(events) > 0 {
		c.tell(events, gap || err != nil)
	}
	for _, e := range events {
		if _, ok := e.(port.Halted); ok {
			c.Close() // the user decides how it goes on
		}
	}
}
