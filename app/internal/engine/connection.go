package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ferry/app/internal/link"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/relay/wire"
)

// connection is what the engine knows of the link.
type connection struct {
	link       *link.Link
	stop       context.CancelFunc
	run        int        // which link: events of earlier ones are ignored
	conn       *link.Conn // nil while down
	generation int        // of conn; what was meant for an earlier one is dropped
	full       bool       // the window is full until Room
	waiting    []wire.Node
	offline    bool // the browser says so
	active     bool // the user looks at the app
	show       model.Link
	shown      model.Link // as last told to subscribers
}

// linked is an event of a link.
type linked struct {
	run   int
	event link.Event // nil: the link ended
}

// maxWaiting bounds the stanzas that wait for room in the window. A gateway
// that takes none while it sends thousands is as good as dead: at the bound the
// connection is begun anew.
const maxWaiting = 4096

// startLink begins to connect, and stay so.
func (e *Engine) startLink() {
	e.stopLink()
	ctx, stop := context.WithCancel(e.ctx)
	noise := e.noise
	l := link.New(link.Config{
		Dial:   e.cfg.Relay.DialTunnel,
		Login:  e.login(),
		Static: noise, Root: e.self.Root,
		Now: e.cfg.Now, Rand: e.cfg.Rand, Log: e.log,
	})
	if e.wire.offline {
		l.Online(false)
	}
	e.wire.link, e.wire.stop = l, stop
	e.wire.show = model.Link{Phase: model.LinkConnecting}
	run := e.wire.run
	e.background.Go(func() {
		if err := l.Run(ctx); err != nil && ctx.Err() == nil {
			e.log.Info("link ended", "err", err)
		}
	})
	e.background.Go(func() { // ends with the link's events
		for event := range l.Events() {
			e.hand(ctx, linked{run, event})
		}
		e.hand(ctx, linked{run, nil})
	})
}

// hand passes an event to the engine; what comes from a stopped link may drop.
func (e *Engine) hand(ctx context.Context, l linked) {
	select {
	case e.incoming <- l:
	case <-ctx.Done():
	}
}

// stopLink ends the connection, if there is one.
func (e *Engine) stopLink() {
	if e.wire.stop != nil {
		e.wire.stop()
	}
	e.wire.link, e.wire.stop = nil, nil
	e.wire.run++
	e.down()
	e.wire.show = model.Link{Phase: model.LinkOff}
}

// down forgets the connection: what was sent and not answered is unsent.
func (e *Engine) down() {
	e.wire.conn = nil
	e.wire.generation++
	e.wire.full, e.wire.waiting = false, nil
	e.out.unsend()
}

// linked takes in an event of the link.
func (e *Engine) linked(t *turn, l linked) error {
	if l.run != e.wire.run {
		return nil
	}
	switch event := l.event.(type) {
	case nil:
		e.wire.link = nil
	case link.Connecting:
		e.wire.show = model.Link{Phase: model.LinkConnecting, Down: e.wire.show.Down, Reason: e.wire.show.Reason}
	case link.Up:
		return e.up(t, event)
	case link.Room:
		e.wire.full = false
	case link.Stanza:
		return e.stanza(t, event.Node)
	case link.Down:
		return e.lost(t, event)
	}
	return nil
}

// lost takes in the end of a connection, or of an attempt.
func (e *Engine) lost(t *turn, d link.Down) error {
	e.down()
	e.presenceUnknown(t)
	e.wire.show = d.Link()
	if err := e.turnedAway(t, d); err != nil {
		return err
	}
	if e.whatsApp() && d.Final && unlinkedBy(d.Err) {
		if err := e.unlinked(t, d); err != nil {
			return err
		}
	}
	return orphan(t, e.query.takeAll())
}

// orphan answers queries whose connection is gone.
func orphan(t *turn, queries []*query) error {
	for _, q := range queries {
		if err := q.answer(t, wire.Node{}, errDown); err != nil {
			return err
		}
	}
	return nil
}

// showLink tells of a changed link, once a turn.
func (e *Engine) showLink(t *turn) {
	if e.wire.show != e.wire.shown {
		e.wire.shown = e.wire.show
		t.emit("link", port.LinkChanged{Link: e.wire.show})
	}
}

