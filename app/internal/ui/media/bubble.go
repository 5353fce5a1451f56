package media

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/model"
	"ferry/app/internal/ui/control"
	"ferry/app/internal/ui/kit"
	"ferry/app/internal/ui/view"
)

// Bubble is the attachment of a message, for the inside of its bubble: without
// caption, time and state. It follows the transfer by itself.
func Bubble(c *control.Control, m model.Message) app.UI {
	if m.Media == nil {
		m.Media = &model.Media{State: model.MediaFailed, Failure: model.MediaUnusable}
	}
	return &attachment{M: m, c: c}
}

// attachment draws itself anew whenever something becomes known of it.
type attachment struct {
	app.Compo
	M      model.Message
	c      *control.Control
	ctx    app.Context
	end    func()
	broken bool // this browser cannot show it
	seen   bool // the picture has come
}

// CompoID keeps a picture from becoming another one as the list moves.
func (a *attachment) CompoID() string { return string(a.M.Chat) + side(a.M.FromMe) + string(a.M.ID) }

func side(mine bool) string {
	if mine {
		return ">"
	}
	return "<"
}

func (a *attachment) key() control.MediaKey { return control.KeyOf(a.M) }

// OnMount begins to follow.
func (a *attachment) OnMount(ctx app.Context) {
	a.ctx = ctx
	a.end = a.c.Drawn(a.key(), func() {
		if m, ok := a.c.MediaMessage(a.key()); ok {
			a.M = m
		}
		ctx.Update()
	})
}

// OnDismount ends it.
func (a *attachment) OnDismount() {
	if a.end != nil {
		a.end()
	}
}

// Render draws it.
func (a *attachment) Render() app.UI {
	switch a.M.Kind {
	case model.KindImage:
		if view.Picture(a.M.Media) {
			return a.picture()
		}
	case model.KindVideo:
		return a.video()
	case model.KindVoice:
		return a.voice()
	case model.KindAudio:
		return a.audio()
	}
	return a.document()
}

// box is around every attachment. Its kind and state are said by the bubble.
func (a *attachment) box(class string, body ...app.UI) app.UI {
	return app.Div().Class("media media-" + class).Body(body...)
}

func (a *attachment) move() view.Move {
	moved, live := a.c.Moved(a.key())
	return view.MoveOf(a.c.L, a.M, moved, live)
}

// scope tells apart the handlers of one attachment from those of another.
func (a *attachment) scope() app.EventOption { return app.EventScope(a.CompoID()) }

// mover is the button that starts or stops a transfer, with a ring around it
// that shows how far it is.
func (a *attachment) mover(v view.Move) app.UI {
	return app.If(v.Act != view.NoMove, func() app.UI {
		name := "fetch"
		if v.Act == view.MoveStop {
			name = "stop"
		}
		return app.Button().Type("button").Class("mover").DataSet("action", name).Aria("label", v.Label).Title(v.Label).
			OnClick(func(_ app.Context, e app.Event) {
				stopEvent(e)
				if name == "stop" {
					a.c.StopMoving(a.key())
					return
				}
				a.c.Fetch(a.key())
			}, app.EventScope(a.CompoID(), name)).
			Body(ring(v), kit.Icon(v.Icon))
	})
}

// stopEvent keeps a tap on a button from opening the bubble's actions.
func stopEvent(e app.Event) { e.Call("stopPropagation") }

// bad says why it failed, and offers what can be done.
func (a *attachment) bad(v view.Move) app.UI {
	l := a.c.L
	return app.If(v.Bad != "", func() app.UI {
		return app.Div().Class("media-bad").Body(
			app.P().Body(kit.Icon("alert"), app.Span().Text(v.Bad)),
			app.Div().Class("media-bad-do").Body(
				app.If(v.Again, func() app.UI {
					return app.Button().Type("button").Class("link").DataSet("action", "fetch").Text(l.Media.Move.Again).
						OnClick(func(_ app.Context, e app.Event) { stopEvent(e); a.c.Fetch(a.key()) }, a.scope())
				}),
				app.If(v.Ask, func() app.UI {
					return app.Button().Type("button").Class("link").DataSet("action", "ask").Text(l.Media.BadMedia.Ask).
						OnClick(func(_ app.Context, e app.Event) { stopEvent(e); a.c.AskAgain(a.key()) }, a.scope())
				}),
			),
		)
	})
}

// unplayable says that the browser cannot show what is here.
func (a *attachment) unplayable(text string) app.UI {
	return app.Div().Class("media-bad").Body(
		app.P().Body(kit.Icon("alert"), app.Span().Text(text)),
		app.Div().Class("media-bad-do").Body(
			app.Button().Type("button").Class("link").DataSet("action", "save").Text(a.c.L.Media.Play.Save).
				OnClick(func(_ app.Context, e app.Event) { stopEvent(e); a.c.SaveMedia(a.key()) }, a.scope()),
		),
	)
}
