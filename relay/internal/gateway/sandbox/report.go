package sandbox

import (
	"time"

	"ferry/relay/wire"
)

// Report is what a user has shown the operator about a person of the other product.
type Report struct {
	Time     time.Time `json:"time"`
	By       wire.JID  `json:"by"` // canonical
	About    wire.JID  `json:"about"`
	Reason   string    `json:"reason"`
	Messages []Shown   `json:"messages"` // that the reporter chose, and nothing else
}

// Shown is one message of a report, as the reporter has sent it.
type Shown struct {
	ID      string `json:"id"`
	Time    string `json:"t,omitempty"` // Unix seconds, as the reporter says
	Content []byte `json:"content"`
}
