package headless

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"math/rand/v2"
	"os"
	"testing"

	"go.mau.fi/whatsmeow/types/events"

	"ferry/app/e2e/thirdparty"
	"ferry/app/internal/media/ogg"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/relay/relaytest/waclient"
)

// noise is bytes that nothing can guess or compress.
func noise(n int) []byte {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte{byte(n)})
	r.Read(b)
	return b
}

func photo(t *testing.T) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, 200, 150))
	copy(m.Pix, noise(len(m.Pix)))
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// getsMedia waits for a file of a kind at ben's, and fetches it.
func (k *talk) getsMedia(kind waclient.Kind) (*events.Message, []byte) {
	k.t.Helper()
	m := finds(k, func(ctx context.Context) (*events.Message, error) { return k.ben.AwaitMedia(ctx, kind) })
	b, err := k.ben.Download(k.ctx, m)
	k.ok(err)
	return m, b
}

func TestAPhotoCrossesBothWays(t *testing.T) {
	k := newTalk(t)
	pic := photo(t)
	id := k.anna.SendFile(k.chat, "cat.png", pic, map[string]any{"caption": "look"})
	m, got := k.getsMedia(waclient.Photo)
	if !bytes.Equal(got, pic) || m.Message.GetImageMessage().GetCaption() != "look" || m.Message.GetImageMessage().GetWidth() != 200 {
		t.Errorf("ben gets %d bytes, %+v", len(got), m.Message.GetImageMessage())
	}
	k.anna.AwaitState(id, model.Delivered)
	k.anna.AwaitMedia(k.chat, model.Ref{ID: id, FromMe: true}, model.MediaLocal)

	pic2 := photo(t)
	back, err := k.ben.SendMedia(k.ctx, k.alias, waclient.Media{Kind: waclient.Photo, Data: pic2, MIME: "image/png", Caption: "and this"})
	k.ok(err)
	ref := model.Ref{ID: model.MessageID(back)}
	here := k.anna.AwaitMedia(k.chat, ref, model.MediaLocal)
	if here.Kind != model.KindImage || here.Text != "and this" || !bytes.Equal(k.anna.Saved(k.chat, ref), pic2) {
		t.Errorf("anna gets %+v", here)
	}
}

func TestEachKindOfFileCrossesToWhatsApp(t *testing.T) {
	k := newTalk(t)
	for _, c := range []struct {
		name string
		kind model.Kind
		want waclient.Kind
		size int
	}{
		{"film.mp4", model.KindVideo, waclient.Video, 3 << 20},
		{"song.mp3", model.KindAudio, waclient.Audio, 300_000},
		{"report.pdf", model.KindDocument, waclient.Document, 9<<20 + 5}, // more than one part
	} {
		b := noise(c.size)
		k.anna.SendFile(k.chat, c.name, b, map[string]any{"kind": c.kind})
		if _, got := k.getsMedia(c.want); !bytes.Equal(got, b) {
			t.Errorf("%s: ben gets %d bytes of %d", c.name, len(got), len(b))
		}
	}
}

func TestARecordingArrivesAsOggAndIsHeard(t *testing.T) {
	k := newTalk(t)
	webm, err := os.ReadFile("../../internal/media/ogg/testdata/chromium.webm")
	k.ok(err)
	id := k.anna.SendFile(k.chat, "voice.webm", webm, map[string]any{"kind": model.KindVoice, "media": map[string]any{"seconds": 2}})
	m, got := k.getsMedia(waclient.Voice)
	r := ogg.NewReader(bytes.NewReader(got))
	if head, err := r.Packet(); err != nil || !bytes.HasPrefix(head, []byte("OpusHead")) || m.Message.GetAudioMessage().GetSeconds() != 3 {
		t.Errorf("ben gets %q, %v, %d seconds", head, err, m.Message.GetAudioMessage().GetSeconds())
	}
	k.ok(k.ben.Played(k.ctx, m))
	thirdparty.Await(k.anna, "the voice message is played", func(e port.MessageChanged) bool {
		return e.ID == id && e.Media != nil && e.Media.Played
	})

	back, err := k.ben.SendMedia(k.ctx, k.alias, waclient.Media{Kind: waclient.Voice, Data: got, Seconds: 3})
	k.ok(err)
	ref := model.Ref{ID: model.MessageID(back)}
	k.anna.AwaitMedia(k.chat, ref, model.MediaLocal)
	if !bytes.Equal(k.anna.Saved(k.chat, ref), got) {
		t.Error("anna has another recording")
	}
	k.anna.Do(port.Played{Chat: k.chat, Target: ref}, nil)
	k.ben.hears(back, "played")
}

func TestAFileOfWhatsAppsIsFetchedWhenItIsWanted(t *testing.T) {
	k := newTalk(t)
	b := noise(5<<20 + 3)
	id, err := k.ben.SendMedia(k.ctx, k.alias, waclient.Media{Kind: waclient.Document, Data: b, Name: "report.bin", Caption: "the report"})
	k.ok(err)
	ref := model.Ref{ID: model.MessageID(id)}
	if m := k.anna.AwaitMedia(k.chat, ref, model.MediaRemote); m.Media.Name != "report.bin" || m.Media.Size != int64(len(b)) || m.Text != "the report" {
		t.Errorf("anna gets %+v, %+v", m, m.Media)
	}
	if r := k.anna.Line("save", map[string]any{"chat": k.chat, "target": ref, "path": t.TempDir() + "/x"}); r.Code != "not_here" {
		t.Errorf("saving what is not here: %+v", r)
	}
	k.anna.Line("fetch", map[string]any{"chat": k.chat, "target": ref})
	k.anna.AwaitMedia(k.chat, ref, model.MediaLocal)
	if !bytes.Equal(k.anna.Saved(k.chat, ref), b) {
		t.Error("anna has other bytes")
	}
}
