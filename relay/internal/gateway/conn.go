package gateway

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"

	"ferry/relay/internal/gateway/directory"
	"ferry/relay/wire"

	"golang.org/x/time/rate"
)

// conn is one logged-in device. Its goroutines all end before run returns:
// the reader handles what the client sends, one stanza after the other; the
// deliverer writes what waits in the mailbox; the ephemeral writer writes what
// is not worth keeping.
type conn struct {
	gw   *Gateway
	ch   *wire.Channel
	log  *slog.Logger
	dev  wire.JID // canonical
	name string   // of this connection, for the log

	// Set by login, before run.
	kind       directory.Kind
	integrator uint16
	account    atomic.Pointer[directory.Account] // as it was when last read

	login  atomic.Uint64 // which login of the device this is
	newest atomic.Uint64 // the newest one heard of

	ctx    context.Context // ends, with the reason, when the connection is to end
	cancel context.CancelCauseFunc
	io     context.Context // of reads and writes: outlives ctx by the farewell

	leaving atomic.Bool // its device asked to be removed: the end is the answer, not the news of it

	inflight  *inflight
	ephemeral chan wire.Node
	presence  presence
	lookups   *rate.Limiter
	unsub     func()

	incoming, outgoing lane       // of a sandbox: stanzas that a fault has made late
	turn               sync.Mutex // of a sandbox: held while a stanza is handled
}

// ending is why a connection ends, and what the client is told first.
type ending struct {
	reason string
	stanza wire.Node // zero: nothing
	linger bool      // leave the client time to read what was written last
}

func (e *ending) Error() string { return "connection ended: " + e.reason }

var (
	endReplaced  = &ending{"replaced", wire.StreamError("", "replaced"), true}
	endRemoved   = &ending{"device_removed", wire.StreamError("401", "device_removed"), true}
	endDraining  = &ending{"draining", wire.StreamError("503", ""), true}
	endFailed    = &ending{"failed", wire.StreamError("503", ""), true}
	endLoggedOut = &ending{reason: "logged_out", linger: true}
	endMalformed = &ending{reason: "malformed"}
	endCut       = &ending{reason: "cut"}
)

func newConn(g *Gateway, ch *wire.Channel, dev wire.JID) *conn {
	c := &conn{
		gw: g, ch: ch, dev: dev, name: rand.Text()[:8],
		inflight:  newInflight(g.limits.InFlight),
		ephemeral: make(chan wire.Node, g.limits.Ephemeral),
		lookups:   rate.NewLimiter(rate.Limit(g.limits.Lookups), g.limits.LookupBurst),
	}
	c.log = g.log.With("conn", c.name)
	c.ctx, c.cancel = context.WithCancelCause(g.ctx)
	return c
}

// subscribe listens for orders to the device.
func (c *conn) subscribe() error {
	unsub, err := c.gw.cfg.Bus.Subscribe(subject(c.dev), c.obey)
	if err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	c.unsub = unsub
	return nil
}

func (c *conn) unsubscribe() {
	c.cancel(nil)
	c.unsub()
}

// obey takes an order that came over the bus.
func (c *conn) obey(raw []byte) {
	var o order
	if err := json.Unmarshal(raw, &o); err != nil {
		c.log.Warn("unreadable order", "error", err)
		return
	}
	switch {
	case o.Removed:
		c.end(endRemoved)
	case o.Presence:
		c.presence.repeat(c)
	case o.Privacy:
		c.presence.refresh(c.ctx, c)
	case o.Watches:
		c.presence.reconsider(c)
	case o.Stanza != nil:
		if n, err := wire.Unmarshal(o.Stanza); err == nil {
			c.whisper(n)
		}
	case o.Login > c.newest.Load():
		c.newest.Store(o.Login) // orders come one at a time
		c.giveWay()
	}
}

// giveWay ends the connection if a newer login of the device is known.
func (c *conn) giveWay() {
	if mine := c.login.Load(); mine != 0 && c.newest.Load() > mine {
		c.end(endReplaced)
	}
}

// end ends the connection; the first reason counts. Never blocks.
func (c *conn) end(cause error) {
	if !c.leaving.Load() {
		c.cancel(cause)
	}
}

// run serves the client until either side ends the connection.
func (c *conn) run(ctx context.Context) {
	defer c.unsubscribe()
	defer c.presence.leave(c)
	io, closeIO := context.WithCancel(ctx)
	defer closeIO()
	c.io = io
	c.gw.enter(c)
	defer c.gw.leave(c)
	c.giveWay()
	c.log.Info("logged in", "kind", int(c.kind))

	var running sync.WaitGroup
	if err := c.welcome(); err != nil {
		c.cancel(err)
	} else {
		running.Go(func() { c.cancel(c.read()) })
		running.Go(func() { c.end(c.deliver()) })
		running.Go(func() { c.end(c.writeEphemeral()) })
	}
	<-c.ctx.Done()
	c.farewell(context.Cause(c.ctx))
	closeIO()
	running.Wait()
	c.incoming.running.Wait()
	c.outgoing.running.Wait()
}

