package content

import (
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"ferry/app/internal/content/e2e"
)

// Encode writes a message, before padding: a text, media, a reaction, an edit
// or a revocation. With SentTo it is the copy for the sender's own other
// devices. What Encode wrote, Parse gives back.
func Encode(m Message) ([]byte, error) {
	inner, err := build(m)
	if err != nil {
		return nil, err
	}
	if m.SentTo != "" {
		inner = &e2e.Message{DeviceSentMessage: &e2e.DeviceSent{DestinationJid: proto.String(m.SentTo), Message: inner}}
	}
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(inner)
	if err != nil {
		return nil, fmt.Errorf("content: %w", err)
	}
	if len(b)+maxPad > MaxMessage {
		return nil, ErrTooLong
	}
	return b, nil
}

func build(m Message) (*e2e.Message, error) {
	if len(m.Text) > MaxText || m.Kind == KindReaction && len(m.Text) > MaxEmoji {
		return nil, ErrTooLong
	}
	m.Text = strings.ToValidUTF8(m.Text, "\uFFFD")
	switch m.Kind {
	case KindText:
		return buildText(m), nil
	case KindReaction:
		return &e2e.Message{ReactionMessage: &e2e.Reaction{
			Key: m.key(), Text: proto.String(m.Text), SenderTimestampMs: stamp(m.Stamp),
		}}, nil
	case KindRevoke:
		return &e2e.Message{ProtocolMessage: &e2e.ProtocolMessage{Key: m.key(), Type: proto.Int32(protocolRevoke)}}, nil
	case KindEdit:
		return buildEdit(m)
	}
	return buildMedia(m)
}

func buildText(m Message) *e2e.Message {
	c := m.context()
	if c == nil {
		return &e2e.Message{Conversation: proto.String(m.Text)}
	}
	return &e2e.Message{ExtendedTextMessage: &e2e.ExtendedText{Text: proto.String(m.Text), ContextInfo: c}}
}

// buildEdit wraps the new content as whatsmeow does (send.go, BuildEdit).
func buildEdit(m Message) (*e2e.Message, error) {
	kind := m.Of
	if kind == "" {
		kind = KindText
	}
	fresh, err := build(Message{Kind: kind, Text: m.Text, Mentions: m.Mentions, Attachment: m.Attachment})
	if err != nil {
		return nil, err
	}
	return &e2e.Message{EditedMessage: &e2e.FutureProof{Message: &e2e.Message{ProtocolMessage: &e2e.ProtocolMessage{
		Key: m.key(), Type: proto.Int32(protocolEdit), EditedMessage: fresh, TimestampMs: stamp(m.Stamp),
	}}}}, nil
}

func (m Message) key() *e2e.MessageKey {
	k := &e2e.MessageKey{FromMe: proto.Bool(m.TargetFromMe), Id: proto.String(m.Target)}
	if m.TargetChat != "" {
		k.RemoteJid = proto.String(m.TargetChat)
	}
	return k
}

func stamp(at time.Time) *int64 {
	if at.IsZero() {
		return nil
	}
	return proto.Int64(at.UnixMilli())
}

// context is what stands beside the content; nil if there is nothing.
func (m Message) context() *e2e.ContextInfo {
	if m.Quote == nil && len(m.Mentions) == 0 && !m.Forwarded {
		return nil
	}
	c := &e2e.ContextInfo{MentionedJid: m.Mentions[:min(len(m.Mentions), MaxMentions)]}
	if m.Forwarded {
		c.IsForwarded, c.ForwardingScore = proto.Bool(true), proto.Uint32(1)
	}
	if q := m.Quote; q != nil {
		c.StanzaId, c.QuotedMessage = proto.String(q.ID), buildQuoted(q)
		if q.Author != "" {
			c.Participant = proto.String(q.Author)
		}
	}
	return c
}

// buildQuoted is the original, as much of it as a reply shows.
func buildQuoted(q *Quote) *e2e.Message {
	var text *string
	if t := cut(q.Text, MaxQuote); t != "" {
		text = proto.String(t)
	}
	switch thumb := thumb(q.Thumb); q.Kind {
	case KindImage:
		return &e2e.Message{ImageMessage: &e2e.Image{Caption: text, JpegThumbnail: thumb}}
	case KindVideo:
		return &e2e.Message{VideoMessage: &e2e.Video{Caption: text, JpegThumbnail: thumb}}
	case KindVoice, KindAudio:
		return &e2e.Message{AudioMessage: &e2e.Audio{Ptt: proto.Bool(q.Kind == KindVoice)}}
	case KindDocument:
		return &e2e.Message{DocumentMessage: &e2e.Document{FileName: text, Title: text, JpegThumbnail: thumb}}
	case KindSticker:
		return &e2e.Message{StickerMessage: &e2e.Sticker{}}
	case KindContact:
		return &e2e.Message{ContactMessage: &e2e.Contact{DisplayName: text}}
	case KindLocation:
		return &e2e.Message{LocationMessage: &e2e.Location{DegreesLatitude: proto.Float64(0), DegreesLongitude: proto.Float64(0), Name: text}}
	}
	return &e2e.Message{Conversation: proto.String(cut(q.Text, MaxQuote))}
}

