package content

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"

	"ferry/app/internal/content/e2e"
	"ferry/app/internal/model"
)

// Bounds of what is read and written. What exceeds one is cut when read, and
// refused when written.
const (
	MaxText     = 64 << 10  // bytes of a text
	MaxMessage  = 512 << 10 // bytes of a whole decrypted message, padding included
	MaxQuote    = 1 << 10   // bytes of a quoted text
	MaxEmoji    = 64        // bytes of a reaction
	MaxMentions = 256       // people mentioned in a message
	MaxCards    = 100       // contacts in a message
	maxID       = 128       // bytes of a message id or an address inside a message
	maxName     = 1 << 10   // bytes of a file's, a place's or a person's name
	maxDepth    = 16        // messages within messages
)

// Errors of Parse and of Encode.
var (
	ErrMalformed = errors.New("content: malformed message")
	ErrTooLong   = errors.New("content: text too long")
	ErrUnsent    = errors.New("content: no message that this version sends")
)

// Kind says what a message is. Its text is stable: user interfaces name
// content by it that they cannot show.
type Kind string

const (
	KindText     Kind = "text"
	KindImage    Kind = "image"
	KindVideo    Kind = "video"
	KindAudio    Kind = "audio"
	KindVoice    Kind = "voice"
	KindDocument Kind = "document"
	KindSticker  Kind = "sticker"
	KindContact  Kind = "contact"
	KindLocation Kind = "location"
	KindPoll     Kind = "poll"
	KindCall     Kind = "call"
	KindInvite   Kind = "invite"
	KindViewOnce Kind = "view_once"
	KindReaction Kind = "reaction"
	KindEdit     Kind = "edit"
	KindRevoke   Kind = "revoke"
	KindControl  Kind = "control" // nothing to show: keys and settings between devices
	KindUnknown  Kind = "unknown" // content that came after this version
)

// Message is what a decrypted message says, or is to say. All of it is its
// sender's word.
type Message struct {
	Kind Kind
	// Text is the text, a caption, or the emoji of a reaction ("" takes it
	// away). Valid UTF-8, at most MaxText bytes.
	Text string
	// SentTo is set on a copy for another device of the own account: the chat
	// that the message went to, as the other device addressed it.
	SentTo string

	// Of a reaction, an edit and a revocation.
	Target       string    // the id of the message that it is about
	TargetFromMe bool      // the target is the sender's own
	TargetChat   string    // written, never read: what stands there is not reliable
	Stamp        time.Time // by the sender's clock, in milliseconds; zero where it did not say
	Of           Kind      // of an edit: KindText, or the kind whose caption is new

	Quote      *Quote
	Mentions   []string // addresses; "@user" stands in the text
	Forwarded  bool
	Attachment *Attachment  // of media, a sticker too
	Cards      []model.Card // of a contact
	Place      *model.Place // of a location
}

// Quote is the message that a reply is about, as the reply tells it.
type Quote struct {
	ID     string
	Author string // address of who wrote it; a hint only
	Kind   Kind
	Text   string // at most MaxQuote bytes
	Thumb  []byte // JPEG
}

