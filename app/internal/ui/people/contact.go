package people

import (
	"strconv"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/lang"
	"ferry/app/internal/model"
	"ferry/app/internal/ui/control"
	"ferry/app/internal/ui/kit"
	"ferry/app/internal/ui/view"
)

// Info is the screen of one person.
func Info(c *control.Control) app.UI {
	l, id := c.L.People.Contact, c.Route.Chat
	back := kit.IconButton("back", "back", c.L.App.Back).
		OnClick(func(app.Context, app.Event) { c.Back(control.ChatPath(id)) }, app.EventScope(string(id)))
	chat, known := c.View.Chat(id)
	body := app.Div().Class("page-body")
	if known {
		body = body.Body(
			who(c, chat), facts(c, chat),
			safety(c, chat),
			works(c, chat),
			actions(c, chat),
		)
	} else if c.View.Ready {
		body = body.Body(kit.Empty("person", c.L.Thread.Unknown, c.L.Thread.UnknownText, nil))
	}
	return app.Section().ID("contact").Class("page").Aria("label", l.Title).DataSet("chat", id).Body(
		kit.Head("screen-title", l.Title, back), app.Div().Class("page-scroll").Body(body),
	)
}

func who(c *control.Control, chat model.Chat) app.UI {
	name := c.View.Name(chat.ID)
	mark, third := c.View.AppOf(chat.Contact)
	return app.Div().Class("who-head").Body(
		app.Span().Class("avatar avatar-big hue-"+strconv.Itoa(view.Hue(chat.ID))).Aria("hidden", true).Body(
			app.If(view.Initial(name) != "", func() app.UI { return app.Text(view.Initial(name)) }).
				Else(func() app.UI { return kit.Icon("person") }),
		),
		app.H2().Class("who-name").Body(kit.Name(name), app.If(chat.Verified, func() app.UI { return Verified(c) })),
		app.P().Class("who-app").Body(
			app.If(third, func() app.UI { return kit.AppMark(mark.Initial, mark.Hue, "small") }),
			app.Text(" "), kit.Name(c.View.AppName(chat.Contact)),
		),
		doubt(c, chat.ID),
		app.If(view.Nameable(chat), func() app.UI { return NameButton(c, chat) }),
	)
}

// Verified is the sign of a person whose safety number was compared.
func Verified(c *control.Control) app.UI {
	text := c.L.People.Safety.Mark
	return app.Span().Class("verified").Title(text).Body(kit.Icon("shield"), kit.Hidden(text))
}

func facts(c *control.Control, chat model.Chat) app.UI {
	l := c.L.People.Contact
	phone := view.CleanName(chat.Contact.Phone)
	if phone == "" {
		phone = l.NoPhone
	}
	lines := []app.UI{app.Dt().Text(l.App), app.Dd().Body(kit.Name(c.View.AppName(chat.Contact)))}
	if chat.Contact.Provider != 0 {
		lines = append(lines, app.Dt().Text(l.Username), app.Dd().Body(kit.Name(c.View.Name(chat.ID))))
	} else {
		lines = append(lines, app.Dt().Text(l.Phone), app.Dd().Body(app.Bdi().Dir("ltr").Text(phone)))
		if own := view.CleanName(chat.Contact.Name); own != "" && own != c.View.Name(chat.ID) {
			lines = append(lines, app.Dt().Text(l.OwnName), app.Dd().Body(kit.Name(own)))
		}
	}
	lines = append(lines, app.Dt().Text(l.Address), app.Dd().Body(app.Bdi().Dir("ltr").Class("who-address").Text(view.CleanName(string(chat.ID)))))
	return app.Dl().Class("facts card").Body(lines...)
}

// works is what can be sent between the two, and what cannot.
func works(c *control.Control, chat model.Chat) app.UI {
	l := c.L.People.Contact
	yes, no := c.View.Works(chat)
	list := func(class, icon string, all []string) app.UI {
		return app.Ul().Class(class).Body(app.Range(all).Slice(func(i int) app.UI {
			return app.Li().Body(kit.Icon(icon), app.Text(all[i]))
		}))
	}
	return app.Section().Class("card block").Body(
		app.Div().Class("block-head").Body(kit.Icon("check"), app.H2().Text(l.Works)),
		app.P().Class("small").Text(lang.Fill(l.WorksText, "name", lang.Isolate(c.View.Name(chat.ID)))),
		list("works", "check", yes), list("works works-not", "close", no),
	)
}

func actions(c *control.Control, chat model.Chat) app.UI {
	l, id := c.L.People, chat.ID
	name := c.View.Name(id)
	scope := app.EventScope(string(id))
	act := func(element, icon, text string, do func()) app.UI {
		return app.Li().Body(app.Button().ID(element).Type("button").Class("menu-item").
			OnClick(func(app.Context, app.Event) { do() }, scope, app.EventScope(element)).
			Body(kit.Icon(icon), app.Span().Class("menu-words").Body(app.Span().Class("menu-title").Text(text))))
	}
	var items []app.UI
	if chat.Blocked {
		items = append(items, act("info-unblock", "check", l.Unblock, func() { c.Unblock(id, name) }))
	} else {
		items = append(items, act("info-block", "ban", lang.Fill(l.Block, "name", lang.Isolate(name)), func() { c.AskBlock(id) }))
	}
	if app, third := c.View.AppOf(chat.Contact); third && c.WhatsApp() && !chat.ProviderBlocked {
		items = append(items, act("info-block-app", "ban", lang.Fill(l.BlockApp, "app", lang.Isolate(app.Label)), func() { c.AskBlockApp(chat.Contact.Provider, app.Label) }))
	}
	items = append(items, act("info-report", "flag", lang.Fill(l.Report.Open, "name", lang.Isolate(name)), func() { c.OpenReport(id) }))
	return app.Ul().Class("menu card menu-danger").Aria("label", l.Contact.Actions).Body(items...)
}

