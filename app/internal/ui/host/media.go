package host

import (
	"ferry/app/internal/model"
)

// Picked is a file that the user picked, dropped or pasted, looked at by the
// browser: Media has its name, type, size, and where they apply its dimensions,
// seconds and a small JPEG.
type Picked struct {
	File  model.FileID
	Kind  model.Kind // what it would be sent as; KindDocument where it cannot be shown
	Media model.Media
	URL   string // shows the file in this page; "" where it must not be rendered
	// Looking: it is still looked at, and told again when more is known.
	Looking bool
	Err     string // it cannot be read: "unreadable", "empty", "folder"; the other fields may be missing
}

// Recording is the state of a voice recorder.
type Recording struct {
	On      bool
	Seconds float64
	Level   float64 // loudness now, 0 to 1
	Err     string  // "denied", "no_microphone", "failed"
}

// Attachments is what the page asks of the browser for files. Calls return at
// once; functions are called later, on any goroutine.
type Attachments interface {
	// OnFiles is told what was picked, dropped on the page or pasted; several
	// times for the same files, as more gets known (thumbnails take a moment);
	// of none where the picker was left without a choice.
	OnFiles(fn func(files []Picked))
	// OnDrag is told when files are held over the page, and when not any more.
	OnDrag(fn func(over bool))
	// Pick opens the browser's picker. Accept is that of an input element.
	Pick(accept string)
	// HandOver gives a file to the engine's side, where port.SendMedia finds it
	// by its id. It must be done before the page goes.
	HandOver(id model.FileID, done func(error))
	// Discard lets go of a file that was not sent.
	Discard(id model.FileID)
	// Record starts a voice recording; fn is told some times a second, and when
	// it ended by itself. Only one at a time.
	Record(fn func(Recording))
	// StopRecording ends it and gives the recording as a file with seconds and
	// waveform, or with keep false, throws it away and gives nothing.
	StopRecording(keep bool, done func(Picked, error))
	// MediaURL is an address under which this page can show an attachment that
	// is here or streams: for img, video and audio elements. It answers ranges.
	// "" where the browser gives no such address yet; then use MediaBlob.
	MediaURL(chat model.ChatID, ref model.Ref) string
	// MediaBlob gives an address of a copy in memory, of images and voice
	// messages only; release it with FreeBlob.
	MediaBlob(chat model.ChatID, ref model.Ref, done func(url string, err error))
	FreeBlob(url string)
	// SaveMedia stores an attachment as a file of the user's, under a safe name.
	SaveMedia(chat model.ChatID, ref model.Ref, name string, done func(error))
	// Emoji gives the emoji data set, loaded when first asked for.
	Emoji(done func(data []byte, err error))
	// Recent are the emoji used last, newest first; kept on this device.
	Recent() []string
	SetRecent(emoji []string)
}
