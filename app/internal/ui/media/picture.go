package media

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/model"
	"ferry/app/internal/ui/kit"
	"ferry/app/internal/ui/view"
)

// room keeps the place of a picture in the list before any of it is there. An
// empty canvas has the proportions that its attributes say.
func room(m *model.Media) app.UI {
	w, h := view.Frame(m.Width, m.Height)
	return app.Canvas().Class("pic-room").Width(w).Height(h).Aria("hidden", true)
}

// blurred is the small picture that came with the message.
func (a *attachment) blurred() app.UI {
	url := ThumbURL(a.M.Media.Thumb)
	return app.If(url != "", func() app.UI {
		class := "pic-thumb"
		if a.M.Kind == model.KindVideo && len(a.M.Media.Thumb) > 4<<10 { // a still, not only a hint
			class += " pic-poster"
		}
		return app.Img().Class(class).Src(url).Alt("")
	})
}

func (a *attachment) picture() app.UI {
	v := a.move()
	l := a.c.L.Media
	here := (view.OnDevice(a.M) || a.c.HasOwn(a.key())) && !a.broken
	url := ""
	if here {
		url = a.c.Source(a.key(), true)
		here = !a.c.SourceFailed(a.key())
	}
	return a.box("pic",
		app.Div().Class("pic-frame").Body(
			room(a.M.Media),
			app.Span().Class("pic-blank").Body(kit.Icon("photo")),
			a.blurred(),
			app.If(url != "", func() app.UI {
				return app.Img().Class(a.fullClass()).Src(url).Alt("").Attr("decoding", "async").
					On("load", func(app.Context, app.Event) { a.seen = true }, a.scope()).
					On("error", func(app.Context, app.Event) { a.broken = !a.c.SourceAgain(a.key()) }, a.scope())
			}),
			app.If(here, func() app.UI {
				return app.Button().Type("button").Class("pic-open").Aria("label", l.Play.Open).
					OnClick(func(_ app.Context, e app.Event) { stopEvent(e); a.c.OpenViewer(a.key()) }, a.scope())
			}),
			app.If(!here && v.Act == view.NoMove, func() app.UI { return kit.Hidden(l.Photo) }),
			a.over(v),
		),
		a.bad(v),
		app.If(a.broken && view.OnDevice(a.M), func() app.UI { return a.unplayable(l.Play.CannotShow) }),
	)
}

func (a *attachment) fullClass() string {
	if a.seen {
		return "pic-full pic-seen"
	}
	return "pic-full"
}

// over is what lies over a picture while its bytes are elsewhere.
func (a *attachment) over(v view.Move) app.UI {
	return app.If(v.Act != view.NoMove, func() app.UI {
		return app.Div().Class("pic-over").Body(
			a.mover(v),
			app.If(v.Text != "", func() app.UI {
				return app.Span().Class("pill").Body(
					app.Span().Text(v.Text),
					app.If(v.Detail != "", func() app.UI { return app.Span().Class("pill-more").Text(v.Detail) }),
				)
			}),
		)
	})
}
