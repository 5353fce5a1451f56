// Package port defines what crosses between the user interface and the engine:
// commands in, replies and events out. Values are JSON, so that the same
// engine serves a message port in the browser and JSON lines natively.
package port

import (
	"encoding/json"
	"time"

	"ferry/app/internal/model"
)

// Proto is the version of this boundary. A page and a core that differ reload.
const Proto = 3

// Command asks the engine for something. Each command gets exactly one Reply,
// sent after what it changed is durable; a command may be sent again with the
// same content after a lost reply, and has no further effect.
type Command interface{ command() string }

// Commands.
type (
	// Snapshot asks for the whole list state: replied with State.
	Snapshot struct{}
	// Connect turns third-party chats on: enlists at the gateway.
	Connect struct{}
	// Disconnect turns them off: revokes the enlistment, closes the tunnel. Of a
	// WhatsApp user it unlinks this device.
	Disconnect struct {
		// Everywhere takes the account from the gateway with all its devices,
		// whose tunnels close at once; else it is this device only.
		Everywhere bool `json:"everywhere,omitempty"`
	}
	// LookUp asks whether a phone number can be messaged: replied with LookUpResult.
	LookUp struct {
		Phone string `json:"phone"` // international form; spaces, dots, dashes and brackets allowed
	}
	// OpenChat makes the chat with a looked-up person exist: replied with model.Chat.
	OpenChat struct {
		Chat    model.ChatID  `json:"chat"`
		Contact model.Contact `json:"contact"`
	}
	// Messages asks for a page of a thread, newest last: replied with
	// MessagePage. At most one of Before, After and Around is set; none means
	// the end of the thread.
	Messages struct {
		Chat   model.ChatID `json:"chat"`
		Before uint64       `json:"before,omitempty"` // the Limit entries below this Order
		After  uint64       `json:"after,omitempty"`  // the Limit entries above this Order
		Around uint64       `json:"around,omitempty"` // half of Limit on each side, the entry itself included
		Limit  int          `json:"limit"`            // at most MaxPage
	}
	// SendText queues a text: replied with model.Message, pending.
	SendText struct {
		Chat    model.ChatID    `json:"chat"`
		ID      model.MessageID `json:"id"` // chosen by the sender, "3EB0" and 18 hex digits: makes a repeat harmless
		Text    string          `json:"text"`
		ReplyTo *model.Ref      `json:"replyTo,omitempty"`
	}
	// SendMedia queues an attachment whose bytes were handed over under File:
	// replied with model.Message, pending. Media describes it; its Size is that
	// of the file as chosen.
	SendMedia struct {
		Chat    model.ChatID    `json:"chat"`
		ID      model.MessageID `json:"id"`
		Kind    model.Kind      `json:"kind"` // KindImage, KindVideo, KindVoice, KindAudio or KindDocument
		File    model.FileID    `json:"file"`
		Media   model.Media     `json:"media"`
		Caption string          `json:"caption,omitempty"`
		ReplyTo *model.Ref      `json:"replyTo,omitempty"`
		// Original sends the bytes as they are, with all that the file tells
		// about its making (place, device). Else that is taken out of photos.
		Original bool `json:"original,omitempty"`
	}
	// React sets, changes or, with an empty emoji, removes this user's reaction.
	React struct {
		Chat   model.ChatID    `json:"chat"`
		ID     model.MessageID `json:"id"` // of the reaction's own message, chosen by the sender
		Target model.Ref       `json:"target"`
		Emoji  string          `json:"emoji"`
	}
	// Edit changes an own text or caption, within EditFor of sending it.
	Edit struct {
		Chat   model.ChatID    `json:"chat"`
		ID     model.MessageID `json:"id"`     // of the edit's own message
		Target model.MessageID `json:"target"` // an own message
		Text   string          `json:"text"`
	}
	// Revoke deletes an own message for everyone, within RevokeFor of sending it.
	Revoke struct {
		Chat   model.ChatID    `json:"chat"`
		ID     model.MessageID `json:"id"`     // of the revocation's own message
		Target model.MessageID `json:"target"` // an own message
	}
	// Transfer starts, goes on with, or stops moving an attachment's bytes.
	// Stopped ones stay stopped, over a restart too, until they are started.
	Transfer struct {
		Chat   model.ChatID `json:"chat"`
		Target model.Ref    `json:"target"`
		Stop   bool         `json:"stop,omitempty"`
	}
	// Played says that the user has heard a voice message.
	Played struct {
		Chat   model.ChatID `json:"chat"`
		Target model.Ref    `json:"target"`
	}
	// Name says what this user calls a WhatsApp user, "" for nothing of their own:
	// replied with model.Chat. People of other apps keep their usernames.
	Name struct {
		Chat model.ChatID `json:"chat"`
		Name string       `json:"name"`
	}
	// Watch says which chat the user is looking at, "" for none: its peer's
	// presence is asked for.
	Watch struct {
		Chat model.ChatID `json:"chat"`
	}
	// SetPrivacy changes what others see: replied with model.Privacy.
	SetPrivacy struct{ model.Privacy }
	// Search looks for a text in all that is stored, newest first: replied with
	// SearchResult. Case, accents and width do not count.
	Search struct {
		Text   string       `json:"text"`
		Chat   model.ChatID `json:"chat,omitempty"`   // only there
		Before uint64       `json:"before,omitempty"` // Order of the last hit, to go on
		Limit  int          `json:"limit"`            // at most MaxPage
	}
	// FindDate asks where a chat stood at a moment: replied with Found.
	FindDate struct {
		Chat model.ChatID `json:"chat"`
		At   time.Time    `json:"at"`
	}
	// Retry queues a failed message again.
	Retry struct {
		Chat model.ChatID    `json:"chat"`
		ID   model.MessageID `json:"id"`
	}
	// Delete removes a message, and its bytes, from this device only.
	Delete struct {
		Chat   model.ChatID    `json:"chat"`
		ID     model.MessageID `json:"id"`
		FromMe bool            `json:"fromMe,omitempty"`
	}
	// MarkRead says that the user has seen all up to Order: sends read receipts.
	MarkRead struct {
		Chat model.ChatID `json:"chat"`
		Upto uint64       `json:"upto"`
	}
	// Typing tells the peer that the user types, or stopped.
	Typing struct {
		Chat      model.ChatID `json:"chat"`
		Composing bool         `json:"composing"`
		Recording bool         `json:"recording,omitempty"` // composing a voice message
	}
	// Active says whether the user is looking at the app: presence.
	Active struct {
		Active bool `json:"active"`
	}
	// Online passes on the browser's online and offline events.
	Online struct {
		Online bool `json:"online"`
	}
	// Reconnect ends the wait for the next attempt to connect.
	Reconnect struct{}
)

