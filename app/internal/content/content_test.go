package content

import (
	"bytes"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"

	"ferry/app/internal/model"
)

func TestWeReadWhatAnotherClientWrites(t *testing.T) {
	text := &waE2E.Message{Conversation: proto.String("hi")}
	key := &waCommon.MessageKey{ID: proto.String("3EB0"), RemoteJID: proto.String("4242@interop")}
	wrap := func(m *waE2E.Message) *waE2E.FutureProofMessage { return &waE2E.FutureProofMessage{Message: m} }
	for _, c := range []struct {
		name string
		in   *waE2E.Message
		want Message
	}{
		{"text", text, Message{Kind: KindText, Text: "hi"}},
		{"empty text", &waE2E.Message{Conversation: proto.String("")}, Message{Kind: KindText}},
		{"extended text", &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{Text: proto.String("hi")}}, Message{Kind: KindText, Text: "hi"}},
		{"text with a sender key", &waE2E.Message{Conversation: proto.String("hi"), SenderKeyDistributionMessage: &waE2E.SenderKeyDistributionMessage{}}, Message{Kind: KindText, Text: "hi"}},
		{"sender key", &waE2E.Message{SenderKeyDistributionMessage: &waE2E.SenderKeyDistributionMessage{}}, Message{Kind: KindControl}},
		{"image", &waE2E.Message{ImageMessage: &waE2E.ImageMessage{Caption: proto.String("sea")}}, Message{Kind: KindImage, Text: "sea", Attachment: &Attachment{}}},
		{"video", &waE2E.Message{VideoMessage: &waE2E.VideoMessage{Caption: proto.String("sea")}}, Message{Kind: KindVideo, Text: "sea", Attachment: &Attachment{}}},
		{"audio", &waE2E.Message{AudioMessage: &waE2E.AudioMessage{}}, Message{Kind: KindAudio, Attachment: &Attachment{}}},
		{"voice", &waE2E.Message{AudioMessage: &waE2E.AudioMessage{PTT: proto.Bool(true)}}, Message{Kind: KindVoice, Attachment: &Attachment{}}},
		{"document", &waE2E.Message{DocumentMessage: &waE2E.DocumentMessage{FileName: proto.String("a.pdf")}}, Message{Kind: KindDocument, Attachment: &Attachment{Name: "a.pdf"}}},
		{"document with caption", &waE2E.Message{DocumentWithCaptionMessage: wrap(&waE2E.Message{DocumentMessage: &waE2E.DocumentMessage{Title: proto.String("a.pdf"), Caption: proto.String("c")}})}, Message{Kind: KindDocument, Text: "c", Attachment: &Attachment{Name: "a.pdf"}}},
		{"sticker", &waE2E.Message{StickerMessage: &waE2E.StickerMessage{}}, Message{Kind: KindSticker, Attachment: &Attachment{}}},
		{"contact", &waE2E.Message{ContactMessage: &waE2E.ContactMessage{DisplayName: proto.String("Ada")}}, Message{Kind: KindContact, Cards: []model.Card{{Name: "Ada"}}}},
		{"contacts", &waE2E.Message{ContactsArrayMessage: &waE2E.ContactsArrayMessage{}}, Message{Kind: KindContact}},
		{"location", &waE2E.Message{LocationMessage: &waE2E.LocationMessage{Name: proto.String("pier")}}, Message{Kind: KindLocation, Place: &model.Place{Name: "pier"}}},
		{"live location", &waE2E.Message{LiveLocationMessage: &waE2E.LiveLocationMessage{}}, Message{Kind: KindLocation, Place: &model.Place{Live: true}}},
		{"poll", &waE2E.Message{PollCreationMessageV3: &waE2E.PollCreationMessage{}}, Message{Kind: KindPoll}},
		{"vote", &waE2E.Message{PollUpdateMessage: &waE2E.PollUpdateMessage{}}, Message{Kind: KindControl}},
		{"round video", &waE2E.Message{PtvMessage: &waE2E.VideoMessage{}}, Message{Kind: KindVideo, Attachment: &Attachment{}}},
		{"view once by its field", &waE2E.Message{ImageMessage: &waE2E.ImageMessage{ViewOnce: proto.Bool(true)}}, Message{Kind: KindViewOnce}},
		{"moving sticker", &waE2E.Message{LottieStickerMessage: wrap(&waE2E.Message{StickerMessage: &waE2E.StickerMessage{}})}, Message{Kind: KindSticker, Attachment: &Attachment{}}},
		{"nowhere", &waE2E.Message{LocationMessage: &waE2E.LocationMessage{DegreesLatitude: proto.Float64(math.NaN())}}, Message{Kind: KindLocation}},
		{"call", &waE2E.Message{Call: &waE2E.Call{}}, Message{Kind: KindCall}},
		{"group invite", &waE2E.Message{GroupInviteMessage: &waE2E.GroupInviteMessage{}}, Message{Kind: KindInvite}},
		{"view once", &waE2E.Message{ViewOnceMessageV2: wrap(&waE2E.Message{ImageMessage: &waE2E.ImageMessage{Caption: proto.String("x")}})}, Message{Kind: KindViewOnce}},
		{"ephemeral", &waE2E.Message{EphemeralMessage: wrap(text)}, Message{Kind: KindText, Text: "hi"}},
		{"reaction", &waE2E.Message{ReactionMessage: &waE2E.ReactionMessage{Key: key, Text: proto.String("👍")}}, Message{Kind: KindReaction, Text: "👍", Target: "3EB0"}},
		{"revoke", &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{Key: key, Type: waE2E.ProtocolMessage_REVOKE.Enum()}}, Message{Kind: KindRevoke, Target: "3EB0"}},
		{"edit", &waE2E.Message{EditedMessage: wrap(&waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{Key: key, Type: waE2E.ProtocolMessage_MESSAGE_EDIT.Enum(), EditedMessage: text}})}, Message{Kind: KindEdit, Of: KindText, Text: "hi", Target: "3EB0"}},
		{"edit without wrapper", &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{Key: key, Type: waE2E.ProtocolMessage_MESSAGE_EDIT.Enum(), EditedMessage: text}}, Message{Kind: KindEdit, Of: KindText, Text: "hi", Target: "3EB0"}},
		{"edit of a caption", &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{Key: key, Type: waE2E.ProtocolMessage_MESSAGE_EDIT.Enum(), EditedMessage: &waE2E.Message{ImageMessage: &waE2E.ImageMessage{Caption: proto.String("hi")}}}}, Message{Kind: KindEdit, Of: KindImage, Text: "hi", Target: "3EB0"}},
		{"edit into nothing", &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{Key: key, Type: waE2E.ProtocolMessage_MESSAGE_EDIT.Enum()}}, Message{Kind: KindUnknown}},
		{"edit within an edit", &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{Key: key, Type: waE2E.ProtocolMessage_MESSAGE_EDIT.Enum(), EditedMessage: &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{Key: key, Type: waE2E.ProtocolMessage_MESSAGE_EDIT.Enum(), EditedMessage: text}}}}, Message{Kind: KindUnknown}},
		{"a reaction that is no emoji", &waE2E.Message{ReactionMessage: &waE2E.ReactionMessage{Key: key, Text: proto.String(strings.Repeat("x", MaxEmoji+1))}}, Message{Kind: KindUnknown}},
		{"key share", &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{Type: waE2E.ProtocolMessage_APP_STATE_SYNC_KEY_SHARE.Enum()}}, Message{Kind: KindControl}},
		{"from our other device", &waE2E.Message{DeviceSentMessage: &waE2E.DeviceSentMessage{DestinationJID: proto.String("1@lid"), Message: text}}, Message{Kind: KindText, Text: "hi", SentTo: "1@lid"}},
		{"what we do not know", &waE2E.Message{EventMessage: &waE2E.EventMessage{}}, Message{Kind: KindUnknown}},
		{"nothing", &waE2E.Message{}, Message{Kind: KindControl}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, err := proto.Marshal(c.in)
			if err != nil {
				t.Fatal(err)
			}
			got, err := Parse(b)
			if err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %+v %v, want %+v", got, err, c.want)
			}
		})
	}
}

