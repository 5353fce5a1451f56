package waclient_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"net"
	"testing"
	"time"

	"ferry/relay/internal/bus"
	"ferry/relay/internal/gateway"
	"ferry/relay/relaytest/waclient"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types/events"
)

// patience is how long a test waits for something that should happen at once.
const patience = 2 * time.Minute

func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// pair is two WhatsApp users of one gateway who use the real library.
type pair struct {
	anna, bert *waclient.Client
	box        waclient.Sandbox
}

func talk(t *testing.T) (context.Context, *pair) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	b, err := bus.Open(ctx, bus.Config{Dir: t.TempDir()})
	check(t, err)
	t.Cleanup(b.Close)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	gw, err := gateway.New(ctx, gateway.Config{Bus: b, Listener: l, Sandbox: &gateway.SandboxConfig{}})
	check(t, err)
	life, end := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- gw.Run(life) }()
	t.Cleanup(func() { end(); <-ended })
	p := &pair{box: waclient.Sandbox{URL: "http://" + l.Addr().String()}}
	p.anna = must(waclient.NewUser(ctx, p.box, "+49 1551 0000010", "Anna"))(t)
	t.Cleanup(p.anna.Close)
	p.bert = must(waclient.NewUser(ctx, p.box, "+49 1551 0000011", "Bert"))(t)
	t.Cleanup(p.bert.Close)
	return ctx, p
}

func TestEachKindOfFileArrivesByteForByte(t *testing.T) {
	ctx, p := talk(t)
	sizes := map[waclient.Kind]int{
		waclient.Photo: 70_000, waclient.Video: 1<<20 + 3, waclient.GIF: 16, waclient.Voice: 1, waclient.Audio: 15,
		waclient.Document: 3<<20 + 1, waclient.Sticker: 512 << 10,
	}
	for kind, size := range sizes {
		t.Run(string(kind), func(t *testing.T) {
			sent := make([]byte, size)
			_, _ = rand.Read(sent)
			id := must(p.anna.SendMedia(ctx, p.bert.PN(), waclient.Media{
				Kind: kind, Data: sent, Caption: "a " + string(kind), Name: "file.bin", Seconds: 7, Width: 3, Height: 2,
			}))(t)
			m := must(p.bert.AwaitMedia(ctx, kind))(t)
			if m.Info.ID != id {
				t.Fatalf("received %s, not %s", m.Info.ID, id)
			}
			if got := must(p.bert.Download(ctx, m))(t); !bytes.Equal(got, sent) {
				t.Errorf("%d bytes arrived that are not the %d sent", len(got), len(sent))
			}
			if want := map[waclient.Kind]string{
				waclient.Photo: "image", waclient.Video: "video", waclient.GIF: "gif", waclient.Voice: "ptt",
				waclient.Audio: "audio", waclient.Document: "document", waclient.Sticker: "sticker",
			}[kind]; m.Info.Type != "media" || m.Info.MediaType != want {
				t.Errorf("type %q of %q, want media of %q", m.Info.Type, m.Info.MediaType, want)
			}
			// Not by the URL that was told in the message, but by its path.
			file, _ := waclient.File(m.Message)
			got, err := p.bert.WA.DownloadMediaWithPath(ctx, file.GetDirectPath(), file.GetFileEncSHA256(), file.GetFileSHA256(),
				file.GetMediaKey(), size, mediaTypes[kind], "")
			if err != nil || !bytes.Equal(got, sent) {
				t.Errorf("by its path: %v", err)
			}
		})
	}
}

func TestAMessageIsAnsweredReactedToEditedAndDeleted(t *testing.T) {
	ctx, p := talk(t)
	id := must(p.anna.SendText(ctx, p.bert.PN(), "one"))(t)
	one := must(p.bert.AwaitText(ctx, "one"))(t)

	must(p.bert.Reply(ctx, one, "two"))(t)
	two := must(p.anna.AwaitReply(ctx, id))(t)
	if q := waclient.Context(two.Message); waclient.Text(two.Message) != "two" || waclient.Text(q.GetQuotedMessage()) != "one" {
		t.Errorf("the answer is %v", two.Message)
	}
	must(p.anna.SendMedia(ctx, p.bert.PN(), waclient.Media{Kind: waclient.Photo, Data: []byte("x"), Context: waclient.Quote(two)}))(t)
	must(p.bert.AwaitReply(ctx, two.Info.ID))(t)

	for _, emoji := range []string{"👍", "🎉", ""} {
		must(p.bert.React(ctx, one.Info.Chat, one.Info.Sender, id, emoji))(t)
		r := must(p.anna.AwaitReaction(ctx, id, emoji))(t)
		if r.Info.Type != "reaction" {
			t.Errorf("a reaction of type %q", r.Info.Type)
		}
	}
	must(p.anna.Edit(ctx, p.bert.PN(), id, "uno"))(t)
	if e := must(p.bert.AwaitEdit(ctx, id, "uno"))(t); e.Info.Edit != "1" {
		t.Errorf("the attribute of an edit is %q", e.Info.Edit)
	}
	must(p.anna.Revoke(ctx, p.bert.PN(), id))(t)
	if e := must(p.bert.AwaitRevoke(ctx, id))(t); e.Info.Edit != "7" {
		t.Errorf("the attribute of a deletion is %q", e.Info.Edit)
	}
}

