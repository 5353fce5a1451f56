package link

import (
	"context"
	"crypto/rand"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"ferry/app/internal/model"
	"ferry/relay/wire"
)

// Link is the supervised connection. Make it with New, use it once.
type Link struct {
	cfg    Config
	log    *slog.Logger
	events chan Event
	poke   chan struct{} // holds a token after Online or Wake
	back   backoff

	mu      sync.Mutex
	offline bool // the system says that there is no network
	woken   bool // somebody asked to try at once
}

// New makes a link that does nothing until Run.
func New(cfg Config) *Link {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Rand == nil {
		cfg.Rand = rand.Reader
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	cfg.Rand = &lockedReader{r: cfg.Rand}
	return &Link{cfg: cfg, log: cfg.Log, events: make(chan Event, maxEvents), poke: make(chan struct{}, 1), back: backoff{rand: cfg.Rand}}
}

// Events is what happens, in order. While nobody reads it the link stops
// reading from the gateway.
func (l *Link) Events() <-chan Event { return l.events }

// Online passes on what the system says about the network. When it comes back
// a waiting link dials at once; a connected one is tested by a ping.
func (l *Link) Online(online bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.offline == !online {
		return
	}
	l.offline, l.woken = !online, online
	raise(l.poke)
}

// Wake says that somebody, or something, cannot wait: a waiting link dials now,
// a connected one is tested by a ping.
func (l *Link) Wake() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.woken = true
	raise(l.poke)
}

func (l *Link) takeWake() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	woken := l.woken
	l.woken = false
	return woken
}

func (l *Link) isOffline() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.offline
}

// Run connects and keeps connected. It returns when ctx ends or when only the
// user can help, with the error of the final Down. Then Events is closed.
func (l *Link) Run(ctx context.Context) error {
	defer close(l.events)
	watch, enough := context.WithCancel(ctx)
	defer enough()
	go l.watchSleep(watch)
	for {
		began := l.cfg.Now()
		if !l.emit(ctx, Connecting{}) {
			return ctx.Err()
		}
		up, err := l.attempt(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !up.IsZero() && l.cfg.Now().Sub(up) >= stableAfter {
			l.back.reset()
		}
		down := l.down(err)
		l.log.Info("link down", "hop", down.Hop, "reason", down.Reason, "err", err, "final", down.Final)
		if !l.emit(ctx, down) {
			return ctx.Err()
		}
		if down.Final {
			return err
		}
		if !l.wait(ctx, down.RetryAt, began.Add(attemptGap)) {
			return ctx.Err()
		}
	}
}

// down judges an error and fixes when to try again.
func (l *Link) down(err error) Down {
	v := judge(err)
	d := Down{Err: err, Hop: v.hop, Reason: v.reason, Final: v.final}
	if d.Final {
		return d
	}
	if l.isOffline() {
		d.Hop, d.Reason = model.HopNetwork, "offline"
	}
	d.RetryAt = l.cfg.Now().Add(l.back.next(v))
	return d
}

// wait returns at retryAt, or at earliest when woken; false if ctx ends.
func (l *Link) wait(ctx context.Context, retryAt, earliest time.Time) bool {
	if l.takeWake() {
		retryAt = earliest
	}
	if retryAt.Before(earliest) {
		retryAt = earliest
	}
	for {
		timer := time.NewTimer(retryAt.Sub(l.cfg.Now()))
		select {
		case <-ctx.Done():
			timer.Stop()
			return false
		case <-timer.C:
			return true
		case <-l.poke:
			timer.Stop()
			if l.takeWake() {
				l.back.reset()
				retryAt = earliest
			}
		}
	}
}

func (l *Link) emit(ctx context.Context, e Event) bool {
	select {
	case l.events <- e:
		return true
	case <-ctx.Done():
		return false
	}
}

// attempt connects and stays until the connection ends. It returns since when
// it was up, zero if it never was.
func (l *Link) attempt(ctx context.Context) (up time.Time, err error) {
	payload, err := supervised(ctx, loginTimeout, l.cfg.Login, nil)
	if err != nil {
		return up, at(atLogin, err)
	}
	pipe, err := supervised(ctx, dialTimeout, l.cfg.Dial, func(p wire.Pipe) { p.Close("late") })
	if err != nil {
		return up, at(atDial, err)
	}
	ch, err := supervised(ctx, wire.HandshakeTimeout, func(ctx context.Context) (*wire.Channel, error) {
		return wire.Dial(ctx, pipe, wire.ClientConfig{
			Static: l.cfg.Static, Root: l.cfg.Root, Now: l.cfg.Now, Rand: l.cfg.Rand, Payload: payload, Limits: l.cfg.Limits})
	}, func(ch *wire.Channel) { ch.Close("late") })
	if err != nil {
		go pipe.Close("handshake_failed") // again, in case the handshake hangs in the pipe
		return up, at(atHandshake, err)
	}
	defer shut(ch)
	first, err := supervised(ctx, answerTime, ch.ReadNode, nil)
	if err != nil {
		return up, at(atAnswer, err)
	}
	if first.Tag != "success" {
		return up, at(atAnswer, loginError(first))
	}
	conn := newConn(l.cfg.Now)
	defer conn.shut()
	if !l.emit(ctx, Up{conn, first}) {
		return up, ctx.Err()
	}
	up = l.cfg.Now()
	return up, at(atWork, l.serve(ctx, ch, conn))
}

// supervised runs fn with a time limit that holds even if fn does not heed its
// context. What fn returns too late is dropped.
func supervised[T any](ctx context.Context, limit time.Duration, fn func(context.Context) (T, error), drop func(T)) (T, error) {
	type result struct {
		value T
		err   error
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	done := make(chan result, 1)
	go func() {
		defer cancel()
		value, err := fn(ctx)
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
	}
	select {
	case r := <-done: // fn heeded its context, or was done just before
		return r.value, r.err
	case <-time.After(closeTimeout):
	}
	go func() {
		if r := <-done; r.err == nil && drop != nil {
			drop(r.value)
		}
	}()
	var none T
	return none, context.Cause(ctx)
}

// shut closes a channel without waiting longer than it may.
func shut(ch *wire.Channel) {
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		ch.Close("done")
	}()
	select {
	case <-closed:
	case <-time.After(closeTimeout):
	}
}

// loginError is what the first stanza says if it is not success.
func loginError(n wire.Node) error {
	if err := ending(n); err != nil {
		return err
	}
	return ErrLogin
}

// ending is the error that a stanza ends the stream with, nil for others.
func ending(n wire.Node) error {
	switch n.Tag {
	case "failure":
		reason, code, _ := wire.ParseFailure(n)
		e := &FailureError{Reason: reason, Code: stable(code)}
		if s, err := strconv.ParseUint(n.Attr("expire"), 10, 31); err == nil && reason == wire.FailTempBanned {
			e.Expire = time.Duration(s) * time.Second
		}
		return e
	case "stream:error":
		conflict, _ := n.Child("conflict")
		return &StreamError{Code: stable(n.Attr("code")), Conflict: stable(conflict.Attr("type"))}
	case "xmlstreamend":
		return &StreamError{Code: "end"}
	}
	return nil
}

// stable keeps a code from the network if it looks like one.
func stable(code string) string {
	if len(code) > 40 {
		return ""
	}
	for _, c := range code {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return ""
		}
	}
	return code
}
