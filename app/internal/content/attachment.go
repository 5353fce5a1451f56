package content

import (
	"bytes"
	"strings"
	"time"

	"ferry/app/internal/content/e2e"
	"ferry/app/internal/model"
)

// Bounds of what describes an attachment; beyond them it is left out.
const (
	maxSize     = 1 << 40 // bytes of a file
	maxSide     = 1 << 16 // pixels
	maxSeconds  = 1 << 20
	maxPages    = 1 << 20
	maxMIME     = 128
	maxPath     = 2 << 10
	MaxWaveform = 64        // loudnesses, each 0 to 100
	MaxSidecar  = 400 << 10 // bytes: 10 for each 64 KiB of 2.5 GB
)

// Attachment is where the bytes of a message are, the key that opens them, and
// what their sender says of them.
type Attachment struct {
	Key        [32]byte
	SHA256     [32]byte // of the plaintext
	EncSHA256  [32]byte // of the whole file: ciphertext and MAC
	Size       int64    // of the plaintext, bytes
	DirectPath string   // at WhatsApp's media hosts, with its query
	KeyAt      time.Time

	MIME          string
	Name          string // of a document; hostile text
	Width, Height int
	Seconds       int
	Pages         int
	GIF           bool
	Thumb         []byte // JPEG, at most model.MaxThumb bytes
	Waveform      []byte // of a voice message
	Sidecar       []byte // 10 bytes for each 64 KiB; nil where there is none
}

// Usable tells whether it says all that is needed to fetch and open the bytes.
func (a *Attachment) Usable() bool {
	return a != nil && a.DirectPath != "" && a.Key != [32]byte{} && a.EncSHA256 != [32]byte{} && a.SHA256 != [32]byte{} && a.Size >= 0
}

// file is what all kinds of media have in common.
type file interface {
	GetUrl() string
	GetMimetype() string
	GetFileSha256() []byte
	GetFileLength() uint64
	GetMediaKey() []byte
	GetFileEncSha256() []byte
	GetDirectPath() string
	GetMediaKeyTimestamp() int64
}

func attachment(f file) *Attachment {
	a := &Attachment{MIME: line(f.GetMimetype(), maxMIME), Size: -1, DirectPath: pathOf(f)}
	if f.GetFileLength() < maxSize {
		a.Size = int64(f.GetFileLength())
	}
	copyHash(&a.Key, f.GetMediaKey())
	copyHash(&a.SHA256, f.GetFileSha256())
	copyHash(&a.EncSHA256, f.GetFileEncSha256())
	if at := f.GetMediaKeyTimestamp(); at > 0 && at < 1<<40 {
		a.KeyAt = time.Unix(at, 0).UTC()
	}
	return a
}

func copyHash(to *[32]byte, b []byte) {
	if len(b) == len(to) {
		copy(to[:], b)
	}
}

// pathOf is the file's path at the media hosts. Older clients give a URL only.
func pathOf(f file) string {
	path := f.GetDirectPath()
	if path == "" {
		if rest, ok := strings.CutPrefix(f.GetUrl(), "https://"); ok {
			if i := strings.IndexByte(rest, '/'); i >= 0 {
				path = rest[i:]
			}
		}
	}
	if len(path) > maxPath || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") {
		return ""
	}
	for i := range len(path) {
		if path[i] <= ' ' || path[i] > '~' || path[i] == '\\' {
			return ""
		}
	}
	return path
}

func media(m *e2e.Message) (Message, bool) {
	switch {
	case m.ImageMessage != nil:
		return image(m.ImageMessage), true
	case m.VideoMessage != nil:
		return video(m.VideoMessage), true
	case m.PtvMessage != nil:
		return video(m.PtvMessage), true
	case m.AudioMessage != nil:
		return audio(m.AudioMessage), true
	case m.DocumentMessage != nil:
		return document(m.DocumentMessage), true
	case m.StickerMessage != nil:
		a := attachment(m.StickerMessage)
		a.Width, a.Height = side(m.StickerMessage.GetWidth()), side(m.StickerMessage.GetHeight())
		return Message{Kind: KindSticker, Attachment: a}, true
	}
	return Message{}, false
}

func image(i *e2e.Image) Message {
	if i.GetViewOnce() {
		return Message{Kind: KindViewOnce}
	}
	a := attachment(i)
	a.Width, a.Height, a.Thumb = side(i.GetWidth()), side(i.GetHeight()), thumb(i.GetJpegThumbnail())
	return Message{Kind: KindImage, Text: i.GetCaption(), Attachment: a}
}

func video(v *e2e.Video) Message {
	if v.GetViewOnce() {
		return Message{Kind: KindViewOnce}
	}
	a := attachment(v)
	a.Width, a.Height, a.Thumb = side(v.GetWidth()), side(v.GetHeight()), thumb(v.GetJpegThumbnail())
	a.Seconds, a.GIF, a.Sidecar = bounded(v.GetSeconds(), maxSeconds), v.GetGifPlayback(), sidecar(v.GetStreamingSidecar())
	return Message{Kind: KindVideo, Text: v.GetCaption(), Attachment: a}
}

func audio(v *e2e.Audio) Message {
	if v.GetViewOnce() {
		return Message{Kind: KindViewOnce}
	}
	a := attachment(v)
	a.Seconds, a.Sidecar = bounded(v.GetSeconds(), maxSeconds), sidecar(v.GetStreamingSidecar())
	if !v.GetPtt() {
		return Message{Kind: KindAudio, Attachment: a}
	}
	a.Waveform = waveform(v.GetWaveform())
	return Message{Kind: KindVoice, Attachment: a}
}

func document(d *e2e.Document) Message {
	a := attachment(d)
	a.Name, a.Pages, a.Thumb = line(d.GetFileName(), maxName), bounded(d.GetPageCount(), maxPages), thumb(d.GetJpegThumbnail())
	if a.Name == "" {
		a.Name = line(d.GetTitle(), maxName)
	}
	return Message{Kind: KindDocument, Text: d.GetCaption(), Attachment: a}
}

func side(n uint32) int { return bounded(n, maxSide) }

// bounded is n, or 0 where it is beyond belief.
func bounded(n uint32, most int) int {
	if int64(n) > int64(most) {
		return 0
	}
	return int(n)
}

// thumb lets only through what at least begins as a JPEG.
func thumb(b []byte) []byte {
	if len(b) > model.MaxThumb || !bytes.HasPrefix(b, []byte{0xff, 0xd8, 0xff}) {
		return nil
	}
	return b
}

func waveform(b []byte) []byte {
	if len(b) == 0 || len(b) > MaxWaveform {
		return nil
	}
	out := make([]byte, len(b))
	for i, v := range b {
		out[i] = min(v, 100)
	}
	return out
}

func sidecar(b []byte) []byte {
	if len(b) == 0 || len(b) > MaxSidecar || len(b)%10 != 0 {
		return nil
	}
	return b
}
