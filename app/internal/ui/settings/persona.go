package settings

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/ui/control"
	"ferry/app/internal/ui/kit"
	"ferry/app/internal/ui/view"
)

// personaMenu is the list of a WhatsApp user's settings.
func personaMenu(c *control.Control) []app.UI {
	l := c.L
	return []app.UI{
		app.Div().Class("me").Body(
			app.Span().Class("avatar avatar-big hue-me").Aria("hidden", true).Body(kit.Icon("phone")),
			app.Div().Body(
				app.P().Class("me-name").Body(kit.Name(view.CleanName(c.Persona.Name))),
				app.P().Class("small").Text(l.Persona.Badge),
			),
		),
		app.Ul().Class("menu card").Body(
			item("person", l.Persona.Account, l.Persona.AccountText, "", c.At(control.PathAccount)),
			item("lock", l.Content.Privacy.Title, l.Content.Privacy.Text, "", c.At(control.PathPrivacy)),
			item("sun", l.Set.Look, l.Set.LookText, "", c.At(control.PathLook)),
			item("info", l.Set.About, l.Set.AboutText, "", c.At(control.PathAbout)),
		),
		app.Ul().Class("menu card").Body(
			app.Li().Body(app.Button().ID("keyboard-help").Type("button").Class("menu-item").
				OnClick(func(app.Context, app.Event) { c.Help = true }).
				Body(kit.Icon("keyboard"), words(l.Set.Keyboard, l.Set.KeyboardText))),
		),
	}
}

// personaAccount is a WhatsApp user's account page: the way to third-party chats,
// where WhatsApp has it.
func personaAccount(c *control.Control) []app.UI {
	l := c.L.Persona
	if c.Deletion.Wiping {
		return []app.UI{working(c.L.Account.Wiping)}
	}
	state := c.L.Set.ThirdOff
	if c.View.Consent.On {
		state = c.L.Set.ThirdOn
	}
	facts := fact(l.Number, "+"+c.Persona.Digits)
	if c.View.Self.Connected {
		facts = append(facts, fact(l.Linked, l.LinkedText)...)
	}
	return []app.UI{
		app.Dl().Class("facts card").Body(facts...),
		app.Ul().Class("menu card").Body(
			item("apps", c.L.Set.Third, c.L.Consent.Summary, state, c.At(control.PathThird)),
		),
		app.Ul().Class("menu card menu-danger").Body(
			app.Li().Body(app.Button().ID("persona-leave").Type("button").Class("menu-item").
				OnClick(func(app.Context, app.Event) { c.AskUnlink() }).
				Body(kit.Icon("trash"), words(l.Leave, l.LeaveShort))),
		),
	}
}
