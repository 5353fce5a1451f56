package content

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"

	"ferry/app/internal/model"
)

var (
	now   = time.UnixMilli(1700000000123).UTC()
	photo = &Attachment{
		Key: [32]byte{1}, SHA256: [32]byte{2}, EncSHA256: [32]byte{3}, Size: 12345, DirectPath: "/v/interop/7/abc?f=1",
		KeyAt: now.Truncate(time.Second), MIME: "image/jpeg", Width: 800, Height: 600, Thumb: jpeg(100),
	}
	film = &Attachment{
		Key: [32]byte{1}, SHA256: [32]byte{2}, EncSHA256: [32]byte{3}, Size: 1 << 31, DirectPath: "/v/x?f=1", MIME: "video/mp4",
		Width: 800, Height: 600, Seconds: 9, GIF: true, Thumb: jpeg(100), Sidecar: bytes.Repeat([]byte{9}, 30),
	}
	speech = &Attachment{
		Key: [32]byte{1}, SHA256: [32]byte{2}, EncSHA256: [32]byte{3}, Size: 99, DirectPath: "/v/x?f=1", MIME: "audio/ogg; codecs=opus",
		Seconds: 4, Waveform: bytes.Repeat([]byte{50}, MaxWaveform), Sidecar: bytes.Repeat([]byte{9}, 10),
	}
	paper = &Attachment{
		Key: [32]byte{1}, SHA256: [32]byte{2}, EncSHA256: [32]byte{3}, Size: 99, DirectPath: "/v/x?f=1", MIME: "application/pdf",
		Name: "plan.pdf", Pages: 3, Thumb: jpeg(50),
	}
	reply = &Quote{ID: "3EB0AA", Author: "1@lid", Kind: KindImage, Text: "the sea", Thumb: jpeg(20)}
)

// ours are messages of every kind that this client sends.
var ours = map[string]Message{
	"text":                {Kind: KindText, Text: "ünïcödé 🚢"},
	"empty text":          {Kind: KindText},
	"long text":           {Kind: KindText, Text: strings.Repeat("x", MaxText)},
	"reply":               {Kind: KindText, Text: "yes", Quote: reply},
	"reply to a text":     {Kind: KindText, Text: "yes", Quote: &Quote{ID: "3EB0AA", Kind: KindText, Text: "shall we?"}},
	"reply to a voice":    {Kind: KindText, Text: "yes", Quote: &Quote{ID: "3EB0AA", Kind: KindVoice}},
	"reply to a document": {Kind: KindText, Text: "yes", Quote: &Quote{ID: "3EB0AA", Kind: KindDocument, Text: "a.pdf"}},
	"reply to a contact":  {Kind: KindText, Text: "yes", Quote: &Quote{ID: "3EB0AA", Kind: KindContact, Text: "Ada"}},
	"reply to a place":    {Kind: KindText, Text: "yes", Quote: &Quote{ID: "3EB0AA", Kind: KindLocation, Text: "pier"}},
	"reply to a sticker":  {Kind: KindText, Text: "yes", Quote: &Quote{ID: "3EB0AA", Kind: KindSticker}},
	"mentions":            {Kind: KindText, Text: "hi @1", Mentions: []string{"1@lid", "2@s.whatsapp.net"}},
	"forwarded":           {Kind: KindText, Text: "news", Forwarded: true},
	"reaction":            {Kind: KindReaction, Text: "👍🏽", Target: "3EB0AA", Stamp: now},
	"reaction to an own":  {Kind: KindReaction, Text: "❤️", Target: "3EB0AA", TargetFromMe: true, Stamp: now},
	"reaction taken away": {Kind: KindReaction, Target: "3EB0AA", Stamp: now},
	"edit":                {Kind: KindEdit, Of: KindText, Text: "better", Target: "3EB0AA", TargetFromMe: true, Stamp: now, Mentions: []string{"1@lid"}},
	"edit of a caption":   {Kind: KindEdit, Of: KindDocument, Text: "better", Target: "3EB0AA", TargetFromMe: true, Stamp: now},
	"revocation":          {Kind: KindRevoke, Target: "3EB0AA", TargetFromMe: true},
	"photo":               {Kind: KindImage, Attachment: photo},
	"photo and all":       {Kind: KindImage, Text: "the sea", Attachment: photo, Quote: reply, Forwarded: true, Mentions: []string{"1@lid"}},
	"film":                {Kind: KindVideo, Text: "the sea", Attachment: film, Quote: reply},
	"voice":               {Kind: KindVoice, Attachment: speech, Quote: reply},
	"music":               {Kind: KindAudio, Attachment: &Attachment{Key: [32]byte{1}, Size: 3, MIME: "audio/mpeg", Seconds: 200}},
	"document":            {Kind: KindDocument, Attachment: paper, Quote: reply},
	"captioned document":  {Kind: KindDocument, Text: "the plan", Attachment: paper, Quote: reply},
}

