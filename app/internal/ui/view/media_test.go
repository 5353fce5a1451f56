package view

import (
	"strings"
	"testing"

	"ferry/app/internal/lang"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
)

func TestAnAttachmentIsSaidInOneLine(t *testing.T) {
	l := lang.English()
	for _, c := range []struct {
		m          model.Message
		icon, text string
		spoken     string
	}{
		{model.Message{Text: "hi\nthere"}, "", "hi there", "hi there"},
		{model.Message{Kind: model.KindImage}, "photo", "Photo", "Photo"},
		{model.Message{Kind: model.KindImage, Text: "Pier"}, "photo", "Pier", "Photo, Pier"},
		{model.Message{Kind: model.KindVideo, Media: &model.Media{Seconds: 62}}, "video", "Video 1:02", "Video 1:02"},
		{model.Message{Kind: model.KindVideo, Media: &model.Media{Seconds: 2, GIF: true}}, "video", "GIF", "GIF"},
		{model.Message{Kind: model.KindVoice, Media: &model.Media{Seconds: 12}}, "mic", "Voice message 0:12", "Voice message 0:12"},
		{model.Message{Kind: model.KindVoice, Media: &model.Media{Seconds: -4}}, "mic", "Voice message", "Voice message"},
		{model.Message{Kind: model.KindDocument, Media: &model.Media{Name: "a.pdf"}}, "file", "a.pdf", "Document, a.pdf"},
		{model.Message{Kind: model.KindDocument, Media: &model.Media{}}, "file", "Document", "Document, Document"},
	} {
		if icon, text := Summary(l, c.m); icon != c.icon || text != c.text {
			t.Errorf("%+v is %q %q, want %q %q", c.m, icon, text, c.icon, c.text)
		}
		if got := Spoken(l, c.m); got != c.spoken {
			t.Errorf("%+v is spoken as %q, want %q", c.m, got, c.spoken)
		}
	}
}

func TestAPicturesRoomIsBoundedWhateverItsSenderSays(t *testing.T) {
	for _, size := range [][2]int{{1600, 1200}, {1200, 1600}, {1, 1}, {0, 0}, {-5, 9}, {1 << 40, 1}, {1, 1 << 20}, {1 << 20, 1}, {40, 30}, {9, 4000}} {
		w, h := Frame(size[0], size[1])
		if w < frameLeast || h < frameLeast/2 || w > frameWide || h > frameHigh {
			t.Errorf("%v gets %d × %d", size, w, h)
		}
	}
	if w, h := Frame(1600, 1200); w*3 != h*4 && w*3/4-h > 1 {
		t.Errorf("proportions are lost: %d × %d", w, h)
	}
}

func TestADocumentsTrueEndingShows(t *testing.T) {
	l := lang.English()
	for name, want := range map[string]string{
		"":                                  "Document",
		"...":                               "Document",
		"a.pdf":                             "a.pdf",
		"invoice\u202efdp.exe":              "invoicefdp.exe",
		"../../etc/passwd":                  "etc passwd",
		"two\nlines.txt":                    "two lines.txt",
		"no ending at all":                  "no ending at all",
		".hidden":                           "hidden",
		strings.Repeat("x", 60) + ".tar.gz": strings.Repeat("x", 33) + "…xxxx.tar.gz",
	} {
		if got := FileName(l, &model.Media{Name: name}); got != want {
			t.Errorf("%q is shown as %q, want %q", name, got, want)
		}
	}
	long := FileName(l, &model.Media{Name: strings.Repeat("long ", 1<<16) + "\u202e.exe"})
	if !strings.HasSuffix(long, ".exe") || len(long) > 80 {
		t.Errorf("shown as %q", long)
	}
}

func TestWhatMayHoldAProgramIsNoPicture(t *testing.T) {
	for mime, want := range map[string]bool{
		"image/jpeg": true, "IMAGE/PNG": true, "image/webp; x=y": true, "": true,
		"image/svg+xml": false, "image/svg+xml;charset=utf-8": false, "text/html": false, "application/xhtml+xml": false, "image/x-unknown": false,
	} {
		if got := Picture(&model.Media{MIME: mime}); got != want {
			t.Errorf("Picture(%q) = %v", mime, got)
		}
	}
}

func TestEveryStateOfATransferSaysWhatCanBeDone(t *testing.T) {
	l := lang.English()
	for _, c := range []struct {
		mine  bool
		state model.MediaState
		act   MoveAct
		busy  bool
	}{
		{true, model.MediaPreparing, MoveStop, true}, {true, model.MediaUploading, MoveStop, true}, {true, model.MediaPaused, MoveGo, false},
		{false, model.MediaRemote, MoveGo, false}, {false, model.MediaDownloading, MoveStop, true}, {false, model.MediaPaused, MoveGo, false},
		{false, model.MediaLocal, NoMove, false}, {false, model.MediaFailed, NoMove, false},
	} {
		v := MoveOf(l, model.Message{FromMe: c.mine, Kind: model.KindImage, Media: &model.Media{State: c.state, Size: 9}}, port.Moved{}, false)
		if v.Act != c.act || v.Busy != c.busy || c.act != NoMove && (v.Label == "" || v.Icon == "") {
			t.Errorf("%v %s: %+v", c.mine, c.state, v)
		}
	}
}

func TestEveryFailureHasWordsAndAWayOn(t *testing.T) {
	l := lang.English()
	said := map[string]bool{}
	for _, f := range []model.MediaFailure{model.MediaGone, model.MediaTampered, model.MediaTooBig, model.MediaNoRoom, model.MediaOverQuota,
		model.MediaLost, model.MediaUnusable, model.MediaRefused, "new"} {
		for _, mine := range []bool{false, true} {
			v := MoveOf(l, model.Message{FromMe: mine, Kind: model.KindImage, Media: &model.Media{State: model.MediaFailed, Failure: f}}, port.Moved{}, false)
			if v.Bad == "" || mine && v.Ask {
				t.Errorf("%s, mine %v: %+v", f, mine, v)
			}
			said[v.Bad] = true
			if f == model.MediaGone && !mine && (!v.Ask || v.Again) {
				t.Errorf("what is gone cannot be fetched again, but asked for: %+v", v)
			}
		}
	}
	if len(said) < 9 {
		t.Errorf("only %d texts for nine failures", len(said))
	}
}

func TestProgressIsToldWithSpeedAndTimeLeft(t *testing.T) {
	m := model.Message{Kind: model.KindVideo, Media: &model.Media{State: model.MediaDownloading, Size: 100 << 20}}
	v := MoveOf(lang.English(), m, port.Moved{Done: 25 << 20, Total: 100 << 20, Rate: 5 << 20}, true)
	if v.Percent != 25 || v.Text != "25%" || v.Detail != "25\u00a0MB\u00a0/\u00a0100\u00a0MB · 5\u00a0MB/s · 15\u00a0s\u00a0left" {
		t.Errorf("%+v", v)
	}
	v = MoveOf(lang.English(), m, port.Moved{Done: 25 << 20, Total: 100 << 20, Rate: 5 << 20, Checking: true}, true)
	if v.Percent != 25 || v.Text != "Checking… 25%" || v.Detail != "" {
		t.Errorf("%+v", v)
	}
	for _, e := range []port.Moved{{Done: -1, Total: 5}, {Done: 9, Total: 5, Rate: 1}, {Done: 1, Total: 1 << 62, Rate: 1}, {}} {
		if v := MoveOf(lang.English(), m, e, true); v.Percent < -1 || v.Percent > 100 {
			t.Errorf("%+v is shown as %+v", e, v)
		}
	}
}
