package echo

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image/jpeg"
	"strings"
	"testing"

	"ferry/relay/internal/gateway/wastore"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"
)

// answers lets Echo answer one message, of somebody it has met, and returns what
// it sends.
func answers(t *testing.T, l *tape, b *book, m *waE2E.Message) []*waE2E.Message {
	t.Helper()
	if err := b.meet(t.Context(), mara); err != nil {
		t.Fatal(err)
	}
	e := message("A1", "")
	e.Message = m
	receive(t, b, e)
	if err := answerAll(t, l, b); err != nil {
		t.Fatal(err)
	}
	return l.sent
}

func TestEachWordIsObeyed(t *testing.T) {
	for word, ok := range map[string]func([]*waE2E.Message) bool{
		"react": func(m []*waE2E.Message) bool {
			r := m[0].GetReactionMessage()
			return r.GetText() == "👍" && r.GetKey().GetID() == "A1" && !r.GetKey().GetFromMe()
		},
		" Reply ": func(m []*waE2E.Message) bool {
			c := m[0].GetExtendedTextMessage().GetContextInfo()
			return c.GetStanzaID() == "A1" && c.GetQuotedMessage().GetConversation() == " Reply " && c.GetParticipant() == mara.String()
		},
		"edit": func(m []*waE2E.Message) bool {
			p := m[1].GetEditedMessage().GetMessage().GetProtocolMessage()
			return m[0].GetConversation() != "" && p.GetKey().GetID() != "" && p.GetEditedMessage().GetConversation() != m[0].GetConversation()
		},
		"DELETE": func(m []*waE2E.Message) bool {
			p := m[1].GetProtocolMessage()
			return m[0].GetConversation() != "" && p.GetType() == waE2E.ProtocolMessage_REVOKE && p.GetKey().GetFromMe()
		},
		"photo": func(m []*waE2E.Message) bool { return len(m[0].GetImageMessage().GetJPEGThumbnail()) > 0 },
		"video": func(m []*waE2E.Message) bool { return m[0].GetVideoMessage().GetSeconds() == 3 },
		"voice": func(m []*waE2E.Message) bool {
			a := m[0].GetAudioMessage()
			return a.GetPTT() && len(a.GetWaveform()) == 64
		},
		"file":    func(m []*waE2E.Message) bool { return m[0].GetDocumentMessage().GetFileName() == "echo.txt" },
		"sticker": func(m []*waE2E.Message) bool { return m[0].GetStickerMessage() != nil },
		"contact": func(m []*waE2E.Message) bool {
			return strings.Contains(m[0].GetContactMessage().GetVcard(), DefaultPhone)
		},
		"location": func(m []*waE2E.Message) bool { return m[0].GetLocationMessage().GetDegreesLatitude() > 52 },
		"poll": func(m []*waE2E.Message) bool {
			return len(m[0].GetPollCreationMessage().GetOptions()) == 3 && len(m[0].GetMessageContextInfo().GetMessageSecret()) == 32
		},
		"help":    func(m []*waE2E.Message) bool { return strings.Contains(m[0].GetConversation(), words) },
		"photos?": func(m []*waE2E.Message) bool { return m[0].GetConversation() == "photos?" },
	} {
		sent := answers(t, &tape{}, open(t, wastore.NewMemory()), &waE2E.Message{Conversation: proto.String(word)})
		if len(sent) == 0 || !ok(sent) {
			t.Errorf("%s: %v", word, sent)
		}
	}
	for _, word := range strings.Split(words, ", ") {
		if plan(job{Text: word, Chat: mara}) == nil {
			t.Errorf("%q is promised, and not obeyed", word)
		}
	}
}

