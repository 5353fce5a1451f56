package view

import (
	"math"
	"path"
	"strings"
	"unicode/utf8"

	"ferry/app/internal/lang"
	"ferry/app/internal/model"
)

// Summary is a message in one bounded line, for the chat list, quotes and
// announcements: an icon for what it holds, "" for a text, and words. Kinds
// that are no attachment give their text.
func Summary(l *lang.Texts, m model.Message) (icon, text string) {
	return SummaryOf(l, m.Kind, m.Text, m.Media)
}

// SummaryOf is Summary of what is known of a message; media may be nil.
func SummaryOf(l *lang.Texts, kind model.Kind, text string, media *model.Media) (icon, line string) {
	text = Preview(text)
	if media == nil {
		media = &model.Media{}
	}
	icon, name := MediaKind(l, kind, media)
	switch {
	case icon == "" || text != "":
		return icon, text
	case kind == model.KindDocument && media.Name != "":
		return icon, FileName(l, media)
	case (kind == model.KindVoice || kind == model.KindAudio || kind == model.KindVideo && !media.GIF) && media.Seconds > 0:
		return icon, name + " " + l.Length(float64(media.Seconds))
	}
	return icon, name
}

// Spoken is Summary in words alone, where the icon does not show.
func Spoken(l *lang.Texts, m model.Message) string {
	icon, text := Summary(l, m)
	if icon == "" || Preview(m.Text) == "" && m.Kind != model.KindDocument {
		return text
	}
	media := m.Media
	if media == nil {
		media = &model.Media{}
	}
	_, name := MediaKind(l, m.Kind, media)
	return lang.Fill(l.Media.Heading, "kind", name, "text", text)
}

// MediaKind names a kind of attachment, and its icon; both "" for other kinds.
func MediaKind(l *lang.Texts, kind model.Kind, m *model.Media) (icon, name string) {
	t := l.Media
	switch kind {
	case model.KindImage:
		return "photo", t.Photo
	case model.KindVideo:
		if m.GIF {
			return "video", t.GIF
		}
		return "video", t.Video
	case model.KindVoice:
		return "mic", t.Voice
	case model.KindAudio:
		return "music", t.Audio
	case model.KindDocument:
		return "file", t.Document
	}
	return "", ""
}

// Bounds of a picture in a thread, in CSS pixels.
const (
	frameWide  = 330
	frameHigh  = 400
	frameLeast = 120
)

// Frame is the room for a picture whose sender says it is so large: as large as
// fits, in its own proportions as far as they make sense. Sizes that are missing
// or hostile give a square or the nearest frame.
func Frame(width, height int) (w, h int) {
	if width <= 0 || height <= 0 || width > 1<<20 || height > 1<<20 {
		return frameWide * 3 / 4, frameWide * 3 / 4
	}
	ratio := float64(width) / float64(height)
	ratio = min(max(ratio, 0.4), 3)
	fw, fh := float64(frameWide), float64(frameWide)/ratio
	if fh > frameHigh {
		fw, fh = float64(frameHigh)*ratio, frameHigh
	}
	// Small pictures are not blown up beyond twice their size.
	if most := 2 * float64(width); fw > most && most >= frameLeast {
		fw, fh = most, most/ratio
	}
	return max(int(math.Round(fw)), frameLeast), max(int(math.Round(fh)), frameLeast/2)
}

// maxStem is how many letters of a file's name are shown before its end.
const maxStem = 42

// FileName is a document's name, safe to show in an isolate: its true ending
// always shows, what is too long is cut in the middle.
func FileName(l *lang.Texts, m *model.Media) string {
	name := fileName(m)
	if name == "" {
		return l.Media.Document
	}
	ending := path.Ext(name)
	if utf8.RuneCountInString(ending) > 10 || strings.ContainsRune(ending, ' ') {
		ending = ""
	}
	stem := []rune(strings.TrimSuffix(name, ending))
	if len(stem) > maxStem {
		head, tail := stem[:maxStem-9], stem[len(stem)-8:]
		stem = append(append([]rune(strings.TrimRight(string(head), " ")), '…'), tail...)
	}
	return string(stem) + ending
}

