package main

import (
	"bytes"
	"encoding/binary"
	"math"
	"strings"
	"syscall/js"
	"time"

	"ferry/app/internal/model"
	"ferry/app/internal/ui/host"
)

// files plays the browser's way with files. The address says what is picked:
// ?pick=photos, mixed, bad or many; and how the microphone fares: ?mic=denied
// or none.
type files struct {
	host.NoAttachments
	story story
	pick  string
	mic   string
	told  func([]host.Picked)
	drag  func(bool)
	on    bool
	began time.Time
	urls  map[string]string
}

// newFiles also lends the tests a hand: ferryDrag holds files over the page.
func newFiles(s story, pick, mic string) *files {
	f := &files{story: s, pick: pick, mic: mic, urls: map[string]string{}}
	js.Global().Set("ferryDrag", js.FuncOf(func(_ js.Value, args []js.Value) any {
		f.drag(len(args) > 0 && args[0].Truthy())
		return nil
	}))
	return f
}

func (f *files) OnFiles(fn func([]host.Picked)) { f.told = fn }
func (f *files) OnDrag(fn func(bool))           { f.drag = fn }

func (f *files) Pick(string) {
	picture := func(id, name string, m model.Media) host.Picked {
		m.Name = name
		return host.Picked{File: model.FileID(id), Kind: model.KindImage, Media: m, URL: f.scene(m.Width/2, m.Height/2)}
	}
	document := host.Picked{File: "d", Kind: model.KindDocument, Media: paper}
	all := []host.Picked{picture("a", "IMG_4711.jpg", harbour)}
	switch f.pick {
	case "mixed":
		all = append(all, picture("b", "IMG_4712.jpg", tower), document)
	case "bad":
		all = []host.Picked{
			{File: "e", Kind: model.KindDocument, Media: model.Media{Name: "nothing.txt"}, Err: "empty"},
			{File: "f", Kind: model.KindDocument, Media: model.Media{Name: "Holidays"}, Err: "folder"},
			{File: "g", Kind: model.KindVideo, Media: model.Media{Name: "The whole crossing.mov", MIME: "video/quicktime", Size: 3 << 30}},
			document,
		}
	case "many":
		for i := range 40 {
			all = append(all, picture("m"+string(rune('A'+i)), "IMG.jpg", harbour))
		}
	}
	f.told(all)
}

func (f *files) HandOver(_ model.FileID, done func(error)) { done(nil) }

func (f *files) Record(fn func(host.Recording)) {
	switch f.mic {
	case "denied":
		fn(host.Recording{Err: "denied"})
		return
	case "none":
		fn(host.Recording{Err: "no_microphone"})
		return
	}
	f.on, f.began = true, time.Now()
	go func() {
		for i := 0; f.on; i++ {
			x := float64(i)
			fn(host.Recording{On: true, Seconds: time.Since(f.began).Seconds(), Level: 0.5 + 0.45*math.Sin(x*0.9)*math.Sin(x*0.31+1)})
			time.Sleep(60 * time.Millisecond)
		}
	}()
}

func (f *files) StopRecording(keep bool, done func(host.Picked, error)) {
	f.on = false
	m := spoken
	m.Seconds = int(time.Since(f.began).Seconds()) + 1
	done(host.Picked{File: "v", Kind: model.KindVoice, Media: m, URL: f.tone(m.Seconds)}, nil)
}

func (f *files) MediaURL(chat model.ChatID, ref model.Ref) string {
	for _, m := range f.story.threads[chat] {
		if m.Ref() != ref {
			continue
		}
		switch m.Kind {
		case model.KindImage:
			return f.scene(min(m.Media.Width, 1600), min(m.Media.Height, 1600))
		case model.KindVoice, model.KindAudio:
			return f.tone(m.Media.Seconds)
		}
		return "/no-film-in-stories.mp4"
	}
	return ""
}

func (f *files) SaveMedia(_ model.ChatID, _ model.Ref, _ string, done func(error)) { done(nil) }

func (f *files) keep(name string, make func() ([]byte, string)) string {
	if url, ok := f.urls[name]; ok {
		return url
	}
	body, mime := make()
	array := js.Global().Get("Uint8Array").New(len(body))
	js.CopyBytesToJS(array, body)
	blob := js.Global().Get("Blob").New([]any{array}, map[string]any{"type": mime})
	f.urls[name] = js.Global().Get("URL").Call("createObjectURL", blob).String()
	return f.urls[name]
}

func (f *files) scene(w, h int) string {
	for w*h > 500_000 {
		w, h = w/2, h/2
	}
	return f.keep(strings.Join([]string{"scene", string(rune(w)), string(rune(h))}, "/"), func() ([]byte, string) { return scene(w, h), "image/jpeg" })
}

// tone is a sound of so many seconds, as WAV.
func (f *files) tone(seconds int) string {
	seconds = min(max(seconds, 1), 600)
	return f.keep("tone/"+string(rune(seconds)), func() ([]byte, string) {
		const rate = 8000
		var b bytes.Buffer
		n := rate * seconds
		b.WriteString("RIFF")
		for _, v := range []any{uint32(36 + n), []byte("WAVEfmt "), uint32(16), uint16(1), uint16(1), uint32(rate), uint32(rate), uint16(1), uint16(8), []byte("data"), uint32(n)} {
			_ = binary.Write(&b, binary.LittleEndian, v) // never fails
		}
		for i := range n {
			b.WriteByte(byte(128 + 20*math.Sin(float64(i)*2*math.Pi*220/rate)))
		}
		return b.Bytes(), "audio/wav"
	})
}
