// Package chats draws the chat list: the left pane, or a screen of its own on
// a phone.
package chats

import (
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/lang"
	"ferry/app/internal/model"
	"ferry/app/internal/ui/control"
	"ferry/app/internal/ui/kit"
	results "ferry/app/internal/ui/search"
	"ferry/app/internal/ui/view"
)

// Pane draws the list with its head.
func Pane(c *control.Control) app.UI {
	rows := c.View.Rows()
	return app.Section().ID("side").Class("side").Aria("label", c.L.List.Chats).Body(
		head(c),
		// Each in a place of its own: else go-app would make the search field of
		// the skeleton, and the browser might paint that.
		app.Div().Class("slot").Body(app.If(c.View.HasChats(), func() app.UI { return search(c) })),
		app.Div().Class("slot").Body(offStrip(c)),
		app.Div().Class("slot").Body(newApps(c)),
		app.Div().Class("slot").Body(sectionRow(c)),
		app.Div().Class("slot").Body(body(c, rows)),
	)
}

func head(c *control.Control) app.UI {
	l := c.L
	if c.View.InSection() {
		return sectionHead(c)
	}
	return app.Header().Class("head side-head").Body(
		kit.Mark(),
		app.H1().Class("head-title").Text(l.App.Name),
		app.Div().Class("head-more").Body(
			kit.IconLink("new-chat", "new", l.List.New, c.At(control.PathNew)),
			kit.IconLink("settings-button", "gear", l.App.Settings, c.At(control.PathSettings)),
		),
	)
}

func search(c *control.Control) app.UI {
	return app.Div().Class("search").Role("search").Body(
		kit.Icon("search"),
		app.Input().ID("search").Class("search-input").Type("search").Placeholder(c.L.List.Search).
			Aria("label", c.L.List.Search).Attr("autocomplete", "off").Spellcheck(false).MaxLength(100).
			Attr("enterkeyhint", "search").
			OnInput(func(ctx app.Context, _ app.Event) { c.Search(ctx.JSSrc().Get("value").String()) }).
			OnKeyDown(func(_ app.Context, e app.Event) { searchKey(c, e) }),
		app.If(c.View.Search != "", func() app.UI {
			return kit.IconButton("search-clear", "close", c.L.App.Close).
				OnClick(func(app.Context, app.Event) { c.ClearSearch() })
		}),
	)
}

// searchKey goes from the search field into the list.
func searchKey(c *control.Control, e app.Event) {
	rows := c.View.Rows()
	switch e.Get("key").String() {
	case "ArrowDown":
		e.PreventDefault()
		switch {
		case len(rows) > 0:
			c.FocusRow(rows[0].ID)
		case c.View.Search != "":
			c.EnterHits(&c.Find, false)
		}
	case "Enter":
		switch {
		case c.View.Search == "":
		case len(rows) > 0:
			e.PreventDefault()
			c.OpenChat(rows[0].ID)
		default:
			e.PreventDefault()
			c.EnterHits(&c.Find, true)
		}
	case "Escape":
		if c.View.Search != "" {
			e.PreventDefault()
			e.Call("stopPropagation")
			c.ClearSearch()
		}
	}
}

// offStrip reminds that nothing goes in or out while there are chats to read.
func offStrip(c *control.Control) app.UI {
	show := c.View.Ready && !c.View.Self.Connected && c.View.HasChats()
	if c.WhatsApp() {
		return app.If(show, func() app.UI { return unlinked(c) })
	}
	return app.If(show, func() app.UI {
		l := c.L.List
		return app.A().Class("strip").Href(c.At(control.PathThird)).Body(
			kit.Icon("plug"),
			app.Span().Class("strip-text").Body(app.Strong().Text(l.OffStripTitle), app.Text(" "), app.Text(l.OffStripText)),
			app.Span().Class("strip-do").Text(l.OffNext),
		)
	})
}

