package echo_test

import (
	"bytes"
	"strings"
	"testing"

	"ferry/relay/relaytest/waclient"

	"go.mau.fi/whatsmeow/types/events"
)

func TestEchoTellsWhatFilesHaveArrived(t *testing.T) {
	p := newPlace(t)
	p.echo()
	p.known()
	rosa := p.user("+4915510000030")
	for kind, word := range map[waclient.Kind]string{
		waclient.Photo: "photo", waclient.Video: "video", waclient.Voice: "voice message", waclient.Document: "file", waclient.Sticker: "sticker",
	} {
		id, err := rosa.SendMedia(soon(t), number, waclient.Media{Kind: kind, Data: bytes.Repeat([]byte(word), 1000)})
		must(t, err)
		want := "Thanks for the " + word + "!"
		m, err := rosa.AwaitMessage(soon(t), "thanks", func(m *events.Message) bool { return strings.HasPrefix(waclient.Text(m.Message), want) })
		must(t, err)
		if text := waclient.Text(m.Message); !strings.Contains(text, "000 bytes have arrived, and they are what you sent.") {
			t.Errorf("%s: %q", kind, text)
		}
		if kind == waclient.Voice {
			_, err := rosa.AwaitReceipt(soon(t), id, waclient.PlayedBy)
			must(t, err)
		}
	}
	// One whose bytes are not there.
	msg, err := rosa.Upload(soon(t), waclient.Media{Kind: waclient.Photo, Data: []byte("x")})
	must(t, err)
	*msg.ImageMessage.DirectPath = "/v/wa/" + strings.Repeat("A", 43) + "?f=1"
	_, err = rosa.Send(soon(t), number, msg)
	must(t, err)
	_, err = rosa.AwaitText(soon(t), "Your photo has arrived, but I cannot open it: the media host does not have it.")
	must(t, err)
}

func TestEchoSendsASampleOfEachKind(t *testing.T) {
	p := newPlace(t)
	p.echo()
	p.known()
	rosa := p.user("+4915510000030")
	for word, kind := range map[string]waclient.Kind{
		"photo": waclient.Photo, "video": waclient.Video, "voice": waclient.Voice, "file": waclient.Document, "sticker": waclient.Sticker,
	} {
		_, err := rosa.SendText(soon(t), number, word)
		must(t, err)
		m, err := rosa.AwaitMedia(soon(t), kind)
		must(t, err)
		b, err := rosa.Download(soon(t), m)
		must(t, err)
		if len(b) < 50 {
			t.Errorf("%s: %d bytes", word, len(b))
		}
	}
	for word, fits := range map[string]func(*events.Message) bool{
		"contact":  func(m *events.Message) bool { return m.Message.GetContactMessage() != nil },
		"location": func(m *events.Message) bool { return m.Message.GetLocationMessage() != nil },
		"poll":     func(m *events.Message) bool { return m.Message.GetPollCreationMessage() != nil },
	} {
		_, err := rosa.SendText(soon(t), number, word)
		must(t, err)
		_, err = rosa.AwaitMessage(soon(t), word, fits)
		must(t, err)
	}
}

func TestEchoReactsRepliesEditsAndDeletes(t *testing.T) {
	p := newPlace(t)
	p.echo()
	p.known()
	rosa := p.user("+4915510000030")
	id, err := rosa.SendText(soon(t), number, "react")
	must(t, err)
	_, err = rosa.AwaitReaction(soon(t), id, "👍")
	must(t, err)
	id, err = rosa.SendText(soon(t), number, "reply")
	must(t, err)
	_, err = rosa.AwaitReply(soon(t), id)
	must(t, err)
	_, err = rosa.SendText(soon(t), number, "edit")
	must(t, err)
	m, err := rosa.AwaitText(soon(t), "In a moment I will say something else here.")
	must(t, err)
	_, err = rosa.AwaitEdit(soon(t), m.Info.ID, "Now I say something else here.")
	must(t, err)
	_, err = rosa.SendText(soon(t), number, "delete")
	must(t, err)
	m, err = rosa.AwaitText(soon(t), "In a moment this will be gone.")
	must(t, err)
	_, err = rosa.AwaitRevoke(soon(t), m.Info.ID)
	must(t, err)
}
