// Package people draws what concerns whom the user takes messages from: requests,
// blocks and reports, and the screen of one person with their safety number.
package people

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/lang"
	"ferry/app/internal/model"
	"ferry/app/internal/ui/control"
	"ferry/app/internal/ui/kit"
	"ferry/app/internal/ui/view"
)

// Foot is below the thread in place of the composer, where the user has not let
// the person in, or keeps them out; nil elsewhere.
func Foot(c *control.Control, chat model.Chat) app.UI {
	switch view.BarrierOf(chat) {
	case view.BarRequest:
		return request(c, chat)
	case view.BarBlocked:
		return blocked(c, lang.Fill(c.L.People.BlockFoot, "name", lang.Isolate(c.View.Name(chat.ID))), func() {
			c.Unblock(chat.ID, c.View.Name(chat.ID))
		}, string(chat.ID))
	case view.BarProvider:
		app := c.View.AppName(chat.Contact)
		return blocked(c, lang.Fill(c.L.People.AppFoot, "app", lang.Isolate(app)), func() {
			c.UnblockApp(chat.Contact.Provider, app)
		}, app)
	}
	return nil
}

func blocked(c *control.Control, text string, unblock func(), scope string) app.UI {
	return app.Div().ID("blocked-bar").Class("foot foot-off").Body(
		kit.Icon("ban"), app.P().Text(text),
		kit.Button("quiet", c.L.People.Unblock).ID("unblock").
			OnClick(func(app.Context, app.Event) { unblock() }, app.EventScope("unblock", scope)),
	)
}

// request says who writes, and what the user can do about it.
func request(c *control.Control, chat model.Chat) app.UI {
	l, id := c.L.People, chat.ID
	scope := app.EventScope(string(id))
	name := lang.Isolate(c.View.Name(id))
	return app.Section().ID("request-bar").Class("foot request").Aria("labelledby", "request-title").Body(
		app.H2().ID("request-title").TabIndex(-1).Text(lang.Fill(l.AskTitle, "name", name)),
		app.P().Text(introduction(c, chat)),
		doubt(c, id),
		app.Ul().Class("request-facts").Body(
			app.Li().Body(kit.Icon("eye-off"), app.Span().Text(l.AskHidden)),
			app.Li().Body(kit.Icon("shield"), app.Span().Text(l.AskInert)),
		),
		app.Div().Class("request-do").Body(
			kit.Button("primary", l.Accept).ID("request-accept").Aria("busy", c.People.Busy).
				OnClick(func(app.Context, app.Event) { c.Accept(id) }, scope),
			kit.Button("danger", l.BlockDo).ID("request-block").Aria("label", lang.Fill(l.Block, "name", name)).
				OnClick(func(app.Context, app.Event) { c.AskBlock(id) }, scope),
			kit.Button("danger", l.Report.Do).ID("request-report").Aria("label", lang.Fill(l.Report.Open, "name", name)).
				OnClick(func(app.Context, app.Event) { c.OpenReport(id) }, scope),
			kit.Button("quiet", l.Decline).ID("request-delete").
				OnClick(func(app.Context, app.Event) { c.AskDecline(id) }, scope),
		),
	)
}

// introduction says who a stranger is, as far as that is known.
func introduction(c *control.Control, chat model.Chat) string {
	l := c.L.People
	phone := view.CleanName(chat.Contact.Phone)
	switch {
	case chat.Contact.Provider != 0:
		return lang.Fill(l.AskUser, "app", lang.Isolate(c.View.AppName(chat.Contact)))
	case phone != "":
		return lang.Fill(l.AskPhone, "phone", lang.Isolate(phone))
	}
	return l.AskNoPhone
}

// doubt says why a name may not be what it looks like.
func doubt(c *control.Control, id model.ChatID) app.UI {
	text := c.View.DoubtText(c.View.Doubt(id))
	return app.If(text != "", func() app.UI {
		return app.P().ID("doubt").Class("doubt").Body(kit.Icon("alert"), app.Span().Text(text))
	})
}

// Held is above the composer while nothing goes out because a verified person's
// key has changed.
func Held(c *control.Control, chat model.Chat) app.UI {
	return app.If(chat.Held, func() app.UI {
		l := c.L.People.Safety
		name := lang.Isolate(c.View.Name(chat.ID))
		waiting := c.View.Waiting(c.View.Thread(chat.ID))
		return app.Section().ID("held-bar").Class("held").Role("alert").DataSet("waiting", waiting).Body(
			app.Div().Class("held-words").Body(
				kit.Icon("key"),
				app.Div().Body(
					app.H2().Text(lang.Fill(l.HeldTitle, "name", name)),
					app.P().Text(lang.Fill(l.HeldText, "name", name)),
					app.If(waiting > 0, func() app.UI { return app.P().Class("held-count").Text(l.HeldWaiting.Of(waiting)) }),
				),
			),
			app.Div().Class("held-do").Body(
				app.A().ID("held-check").Class("btn btn-primary").Href(c.At(control.InfoPath(chat.ID))).Text(l.Check),
				kit.Button("danger", l.Anyway).ID("held-send").
					OnClick(func(app.Context, app.Event) { c.AskRelease(chat.ID) }, app.EventScope(string(chat.ID))),
			),
		)
	})
}
