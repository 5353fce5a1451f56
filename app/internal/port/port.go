// Package port defines what crosses between the user interface and the engine:
// commands in, replies and events out. Values are JSON, so that the same
// engine serves a message port in the browser and JSON lines natively.
package port

import (
	"encoding/json"
	"fmt"

	"ferry/app/internal/model"
)

// Proto is the version of this boundary. A page and a core that differ reload.
const Proto = 1

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
	// Disconnect turns them off: revokes the enlistment, closes the tunnel.
	Disconnect struct{}
	// LookUp asks whether a phone number can be messaged: replied with LookUpResult.
	LookUp struct {
		Phone string `json:"phone"` // international form; spaces, dots, dashes and brackets allowed
	}
	// OpenChat makes the chat with a looked-up person exist: replied with model.Chat.
	OpenChat struct {
		Chat    model.ChatID  `json:"chat"`
		Contact model.Contact `json:"contact"`
	}
	// Messages asks for a page of a thread, newest last: replied with MessagePage.
	Messages struct {
		Chat   model.ChatID `json:"chat"`
		Before uint64       `json:"before,omitempty"` // Order; 0 means from the end
		Limit  int          `json:"limit"`            // at most MaxPage
	}
	// SendText queues a text: replied with model.Message, pending.
	SendText struct {
		Chat model.ChatID    `json:"chat"`
		ID   model.MessageID `json:"id"` // chosen by the sender, "3EB0" and 18 hex digits: makes a repeat harmless
		Text string          `json:"text"`
	}
	// Retry queues a failed message again.
	Retry struct {
		Chat model.ChatID    `json:"chat"`
		ID   model.MessageID `json:"id"`
	}
	// Delete removes a message from this device only.
	Delete struct {
		Chat model.ChatID    `json:"chat"`
		ID   model.MessageID `json:"id"`
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
	}
	// Active says whether the user is looking at the app: presence.
	Active struct {
		Active bool `json:"active"`
	}
	// Online passes on the browser's online and offline events.
	Online struct {
		Online bool `json:"online"`
	}
)

// MaxPage bounds Messages.Limit.
const MaxPage = 200

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

// Results, the values of replies.
type (
	// State is everything the chat list needs.
	State struct {
		Self  model.Self   `json:"self"`
		Link  model.Link   `json:"link"`
		Chats []model.Chat `json:"chats"`
	}
	// LookUpResult: Status is one of "ok", "not_found" (no WhatsApp account),
	// "no_consent" (third-party chats are off) and "invalid" (not a phone number).
	LookUpResult struct {
		Status  string        `json:"status"`
		Chat    model.ChatID  `json:"chat,omitempty"`
		Contact model.Contact `json:"contact"`
	}
	// MessagePage is a stretch of a thread in order.
	MessagePage struct {
		Messages []model.Message `json:"messages"`
		More     bool            `json:"more"` // older ones exist
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
		Chat model.ChatID    `json:"chat"`
		ID   model.MessageID `json:"id"`
	}
	// PeerTyping: lasts 15 s unless renewed.
	PeerTyping struct {
		Chat      model.ChatID `json:"chat"`
		Composing bool         `json:"composing"`
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
func (Halted) event() string         { return "halted" }

// Reply answers the command of the same id. Code is stable and lower_snake;
// Error is for people.
type Reply struct {
	Value json.RawMessage `json:"value,omitempty"`
	Code  string          `json:"code,omitempty"`
	Error string          `json:"error,omitempty"`
}

type envelope struct {
	Type  string          `json:"type"`
	Value json.RawMessage `json:"value,omitempty"`
}

// EncodeCommand gives {"type":…,"value":…}.
func EncodeCommand(c Command) ([]byte, error) { return encode(c.command(), c) }

// EncodeEvent gives {"type":…,"value":…}.
func EncodeEvent(e Event) ([]byte, error) { return encode(e.event(), e) }

func encode(kind string, v any) ([]byte, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", kind, err)
	}
	return json.Marshal(envelope{Type: kind, Value: raw})
}

// DecodeCommand reads what EncodeCommand wrote; an unknown type is an error.
func DecodeCommand(b []byte) (Command, error) {
	kind, raw, err := open(b)
	if err != nil {
		return nil, fmt.Errorf("decode command: %w", err)
	}
	make, ok := commands[kind]
	if !ok {
		return nil, fmt.Errorf("decode command: unknown type %q", kind)
	}
	return make(raw)
}

// DecodeEvent reads what EncodeEvent wrote; an unknown type is an error.
func DecodeEvent(b []byte) (Event, error) {
	kind, raw, err := open(b)
	if err != nil {
		return nil, fmt.Errorf("decode event: %w", err)
	}
	make, ok := events[kind]
	if !ok {
		return nil, fmt.Errorf("decode event: unknown type %q", kind)
	}
	return make(raw)
}

func open(b []byte) (string, json.RawMessage, error) {
	var e envelope
	if err := json.Unmarshal(b, &e); err != nil {
		return "", nil, err
	}
	if len(e.Value) == 0 {
		e.Value = json.RawMessage("{}")
	}
	return e.Type, e.Value, nil
}

func commandOf[T Command](raw json.RawMessage) (Command, error) {
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		return nil, fmt.Errorf("decode %s: %w", v.command(), err)
	}
	return v, nil
}

func eventOf[T Event](raw json.RawMessage) (Event, error) {
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		return nil, fmt.Errorf("decode %s: %w", v.event(), err)
	}
	return v, nil
}

var commands = map[string]func(json.RawMessage) (Command, error){
	"snapshot":   commandOf[Snapshot],
	"connect":    commandOf[Connect],
	"disconnect": commandOf[Disconnect],
	"lookUp":     commandOf[LookUp],
	"openChat":   commandOf[OpenChat],
	"messages":   commandOf[Messages],
	"sendText":   commandOf[SendText],
	"retry":      commandOf[Retry],
	"delete":     commandOf[Delete],
	"markRead":   commandOf[MarkRead],
	"typing":     commandOf[Typing],
	"active":     commandOf[Active],
	"online":     commandOf[Online],
}

var events = map[string]func(json.RawMessage) (Event, error){
	"self":       eventOf[SelfChanged],
	"link":       eventOf[LinkChanged],
	"chat":       eventOf[ChatChanged],
	"message":    eventOf[MessageChanged],
	"deleted":    eventOf[MessageDeleted],
	"peerTyping": eventOf[PeerTyping],
	"halted":     eventOf[Halted],
}
