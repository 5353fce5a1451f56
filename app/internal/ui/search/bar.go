package search

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/ui/control"
	"ferry/app/internal/ui/kit"
)

// Button opens the search within the open chat.
func Button(c *control.Control) app.UI {
	return kit.IconButton("chat-search", "search", c.L.Find.InChat).Aria("expanded", c.Within.On).
		OnClick(func(app.Context, app.Event) {
			if !c.CloseFind() {
				c.OpenFind()
			}
		})
}

// Bar is the search within the open chat, below its head.
func Bar(c *control.Control) app.UI {
	return app.If(c.Within.On, func() app.UI {
		l, f := c.L.Find, &c.Within
		return app.Div().ID("find-bar").Class("find").Role("search").Body(
			app.Div().Class("find-row").Body(
				app.Div().Class("search find-field").Body(
					kit.Icon("search"),
					app.Input().ID("find").Class("search-input").Type("search").Placeholder(l.Placeholder).Aria("label", l.InChat).
						Attr("autocomplete", "off").Spellcheck(false).MaxLength(100).Attr("enterkeyhint", "search").
						OnInput(func(ctx app.Context, _ app.Event) { c.FindHere(ctx.JSSrc().Get("value").String()) }).
						OnKeyDown(func(_ app.Context, e app.Event) { barKey(c, e) }),
				),
				app.Span().Class("icon-btn find-day").Body(
					kit.Icon("calendar"),
					app.Input().ID("find-date").Class("find-date").Type("date").Aria("label", l.Date).Title(l.Date).
						OnChange(func(ctx app.Context, _ app.Event) { c.GoToDate(ctx.JSSrc().Get("value").String()) }),
				),
				kit.IconButton("find-close", "close", l.Close).OnClick(func(app.Context, app.Event) { c.CloseFind() }),
			),
			app.If(f.NoDate, func() app.UI { return app.P().Class("hit-status").Role("status").Text(l.NoDate) }),
			app.If(f.Text != "", func() app.UI { return app.Div().Class("find-hits").Body(Results(c, f)) }),
		)
	})
}

// barKey: Enter shows the next older hit, with Shift the next newer one.
func barKey(c *control.Control, e app.Event) {
	switch e.Get("key").String() {
	case "Enter":
		step := 1
		if e.Get("shiftKey").Truthy() {
			step = -1
		}
		e.PreventDefault()
		c.NextHit(step)
	case "ArrowDown":
		e.PreventDefault()
		c.EnterHits(&c.Within, false)
	case "Escape":
		e.PreventDefault()
		e.Call("stopPropagation")
		c.CloseFind()
	}
}
