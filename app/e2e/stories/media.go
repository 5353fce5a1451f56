package main

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"maps"
	"math"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
)

// Stories of attachments: every kind in every state.
func init() {
	maps.Copy(stories, map[string]func() story{
		"media":         mediaKinds,
		"media-out":     mediaOut,
		"media-in":      mediaIn,
		"media-failed":  mediaFailed,
		"media-hostile": mediaHostile,
		"media-rows":    mediaRows,
		"media-down": func() story {
			s := mediaOut()
			s.state.Link = down(model.HopNetwork, "").state.Link
			return s
		},
	})
}

// sent is one attachment of a story.
type sent struct {
	mine  bool
	kind  model.Kind
	text  string
	media model.Media
	state model.SendState
}

func attachments(all []sent) []model.Message {
	var out []model.Message
	for i, s := range all {
		m := s.media
		if m.State == "" {
			m.State = model.MediaLocal
		}
		state := s.state
		if state == "" {
			if state = model.Received; s.mine {
				state = model.Delivered
			}
		}
		out = append(out, model.Message{
			ID: model.MessageID("3EB0MEDIA" + string(rune('A'+i))), Chat: mira, FromMe: s.mine, Kind: s.kind, Text: s.text,
			At: at(0, "14:0"+string(rune('0'+i%10))), Order: uint64(i + 1), State: state, Media: &m,
		})
	}
	return out
}

func mediaStory(all []sent, events ...port.Event) story {
	s := busy()
	s.threads[mira] = attachments(all)
	s.events = events
	for i := range s.state.Chats {
		if s.state.Chats[i].ID == mira {
			s.state.Chats[i].Unread = 0
			s.state.Chats[i].Last = &s.threads[mira][len(all)-1]
		}
	}
	return s
}

var (
	harbour = model.Media{MIME: "image/jpeg", Size: 2_345_678, Width: 1600, Height: 1200, Thumb: scene(40, 30)}
	tower   = model.Media{MIME: "image/jpeg", Size: 845_000, Width: 900, Height: 1600, Thumb: scene(18, 32)}
	ferries = model.Media{MIME: "video/mp4", Size: 23_456_789, Width: 1920, Height: 1080, Seconds: 83, Thumb: scene(48, 27)}
	spoken  = model.Media{MIME: "audio/ogg; codecs=opus", Size: 48_000, Seconds: 12, Waveform: talk()}
	paper   = model.Media{MIME: "application/pdf", Name: "Timetable winter 2026.pdf", Size: 1_468_006, Pages: 12}
	song    = model.Media{MIME: "audio/mpeg", Name: "Shanty.mp3", Size: 5_242_880, Seconds: 201}
)

func with(m model.Media, state model.MediaState, failure model.MediaFailure) model.Media {
	m.State, m.Failure = state, failure
	return m
}

func mediaKinds() story {
	heard := spoken
	heard.Played = true
	return mediaStory([]sent{
		{kind: model.KindImage, media: harbour, text: "The pier this morning. The yellow one is ours."},
		{mine: true, kind: model.KindImage, media: tower, state: model.Read},
		{kind: model.KindVideo, media: ferries},
		{kind: model.KindDocument, media: paper},
		{mine: true, kind: model.KindDocument, media: model.Media{MIME: "application/vnd.ms-excel", Name: "Crossings and fares of all lines in the harbour with the changes of the winter timetable.xlsx", Size: 88_000}, text: "See the second sheet"},
		{kind: model.KindAudio, media: song},
		{kind: model.KindVoice, media: spoken},
		{mine: true, kind: model.KindVoice, media: heard, state: model.Read},
	})
}

func mediaOut() story {
	up := with(ferries, model.MediaUploading, "")
	doc := with(paper, model.MediaUploading, "")
	doc.Done = 300_000
	paused := with(tower, model.MediaPaused, "")
	paused.Done = 400_000
	s := mediaStory([]sent{
		{mine: true, kind: model.KindImage, media: paused, state: model.Pending},
		{mine: true, kind: model.KindVideo, media: up, state: model.Pending, text: "From the upper deck"},
		{mine: true, kind: model.KindDocument, media: doc, state: model.Pending},
		{mine: true, kind: model.KindVoice, media: with(spoken, model.MediaPreparing, ""), state: model.Pending},
	})
	s.events = []port.Event{
		port.Moved{Chat: mira, Ref: s.threads[mira][1].Ref(), Done: 8_800_000, Total: 23_456_789, Rate: 1_250_000},
	}
	return s
}

func mediaIn() story {
	paused := with(paper, model.MediaPaused, "")
	paused.Done = 500_000
	streams := with(ferries, model.MediaRemote, "")
	streams.Streams = true
	s := mediaStory([]sent{
		{kind: model.KindImage, media: with(harbour, model.MediaDownloading, "")},
		{kind: model.KindVideo, media: streams, text: "This one streams"},
		{kind: model.KindVideo, media: with(ferries, model.MediaRemote, "")},
		{kind: model.KindDocument, media: with(model.Media{MIME: "application/zip", Name: "Photos of the crossing.zip", Size: 734_003_200}, model.MediaDownloading, "")},
		{kind: model.KindDocument, media: paused},
		{kind: model.KindAudio, media: with(song, model.MediaRemote, "")},
		{kind: model.KindVoice, media: with(spoken, model.MediaDownloading, "")},
		{kind: model.KindVideo, media: with(ferries, model.MediaDownloading, "")},
		{kind: model.KindDocument, media: with(model.Media{MIME: "application/zip", Name: "Charts.zip", Size: 734_003_200}, model.MediaDownloading, "")},
	})
	s.events = []port.Event{
		port.Moved{Chat: mira, Ref: s.threads[mira][0].Ref(), Done: 1_500_000, Total: 2_345_678, Rate: 640_000},
		port.Moved{Chat: mira, Ref: s.threads[mira][3].Ref(), Done: 210_003_200, Total: 734_003_200, Rate: 3_400_000},
		port.Moved{Chat: mira, Ref: s.threads[mira][7].Ref(), Done: 9_000_000, Total: 23_456_789, Checking: true},
		port.Moved{Chat: mira, Ref: s.threads[mira][8].Ref(), Done: 390_003_200, Total: 734_003_200, Checking: true},
	}
	return s
}