func TestWrappersWithinWrappersEnd(t *testing.T) {
	m := &waE2E.Message{Conversation: proto.String("deep")}
	for range 1000 {
		m = &waE2E.Message{EphemeralMessage: &waE2E.FutureProofMessage{Message: m}}
	}
	b, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := Parse(b); err == nil && got.Kind == KindText {
		t.Errorf("1000 wrappers gave %+v", got)
	}
}

func TestALongTextIsCutAtARune(t *testing.T) {
	b, err := proto.Marshal(&waE2E.Message{Conversation: proto.String("x" + strings.Repeat("é", MaxText))})
	if err != nil {
		t.Fatal(err)
	}
	m, err := Parse(b)
	if err != nil || len(m.Text) > MaxText || len(m.Text) < MaxText-2 || !utf8.ValidString(m.Text) {
		t.Errorf("%d bytes, %v", len(m.Text), err)
	}
}

func TestPaddingComesOffAsItWentOn(t *testing.T) {
	for r := range 256 {
		padded, err := Pad(bytes.NewReader([]byte{byte(r)}), []byte("text"))
		if err != nil {
			t.Fatal(err)
		}
		if n := len(padded) - 4; n < 1 || n > maxPad {
			t.Fatalf("%d bytes of padding", n)
		}
		if b, err := Unpad(padded); err != nil || string(b) != "text" {
			t.Fatalf("%q %v", b, err)
		}
	}
	if _, err := Pad(bytes.NewReader(nil), nil); err == nil {
		t.Error("padded without randomness")
	}
}