// fileName is a name without what would mislead; its middle is left out where
// it is absurdly long, for its end says what the file is.
func fileName(m *model.Media) string {
	name := m.Name
	if len(name) > 600 {
		name = strings.ToValidUTF8(name[:400]+name[len(name)-200:], "")
	}
	return strings.Trim(clean(strings.NewReplacer("/", " ", "\\", " ").Replace(name), 600), ". ")
}

// FileType is what a document is called by its ending, in capitals: "PDF"; ""
// where it has none.
func FileType(m *model.Media) string {
	ending := strings.TrimPrefix(path.Ext(fileName(m)), ".")
	if ending == "" || len(ending) > 5 {
		if _, sub, ok := strings.Cut(m.MIME, "/"); ok && sub == "pdf" {
			return "PDF"
		}
		return ""
	}
	for i := range len(ending) {
		if ch := ending[i]; ch >= 0x80 || !(ch >= 'a' && ch <= 'z' || ch >= 'A' && ch <= 'Z' || ch >= '0' && ch <= '9') {
			return ""
		}
	}
	return strings.ToUpper(ending)
}

// FileSort sorts documents by what their sign looks like: "pdf", "sheet",
// "text", "slides", "archive", "photo", "video", "music" or "file".
func FileSort(m *model.Media) string {
	if sort, ok := fileSorts[FileType(m)]; ok {
		return sort
	}
	switch kind, _, _ := strings.Cut(m.MIME, "/"); kind {
	case "image":
		return "photo"
	case "video":
		return "video"
	case "audio":
		return "music"
	}
	return "file"
}

var fileSorts = func() map[string]string {
	sorts := map[string]string{}
	for sort, endings := range map[string]string{
		"pdf": "PDF", "text": "DOC DOCX ODT RTF TXT MD PAGES EPUB", "sheet": "XLS XLSX ODS CSV TSV", "slides": "PPT PPTX ODP KEY",
		"archive": "ZIP RAR 7Z TAR GZ XZ ZST BZ2", "photo": "JPG JPEG PNG GIF WEBP HEIC AVIF SVG TIF TIFF BMP",
		"video": "MP4 MOV MKV WEBM AVI", "music": "MP3 M4A OGG OPUS WAV FLAC AAC",
	} {
		for _, e := range strings.Fields(endings) {
			sorts[e] = sort
		}
	}
	return sorts
}()

// Pictures are the messages of a thread that the viewer can show, oldest first.
func (t *Thread) Pictures() []model.Message {
	var all []model.Message
	for _, m := range t.messages {
		if Viewable(m) && !t.hidden[keyOf(m)] {
			all = append(all, m)
		}
	}
	return all
}

// Viewable tells whether the viewer can show a message now.
func Viewable(m model.Message) bool {
	if m.Media == nil || m.Kind != model.KindImage && m.Kind != model.KindVideo {
		return false
	}
	if m.Kind == model.KindImage && !Picture(m.Media) {
		return false
	}
	return OnDevice(m) || m.Kind == model.KindVideo && m.Media.Streams
}

// OnDevice tells whether an attachment's bytes are here, for one's own from when
// they are encrypted.
func OnDevice(m model.Message) bool {
	return m.Media != nil && (m.Media.State == model.MediaLocal || m.FromMe && m.Media.State == model.MediaUploading)
}

// NextVoice is the unheard voice message right after another one, for playing
// on by itself.
func (t *Thread) NextVoice(after model.Ref) (model.Message, bool) {
	for i, m := range t.messages {
		if m.Ref() != after {
			continue
		}
		for _, n := range t.messages[i+1:] {
			if t.hidden[keyOf(n)] {
				continue
			}
			return n, n.Kind == model.KindVoice && !n.FromMe && !after.FromMe && OnDevice(n) && !n.Media.Played
		}
	}
	return model.Message{}, false
}

// Picture tells whether an attachment may be shown as a picture in the page: of
// the kinds that are nothing but pixels. What can hold a program is a document.
func Picture(m *model.Media) bool {
	kind, _, _ := strings.Cut(strings.ToLower(m.MIME), ";")
	switch strings.TrimSpace(kind) {
	case "", "image/jpeg", "image/jpg", "image/png", "image/webp", "image/gif", "image/avif", "image/bmp", "image/heic", "image/heif":
		return true
	}
	return false
}
