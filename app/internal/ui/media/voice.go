package media

import (
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/lang"
	"ferry/app/internal/ui/control"
	"ferry/app/internal/ui/kit"
	"ferry/app/internal/ui/view"
)

// flat stands in for a waveform that did not come with the message.
var flat = func() []int {
	out := make([]int, waveBars)
	for i := range out {
		out[i] = []int{18, 30, 24, 42, 28, 36, 20}[i%7]
	}
	return out
}()

func (a *attachment) voice() app.UI {
	v, l, m := a.move(), a.c.L, a.M.Media
	levels := flat
	if len(m.Waveform) > 0 {
		levels = bars(m.Waveform, waveBars)
	}
	p := playing(a.c, a.key(), float64(m.Seconds))
	here := view.OnDevice(a.M)
	return a.box("voice",
		app.Div().Class("voice-row").Body(
			app.If(here, func() app.UI { return playButton(a.c, a.key(), p, a.CompoID()) }).
				Else(func() app.UI {
					return app.Span().Class("voice-do").Body(a.mover(v), app.If(v.Act == view.NoMove, func() app.UI { return kit.Icon("alert") }))
				}),
			app.Div().Class("voice-mid").Body(
				slider(a.c, a.key(), p, here, lang.Fill(l.Media.Play.VoiceLength, "length", l.Length(p.length)), a.CompoID(), wave(levels, p.part())),
				app.Div().Class("voice-facts").Body(
					app.Span().Class("voice-time").Text(l.Length(p.shown())),
					app.If(m.Played == a.M.FromMe, func() app.UI { return a.heard() }),
					speed(a.c, p, a.CompoID()),
					app.If(v.Busy || v.Detail != "", func() app.UI { return app.Span().Class("voice-move").Text(v.Text) }),
				),
			),
		),
		a.bad(v),
		app.If(p.bad, func() app.UI { return a.unplayable(l.Media.Play.CannotPlay) }),
	)
}

// heard says that a voice message of the peer's is new, or that the peer has
// played one's own.
func (a *attachment) heard() app.UI {
	l := a.c.L.Media.Play
	if a.M.FromMe {
		return app.Span().Class("voice-heard").Title(l.Heard).Body(kit.Icon("mic"), kit.Hidden(l.Heard))
	}
	return app.Span().Class("dot-new").Title(l.NotHeard).Body(kit.Hidden(l.NotHeard))
}

func (a *attachment) audio() app.UI {
	v, l, m := a.move(), a.c.L, a.M.Media
	p := playing(a.c, a.key(), float64(m.Seconds))
	here := view.OnDevice(a.M)
	name := l.Media.Audio
	if m.Name != "" {
		name = view.FileName(l, m)
	}
	return a.box("voice media-audio",
		app.Div().Class("voice-row").Body(
			app.If(here, func() app.UI { return playButton(a.c, a.key(), p, a.CompoID()) }).
				Else(func() app.UI {
					return app.Span().Class("voice-do").Body(a.mover(v), app.If(v.Act == view.NoMove, func() app.UI { return kit.Icon("music") }))
				}),
			app.Div().Class("voice-mid").Body(
				app.P().Class("file-name").Body(kit.Name(name)),
				app.If(p.on || p.at > 0, func() app.UI {
					return slider(a.c, a.key(), p, here, name, a.CompoID(), line(p.part()))
				}),
				app.Div().Class("voice-facts").Body(
					app.Span().Class("voice-time").Text(audioFacts(l, a, p, v)),
					speed(a.c, p, a.CompoID()),
				),
			),
		),
		a.bad(v),
		app.If(p.bad, func() app.UI { return a.unplayable(l.Media.Play.CannotPlay) }),
	)
}

func audioFacts(l *lang.Texts, a *attachment, p play, v view.Move) string {
	facts := l.Size(a.M.Media.Size)
	switch {
	case v.Detail != "":
		facts = v.Detail
	case v.Busy:
		facts = v.Text
	}
	if p.length > 0 {
		facts = l.Length(p.shown()) + " · " + facts
	}
	return facts
}

// play is how far something has been played.
type play struct {
	on, wait, bad, here bool
	at, length, rate    float64
}

func playing(c *control.Control, k control.MediaKey, length float64) play {
	s := play{length: length, rate: c.Media.Player.Speed()}
	p := c.Media.Player
	if p.Key != k || k == (control.MediaKey{}) {
		return s
	}
	s.on, s.wait, s.bad, s.here, s.at = p.On, p.Wait, p.Bad, p.Loaded, p.At
	if p.Length > 0 {
		s.length = p.Length
	}
	return s
}

func (p play) part() float64 {
	if p.length <= 0 {
		return 0
	}
	return min(p.at/p.length, 1)
}

// shown is the time to show: that played while it is, else the whole.
func (p play) shown() float64 {
	if p.here && (p.on || p.at > 0) {
		return p.at
	}
	return p.length
}

