// Package search draws what a search for messages finds, and the field that
// searches one chat.
package search

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/lang"
	"ferry/app/internal/ui/control"
	"ferry/app/internal/ui/kit"
	"ferry/app/internal/ui/view"
)

// Results draws the hits of a search, and how far it is.
func Results(c *control.Control, f *control.Find) app.UI {
	hits := c.View.Hits(f.Hits)
	return app.Div().ID("search-results").Class("hits").DataSet("done", f.Fresh() && !f.Busy).Body(
		app.Ul().Class("hit-list").Body(app.Range(hits).Slice(func(i int) app.UI {
			return &hit{Hit: hits[i], At: i, Chosen: f.At == i, Here: f.On, c: c, f: f}
		})),
		status(c, f),
	)
}

// status says what else there is to expect.
func status(c *control.Control, f *control.Find) app.UI {
	l := c.L.Find
	switch {
	case f.Failed:
		return app.Div().Class("hit-status").Body(
			app.P().Role("status").Text(l.Failed),
			app.Button().ID("hits-again").Type("button").Class("link").Text(l.Again).OnClick(func(app.Context, app.Event) { c.FindAgain(f) }),
		)
	case !f.Fresh():
		return app.P().Class("hit-status").Role("status").Body(kit.Spinner(), app.Text(l.Searching))
	case f.Busy:
		return app.P().Class("hit-status").Role("status").Body(kit.Spinner(), app.Text(l.SearchOlder))
	case f.More != 0:
		return app.Div().Class("hit-status").Body(kit.Button("quiet", l.More).ID("hits-more").
			OnClick(func(app.Context, app.Event) { c.FindMore(f) }))
	case f.Indexed != 0:
		return app.P().Class("hit-status").Role("status").Text(lang.Fill(l.Indexing, "n", lang.Number(f.Indexed)))
	case len(f.Hits) == 0:
		return app.P().Class("hit-status").Role("status").
			Text(lang.Fill(l.NoneText, "query", lang.Isolate(view.CleanName(f.Text))))
	}
	return app.P().Class("hit-status").Role("status").Body(kit.Hidden(l.Count.Of(len(f.Hits))))
}

// hit is a line of the results. go-app draws it again only if its values differ.
type hit struct {
	app.Compo
	Hit    view.Hit
	At     int
	Chosen bool
	Here   bool // within one chat
	c      *control.Control
	f      *control.Find
}

// Render draws the hit.
func (h *hit) Render() app.UI {
	class := "hit"
	if h.Chosen {
		class += " hit-chosen"
	}
	name := h.Hit.Name
	if h.Here && h.Hit.Mine {
		name = h.c.L.Thread.Mine
	}
	return app.Li().Body(
		app.Button().ID(control.HitID(h.f, h.At)).Type("button").Class(class).DataSet("order", h.Hit.Order).DataSet("chat", h.Hit.Chat).
			OnClick(func(app.Context, app.Event) { h.c.OpenHit(h.f, h.At) }).
			OnKeyDown(h.key).
			Body(
				app.Span().Class("hit-top").Body(
					app.Span().Class("hit-name").Body(kit.Name(name)),
					app.Span().Class("row-time").Text(h.Hit.Time),
				),
				h.text(),
			),
	)
}

func (h *hit) text() app.UI {
	var body []app.UI
	if h.Hit.Mine && !h.Here {
		body = append(body, app.Text(h.c.L.List.You+" "))
	}
	for _, p := range h.Hit.Parts {
		if p.Hit {
			body = append(body, app.Mark().Class("found").Text(p.Text))
			continue
		}
		body = append(body, app.Text(p.Text))
	}
	return app.Bdi().Class("hit-text").Dir("auto").Body(body...)
}

func (h *hit) key(_ app.Context, e app.Event) {
	step, ok := map[string]int{"ArrowUp": -1, "ArrowDown": 1, "Home": -h.At, "End": 1 << 20}[e.Get("key").String()]
	if ok && !e.Get("altKey").Truthy() && !e.Get("ctrlKey").Truthy() && !e.Get("metaKey").Truthy() {
		e.PreventDefault()
		h.c.MoveHit(h.f, h.At, step)
	}
}
