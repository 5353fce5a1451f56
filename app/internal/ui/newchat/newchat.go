// Package newchat draws the dialog that finds somebody by phone number.
package newchat

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/lang"
	"ferry/app/internal/ui/control"
	"ferry/app/internal/ui/kit"
	"ferry/app/internal/ui/view"
)

// Dialog draws it.
func Dialog(c *control.Control) app.UI {
	l := c.L.New
	return kit.Dialog("new-chat-dialog", l.Title, func(app.Context, app.Event) { c.Dismiss() },
		app.Header().Class("dialog-head").Body(
			app.H2().Text(l.Title),
			kit.IconButton("dialog-close", "close", c.L.App.Close).
				OnClick(func(app.Context, app.Event) { c.Dismiss() }),
		),
		body(c),
	)
}

func body(c *control.Control) app.UI {
	if c.View.Ready && !c.View.Self.Connected && !c.WhatsApp() {
		return app.Div().Class("form").Body(
			kit.Note("info", "plug", app.P().Text(c.L.New.Off)),
			app.A().Class("btn btn-primary btn-wide").Href(c.At(control.PathThird)).Text(c.L.New.OffButton),
		)
	}
	if c.WhatsApp() {
		return personaForm(c)
	}
	return form(c)
}

func form(c *control.Control) app.UI {
	l, problem := c.L.New, ""
	switch c.New.Status {
	case "empty":
		problem = l.Empty
	case "invalid":
		problem = l.Invalid
	}
	return app.Form().Class("form").NoValidate(true).
		OnSubmit(func(_ app.Context, e app.Event) {
			e.PreventDefault()
			c.New.Phone = kit.Value("phone")
			c.NewSubmit()
		}).
		Body(
			kit.Field{
				ID: "phone", Label: l.Phone, Hint: l.Hint, Error: problem,
				Input: app.Input().Type("tel").AutoFocus(true).Name("phone").Placeholder(l.Placeholder).Dir("ltr").
					Attr("autocomplete", "off").Attr("inputmode", "tel").Attr("enterkeyhint", "search").MaxLength(40).
					OnInput(func(ctx app.Context, _ app.Event) { c.NewPhone(ctx.JSSrc().Get("value").String()) }),
			}.Draw(),
			app.Div().ID("phone-answer").Class("answer").DataSet("status", c.New.Status).Role("status").Body(answer(c)),
			submit(c),
			app.If(c.View.Site.Gateway.Sandbox && c.View.Site.Gateway.Echo != "" && c.New.Status == "", func() app.UI {
				return app.Button().ID("use-echo").Type("button").Class("btn btn-quiet btn-wide").Text(l.Echo).
					OnClick(func(app.Context, app.Event) { c.NewEcho() })
			}),
			app.P().Class("small").Text(l.Privacy),
			app.P().Class("small").Text(c.L.Consent.NewThread),
		)
}

func submit(c *control.Control) app.UI {
	l := c.L.New
	text := l.Go
	if c.NewSpins() {
		text = l.Busy
	}
	return app.Button().ID("phone-submit").Type("submit").Class("btn btn-primary btn-wide").Aria("busy", c.New.Busy).
		Body(app.If(c.NewSpins(), kit.Spinner), app.Text(text))
}

// answer puts the gateway's answer in words. That somebody cannot be reached
// is an answer like any other, so it is not red.
func answer(c *control.Control) app.UI {
	l := c.L.New
	phone := lang.Isolate(view.CleanName(c.New.Asked))
	switch c.New.Status {
	case "not_found":
		return kit.Note("info", "person", app.H3().Text(l.NotFoundTitle),
			app.P().Text(lang.Fill(l.NotFoundText, "phone", phone)))
	case "no_consent":
		return kit.Note("info", "plug", app.H3().Text(l.ConsentTitle),
			app.P().Text(lang.Fill(l.ConsentText, "phone", phone)), app.P().Text(l.ConsentDo))
	case "out_of_region":
		return kit.Note("info", "plug", app.H3().Text(l.RegionTitle),
			app.P().Text(lang.Fill(l.RegionText, "phone", phone)))
	case "offline":
		return kit.Note("info", "offline", app.P().Text(l.Offline))
	case "failed":
		return kit.Note("error", "alert", app.P().Text(l.Failed))
	}
	return nil
}
