package link

import (
	"errors"
	"fmt"
	"time"

	"ferry/app/internal/model"
	"ferry/relay/wire"
)

// Close codes of the tunnel. The reason that comes with each is a stable word.
const (
	CloseBadFrame           = 4400
	CloseUnauthorized       = 4401
	CloseRevoked            = 4403
	CloseIdle               = 4408
	CloseSlow               = 4411
	CloseFrameTooBig        = 4413
	CloseTooMany            = 4429
	CloseGatewayUnreachable = 4502
	CloseDraining           = 4503
	CloseGatewayClosed      = 4504
)

// CloseError is how a tunnel ended: what dialling it, or reading from it,
// returns. Code is a WebSocket close code, or 0 if there was none (the dial
// failed, the connection broke).
type CloseError struct {
	Code   int
	Reason string // stable lower_snake, from the relay
}

func (e *CloseError) Error() string { return fmt.Sprintf("tunnel closed: %d %s", e.Code, e.Reason) }

// Hop says which stretch the code is about.
func (e *CloseError) Hop() model.Hop {
	switch e.Code {
	case CloseUnauthorized, CloseRevoked:
		return model.HopSession
	case CloseGatewayUnreachable, CloseGatewayClosed:
		return model.HopGateway
	}
	return model.HopRelay
}

// APIError is an error that the relay's HTTP interface answered with.
type APIError struct {
	Status  int
	Code    string        // stable lower_snake
	Message string        // for people
	Field   string        // of a form, if one is at fault
	Retry   time.Duration // not before, if the relay says so
}

func (e *APIError) Error() string {
	return fmt.Sprintf("relay answered %d %s: %s", e.Status, e.Code, e.Message)
}

// Hop says which stretch the error is about.
func (e *APIError) Hop() model.Hop {
	switch e.Status {
	case 401, 403:
		return model.HopSession
	case 502, 504:
		return model.HopGateway
	}
	return model.HopRelay
}

// FailureError is the gateway's refusal of a login.
type FailureError struct {
	Reason wire.FailureReason
	Code   string        // stable lower_snake, or ""
	Expire time.Duration // of a temporary ban, else 0
}

func (e *FailureError) Error() string {
	return fmt.Sprintf("login refused: %d %s", int(e.Reason), e.Code)
}

// StreamError is the gateway's reason for ending a stream that was up.
type StreamError struct {
	Code     string // "515", "503", "401"…
	Conflict string // "replaced", "device_removed" or ""
}

func (e *StreamError) Error() string {
	return fmt.Sprintf("stream ended: %s %s", e.Code, e.Conflict)
}

// Errors of the link itself.
var (
	// ErrDead: nothing came for too long after a ping.
	ErrDead = errors.New("link: heartbeat unanswered")
	// ErrLogin: the gateway did not answer the login with success or failure.
	ErrLogin = errors.New("link: no answer to the login")
)