func TestWhatWeWriteIsWhatWeRead(t *testing.T) {
	for name, m := range ours {
		for _, to := range []string{"", "123@lid"} {
			m.SentTo = to
			b, err := Encode(m)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			got, err := Parse(b)
			if err != nil || !reflect.DeepEqual(got, m) {
				t.Errorf("%s: got %+v %v, want %+v", name, got, err, m)
			}
		}
	}
}

// Every message of ours means the same to another client's types, whose fields
// know all of it; and what those write, we read.
func TestAnotherClientReadsOursAndWeReadItsOwn(t *testing.T) {
	for name, m := range ours {
		t.Run(name, func(t *testing.T) {
			m.SentTo = "123@lid"
			b, err := Encode(m)
			if err != nil {
				t.Fatal(err)
			}
			var whole waE2E.Message
			if err := proto.Unmarshal(b, &whole); err != nil {
				t.Fatal(err)
			}
			if dest := whole.GetDeviceSentMessage().GetDestinationJID(); dest != m.SentTo {
				t.Errorf("went to %q", dest)
			}
			theirs := whole.GetDeviceSentMessage().GetMessage()
			if n := unknownFields(theirs); n > 0 {
				t.Errorf("%d fields that it does not know", n)
			}
			same(t, m, theirs)
			back, err := proto.Marshal(theirs)
			if err != nil {
				t.Fatal(err)
			}
			m.SentTo = ""
			if got, err := Parse(back); err != nil || !reflect.DeepEqual(got, m) {
				t.Errorf("written by another client: %+v %v, want %+v", got, err, m)
			}
		})
	}
}

// same checks another client's view of a message, field by field.
func same(t *testing.T, m Message, got *waE2E.Message) {
	t.Helper()
	check := func(what string, got, want any) {
		t.Helper()
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %v, want %v", what, got, want)
		}
	}
	var ctx *waE2E.ContextInfo
	switch m.Kind {
	case KindText:
		ctx = got.GetExtendedTextMessage().GetContextInfo()
		check("text", got.GetConversation()+got.GetExtendedTextMessage().GetText(), m.Text)
	case KindReaction:
		r := got.GetReactionMessage()
		check("reaction", []any{r.GetText(), r.GetKey().GetID(), r.GetKey().GetFromMe(), r.GetSenderTimestampMS()}, []any{m.Text, m.Target, m.TargetFromMe, m.Stamp.UnixMilli()})
		check("emoji is set", r.Text != nil, true)
	case KindRevoke:
		p := got.GetProtocolMessage()
		check("revocation", []any{p.GetType(), p.Type != nil, p.GetKey().GetID(), p.GetKey().GetFromMe()}, []any{waE2E.ProtocolMessage_REVOKE, true, m.Target, true})
	case KindEdit:
		p := got.GetEditedMessage().GetMessage().GetProtocolMessage()
		check("edit", []any{p.GetType(), p.GetKey().GetID(), p.GetKey().GetFromMe(), p.GetTimestampMS()}, []any{waE2E.ProtocolMessage_MESSAGE_EDIT, m.Target, true, m.Stamp.UnixMilli()})
		e := p.GetEditedMessage()
		check("new text", e.GetConversation()+e.GetExtendedTextMessage().GetText()+e.GetDocumentWithCaptionMessage().GetMessage().GetDocumentMessage().GetCaption(), m.Text)
	default:
		ctx = sameMedia(check, m, got)
	}
	if m.Quote != nil {
		check("quoted id", ctx.GetStanzaID(), m.Quote.ID)
		check("quoted author", ctx.GetParticipant(), m.Quote.Author)
		check("a quoted message", ctx.GetQuotedMessage() != nil, true)
	}
	check("forwarded", ctx.GetIsForwarded(), m.Forwarded)
	if m.Kind != KindEdit {
		check("mentions", ctx.GetMentionedJID(), m.Mentions)
	}
}

func sameMedia(check func(what string, got, want any), m Message, got *waE2E.Message) *waE2E.ContextInfo {
	a := m.Attachment
	var f interface {
		GetMimetype() string
		GetFileSHA256() []byte
		GetFileLength() uint64
		GetMediaKey() []byte
		GetFileEncSHA256() []byte
		GetDirectPath() string
		GetContextInfo() *waE2E.ContextInfo
	}
	switch m.Kind {
	case KindImage:
		i := got.GetImageMessage()
		check("photo", []any{i.GetCaption(), int(i.GetWidth()), int(i.GetHeight()), i.GetJPEGThumbnail()}, []any{m.Text, a.Width, a.Height, a.Thumb})
		f = i
	case KindVideo:
		v := got.GetVideoMessage()
		check("video", []any{v.GetCaption(), int(v.GetWidth()), int(v.GetHeight()), v.GetJPEGThumbnail(), int(v.GetSeconds()), v.GetGifPlayback(), v.GetStreamingSidecar()},
			[]any{m.Text, a.Width, a.Height, a.Thumb, a.Seconds, a.GIF, a.Sidecar})
		f = v
	case KindAudio, KindVoice:
		v := got.GetAudioMessage()
		check("audio", []any{int(v.GetSeconds()), v.GetPTT(), v.GetWaveform(), v.GetStreamingSidecar()}, []any{a.Seconds, m.Kind == KindVoice, a.Waveform, a.Sidecar})
		f = v
	case KindDocument:
		d := got.GetDocumentMessage()
		if m.Text != "" {
			d = got.GetDocumentWithCaptionMessage().GetMessage().GetDocumentMessage()
		}
		check("document", []any{d.GetCaption(), d.GetFileName(), int(d.GetPageCount()), d.GetJPEGThumbnail()}, []any{m.Text, a.Name, a.Pages, a.Thumb})
		f = d
	}
	check("key", f.GetMediaKey(), hash(a.Key))
	check("hash", f.GetFileSHA256(), hash(a.SHA256))
	check("hash of the file", f.GetFileEncSHA256(), hash(a.EncSHA256))
	check("type, length and path", []any{f.GetMimetype(), int64(f.GetFileLength()), f.GetDirectPath()}, []any{a.MIME, a.Size, a.DirectPath})
	return f.GetContextInfo()
}

