package link

import "time"

// Limits of a connection, each with what happens at it.
const (
	// Ping interval: jittered, so that clients do not beat together. It is
	// what WhatsApp's open clients do.
	pingMin = 20 * time.Second
	pingMax = 30 * time.Second
	// deadAfter a ping without a single stanza the connection is given up.
	deadAfter = 10 * time.Second

	loginTimeout = 30 * time.Second // for the login payload: a token is fetched
	dialTimeout  = 20 * time.Second // for the tunnel
	answerTime   = 20 * time.Second // for the gateway's answer to the login
	closeTimeout = time.Second      // for a close; then the socket is left to itself

	backoffFirst = time.Second // delay after a loss, doubling; half of it is jitter
	backoffMost  = time.Minute
	soonMost     = 2 * time.Second        // delay when the server asks to come back elsewhere
	stableAfter  = 30 * time.Second       // connected for this long, the delay starts over
	maxRetry     = time.Hour              // longest delay that the relay may ask for
	attemptGap   = 250 * time.Millisecond // between two attempts, whatever asks for them

	// maxEvents wait for the engine; then the link stops reading.
	maxEvents = 16
	// maxInFlight bytes may be on their way or queued without proof that the
	// gateway has them; then Send returns ErrFull. One stanza may exceed it.
	maxInFlight = 256 << 10
	// maxUnanswered messages and queries may wait for their ack or result;
	// then Send returns ErrFull for more of them.
	maxUnanswered = 64
	// answerWithin a query or message is answered, or its place is given up.
	answerWithin = time.Minute
)
