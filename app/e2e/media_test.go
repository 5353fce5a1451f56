package e2e

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"go.mau.fi/whatsmeow/proto/waE2E"

	"ferry/relay/relaytest"
	"ferry/relay/relaytest/waclient"
)

// where is what a camera writes into its photos.
const where = "48.8583N 2.2945E, serial 4711"

// noise is bytes that nothing can guess or compress.
func noise(n int) []byte {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte{byte(n), byte(n >> 8)})
	_, _ = r.Read(b) // never fails
	return b
}

// photo is a picture of that size, unlike others by its seed.
func photo(width, height int, seed byte) image.Image {
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			m.Set(x, y, color.RGBA{R: byte(x), G: byte(y), B: seed, A: 255})
		}
	}
	return m
}

func pngOf(t *testing.T, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// jpegOf is a JPEG that tells where it was taken.
func jpegOf(t *testing.T, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	tiff := "II*\x00\x08\x00\x00\x00\x01\x00\x25\x88\x04\x00\x01\x00\x00\x00\x1a\x00\x00\x00\x00\x00\x00\x00" + where // the GPS directory follows
	exif := "Exif\x00\x00" + tiff
	out := append([]byte{0xFF, 0xD8, 0xFF, 0xE1}, binary.BigEndian.AppendUint16(nil, uint16(len(exif)+2))...)
	return append(append(out, exif...), b.Bytes()[2:]...)
}

// beep is a second of sound in a WAV file.
func beep() []byte {
	const rate = 8000
	b := []byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00")
	b = binary.LittleEndian.AppendUint32(b, rate)
	b = binary.LittleEndian.AppendUint32(b, rate)
	b = append(b, 1, 0, 8, 0, 'd', 'a', 't', 'a')
	b = binary.LittleEndian.AppendUint32(b, rate)
	for i := range rate {
		b = append(b, 128+byte(60*(i/10%2)))
	}
	binary.LittleEndian.PutUint32(b[4:], uint32(len(b)-8))
	return b
}

func film(t *testing.T) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/film.mp4")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// filesWorld is a relay behind a front, and somebody who talks to Ada.
func filesWorld(t *testing.T, username string) (*relaytest.World, *filesTalk) {
	t.Helper()
	f, serve := newFront(t)
	w := world(t, relaytest.Options{Origins: []string{f.URL}})
	serve(w.URL)
	return w, newFilesTalk(t, f, waclient.Sandbox{URL: w.GatewayURL}, username)
}

func TestFilesOfEveryKindCrossBothWays(t *testing.T) {
	_, k := filesWorld(t, "judy")
	for _, c := range []struct {
		name string
		run  func(*testing.T, *filesTalk)
	}{
		{"a photo goes without what tells where it was taken", sendsPhoto},
		{"as a file it goes unchanged", sendsOriginal},
		{"several go at once, each with its caption", sendsSeveral},
		{"what is pasted goes too", sendsPasted},
		{"a document is picked", sendsDocument},
		{"a photo comes", getsPhoto},
		{"a film, a song and a document come when they are wanted", getsOthers},
		{"a recording goes", sendsVoice},
		{"a recording comes", getsVoice},
		{"pictures are looked at one after the other", looksAtPictures},
	} {
		if !t.Run(c.name, func(t *testing.T) {
			page := *k.page
			page.t = t
			sub := *k
			sub.page = &page
			c.run(t, &sub)
		}) {
			return // what comes later shows only the same
		}
	}
	if d := k.ada.Duplicates(); len(d) != 0 {
		t.Errorf("shown more than once: %v", d)
	}
}

func sendsPhoto(t *testing.T, k *filesTalk) {
	taken := jpegOf(t, photo(640, 320, 1))
	k.give("drop", madeFile{"quay.jpg", taken})
	k.looked(1)
	k.caption("the quay")
	k.sendTray()
	id := k.own("the quay", "delivered")
	k.media(id, "local")
	m, got := k.gets(id)
	im := m.Message.GetImageMessage()
	if im.GetCaption() != "the quay" || im.GetWidth() != 640 || im.GetHeight() != 320 || len(im.GetJPEGThumbnail()) == 0 || im.GetMimetype() != "image/jpeg" {
		t.Errorf("Ada is told %q, %d × %d, %s, a thumbnail of %d bytes", im.GetCaption(), im.GetWidth(), im.GetHeight(), im.GetMimetype(), len(im.GetJPEGThumbnail()))
	}
	if bytes.Contains(got, []byte(where)) || bytes.Contains(got, []byte("Exif")) {
		t.Error("Ada can read where it was taken")
	}
	samePicture(t, taken, got)
	k.shows(id, 640)
	if sum := k.sum(id, true); sum != sumOf(got) {
		t.Errorf("the page itself shows %s", sum)
	}
}

func samePicture(t *testing.T, a, b []byte) {
	t.Helper()
	was, _, err := image.Decode(bytes.NewReader(a))
	if err != nil {
		t.Fatal(err)
	}
	is, _, err := image.Decode(bytes.NewReader(b))
	if err != nil || is.Bounds() != was.Bounds() {
		t.Fatalf("the picture is another: %v", err)
	}
	for x := range was.Bounds().Dx() {
		if was.At(x, x/2) != is.At(x, x/2) {
			t.Fatalf("another pixel at %d", x)
		}
	}
}

func sendsOriginal(t *testing.T, k *filesTalk) {
	taken := jpegOf(t, photo(320, 320, 2))
	k.give("drop", madeFile{"bridge.jpg", taken})
	k.looked(1)
	k.press("#tray-original")
	k.caption("as it is")
	k.sendTray()
	m, got := k.gets(k.own("as it is", "delivered"))
	_, kind := waclient.File(m.Message)
	if d := document(m.Message); kind != waclient.Document || d.GetFileName() != "bridge.jpg" || d.GetCaption() != "as it is" || !bytes.Equal(got, taken) {
		t.Errorf("Ada gets a %s %q, %q, of %d bytes, want %d", kind, d.GetFileName(), d.GetCaption(), len(got), len(taken))
	}
}

func document(m *waE2E.Message) *waE2E.DocumentMessage {
	f, _ := waclient.File(m)
	d, _ := f.(*waE2E.DocumentMessage)
	return d
}

func sendsSeveral(t *testing.T, k *filesTalk) {
	one, two := pngOf(t, photo(200, 100, 3)), pngOf(t, photo(100, 200, 4))
	k.pick("#attach-photos", onDisk(t, "one.png", one), onDisk(t, "film.mp4", film(t)))
	k.looked(2)
	k.pick("#tray-add", onDisk(t, "two.png", two))
	k.looked(3)
	captions := []string{"the first of three", "the second of three", "the third of three"}
	for i, text := range captions {
		k.eval("document.querySelectorAll('#tray .tray-pick')[" + string(rune('0'+i)) + "].click()")
		k.seen("document.querySelectorAll('#tray .tray-pick')[" + string(rune('0'+i)) + "].getAttribute('aria-pressed') === 'true'")
		k.seen("document.getElementById('tray-caption').value === ''")
		k.caption(text)
	}
	k.sendTray()
	for i, want := range [][]byte{one, film(t), two} {
		m, got := k.gets(k.own(captions[i], "delivered"))
		if !bytes.Equal(got, want) {
			t.Errorf("file %d: Ada gets %d bytes, want %d", i+1, len(got), len(want))
		}
		if v := m.Message.GetVideoMessage(); i == 1 && (v.GetCaption() != captions[1] || v.GetSeconds() != 12 || v.GetWidth() != 160 || len(v.GetJPEGThumbnail()) == 0 || len(v.GetStreamingSidecar()) == 0) {
			t.Errorf("Ada is told of the film %d seconds, %d wide, a thumbnail of %d bytes, a sidecar of %d", v.GetSeconds(), v.GetWidth(), len(v.GetJPEGThumbnail()), len(v.GetStreamingSidecar()))
		}
	}
}

func sendsPasted(t *testing.T, k *filesTalk) {
	k.give("paste", madeFile{"beep.wav", beep()})
	k.sendTray()
	id := k.newest("audio", "delivered")
	m, got := k.gets(id)
	if a := m.Message.GetAudioMessage(); a == nil || a.GetPTT() || a.GetMimetype() != "audio/wav" || !bytes.Equal(got, beep()) {
		t.Errorf("Ada gets %d bytes, %+v", len(got), a)
	}
	// WhatsApp's audio messages have no caption: with one, it is a file.
	k.give("drop", madeFile{"beep.wav", beep()})
	k.caption("listen to this")
	k.sendTray()
	m, got = k.gets(k.own("listen to this", "delivered"))
	if d := document(m.Message); d.GetCaption() != "listen to this" || !bytes.Equal(got, beep()) {
		t.Errorf("Ada gets %d bytes, %q", len(got), d.GetCaption())
	}
}

func sendsDocument(t *testing.T, k *filesTalk) {
	report := append([]byte("%PDF-1.7\n"), noise(3<<20+5)...)
	k.pick("#attach-file", onDisk(t, "report.pdf", report))
	k.caption("the report")
	k.sendTray()
	id := k.own("the report", "delivered")
	m, got := k.gets(id)
	if d := document(m.Message); d.GetFileName() != "report.pdf" || d.GetCaption() != "the report" || d.GetMimetype() != "application/pdf" || !bytes.Equal(got, report) {
		t.Errorf("Ada gets %q %s of %d bytes, %q", d.GetFileName(), d.GetMimetype(), len(got), d.GetCaption())
	}
	k.act(id, "save")
	k.savedFile("report.pdf", report)
}

func getsPhoto(t *testing.T, k *filesTalk) {
	sent := jpegOf(t, photo(480, 240, 5))
	id := k.sends(waclient.Media{Kind: waclient.Photo, Data: sent, Caption: "from my window", Width: 480, Height: 240}, nil)
	k.media(id, "local") // photos come by themselves
	k.says(id, "from my window")
	k.shows(id, 480)
	if sum := k.sum(id, false); sum != sumOf(sent) {
		t.Errorf("the page has %s", sum)
	}
}

func getsOthers(t *testing.T, k *filesTalk) {
	for _, c := range []struct {
		m    waclient.Media
		name string
	}{
		{waclient.Media{Kind: waclient.Video, Data: film(t), Caption: "a film", Seconds: 12, Width: 160, Height: 120}, ""},
		{waclient.Media{Kind: waclient.Audio, Data: beep(), MIME: "audio/wav", Seconds: 1}, ""},
		{waclient.Media{Kind: waclient.Document, Data: noise(2<<20 + 3), Name: "plan.bin", Caption: "the plan"}, "plan.bin"},
	} {
		id := k.sends(c.m, nil)
		k.media(id, "remote")
		if c.m.Caption != "" {
			k.says(id, c.m.Caption)
		}
		k.act(id, "fetch")
		k.media(id, "local")
		if sum := k.sum(id, false); sum != sumOf(c.m.Data) {
			t.Errorf("%s: the page has %s", c.m.Kind, sum)
		}
		if c.name != "" {
			k.act(id, "save")
			k.savedFile(c.name, c.m.Data)
		}
		if c.m.Kind == waclient.Video {
			k.act(id, "play")
			k.until(at(id) + "?.querySelector('video')?.currentTime > 0.2")
		}
	}
}

func looksAtPictures(t *testing.T, k *filesTalk) {
	var ids []string
	var all [][]byte
	for i := range 3 {
		b := pngOf(t, photo(300+i, 200, byte(10+i)))
		id := k.sends(waclient.Media{Kind: waclient.Photo, Data: b, MIME: "image/png", Width: uint32(300 + i), Height: 200}, nil)
		k.media(id, "local")
		k.shows(id, 300+i)
		ids, all = append(ids, id), append(all, b)
	}
	shown := func(i int) {
		k.until("document.querySelector('#viewer-image')?.complete && document.querySelector('#viewer-image').naturalWidth === " + strings.Repeat("1+", i) + "300")
	}
	k.press("[data-id='" + ids[1] + "'] .pic-open")
	shown(1)
	k.press("#viewer-next")
	shown(2)
	if !k.is("document.getElementById('viewer-next').disabled") {
		t.Error("there is one after the last")
	}
	k.press("#viewer-previous")
	shown(1)
	k.press("#viewer-previous")
	shown(0)
	k.press("#viewer-save")
	k.savedAny(all[0])
	k.press("#viewer-close")
	k.seen("!document.getElementById('viewer')")
}