func unknownFields(m proto.Message) int { return len(m.ProtoReflect().GetUnknown()) }

func TestWhatCannotBeSentIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		m    Message
		want error
	}{
		"a text that is too long":  {Message{Kind: KindText, Text: strings.Repeat("x", MaxText+1)}, ErrTooLong},
		"an emoji that is none":    {Message{Kind: KindReaction, Text: strings.Repeat("x", MaxEmoji+1)}, ErrTooLong},
		"an edit too long":         {Message{Kind: KindEdit, Text: strings.Repeat("x", MaxText+1)}, ErrTooLong},
		"a voice without bytes":    {Message{Kind: KindVoice}, ErrUnsent},
		"a poll":                   {Message{Kind: KindPoll}, ErrUnsent},
		"an endless sidecar":       {Message{Kind: KindVideo, Attachment: &Attachment{Sidecar: make([]byte, MaxSidecar+10)}}, ErrTooLong},
		"an edit into a reaction":  {Message{Kind: KindEdit, Of: KindSticker}, ErrUnsent},
		"a path without an end":    {Message{Kind: KindImage, Attachment: &Attachment{DirectPath: "/" + strings.Repeat("x", maxPath)}}, ErrTooLong},
		"an unknown kind of thing": {Message{Kind: "other"}, ErrUnsent},
	} {
		if _, err := Encode(c.m); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTextsThatAreNotUTF8AreMended(t *testing.T) {
	b, err := Encode(Message{Kind: KindText, Text: "a\xffb"})
	if err != nil {
		t.Fatal(err)
	}
	if m, err := Parse(b); err != nil || m.Text != "a\uFFFDb" {
		t.Errorf("%q %v", m.Text, err)
	}
}

func TestCardsAreRead(t *testing.T) {
	for name, c := range map[string]struct {
		vcard string
		want  model.Card
	}{
		"as WhatsApp writes it": {"BEGIN:VCARD\nVERSION:3.0\nN:Lovelace;Ada;;;\nFN:Ada Lovelace\nitem1.TEL;waid=491555000001:+49 155 5000001\nitem1.X-ABLabel:Mobile\nEND:VCARD",
			model.Card{Name: "Ada Lovelace", Phones: []string{"+49 155 5000001"}}},
		"folded, escaped, in capitals": {"begin:vcard\r\nfn:Ada\\, Count\r\n ess of Lovelace\r\nTEL;TYPE=cell:1\r\nTEL;TYPE=home:tel:+2\r\nemail:ada@example.org\r\nend:vcard\r\n",
			model.Card{Name: "Ada, Countess of Lovelace", Phones: []string{"1", "+2"}, Emails: []string{"ada@example.org"}}},
		"without a name":  {"TEL:1", model.Card{Name: "shown", Phones: []string{"1"}}},
		"nothing":         {"", model.Card{Name: "shown"}},
		"no card":         {"\n \n:\n;:;\n.TEL\nTEL:\n", model.Card{Name: "shown"}},
		"a hostile name":  {"FN:a\x00\x1b[31mb", model.Card{Name: "a  [31mb"}},
		"a photo before":  {"PHOTO;BASE64:" + strings.Repeat("A", 1000) + "\nFN:Ada", model.Card{Name: "Ada"}},
		"an endless line": {"FN:" + strings.Repeat("é", 1<<20), model.Card{Name: strings.Repeat("é", maxName/2)}},
	} {
		b, err := proto.Marshal(&waE2E.Message{ContactMessage: &waE2E.ContactMessage{DisplayName: proto.String("shown"), Vcard: proto.String(c.vcard)}})
		if err != nil {
			t.Fatal(err)
		}
		m, err := Parse(b)
		if len(b) > MaxMessage {
			b, _ = proto.Marshal(&waE2E.Message{ContactMessage: &waE2E.ContactMessage{Vcard: proto.String(c.vcard[:MaxMessage/2])}})
			m, err = Parse(b)
		}
		if err != nil || len(m.Cards) != 1 || !reflect.DeepEqual(m.Cards[0], c.want) {
			t.Errorf("%s: %+v %v", name, m.Cards, err)
		}
	}
}
