package thread

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/lang"
	"ferry/app/internal/model"
	"ferry/app/internal/ui/control"
	"ferry/app/internal/ui/kit"
)

// closed stands in for the composer while nothing can be sent, and says why, and
// what can be done about it.
func closed(c *control.Control, chat model.Chat, why string) app.UI {
	l := c.L.Consent
	return app.Div().ID("closed").Class("foot foot-off").DataSet("why", string(chat.Closed)).Role("status").Body(
		app.P().Body(app.Text(why+" "), app.Span().Class("quiet").Text(l.ClosedReads)),
		app.If(chat.Closed == model.ClosedConsent && chat.Contact.Provider != 0, func() app.UI {
			return app.A().ID("closed-do").Class("btn btn-quiet").Href(c.At(control.PathThird)).Text(l.ClosedDo)
		}),
		app.If(c.CanRecheck(chat), func() app.UI {
			text := l.ClosedAgain
			if c.Rechecking {
				text = l.ClosedAsking
			}
			return app.Button().ID("closed-again").Type("button").Class("btn btn-quiet").Aria("busy", c.Rechecking).
				OnClick(func(app.Context, app.Event) { c.Recheck() }).
				Body(app.If(c.Rechecking, kit.Spinner), app.Text(text))
		}),
	)
}

// off stands in for the composer while this browser takes no part at all.
func off(c *control.Control) app.UI {
	l := c.L.Thread
	if c.WhatsApp() {
		p := c.L.Persona
		return app.Div().Class("foot foot-off").Body(
			app.P().Text(lang.Fill(p.Unlinked, "phone", lang.Isolate("+"+c.Persona.Digits))),
			app.Button().ID("foot-link").Type("button").Class("btn btn-quiet").Aria("busy", c.Persona.Linking).Text(p.Link).
				OnClick(func(app.Context, app.Event) { c.Link() }),
		)
	}
	return app.Div().Class("foot foot-off").Body(
		app.P().Text(l.Off),
		app.A().Class("btn btn-quiet").Href(c.At(control.PathThird)).Text(l.OffButton),
	)
}
