package link

import (
	"context"

	"ferry/relay/wire"
)

// Conn is one logged-in connection.
type Conn struct{}

// Send queues n for sending and returns at once: nil, ErrFull or ErrDown, or
// an error that is wire.ErrStanza. It may be called from any goroutine.
func (c *Conn) Send(n wire.Node) error { return ErrDown }

// Link is the supervised connection. Make it with New, use it once.
type Link struct{ events chan Event }

// New makes a link that does nothing until Run.
func New(cfg Config) *Link { return &Link{events: make(chan Event)} }

// Run connects and keeps connected. It returns when ctx ends or when only the
// user can help, with the error of the final Down. Then Events is closed.
func (l *Link) Run(ctx context.Context) error { close(l.events); return ErrDown }

// Events is what happens, in order. While nobody reads it the link stops
// reading from the gateway.
func (l *Link) Events() <-chan Event { return l.events }

// Online passes on what the system says about the network. When it comes back
// a waiting link dials at once; a connected one is tested.
func (l *Link) Online(online bool) {}

// Wake ends a wait: dial now.
func (l *Link) Wake() {}
