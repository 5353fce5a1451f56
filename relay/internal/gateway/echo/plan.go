package echo

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
)

const words = "react, reply, edit, delete, photo, video, voice, file, contact, location, poll, sticker"

// step makes one message of an answer that is more than a text. What it has made
// is stored before it is sent: after a crash, and for a device that asks again,
// it is the same.
type step func(ctx context.Context, l line, j job) (*waE2E.Message, error)

// plan is what to do about a message, besides reading it; nil: say reply.
func plan(j job) []step {
	if j.File != nil {
		return []step{thanks}
	}
	switch word := strings.ToLower(strings.TrimSpace(j.Text)); word {
	case "react":
		return []step{func(context.Context, line, job) (*waE2E.Message, error) {
			return &waE2E.Message{ReactionMessage: &waE2E.ReactionMessage{
				Key: j.key(j.ID, false), Text: proto.String("👍"), SenderTimestampMS: proto.Int64(time.Now().UnixMilli()),
			}}, nil
		}}
	case "reply":
		return []step{fixed(&waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{
			Text: proto.String("This is a reply."),
			ContextInfo: &waE2E.ContextInfo{
				StanzaID: proto.String(j.ID), Participant: proto.String(j.Sender.ToNonAD().String()),
				QuotedMessage: &waE2E.Message{Conversation: proto.String(j.Text)},
			},
		}})}
	case "edit":
		return []step{fixed(said("In a moment I will say something else here.")), edit("Now I say something else here.")}
	case "delete":
		return []step{fixed(said("In a moment this will be gone.")), fixed(&waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
			Type: waE2E.ProtocolMessage_REVOKE.Enum(), Key: j.key(j.answerID(), true),
		}})}
	case "photo", "video", "voice", "file", "sticker":
		return []step{func(ctx context.Context, l line, _ job) (*waE2E.Message, error) { return sample(word, l.uploader(ctx)) }}
	case "contact":
		return []step{fixed(&waE2E.Message{ContactMessage: &waE2E.ContactMessage{
			DisplayName: proto.String(name),
			Vcard: proto.String("BEGIN:VCARD\nVERSION:3.0\nN:;Echo;;;\nFN:Echo\nitem1.TEL;waid=" + strings.TrimPrefix(DefaultPhone, "+") + ":" +
				DefaultPhone + "\nitem1.X-ABLabel:Mobile\nEND:VCARD"),
		}})}
	case "location":
		return []step{fixed(&waE2E.Message{LocationMessage: &waE2E.LocationMessage{
			DegreesLatitude: proto.Float64(52.516275), DegreesLongitude: proto.Float64(13.377704),
			Name: proto.String("Brandenburg Gate"), Address: proto.String("Pariser Platz, 10117 Berlin"),
		}})}
	case "poll":
		return []step{poll}
	}
	return nil
}

func said(text string) *waE2E.Message { return &waE2E.Message{Conversation: &text} }

func fixed(m *waE2E.Message) step {
	return func(context.Context, line, job) (*waE2E.Message, error) { return m, nil }
}

// edit replaces the answer's first message.
func edit(text string) step {
	return func(_ context.Context, _ line, j job) (*waE2E.Message, error) {
		return &waE2E.Message{EditedMessage: &waE2E.FutureProofMessage{Message: &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
			Key: j.key(j.answerID(), true), Type: waE2E.ProtocolMessage_MESSAGE_EDIT.Enum(), EditedMessage: said(text),
			TimestampMS: proto.Int64(time.Now().UnixMilli()),
		}}}}, nil
	}
}

// poll needs a secret, with which votes are encrypted.
func poll(context.Context, line, job) (*waE2E.Message, error) {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret)
	var options []*waE2E.PollCreationMessage_Option
	for _, o := range []string{"Tea", "Coffee", "Water"} {
		options = append(options, &waE2E.PollCreationMessage_Option{OptionName: &o})
	}
	return &waE2E.Message{
		PollCreationMessage: &waE2E.PollCreationMessage{
			Name: proto.String("What do you drink?"), Options: options, SelectableOptionsCount: proto.Uint32(1),
		},
		MessageContextInfo: &waE2E.MessageContextInfo{MessageSecret: secret},
	}, nil
}

// thanks says what has arrived, having opened it.
func thanks(ctx context.Context, l line, j job) (*waE2E.Message, error) {
	var m waE2E.Message
	if err := proto.Unmarshal(j.File, &m); err != nil {
		return said(onlyKnown), nil
	}
	n, err := l.open(ctx, &m)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return said(fmt.Sprintf("Your %s has arrived, but I cannot open it: %v.", j.What, err)), nil
	}
	return said(fmt.Sprintf("Thanks for the %s! %d bytes have arrived, and they are what you sent.", j.What, n)), nil
}

// key names a message of the chat.
func (j job) key(id types.MessageID, mine bool) *waCommon.MessageKey {
	return &waCommon.MessageKey{RemoteJID: proto.String(j.Chat.String()), FromMe: &mine, ID: &id}
}

// stepID is the id of an answer's n-th message; that of the first is answerID.
func (j job) stepID(n int) types.MessageID {
	if n == 0 {
		return j.answerID()
	}
	h := sha256.Sum256([]byte(fmt.Sprintf("%s %s %d", j.Sender.ToNonAD(), j.ID, n)))
	return idPrefix + strings.ToUpper(hex.EncodeToString(h[:7]))
}

// what says in a word what a message is, for people; "" for text. Whether it has
// a file is the second answer.
func what(m *waE2E.Message) (word string, file bool) {
	for _, wrapped := range []*waE2E.FutureProofMessage{
		m.GetViewOnceMessage(), m.GetViewOnceMessageV2(), m.GetViewOnceMessageV2Extension(), m.GetEphemeralMessage(),
		m.GetDocumentWithCaptionMessage(),
	} {
		if inner := wrapped.GetMessage(); inner != nil {
			return what(inner)
		}
	}
	switch {
	case m.GetImageMessage() != nil:
		return "photo", true
	case m.GetVideoMessage() != nil:
		return "video", true
	case m.GetAudioMessage().GetPTT():
		return "voice message", true
	case m.GetAudioMessage() != nil:
		return "audio file", true
	case m.GetDocumentMessage() != nil:
		return "file", true
	case m.GetStickerMessage() != nil:
		return "sticker", true
	case m.GetContactMessage() != nil, m.GetContactsArrayMessage() != nil:
		return "contact", false
	case m.GetLocationMessage() != nil, m.GetLiveLocationMessage() != nil:
		return "location", false
	case m.GetPollCreationMessage() != nil, m.GetPollCreationMessageV3() != nil:
		return "poll", false
	}
	return "", false
}
