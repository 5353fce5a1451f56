package content

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"
)

func TestAnotherClientReadsOurTexts(t *testing.T) {
	for _, text := range []string{"hello", "", "ünïcödé 🚢", strings.Repeat("x", MaxText)} {
		b, err := Text(text)
		if err != nil {
			t.Fatal(err)
		}
		var got waE2E.Message
		if err := proto.Unmarshal(b, &got); err != nil || got.GetConversation() != text {
			t.Errorf("%.20q arrives as %.20q (%v)", text, got.GetConversation(), err)
		}
		b, err = SentText(text, "123@lid")
		if err != nil {
			t.Fatal(err)
		}
		if err := proto.Unmarshal(b, &got); err != nil {
			t.Fatal(err)
		}
		if sent := got.GetDeviceSentMessage(); sent.GetMessage().GetConversation() != text || sent.GetDestinationJID() != "123@lid" {
			t.Errorf("%.20q arrives at our own device as %v", text, sent)
		}
	}
}

func TestATextThatIsTooLongIsRefused(t *testing.T) {
	if _, err := Text(strings.Repeat("x", MaxText+1)); !errors.Is(err, ErrTooLong) {
		t.Error(err)
	}
}

func TestTextsThatAreNotUTF8AreMended(t *testing.T) {
	b, err := Text("a\xffb")
	if err != nil {
		t.Fatal(err)
	}
	if m, err := Parse(b); err != nil || m.Text != "a\uFFFDb" {
		t.Errorf("%q %v", m.Text, err)
	}
}

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
		{"image", &waE2E.Message{ImageMessage: &waE2E.ImageMessage{Caption: proto.String("sea")}}, Message{Kind: KindImage, Text: "sea"}},
		{"video", &waE2E.Message{VideoMessage: &waE2E.VideoMessage{Caption: proto.String("sea")}}, Message{Kind: KindVideo, Text: "sea"}},
		{"audio", &waE2E.Message{AudioMessage: &waE2E.AudioMessage{}}, Message{Kind: KindAudio}},
		{"voice", &waE2E.Message{AudioMessage: &waE2E.AudioMessage{PTT: proto.Bool(true)}}, Message{Kind: KindVoice}},
		{"document", &waE2E.Message{DocumentMessage: &waE2E.DocumentMessage{FileName: proto.String("a.pdf")}}, Message{Kind: KindDocument, Text: "a.pdf"}},
		{"document with caption", &waE2E.Message{DocumentWithCaptionMessage: wrap(&waE2E.Message{DocumentMessage: &waE2E.DocumentMessage{FileName: proto.String("a.pdf"), Caption: proto.String("c")}})}, Message{Kind: KindDocument, Text: "c"}},
		{"sticker", &waE2E.Message{StickerMessage: &waE2E.StickerMessage{}}, Message{Kind: KindSticker}},
		{"contact", &waE2E.Message{ContactMessage: &waE2E.ContactMessage{DisplayName: proto.String("Ada")}}, Message{Kind: KindContact, Text: "Ada"}},
		{"contacts", &waE2E.Message{ContactsArrayMessage: &waE2E.ContactsArrayMessage{}}, Message{Kind: KindContact}},
		{"location", &waE2E.Message{LocationMessage: &waE2E.LocationMessage{Name: proto.String("pier")}}, Message{Kind: KindLocation, Text: "pier"}},
		{"live location", &waE2E.Message{LiveLocationMessage: &waE2E.LiveLocationMessage{}}, Message{Kind: KindLocation}},
		{"poll", &waE2E.Message{PollCreationMessageV3: &waE2E.PollCreationMessage{}}, Message{Kind: KindPoll}},
		{"call", &waE2E.Message{Call: &waE2E.Call{}}, Message{Kind: KindCall}},
		{"group invite", &waE2E.Message{GroupInviteMessage: &waE2E.GroupInviteMessage{}}, Message{Kind: KindInvite}},
		{"view once", &waE2E.Message{ViewOnceMessageV2: wrap(&waE2E.Message{ImageMessage: &waE2E.ImageMessage{Caption: proto.String("x")}})}, Message{Kind: KindViewOnce}},
		{"ephemeral", &waE2E.Message{EphemeralMessage: wrap(text)}, Message{Kind: KindText, Text: "hi"}},
		{"reaction", &waE2E.Message{ReactionMessage: &waE2E.ReactionMessage{Key: key, Text: proto.String("👍")}}, Message{Kind: KindReaction, Text: "👍", Target: "3EB0"}},
		{"revoke", &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{Key: key, Type: waE2E.ProtocolMessage_REVOKE.Enum()}}, Message{Kind: KindRevoke, Target: "3EB0"}},
		{"edit", &waE2E.Message{EditedMessage: wrap(&waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{Key: key, Type: waE2E.ProtocolMessage_MESSAGE_EDIT.Enum(), EditedMessage: text}})}, Message{Kind: KindEdit, Text: "hi", Target: "3EB0"}},
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
			if err != nil || got != c.want {
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
		{AudioMessage: &waE2E.AudioMessage{PTT: proto.Bool(true)}},
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
		if len(m.Text) > MaxText || len(m.Target) > maxID || len(m.SentTo) > maxID || m.Kind == "" {
			t.Fatalf("out of bounds: %+v", m)
		}
		if !utf8.ValidString(m.Text) || !utf8.ValidString(m.Target) || !utf8.ValidString(m.SentTo) {
			t.Fatalf("not UTF-8: %+v", m)
		}
	})
}