func body(c *control.Control, rows []view.Row) app.UI {
	if !c.View.Ready {
		return skeleton(c)
	}
	if c.View.Search != "" {
		return found(c, rows)
	}
	if e := c.View.Empty(rows); e != view.NotEmpty {
		return empty(c, e)
	}
	return app.Nav().Class("list-box").Aria("label", c.L.List.Chats).Body(sections(c, rows))
}

// found is what a search finds: chats by their names, then messages.
func found(c *control.Control, rows []view.Row) app.UI {
	if len(rows) == 0 && len(c.Find.Hits) == 0 && c.Find.Fresh() && !c.Find.Busy && !c.Find.Failed && c.Find.Indexed == 0 {
		return empty(c, view.EmptySearch)
	}
	l := c.L.Find
	return app.Nav().Class("list-box").Aria("label", c.L.List.Chats).Body(
		app.If(len(rows) > 0, func() app.UI { return app.H2().Class("list-head").Text(l.Chats) }),
		app.If(len(rows) > 0, func() app.UI { return list(c, rows) }),
		app.H2().Class("list-head").Text(l.Messages),
		results.Results(c, &c.Find),
	)
}

func list(c *control.Control, rows []view.Row) app.UI {
	return app.Div().ID("chat-list").OnKeyDown(func(_ app.Context, e app.Event) { listKey(c, e) }).Body(listOf(c, rows, tabStop(c, rows)))
}

func listOf(c *control.Control, rows []view.Row, stop model.ChatID) app.UI {
	return app.Ul().Class("list").Body(app.Range(rows).Slice(func(i int) app.UI {
		return &Row{Row: rows[i], Stop: rows[i].ID == stop, c: c}
	}))
}

// tabStop is the one row that the Tab key stops at: the one last focused, the
// open one, or the first.
func tabStop(c *control.Control, rows []view.Row) model.ChatID {
	for _, want := range []model.ChatID{c.Row, c.View.Open} {
		for _, r := range rows {
			if want != "" && r.ID == want {
				return want
			}
		}
	}
	return rows[0].ID
}

func listKey(c *control.Control, e app.Event) {
	step := 0
	switch e.Get("key").String() {
	case "ArrowDown":
		step = 1
	case "ArrowUp":
		step = -1
	case "Home":
		step = -1 << 20
	case "End":
		step = 1 << 20
	default:
		return
	}
	if e.Get("altKey").Truthy() || e.Get("ctrlKey").Truthy() || e.Get("metaKey").Truthy() {
		return
	}
	e.PreventDefault()
	c.MoveRow(step)
}

func empty(c *control.Control, e view.Empty) app.UI {
	l := c.L.List
	switch e {
	case view.EmptyLinking, view.EmptyConsent, view.EmptyPersona, view.EmptySection, view.EmptyAbove:
		return emptyPersona(c, e)
	case view.EmptySearch:
		return kit.Empty("search", l.NoMatch, lang.Fill(l.NoMatchText, "query", lang.Isolate(view.CleanName(c.View.Search))), nil)
	case view.EmptyOff:
		return kit.Empty("plug", l.OffTitle, l.OffText,
			app.A().ID("empty-action").Class("btn btn-primary").Href(c.At(control.PathThird)).Text(l.OffButton))
	case view.EmptyEcho:
		return kit.Empty("wave", l.EchoTitle, l.EchoText,
			app.Button().ID("empty-action").Type("button").Class("btn btn-primary").Text(l.EchoButton).
				OnClick(func(app.Context, app.Event) { c.GoEcho() }))
	}
	return kit.Empty("new", l.NoneTitle, l.NoneText,
		app.A().ID("empty-action").Class("btn btn-primary").Href(c.At(control.PathNew)).Text(l.NoneButton))
}

// skeleton holds the list's place until the engine has told of the chats.
func skeleton(c *control.Control) app.UI {
	rows := make([]app.UI, 7)
	for i := range rows {
		rows[i] = app.Div().Class("bone-row bone-"+strconv.Itoa(i)).Body(
			app.Span().Class("bone bone-avatar"), app.Span().Class("bone bone-line"),
		)
	}
	return app.Div().Class("list-box").Role("status").Aria("label", c.L.App.Loading).Body(rows...)
}
