package settings

import (
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/lang"
	"ferry/app/internal/model"
	"ferry/app/internal/ui/control"
	"ferry/app/internal/ui/kit"
	"ferry/app/internal/ui/view"
)

// consent is where a WhatsApp user turns third-party chats on, and changes them.
func consent(c *control.Control) []app.UI {
	state, body := "off", consentOff
	switch {
	case !c.View.Consent.Known:
		state, body = "unknown", consentUnknown
	case c.View.Consent.On:
		state, body = "on", consentOn
	}
	return []app.UI{app.Div().ID("consent").Class("steps").DataSet("state", state).Body(body(c)...)}
}

func consentUnknown(c *control.Control) []app.UI {
	if c.View.Ready && !c.View.Self.Connected {
		return []app.UI{kit.Note("info", "plug", app.P().Text(lang.Fill(c.L.Persona.Unlinked, "phone", lang.Isolate("+"+c.Persona.Digits))))}
	}
	return []app.UI{working(c.L.App.Loading)}
}

func consentOff(c *control.Control) []app.UI {
	l := c.L.Consent
	return []app.UI{
		app.Div().Class("done").Body(
			app.Span().Class("empty-icon").Body(kit.Icon("apps")),
			app.H2().Text(l.OffTitle), app.P().Text(l.OffText),
			app.Button().ID("consent-begin").Type("button").Class("btn btn-primary").Text(l.Begin).
				OnClick(func(app.Context, app.Event) { c.BeginConsent() }),
		),
		fresh(c),
		consentTrouble(c),
	}
}

// fresh explains that nothing is merged or imported.
func fresh(c *control.Control) app.UI {
	return kit.Note("info", "info", app.H3().Text(c.L.Consent.FreshTitle), app.P().Text(c.L.Consent.Fresh))
}

func consentTrouble(c *control.Control) app.UI {
	return app.Div().ID("consent-error").Class("answer").Role("alert").Body(app.If(c.Consent.Error != "", func() app.UI {
		return kit.Note("error", "alert", app.P().Text(c.Consent.Error))
	}))
}

// step is one step of turning third-party chats on.
func step(c *control.Control, n int, next app.UI, body ...app.UI) []app.UI {
	l := c.L.Consent
	of := lang.Fill(l.Step, "n", strconv.Itoa(n), "of", "3")
	return []app.UI{app.Div().ID("consent-step").Class("steps").DataSet("step", n).Body(
		append(append([]app.UI{app.P().Class("step-of").Text(of)}, body...),
			consentTrouble(c),
			app.Div().Class("step-do").Body(
				app.Button().ID("consent-not-now").Type("button").Class("btn btn-quiet").Text(l.NotNow).
					OnClick(func(app.Context, app.Event) { c.NotNow() }),
				next,
			))...,
	)}
}

func next(id, text string) app.HTMLButton {
	return app.Button().ID(id).Type("button").Class("btn btn-primary").Text(text)
}

func meaning(c *control.Control) []app.UI {
	l := c.L.Consent
	return step(c, 1,
		next("consent-continue", l.Continue).OnClick(func(app.Context, app.Event) { c.Understood() }, app.EventScope("meaning")),
		app.Div().Class("blocks").Body(
			block(c, "people", l.ReachTitle, l.Reach),
			block(c, "eye", l.KnowTitle, l.Know),
			block(c, "lock", l.SecureTitle, l.Secure),
			block(c, "ban", l.LackTitle, l.Lack),
			block(c, "alert", l.RiskTitle, l.Risk),
		),
	)
}

func chooseApps(c *control.Control) []app.UI {
	l, apps := c.L.Consent, c.View.Apps()
	list := app.If(len(apps) > 0, func() app.UI {
		return app.FieldSet().ID("apps").Class("card choices").TabIndex(-1).Body(
			app.Legend().Class("sr").Text(l.AppsTitle),
			app.Range(apps).Slice(func(i int) app.UI { return appChoice(c, apps[i]) }),
		)
	}).ElseIf(true, func() app.UI { return kit.Note("info", "apps", app.P().Text(l.AppsNone)) })
	return step(c, 2,
		next("consent-continue", l.Continue).OnClick(func(app.Context, app.Event) { c.AppsChosen() }, app.EventScope("apps")),
		app.P().Class("lead").Text(l.AppsText), list,
		app.Div().Class("answer").Role("alert").Body(app.If(c.Consent.Choose, func() app.UI {
			return kit.Note("error", "alert", app.P().Text(l.AppsChoose))
		})),
	)
}

// appHint says what is special about an app.
func appHint(c *control.Control, a view.App) string {
	l := c.L.Consent
	switch {
	case a.Suspended:
		return l.AppPaused
	case a.Blocked:
		return l.AppBlocked
	case a.New:
		return l.AppNew
	}
	return ""
}

func appChoice(c *control.Control, a view.App) app.UI {
	id, hint := "choose-"+strconv.Itoa(a.ID), appHint(c, a)
	return app.Label().Class("choice").For(id).Body(
		kit.AppMark(a.Initial, a.Hue, ""),
		app.Span().Class("menu-words").Body(
			app.Span().Class("menu-title").Body(kit.Name(a.Label)),
			app.If(hint != "", func() app.UI { return app.Span().Class("small").Text(hint) }),
		),
		app.Input().ID(id).Type("checkbox").Checked(c.Chosen(a.ID)).
			OnChange(func(ctx app.Context, _ app.Event) { c.ChooseApp(a.ID, ctx.JSSrc().Get("checked").Bool()) }, app.EventScope(id)),
	)
}

