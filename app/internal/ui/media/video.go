package media

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/model"
	"ferry/app/internal/ui/kit"
	"ferry/app/internal/ui/view"
)

func (a *attachment) video() app.UI {
	v := a.move()
	l := a.c.L.Media
	here := view.OnDevice(a.M) || a.M.Media.Streams && a.M.Media.State != model.MediaFailed && !a.M.FromMe
	url := ""
	if here {
		url = a.c.Source(a.key(), false)
	}
	now := a.c.Media.Video
	playing := now.Key == a.key() && url != ""
	loop := a.M.Media.GIF && url != "" && view.OnDevice(a.M)
	bad := playing && now.Bad || a.broken
	return a.box("pic media-video",
		app.Div().Class("pic-frame").Body(
			room(a.M.Media),
			app.Span().Class("pic-blank").Body(kit.Icon("video")),
			a.blurred(),
			app.If(!bad && loop, func() app.UI {
				return app.Video().Class("pic-film").Src(url).Loop(true).Muted(true).AutoPlay(true).Attr("playsinline", true).
					On("error", func(app.Context, app.Event) { a.broken = true }, a.scope())
			}).ElseIf(!bad && playing, func() app.UI {
				return &film{URL: url, a: a}
			}).ElseIf(url != "" && !bad && (!v.Busy || a.M.Media.Streams), func() app.UI {
				return app.Button().Type("button").Class("pic-open").DataSet("action", "play").Aria("label", l.Play.OpenVideo).
					OnClick(func(_ app.Context, e app.Event) { stopEvent(e); a.c.PlayVideo(a.key()) }, a.scope()).
					Body(app.Span().Class("pic-play").Body(kit.Icon("play")))
			}),
			app.If(!playing && !loop, func() app.UI { return a.filmFacts(v) }),
			app.If(loop, func() app.UI { return app.Span().Class("pill pill-corner").Text(l.GIF) }),
			app.If(url == "" || v.Busy && !a.M.Media.Streams || bad, func() app.UI { return a.over(v) }),
		),
		a.bad(v),
		app.If(bad, func() app.UI { return a.unplayable(l.Play.CannotPlay) }),
	)
}

// filmFacts are how long a film is, and how large.
func (a *attachment) filmFacts(v view.Move) app.UI {
	l := a.c.L
	m := a.M.Media
	length := ""
	if m.Seconds > 0 {
		length = l.Length(float64(m.Seconds))
	}
	size := ""
	if v.Text != l.Size(m.Size) && m.Size > 0 {
		size = l.Size(m.Size)
	}
	return app.Span().Class("pill pill-corner").Body(
		kit.Icon("video"), app.If(length != "", func() app.UI { return app.Span().Text(length) }),
		app.If(size != "", func() app.UI { return app.Span().Class("pill-more").Text(size) }),
	)
}

// film plays in its bubble, with the browser's own controls. It goes on where
// it was if the list draws it anew.
type film struct {
	app.Compo
	URL string
	a   *attachment
}

func (f *film) CompoID() string { return f.a.CompoID() }

// OnMount goes on where it was.
func (f *film) OnMount(ctx app.Context) {
	if at := f.a.c.Media.Video.At; at > 0 {
		ctx.Defer(func(ctx app.Context) {
			if e := f.JSValue(); e.Truthy() {
				e.Set("currentTime", at)
			}
		})
	}
}

// Render draws it.
func (f *film) Render() app.UI {
	c, k := f.a.c, f.a.key()
	v := app.Video().Class("pic-film").Src(f.URL).Controls(true).AutoPlay(true).Attr("playsinline", true).
		Attr("controlslist", "nodownload noremoteplayback").Aria("label", c.L.Media.Video).
		On("timeupdate", func(ctx app.Context, _ app.Event) {
			c.VideoTime(k, ctx.JSSrc().Get("currentTime").Float())
			ctx.PreventUpdate()
		}, f.a.scope()).
		On("click", func(ctx app.Context, e app.Event) { stopEvent(e); ctx.PreventUpdate() }, f.a.scope()).
		On("error", func(app.Context, app.Event) { c.VideoFailed(k) }, f.a.scope())
	if url := ThumbURL(f.a.M.Media.Thumb); url != "" {
		v = v.Poster(url)
	}
	return v
}