// safety is the safety number, and what to do with it.
func safety(c *control.Control, chat model.Chat) app.UI {
	l, s := c.L.People.Safety, &c.Safety
	name := lang.Isolate(c.View.Name(chat.ID))
	groups := view.SafetyGroups(s.Number.Digits)
	return app.Section().ID("safety").Class("card block").DataSet("verified", chat.Verified).DataSet("held", chat.Held).Body(
		app.Div().Class("block-head").Body(kit.Icon("shield"), app.H2().Text(l.Title)),
		app.P().Class("small").Text(l.Text),
		app.If(chat.Held, func() app.UI { return kit.Note("error", "key", app.P().Text(lang.Fill(l.HeldText, "name", name))) }),
		app.Div().Role("status").Body(app.If(s.Note != "", func() app.UI { return kit.Note("info", "info", app.P().Text(s.Note)) })),
		app.If(s.Failed, func() app.UI {
			return kit.Note("info", "offline", app.P().Text(l.Failed))
		}).ElseIf(!s.Loaded, func() app.UI {
			return app.P().Class("small").Role("status").Text(c.L.App.Loading)
		}).ElseIf(groups == nil, func() app.UI {
			return app.P().Text(l.None)
		}).Else(func() app.UI { return number(c, chat, groups) }),
	)
}

func number(c *control.Control, chat model.Chat, groups []string) app.UI {
	l, s := c.L.People.Safety, &c.Safety
	name := lang.Isolate(c.View.Name(chat.ID))
	state := lang.Fill(l.NotVerified, "name", name)
	if chat.Verified {
		state = lang.Fill(l.Verified, "name", name)
	}
	text := strings.Join(groups, " ")
	return app.Div().Class("safety").Body(
		app.Div().Class("safety-number").Body(
			code(s.Number.Drawn, lang.Fill(l.Scan, "name", name)),
			app.P().ID("safety-digits").Class("digits").Dir("ltr").Role("group").Aria("label", lang.Fill(l.Number, "name", name)).
				Body(app.Range(groups).Slice(func(i int) app.UI { return app.Span().Text(groups[i]) })),
		),
		app.Elem("ol").Class("steps").Body(app.Range(l.How).Slice(func(i int) app.UI {
			return app.Li().Text(lang.Fill(l.How[i], "name", name, "app", lang.Isolate(c.View.AppName(chat.Contact))))
		})),
		app.P().Class("small").Text(l.Differs),
		app.If(!s.Number.ChangedAt.IsZero(), func() app.UI {
			return app.P().Class("small").Text(lang.Fill(l.Changed, "when", c.L.Moment(c.View.Now, s.Number.ChangedAt.In(c.View.Now.Location()))))
		}),
		app.P().ID("safety-state").Class("safety-state").Role("status").Body(
			app.If(chat.Verified, func() app.UI { return kit.Icon("shield") }), app.Span().Text(state),
		),
		app.Div().Class("safety-do").Body(
			app.If(chat.Verified, func() app.UI {
				return kit.Button("quiet", l.Unverify).ID("unverify").Aria("busy", s.Busy).OnClick(func(app.Context, app.Event) { c.Verify(false) })
			}).Else(func() app.UI {
				return kit.Button("primary", l.Verify).ID("verify").Aria("busy", s.Busy).OnClick(func(app.Context, app.Event) { c.Verify(true) })
			}),
			kit.Button("quiet", l.Copy).ID("safety-copy").OnClick(func(app.Context, app.Event) { c.CopySafety(text) }, app.EventScope(text)),
			app.If(chat.Held, func() app.UI {
				return kit.Button("danger", l.Anyway).ID("info-release").OnClick(func(app.Context, app.Event) { c.AskRelease(chat.ID) }, app.EventScope(string(chat.ID)))
			}),
		),
	)
}

// code is a square to scan, black on white in every theme: scanners need it so.
func code(drawn []byte, label string) app.UI {
	square, ok := view.SquareOf(drawn)
	return app.If(ok, func() app.UI {
		side := strconv.Itoa(square.Side + 8)
		return svg("svg", "class", "qr", "viewBox", "-4 -4 "+side+" "+side, "role", "img", "aria-label", label, "shape-rendering", "crispEdges").Body(
			svg("rect", "x", "-4", "y", "-4", "width", side, "height", side, "fill", "#ffffff"),
			svg("path", "d", square.Path, "fill", "#000000"),
		)
	})
}

func svg(tag string, pairs ...string) app.HTMLElem {
	e := app.Elem(tag).XMLNS("http://www.w3.org/2000/svg")
	for i := 0; i+1 < len(pairs); i += 2 {
		e = e.Attr(pairs[i], pairs[i+1])
	}
	return e
}
