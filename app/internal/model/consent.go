package model

import "time"

// Persona is as whom this client is logged in.
type Persona string

const (
	ThirdParty   Persona = ""         // the user of a third-party messenger
	WhatsAppUser Persona = "whatsapp" // on a sandbox gateway only
)

// ClosedWhy says why nothing can be sent in a chat at present.
type ClosedWhy string

const (
	Open            ClosedWhy = ""
	ClosedConsent   ClosedWhy = "consent_off" // the WhatsApp user, this one or the peer, takes no third-party chats, or none of the provider
	ClosedSuspended ClosedWhy = "suspended"   // the provider is, at the gateway
	ClosedRegion    ClosedWhy = "region"      // one of the two is where there are no third-party chats
)

// NoticeKind is what a line in a thread tells.
type NoticeKind string

const (
	NoticeKeyChanged        NoticeKind = "key_changed" // the peer has another identity key
	NoticeVerified          NoticeKind = "verified"    // this user has verified the peer
	NoticeUnverified        NoticeKind = "unverified"  // and taken that back
	NoticeConsentOff        NoticeKind = "consent_off" // see ClosedConsent
	NoticeConsentOn         NoticeKind = "consent_on"  // it is over
	NoticeAccepted          NoticeKind = "accepted"    // this user took the peer's request
	NoticeBlocked           NoticeKind = "blocked"     // by this user
	NoticeUnblocked         NoticeKind = "unblocked"
	NoticeProviderSuspended NoticeKind = "provider_suspended"
	NoticeProviderActive    NoticeKind = "provider_active" // it is over
	NoticeRegion            NoticeKind = "region"          // see ClosedRegion
	NoticeRegionOver        NoticeKind = "region_over"
)

// Inboxes of Consent.Inbox.
const (
	InboxSeparate = "separate"
	InboxCombined = "combined"
)

// App is a third-party messenger as a WhatsApp user may choose it.
type App struct {
	ID        int       `json:"id"`
	Name      string    `json:"name"`
	On        bool      `json:"on,omitempty"`        // chosen by the user
	Blocked   bool      `json:"blocked,omitempty"`   // by the user
	Suspended bool      `json:"suspended,omitempty"` // at the gateway
	Since     time.Time `json:"since,omitzero"`      // when the gateway took it in
	New       bool      `json:"new,omitempty"`       // came after the user last looked at the apps
}

// Consent is what a WhatsApp user takes of third-party chats.
type Consent struct {
	Known    bool   `json:"known,omitempty"` // else the gateway has not told yet
	On       bool   `json:"on,omitempty"`
	Inbox    string `json:"inbox,omitempty"`    // InboxSeparate or InboxCombined
	Requests bool   `json:"requests,omitempty"` // strangers wait until they are accepted
	Apps     []App  `json:"apps,omitempty"`     // by their numbers
}

// BlockedPerson is somebody whom this user has blocked.
type BlockedPerson struct {
	Chat    ChatID  `json:"chat"` // which may not exist here
	Contact Contact `json:"contact"`
}

// SafetyNumber is what two people compare to know that nobody sits between them.
type SafetyNumber struct {
	Digits    string    `json:"digits"`          // 60 of them
	QR        []byte    `json:"qr"`              // what the code to scan holds: Signal's scannable fingerprint
	Drawn     []byte    `json:"drawn,omitempty"` // that code as squares: one byte, the side, then row by row a bit for each, 1 is dark
	Verified  bool      `json:"verified,omitempty"`
	ChangedAt time.Time `json:"changedAt,omitzero"` // when the peer's keys last changed; zero: not since they are known
}

// ReportedMessage is a message as a report shows it to the gateway's operator.
type ReportedMessage struct {
	Ref
	At   time.Time `json:"at"`
	Text string    `json:"text"` // all that leaves: the text, and in brackets what else there was
}