func TestBadPaddingIsRefused(t *testing.T) {
	for _, b := range [][]byte{nil, {}, {0}, {2}, {1, 2, 3}, {'a', 3, 2, 3}, make([]byte, MaxMessage+1)} {
		if got, err := Unpad(b); !errors.Is(err, ErrMalformed) {
			t.Errorf("%.5v gives %.5v, %v", b, got, err)
		}
	}
}

func FuzzMessage(f *testing.F) {
	for _, m := range []*waE2E.Message{
		{Conversation: proto.String("hi")},
		{DeviceSentMessage: &waE2E.DeviceSentMessage{DestinationJID: proto.String("1@lid"), Message: &waE2E.Message{Conversation: proto.String("hi")}}},
		{EphemeralMessage: &waE2E.FutureProofMessage{Message: &waE2E.Message{ReactionMessage: &waE2E.ReactionMessage{Text: proto.String("👍")}}}},
		{ProtocolMessage: &waE2E.ProtocolMessage{Type: waE2E.ProtocolMessage_MESSAGE_EDIT.Enum()}},
		{AudioMessage: &waE2E.AudioMessage{PTT: proto.Bool(true), Waveform: bytes.Repeat([]byte{50}, 64), StreamingSidecar: make([]byte, 20)}},
		{ExtendedTextMessage: &waE2E.ExtendedTextMessage{Text: proto.String("hi @1"), ContextInfo: &waE2E.ContextInfo{
			StanzaID: proto.String("3EB0"), Participant: proto.String("1@lid"), MentionedJID: []string{"1@lid"}, IsForwarded: proto.Bool(true),
			QuotedMessage: &waE2E.Message{ImageMessage: &waE2E.ImageMessage{Caption: proto.String("sea"), JPEGThumbnail: jpeg(10)}},
		}}},
		{ContactMessage: &waE2E.ContactMessage{Vcard: proto.String("BEGIN:VCARD\nFN:Ada\nTEL;waid=49:+49\nEND:VCARD")}},
		{LocationMessage: &waE2E.LocationMessage{DegreesLatitude: proto.Float64(54), DegreesLongitude: proto.Float64(10), Name: proto.String("pier")}},
		{DocumentWithCaptionMessage: &waE2E.FutureProofMessage{Message: &waE2E.Message{DocumentMessage: &waE2E.DocumentMessage{
			FileName: proto.String("a.pdf"), Caption: proto.String("c"), DirectPath: proto.String("/v/x?f=1"), MediaKey: make([]byte, 32), FileLength: proto.Uint64(9)}}}},
	} {
		b, err := proto.Marshal(m)
		if err != nil {
			f.Fatal(err)
		}
		padded, err := Pad(bytes.NewReader([]byte{7}), b)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(padded)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		inner, err := Unpad(b)
		if err != nil {
			return
		}
		m, err := Parse(inner)
		if err != nil {
			return
		}
		checkBounds(t, m)
	})
}
