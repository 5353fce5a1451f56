package gateway

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"ferry/relay/internal/gateway/directory"
	"ferry/relay/internal/gateway/enlist"
	"ferry/relay/internal/gateway/fault"
	"ferry/relay/internal/gateway/trace"
	"ferry/relay/wire"
)

// lab is what a sandbox adds to each connection: faults between the client and
// the gateway, and a log of what crosses. Without a sandbox there is none, and
// without faults it only looks.
//
// A fault is the network's. What is dropped on the way in has never arrived, so
// that nobody acknowledges it; what is dropped on the way out waits in the
// mailbox for the next connection, since the client has not acknowledged it.
type lab struct {
	faults atomic.Pointer[fault.Set]
	log    *trace.Log
}

func newLab() *lab { return &lab{log: trace.New()} }

// judge logs a stanza and says what is to happen to it.
func (l *lab) judge(c *conn, direction string, n wire.Node) fault.Verdict {
	var v fault.Verdict
	if set := l.faults.Load(); set != nil {
		v = set.Judge(direction, n.Tag, c.dev.Bare().String())
	}
	what := ""
	for i, f := range v.Faults {
		if i > 0 {
			what += ", "
		}
		what += f
	}
	l.log.Add(trace.Entry{Time: c.gw.now().UTC(), Direction: direction, Account: c.dev.String(), Who: c.who(), Fault: what}, n)
	return v
}

// refusal is the error of a third-party login whose token is not to be
// accepted; nil if it is.
func (l *lab) refusal(account wire.JID) error {
	if l == nil {
		return nil
	}
	set := l.faults.Load()
	if set == nil {
		return nil
	}
	switch set.Refuses(account.Bare().String()) {
	case fault.Expired:
		return &enlist.Error{Code: enlist.ExpiredToken}
	case fault.Invalid:
		return &enlist.Error{Code: enlist.BadSignature}
	}
	return nil
}

// who is the connection's user as testers name one.
func (c *conn) who() string {
	a := c.account.Load()
	switch {
	case a == nil:
		return ""
	case a.Kind == directory.WhatsApp:
		return "+" + a.Phone
	}
	return strconv.Itoa(int(a.Integrator)) + "/" + a.Name
}

// in handles what the client has sent, as the faults let it.
func (c *conn) in(n wire.Node) error {
	lab := c.gw.lab
	if lab == nil {
		return c.handle(n)
	}
	v := lab.judge(c, fault.In, n)
	if v.Corrupt {
		n = damaged(n)
	}
	return c.incoming.pass(c, v, func() error {
		c.turn.Lock() // what was late comes from another goroutine
		defer c.turn.Unlock()
		return c.handle(n)
	})
}

// send writes a stanza to the client, as the faults let it; it blocks while the
// client reads slowly.
func (c *conn) send(n wire.Node) error {
	lab := c.gw.lab
	if lab == nil {
		return c.write(n)
	}
	v := lab.judge(c, fault.Out, n)
	if v.Corrupt {
		n = damaged(n)
	}
	return c.outgoing.pass(c, v, func() error { return c.write(n) })
}

// laneRoom is how many late stanzas of one direction a connection has; further
// ones wait for room, as on a slow line.
const laneRoom = 256

// lane is one direction of a connection with late stanzas in it. The zero value
// is an empty one.
type lane struct {
	running sync.WaitGroup

	mu   sync.Mutex
	late []*late // in the order in which they are due
	held []*late // until something overtakes them
	busy bool    // somebody looks after late
	room chan struct{}
}

type late struct {
	due  time.Time
	do   func() error
	once sync.Once
	gone chan struct{} // it was done early
}

// pass does what a stanza is about, as often and as late as the verdict says.
func (l *lane) pass(c *conn, v fault.Verdict, do func() error) error {
	switch {
	case v.Drop:
		return nil
	case v.Twice:
		once := do
		do = func() error {
			if err := once(); err != nil {
				return err
			}
			return once()
		}
	}
	switch {
	case v.Behind:
		return l.hold(c, v.Delay, do)
	case v.Delay > 0:
		return l.wait(c, v.Delay, do)
	}
	if err := do(); err != nil || len(v.Faults) == 0 && c.gw.lab.faults.Load() == nil {
		return err
	}
	return l.overtaken()
}

