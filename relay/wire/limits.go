package wire

import "time"

// Bounds on what the other side may send. Whatever breaks one is refused; a
// frame that is too big ends the connection.
const (
	// MaxFrame is the largest length that three bytes can say.
	MaxFrame = 1<<24 - 1

	// DefaultFrame is the frame limit when Limits.Frame is zero. The largest
	// stanza seen, a message for a group of a thousand people with several
	// devices each, is well below.
	DefaultFrame = 2 << 20

	// MaxHandshakeFrame bounds frames from somebody who is not yet known.
	MaxHandshakeFrame = 16 << 10

	// MaxInflated bounds a compressed stanza once inflated.
	MaxInflated = 4 << 20

	// HandshakeTimeout is how long Dial and Accept wait for the other side to
	// finish, if the context does not end sooner. Open clients use the same.
	HandshakeTimeout = 20 * time.Second

	maxDepth   = 32      // of nested stanzas
	maxAttrs   = 64      // of one stanza
	maxNodes   = 1 << 16 // of one frame, all levels
	maxAllAttr = 1 << 17 // of one frame, all levels
	maxUser    = 128     // bytes of a JID's user
	maxServer  = 32      // bytes of a JID's server
	maxRouting = 1 << 10 // bytes of an edge-routing preamble
)

// Limits are the bounds that a caller may choose.
type Limits struct {
	Frame int // largest frame accepted after the handshake, in bytes; 0 means DefaultFrame
}

func (l Limits) frame() int {
	if l.Frame <= 0 {
		return DefaultFrame
	}
	return min(l.Frame, MaxFrame)
}
