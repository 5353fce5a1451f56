package port

import "ferry/app/internal/model"

// Commands about whom the user takes messages from, and whom they trust. Those
// that tell the gateway reply once it has answered: with the code "offline" or
// "refused" nothing has changed, unless said otherwise.
type (
	// SetConsent changes what a WhatsApp user takes of third-party chats; what
	// is left out stays. Replied with model.Consent.
	SetConsent struct {
		On       *bool        `json:"on,omitempty"`
		Inbox    string       `json:"inbox,omitempty"`
		Requests *bool        `json:"requests,omitempty"`
		Apps     map[int]bool `json:"apps,omitempty"`     // by provider: chosen or not
		SeenApps []int        `json:"seenApps,omitempty"` // which are not new any more; kept on this device
	}
	// FindPerson asks a WhatsApp user's gateway for a third-party person:
	// replied with LookUpResult.
	FindPerson struct {
		Provider int    `json:"provider"`
		Username string `json:"username"`
	}
	// Accept takes a request: replied with model.Chat. What was owed to the peer,
	// receipts among it, goes out. The gateway is told once there is a connection.
	Accept struct {
		Chat model.ChatID `json:"chat"`
	}
	// Decline forgets a request, here with its chat and all its messages, and at
	// the gateway once there is a connection. Who writes again makes a new one.
	Decline struct {
		Chat model.ChatID `json:"chat"`
	}
	// Block blocks or unblocks a person: replied with model.Chat. It holds here at
	// once; the gateway is told once there is a connection.
	Block struct {
		Chat    model.ChatID `json:"chat"`
		Blocked bool         `json:"blocked"`
	}
	// BlockProvider blocks or unblocks a whole provider, for a WhatsApp user:
	// replied with model.Consent.
	BlockProvider struct {
		Provider int  `json:"provider"`
		Blocked  bool `json:"blocked"`
	}
	// PreviewReport asks what a report with these messages would show: replied
	// with ReportPreview.
	PreviewReport struct {
		Chat     model.ChatID `json:"chat"`
		Messages []model.Ref  `json:"messages"`
	}
	// Report tells the gateway's operator about a person, with the messages as
	// PreviewReport shows them, and Block also blocks the person: replied with
	// model.Chat.
	Report struct {
		Chat     model.ChatID `json:"chat"`
		Messages []model.Ref  `json:"messages,omitempty"` // at most MaxReported, received ones
		Reason   string       `json:"reason"`             // one of ReportReasons
		Block    bool         `json:"block,omitempty"`
	}
	// SafetyNumber asks for that of a chat: replied with model.SafetyNumber.
	SafetyNumber struct {
		Chat model.ChatID `json:"chat"`
	}
	// Verify says that the user has compared the safety number, or takes that
	// back: replied with model.Chat. Digits, if given, are what was compared:
	// where the number is another by now, the answer is "number_changed". What
	// was held goes out.
	Verify struct {
		Chat     model.ChatID `json:"chat"`
		Verified bool         `json:"verified"`
		Digits   string       `json:"digits,omitempty"`
	}
	// ReleaseHeld sends on to a peer whose verified key has changed, who is then
	// not verified any more: replied with model.Chat.
	ReleaseHeld struct {
		Chat model.ChatID `json:"chat"`
	}
)

// MaxReported bounds Report.Messages.
const MaxReported = 20

// ReportReasons are the values of Report.Reason.
func ReportReasons() []string { return []string{"spam", "scam", "abuse", "impersonation", "other"} }

// ReportPreview is all that a report tells, besides who makes it and why.
type ReportPreview struct {
	Contact  model.Contact           `json:"contact"`
	Address  string                  `json:"address"` // of the person
	Messages []model.ReportedMessage `json:"messages"`
}

func (SetConsent) command() string    { return "setConsent" }
func (FindPerson) command() string    { return "findPerson" }
func (Accept) command() string        { return "accept" }
func (Decline) command() string       { return "decline" }
func (Block) command() string         { return "block" }
func (BlockProvider) command() string { return "blockProvider" }
func (PreviewReport) command() string { return "previewReport" }
func (Report) command() string        { return "report" }
func (SafetyNumber) command() string  { return "safetyNumber" }
func (Verify) command() string        { return "verify" }
func (ReleaseHeld) command() string   { return "releaseHeld" }
