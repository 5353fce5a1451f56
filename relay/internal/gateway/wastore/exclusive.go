package wastore

import (
	"context"
	"sync"
)

// send is a send of whatsmeow that runs within Exclusive. It has the ratchet lock until its sessions are stored, or
// it is interrupted.
type send struct {
	c    *Container
	mu   sync.Mutex
	over bool // the lock is given back
	late bool // before the sessions were stored
}

type sendKey struct{ c *Container }

func (c *Container) sendOf(ctx context.Context) *send {
	s, _ := ctx.Value(sendKey{c}).(*send)
	return s
}

// Exclusive runs fn, a send with the context that it is given. No message is decrypted before the sessions that it
// has advanced are stored: whatsmeow loads, changes and stores a session without a lock, in both directions, and moves
// sessions from phone numbers to LIDs in between; a send that overlaps a receive of the same peer would put back an
// old ratchet. fn must not wait for an incoming message. It works only for clients that have
// EnableDecryptedEventBuffer set: without it whatsmeow decrypts outside any transaction. What whatsmeow encrypts again
// after a retry receipt is not covered: it has no hook for that.
func (c *Container) Exclusive(ctx context.Context, fn func(ctx context.Context) error) error {
	c.ratchet.Lock()
	s := &send{c: c}
	c.mu.Lock()
	c.sending = s
	c.mu.Unlock()
	defer s.end(false)
	return fn(context.WithValue(ctx, sendKey{c}, s))
}

// Interrupt makes a send that has not stored its sessions yet fail with ErrInterrupted once it tries to, and lets
// messages be decrypted at once. It is for a connection that is lost: whatsmeow's sends then wait for another one, for
// seconds, and its handler of incoming messages, held up meanwhile, would go on beside a second one.
func (c *Container) Interrupt() {
	c.mu.Lock()
	s := c.sending
	c.mu.Unlock()
	if s != nil {
		s.end(true)
	}
}

// end gives the ratchet lock back, once.
func (s *send) end(late bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return
	}
	s.over, s.late = true, late
	s.c.mu.Lock()
	s.c.sending = nil
	s.c.mu.Unlock()
	s.c.ratchet.Unlock()
}

// store runs fn, which stores sessions. In a send, all of its sessions at once are the last thing that it does with
// them.
func (c *Container) store(ctx context.Context, all bool, fn func() error) error {
	s := c.sendOf(ctx)
	if s == nil || c.running(ctx) != nil {
		return fn()
	}
	if err := s.hold(fn); err != nil {
		return err
	}
	if all {
		s.end(false)
	}
	return nil
}

// hold runs fn unless the send was interrupted, and keeps it from being so meanwhile.
func (s *send) hold(fn func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.late {
		return ErrInterrupted
	}
	return fn()
}

// alone takes the ratchet lock unless ctx has it already.
func (c *Container) alone(ctx context.Context) (release func()) {
	if c.running(ctx) != nil || c.sendOf(ctx).has() {
		return func() {}
	}
	c.ratchet.Lock()
	return c.ratchet.Unlock
}

// has says whether a send still has the ratchet lock. Nil has not.
func (s *send) has() bool {
	if s == nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.over
}
