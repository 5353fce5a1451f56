package lang

import "math"

// MediaTexts: attachments, in bubbles and on their way there.
type MediaTexts struct {
	Photo, Video, GIF, Voice, Audio, Document, File string // the kinds, in a line of a list
	Heading                                         string // {kind} {text}: spoken
	Bytes                                           Plural
	KB, MB, GB                                      string // {n}
	PerSecond                                       string // {size}
	Left                                            string // {wait}
	Pages                                           Plural
	Attach, AttachPhotos, AttachFile                string
	Drop, DropText                                  string // {name}

	Tray     TrayTexts
	Record   RecordTexts
	Move     MoveTexts
	Play     PlayTexts
	Viewer   ViewerTexts
	BadMedia BadMediaTexts
}

// TrayTexts: files about to be sent.
type TrayTexts struct {
	Title                         Plural
	To                            string // {name}
	Caption, CaptionOf            string // {n}
	Add, Remove, Send             string // {file}
	Sends                         Plural
	How, AsShown, AsFiles         string
	Stripped, Unchanged, Films    string
	Files                         string // the strip of thumbnails
	NoPreview                     string
	Empty, Folder, TooBig, Unread string
	NotHanded, NotAll             string
	TooMany                       string // {n}
	Discard, DiscardDo            string
	DiscardText                   Plural
	NoChat                        string
}

// RecordTexts: recording a voice message.
type RecordTexts struct {
	Button, Hint                     string
	Recording, Locked                string
	Slide, SlideUp, Lock             string
	Cancel, Stop, Send, Play, Pause  string
	Preview                          string
	Started, Ended, Cancelled        string
	Drop, DropText                   string
	DeniedTitle, DeniedText          string
	NoMicTitle, NoMicText            string
	FailedTitle, FailedText, TooSoon string
}

// MoveTexts: an attachment's bytes on their way.
type MoveTexts struct {
	Preparing, Uploading, Waiting, Downloading, Paused string
	Percent                                            string // {n}
	Checking                                           string // {n}, in per cent
	Fetch, Stop, Resume, Again                         string // {file}
	DoneDown, DoneUp                                   string // spoken {file}
}

// PlayTexts: what is played.
type PlayTexts struct {
	Play, Pause, Seek, At    string // {at} {length}
	Speed                    string // {speed}
	Heard, NotHeard          string
	Open, OpenVideo          string
	Save, Saved, SaveFailed  string
	CannotPlay, CannotShow   string
	VideoLength, VoiceLength string // {length}
	Player                   string
}

// ViewerTexts: pictures and films over the page.
type ViewerTexts struct {
	Title                     string // {name}
	Close, Next, Previous     string
	ZoomIn, ZoomOut, ZoomBack string
	Of                        string // {n} {total}
	Mine                      string
}

// BadMediaTexts say why an attachment is not here, or did not go out, and what to do.
type BadMediaTexts struct {
	Gone, GoneMine, Tampered, TooBig, TooBigMine, NoRoom, OverQuota string
	Lost, Unusable, Refused, RefusedMine, Other                     string
	Ask, AskText                                                    string
}

