package e2e

import (
	"bytes"
	"errors"
	"io"
	"os"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"ferry/app/internal/media/ogg"
	"ferry/relay/relaytest/waclient"
)

// readsOpus reads a file as a strict reader of Ogg Opus does (RFC 7845), and
// gives how many seconds it lasts.
func readsOpus(t *testing.T, b []byte) float64 {
	t.Helper()
	in := bytes.NewReader(b)
	r := ogg.NewReader(in)
	head, err := r.Packet()
	if err != nil || len(head) < 19 || !bytes.HasPrefix(head, []byte("OpusHead\x01")) || head[9] != 1 {
		t.Fatalf("not a head of one channel: %q, %v", head, err)
	}
	skip := int(head[10]) | int(head[11])<<8
	if tags, err := r.Packet(); err != nil || !bytes.HasPrefix(tags, []byte("OpusTags")) {
		t.Fatalf("no tags: %q, %v", tags, err)
	}
	packets := 0
	for {
		p, err := r.Packet()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil || len(p) == 0 {
			t.Fatalf("packet %d: %d bytes, %v", packets, len(p), err)
		}
		packets++
	}
	if packets == 0 || in.Len() != 0 {
		t.Fatalf("%d packets, and %d bytes after the last", packets, in.Len())
	}
	return float64(int(r.Granule())-skip) / 48000
}

// recorded is how many seconds the recorder shows.
const recorded = "Number(document.querySelector('#recorder .record-time')?.innerText.split(':')[1])"

func sendsVoice(t *testing.T, k *filesTalk) {
	// By key or tap it records until it is told to stop.
	k.seen("!document.getElementById('record').hidden")
	k.eval("document.getElementById('record').click()")
	k.seen(recorded + " >= 1")
	k.press("#record-send")
	first := k.newest("voice", "delivered")
	checksVoice(t, k, first, 0.8)

	// Held, it sends when it is let go.
	k.seen("!document.getElementById('recorder')")
	var box []float64
	box, err := chromedp.Run(k.ctx, chromedp.Evaluate[[]float64](`(r => [r.x + r.width / 2, r.y + r.height / 2])(document.getElementById('record').getBoundingClientRect())`))
	if err != nil {
		t.Fatal(err)
	}
	k.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMousePressed, box[0], box[1], chromedp.ButtonLeft, chromedp.ClickCount(1)))
	k.seen(recorded + " >= 2")
	k.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseReleased, box[0], box[1], chromedp.ButtonLeft, chromedp.ClickCount(1)))
	k.seen("document.querySelectorAll('[data-id][data-mine][data-kind=voice]').length === 2")
	id := k.newest("voice", "delivered")
	checksVoice(t, k, id, 1.8)
	m := k.told(id)
	if err := k.ada.Played(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	k.seen(at(id) + "?.querySelector('.voice-heard')")
}

func checksVoice(t *testing.T, k *filesTalk, id string, least float64) {
	t.Helper()
	m, got := k.gets(id)
	a := m.Message.GetAudioMessage()
	if !a.GetPTT() || a.GetMimetype() != "audio/ogg; codecs=opus" || a.GetSeconds() < 1 || len(a.GetWaveform()) != 64 {
		t.Errorf("Ada is told: a voice message %t, %s, %d seconds, a waveform of %d", a.GetPTT(), a.GetMimetype(), a.GetSeconds(), len(a.GetWaveform()))
	}
	if s := readsOpus(t, got); s < least || s > 60 {
		t.Errorf("it lasts %.2f seconds", s)
	}
	if sum := k.sum(id, true); sum != sumOf(got) {
		t.Errorf("the page has %s", sum)
	}
}

// recording is a voice message as WhatsApp makes it.
func recording(t *testing.T) []byte {
	t.Helper()
	in, err := os.Open("../internal/media/ogg/testdata/chromium.webm")
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close() //nolint:errcheck // only read
	var b bytes.Buffer
	if _, err := ogg.Remux(&b, in, 7); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func getsVoice(t *testing.T, k *filesTalk) {
	b := recording(t)
	wave := bytes.Repeat([]byte{10, 90}, 32)
	id := k.sends(waclient.Media{Kind: waclient.Voice, Data: b, Seconds: 3, Waveform: wave}, nil)
	k.media(id, "local") // voice messages come by themselves
	if sum := k.sum(id, false); sum != sumOf(b) {
		t.Errorf("the page has %s", sum)
	}
	k.seen(at(id) + "?.querySelector('.dot-new')")
	k.act(id, "play")
	k.until("document.getElementById('player').currentTime > 0.2")
	if _, err := k.ada.AwaitReceipt(t.Context(), id, "played"); err != nil {
		t.Fatal(err)
	}
	k.seen("!" + at(id) + "?.querySelector('.dot-new')")
}