// MaxPage bounds Messages.Limit.
const MaxPage = 200

// How long after sending a message may still be changed; WhatsApp's clients
// ignore what comes later.
const (
	EditFor   = 15 * time.Minute
	RevokeFor = 48 * time.Hour
)

func (Snapshot) command() string   { return "snapshot" }
func (Connect) command() string    { return "connect" }
func (Disconnect) command() string { return "disconnect" }
func (LookUp) command() string     { return "lookUp" }
func (OpenChat) command() string   { return "openChat" }
func (Messages) command() string   { return "messages" }
func (SendText) command() string   { return "sendText" }
func (Retry) command() string      { return "retry" }
func (Delete) command() string     { return "delete" }
func (MarkRead) command() string   { return "markRead" }
func (Typing) command() string     { return "typing" }
func (Active) command() string     { return "active" }
func (Online) command() string     { return "online" }
func (Reconnect) command() string  { return "reconnect" }
func (SendMedia) command() string  { return "sendMedia" }
func (React) command() string      { return "react" }
func (Edit) command() string       { return "edit" }
func (Revoke) command() string     { return "revoke" }
func (Transfer) command() string   { return "transfer" }
func (Played) command() string     { return "played" }
func (Watch) command() string      { return "watch" }
func (Name) command() string       { return "name" }
func (SetPrivacy) command() string { return "setPrivacy" }
func (Search) command() string     { return "search" }
func (FindDate) command() string   { return "findDate" }

// Results, the values of replies.
type (
	// State is everything the chat list needs.
	State struct {
		Self    model.Self    `json:"self"`
		Link    model.Link    `json:"link"`
		Chats   []model.Chat  `json:"chats"`
		Privacy model.Privacy `json:"privacy"`
		// Consent is of a WhatsApp user.
		Consent model.Consent         `json:"consent,omitzero"`
		Blocked []model.BlockedPerson `json:"blocked,omitempty"`
	}
	// LookUpResult: Status is one of "ok", "not_found" (no WhatsApp account),
	// "no_consent" (third-party chats are off), "out_of_region" (there are none where
	// one of the two is) and "invalid" (not a phone number).
	LookUpResult struct {
		Status  string        `json:"status"`
		Chat    model.ChatID  `json:"chat,omitempty"`
		Contact model.Contact `json:"contact"`
	}
	// MessagePage is a stretch of a thread in order.
	MessagePage struct {
		Messages []model.Message `json:"messages"`
		More     bool            `json:"more"`            // older ones exist
		Newer    bool            `json:"newer,omitempty"` // newer ones exist
	}
	// SearchResult is a page of hits, newest first.
	SearchResult struct {
		Hits []Hit  `json:"hits"`
		More uint64 `json:"more,omitempty"` // Search.Before of the next page, which may have no hit; 0 where there is none
		// Indexed is how much of the store can be searched yet, in percent; 0 once it is all.
		Indexed int `json:"indexed,omitempty"`
	}
	// Found is the place of the first message at or after a moment; Order is 0
	// where there is none.
	Found struct {
		Order uint64 `json:"order"`
	}
	// Hit is a message that fits. Spans are the places in its text, as pairs of
	// byte offsets, start and end.
	Hit struct {
		Message model.Message `json:"message"`
		Spans   [][2]int      `json:"spans,omitempty"`
	}
)

