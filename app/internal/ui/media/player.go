package media

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/ui/control"
)

// Player is the one audio element of the page: what it plays goes on while the
// list is scrolled.
func Player(c *control.Control) app.UI { return &player{c: c} }

type player struct {
	app.Compo
	c   *control.Control
	ctx app.Context
	url string
}

// OnMount offers itself for playing.
func (p *player) OnMount(ctx app.Context) {
	p.ctx = ctx
	p.c.SetSound(p)
}

// OnDismount takes the offer back.
func (p *player) OnDismount() { p.c.SetSound(nil) }

// Render draws nothing that is seen.
func (p *player) Render() app.UI {
	c := p.c
	return app.Audio().ID("player").Preload("auto").Aria("label", c.L.Media.Play.Player).
		On("timeupdate", func(ctx app.Context, _ app.Event) { p.tell(ctx) }).
		On("durationchange", func(ctx app.Context, _ app.Event) { p.tell(ctx) }).
		On("pause", func(app.Context, app.Event) {
			if e := p.JSValue(); e.Truthy() && !e.Get("ended").Truthy() {
				c.PlayerStopped()
			}
		}).
		On("ended", func(app.Context, app.Event) { c.PlayerEnded() }).
		On("error", func(app.Context, app.Event) {
			if p.url != "" {
				c.PlayerFailed()
			}
		})
}

func (p *player) tell(ctx app.Context) {
	if e := p.JSValue(); e.Truthy() {
		length := e.Get("duration")
		seconds := 0.0
		if !length.IsNaN() {
			seconds = length.Float()
		}
		p.c.PlayerTime(e.Get("currentTime").Float(), seconds)
	}
	ctx.PreventUpdate()
}

// Play plays an address from a second on.
func (p *player) Play(url string, from, rate float64) {
	e := p.JSValue()
	if url != p.url {
		p.url = url
		e.Set("src", url)
	}
	if at := e.Get("currentTime").Float() - from; at > 0.3 || at < -0.3 {
		e.Set("currentTime", from)
	}
	e.Set("preservesPitch", true)
	e.Set("playbackRate", rate)
	e.Set("defaultPlaybackRate", rate)
	p.refused(e.Call("play"))
}

// refused hears that the browser does not play, for instance because nobody has
// touched the page yet. That something cannot be played at all, the element
// tells by itself.
func (p *player) refused(promise app.Value) {
	if !promise.Truthy() {
		return
	}
	var yes, no app.Func
	release := func() { yes.Release(); no.Release() }
	yes = app.FuncOf(func(app.Value, []app.Value) any { release(); return nil })
	no = app.FuncOf(func(_ app.Value, args []app.Value) any {
		release()
		if len(args) > 0 && args[0].Get("name").String() == "NotAllowedError" {
			p.ctx.Dispatch(func(app.Context) { p.c.PlayerStopped() })
		}
		return nil
	})
	promise.Call("then", yes, no)
}

// Pause stops in the middle.
func (p *player) Pause() { p.JSValue().Call("pause") }

// Seek goes to a second.
func (p *player) Seek(second float64) { p.JSValue().Set("currentTime", second) }

// Rate sets the speed.
func (p *player) Rate(rate float64) {
	p.JSValue().Set("playbackRate", rate)
	p.JSValue().Set("defaultPlaybackRate", rate)
}

// Stop lets go of what was played.
func (p *player) Stop() {
	if p.url == "" {
		return
	}
	p.url = ""
	e := p.JSValue()
	e.Call("pause")
	e.Call("removeAttribute", "src")
	e.Call("load")
}