// buildMedia writes an attachment. A caption of a document makes it a message
// within a message, as WhatsApp has it.
func buildMedia(m Message) (*e2e.Message, error) {
	a := m.Attachment
	if a == nil {
		switch m.Kind { // an edit of a caption may do without
		case KindImage, KindVideo, KindDocument:
			a = &Attachment{Size: -1}
		default:
			return nil, fmt.Errorf("%w: %s", ErrUnsent, m.Kind)
		}
	}
	if len(a.DirectPath) > maxPath || len(a.Sidecar) > MaxSidecar {
		return nil, ErrTooLong
	}
	switch m.Kind {
	case KindImage:
		return &e2e.Message{ImageMessage: &e2e.Image{
			Mimetype: text(a.MIME), Caption: text(m.Text), FileSha256: hash(a.SHA256), FileLength: a.length(),
			Height: number(a.Height), Width: number(a.Width), MediaKey: hash(a.Key), FileEncSha256: hash(a.EncSHA256),
			DirectPath: text(a.DirectPath), MediaKeyTimestamp: a.keyAt(), JpegThumbnail: thumb(a.Thumb), ContextInfo: m.context(),
		}}, nil
	case KindVideo:
		return &e2e.Message{VideoMessage: &e2e.Video{
			Mimetype: text(a.MIME), Caption: text(m.Text), FileSha256: hash(a.SHA256), FileLength: a.length(),
			Seconds: number(a.Seconds), GifPlayback: flag(a.GIF), StreamingSidecar: a.Sidecar,
			Height: number(a.Height), Width: number(a.Width), MediaKey: hash(a.Key), FileEncSha256: hash(a.EncSHA256),
			DirectPath: text(a.DirectPath), MediaKeyTimestamp: a.keyAt(), JpegThumbnail: thumb(a.Thumb), ContextInfo: m.context(),
		}}, nil
	case KindAudio, KindVoice:
		out := &e2e.Audio{
			Mimetype: text(a.MIME), FileSha256: hash(a.SHA256), FileLength: a.length(), Seconds: number(a.Seconds),
			Ptt: proto.Bool(m.Kind == KindVoice), MediaKey: hash(a.Key), FileEncSha256: hash(a.EncSHA256),
			DirectPath: text(a.DirectPath), MediaKeyTimestamp: a.keyAt(), StreamingSidecar: a.Sidecar, ContextInfo: m.context(),
		}
		if m.Kind == KindVoice {
			out.Waveform = waveform(a.Waveform)
		}
		return &e2e.Message{AudioMessage: out}, nil
	case KindDocument:
		return buildDocument(m, a), nil
	}
	return nil, fmt.Errorf("%w: %s", ErrUnsent, m.Kind)
}

func buildDocument(m Message, a *Attachment) *e2e.Message {
	name := line(a.Name, maxName)
	out := &e2e.Message{DocumentMessage: &e2e.Document{
		Mimetype: text(a.MIME), Title: text(name), FileName: text(name), Caption: text(m.Text),
		FileSha256: hash(a.SHA256), FileLength: a.length(), PageCount: number(a.Pages), MediaKey: hash(a.Key), FileEncSha256: hash(a.EncSHA256),
		DirectPath: text(a.DirectPath), MediaKeyTimestamp: a.keyAt(), JpegThumbnail: thumb(a.Thumb), ContextInfo: m.context(),
	}}
	if m.Text == "" {
		return out
	}
	return &e2e.Message{DocumentWithCaptionMessage: &e2e.FutureProof{Message: out}}
}

// Fields that are left out where they say nothing.

func text(s string) *string {
	if s == "" {
		return nil
	}
	return proto.String(strings.ToValidUTF8(s, "\uFFFD"))
}

func number(n int) *uint32 {
	if n <= 0 {
		return nil
	}
	return proto.Uint32(uint32(n))
}

func flag(b bool) *bool {
	if !b {
		return nil
	}
	return proto.Bool(true)
}

func hash(h [32]byte) []byte {
	if h == [32]byte{} {
		return nil
	}
	return h[:]
}

func (a *Attachment) length() *uint64 {
	if a.Size < 0 {
		return nil
	}
	return proto.Uint64(uint64(a.Size))
}

func (a *Attachment) keyAt() *int64 {
	if a.KeyAt.IsZero() {
		return nil
	}
	return proto.Int64(a.KeyAt.Unix())
}