// enter takes room for one late stanza.
func (l *lane) enter(ctx context.Context) error {
	l.mu.Lock()
	if l.room == nil {
		l.room = make(chan struct{}, laneRoom)
	}
	room := l.room
	l.mu.Unlock()
	select {
	case room <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// wait does something later. What is due later is done later, whatever its delay.
func (l *lane) wait(c *conn, delay time.Duration, do func() error) error {
	if err := l.enter(c.ctx); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	x := &late{due: time.Now().Add(delay), do: do}
	if n := len(l.late); n > 0 && l.late[n-1].due.After(x.due) {
		x.due = l.late[n-1].due
	}
	l.late = append(l.late, x)
	if !l.busy {
		l.busy = true
		l.running.Go(func() { l.look(c) })
	}
	return nil
}

// look does what is due until nothing is left, or the connection ends.
func (l *lane) look(c *conn) {
	for {
		l.mu.Lock()
		if len(l.late) == 0 || c.ctx.Err() != nil {
			l.busy = false
			l.mu.Unlock()
			return
		}
		x := l.late[0]
		l.mu.Unlock()
		if pause(c.ctx, time.Until(x.due)); c.ctx.Err() != nil {
			continue
		}
		l.mu.Lock()
		l.late = slices.Delete(l.late, 0, 1)
		l.mu.Unlock()
		err := x.do()
		<-l.room
		if err == nil {
			err = l.overtaken()
		}
		if err != nil {
			c.cancel(err)
		}
	}
}

// hold does something once a stanza has overtaken it, or after a while.
func (l *lane) hold(c *conn, most time.Duration, do func() error) error {
	if err := l.enter(c.ctx); err != nil {
		return err
	}
	x := &late{do: do, gone: make(chan struct{})}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held = append(l.held, x)
	l.running.Go(func() {
		t := time.NewTimer(most)
		defer t.Stop()
		select {
		case <-c.ctx.Done():
		case <-x.gone:
		case <-t.C:
			if err := l.let(x); err != nil {
				c.cancel(err)
			}
		}
	})
	return nil
}

// overtaken lets go what was held.
func (l *lane) overtaken() error {
	l.mu.Lock()
	all := l.held
	l.held = nil
	l.mu.Unlock()
	for _, x := range all {
		if err := l.let(x); err != nil {
			return err
		}
	}
	return nil
}

func (l *lane) let(x *late) (err error) {
	x.once.Do(func() {
		close(x.gone)
		l.mu.Lock()
		l.held = slices.DeleteFunc(l.held, func(h *late) bool { return h == x })
		l.mu.Unlock()
		err = x.do()
		<-l.room
	})
	return err
}

// damaged is a message with one byte of each ciphertext changed.
func damaged(n wire.Node) wire.Node {
	if n.Tag == "enc" && len(n.Data) > 0 {
		n.Data = slices.Clone(n.Data)
		n.Data[len(n.Data)-1] ^= 1
		return n
	}
	n.Children = slices.Clone(n.Children)
	for i, c := range n.Children {
		if c.Tag == "enc" || c.Tag == "participants" || c.Tag == "to" {
			n.Children[i] = damaged(c)
		}
	}
	return n
}

// RunFaults puts faults to work on this node, in place of those of before. The
// plan is a checked one.
func (g *Gateway) RunFaults(p fault.Plan) { g.lab.faults.Store(fault.Run(p)) }

// Faults are those at work.
func (g *Gateway) Faults() fault.Plan { return g.lab.faults.Load().Plan() }

// Trace is the log of what crosses this node.
func (g *Gateway) Trace() *trace.Log { return g.lab.log }

// Restart ends all connections of this node as a restart would: with a word to
// the clients, or cut off as by a crash.
func (g *Gateway) Restart(crash bool) {
	why := endDraining
	if crash {
		why = endCut
	}
	g.mu.Lock()
	for c := range g.conns {
		c.end(why)
	}
	g.mu.Unlock()
	g.pairings.endAll()
}