// Parse reads an unpadded message. It fails only where the bytes are no
// message at all; what it does not know it calls KindUnknown.
func Parse(b []byte) (Message, error) {
	if len(b) > MaxMessage {
		return Message{}, fmt.Errorf("%w: %d bytes", ErrMalformed, len(b))
	}
	var m e2e.Message
	// Each level of a wrapper is two of protobuf's.
	if err := (proto.UnmarshalOptions{RecursionLimit: 2 * maxDepth}).Unmarshal(b, &m); err != nil {
		return Message{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if sent := m.GetDeviceSentMessage(); sent != nil {
		out := describe(sent.GetMessage(), 0)
		out.SentTo = cut(sent.GetDestinationJid(), maxID)
		return out, nil
	}
	return describe(&m, 0), nil
}

// describe unwraps a message and says what it is.
func describe(m *e2e.Message, depth int) Message {
	if m == nil || depth > maxDepth {
		return Message{Kind: KindUnknown}
	}
	if inner, viewOnce := unwrap(m); inner != nil {
		out := describe(inner.GetMessage(), depth+1)
		if viewOnce {
			return Message{Kind: KindViewOnce}
		}
		return out
	}
	out := classify(m, depth)
	if c := contextOf(m); c != nil {
		out.readContext(c, depth)
	}
	out.Text = cut(out.Text, MaxText)
	out.Target = cut(out.Target, maxID)
	return out
}

func unwrap(m *e2e.Message) (inner *e2e.FutureProof, viewOnce bool) {
	switch {
	case m.ViewOnceMessage != nil:
		return m.ViewOnceMessage, true
	case m.ViewOnceMessageV2 != nil:
		return m.ViewOnceMessageV2, true
	case m.ViewOnceMessageV2Extension != nil:
		return m.ViewOnceMessageV2Extension, true
	case m.EphemeralMessage != nil:
		return m.EphemeralMessage, false
	case m.DocumentWithCaptionMessage != nil:
		return m.DocumentWithCaptionMessage, false
	case m.LottieStickerMessage != nil:
		return m.LottieStickerMessage, false
	case m.EditedMessage != nil:
		return m.EditedMessage, false
	}
	return nil, false
}

func classify(m *e2e.Message, depth int) Message {
	switch {
	case m.Conversation != nil:
		return Message{Kind: KindText, Text: m.GetConversation()}
	case m.ExtendedTextMessage != nil:
		return Message{Kind: KindText, Text: m.ExtendedTextMessage.GetText()}
	case m.ReactionMessage != nil:
		return reaction(m.ReactionMessage)
	case m.ProtocolMessage != nil:
		return protocol(m.ProtocolMessage, depth)
	}
	if out, ok := media(m); ok {
		return out
	}
	return other(m)
}

func reaction(r *e2e.Reaction) Message {
	out := Message{Kind: KindReaction, Text: r.GetText(), Stamp: millis(r.GetSenderTimestampMs())}
	if len(out.Text) > MaxEmoji { // no emoji is that long, and half of one would be another
		return Message{Kind: KindUnknown}
	}
	out.readKey(r.GetKey())
	return out
}

// protocol reads what changes another message, or concerns devices only.
func protocol(p *e2e.ProtocolMessage, depth int) Message {
	switch p.GetType() {
	case protocolRevoke:
		out := Message{Kind: KindRevoke, Stamp: millis(p.GetTimestampMs())}
		out.readKey(p.GetKey())
		return out
	case protocolEdit:
		inner := describe(p.GetEditedMessage(), depth+1)
		switch inner.Kind {
		case KindText, KindImage, KindVideo, KindDocument:
		default:
			return Message{Kind: KindUnknown}
		}
		out := Message{Kind: KindEdit, Of: inner.Kind, Text: inner.Text, Mentions: inner.Mentions, Stamp: millis(p.GetTimestampMs())}
		out.readKey(p.GetKey())
		return out
	}
	return Message{Kind: KindControl}
}

// Values of ProtocolMessage.type.
const (
	protocolRevoke = 0
	protocolEdit   = 14
)

func (m *Message) readKey(k *e2e.MessageKey) {
	m.Target, m.TargetFromMe = k.GetId(), k.GetFromMe()
}

// millis reads a time in milliseconds; zero where it is none or far off.
func millis(ms int64) time.Time {
	if ms <= 0 || ms > 1<<45 { // the year 3084
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

func other(m *e2e.Message) Message {
	switch {
	case m.ContactMessage != nil:
		return Message{Kind: KindContact, Cards: cards(m.ContactMessage)}
	case m.ContactsArrayMessage != nil:
		return Message{Kind: KindContact, Cards: cards(m.ContactsArrayMessage.GetContacts()...)}
	case m.LocationMessage != nil:
		return location(m.LocationMessage)
	case m.LiveLocationMessage != nil:
		l := m.LiveLocationMessage
		return Message{Kind: KindLocation, Text: l.GetCaption(), Place: place(l.GetDegreesLatitude(), l.GetDegreesLongitude(), "", "", true)}
	case m.PollCreationMessage != nil, m.PollCreationMessageV2 != nil, m.PollCreationMessageV3 != nil:
		return Message{Kind: KindPoll}
	case m.PollUpdateMessage != nil: // somebody's vote: no message of its own
		return Message{Kind: KindControl}
	case m.Call != nil, m.CallLogMessage != nil:
		return Message{Kind: KindCall}
	case m.GroupInviteMessage != nil:
		return Message{Kind: KindInvite}
	case len(m.ProtoReflect().GetUnknown()) > 0:
		return Message{Kind: KindUnknown}
	}
	// Nothing but sender keys or context: meant for the machine.
	return Message{Kind: KindControl}
}

// cut makes a text valid UTF-8 of at most n bytes.
func cut(s string, n int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// line is cut for a text that is shown in one line: without control characters.
func line(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, cut(s, n))
	return strings.TrimSpace(s)
}
