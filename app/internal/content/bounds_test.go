package content

import (
	"strings"
	"testing"
	"unicode/utf8"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"

	"ferry/app/internal/model"
)

// checkBounds fails if a message that was read exceeds what it may hold.
func checkBounds(t *testing.T, m Message) {
	t.Helper()
	type part struct {
		what string
		text string
		most int
	}
	parts := []part{{"text", m.Text, MaxText}, {"target", m.Target, maxID}, {"chat", m.SentTo, maxID}}
	if m.Quote != nil {
		parts = append(parts, part{"quote", m.Quote.Text, MaxQuote}, part{"quoted id", m.Quote.ID, maxID}, part{"author", m.Quote.Author, maxID})
		if len(m.Quote.Thumb) > model.MaxThumb || m.Quote.Kind == "" || m.Quote.ID == "" {
			t.Fatalf("out of bounds: %+v", m.Quote)
		}
	}
	for _, j := range m.Mentions {
		parts = append(parts, part{"mention", j, maxID})
	}
	for _, c := range m.Cards {
		parts = append(parts, part{"name", c.Name, maxName})
		for _, d := range append(c.Phones, c.Emails...) {
			parts = append(parts, part{"detail", d, 2 * maxID})
		}
		if len(c.Phones) > maxDetail || len(c.Emails) > maxDetail {
			t.Fatalf("out of bounds: %+v", c)
		}
	}
	if p := m.Place; p != nil {
		parts = append(parts, part{"place", p.Name, maxName}, part{"address", p.Address, maxName})
		if !(p.Latitude >= -90 && p.Latitude <= 90 && p.Longitude >= -180 && p.Longitude <= 180) {
			t.Fatalf("nowhere on earth: %+v", p)
		}
	}
	if a := m.Attachment; a != nil {
		parts = append(parts, part{"type", a.MIME, maxMIME}, part{"file name", a.Name, maxName}, part{"path", a.DirectPath, maxPath})
		if len(a.Thumb) > model.MaxThumb || len(a.Waveform) > MaxWaveform || len(a.Sidecar) > MaxSidecar || a.Size < -1 || a.Width < 0 || a.Height < 0 || a.Seconds < 0 {
			t.Fatalf("out of bounds: %+v", a)
		}
	}
	for _, p := range parts {
		if len(p.text) > p.most || !utf8.ValidString(p.text) {
			t.Fatalf("%s is out of bounds: %.80q", p.what, p.text)
		}
	}
	if m.Kind == "" || len(m.Mentions) > MaxMentions || len(m.Cards) > MaxCards {
		t.Fatalf("out of bounds: %+v", m)
	}
}

func TestWhatIsTooMuchIsLeftOut(t *testing.T) {
	many := make([]string, 10*MaxMentions)
	contacts := make([]*waE2E.ContactMessage, 10*MaxCards)
	for i := range many {
		many[i] = "1@lid"
	}
	for i := range contacts {
		contacts[i] = &waE2E.ContactMessage{Vcard: proto.String("FN:" + strings.Repeat("n", 100) + strings.Repeat("\nTEL:1", 20))}
	}
	huge := strings.Repeat("x", 10<<10)
	for name, in := range map[string]*waE2E.Message{
		"mentions": {ExtendedTextMessage: &waE2E.ExtendedTextMessage{ContextInfo: &waE2E.ContextInfo{MentionedJID: append(many, huge)}}},
		"contacts": {ContactsArrayMessage: &waE2E.ContactsArrayMessage{Contacts: contacts}},
		"quote": {ExtendedTextMessage: &waE2E.ExtendedTextMessage{ContextInfo: &waE2E.ContextInfo{
			StanzaID: proto.String("3EB0"), Participant: proto.String(huge), QuotedMessage: &waE2E.Message{Conversation: proto.String(huge)}}}},
		"media": {VideoMessage: &waE2E.VideoMessage{
			Mimetype: proto.String(huge), DirectPath: proto.String("/" + huge), FileLength: proto.Uint64(1 << 63), MediaKey: []byte("short"),
			JPEGThumbnail: jpeg(model.MaxThumb + 1), Width: proto.Uint32(1 << 31), Seconds: proto.Uint32(1 << 31), StreamingSidecar: []byte("odd")}},
		"voice": {AudioMessage: &waE2E.AudioMessage{PTT: proto.Bool(true), Waveform: make([]byte, 10000)}},
		"place": {LocationMessage: &waE2E.LocationMessage{Name: proto.String(huge), Address: proto.String(huge)}},
		"file":  {DocumentMessage: &waE2E.DocumentMessage{FileName: proto.String("a\nb\x00" + huge)}},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := proto.Marshal(in)
			if err != nil {
				t.Fatal(err)
			}
			m, err := Parse(b)
			if err != nil {
				t.Fatal(err)
			}
			checkBounds(t, m)
			if m.Attachment.Usable() {
				t.Error("usable")
			}
			if a := m.Attachment; a != nil && (a.Thumb != nil || a.Width != 0 || a.Sidecar != nil || a.Waveform != nil || strings.ContainsAny(a.Name, "\n\x00")) {
				t.Errorf("%.200v", a)
			}
		})
	}
}

func TestAPathIsAPath(t *testing.T) {
	for in, want := range map[[2]string]string{
		{"/v/t62?x=1", ""}:                         "/v/t62?x=1",
		{"", "https://mmg.whatsapp.net/v/t62?x=1"}: "/v/t62?x=1",
		{"", "http://mmg.whatsapp.net/v/t62"}:      "",
		{"", "https://mmg.whatsapp.net"}:           "",
		{"//evil.example/x", ""}:                   "",
		{"v/t62", ""}:                              "",
		{"/a b", ""}:                               "",
		{"/a\\b", ""}:                              "",
		{"/a\nb", ""}:                              "",
	} {
		b, err := proto.Marshal(&waE2E.Message{ImageMessage: &waE2E.ImageMessage{DirectPath: proto.String(in[0]), URL: proto.String(in[1])}})
		if err != nil {
			t.Fatal(err)
		}
		if m, err := Parse(b); err != nil || m.Attachment.DirectPath != want {
			t.Errorf("%q gives %q (%v), want %q", in, m.Attachment.DirectPath, err, want)
		}
	}
}

func jpeg(n int) []byte {
	b := make([]byte, n)
	copy(b, []byte{0xff, 0xd8, 0xff, 0xe0})
	return b
}
