package tunnel

// Reason says why a tunnel ended. It is the same word in the close frame, the
// metrics and the logs.
type Reason uint8

// The reasons. The first two are the client's own doing and are told to nobody.
const (
	none               Reason = iota
	ClientClosed              // the client closed the WebSocket
	ClientGone                // the client's connection broke
	Unauthorized              // no session, or an expired one
	Revoked                   // the session was ended while the tunnel was open
	TooMany                   // a limit on connections
	Idle                      // no data for too long, or pings unanswered
	FrameTooBig               // a message above the bound, from either side
	BadFrame                  // not the WebSocket protocol, or text instead of bytes
	Slow                      // the client does not take what is sent to it
	GatewayUnreachable        // the gateway could not be dialled
	GatewayClosed             // the gateway ended the connection or fell silent
	Draining                  // this relay is going away: come back, perhaps elsewhere
	reasons
)

var reasonTable = [reasons]struct {
	text string
	code uint16 // of the close frame, 0: none is sent
}{
	none:               {"open", 0},
	ClientClosed:       {"client_closed", 0},
	ClientGone:         {"client_gone", 0},
	Unauthorized:       {"unauthorized", 4401},
	Revoked:            {"revoked", 4403},
	TooMany:            {"too_many", 4429},
	Idle:               {"idle", 4408},
	FrameTooBig:        {"frame_too_big", 4413},
	BadFrame:           {"bad_frame", 4400},
	Slow:               {"slow", 4411},
	GatewayUnreachable: {"gateway_unreachable", 4502},
	GatewayClosed:      {"gateway_closed", 4504},
	Draining:           {"draining", 4503},
}

// String returns the stable word, e.g. "too_many".
func (r Reason) String() string { return reasonTable[r].text }

// Code returns the close code that the client is shown, or 0 if none is sent.
func (r Reason) Code() int { return int(reasonTable[r].code) }

// Reasons lists them all, for metrics and documentation.
func Reasons() []Reason {
	all := make([]Reason, 0, reasons-1)
	for r := ClientClosed; r < reasons; r++ {
		all = append(all, r)
	}
	return all
}