func TestWhatArrivesIsThankedFor(t *testing.T) {
	for want, m := range map[string]*waE2E.Message{
		"Thanks for the photo! 12 bytes have arrived, and they are what you sent.": {ImageMessage: &waE2E.ImageMessage{FileLength: proto.Uint64(12)}},
		"Thanks for the contact!":  {ContactMessage: &waE2E.ContactMessage{}},
		"Thanks for the location!": {LocationMessage: &waE2E.LocationMessage{}},
		"Thanks for the poll!":     {PollCreationMessage: &waE2E.PollCreationMessage{}},
		onlyKnown:                  {GroupInviteMessage: &waE2E.GroupInviteMessage{}},
	} {
		sent := answers(t, &tape{}, open(t, wastore.NewMemory()), m)
		if len(sent) != 1 || sent[0].GetConversation() != want {
			t.Errorf("%v, want %q", sent, want)
		}
	}
	hidden := &waE2E.Message{ViewOnceMessageV2: &waE2E.FutureProofMessage{Message: &waE2E.Message{AudioMessage: &waE2E.AudioMessage{PTT: proto.Bool(true)}}}}
	sent := answers(t, &tape{broken: errors.New("it is not what was announced")}, open(t, wastore.NewMemory()), hidden)
	if got := sent[0].GetConversation(); got != "Your voice message has arrived, but I cannot open it: it is not what was announced." {
		t.Errorf("what cannot be opened: %q", got)
	}
}

func TestAnAnswerOfSeveralMessagesIsTheSameAfterACrash(t *testing.T) {
	kv := wastore.NewMemory()
	l := &tape{}
	sends := 0
	l.fail = func(act string) error {
		if act == "send" {
			if sends++; sends == 1 {
				return errors.New("not connected")
			}
		}
		return nil
	}
	b := open(t, kv)
	if err := b.meet(t.Context(), mara); err != nil {
		t.Fatal(err)
	}
	receive(t, b, message("A1", "photo"))
	if err := answerAll(t, l, b); err == nil {
		t.Fatal("sent without a connection")
	}
	b = open(t, kv)
	if err := answerAll(t, l, b); err != nil {
		t.Fatal(err)
	}
	if l.uploads != 1 || len(l.sent) != 1 {
		t.Errorf("%d uploads for %d messages", l.uploads, len(l.sent))
	}
	id := strings.Fields(l.said[0])[0]
	if again, ok := b.message(t.Context(), id); !ok || !proto.Equal(again, l.sent[0]) {
		t.Errorf("asked again, it is %v", again)
	}
}

func TestTheSamplesAreWhatTheySayTheyAre(t *testing.T) {
	photo, err := samplePhoto(72, 48)
	if err != nil {
		t.Fatal(err)
	}
	if img, err := jpeg.Decode(bytes.NewReader(photo)); err != nil || img.Bounds().Dx() != 72 {
		t.Errorf("the photo: %v", err)
	}
	if !bytes.Equal(sampleVideo[4:8], []byte("ftyp")) {
		t.Error("the video is no MP4")
	}
	if !bytes.HasPrefix(sampleSticker, []byte("RIFF")) || !bytes.Equal(sampleSticker[8:12], []byte("WEBP")) {
		t.Error("the sticker is no WebP")
	}
	oggOpus(t, sampleVoice)
}

// oggOpus follows the pages of an Ogg Opus file (RFC 3533, RFC 7845).
func oggOpus(t *testing.T, b []byte) {
	t.Helper()
	var last uint64
	for page := 0; len(b) > 0; page++ {
		if len(b) < 27 || string(b[:4]) != "OggS" {
			t.Fatalf("page %d is none", page)
		}
		granule, n, size := binary.LittleEndian.Uint64(b[6:]), int(b[26]), 0
		for _, s := range b[27 : 27+n] {
			size += int(s)
		}
		body := b[27+n : 27+n+size]
		if page == 0 && !bytes.HasPrefix(body, []byte("OpusHead\x01\x01")) || page == 1 && !bytes.HasPrefix(body, []byte("OpusTags")) {
			t.Fatalf("page %d begins with %q", page, body[:8])
		}
		if granule < last || (page == 0) != (b[5]&2 != 0) {
			t.Fatalf("page %d: granule %d, flags %x", page, granule, b[5])
		}
		last, b = granule, b[27+n+size:]
	}
	if seconds := last / 48000; seconds != 3 {
		t.Errorf("it lasts %d s", seconds)
	}
}
