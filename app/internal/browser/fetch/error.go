// Package fetch talks to the relay's JSON API with the browser's fetch, for the
// page and for the core alike. The session's cookie goes with each request to
// our own origin, and only there.
package fetch

import (
	"fmt"
	"time"
)

// Error is an answer of the relay that is not a success, or none at all.
type Error struct {
	Status  int           // HTTP status; 0 if no answer came
	Code    string        // stable, lower_snake: "signed_out"…; "offline" if no answer came
	Message string        // for people
	Field   string        // the form field that it is about, if any
	Retry   time.Duration // not before, if the relay says so
}

func (e *Error) Error() string { return fmt.Sprintf("relay: %d %s: %s", e.Status, e.Code, e.Message) }

// Offline is the Code of a request that got no answer.
const Offline = "offline"
