package gateway

import (
	"context"
	"errors"
	"sync"
	"time"

	"ferry/relay/internal/gateway/directory"
	"ferry/relay/internal/gateway/mailbox"
	"ferry/relay/wire"
)

// deliver writes what waits in the device's mailbox, oldest first, then what
// comes. What was waiting at login is announced, numbered and followed by a mark:
// some clients hold everything back until they see it.
func (c *conn) deliver() error {
	waiting, err := c.gw.boxes.Count(c.ctx, c.dev)
	if err != nil {
		return c.failed("count the mailbox", err)
	}
	b := &backlog{conn: c, total: waiting.Total()}
	if err := b.start(waiting); err != nil {
		return err
	}
	defer b.stop()
	err = c.gw.boxes.Follow(c.ctx, c.dev, func(it mailbox.Item) error {
		n, err := wire.Unmarshal(it.Stanza)
		if err != nil {
			c.log.Error("unreadable mail", "error", err)
			return c.gw.boxes.Remove(c.ctx, it.Seq)
		}
		if err := c.inflight.add(c.ctx, n, it.Seq); err != nil {
			return err
		}
		return b.pass(n, it)
	})
	if c.ctx.Err() != nil {
		return context.Cause(c.ctx)
	}
	if errors.Is(err, errGone) || c.io.Err() != nil {
		return err
	}
	return c.failed("follow the mailbox", err)
}

// failed logs an error of ours and asks the client to come back.
func (c *conn) failed(doing string, err error) error {
	if c.ctx.Err() == nil {
		c.log.Error("connection failed", "doing", doing, "error", err)
	}
	return endFailed
}

// backlog is what was waiting when the client logged in.
type backlog struct {
	conn  *conn
	total uint64

	mu    sync.Mutex
	sent  uint64
	done  bool
	check *time.Timer
}

// backlogCheck is how often to look whether the rest of the backlog has
// vanished, by expiry or through the device's previous connection.
const backlogCheck = 2 * time.Second

func (b *backlog) start(waiting mailbox.Counts) error {
	if b.total == 0 {
		return b.finish()
	}
	b.mu.Lock()
	b.check = time.AfterFunc(backlogCheck, b.vanished)
	b.mu.Unlock()
	return b.conn.send(wire.N("ib", []wire.Attr{wire.J("from", server)}, wire.N("offline_preview", []wire.Attr{
		wire.A("count", number(b.total)), wire.A("message", number(waiting.Message)),
		wire.A("receipt", number(waiting.Receipt)), wire.A("notification", number(waiting.Notification)),
		wire.A("appdata", "0"), wire.A("call", number(waiting.Call)),
	})))
}

// pass writes one item, and the mark after the last one of the backlog.
func (b *backlog) pass(n wire.Node, it mailbox.Item) error {
	b.mu.Lock()
	queued := !b.done
	if queued {
		b.sent++
		n = n.With(wire.A("offline", number(b.sent)))
	}
	last := queued && (b.sent >= b.total || it.Pending == 0)
	b.mu.Unlock()
	if err := b.conn.send(n); err != nil {
		return err
	}
	if last {
		return b.finish()
	}
	return nil
}

func (b *backlog) finish() error {
	b.mu.Lock()
	if b.done {
		b.mu.Unlock()
		return nil
	}
	b.done = true
	n := b.sent
	b.mu.Unlock()
	return b.conn.send(wire.N("ib", []wire.Attr{wire.J("from", server)},
		wire.N("offline", []wire.Attr{wire.A("count", number(n))})))
}

// vanished writes the mark if all that still waits has been handed out.
func (b *backlog) vanished() {
	c := b.conn
	b.mu.Lock()
	done := b.done
	b.mu.Unlock()
	if done || c.ctx.Err() != nil {
		return
	}
	waiting, err := c.gw.boxes.Count(c.ctx, c.dev)
	if err == nil && waiting.Total() <= uint64(c.inflight.len()) {
		err = b.finish()
	}
	if err != nil {
		return // the connection is ending
	}
	b.mu.Lock()
	b.check.Reset(backlogCheck)
	b.mu.Unlock()
}

func (b *backlog) stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.check != nil {
		b.check.Stop()
	}
}

// inflight is what was written to the client and has not been acknowledged.
type inflight struct {
	room chan struct{} // one token per stanza

	mu     sync.Mutex
	byName map[string][]sent // by tag and id; ids of different senders may collide
}

type sent struct {
	seq  uint64
	from wire.JID
	kind string // attribute type of a receipt
}

func newInflight(limit int) *inflight {
	return &inflight{room: make(chan struct{}, limit), byName: make(map[string][]sent)}
}

// add waits for room and notes a stanza that is about to be written.
func (f *inflight) add(ctx context.Context, n wire.Node, seq uint64) error {
	select {
	case f.room <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	from, _ := n.JID("from")
	f.mu.Lock()
	defer f.mu.Unlock()
	name := n.Tag + " " + n.Attr("id")
	f.byName[name] = append(f.byName[name], sent{seq, from, n.Attr("type")})
	return nil
}

// take finds the stanza that an acknowledgement means: that of the given tag
// and id whose sender and type fit best, the oldest of equals.
func (f *inflight) take(tag, id string, from wire.JID, kind string) (seq uint64, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	name := tag + " " + id
	all := f.byName[name]
	best, score := -1, -1
	for i, s := range all {
		if fits := s.fits(from, kind); fits > score {
			best, score = i, fits
		}
	}
	if best < 0 {
		return 0, false
	}
	seq = all[best].seq
	if all = append(all[:best], all[best+1:]...); len(all) == 0 {
		delete(f.byName, name)
	} else {
		f.byName[name] = all
	}
	<-f.room
	return seq, true
}

func (s sent) fits(from wire.JID, kind string) int {
	score := 0
	switch own, theirs := directory.Unalias(s.from), directory.Unalias(from); { // a client may use either name
	case own == theirs:
		score += 4
	case own.SameUser(theirs):
		score += 2
	}
	if s.kind == kind {
		score++
	}
	return score
}

func (f *inflight) len() int { return len(f.room) }

// acknowledged removes what the device has taken from its mailbox.
func (c *conn) acknowledged(ctx context.Context, tag, id string, from wire.JID, kind string) error {
	seq, ok := c.inflight.take(tag, id, from, kind)
	if !ok {
		return nil
	}
	return c.gw.boxes.Remove(ctx, seq)
}

// handleAck is the client's acknowledgement of anything but a message that it
// could read; that is a receipt. An ack with an error is one too: the client
// will never want the stanza.
func (c *conn) handleAck(ctx context.Context, n wire.Node) error {
	from, _ := n.JID("to")
	return c.acknowledged(ctx, n.Attr("class"), n.Attr("id"), from, n.Attr("type"))
}
