package control

import (
	"time"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/ui/host"
)

const (
	// tapFor is how long a press is that was meant as a tap, in seconds of recording.
	tapFor = 0.4
	// slideAway and slideUp are how far a finger slides to discard a recording,
	// or to go on without holding, in CSS pixels.
	slideAway = 110.0
	slideUp   = 70.0
	// recordingEvery is how often the peer is told of a recording that lasts.
	recordingEvery = 8 * time.Second
	// levelsKept is how many loudnesses the live picture of a recording shows.
	levelsKept = 40
)

// Recorder is a voice message that is being recorded in a chat, or listened to
// before it is sent.
type Recorder struct {
	On      bool // recording
	Locked  bool // goes on without a finger on the button
	Seconds float64
	Levels  []float64 // the last loudnesses, 0 to 1, newest last
	Slide   float64   // how far the finger has gone towards discarding, 0 to 1
	Err     string    // it did not work: "denied", "no_microphone", "failed"
	Done    *host.Picked

	began  bool // the microphone is open
	ended  bool // the recording is being closed
	send   bool // it goes out once it is closed
	toldAt time.Time
}

// Recorder is the open chat's; nil if there is none.
func (c *Control) Recorder() *Recorder { return c.Media.recorders[c.View.Open] }

// CanRecord tells whether the microphone button is there: nothing else is being
// written.
func (c *Control) CanRecord() bool {
	return c.files != nil && c.View.Can(c.View.Open).Voice && c.Text == "" && c.Recorder() == nil
}

// RecordStart begins to record. Locked says that no finger holds the button.
func (c *Control) RecordStart(locked bool) {
	defer c.Turn()()
	id := c.View.Open
	if id == "" || !c.View.Can(id).Voice || c.Recorder() != nil && c.Recorder().Err == "" {
		return
	}
	c.stopTyping()
	c.PlayerPause()
	if c.Media.recorders == nil {
		c.Media.recorders = map[model.ChatID]*Recorder{}
	}
	r := &Recorder{On: true, Locked: locked}
	c.Media.recorders[id] = r
	c.Media.Menu = false
	if locked {
		c.Focus("record-send")
	}
	c.browser().Record(func(now host.Recording) {
		c.post(func() {
			if c.Media.recorders[id] == r {
				c.heard(id, r, now)
			}
		})
	})
}

// heard takes in what the recorder tells.
func (c *Control) heard(id model.ChatID, r *Recorder, now host.Recording) {
	switch {
	case r.ended || !r.On:
	case now.Err != "":
		r.On, r.Err = false, now.Err
		c.tellRecording(id, r, false)
		c.Focus("record-again")
	case now.On:
		if !r.began {
			r.began = true
			c.View.Say(c.L.Media.Record.Started)
		}
		r.Seconds = now.Seconds
		if r.Levels = append(r.Levels, now.Level); len(r.Levels) > levelsKept {
			r.Levels = r.Levels[len(r.Levels)-levelsKept:]
		}
		if r.toldAt.IsZero() || c.View.Now.Sub(r.toldAt) >= recordingEvery {
			c.tellRecording(id, r, true)
		}
	case r.began: // ended by itself, at its greatest length
		c.stopRecorder(id, r)
	}
}

func (c *Control) tellRecording(id model.ChatID, r *Recorder, on bool) {
	if !on && r.toldAt.IsZero() {
		return
	}
	r.toldAt = c.View.Now
	if !on {
		r.toldAt = time.Time{}
	}
	c.do(port.Typing{Chat: id, Composing: on, Recording: on}, nil)
}

// RecordSlide follows the finger that holds the button: by how much it has
// moved towards the start of the line and up, in CSS pixels.
func (c *Control) RecordSlide(away, up float64) {
	r := c.Recorder()
	if r == nil || !r.On || r.Locked {
		return
	}
	r.Slide = min(max(away/slideAway, 0), 1)
	switch {
	case r.Slide == 1:
		c.RecordCancel()
	case up >= slideUp:
		c.RecordLock()
	}
}

// RecordLock lets the recording go on without a finger.
func (c *Control) RecordLock() {
	if r := c.Recorder(); r != nil && r.On && !r.Locked {
		r.Locked, r.Slide = true, 0
		c.View.Say(c.L.Media.Record.Locked)
		c.Focus("record-send")
	}
}

