// Package model holds the plain values that the user interface and the engine
// share: chats, messages, contacts and their states. No I/O, no keys.
package model

import "time"

// ChatID names a one-to-one chat: the peer's bare address in its text form,
// for instance "123456@lid". It is opaque to the user interface.
type ChatID string

// MessageID is unique within a chat and direction: "3EB0" and 18 upper-case
// hex digits for messages of ours, whatever the peer chose for others.
type MessageID string

// SendState is where an outgoing message is on its way. It only moves forward,
// but for Failed, which a retry turns back into Pending.
type SendState string

const (
	Pending   SendState = "pending"   // stored here, not yet acked by the gateway
	Sent      SendState = "sent"      // the gateway holds it durably
	Delivered SendState = "delivered" // a device of the peer decrypted it
	Read      SendState = "read"      // the peer read it
	Failed    SendState = "failed"    // given up; see Message.Failure
	Received  SendState = "received"  // an incoming message
)

// Failure says why a message did not go out or could not be read.
type Failure string

const (
	NoFailure       Failure = ""
	NoConsent       Failure = "no_consent"       // the peer has third-party chats off
	NoAccount       Failure = "no_account"       // the number left WhatsApp
	NoDevices       Failure = "no_devices"       // the peer has no device to encrypt to
	Rejected        Failure = "rejected"         // the gateway refused the message
	NotEnlisted     Failure = "not_enlisted"     // this provider's users may not write at present
	OutOfRegion     Failure = "out_of_region"    // third-party chats do not exist where one of the two is
	OwnBlock        Failure = "own_block"        // this user has blocked the peer
	Unanswered      Failure = "unanswered"       // enough was written to somebody who has not answered yet
	TooMany         Failure = "too_many"         // too many new conversations lately
	CannotDecrypt   Failure = "cannot_decrypt"   // incoming: waiting for the peer to send it again
	NotSupported    Failure = "not_supported"    // incoming: content that this version cannot show
	IdentityChanged Failure = "identity_changed" // the peer's identity key is not the one known
	HeldForKey      Failure = "held"             // of a pending message: waits until the user has looked at the peer's new key
)

// Message is one entry of a thread.
type Message struct {
	ID      MessageID `json:"id"`
	Chat    ChatID    `json:"chat"`
	FromMe  bool      `json:"fromMe"`
	Kind    Kind      `json:"kind,omitempty"`
	Text    string    `json:"text"`  // of a text, or the caption of media
	At      time.Time `json:"at"`    // when it was sent, by the gateway's clock once acked
	Order   uint64    `json:"order"` // position in the thread on this device; never changes
	State   SendState `json:"state"`
	Failure Failure   `json:"failure,omitempty"`

	Reply     *Quote     `json:"reply,omitempty"`
	Reactions []Reaction `json:"reactions,omitempty"` // at most one of each side
	Edited    time.Time  `json:"edited,omitzero"`
	Mentions  []string   `json:"mentions,omitempty"` // addresses; "@user" stands in the text
	Forwarded bool       `json:"forwarded,omitempty"`
	Media     *Media     `json:"media,omitempty"` // of KindImage, KindVideo, KindVoice, KindAudio, KindDocument
	Cards     []Card     `json:"cards,omitempty"` // of KindContact
	Place     *Place     `json:"place,omitempty"` // of KindLocation

	Notice NoticeKind `json:"notice,omitempty"` // of KindNotice
}

// Ref names a message of a chat: ids are unique only within a direction.
func (m Message) Ref() Ref { return Ref{ID: m.ID, FromMe: m.FromMe} }

// Contact is the person at the other end.
type Contact struct {
	Name  string `json:"name"`            // what they call themselves, or the username of a third-party person; hostile text
	Phone string `json:"phone,omitempty"` // "+49…" where known; never of a third-party person
	Given string `json:"given,omitempty"` // what this user calls a WhatsApp user; nobody else learns it
	// Provider is the number of a third-party person's messenger; 0: a WhatsApp user.
	Provider     int    `json:"provider,omitempty"`
	ProviderName string `json:"providerName,omitempty"` // as the gateway says; "" if that is not known
}

// Chat is a row of the chat list.
type Chat struct {
	ID      ChatID   `json:"id"`
	Contact Contact  `json:"contact"`
	Unread  int      `json:"unread"`
	Last    *Message `json:"last,omitempty"`
	Order   uint64   `json:"order"` // of the last activity; larger is newer
	// ReadUpto is the Order up to which this user has read all; 0 before the first time.
	ReadUpto uint64 `json:"readUpto,omitempty"`

	// Request: an unknown person wrote first, and the user has not accepted yet.
	// They learn nothing: no receipts, no typing, no presence; and no media is fetched.
	Request         bool      `json:"request,omitempty"`
	Blocked         bool      `json:"blocked,omitempty"`         // the person, by this user
	ProviderBlocked bool      `json:"providerBlocked,omitempty"` // the person's provider, by this user
	Closed          ClosedWhy `json:"closed,omitempty"`          // nothing can be sent at present; the thread stays
	Verified        bool      `json:"verified,omitempty"`        // the user has compared the safety number
	// Held: the person was verified, and has another key now. Messages wait until
	// the user verifies again or releases them.
	Held bool `json:"heldForKey,omitempty"`
	Met  bool `json:"met,omitempty"` // something was sent or accepted here
}

// Hop is a stretch of the way from this device to WhatsApp.
type Hop string

const (
	HopNone    Hop = ""        // nothing is down
	HopNetwork Hop = "network" // this device is offline
	HopRelay   Hop = "relay"   // the relay cannot be reached
	HopGateway Hop = "gateway" // the relay answers, the gateway behind it does not
	HopSession Hop = "session" // signed out, or enlistment revoked: the user must act
)

// LinkPhase is what the connection is doing.
type LinkPhase string

const (
	LinkOff        LinkPhase = "off"        // third-party chats are off
	LinkConnecting LinkPhase = "connecting" // first attempt, or after a loss
	LinkCatchingUp LinkPhase = "catchingUp" // connected, reading what waited
	LinkOnline     LinkPhase = "online"
	LinkWaiting    LinkPhase = "waiting" // will try again at RetryAt
)

// Link is the state of the connection, for banners.
type Link struct {
	Phase   LinkPhase `json:"phase"`
	Down    Hop       `json:"down,omitempty"`
	Reason  string    `json:"reason,omitempty"` // a tunnel close reason or gateway failure code
	RetryAt time.Time `json:"retryAt,omitzero"`
	Done    int       `json:"done,omitempty"`  // catching up: messages taken in
	Total   int       `json:"total,omitempty"` // catching up: messages announced
}

// Self is this user as the other side sees them.
type Self struct {
	Username  string  `json:"username"`
	Provider  string  `json:"provider"`  // the provider's name, "Ferry"
	Connected bool    `json:"connected"` // third-party chats are on: enlisted at the gateway
	Address   string  `json:"address,omitempty"`
	Persona   Persona `json:"persona,omitempty"`
	Phone     string  `json:"phone,omitempty"` // "+49…" of a WhatsApp user
	// Alias is by what WhatsApp's apps know the user, in mentions for one; "" if
	// that is not known.
	Alias string `json:"alias,omitempty"`
}
