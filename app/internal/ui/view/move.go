package view

import (
	"strings"
	"time"

	"ferry/app/internal/lang"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
)

// MoveAct is what the button of a transfer does.
type MoveAct int

// Acts.
const (
	NoMove   MoveAct = iota // nothing is to be done
	MoveGo                  // fetch, send, go on or try again
	MoveStop                // stop until the user goes on with it
)

// Move is how far an attachment's bytes are, as shown.
type Move struct {
	Act     MoveAct
	Icon    string // of the button
	Label   string // of the button
	Percent int    // -1 where not known
	Busy    bool   // bytes move, or wait to
	Text    string // what goes on, short; "" if there is nothing to say
	Detail  string // bytes, speed and time left; "" where not known
	Bad     string // why it failed and what to do; "" if it did not
	Again   bool   // trying again may help
	Ask     bool   // only its sender can help
}

// MoveOf tells of an attachment's transfer. Moved is the live figure, if any.
func MoveOf(l *lang.Texts, m model.Message, moved port.Moved, live bool) Move {
	t := l.Media.Move
	name := moveName(l, m)
	v := Move{Percent: -1}
	switch m.Media.State {
	case model.MediaPreparing:
		v.busy(t.Stop, t.Preparing)
	case model.MediaUploading:
		v.busy(t.Stop, t.Uploading)
	case model.MediaDownloading:
		v.busy(t.Stop, t.Downloading)
	case model.MediaRemote:
		v.Act, v.Icon, v.Label, v.Text = MoveGo, "download", lang.Fill(t.Fetch, "file", name), ""
		if m.Media.Size > 0 {
			v.Text = l.Size(m.Media.Size)
		}
		return v
	case model.MediaPaused:
		v.Act, v.Icon, v.Label, v.Text = MoveGo, "download", lang.Fill(t.Resume, "file", name), t.Paused
		if m.FromMe {
			v.Icon = "upload"
		}
		if done, total := m.Media.Done, m.Media.Size; done > 0 && done < total {
			v.Percent = percent(done, total)
			v.Detail = together(l.Size(done) + " / " + l.Size(total))
		}
		return v
	case model.MediaFailed:
		v.fail(l, m)
		return v
	default:
		return v
	}
	v.progress(l, m, moved, live)
	return v
}

func moveName(l *lang.Texts, m model.Message) string {
	if m.Kind == model.KindDocument {
		return lang.Isolate(FileName(l, m.Media))
	}
	_, name := MediaKind(l, m.Kind, m.Media)
	return name
}

func (v *Move) busy(label, text string) {
	v.Act, v.Icon, v.Label, v.Text, v.Busy = MoveStop, "close", label, text, true
}

func (v *Move) progress(l *lang.Texts, m model.Message, moved port.Moved, live bool) {
	if !live || moved.Total <= 0 {
		if m.Media.Done > 0 && m.Media.Size > 0 {
			v.Percent = percent(m.Media.Done, m.Media.Size)
		}
		return
	}
	t := l.Media
	v.Percent = percent(moved.Done, moved.Total)
	v.Text = lang.Fill(t.Move.Percent, "n", lang.Plain(v.Percent))
	if moved.Checking {
		v.Text = lang.Fill(t.Move.Checking, "n", lang.Plain(v.Percent))
		return
	}
	v.Detail = together(l.Size(moved.Done) + " / " + l.Size(moved.Total))
	if moved.Rate > 0 && m.Media.State != model.MediaPreparing {
		v.Detail += " · " + together(lang.Fill(t.PerSecond, "size", l.Size(moved.Rate)))
		if left := moved.Total - moved.Done; left > moved.Rate && left/moved.Rate < 100*3600 {
			v.Detail += " · " + together(lang.Fill(t.Left, "wait", l.Wait(time.Duration(left/moved.Rate)*time.Second)))
		}
	}
}

// together keeps the words of a figure in one line.
func together(s string) string { return strings.ReplaceAll(s, " ", "\u00a0") }

func percent(done, total int64) int {
	if total <= 0 || done <= 0 {
		return 0
	}
	return int(min(float64(done)/float64(total), 1) * 100)
}

// fail puts a failure in words, with what to do.
func (v *Move) fail(l *lang.Texts, m model.Message) {
	t := l.Media.BadMedia
	v.Again = true
	mine := func(own, other string) string {
		if m.FromMe {
			return own
		}
		return other
	}
	switch m.Media.Failure {
	case model.MediaGone:
		v.Bad, v.Again, v.Ask = mine(t.GoneMine, t.Gone), m.FromMe, !m.FromMe
	case model.MediaTampered:
		v.Bad, v.Ask = t.Tampered, !m.FromMe
	case model.MediaTooBig:
		v.Bad, v.Again, v.Ask = mine(t.TooBigMine, t.TooBig), false, !m.FromMe
	case model.MediaNoRoom:
		v.Bad = t.NoRoom
	case model.MediaOverQuota:
		v.Bad = t.OverQuota
	case model.MediaLost:
		v.Bad, v.Again = t.Lost, false
	case model.MediaUnusable:
		v.Bad, v.Again = t.Unusable, false
	case model.MediaRefused:
		v.Bad = mine(t.RefusedMine, t.Refused)
	default:
		v.Bad = t.Other
	}
}
