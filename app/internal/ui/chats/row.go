package chats

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/ui/control"
	"ferry/app/internal/ui/kit"
	"ferry/app/internal/ui/view"
)

// Row is a line of the list. go-app draws it again only if its values differ.
type Row struct {
	app.Compo
	Row  view.Row
	Stop bool // the Tab key stops here
	c    *control.Control
}

// Render draws the row.
func (r *Row) Render() app.UI {
	class, stop := "row", -1
	if r.Row.Open {
		class += " row-open"
	}
	if r.Row.Unread > 0 {
		class += " row-unread"
	}
	if r.Row.Barred {
		class += " row-barred"
	}
	if r.Stop {
		stop = 0
	}
	a := app.A().ID(control.RowID(r.Row.ID)).Class(class).Href(r.c.At(control.ChatPath(r.Row.ID))).TabIndex(stop).
		DataSet("chat", r.Row.ID).DataSet("unread", r.Row.Unread).
		OnFocus(func(app.Context, app.Event) { r.c.RowFocused(r.Row.ID) })
	if r.Row.Open {
		a = a.Aria("current", "page")
	}
	return app.Li().Body(a.Body(
		r.face(),
		app.Span().Class("row-top").Body(
			app.Span().Class("row-name").Body(kit.Name(r.Row.Name), r.on(), r.doubt()),
			app.Span().Class("row-time").Text(r.Row.Time),
		),
		app.Span().Class("row-bottom").Body(
			r.preview(),
			app.If(r.Row.Unread > 0, func() app.UI { return kit.Badge(r.c.L, r.Row.Unread) }),
		),
	))
}

// face is the person's picture, with the mark of the app they use if that is not WhatsApp.
func (r *Row) face() app.UI {
	return app.Span().Class("avatar-place").Body(
		kit.Avatar(r.Row.Initial, r.Row.Hue),
		app.If(r.Row.App.Label != "", func() app.UI { return kit.AppMark(r.Row.App.Initial, r.Row.App.Hue, "") }),
	)
}

// on says which app that is.
func (r *Row) on() app.UI {
	return app.If(r.Row.App.Label != "", func() app.UI {
		return app.Span().Class("row-app").DataSet("app", r.Row.App.Label).Body(app.Text(" · "), kit.Name(r.Row.App.Label))
	})
}

func (r *Row) preview() app.UI {
	l := r.c.L.List
	p := app.Span().Class("row-preview")
	switch {
	case r.Row.Typing:
		return p.Class("row-typing").Text(r.Row.Preview)
	case r.Row.Draft:
		return p.Body(app.Span().Class("row-draft").Text(l.Draft), app.Text(" "), kit.Name(r.Row.Preview))
	case r.Row.Quiet:
		return p.Class("quiet").Text(r.Row.Preview)
	case r.Row.Mine:
		return p.Body(kit.State(r.c.L, r.Row.State), kit.Hidden(l.You+" "), r.icon(), kit.Name(r.Row.Preview))
	}
	return p.Body(r.icon(), kit.Name(r.Row.Preview))
}

// icon says what the last message holds, where that is not a text.
func (r *Row) icon() app.UI {
	return app.If(r.Row.Icon != "", func() app.UI { return kit.Icon(r.Row.Icon).Class("row-icon") })
}
