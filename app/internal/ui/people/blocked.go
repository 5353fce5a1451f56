package people

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/lang"
	"ferry/app/internal/model"
	"ferry/app/internal/ui/control"
	"ferry/app/internal/ui/kit"
	"ferry/app/internal/ui/view"
)

// Blocked is the page of all whom the user keeps out.
func Blocked(c *control.Control) []app.UI {
	l := c.L.People
	persons, apps := c.View.BlockedPeople(), c.View.BlockedApps()
	var out []app.UI
	if c.WhatsApp() {
		out = append(out, kit.Note("info", "info", app.P().Text(l.BlockedNote)))
	}
	if len(persons)+len(apps) == 0 {
		return append(out, kit.Empty("ban", l.BlockedNone, l.BlockedNoneText, nil))
	}
	if len(persons) > 0 {
		out = append(out, app.H2().Class("page-head").Text(l.BlockedPeople),
			app.Ul().ID("blocked-people").Class("menu card").Body(app.Range(persons).Slice(func(i int) app.UI { return blockedPerson(c, persons[i]) })))
	}
	if len(apps) > 0 {
		out = append(out, app.H2().Class("page-head").Text(l.BlockedApps),
			app.Ul().ID("blocked-apps").Class("menu card").Body(app.Range(apps).Slice(func(i int) app.UI { return blockedApp(c, apps[i]) })))
	}
	return append(out, app.P().Class("small page-note").Text(l.BlockedPlus))
}

func blockedPerson(c *control.Control, p model.BlockedPerson) app.UI {
	name := c.View.Who(p.Chat) // with a name that was given since
	if name == "" {
		name = c.View.WhoIs(p.Contact)
	}
	phone := view.CleanName(p.Contact.Phone)
	return app.Li().Class("menu-item").DataSet("chat", p.Chat).Body(
		kit.Avatar(view.Initial(name), view.Hue(p.Chat)),
		app.Span().Class("menu-words").Body(
			app.Span().Class("menu-title").Body(kit.Name(name)),
			app.If(phone != "" && phone != name, func() app.UI { return app.Bdi().Class("small").Dir("ltr").Text(phone) }),
		),
		unblock(c, name, func() { c.Unblock(p.Chat, name) }, string(p.Chat)),
	)
}

func blockedApp(c *control.Control, a view.App) app.UI {
	return app.Li().Class("menu-item").DataSet("app", a.ID).Body(
		kit.AppMark(a.Initial, a.Hue, ""),
		app.Span().Class("menu-words").Body(app.Span().Class("menu-title").Body(kit.Name(a.Label))),
		unblock(c, a.Label, func() { c.UnblockApp(a.ID, a.Label) }, a.Label),
	)
}

func unblock(c *control.Control, name string, do func(), scope string) app.UI {
	text := c.L.People.Unblock
	return kit.Button("quiet", text).Aria("label", lang.Fill("{do}: {name}", "do", text, "name", lang.Isolate(name))).DataSet("do", "unblock").
		OnClick(func(app.Context, app.Event) { do() }, app.EventScope("unblock", scope))
}
