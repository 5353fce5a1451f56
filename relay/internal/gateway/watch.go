package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"ferry/relay/internal/bus"
	"ferry/relay/internal/gateway/consent"
	"ferry/relay/internal/gateway/directory"
	"ferry/relay/wire"
)

// watching is one account that a connection follows the presence of.
type watching struct {
	c       *conn
	as      wire.JID // how the client calls it
	account directory.Account
	unsub   func()

	mu     sync.Mutex
	online map[uint16]bool
	shown  bool // to the client, as available
	ended  bool
	asked  *time.Timer
}

// answerTime is how long to wait for those who are online to say so, before
// somebody is said to be offline.
const answerTime = 500 * time.Millisecond

// lastSeenTTL is how long it is known when somebody was last seen.
const lastSeenTTL = 90 * 24 * time.Hour

// watch passes an account's presence on to the client, named as it was asked
// for, as long as the client is available itself and may know: whether it may is
// looked at each time that there is something to tell, so that what changes on
// either side counts at once.
func (c *conn) watch(ctx context.Context, n wire.Node) error {
	to, ok := n.JID("to")
	if !ok {
		return nil
	}
	me, err := c.own(ctx)
	if err != nil {
		return err
	}
	target, err := c.gw.dir.Resolve(ctx, to)
	if errors.Is(err, directory.ErrNotFound) || err == nil && me.Kind == directory.ThirdParty && target.Kind == directory.ThirdParty && me.ID != target.ID {
		return nil
	}
	if err != nil {
		return err
	}
	if !c.presence.room(target.ID, c.gw.limits.Subscribed) {
		return nil
	}
	w := &watching{c: c, as: to.Bare(), account: target, online: make(map[uint16]bool)}
	if w.unsub, err = c.gw.cfg.Bus.Subscribe(presenceSubject(target.ID), w.hear); err != nil {
		return err
	}
	if c.presence.add(target.ID, w) {
		return w.ask()
	}
	return nil
}

// ask lets all devices of the account say whether they are available.
func (w *watching) ask() error {
	for _, number := range numbers(&w.account) {
		if err := w.c.gw.order(w.account.ID.WithDevice(number), order{Presence: true}); err != nil {
			return err
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended {
		return nil
	}
	if w.asked != nil {
		w.asked.Stop()
	}
	w.asked = time.AfterFunc(answerTime, w.silence)
	return nil
}

// hear takes news of one of the account's devices.
func (w *watching) hear(raw []byte) {
	var x news
	if err := json.Unmarshal(raw, &x); err != nil {
		return
	}
	w.mu.Lock()
	was := len(w.online) > 0
	delete(w.online, x.Device)
	if x.Available {
		w.online[x.Device] = true
	}
	is := len(w.online) > 0
	tell := !w.ended && (is && x.Available || was != is)
	w.mu.Unlock()
	if tell {
		w.tell(is, x.Time)
	}
}

// silence says that nobody is there, if nobody has answered.
func (w *watching) silence() {
	w.mu.Lock()
	tell := !w.ended && len(w.online) == 0
	w.mu.Unlock()
	if !tell || !w.c.presence.curious() || !w.may() {
		return
	}
	ctx, cancel := context.WithTimeout(w.c.ctx, w.c.gw.limits.Handle)
	defer cancel()
	e, err := w.c.gw.lastSeen.Get(ctx, subject(w.account.ID))
	if err != nil && !errors.Is(err, bus.ErrNotFound) {
		w.c.log.Warn("last seen not known", "error", err)
		return
	}
	w.tell(false, string(e.Value))
}

// tell writes a presence, unless the client does not show its own. An empty last
// is one that is not shown.
func (w *watching) tell(available bool, last string) {
	if !w.c.presence.curious() || !w.may() {
		return
	}
	w.write(available, last)
}

// may says whether the watched account's presence may be told to the client as
// things stand. In doubt it may not.
func (w *watching) may() bool {
	ctx, cancel := context.WithTimeout(w.c.ctx, w.c.gw.limits.Handle)
	defer cancel()
	g := w.c.gw
	me, err := g.dir.Account(ctx, w.c.dev)
	var them directory.Account
	if err == nil {
		them, err = g.dir.Account(ctx, w.account.ID)
	}
	var a answer
	if err == nil {
		a, err = g.decide(ctx, &them, &me, consent.Presence)
	}
	if err != nil && !errors.Is(err, directory.ErrNotFound) && w.c.ctx.Err() == nil {
		w.c.log.Warn("presence held back", "error", err)
	}
	return err == nil && a.delivered()
}

// reconsider asks anew if the client may know, and if it may not any more, and
// thinks that somebody is there, lets them leave without saying when.
func (w *watching) reconsider() {
	if w.may() {
		if w.c.presence.curious() {
			if err := w.ask(); err != nil {
				w.c.log.Warn("presence not asked for", "error", err)
			}
		}
		return
	}
	w.mu.Lock()
	shown := w.shown && !w.ended
	w.mu.Unlock()
	if shown {
		w.write(false, "")
	}
}

func (w *watching) write(available bool, last string) {
	w.mu.Lock()
	w.shown = available
	w.mu.Unlock()
	attrs := []wire.Attr{wire.J("from", w.as)}
	if !available {
		if !w.c.presence.seesLast() {
			last = ""
		}
		attrs = append(attrs, wire.A("type", "unavailable"), wire.A("last", or(last, "deny")))
	}
	w.c.whisper(wire.N("presence", attrs))
}

func (w *watching) end() {
	w.unsub()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
	if w.asked != nil {
		w.asked.Stop()
	}
}

func (c *conn) unwatch(ctx context.Context, to wire.JID) error {
	id, err := c.gw.dir.Canonical(ctx, to.Bare())
	if err != nil {
		return nil // nobody of that name can be watched
	}
	c.presence.room(id, 0)
	return nil
}