func englishMedia() MediaTexts {
	return MediaTexts{
		Photo: "Photo", Video: "Video", GIF: "GIF", Voice: "Voice message", Audio: "Audio", Document: "Document", File: "File",
		Heading: "{kind}, {text}",
		Bytes:   Plural{"{n} byte", "{n} bytes"}, KB: "{n} KB", MB: "{n} MB", GB: "{n} GB", PerSecond: "{size}/s", Left: "{wait} left",
		Pages:  Plural{"{n} page", "{n} pages"},
		Attach: "Attach", AttachPhotos: "Photos and videos", AttachFile: "Document",
		Drop: "Drop to send to {name}", DropText: "You can add captions before anything is sent.",
		Tray: TrayTexts{
			Title: Plural{"Send {n} file", "Send {n} files"}, To: "To {name}",
			Caption: "Add a caption", CaptionOf: "Caption of {n}",
			Add: "Add more files", Remove: "Remove {file}", Send: "Send", Sends: Plural{"Send {n} file", "Send {n} files"},
			How: "How to send", AsShown: "As photos and videos", AsFiles: "As files, unchanged",
			Stripped:  "Photos go out without the place and the camera that they may tell.",
			Films:     "Videos go out unchanged, with the place and the camera that they may tell.",
			Unchanged: "Files go out unchanged, with the place and the camera that a photo may tell.",
			Files:     "Chosen files", NoPreview: "No preview",
			Empty: "This file is empty.", Folder: "A folder cannot be sent. Choose the files inside, or pack them into an archive.",
			TooBig: "This file is larger than 2 GB. That is the most that can be sent.", Unread: "This file cannot be read. It may have been moved or deleted.",
			NotHanded: "This file was not sent: it could not be read. It may have been moved or changed.", NotAll: "Some files were not sent. See the tray.",
			TooMany: "At most {n} files can be sent at once. The others were left out.",
			Discard: "Discard what you chose?", DiscardDo: "Discard",
			DiscardText: Plural{"{n} file and its caption will not be sent.", "{n} files and their captions will not be sent."},
			NoChat:      "Open a chat first, then add files.",
		},
		Record: RecordTexts{
			Button: "Record a voice message", Hint: "Hold to record and release to send, or press Enter.",
			Recording: "Recording", Locked: "Recording without holding",
			Slide: "Slide to cancel", SlideUp: "Slide up to let go", Lock: "Go on without holding",
			Cancel: "Discard the recording", Stop: "Stop and listen", Send: "Send the voice message", Play: "Play the recording", Pause: "Pause",
			Preview: "Recorded voice message", Drop: "Discard the recording?", DropText: "What you recorded will not be sent.",
			Started: "Recording. Enter sends, Escape discards.", Ended: "Recording stopped.", Cancelled: "Recording discarded.",
			DeniedTitle: "Ferry may not use the microphone", DeniedText: "Your browser blocks it for this page. Allow the microphone with the sign next to the address, then try again.",
			NoMicTitle: "No microphone found", NoMicText: "Connect a microphone, or check that it is switched on, then try again.",
			FailedTitle: "Recording did not work", FailedText: "The microphone stopped or another program uses it. Try again.",
			TooSoon: "Hold to record. Release to send.",
		},
		Move: MoveTexts{
			Preparing: "Encrypting…", Uploading: "Sending…", Waiting: "Waiting…", Downloading: "Downloading…", Paused: "Stopped",
			Percent: "{n}%", Checking: "Checking… {n}%", Fetch: "Download {file}", Stop: "Stop", Resume: "Go on", Again: "Try again",
			DoneDown: "{file} downloaded.", DoneUp: "{file} sent.",
		},
		Play: PlayTexts{
			Play: "Play", Pause: "Pause", Seek: "Position", At: "{at} of {length}", Speed: "Speed {speed}",
			Heard: "played", NotHeard: "not played yet",
			Open: "Open the photo", OpenVideo: "Play the video",
			Save: "Save", Saved: "Saved.", SaveFailed: "It could not be saved. Try again.",
			CannotPlay: "This browser cannot play it. You can save it and open it elsewhere.", CannotShow: "This browser cannot show it. You can save it and open it elsewhere.",
			VideoLength: "Video, {length}", VoiceLength: "Voice message, {length}", Player: "Voice message",
		},
		Viewer: ViewerTexts{
			Title: "Photos and videos of the chat with {name}", Close: "Close", Next: "Next", Previous: "Previous",
			ZoomIn: "Zoom in", ZoomOut: "Zoom out", ZoomBack: "Fit to the window", Of: "{n} of {total}", Mine: "You",
		},
		BadMedia: BadMediaTexts{
			Gone: "It is no longer kept for download.", GoneMine: "It is no longer kept. Send it again.",
			Tampered: "What arrived is not what was sent, so it was thrown away. It may have been changed on its way.",
			TooBig:   "It is larger than announced, so it was thrown away.", TooBigMine: "It is larger than the server accepts.",
			NoRoom: "This device is full. Free some space, then try again.", OverQuota: "Your storage on the server is full. Older uploads make room as they expire; try again later.",
			Lost: "The tab was closed before the file was read. Choose it again.", Unusable: "The file cannot be read. Choose it again.",
			Refused: "The server refused to hand it out.", RefusedMine: "The server refused to take it.", Other: "It did not work.",
			Ask: "Ask them to send it again", AskText: "Could you send this again? I can no longer download it.",
		},
	}
}

// Size is a number of bytes in words: "830 KB", "1.4 MB".
func (t *Texts) Size(n int64) string {
	m := t.Media
	n = max(n, 0)
	for _, unit := range []struct {
		form string
		size float64
	}{{m.GB, 1 << 30}, {m.MB, 1 << 20}, {m.KB, 1 << 10}} {
		of := float64(n) / unit.size
		if of < 0.9995 && unit.form != m.KB || of < 1 {
			continue
		}
		if of < 10 && unit.form != m.KB {
			tenths := int(math.Round(of * 10))
			if tenths%10 == 0 {
				return Fill(unit.form, "n", Plain(tenths/10))
			}
			return Fill(unit.form, "n", Plain(tenths/10)+"."+Plain(tenths%10))
		}
		return Fill(unit.form, "n", Number(int(math.Round(of))))
	}
	return m.Bytes.Of(int(n))
}

// Length is how long something plays: "0:07", "1:02:33".
func (t *Texts) Length(seconds float64) string {
	s := 0
	if seconds > 0 && seconds < 1e6 {
		s = int(seconds)
	}
	if s >= 3600 {
		return Plain(s/3600) + ":" + two(s/60%60) + ":" + two(s%60)
	}
	return Plain(s/60) + ":" + two(s%60)
}
