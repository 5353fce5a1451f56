// Package settings draws the settings: the list of them and each page.
package settings

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/ui/control"
	"ferry/app/internal/ui/kit"
	"ferry/app/internal/ui/people"
)

// Pane draws the page of the route.
func Pane(c *control.Control) app.UI {
	l := c.L.Set
	if c.WhatsApp() {
		if pane := personaPane(c); pane != nil {
			return pane
		}
	}
	switch c.Route.Place {
	case control.SettingsAccount:
		return page(c, l.Account, control.PathSettings, account(c)...)
	case control.SettingsKept:
		return page(c, c.L.Account.Kept, control.PathAccount, kept(c)...)
	case control.SettingsPassword:
		return page(c, c.L.Account.Password, control.PathAccount, password(c)...)
	case control.SettingsDelete:
		return page(c, c.L.Account.Delete, control.PathAccount, deletion(c)...)
	case control.SettingsThird:
		return page(c, l.Third, control.PathAccount, third(c)...)
	case control.SettingsSessions:
		return page(c, l.Sessions, control.PathSettings, sessions(c)...)
	case control.SettingsLook:
		return page(c, l.Look, control.PathSettings, look(c)...)
	case control.SettingsPrivacy:
		return page(c, c.L.Content.Privacy.Title, control.PathSettings, privacy(c)...)
	case control.SettingsBlocked:
		return page(c, c.L.People.BlockedTitle, control.PathPrivacy, people.Blocked(c)...)
	case control.SettingsAbout:
		return page(c, l.About, control.PathSettings, about(c)...)
	}
	return page(c, l.Title, control.PathChats, menu(c)...)
}

// personaPane draws what a WhatsApp user has in another form; nil for the rest.
func personaPane(c *control.Control) app.UI {
	l := c.L
	switch c.Route.Place {
	case control.Settings:
		return page(c, l.Set.Title, control.PathChats, personaMenu(c)...)
	case control.SettingsAccount:
		return page(c, l.Persona.Account, control.PathSettings, personaAccount(c)...)
	case control.SettingsThird:
		return page(c, l.Set.Third, control.PathAccount, consent(c)...)
	case control.SettingsThirdMeaning:
		return page(c, l.Consent.MeaningTitle, control.PathThird, meaning(c)...)
	case control.SettingsThirdApps:
		return page(c, l.Consent.AppsTitle, control.PathThirdMeaning, chooseApps(c)...)
	case control.SettingsThirdInbox:
		return page(c, l.Consent.InboxTitle, control.PathThirdApps, chooseInbox(c)...)
	case control.SettingsThirdDone:
		return page(c, l.Consent.DoneTitle, control.PathThird, consentDone(c)...)
	}
	return nil
}

func page(c *control.Control, title, back string, body ...app.UI) app.UI {
	return app.Section().Class("page").Aria("label", title).DataSet("page", c.Route.Path).Body(
		kit.Head("screen-title", title,
			kit.IconButton("back", "back", c.L.App.Back).
				OnClick(func(app.Context, app.Event) { c.Back(back) }, app.EventScope(back))),
		app.Div().Class("page-scroll").Body(app.Div().Class("page-body").Body(body...)),
	)
}

func menu(c *control.Control) []app.UI {
	l := c.L.Set
	state := l.ThirdOff
	if c.View.Self.Connected {
		state = l.ThirdOn
	}
	return []app.UI{
		app.Div().Class("me").Body(
			app.Span().Class("avatar avatar-big hue-me").Aria("hidden", true).Body(kit.Icon("person")),
			app.Div().Body(
				app.P().Class("me-name").Body(kit.Name(c.View.Account.Username)),
				app.P().Class("small").Text(l.SignedInAs+" "+c.View.Account.Username),
			),
		),
		app.Ul().Class("menu card").Body(
			item("person", l.Account, l.AccountText, "", c.At(control.PathAccount)),
			item("plug", l.Third, l.ThirdText, state, c.At(control.PathThird)),
			item("lock", c.L.Content.Privacy.Title, c.L.Content.Privacy.Text, "", c.At(control.PathPrivacy)),
			item("devices", l.Sessions, l.SessionsText, "", c.At(control.PathSessions)),
			item("sun", l.Look, l.LookText, "", c.At(control.PathLook)),
			item("info", l.About, l.AboutText, "", c.At(control.PathAbout)),
		),
		app.Ul().Class("menu card").Body(
			app.Li().Body(app.Button().ID("keyboard-help").Type("button").Class("menu-item").
				OnClick(func(app.Context, app.Event) { c.Help = true }).
				Body(kit.Icon("keyboard"), words(c.L.Set.Keyboard, c.L.Set.KeyboardText))),
		),
	}
}

func item(icon, title, text, state, path string) app.UI {
	return app.Li().Body(app.A().Class("menu-item").Href(path).Body(
		kit.Icon(icon), words(title, text),
		app.If(state != "", func() app.UI { return app.Span().Class("menu-state").Text(state) }),
		kit.Icon("next").Class("menu-next"),
	))
}

func words(title, text string) app.UI {
	return app.Span().Class("menu-words").Body(
		app.Span().Class("menu-title").Text(title), app.Span().Class("small").Text(text),
	)
}

// fact is a line of a list of facts; none if there is nothing to say.
func fact(name, value string) []app.UI {
	if value == "" {
		return nil
	}
	return []app.UI{app.Dt().Text(name), app.Dd().Body(kit.Name(value))}
}

func look(c *control.Control) []app.UI {
	l := c.L.Set
	return []app.UI{
		app.FieldSet().Class("card choices").Body(
			app.Legend().Class("sr").Text(l.LookLegend),
			choice(c, "system", "devices", l.LookSystem, l.LookSystemText),
			choice(c, "light", "sun", l.LookLight, ""),
			choice(c, "dark", "moon", l.LookDark, ""),
		),
	}
}

func choice(c *control.Control, theme, icon, title, text string) app.UI {
	id := "theme-" + theme
	return app.Label().Class("choice").For(id).Body(
		kit.Icon(icon),
		app.Span().Class("menu-words").Body(
			app.Span().Class("menu-title").Text(title),
			app.If(text != "", func() app.UI { return app.Span().Class("small").Text(text) }),
		),
		app.Input().ID(id).Type("radio").Name("theme").Value(theme).Checked(c.Theme() == theme).
			OnChange(func(app.Context, app.Event) { c.SetTheme(theme) }, app.EventScope(theme)),
	)
}

func about(c *control.Control) []app.UI {
	l := c.L.Set
	build := c.Build
	if build == "" {
		build = c.View.Site.Build
	}
	gateway := c.View.Site.Gateway.Name
	if gateway != "" && c.View.Site.Gateway.Sandbox {
		gateway += " (" + l.Sandbox + ")"
	}
	facts := fact(l.Build, build)
	facts = append(facts, fact(l.AboutRelay, c.View.Site.Provider.Name)...)
	facts = append(facts, fact(l.Gateway, gateway)...)
	facts = append(facts, fact(l.Licence, l.LicenceText)...)
	return []app.UI{
		app.Div().Class("about").Body(
			kit.Mark(), app.P().Class("brand-name").Text(c.L.App.Name), app.P().Text(l.AboutWhat),
		),
		app.Dl().Class("facts card facts-about").Body(facts...),
		app.P().Class("small page-note").Text(l.SourceText),
	}
}