func TestCardsPlacesAndPollsArrive(t *testing.T) {
	ctx, p := talk(t)
	must(p.anna.SendContact(ctx, p.bert.PN(), "Carla", waclient.VCard("Carla", "+49 1551 0000012")))(t)
	card := must(p.bert.AwaitMessage(ctx, "a card", func(m *events.Message) bool { return m.Message.GetContactMessage() != nil }))(t)
	if got := card.Message.GetContactMessage().GetVcard(); !bytes.Contains([]byte(got), []byte("waid=4915510000012:+49 1551 0000012")) {
		t.Errorf("the card is %q", got)
	}
	must(p.anna.SendLocation(ctx, p.bert.PN(), 52.5, 13.25, "Here", "A street"))(t)
	place := must(p.bert.AwaitMessage(ctx, "a place", func(m *events.Message) bool { return m.Message.GetLocationMessage() != nil }))(t)
	if l := place.Message.GetLocationMessage(); l.GetDegreesLatitude() != 52.5 || l.GetName() != "Here" {
		t.Errorf("the place is %v", l)
	}
	poll := must(p.anna.SendPoll(ctx, p.bert.PN(), "Tea?", "yes", "no"))(t)
	asked := must(p.bert.AwaitMessage(ctx, "a poll", func(m *events.Message) bool { return m.Message.GetPollCreationMessage() != nil }))(t)
	if asked.Info.ID != poll || asked.Info.Type != "poll" {
		t.Errorf("the poll arrived as %q of type %q", asked.Info.ID, asked.Info.Type)
	}
	must(p.bert.Vote(ctx, asked, "yes"))(t)
	must(p.anna.AwaitMessage(ctx, "a vote", func(m *events.Message) bool { return m.Message.GetPollUpdateMessage() != nil }))(t)
}

func TestTypingRecordingAndPresenceAreSeen(t *testing.T) {
	ctx, p := talk(t)
	check(t, p.anna.Typing(ctx, p.bert.PN(), true))
	must(p.bert.AwaitTyping(ctx, p.anna.PN()))(t)
	check(t, p.anna.Recording(ctx, p.bert.PN(), true))
	must(p.bert.AwaitRecording(ctx, p.anna.PN()))(t)

	check(t, p.bert.Subscribe(ctx, p.anna.PN()))
	must(p.bert.AwaitPresence(ctx, p.anna.PN(), true))(t)
	check(t, p.anna.Available(ctx, false))
	if gone := must(p.bert.AwaitPresence(ctx, p.anna.PN(), false))(t); gone.LastSeen.IsZero() {
		t.Error("nobody said when")
	}
}

func TestAVoiceMessageThatWasPlayedSaysSo(t *testing.T) {
	ctx, p := talk(t)
	id := must(p.anna.SendMedia(ctx, p.bert.PN(), waclient.Media{Kind: waclient.Voice, Data: []byte("opus")}))(t)
	m := must(p.bert.AwaitMedia(ctx, waclient.Voice))(t)
	check(t, p.bert.Played(ctx, m))
	must(p.anna.AwaitReceipt(ctx, id, waclient.PlayedBy))(t)
}

var mediaTypes = map[waclient.Kind]whatsmeow.MediaType{
	waclient.Photo: whatsmeow.MediaImage, waclient.Video: whatsmeow.MediaVideo, waclient.GIF: whatsmeow.MediaVideo,
	waclient.Voice: whatsmeow.MediaAudio, waclient.Audio: whatsmeow.MediaAudio, waclient.Document: whatsmeow.MediaDocument,
	waclient.Sticker: whatsmeow.MediaImage,
}
