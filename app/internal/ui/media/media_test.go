package media

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/lang"
	"ferry/app/internal/model"
	"ferry/app/internal/ui/control"
	"ferry/app/internal/ui/host"
)

func quiet() *control.Control {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	return control.New(control.Config{Files: host.NoAttachments{}, Now: func() time.Time { return now }, Lang: lang.English()})
}

func drawn(m model.Message) string {
	m.Chat, m.ID = "1@lid", "A"
	return app.HTMLString(Bubble(quiet(), m).(*attachment).Render())
}

func has(t *testing.T, html string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(html, p) {
			t.Errorf("%q is missing in\n%s", p, html)
		}
	}
}

func TestARoomIsKeptForAPictureThatIsNotThere(t *testing.T) {
	html := drawn(model.Message{Kind: model.KindImage, Media: &model.Media{Width: 1600, Height: 1200, Size: 2 << 20, State: model.MediaRemote}})
	has(t, html, `width="330"`, `height="248"`, `data-action="fetch"`, "2 MB", "Download Photo")
}

func TestADocumentIsNamedAndSavedButNeverOpened(t *testing.T) {
	html := drawn(model.Message{Kind: model.KindDocument, Media: &model.Media{MIME: "text/html", Name: "x\u202e<b>.html", Size: 2048, Pages: 3, State: model.MediaLocal}})
	has(t, html, "x&lt;b&gt;.html", "3 pages · HTML · 2 KB", `data-action="save"`)
	for _, bad := range []string{"<a", "<iframe", "<img", "<object", "src=", "href="} {
		if strings.Contains(html, bad) {
			t.Errorf("%s is in %s", bad, html)
		}
	}
}

func TestAnSVGIsADocument(t *testing.T) {
	html := drawn(model.Message{Kind: model.KindImage, Media: &model.Media{MIME: "image/svg+xml", Name: "a.svg", Size: 10, State: model.MediaLocal}})
	has(t, html, "media-file", "a.svg")
	if strings.Contains(html, "<img") {
		t.Error("it is shown as a picture")
	}
}

func TestAVoiceMessageIsASlider(t *testing.T) {
	html := drawn(model.Message{Kind: model.KindVoice, Media: &model.Media{Seconds: 75, State: model.MediaLocal, Waveform: []byte{0, 255, 50}}})
	has(t, html, `role="slider"`, `aria-valuemax="75"`, `aria-valuetext="0:00 of 1:15"`, "1:15", "not played yet", `data-action="play"`, `tabindex="0"`)
}

func TestAFailureOffersWhatHelps(t *testing.T) {
	html := drawn(model.Message{Kind: model.KindVideo, Media: &model.Media{State: model.MediaFailed, Failure: model.MediaGone}})
	has(t, html, "no longer kept", `data-action="ask"`, "Ask them to send it again")
	if strings.Contains(html, `data-action="fetch"`) {
		t.Error("it offers to fetch what is gone")
	}
	html = drawn(model.Message{Kind: model.KindAudio, Media: &model.Media{State: model.MediaFailed, Failure: model.MediaNoRoom}})
	has(t, html, "device is full", `data-action="fetch"`)
}

func TestAMessageWithoutItsAttachmentIsDrawn(t *testing.T) {
	for _, kind := range []model.Kind{model.KindImage, model.KindVideo, model.KindVoice, model.KindAudio, model.KindDocument} {
		has(t, drawn(model.Message{Kind: kind}), "cannot be read")
	}
}

func TestTheMenuOffersWhatCanBeDone(t *testing.T) {
	for state, want := range map[model.MediaState]string{
		model.MediaLocal: "save", model.MediaRemote: "fetch", model.MediaDownloading: "stop", model.MediaPaused: "fetch", model.MediaFailed: "",
	} {
		m := model.Message{Kind: model.KindImage, Media: &model.Media{State: state, Failure: model.MediaGone}}
		got := ""
		for _, a := range Actions(quiet(), m) {
			got += a.Name
			if a.Label == "" || a.Icon == "" || a.Do == nil {
				t.Errorf("%s: %+v", state, a)
			}
		}
		if got != want {
			t.Errorf("%s offers %q, want %q", state, got, want)
		}
	}
}

func TestAWaveformIsDrawnInBounds(t *testing.T) {
	for _, wave := range [][]byte{nil, {1}, {255, 255}, make([]byte, 5000), {0, 100, 50, 7, 200}} {
		for _, level := range bars(wave, waveBars) {
			if level < 0 || level > 100 {
				t.Errorf("%d in the bars of %d loudnesses", level, len(wave))
			}
		}
	}
}

func TestAPictureStaysOnItsStage(t *testing.T) {
	z := zoom{scale: 1}
	for range 20 {
		z = z.by(zoomStep, 100, 50)
	}
	if z.scale != zoomMost {
		t.Errorf("enlarged to %v", z.scale)
	}
	z = z.moved(1e6, -1e6).within(400, 300, 800, 600)
	if z.x != (400*zoomMost-800)/2 || z.y != -(300*zoomMost-600)/2 {
		t.Errorf("moved to %v", z)
	}
	if z = z.by(1e-6, 0, 0).within(400, 300, 800, 600); z.on() || z.x != 0 || z.y != 0 {
		t.Errorf("made small again it is at %v", z)
	}
}

func TestItIsEnlargedAroundThePointer(t *testing.T) {
	z := zoom{scale: 1}.by(2, 100, 40)
	// What lay under the pointer, at (100, 40), must still be there.
	if x, y := 100*z.scale+z.x, 40*z.scale+z.y; math.Abs(x-100) > 1e-9 || math.Abs(y-40) > 1e-9 {
		t.Errorf("it went to %v, %v", x, y)
	}
}
