package e2e

import (
	"bytes"
	"encoding/binary"
	"io"
	"net/http"
	"testing"

	"go.mau.fi/whatsmeow/proto/waE2E"

	"ferry/app/internal/media"
	"ferry/relay/relaytest/waclient"
)

// stretched is a film whose pictures lie behind so many bytes of nothing.
func stretched(t *testing.T, film []byte, filler int) []byte {
	t.Helper()
	at := bytes.Index(film, []byte("mdat")) - 4
	out := bytes.Clone(film[:at])
	for rest := out; ; { // the places of the pictures (ISO 14496-12, stco)
		i := bytes.Index(rest, []byte("stco"))
		if i < 0 {
			break
		}
		n := int(binary.BigEndian.Uint32(rest[i+8:]))
		for j := range n {
			p := rest[i+12+4*j:]
			binary.BigEndian.PutUint32(p, binary.BigEndian.Uint32(p)+uint32(filler))
		}
		rest = rest[i+12+4*n:]
	}
	free := make([]byte, filler)
	binary.BigEndian.PutUint32(free, uint32(filler))
	copy(free[4:], "free")
	copy(free[8:], noise(filler-8))
	return append(append(out, free...), film[at:]...)
}

// streams adds to a film's message what lets pieces of it be checked alone.
func streams(t *testing.T, data []byte) func(*waE2E.Message) {
	return func(m *waE2E.Message) {
		v := m.GetVideoMessage()
		d, err := media.Encrypt(io.Discard, bytes.NewReader(data), media.Key(v.GetMediaKey()), media.Video, true)
		if err != nil || !bytes.Equal(d.EncSHA256[:], v.GetFileEncSHA256()) {
			t.Fatalf("the sidecar is that of another file: %v", err)
		}
		v.StreamingSidecar = d.Sidecar
	}
}

func TestAFilmPlaysAndSeeksBeforeItIsHere(t *testing.T) {
	_, k := filesWorld(t, "mona")
	const filler = 24 << 20
	data := stretched(t, film(t), filler)
	send := func(caption string) string {
		id := k.sends(waclient.Media{Kind: waclient.Video, Data: data, Caption: caption, Seconds: 12, Width: 160, Height: 120}, streams(t, data))
		k.media(id, "remote")
		return id
	}
	id := send("a long film")
	before := k.front.served.Load()
	k.act(id, "play")
	k.until(at(id) + "?.querySelector('video')?.currentTime > 0.3")
	for _, second := range []string{"9.5", "3.5"} {
		k.eval(at(id) + ".querySelector('video').currentTime = " + second)
		k.until("(v => v && !v.seeking && v.readyState >= 2 && Math.abs(v.currentTime - " + second + ") < 2)(" + at(id) + "?.querySelector('video'))")
	}
	n := k.front.served.Load() - before
	t.Logf("%d bytes were fetched to play and to seek, of %d", n, len(data))
	if n > filler/2 {
		t.Error("that is most of it")
	}
	k.media(id, "remote")

	// All of it can still be had, and plays the same.
	k.eval(at(id) + ".querySelector('video').pause()")
	k.press("#more-" + id)
	k.press("#menu [data-action=fetch]")
	k.media(id, "local")
	if sum := k.sum(id, false); sum != sumOf(data) {
		t.Errorf("the page has %s", sum)
	}

	// A piece that is not what was sent is not played, also where no player would
	// notice: the bit is in what lies between the film's parts.
	k.front.Answers(func(r *http.Response) { r.Body = &flipped{r.Body, 300_000} })
	id = send("a film that was tampered with")
	k.act(id, "play")
	k.seen(at(id) + "?.querySelector('.media-bad')")
	k.front.Answers(nil)
}

// flipped changes a bit of what is read.
type flipped struct {
	io.ReadCloser
	left int // bytes before it
}

// Read is that of io.Reader.
func (f *flipped) Read(p []byte) (int, error) {
	n, err := f.ReadCloser.Read(p)
	if f.left >= 0 && f.left < n {
		p[f.left] ^= 1
	}
	f.left -= n
	return n, err
}
