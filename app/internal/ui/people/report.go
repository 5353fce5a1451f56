package people

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/lang"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/ui/control"
	"ferry/app/internal/ui/kit"
	"ferry/app/internal/ui/view"
)

// report is the form that tells the gateway's operator about a person.
func report(c *control.Control, f *control.Report) app.UI {
	l := c.L.People.Report
	title := lang.Fill(l.Title, "name", lang.Isolate(c.View.Who(f.Chat)))
	send := l.Send
	if f.Busy {
		send = l.Sending
	}
	dismiss := func(app.Context, app.Event) { c.Dismiss() }
	return kit.Dialog("report", title, dismiss,
		app.Header().Class("dialog-head").Body(
			app.H2().Text(title),
			kit.IconButton("dialog-close", "close", c.L.App.Close).OnClick(dismiss),
		),
		app.P().Text(l.Intro),
		reasons(c, f),
		choose(c, f),
		leaves(c, f),
		app.If(!blockedAlready(c, f.Chat), func() app.UI {
			return check("report-block", lang.Fill(l.Also, "name", lang.Isolate(c.View.Name(f.Chat))), f.Block, c.ReportBlocks)
		}),
		app.Div().ID("report-error").Class("answer").Role("alert").Body(app.If(f.Error != "", func() app.UI {
			return kit.Note("error", "alert", app.P().Text(f.Error))
		})),
		app.Div().Class("dialog-do").Body(
			kit.Button("quiet", c.L.App.Cancel).ID("cancel").OnClick(dismiss),
			kit.Button("danger", send).ID("report-send").Disabled(!f.Ready()).Aria("busy", f.Busy).
				OnClick(func(app.Context, app.Event) { c.SendReport() }),
		),
	)
}

func blockedAlready(c *control.Control, id model.ChatID) bool {
	chat, _ := c.View.Chat(id)
	return chat.Blocked
}

func reasons(c *control.Control, f *control.Report) app.UI {
	all := port.ReportReasons()
	return app.FieldSet().Class("reasons").Body(
		app.Legend().Text(c.L.People.Report.Why),
		app.Range(all).Slice(func(i int) app.UI {
			reason := all[i]
			id := "reason-" + reason
			return app.Label().Class("check").For(id).Body(
				app.Input().ID(id).Type("radio").Name("reason").Value(reason).Checked(f.Reason == reason).
					OnChange(func(app.Context, app.Event) { c.ReportFor(reason) }, app.EventScope(reason)),
				app.Span().Text(reasonText(c.L.People.Report, reason)),
			)
		}),
	)
}

func reasonText(l lang.ReportTexts, reason string) string {
	switch reason {
	case "spam":
		return l.Spam
	case "scam":
		return l.Scam
	case "abuse":
		return l.Abuse
	case "impersonation":
		return l.Impersonation
	}
	return l.Other
}

// choose offers the person's last messages.
func choose(c *control.Control, f *control.Report) app.UI {
	l := c.L.People.Report
	return app.FieldSet().Class("chosen").Body(
		app.Legend().Text(l.Choose),
		app.If(!f.Loaded && f.Error == "", func() app.UI { return app.P().Class("small").Role("status").Text(l.Loading) }),
		app.If(f.Loaded && len(f.Messages) == 0, func() app.UI { return app.P().Class("small").Text(l.ChooseNone) }),
		app.Div().Class("chosen-list").Body(app.Range(f.Messages).Slice(func(i int) app.UI { return candidate(c, f, f.Messages[i]) })),
		app.P().Class("small").Role("status").Body(app.If(f.Full, func() app.UI {
			return app.Text(lang.Fill(l.Full, "n", lang.Number(port.MaxReported)))
		})),
	)
}

func candidate(c *control.Control, f *control.Report, m model.Message) app.UI {
	id, ref := "shown-"+string(m.ID), m.Ref()
	icon, text := c.View.Gist(m)
	when := c.L.Moment(c.View.Now, m.At.In(c.View.Now.Location()))
	return app.Label().Class("check").For(id).Body(
		app.Input().ID(id).Type("checkbox").DataSet("message", m.ID).Checked(f.Chosen(m)).
			OnChange(func(ctx app.Context, _ app.Event) { c.ChooseReported(ref, ctx.JSSrc().Get("checked").Bool()) }, app.EventScope(id)),
		app.Span().Class("menu-words").Body(
			app.Span().Class("candidate").Body(app.If(icon != "", func() app.UI { return kit.Icon(icon) }), kit.Name(text)),
			app.Span().Class("small").Text(when),
		),
	)
}

// leaves is all that the report tells, as the engine will send it.
func leaves(c *control.Control, f *control.Report) app.UI {
	l := c.L.People.Report
	return app.Section().ID("report-leaves").Class("leaves").DataSet("ready", f.Preview != nil).Body(
		app.H3().Text(l.Leaves),
		app.P().Class("small").Text(l.To),
		app.If(f.Preview == nil, func() app.UI { return app.P().Class("small").Role("status").Text(l.Loading) }),
		app.If(f.Preview != nil, func() app.UI {
			p := f.Preview
			return app.Div().Body(
				app.Dl().Class("leaves-facts").Body(
					app.Dt().Text(l.By), app.Dd().Body(kit.Name(myself(c))),
					app.Dt().Text(l.About), app.Dd().Body(kit.Name(c.View.WhoIs(p.Contact)), app.Text(" "), app.Bdi().Class("small").Text(view.CleanName(p.Address))),
					app.Dt().Text(l.Reason), app.Dd().Text(reasonText(l, f.Reason)),
				),
				app.P().Class("leaves-count").Text(count(l, len(p.Messages))),
				app.Ul().Class("leaves-list").Body(app.Range(p.Messages).Slice(func(i int) app.UI {
					m := p.Messages[i]
					when := c.L.Moment(c.View.Now, m.At.In(c.View.Now.Location()))
					return app.Li().DataSet("shows", m.ID).Body(
						app.P().Class("leaves-text").Dir("auto").Text(view.CleanText(m.Text)), app.P().Class("small").Text(when),
					)
				})),
				app.P().Class("small").Text(l.NotElse),
			)
		}),
	)
}

func count(l lang.ReportTexts, n int) string {
	if n == 0 {
		return l.NoMessages
	}
	return l.Messages.Of(n)
}

// myself is who reports.
func myself(c *control.Control) string {
	l := c.L.People.Report
	if c.WhatsApp() {
		return lang.Fill(l.ByPhone, "phone", "+"+c.View.WhatsApp)
	}
	return lang.Fill(l.ByText, "username", lang.Isolate(c.View.Account.Username), "app", lang.Isolate(c.View.Provider()))
}