func (g *Gateway) enter(c *conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.conns[c] = struct{}{}
	switch {
	case g.drain:
		c.end(endDraining)
	case c.kind == directory.ThirdParty && g.down(c.integrator): // since its login was looked at
		c.end(endProvider)
	}
}

func (g *Gateway) leave(c *conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.conns, c)
}

// welcome is the answer to the login.
func (c *conn) welcome() error {
	attrs := []wire.Attr{wire.A("t", unix(c.gw.now()))}
	if c.kind == directory.WhatsApp {
		attrs = append(attrs, wire.J("lid", c.dev))
	} else {
		attrs = append(attrs, wire.J("jid", c.dev))
	}
	return c.send(wire.N("success", attrs))
}

// farewell tells the client why, if there is something to tell, and closes.
// Clients throw away what they have not read when the socket closes.
func (c *conn) farewell(cause error) {
	var e *ending
	if !errors.As(cause, &e) {
		c.log.Info("connection lost", "cause", cause)
		_ = c.ch.Close("closed")
		return
	}
	c.log.Info("connection ended", "reason", e.reason)
	if e.stanza.Tag != "" {
		if err := c.send(e.stanza); err != nil {
			c.log.Debug("farewell failed", "error", err)
		}
	}
	if e.linger {
		pause(c.io, c.gw.limits.Grace)
	}
	_ = c.ch.Close(e.reason)
}

// read handles what the client sends until the connection ends.
func (c *conn) read() error {
	stanzas := rate.NewLimiter(rate.Limit(c.gw.limits.Stanzas), c.gw.limits.StanzaBurst)
	malformed := 0
	for c.ctx.Err() == nil {
		n, err := c.ch.ReadNode(c.io)
		if errors.Is(err, wire.ErrStanza) {
			if malformed++; malformed >= c.gw.limits.Malformed {
				return endMalformed
			}
			continue
		}
		if err != nil {
			return err
		}
		if err := stanzas.Wait(c.ctx); err != nil {
			return err
		}
		if err := c.in(n); err != nil {
			return err
		}
	}
	return context.Cause(c.ctx)
}

// handlers is the table of what a client may send. What is not in it is ignored:
// clients send more than is documented.
var handlers = map[string]func(*conn, context.Context, wire.Node) error{
	"iq":        (*conn).handleIQ,
	"message":   (*conn).handleMessage,
	"receipt":   (*conn).handleReceipt,
	"ack":       (*conn).handleAck,
	"presence":  (*conn).handlePresence,
	"chatstate": (*conn).handleChatState,
	"call":      (*conn).handleCall,
}

// handle runs to its end also if the connection ends meanwhile: half of a
// message's copies would otherwise stay unsent until the client repeats it.
func (c *conn) handle(n wire.Node) error {
	h := handlers[n.Tag]
	if h == nil {
		c.log.Debug("ignored", "stanza", n.String())
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.ctx), c.gw.limits.Handle)
	defer cancel()
	err := guard(func() error { return h(c, ctx, n) })
	var e *ending
	if err == nil || errors.As(err, &e) || errors.Is(err, errGone) {
		return err
	}
	if c.ctx.Err() == nil && c.io.Err() == nil {
		c.log.Error("stanza failed", "stanza", n.String(), "error", err)
	}
	return endFailed
}

// guard turns a panic into an error: a stanza that finds a mistake of ours costs
// its sender the connection, and nobody else.
func guard(fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return fn()
}

// write writes a stanza to the client, past the faults of a sandbox: see send.
func (c *conn) write(n wire.Node) error {
	err := c.ch.WriteNode(c.io, n)
	if err != nil && !errors.Is(err, wire.ErrStanza) {
		return fmt.Errorf("%w: %w", errGone, err)
	}
	return err
}

// errGone: the client is not there any more, which is nobody's mistake.
var errGone = errors.New("the client is gone")

// whisper writes an ephemeral stanza when there is time, or drops it.
func (c *conn) whisper(n wire.Node) {
	select {
	case c.ephemeral <- n:
	default:
		c.log.Debug("ephemeral stanza dropped")
	}
}

func (c *conn) writeEphemeral() error {
	for {
		select {
		case n := <-c.ephemeral:
			if err := c.send(n); err != nil {
				return err
			}
		case <-c.ctx.Done():
			return context.Cause(c.ctx)
		}
	}
}

// own reads the connection's account as it is now. If the device is gone, the
// connection ends.
func (c *conn) own(ctx context.Context) (directory.Account, error) {
	a, err := c.gw.dir.Account(ctx, c.dev)
	if err == nil {
		if _, ok := a.Device(c.dev.Device); !ok {
			err = directory.ErrNotFound
		}
	}
	if errors.Is(err, directory.ErrNotFound) {
		return directory.Account{}, endRemoved
	}
	if err != nil {
		return directory.Account{}, err
	}
	c.account.Store(&a)
	return a, nil
}

// number formats an attribute.
func number[T ~int | ~uint64 | ~uint32 | ~uint16](n T) string {
	return strconv.FormatInt(int64(n), 10)
}
