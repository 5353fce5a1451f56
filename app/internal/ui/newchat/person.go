package newchat

import (
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/lang"
	"ferry/app/internal/ui/control"
	"ferry/app/internal/ui/kit"
	"ferry/app/internal/ui/view"
)

// personaForm finds somebody for a WhatsApp user: on WhatsApp, or on an app that
// the user has turned on.
func personaForm(c *control.Control) app.UI {
	l, apps := c.L.Consent, c.FindApps()
	find := form
	if c.New.Provider != 0 {
		find = personForm
	}
	return app.Div().Class("steps").Body(
		app.FieldSet().ID("find-in").Class("card choices").Body(
			app.Legend().Class("sr").Text(l.FindOn),
			app.Range(apps).Slice(func(i int) app.UI {
				return place(c, apps[i].ID, kit.AppMark(apps[i].Initial, apps[i].Hue, ""), apps[i].Label)
			}),
			place(c, 0, kit.Icon("phone"), l.FindPhone),
		),
		app.If(len(apps) == 0, func() app.UI {
			return app.P().Class("small").Body(app.Text(l.FindNoApps+" "),
				app.A().Class("link").Href(c.At(control.PathThird)).Text(l.FindOffDo))
		}),
		// Each in a place of its own: else go-app would make one field of the other.
		app.Div().Class("slot").Body(app.If(c.New.Provider == 0, func() app.UI { return find(c) })),
		app.Div().Class("slot").Body(app.If(c.New.Provider != 0, func() app.UI { return find(c) })),
	)
}

func place(c *control.Control, provider int, icon app.UI, name string) app.UI {
	id := "find-in-" + strconv.Itoa(provider)
	return app.Label().Class("choice").For(id).Body(
		icon, app.Span().Class("menu-words").Body(app.Span().Class("menu-title").Body(kit.Name(name))),
		app.Input().ID(id).Type("radio").Name("find-in").Value(strconv.Itoa(provider)).Checked(c.New.Provider == provider).
			OnChange(func(app.Context, app.Event) { c.FindIn(provider) }, app.EventScope(id)),
	)
}

func personForm(c *control.Control) app.UI {
	l, problem := c.L.Consent, ""
	switch c.New.Status {
	case "empty":
		problem = l.FindEmpty
	case "invalid":
		problem = l.FindBad
	}
	return app.Form().Class("form").NoValidate(true).
		OnSubmit(func(_ app.Context, e app.Event) {
			e.PreventDefault()
			c.New.Person = kit.Value("person")
			c.PersonSubmit()
		}).
		Body(
			kit.Field{
				ID: "person", Label: l.FindName, Hint: l.FindNameHint, Error: problem,
				Input: app.Input().Type("text").AutoFocus(true).Name("person").Attr("autocomplete", "off").Attr("autocapitalize", "none").
					Spellcheck(false).Attr("enterkeyhint", "search").MaxLength(80).
					OnInput(func(ctx app.Context, _ app.Event) { c.NewPerson(ctx.JSSrc().Get("value").String()) }),
			}.Draw(),
			app.Div().ID("person-answer").Class("answer").DataSet("status", c.New.Status).Role("status").Body(personAnswer(c)),
			submit(c),
			app.P().Class("small").Text(l.NewThread),
		)
}

func personAnswer(c *control.Control) app.UI {
	l, name := c.L.Consent, lang.Isolate(view.CleanName(c.New.Asked))
	label := ""
	for _, a := range c.View.Apps() {
		if a.ID == c.New.Provider {
			label = lang.Isolate(a.Label)
		}
	}
	switch c.New.Status {
	case "not_found":
		return kit.Note("info", "person", app.H3().Text(l.FindNone),
			app.P().Text(lang.Fill(l.FindNoneText, "username", name, "app", label)))
	case "no_consent":
		return kit.Note("info", "plug", app.H3().Text(l.FindOff),
			app.P().Text(lang.Fill(l.FindOffText, "app", label)),
			app.P().Body(app.A().Class("link").Href(c.At(control.PathThird)).Text(l.FindOffDo)))
	case "offline", "failed":
		return answer(c)
	}
	return nil
}
