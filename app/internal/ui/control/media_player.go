package control

import (
	"ferry/app/internal/model"
	"ferry/app/internal/port"
)

// Sound is what plays voice messages and other sound, one at a time.
type Sound interface {
	// Play plays an address from a second on; one that is loaded already goes on.
	Play(url string, from, rate float64)
	Pause()
	Seek(second float64)
	Rate(rate float64)
	Stop()
}

// Player is what is played, or was last.
type Player struct {
	Key    MediaKey
	Loaded bool // Key is at hand: playing, or stopped in the middle
	On     bool // playing
	Wait   bool // its address is not there yet
	Bad    bool // this browser cannot play it
	At     float64
	Length float64 // seconds, as the browser says; 0 where not known
	Rate   float64 // 1, 1.5 or 2; of whatever is played next, too. 0 is 1
}

// Speed is how fast it plays.
func (p Player) Speed() float64 {
	if p.Rate == 0 {
		return 1
	}
	return p.Rate
}

// SetSound says what plays; nil when it goes.
func (c *Control) SetSound(s Sound) { c.Media.sound = s }

// PlayerToggle plays or pauses a voice message or other sound.
func (c *Control) PlayerToggle(k MediaKey) {
	defer c.Turn()()
	p := &c.Media.Player
	switch {
	case p.Key == k && p.On:
		c.PlayerPause()
	case p.Key == k && p.Loaded && !p.Bad:
		c.play(k, p.At)
	default:
		c.play(k, 0)
	}
}

func (c *Control) play(k MediaKey, from float64) {
	p := &c.Media.Player
	was := p.Key
	if was != k {
		*p = Player{Key: k, Rate: p.Rate}
	}
	p.At, p.Bad, p.Wait, p.On, p.Loaded = from, false, false, true, true
	c.StopVideo()
	if url := c.Source(k, true); url == "" {
		p.Wait = true
		if c.SourceFailed(k) {
			c.PlayerFailed()
		}
	} else {
		c.sounds(url)
	}
	c.redraw(was)
	c.redraw(k)
}

func (c *Control) sounds(url string) {
	p := &c.Media.Player
	p.Wait = false
	if c.Media.sound != nil {
		c.Media.sound.Play(url, p.At, p.Speed())
	}
	m, ok := c.MediaMessage(p.Key)
	if ok && m.Kind == model.KindVoice && !m.FromMe && !m.Media.Played {
		c.do(port.Played{Chat: m.Chat, Target: m.Ref()}, nil)
	}
}

// sourceCame plays what waited for its address.
func (c *Control) sourceCame(k MediaKey) {
	p := &c.Media.Player
	if p.Key != k || !p.Wait {
		return
	}
	if c.SourceFailed(k) {
		c.PlayerFailed()
		return
	}
	c.sounds(c.Source(k, true))
}

// PlayerPause stops in the middle.
func (c *Control) PlayerPause() {
	p := &c.Media.Player
	if !p.On {
		return
	}
	p.On, p.Wait = false, false
	if c.Media.sound != nil {
		c.Media.sound.Pause()
	}
	c.redraw(p.Key)
}

// PlayerClose ends playing.
func (c *Control) PlayerClose() {
	p := &c.Media.Player
	was := p.Key
	*p = Player{Rate: p.Rate}
	if c.Media.sound != nil {
		c.Media.sound.Stop()
	}
	c.redraw(was)
}

// PlayerSeek goes to a second; what is not played yet begins there.
func (c *Control) PlayerSeek(k MediaKey, second float64) {
	defer c.Turn()()
	p := &c.Media.Player
	if p.Key != k || !p.Loaded {
		c.play(k, max(second, 0))
		return
	}
	p.At = max(second, 0)
	if c.Media.sound != nil {
		c.Media.sound.Seek(p.At)
	}
	c.redraw(k)
}

// PlayerFaster goes from speed to speed.
func (c *Control) PlayerFaster() {
	p := &c.Media.Player
	switch p.Speed() {
	case 1:
		p.Rate = 1.5
	case 1.5:
		p.Rate = 2
	default:
		p.Rate = 1
	}
	if c.Media.sound != nil {
		c.Media.sound.Rate(p.Rate)
	}
	c.redraw(p.Key)
}

// PlayerTime takes in how far it has played.
func (c *Control) PlayerTime(at, length float64) {
	p := &c.Media.Player
	if !p.Loaded || p.Wait {
		return
	}
	p.At = at
	if length > 0 && length < 1e6 {
		p.Length = length
	}
	c.redraw(p.Key)
}

// PlayerStopped takes in that the browser has paused by itself: headphones were
// pulled out, a key of the keyboard was pressed.
func (c *Control) PlayerStopped() {
	if p := &c.Media.Player; p.On && !p.Wait {
		p.On = false
		c.redraw(p.Key)
	}
}

// PlayerEnded takes in that it was played to its end: the next unheard voice
// message plays on.
func (c *Control) PlayerEnded() {
	defer c.Turn()()
	p := &c.Media.Player
	was := p.Key
	p.On, p.Loaded, p.At = false, false, 0
	c.redraw(was)
	if next, ok := c.View.Thread(was.Chat).NextVoice(was.Ref); ok && was.Chat == c.View.Open {
		c.play(KeyOf(next), 0)
	}
}

// PlayerFailed takes in that the browser cannot play it from where it was
// tried; another address may do.
func (c *Control) PlayerFailed() {
	p := &c.Media.Player
	if p.Key == (MediaKey{}) {
		return
	}
	if on := p.On; c.SourceAgain(p.Key) && on {
		c.play(p.Key, p.At)
		return
	}
	p.On, p.Wait, p.Bad = false, false, true
	c.redraw(p.Key)
}