func mediaFailed() story {
	f := func(m model.Media, why model.MediaFailure) model.Media { return with(m, model.MediaFailed, why) }
	return mediaStory([]sent{
		{kind: model.KindImage, media: f(harbour, model.MediaGone)},
		{kind: model.KindVideo, media: f(ferries, model.MediaTampered), text: "Look at that wave"},
		{mine: true, kind: model.KindImage, media: f(tower, model.MediaOverQuota), state: model.Pending},
		{kind: model.KindDocument, media: f(paper, model.MediaTooBig)},
		{kind: model.KindVoice, media: f(spoken, model.MediaGone)},
		{kind: model.KindAudio, media: f(song, model.MediaNoRoom)},
		{mine: true, kind: model.KindDocument, media: f(paper, model.MediaLost), state: model.Pending},
	})
}

func mediaHostile() story {
	return mediaStory([]sent{
		{kind: model.KindImage, media: model.Media{MIME: "image/jpeg", Size: 1, Width: 1 << 30, Height: 1, State: model.MediaRemote}},
		{kind: model.KindImage, media: model.Media{MIME: "image/jpeg", Size: -5, Width: -7, Height: 9, State: model.MediaRemote}},
		{kind: model.KindImage, media: model.Media{MIME: "image/png", Size: 99_000, Width: 4000, Height: 20, Thumb: scene(60, 3)}},
		{kind: model.KindImage, media: model.Media{MIME: "image/svg+xml", Name: "harmless.svg", Size: 4_000, Width: 100, Height: 100}},
		{kind: model.KindDocument, media: model.Media{MIME: "application/pdf", Name: "invoice\u202efdp.exe", Size: 1 << 40}},
		{kind: model.KindDocument, media: model.Media{MIME: "text/html", Name: "../../" + string(bytes.Repeat([]byte("very long name "), 40)) + ".html", Size: 12}},
		{kind: model.KindVoice, media: model.Media{Size: 12, Seconds: 1 << 30}},
	})
}

// sendMedia takes an attachment, and uploads it for ever.
func (c *core) sendMedia(cmd port.SendMedia) model.Message {
	media := cmd.Media
	media.State = model.MediaUploading
	m := model.Message{ID: cmd.ID, Chat: cmd.Chat, FromMe: true, Kind: cmd.Kind, Text: cmd.Caption, At: now, State: model.Pending,
		Order: uint64(len(c.story.threads[cmd.Chat]) + 1), Media: &media}
	c.story.threads[cmd.Chat] = append(c.story.threads[cmd.Chat], m)
	return m
}

// mediaRows is the chat list with attachments as the last word.
func mediaRows() story {
	s := busy()
	last := []sent{
		{kind: model.KindImage, media: harbour, text: "The pier this morning"},
		{mine: true, kind: model.KindImage, media: tower},
		{kind: model.KindVideo, media: ferries},
		{kind: model.KindVoice, media: spoken},
		{mine: true, kind: model.KindVoice, media: spoken, state: model.Read},
		{kind: model.KindDocument, media: paper},
		{kind: model.KindAudio, media: song},
	}
	for i, m := range attachments(last) {
		m.Chat = s.state.Chats[i].ID
		s.state.Chats[i].Last = &m
	}
	return s
}

// talk is the waveform of somebody who speaks.
func talk() []byte {
	out := make([]byte, 64)
	for i := range out {
		x := float64(i)
		out[i] = byte(50 + 45*math.Sin(x*0.9)*math.Sin(x*0.23+1))
	}
	return out
}

// scene paints a boat on the water, as a small JPEG.
func scene(w, h int) []byte {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			fx, fy := float64(x)/float64(w), float64(y)/float64(h)
			img.Set(x, y, paint(fx, fy))
		}
	}
	var b bytes.Buffer
	if jpeg.Encode(&b, img, &jpeg.Options{Quality: 80}) != nil {
		return nil
	}
	return b.Bytes()
}

func paint(x, y float64) color.Color {
	horizon := 0.55
	switch {
	case y > 0.5 && y < 0.66 && x > 0.25+(0.66-y)*-0.4 && x > 0.22 && x < 0.78-(y-0.5)*0.5:
		return color.RGBA{0xf2, 0xb7, 0x2b, 0xff} // the hull
	case y > 0.4 && y <= 0.5 && x > 0.36 && x < 0.62:
		return color.RGBA{0xf6, 0xf3, 0xea, 0xff}
	case (x-0.8)*(x-0.8)+(y-0.2)*(y-0.2) < 0.006:
		return color.RGBA{0xff, 0xf2, 0xc4, 0xff}
	case y < horizon:
		return color.RGBA{uint8(0x9c + 70*y), uint8(0xc4 + 40*y), 0xe6, 0xff}
	}
	wave := uint8(18 * (1 + math.Sin(x*40+y*90)))
	return color.RGBA{0x14 + wave, uint8(0x5c+60*(y-horizon)) + wave, 0x78, 0xff}
}
