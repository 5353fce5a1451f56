package link

import (
	"context"
	"errors"
	"strconv"
	"time"

	"ferry/relay/wire"
)

// session is one connection at work: a reader, a writer, and the loop that
// owns the rest.
type session struct {
	link   *Link
	conn   *Conn
	ch     *wire.Channel
	in     chan wire.Node
	broken chan error // why the reader stopped
	failed chan error // why the writer stopped
	out    []Event    // for the engine; while one waits, nothing more is read
	pings  int
	beat   *time.Timer // the next ping
	dead   *time.Timer // runs while a ping is unanswered
	unsure bool        // dead is running
}

// serve carries stanzas until the connection ends, and says why.
func (l *Link) serve(ctx context.Context, ch *wire.Channel, conn *Conn) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s := &session{
		link: l, conn: conn, ch: ch,
		in: make(chan wire.Node), broken: make(chan error, 1), failed: make(chan error, 1),
		beat: time.NewTimer(jitter(l.cfg.Rand, pingMin, pingMax)), dead: time.NewTimer(time.Hour),
	}
	s.dead.Stop()
	defer s.beat.Stop()
	defer s.dead.Stop()
	go s.read(ctx)
	go s.write(ctx)
	for {
		if err := s.step(ctx); err != nil {
			return err
		}
	}
}

// step waits for the next thing to happen.
func (s *session) step(ctx context.Context) error {
	in, out, first := s.in, (chan Event)(nil), Event(nil)
	if len(s.out) > 0 {
		in, out, first = nil, s.link.events, s.out[0]
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case n := <-in:
		return s.take(n)
	case out <- first:
		s.out = s.out[1:]
	case err := <-s.broken:
		return err
	case err := <-s.failed:
		return s.why(err)
	case <-s.beat.C:
		s.conn.forgive()
		s.ping()
		s.beat.Reset(jitter(s.link.cfg.Rand, pingMin, pingMax))
	case <-s.conn.probe:
		s.ping()
	case <-s.link.poke:
		s.link.takeWake()
		s.ping() // the network has changed, or time has passed: is the connection still alive?
	case <-s.conn.room:
		s.out = append(s.out, Room{})
	case <-s.dead.C:
		return s.expired()
	}
	return nil
}

// take handles one stanza from the gateway.
func (s *session) take(n wire.Node) error {
	s.alive()
	if err := ending(n); err != nil {
		return err
	}
	if !s.conn.answered(n) {
		s.out = append(s.out, Stanza{n})
	}
	return nil
}

func (s *session) alive() {
	s.dead.Stop()
	s.unsure = false
}

// ping asks the gateway for a sign of life, and for proof of what has arrived.
func (s *session) ping() {
	s.pings++
	id := pingPrefix + strconv.Itoa(s.pings)
	s.conn.send(wire.N("iq", []wire.Attr{
		wire.A("id", id), wire.A("xmlns", "w:p"), wire.A("type", "get"), wire.J("to", wire.JID{Server: wire.ServerUser})}), true)
	if !s.unsure {
		s.unsure = true
		s.dead.Reset(deadAfter)
	}
}

// expired: nothing has come since the ping, unless it is we who do not read.
func (s *session) expired() error {
	if len(s.out) > 0 {
		s.dead.Reset(deadAfter)
		return nil
	}
	select {
	case n := <-s.in:
		return s.take(n)
	default:
		return ErrDead
	}
}

func (s *session) read(ctx context.Context) {
	for {
		n, err := s.ch.ReadNode(ctx)
		if errors.Is(err, wire.ErrStanza) {
			s.link.log.Warn("stanza skipped", "err", err)
			continue
		}
		if err != nil {
			s.broken <- err
			return
		}
		select {
		case s.in <- n:
		case <-ctx.Done():
			return
		}
	}
}

func (s *session) write(ctx context.Context) {
	for {
		select {
		case <-s.conn.write:
		case <-ctx.Done():
			return
		}
		for b := s.conn.next(); b != nil; b = s.conn.next() {
			if err := s.ch.WriteMarshalled(ctx, b); err != nil {
				s.failed <- err
				return
			}
		}
	}
}

// why prefers the reader's reason to the writer's: when a socket closes, both
// fail, but the close code, or a last stanza, is for the reader.
func (s *session) why(err error) error {
	timer := time.NewTimer(closeTimeout)
	defer timer.Stop()
	for {
		select {
		case n := <-s.in:
			if end := ending(n); end != nil {
				return end
			}
		case readErr := <-s.broken:
			var closed *CloseError
			if errors.As(readErr, &closed) {
				return readErr
			}
			return err
		case <-timer.C:
			return err
		}
	}
}