// RecordRelease is the end of a press: what was held is sent, a tap goes on
// without holding.
func (c *Control) RecordRelease() {
	r := c.Recorder()
	if r == nil || !r.On || r.Locked {
		return
	}
	if r.Seconds < tapFor {
		c.RecordLock()
		return
	}
	c.RecordSend()
}

// RecordStop ends the recording, to listen to it before it is sent.
func (c *Control) RecordStop() {
	defer c.Turn()()
	if r := c.Recorder(); r != nil && r.On && !r.ended {
		c.stopRecorder(c.View.Open, r)
	}
}

func (c *Control) stopRecorder(id model.ChatID, r *Recorder) {
	r.ended, r.Locked = true, true
	c.tellRecording(id, r, false)
	c.browser().StopRecording(true, func(p host.Picked, err error) {
		c.post(func() {
			if c.Media.recorders[id] != r {
				c.browser().Discard(p.File)
				return
			}
			c.recorded(id, r, p, err)
		})
	})
}

func (c *Control) recorded(id model.ChatID, r *Recorder, p host.Picked, err error) {
	r.On = false
	if (err != nil || p.Err != "") && r.Seconds < tapFor { // let go before anything was heard
		c.endRecorder(id)
		c.say(c.L.Media.Record.TooSoon)
		return
	}
	if err != nil || p.Err != "" {
		r.Err, r.send = "failed", false
		return
	}
	p.Kind = model.KindVoice
	r.Done = &p
	if r.send {
		c.sendRecorded(id, r)
		return
	}
	if c.Media.own == nil {
		c.Media.own = map[MediaKey]string{}
	}
	c.Media.own[previewOf(id)] = p.URL
	if id == c.View.Open {
		c.View.Say(c.L.Media.Record.Ended)
		c.Focus("record-send")
	}
}

// previewOf names a recording that is not sent yet, for the player.
func previewOf(id model.ChatID) MediaKey { return MediaKey{Chat: id} }

// RecordPreview names the open chat's recording for the player.
func (c *Control) RecordPreview() MediaKey { return previewOf(c.View.Open) }

// RecordSend sends what is, or was, recorded.
func (c *Control) RecordSend() {
	defer c.Turn()()
	id, r := c.View.Open, c.Recorder()
	switch {
	case r == nil || r.Err != "":
	case r.Done != nil:
		c.sendRecorded(id, r)
	case r.On:
		if r.send = true; !r.ended {
			c.stopRecorder(id, r)
		}
	}
}

func (c *Control) sendRecorded(id model.ChatID, r *Recorder) {
	c.endRecorder(id)
	o, err := c.outgoing(id, model.KindVoice, TrayFile{Picked: *r.Done}, true)
	if err != nil {
		return
	}
	if id == c.View.Open {
		o.cmd.ReplyTo = c.TakeReply()
		c.Focus("composer")
	}
	c.sendAll([]outgoing{o})
}

// AskDropRecording throws what was recorded away, after a question.
func (c *Control) AskDropRecording() {
	l := c.L.Media
	c.Ask = &Ask{Title: l.Record.Drop, Text: l.Record.DropText, Do: l.Tray.DiscardDo, act: c.RecordCancel}
}

// RecordCancel throws the recording away.
func (c *Control) RecordCancel() {
	defer c.Turn()()
	id, r := c.View.Open, c.Recorder()
	if r == nil {
		return
	}
	if r.On && !r.ended {
		c.browser().StopRecording(false, func(host.Picked, error) {})
		c.View.Say(c.L.Media.Record.Cancelled)
	}
	if r.Done != nil {
		c.browser().Discard(r.Done.File)
		c.View.Say(c.L.Media.Record.Cancelled)
	}
	c.tellRecording(id, r, false)
	c.endRecorder(id)
	c.Focus("composer")
}

func (c *Control) endRecorder(id model.ChatID) {
	delete(c.Media.recorders, id)
	if k := previewOf(id); c.Media.Player.Key == k {
		c.PlayerClose()
	}
	delete(c.Media.own, previewOf(id))
}
