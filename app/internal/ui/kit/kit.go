// Package kit holds the parts that the screens are made of. Looks are in
// web/static/css; a part only says what it is.
//
// A trap of go-app: it takes two event handlers for the same if they come from
// the same line of code. A handler that closes over something that differs
// from drawing to drawing needs an app.EventScope that differs with it.
package kit

import (
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/lang"
	"ferry/app/internal/model"
)

// Icon draws a symbol of the sprite in the colour of the text around it. It is
// silent: put the words next to it, or in an aria-label.
func Icon(name string) app.HTMLSpan {
	return app.Span().Class("i i-"+name).Aria("hidden", true)
}

// Mark is Ferry's own sign.
func Mark() app.HTMLSpan { return app.Span().Class("mark").Aria("hidden", true) }

// Name shows a name or any short text of strangers, apart from the direction
// of the text around it.
func Name(text string) app.HTMLBdi { return app.Bdi().Text(text) }

// IconButton is a round button that is only a symbol.
func IconButton(id, icon, label string) app.HTMLButton {
	b := app.Button().Type("button").Class("icon-btn").Aria("label", label).Title(label).Body(Icon(icon))
	if id != "" {
		b = b.ID(id)
	}
	return b
}

// IconLink is an IconButton that leads somewhere.
func IconLink(id, icon, label, path string) app.HTMLA {
	return app.A().ID(id).Class("icon-btn").Href(path).Aria("label", label).Title(label).Body(Icon(icon))
}

// Button is a button with words; kind is "primary", "quiet" or "danger".
func Button(kind, text string) app.HTMLButton {
	return app.Button().Type("button").Class("btn btn-" + kind).Text(text)
}

// Avatar is the round picture of a contact.
func Avatar(initial string, hue int) app.UI {
	a := app.Span().Class("avatar hue-"+strconv.Itoa(hue)).Aria("hidden", true)
	if initial == "" {
		return a.Body(Icon("person"))
	}
	return a.Body(app.Text(initial))
}

// Spinner says that something takes its time.
func Spinner() app.UI { return app.Span().Class("spinner").Aria("hidden", true) }

// State shows where a message is on its way: a symbol, and words for those who
// do not see it.
func State(l *lang.Texts, s model.SendState) app.UI {
	icon, text := stateOf(l, s)
	if icon == "" {
		return app.Span().Class("state")
	}
	return app.Span().Class("state state-"+string(s)).Title(text).Body(
		Icon(icon), Hidden(text),
	)
}

func stateOf(l *lang.Texts, s model.SendState) (icon, text string) {
	switch s {
	case model.Pending:
		return "clock", l.State.Pending
	case model.Sent:
		return "tick", l.State.Sent
	case model.Delivered:
		return "ticks", l.State.Delivered
	case model.Read:
		return "ticks", l.State.Read
	case model.Failed:
		return "alert", l.State.Failed
	}
	return "", ""
}

// Hidden are words for those who do not see the screen.
func Hidden(text string) app.UI { return app.Span().Class("sr").Text(text) }

// Badge is a number of unread messages.
func Badge(l *lang.Texts, n int) app.UI {
	shown := lang.Number(n)
	if n > 999 {
		shown = "999+"
	}
	return app.Span().Class("badge").Body(
		app.Span().Aria("hidden", true).Text(shown), Hidden(l.List.Unread.Of(n)),
	)
}

// Empty stands in for a list with nothing in it. Action may be nil.
func Empty(icon, title, text string, action app.UI) app.UI {
	return app.Div().Class("empty").Body(
		app.Span().Class("empty-icon").Body(Icon(icon)),
		app.H2().Text(title),
		app.P().Text(text),
		app.If(action != nil, func() app.UI { return action }),
	)
}

// Head is the bar at the top of a pane. Back is where its back button leads.
func Head(id, title string, back app.UI, more ...app.UI) app.UI {
	return app.Header().Class("head").Body(
		back,
		app.H1().ID(id).Class("head-title").TabIndex(-1).Body(Name(title)),
		app.Div().Class("head-more").Body(more...),
	)
}

// Note is a paragraph that stands out; kind is "info", "error" or "good".
func Note(kind, icon string, body ...app.UI) app.HTMLDiv {
	return app.Div().Class("note note-"+kind).Body(
		Icon(icon), app.Div().Class("note-text").Body(body...),
	)
}
