package chats

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/lang"
	"ferry/app/internal/ui/control"
	"ferry/app/internal/ui/kit"
	"ferry/app/internal/ui/view"
)

// sectionRow leads to the separate inbox of third-party chats.
func sectionRow(c *control.Control) app.UI {
	show := c.View.Ready && c.View.Separate() && !c.View.InSection() && c.View.Search == ""
	return app.If(show, func() app.UI {
		n := c.View.SectionUnread()
		return app.A().ID("third-party-inbox").Class("section-row").Href(c.At(control.PathInbox)).DataSet("unread", n).Body(
			app.Span().Class("section-icon").Body(kit.Icon("apps")),
			app.Span().Class("section-name").Text(c.L.Consent.Section),
			app.If(n > 0, func() app.UI { return kit.Badge(c.L, n) }),
			kit.Icon("next").Class("menu-next"),
		)
	})
}

// sectionHead is the head of that inbox.
func sectionHead(c *control.Control) app.UI {
	l := c.L
	return app.Header().Class("head side-head").Body(
		kit.IconLink("section-back", "back", l.Consent.SectionBack, c.At(control.PathChats)),
		app.H1().ID("section-title").Class("head-title").TabIndex(-1).Text(l.Consent.Section),
		app.Div().Class("head-more").Body(
			kit.IconLink("new-chat", "new", l.List.New, c.At(control.PathNew)),
			kit.IconLink("settings-button", "gear", l.Consent.Section, c.At(control.PathThird)),
		),
	)
}

// newApps tells a WhatsApp user that another app can be chosen.
func newApps(c *control.Control) app.UI {
	apps := c.View.NewApps()
	return app.If(len(apps) > 0 && c.View.Search == "", func() app.UI {
		l := c.L.Consent
		text := l.NewApps.Of(len(apps))
		if len(apps) == 1 {
			text = lang.Fill(l.NewApp, "app", lang.Isolate(apps[0].Label))
		}
		return app.Div().ID("new-apps").Class("strip strip-new").Role("status").Body(
			kit.Icon("apps"),
			app.Span().Class("strip-text").Text(text),
			app.Button().ID("new-apps-later").Type("button").Class("link").Text(l.NewAppLater).
				OnClick(func(app.Context, app.Event) { c.SeeApps() }),
			app.A().ID("new-apps-look").Class("link").Href(c.At(control.PathThird)).Text(l.NewAppDo),
		)
	})
}

// unlinked reminds that nothing goes in or out while there are chats to read.
func unlinked(c *control.Control) app.UI {
	l, phone := c.L.Persona, lang.Isolate("+"+c.Persona.Digits)
	if c.Persona.Linking {
		return app.Div().Class("strip").Role("status").Body(kit.Spinner(),
			app.Span().Class("strip-text").Text(lang.Fill(l.Linking, "phone", phone)))
	}
	return app.Div().Class("strip").Body(
		kit.Icon("plug"),
		app.Span().Class("strip-text").Body(app.Strong().Text(lang.Fill(l.Unlinked, "phone", phone)), app.Text(" "), app.Text(said(c, l.UnlinkedText))),
		app.Button().ID("link").Type("button").Class("strip-do").Text(l.Link).OnClick(func(app.Context, app.Event) { c.Link() }),
	)
}

// said is why linking failed, or else another text.
func said(c *control.Control, text string) string {
	if c.Persona.Trouble != "" {
		return c.Persona.Trouble
	}
	return text
}

// emptyPersona stands in for a WhatsApp user's chats.
func emptyPersona(c *control.Control, e view.Empty) app.UI {
	l, k := c.L.Persona, c.L.Consent
	switch e {
	case view.EmptyLinking:
		phone := lang.Isolate("+" + c.Persona.Digits)
		if c.Persona.Trouble != "" {
			return kit.Empty("phone", lang.Fill(l.Unlinked, "phone", phone), c.Persona.Trouble,
				kit.Button("primary", l.Link).ID("link").OnClick(func(app.Context, app.Event) { c.Link() }))
		}
		return kit.Empty("phone", lang.Fill(l.Linking, "phone", phone), l.LinkingText, kit.Spinner())
	case view.EmptyConsent:
		return kit.Empty("plug", l.EmptyOff, l.EmptyOffText,
			app.A().ID("empty-action").Class("btn btn-primary").Href(c.At(control.PathThird)).Text(c.L.List.OffButton))
	case view.EmptyAbove:
		return kit.Empty("apps", l.AboveTitle, l.AboveText, nil)
	case view.EmptySection:
		return kit.Empty("apps", k.SectionEmpty, k.SectionEmptyText,
			app.A().ID("empty-action").Class("btn btn-primary").Href(c.At(control.PathNew)).Text(c.L.List.NoneButton))
	}
	return kit.Empty("new", l.EmptyTitle, l.EmptyText,
		app.A().ID("empty-action").Class("btn btn-primary").Href(c.At(control.PathNew)).Text(c.L.List.NoneButton))
}
