package settings

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/lang"
	"ferry/app/internal/ui/control"
	"ferry/app/internal/ui/kit"
)

// third is where WhatsApp is turned on: off until the user has read who will
// see what, and agreed.
func third(c *control.Control) []app.UI {
	state := "off"
	switch {
	case c.Third.Busy:
		state = "connecting"
	case c.View.Self.Connected:
		state = "on"
	}
	body := offer
	if c.View.Self.Connected {
		body = connected
	}
	return []app.UI{app.Div().ID("third-party").DataSet("state", state).Body(body(c)...)}
}

func offer(c *control.Control) []app.UI {
	l := c.L.Third
	return []app.UI{
		app.P().Class("lead").Text(l.Intro),
		app.Div().Class("blocks").Body(
			block(c, "gateway", l.GatewayTitle, l.Gateway),
			block(c, "server", l.RelayTitle, l.Relay),
			block(c, "people", l.PeopleTitle, l.People),
		),
		app.P().Class("lead").Text(l.Nothing),
		trouble(c),
		app.Div().Class("page-end").Body(
			app.Button().ID("third-party-agree").Type("button").Class("btn btn-primary btn-wide").
				Aria("busy", c.Third.Busy).
				OnClick(func(app.Context, app.Event) { c.Connect() }).
				Body(app.If(c.Third.Busy, kit.Spinner), app.Text(agreeText(c))),
			app.P().Class("small").Role("status").Text(busyText(c)),
		),
	}
}

func agreeText(c *control.Control) string {
	if c.Third.Busy {
		return c.L.Third.Busy
	}
	return c.L.Third.Agree
}

func busyText(c *control.Control) string {
	if c.Third.Busy {
		return c.L.Third.BusyText
	}
	return ""
}

// block tells what one party will see.
func block(c *control.Control, icon, title string, lines []string) app.UI {
	return app.Section().Class("block card").Body(
		app.Div().Class("block-head").Body(kit.Icon(icon), app.H2().Text(title)),
		app.Ul().Body(app.Range(lines).Slice(func(i int) app.UI {
			return app.Li().Text(fill(c, lines[i]))
		})),
	)
}

func fill(c *control.Control, text string) string {
	provider := c.View.Site.Provider.Name
	if provider == "" {
		provider = c.L.App.Name
	}
	return lang.Fill(text, "username", lang.Isolate(c.View.Account.Username), "provider", lang.Isolate(provider))
}

func connected(c *control.Control) []app.UI {
	l := c.L.Third
	return []app.UI{
		app.Div().Class("done").Body(
			app.Span().Class("done-icon").Body(kit.Icon("check")),
			app.H2().Text(l.OnTitle),
			app.P().Text(fill(c, l.OnText)),
			app.A().ID("third-party-next").Class("btn btn-primary").Href(c.At(control.PathNew)).Text(l.OnNext),
		),
		app.Dl().Class("facts card").Body(fact(l.OnAddress, c.View.Self.Address)...),
		app.Ul().Class("menu card").Body(
			item("lock", c.L.Content.Privacy.Title, l.Privacy, "", c.At(control.PathPrivacy)),
		),
		app.Div().Class("blocks").Body(
			block(c, "gateway", l.GatewayTitle, l.Gateway),
			block(c, "server", l.RelayTitle, l.Relay),
			block(c, "people", l.PeopleTitle, l.People),
		),
		app.P().Class("lead").Text(l.Nothing),
		trouble(c),
		app.Div().Class("page-end").Body(
			app.Button().ID("third-party-off").Type("button").Class("btn btn-danger").Aria("busy", c.Third.Busy).
				OnClick(func(app.Context, app.Event) { c.AskDisconnect() }).
				Body(app.If(c.Third.Busy, kit.Spinner), app.Text(l.Off)),
		),
	}
}

func trouble(c *control.Control) app.UI {
	return app.Div().Role("alert").Body(app.If(c.Third.Error != "", func() app.UI {
		return kit.Note("error", "alert", app.P().Text(c.Third.Error))
	}))
}
