package link

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"ferry/relay/wire"
)

// Conn is one logged-in connection.
//
// A browser's socket takes any amount of data and says nothing of where it is,
// so Conn keeps a window. Stanzas arrive in order: the answer to one proves
// that all before it have arrived too. Where nothing that is on its way will
// be answered (acks, receipts, presence), the link adds a ping.
type Conn struct {
	now   func() time.Time
	write chan struct{} // holds a token while there is something to write
	room  chan struct{} // holds a token when a starved sender may try again
	probe chan struct{} // holds a token when only a ping would move the window

	mu        sync.Mutex
	queue     [][]byte // encoded, oldest first
	waiting   map[string]promise
	sent      uint64 // bytes taken in since the start
	confirmed uint64 // bytes that the gateway has
	starved   bool   // a Send was refused
	down      bool
}

// promise is a stanza that the gateway will answer.
type promise struct {
	end uint64 // value of sent after it
	at  time.Time
}

func newConn(now func() time.Time) *Conn {
	return &Conn{
		now: now, waiting: make(map[string]promise),
		write: make(chan struct{}, 1), room: make(chan struct{}, 1), probe: make(chan struct{}, 1),
	}
}

// Send queues n for sending and returns at once: nil, ErrFull or ErrDown, or
// an error that is wire.ErrStanza. It may be called from any goroutine. Ids of
// queries must not start with "hb-", which the link uses for its pings.
func (c *Conn) Send(n wire.Node) error { return c.send(n, false) }

func (c *Conn) send(n wire.Node, ping bool) error {
	b, err := wire.Marshal(n)
	if err != nil {
		return fmt.Errorf("send: %w", err)
	}
	key := question(n)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.down {
		return ErrDown
	}
	if !ping && c.full(key, len(b)) {
		c.starved = true
		c.nudge()
		return ErrFull
	}
	c.queue = append(c.queue, b)
	c.sent += uint64(len(b))
	if key != "" {
		c.waiting[key] = promise{c.sent, c.now()}
	}
	raise(c.write)
	c.nudge()
	return nil
}

func (c *Conn) full(key string, size int) bool {
	inFlight := c.inFlight()
	return inFlight > 0 && inFlight+size > maxInFlight || key != "" && len(c.waiting) >= maxUnanswered
}

func (c *Conn) inFlight() int { return int(c.sent - c.confirmed) }

// nudge asks for a ping if much is on its way and nothing of it will be answered.
func (c *Conn) nudge() {
	if c.inFlight() > maxInFlight/2 && len(c.waiting) == 0 {
		raise(c.probe)
	}
}

// question names the answer that the gateway will give to n, "" if none.
// Receipts are acked too, but not by every gateway.
func question(n wire.Node) string {
	id := n.Attr("id")
	switch {
	case id == "":
		return ""
	case n.Tag == "message":
		return "ack " + id
	case n.Tag == "iq" && (n.Attr("type") == "get" || n.Attr("type") == "set"):
		return "iq " + id
	}
	return ""
}

// answer names what n answers, "" if nothing.
func answer(n wire.Node) string {
	switch {
	case n.Tag == "ack":
		return "ack " + n.Attr("id")
	case n.Tag == "iq" && (n.Attr("type") == "result" || n.Attr("type") == "error"):
		return "iq " + n.Attr("id")
	}
	return ""
}

const pingPrefix = "hb-"

// answered takes in a stanza. It reports whether that was the answer to a ping.
func (c *Conn) answered(n wire.Node) bool {
	key := answer(n)
	if key == "" {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if p, ok := c.waiting[key]; ok {
		c.confirmed = max(c.confirmed, p.end)
		delete(c.waiting, key)
		c.open()
	}
	return strings.HasPrefix(key, "iq "+pingPrefix)
}

// forgive gives up the places of stanzas that were not answered in time.
func (c *Conn) forgive() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, p := range c.waiting {
		if c.now().Sub(p.at) >= answerWithin {
			delete(c.waiting, key)
		}
	}
	c.open()
}

// open tells a starved sender if the window has moved.
func (c *Conn) open() {
	if c.starved && c.inFlight() <= maxInFlight/2 && len(c.waiting) < maxUnanswered {
		c.starved = false
		raise(c.room)
	}
	c.nudge()
}

// next takes the oldest stanza off the queue, nil if there is none.
func (c *Conn) next() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.queue) == 0 {
		c.queue = nil
		return nil
	}
	b := c.queue[0]
	c.queue[0] = nil
	c.queue = c.queue[1:]
	return b
}

// shut makes every later Send return ErrDown.
func (c *Conn) shut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.down, c.queue, c.waiting = true, nil, nil
}

// raise puts a token into a channel that holds one.
func raise(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
