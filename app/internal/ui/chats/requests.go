package chats

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/lang"
	"ferry/app/internal/model"
	"ferry/app/internal/ui/control"
	"ferry/app/internal/ui/kit"
	"ferry/app/internal/ui/view"
)

// sections are the requests, where there are any, and below them the chats: two
// lists, and one for the keys.
func sections(c *control.Control, rows []view.Row) app.UI {
	n := 0
	for n < len(rows) && rows[n].Request {
		n++
	}
	stop := tabStop(c, rows)
	return app.Div().ID("chat-list").OnKeyDown(func(_ app.Context, e app.Event) { listKey(c, e) }).Body(
		// Each in a place that stays: the rows of the one list must not become the other's.
		app.Div().Body(app.If(n > 0, func() app.UI { return requests(c, rows[:n], stop, n < len(rows)) })),
		app.Div().Body(app.If(n < len(rows), func() app.UI { return listOf(c, rows[n:], stop) })),
	)
}

// requests are chats that wait to be accepted. Only some show at first.
func requests(c *control.Control, shown []view.Row, stop model.ChatID, more bool) app.UI {
	l := c.L.People
	count := c.View.Requests()
	text := lang.Fill(l.AllRequests, "n", lang.Number(count))
	if c.View.AllRequests {
		text = l.FewRequests
	}
	return app.Section().ID("requests").Aria("labelledby", "requests-title").DataSet("count", count).Body(
		app.H2().ID("requests-title").Class("list-head").Text(lang.Fill(l.Requests, "n", lang.Number(count))),
		listOf(c, shown, stop),
		app.If(count > len(shown) || c.View.AllRequests, func() app.UI {
			return app.Button().ID("requests-all").Type("button").Class("link").Aria("expanded", c.View.AllRequests).Text(text).
				OnClick(func(app.Context, app.Event) { c.ToggleRequests() })
		}),
		app.If(more, func() app.UI { return app.H2().Class("list-head").Text(c.L.List.Title) }),
	)
}

// doubt marks a name that may mislead.
func (r *Row) doubt() app.UI {
	text := r.c.L.People.DoubtShort
	return app.If(r.Row.Doubt, func() app.UI {
		return app.Span().Class("doubt-mark").Title(text).Body(kit.Icon("alert"), kit.Hidden(text))
	})
}