// Event tells all user interfaces of a change.
type Event interface{ event() string }

// Events. Each carries the new value whole, so that a missed one is mended by the next.
type (
	SelfChanged    struct{ model.Self }
	LinkChanged    struct{ model.Link }
	ChatChanged    struct{ model.Chat }
	MessageChanged struct{ model.Message }
	MessageDeleted struct {
		Chat   model.ChatID    `json:"chat"`
		ID     model.MessageID `json:"id"`
		FromMe bool            `json:"fromMe,omitempty"`
		Order  uint64          `json:"order,omitempty"`
	}
	// PeerTyping: lasts 15 s unless renewed.
	PeerTyping struct {
		Chat      model.ChatID `json:"chat"`
		Composing bool         `json:"composing"`
		Recording bool         `json:"recording,omitempty"`
	}
	// PeerPresence is told for the chat of the last Watch.
	PeerPresence struct {
		Chat model.ChatID `json:"chat"`
		model.Presence
	}
	// Moved is how far an attachment's bytes are; not stored, at most some a second.
	Moved struct {
		Chat  model.ChatID `json:"chat"`
		Ref   model.Ref    `json:"ref"`
		Done  int64        `json:"done"`  // bytes
		Total int64        `json:"total"` // bytes
		Rate  int64        `json:"rate"`  // bytes a second, lately; 0 where not known
		// Checking: all bytes are here, and Done of them are verified.
		Checking bool `json:"checking,omitempty"`
	}
	// ChangeFailed: a reaction, edit or revocation could not be sent and was
	// taken back; MessageChanged says what the message is again.
	ChangeFailed struct {
		Chat    model.ChatID    `json:"chat"`
		ID      model.MessageID `json:"id"` // of the change's own message
		Target  model.Ref       `json:"target"`
		Change  string          `json:"change"` // "reaction", "edit", "revoke"
		Failure model.Failure   `json:"failure"`
	}
	// PrivacyChanged carries all of it.
	PrivacyChanged struct{ model.Privacy }
	// ChatDeleted: the chat and all its messages are gone from this device.
	ChatDeleted struct {
		Chat model.ChatID `json:"chat"`
	}
	// ConsentChanged carries all of it.
	ConsentChanged struct{ model.Consent }
	// BlocksChanged carries all people whom the user has blocked.
	BlocksChanged struct {
		Blocked []model.BlockedPerson `json:"blocked"`
	}
	// Halted: the engine stopped and needs the user or a reload. Reason is one of
	// "store_lost", "replaced" (a newer engine fenced this one), "store_full", "internal".
	Halted struct {
		Reason string `json:"reason"`
		Detail string `json:"detail,omitempty"`
	}
)

func (SelfChanged) event() string    { return "self" }
func (LinkChanged) event() string    { return "link" }
func (ChatChanged) event() string    { return "chat" }
func (MessageChanged) event() string { return "message" }
func (MessageDeleted) event() string { return "deleted" }
func (PeerTyping) event() string     { return "peerTyping" }
func (PeerPresence) event() string   { return "peerPresence" }
func (Moved) event() string          { return "moved" }
func (PrivacyChanged) event() string { return "privacy" }
func (ChangeFailed) event() string   { return "changeFailed" }
func (ChatDeleted) event() string    { return "chatDeleted" }
func (ConsentChanged) event() string { return "consent" }
func (BlocksChanged) event() string  { return "blocks" }
func (Halted) event() string         { return "halted" }

// Reply answers the command of the same id. Code is stable and lower_snake;
// Error is for people.
type Reply struct {
	Value json.RawMessage `json:"value,omitempty"`
	Code  string          `json:"code,omitempty"`
	Error string          `json:"error,omitempty"`
}