// enqueue sends a stanza once there is room, in order. Only after a commit.
func (e *Engine) enqueue(n wire.Node) {
	if e.wire.conn == nil {
		return
	}
	if len(e.wire.waiting) >= maxWaiting {
		e.log.Warn("gateway takes nothing, connecting anew")
		e.startLink()
		return
	}
	e.wire.waiting = append(e.wire.waiting, n)
}

// flush sends what waits, until the window is full.
func (e *Engine) flush() {
	for e.wire.conn != nil && !e.wire.full && len(e.wire.waiting) > 0 {
		err := e.wire.conn.Send(e.wire.waiting[0])
		switch {
		case errors.Is(err, link.ErrFull):
			e.wire.full = true
			return
		case errors.Is(err, link.ErrDown):
			e.wire.conn, e.wire.waiting = nil, nil // Down is on its way
			return
		case err != nil:
			e.log.Error("a stanza cannot be sent", "stanza", e.wire.waiting[0].String(), "err", err)
		}
		e.wire.waiting[0] = wire.Node{}
		e.wire.waiting = e.wire.waiting[1:]
	}
}

// online passes on what the browser says of the network.
func (e *Engine) online(on bool) {
	e.wire.offline = !on
	if e.wire.link != nil {
		e.wire.link.Online(on)
	}
}

// hurry ends the wait for the next attempt; a connection is tested.
func (e *Engine) hurry() {
	if e.wire.link != nil {
		e.wire.link.Wake()
	}
}

// errDown: a query was not answered because the connection went.
var errDown = errors.New("engine: not connected")

// errTimeout: a query was not answered in time.
var errTimeout = errors.New("engine: no answer")

// queryError is an <error/> in an iq's answer.
type queryError struct{ code string }

func (e *queryError) Error() string { return fmt.Sprintf("engine: answered with error %.8s", e.code) }

// queries are the iqs that wait for an answer.
type queries struct {
	next int
	open map[string]*query
}

// query is one iq. Its answer is a task of the turn in which it comes.
type query struct {
	answer func(t *turn, n wire.Node, err error) error
	timer  *time.Timer
}

func newQueries() queries { return queries{open: map[string]*query{}} }

// ask sends an iq after the commit. The answer comes once, as the iq, or as an
// error: errDown, errTimeout or *queryError.
func (e *Engine) ask(t *turn, kind, xmlns string, body []wire.Node, answer func(*turn, wire.Node, error) error) error {
	if e.wire.conn == nil {
		return answer(t, wire.Node{}, errDown)
	}
	e.query.next++
	id := fmt.Sprintf("%d.%d", e.wire.generation, e.query.next)
	q := &query{answer: answer}
	e.query.open[id] = q
	q.timer = time.AfterFunc(e.cfg.Timing.Query, func() {
		e.post(func(t *turn) error {
			if e.query.open[id] != q {
				return nil
			}
			delete(e.query.open, id)
			return q.answer(t, wire.Node{}, errTimeout)
		})
	})
	t.send(wire.N("iq", []wire.Attr{
		wire.A("id", id), wire.A("xmlns", xmlns), wire.A("type", kind), wire.J("to", server),
	}, body...))
	return nil
}

// server is the gateway itself.
var server = wire.JID{Server: wire.ServerUser}

// answered takes in an iq of the gateway.
func (e *Engine) answered(t *turn, n wire.Node) error {
	kind, id := n.Attr("type"), n.Attr("id")
	if kind == "get" { // a ping, or what this version does not know: an empty result is tolerated for both
		t.send(wire.N("iq", []wire.Attr{wire.A("type", "result"), wire.A("id", id), wire.J("to", server)}))
		return nil
	}
	q := e.query.open[id]
	if q == nil {
		return nil
	}
	delete(e.query.open, id)
	q.timer.Stop()
	if kind == "error" {
		code := ""
		if n, ok := n.Child("error"); ok {
			code = n.Attr("code")
		}
		return q.answer(t, n, &queryError{code})
	}
	return q.answer(t, n, nil)
}

// takeAll forgets all open queries and returns them.
func (q *queries) takeAll() []*query {
	all := make([]*query, 0, len(q.open))
	for _, open := range q.open {
		open.timer.Stop()
		all = append(all, open)
	}
	clear(q.open)
	return all
}
