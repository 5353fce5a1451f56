package content

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"

	"ferry/app/internal/content/e2e"
)

// Bounds of what is read and written.
const (
	MaxText    = 64 << 10  // bytes of a text; a longer one is cut when read, refused when written
	MaxMessage = 512 << 10 // bytes of a whole decrypted message, padding included
	maxID      = 128       // bytes of a message id inside a message
	maxDepth   = 16        // messages within messages
)

// Errors of Parse and of the writers.
var (
	ErrMalformed = errors.New("content: malformed message")
	ErrTooLong   = errors.New("content: text too long")
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

// Message is what a decrypted message says. All of it is the peer's word.
type Message struct {
	Kind Kind
	// Text is the text, a caption, or the emoji of a reaction. Valid UTF-8, at
	// most MaxText bytes.
	Text string
	// Target is the id of the message that a reaction, edit or revocation is
	// about. Match it with the sender: the address beside it is not reliable.
	Target string
	// SentTo is set on a copy from another device of the own account: the chat
	// that the message went to, as the other device addressed it.
	SentTo string
}

// Text gives the message of a plain text, before padding.
func Text(text string) ([]byte, error) {
	m, err := textMessage(text)
	if err != nil {
		return nil, err
	}
	return marshal(m)
}

// SentText gives the copy of a plain text for the sender's own other devices:
// the text and the chat it went to.
func SentText(text, chat string) ([]byte, error) {
	m, err := textMessage(text)
	if err != nil {
		return nil, err
	}
	return marshal(&e2e.Message{DeviceSentMessage: &e2e.DeviceSent{
		DestinationJid: proto.String(chat),
		Message:        m,
	}})
}

func textMessage(text string) (*e2e.Message, error) {
	if len(text) > MaxText {
		return nil, ErrTooLong
	}
	return &e2e.Message{Conversation: proto.String(strings.ToValidUTF8(text, "\uFFFD"))}, nil
}

func marshal(m *e2e.Message) ([]byte, error) {
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("content: %w", err)
	}
	return b, nil
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
	out := classify(m)
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
	case m.EphemeralMessage != nil:
		return m.EphemeralMessage, false
	case m.DocumentWithCaptionMessage != nil:
		return m.DocumentWithCaptionMessage, false
	case m.EditedMessage != nil:
		return m.EditedMessage, false
	}
	return nil, false
}

func classify(m *e2e.Message) Message {
	switch {
	case m.Conversation != nil:
		return Message{Kind: KindText, Text: m.GetConversation()}
	case m.ExtendedTextMessage != nil:
		return Message{Kind: KindText, Text: m.ExtendedTextMessage.GetText()}
	case m.ReactionMessage != nil:
		return Message{Kind: KindReaction, Text: m.ReactionMessage.GetText(), Target: m.ReactionMessage.GetKey().GetId()}
	case m.ProtocolMessage != nil:
		return protocol(m.ProtocolMessage)
	}
	if out, ok := media(m); ok {
		return out
	}
	return other(m)
}

// protocol reads what changes another message, or concerns devices only.
func protocol(p *e2e.ProtocolMessage) Message {
	const revoke, edit = 0, 14
	switch p.GetType() {
	case revoke:
		return Message{Kind: KindRevoke, Target: p.GetKey().GetId()}
	case edit:
		out := Message{Kind: KindEdit, Target: p.GetKey().GetId()}
		if inner := p.GetEditedMessage(); inner != nil {
			out.Text = classifyText(inner)
		}
		return out
	}
	return Message{Kind: KindControl}
}

func classifyText(m *e2e.Message) string {
	if m.Conversation != nil {
		return m.GetConversation()
	}
	return m.GetExtendedTextMessage().GetText()
}

func media(m *e2e.Message) (Message, bool) {
	switch {
	case m.ImageMessage != nil:
		return Message{Kind: KindImage, Text: m.ImageMessage.GetCaption()}, true
	case m.VideoMessage != nil:
		return Message{Kind: KindVideo, Text: m.VideoMessage.GetCaption()}, true
	case m.AudioMessage != nil && m.AudioMessage.GetPtt():
		return Message{Kind: KindVoice}, true
	case m.AudioMessage != nil:
		return Message{Kind: KindAudio}, true
	case m.DocumentMessage != nil:
		return Message{Kind: KindDocument, Text: documentText(m.DocumentMessage)}, true
	case m.StickerMessage != nil:
		return Message{Kind: KindSticker}, true
	}
	return Message{}, false
}

func documentText(d *e2e.Document) string {
	if d.GetCaption() != "" {
		return d.GetCaption()
	}
	return d.GetFileName()
}

func other(m *e2e.Message) Message {
	switch {
	case m.ContactMessage != nil, m.ContactsArrayMessage != nil:
		return Message{Kind: KindContact, Text: m.ContactMessage.GetDisplayName()}
	case m.LocationMessage != nil:
		return Message{Kind: KindLocation, Text: m.LocationMessage.GetName()}
	case m.LiveLocationMessage != nil:
		return Message{Kind: KindLocation}
	case m.PollCreationMessage != nil, m.PollCreationMessageV2 != nil, m.PollCreationMessageV3 != nil, m.PollUpdateMessage != nil:
		return Message{Kind: KindPoll}
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
