// Package persona draws what is there only for somebody who is a WhatsApp user
// of a gateway's sandbox: choosing the phone, and the strip that says so.
package persona

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/lang"
	"ferry/app/internal/ui/control"
	"ferry/app/internal/ui/host"
	"ferry/app/internal/ui/kit"
	"ferry/app/internal/ui/view"
)

// Strip says at all times that this is a WhatsApp user's tab; nothing in others.
func Strip(c *control.Control) app.UI {
	return app.If(c.WhatsApp() || c.Persona.Picking, func() app.UI {
		l := c.L.Persona
		return app.Aside().ID("persona").Class("persona").DataSet("phone", c.Persona.Digits).Aria("label", l.Badge).Body(
			app.Span().Class("persona-badge").Body(kit.Icon("phone"), app.Text(l.Badge)),
			app.Span().Class("persona-who").Body(app.If(c.WhatsApp(), func() app.UI { return app.Text(who(c)) })),
			app.If(c.WhatsApp(), func() app.UI {
				return app.A().ID("persona-other").Class("persona-do").Href(control.PathPick).Text(l.Other)
			}),
		)
	})
}

func who(c *control.Control) string {
	phone := lang.Isolate("+" + c.Persona.Digits)
	if name := view.CleanName(c.Persona.Name); name != "" {
		return lang.Fill(c.L.Persona.Strip, "name", lang.Isolate(name), "phone", phone)
	}
	return phone
}

// Offer leads a visitor of a sandbox to the other side; nothing elsewhere.
func Offer(c *control.Control) app.UI {
	return app.If(c.View.Site.Gateway.Sandbox, func() app.UI {
		l := c.L.Persona
		return app.Div().Class("persona-offer").Body(
			app.P().Class("small").Text(l.OfferText),
			app.A().ID("be-whatsapp").Class("btn btn-quiet").Href(control.PathPick).Body(kit.Icon("phone"), app.Text(l.Offer)),
		)
	})
}

// Screen is the tab before there is a WhatsApp user to show.
func Screen(c *control.Control) app.UI {
	return app.Main().ID("main").Class("sign persona-main").DataSet("persona", string(c.Persona.State)).Body(
		app.Div().Class("sign-brand").Body(kit.Mark(), app.P().Class("brand-name").Text(c.L.App.Name)),
		app.Div().Class("card sign-card persona-card").Body(body(c)...),
	)
}

func body(c *control.Control) []app.UI {
	l, p := c.L.Persona, &c.Persona
	switch p.State {
	case control.PersonaLooking:
		return []app.UI{app.Div().Class("working").Role("status").Body(kit.Spinner(), app.P().Text(c.L.App.Loading))}
	case control.PersonaNone:
		return say(c, "ban", l.NoneTitle, l.NoneText)
	case control.PersonaGone:
		return say(c, "phone", l.GoneTitle, lang.Fill(l.GoneText, "phone", lang.Isolate("+"+p.Digits)),
			app.A().ID("persona-again").Class("btn btn-primary btn-wide").Href(control.PathPick).Text(l.GoneDo))
	case control.PersonaUnreachable:
		return say(c, "offline", l.DownTitle, l.DownText,
			app.Button().ID("persona-retry").Type("button").Class("btn btn-primary btn-wide").Text(c.L.App.Retry).
				OnClick(func(app.Context, app.Event) { c.LoadPersona() }))
	}
	return picker(c)
}

func say(c *control.Control, icon, title, text string, do ...app.UI) []app.UI {
	return append(append([]app.UI{
		app.Span().Class("empty-icon").Body(kit.Icon(icon)),
		app.H1().ID("screen-title").TabIndex(-1).Text(title),
		app.P().Class("sign-text").Text(text),
	}, do...), app.A().Class("btn btn-quiet btn-wide").Href(control.PathChats).Text(c.L.Persona.AsFerry))
}

func picker(c *control.Control) []app.UI {
	l, p := c.L.Persona, &c.Persona
	return []app.UI{
		app.H1().ID("screen-title").TabIndex(-1).Text(l.Heading),
		app.P().Class("sign-text").Text(l.Intro),
		app.H2().Class("persona-head").Text(l.Pick),
		app.If(len(p.Phones) == 0, func() app.UI { return app.P().Class("small").Text(l.None) }),
		app.If(len(p.Phones) > 0, func() app.UI {
			return app.Ul().ID("phones").Class("menu card persona-phones").Body(app.Range(p.Phones).Slice(func(i int) app.UI {
				return phone(c, p.Phones[i])
			}))
		}),
		app.H2().Class("persona-head").Text(l.New),
		form(c),
		app.P().Class("small").Text(l.Apart),
		app.A().Class("btn btn-quiet btn-wide").Href(control.PathChats).Text(l.AsFerry),
	}
}

func phone(c *control.Control, p host.Phone) app.UI {
	l, state := c.L.Persona, c.L.Persona.Off
	if p.ThirdPartyChats {
		state = l.On
	}
	name := view.CleanName(p.Name)
	if name == "" {
		name = p.Phone
	}
	return app.Li().Body(app.A().Class("menu-item").Href(control.PersonaPath(p)).DataSet("phone", p.Phone).Body(
		kit.Icon("phone"),
		app.Span().Class("menu-words").Body(
			app.Span().Class("menu-title").Body(kit.Name(name)),
			app.Span().Class("small").Body(kit.Name(p.Phone), app.Text(" · "+state)),
		),
		kit.Icon("next").Class("menu-next"),
	))
}

func form(c *control.Control) app.UI {
	l, n := c.L.Persona, &c.Persona.New
	text := l.Make
	if n.Busy {
		text = l.Making
	}
	return app.Form().Class("form").NoValidate(true).
		OnSubmit(func(_ app.Context, e app.Event) {
			e.PreventDefault()
			c.MakePhone(kit.Value("phone-number"), kit.Value("phone-name"))
		}).
		Body(
			kit.Field{ID: "phone-name", Label: l.Name, Hint: l.NameHint, Error: n.NameError,
				Input: app.Input().Type("text").Name("phone-name").Attr("autocomplete", "off").MaxLength(60)}.Draw(),
			kit.Field{ID: "phone-number", Label: l.Phone, Hint: l.PhoneHint, Error: n.PhoneError,
				Input: app.Input().Type("tel").Name("phone-number").Placeholder(c.L.New.Placeholder).Dir("ltr").
					Attr("autocomplete", "off").Attr("inputmode", "tel").MaxLength(40)}.Draw(),
			app.Div().ID("phone-error").Class("answer").Role("alert").Body(app.If(n.Error != "", func() app.UI {
				return kit.Note("error", "alert", app.Text(n.Error))
			})),
			app.Button().ID("phone-make").Type("submit").Class("btn btn-primary btn-wide").Aria("busy", n.Busy).
				Body(app.If(n.Busy, kit.Spinner), app.Text(text)),
			app.P().Class("small").Text(l.NewText),
		)
}