func playButton(c *control.Control, k control.MediaKey, p play, scope string) app.UI {
	l, icon, label := c.L.Media.Play, "play", c.L.Media.Play.Play
	if p.on {
		icon, label = "pause", l.Pause
	}
	return app.Button().Type("button").Class("voice-do voice-play").DataSet("action", "play").Aria("label", label).Title(label).
		OnClick(func(_ app.Context, e app.Event) { stopEvent(e); c.PlayerToggle(k) }, app.EventScope(scope)).
		Body(app.If(p.wait, kit.Spinner).Else(func() app.UI { return kit.Icon(icon) }))
}

// speed is the button that goes from speed to speed, while it plays.
func speed(c *control.Control, p play, scope string) app.UI {
	return app.If(p.here && !p.bad, func() app.UI {
		said := strconv.FormatFloat(p.rate, 'g', 3, 64) + "×"
		return app.Button().Type("button").Class("voice-speed").Aria("label", lang.Fill(c.L.Media.Play.Speed, "speed", said)).Text(said).
			OnClick(func(_ app.Context, e app.Event) { stopEvent(e); c.PlayerFaster() }, app.EventScope(scope))
	})
}

// slider is where it plays, to be moved by pointer and keys.
func slider(c *control.Control, k control.MediaKey, p play, on bool, label, scope string, drawing app.UI) app.UI {
	l := c.L
	stop := -1
	if on {
		stop = 0
	}
	return app.Div().Class("seek").Role("slider").TabIndex(stop).Aria("label", label).Aria("disabled", !on).
		Aria("valuemin", 0).Aria("valuemax", int(max(p.length, 1))).Aria("valuenow", int(p.at)).
		Aria("valuetext", lang.Fill(l.Media.Play.At, "at", l.Length(p.at), "length", l.Length(p.length))).
		On("pointerdown", func(ctx app.Context, e app.Event) {
			stopEvent(e)
			if on && e.Get("button").Int() == 0 {
				grab(ctx, e)
				seekTo(ctx, e, c, k, p.length)
			}
		}, app.EventScope(scope, strconv.FormatFloat(p.length, 'f', 1, 64), strconv.FormatBool(on))).
		On("pointermove", func(ctx app.Context, e app.Event) {
			if on && e.Get("buttons").Int() == 1 && held(ctx, e) {
				seekTo(ctx, e, c, k, p.length)
				return
			}
			ctx.PreventUpdate()
		}, app.EventScope(scope, strconv.FormatFloat(p.length, 'f', 1, 64), strconv.FormatBool(on))).
		OnClick(func(ctx app.Context, e app.Event) { stopEvent(e); ctx.PreventUpdate() }).
		OnKeyDown(func(_ app.Context, e app.Event) { seekKey(e, c, k, on) }, app.EventScope(scope, strconv.FormatBool(on))).
		Body(drawing)
}

// grab keeps the pointer with an element until it is let go.
func grab(ctx app.Context, e app.Event) { ctx.JSSrc().Call("setPointerCapture", e.Get("pointerId")) }

func held(ctx app.Context, e app.Event) bool {
	return ctx.JSSrc().Call("hasPointerCapture", e.Get("pointerId")).Truthy()
}

func seekTo(ctx app.Context, e app.Event, c *control.Control, k control.MediaKey, length float64) {
	box := ctx.JSSrc().Call("getBoundingClientRect")
	width := box.Get("width").Float()
	if width <= 0 || length <= 0 {
		return
	}
	c.PlayerSeek(k, min(max((e.Get("clientX").Float()-box.Get("left").Float())/width, 0), 1)*length)
}

// seekKey goes by seconds with the arrow keys, as sliders do.
func seekKey(e app.Event, c *control.Control, k control.MediaKey, on bool) {
	p := c.Media.Player
	at := 0.0
	if p.Key == k && p.Loaded {
		at = p.At
	}
	key := e.Get("key").String()
	if !on || e.Get("altKey").Truthy() || e.Get("ctrlKey").Truthy() || e.Get("metaKey").Truthy() {
		return
	}
	switch key {
	case "ArrowRight", "ArrowUp":
		at += 3
	case "ArrowLeft", "ArrowDown":
		at -= 3
	case "PageUp":
		at += 15
	case "PageDown":
		at -= 15
	case "Home":
		at = 0
	case " ", "Enter":
		e.PreventDefault()
		stopEvent(e)
		c.PlayerToggle(k)
		return
	default:
		return
	}
	e.PreventDefault()
	stopEvent(e)
	c.PlayerSeek(k, at)
}

// line is a slider's drawing without a waveform.
func line(part float64) app.UI {
	return svg("wave wave-line", "0 0 184 12",
		shape("path", "wave-all", "d", "M2 6h180"),
		shape("path", "wave-on", "d", "M2 6h"+strconv.Itoa(max(int(part*180), 0))),
		shape("circle", "wave-knob", "cx", strconv.Itoa(5+int(part*174)), "cy", "6", "r", "5"),
	)
}