func chooseInbox(c *control.Control) []app.UI {
	l := c.L.Consent
	text := l.Finish
	if c.Consent.Busy {
		text = l.Finishing
	}
	return step(c, 3,
		app.Button().ID("consent-finish").Type("button").Class("btn btn-primary").Aria("busy", c.Consent.Busy).
			OnClick(func(app.Context, app.Event) { c.FinishConsent() }, app.EventScope("inbox")).
			Body(app.If(c.Consent.Busy, kit.Spinner), app.Text(text)),
		app.P().Class("lead").Text(l.InboxText),
		inboxes(c, c.Consent.Inbox, c.ChooseInbox),
	)
}

// inboxes are the two ways in which third-party chats can be listed.
func inboxes(c *control.Control, now string, choose func(string)) app.UI {
	l := c.L.Consent
	one := func(inbox, icon, title, text string) app.UI {
		id := "inbox-" + inbox
		return app.Label().Class("choice").For(id).Body(
			kit.Icon(icon), words(title, text),
			app.Input().ID(id).Type("radio").Name("inbox").Value(inbox).Checked(now == inbox).
				OnChange(func(app.Context, app.Event) { choose(inbox) }, app.EventScope(inbox)),
		)
	}
	return app.FieldSet().ID("inboxes").Class("card choices").Body(
		app.Legend().Class("sr").Text(l.InboxTitle),
		one(model.InboxSeparate, "apps", l.Separate, l.SeparateText),
		one(model.InboxCombined, "people", l.Combined, l.CombinedText),
	)
}

func consentDone(c *control.Control) []app.UI {
	l := c.L.Consent
	return []app.UI{
		app.Div().ID("consent-done").Class("done").Body(
			app.Span().Class("done-icon").Body(kit.Icon("check")),
			app.P().Text(lang.Fill(l.DoneText, "apps", c.View.ChosenApps())),
			app.A().ID("consent-next").Class("btn btn-primary").Href(c.At(control.PathNew)).Text(l.DoneNext),
			app.A().Class("btn btn-quiet").Href(c.At(control.PathThird)).Text(l.DoneBack),
		),
		fresh(c),
	}
}

// consentOn is all that can be changed later.
func consentOn(c *control.Control) []app.UI {
	l, apps := c.L.Consent, c.View.Apps()
	return []app.UI{
		app.P().Class("lead").Text(l.OnText),
		consentTrouble(c),
		app.Section().Class("group").Aria("label", l.Apps).Body(
			app.H2().Class("group-head").Text(l.Apps),
			app.If(len(apps) == 0, func() app.UI { return kit.Note("info", "apps", app.P().Text(l.AppsNone)) }),
			app.If(len(apps) > 0, func() app.UI {
				return app.Div().ID("apps").Class("card switches").Body(app.Range(apps).Slice(func(i int) app.UI { return appSwitch(c, apps[i]) }))
			}),
			app.P().Class("small page-note").Text(l.AppsHint),
		),
		app.Section().Class("group").Aria("label", l.Inbox).Body(
			app.H2().Class("group-head").Text(l.Inbox),
			inboxes(c, c.View.Consent.Inbox, c.SetInbox),
		),
		app.Div().Class("card switches").Body(
			flip(c, "consent-requests", kit.Icon("hourglass"), app.Text(l.Requests), l.RequestsText, c.View.Consent.Requests, c.SetRequests),
		),
		fresh(c),
		app.Div().Class("page-end").Body(
			app.Button().ID("consent-off").Type("button").Class("btn btn-danger").Aria("busy", c.Consent.Busy).Text(l.Off).
				OnClick(func(app.Context, app.Event) { c.AskConsentOff() }),
		),
	}
}

func appSwitch(c *control.Control, a view.App) app.UI {
	hint := appHint(c, a)
	if hint == "" {
		if hint = c.L.Consent.AppOff; a.On {
			hint = c.L.Consent.AppOn
		}
	}
	return flip(c, control.AppID(a.ID), kit.AppMark(a.Initial, a.Hue, ""), kit.Name(a.Label), hint, a.On,
		func(on bool) { c.SetApp(a, on) })
}

// flip is a switch that moves only once what it stands for has changed: there
// may be a question in between.
func flip(c *control.Control, id string, icon, title app.UI, text string, on bool, set func(bool)) app.UI {
	scope := id + strconv.FormatBool(on)
	return app.Button().ID(id).Type("button").Class("switch flip").Role("switch").Aria("checked", on).Aria("describedby", id+"-text").
		Aria("labelledby", id+"-name").
		OnClick(func(app.Context, app.Event) { set(!on) }, app.EventScope(scope)).
		Body(
			icon,
			app.Span().Class("menu-words").Body(
				app.Span().ID(id+"-name").Class("menu-title").Body(title),
				app.Span().ID(id+"-text").Class("small").Text(text),
			),
			app.Span().Class("flip-knob").Aria("hidden", true),
		)
}
