package settings

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/lang"
	"ferry/app/internal/ui/control"
	"ferry/app/internal/ui/host"
	"ferry/app/internal/ui/kit"
	"ferry/app/internal/ui/view"
)

func sessions(c *control.Control) []app.UI {
	l, s := c.L.Set, &c.Sessions
	if !s.Loaded {
		if s.Failed {
			return []app.UI{
				kit.Note("error", "alert", app.P().Text(l.SessionsFailed)),
				app.Div().Class("page-end").Body(kit.Button("quiet", c.L.App.Retry).
					OnClick(func(app.Context, app.Event) { c.LoadSessions() })),
			}
		}
		return []app.UI{app.Div().Class("thread-top").Role("status").Body(kit.Spinner(), kit.Hidden(c.L.App.Loading))}
	}
	others := 0
	for _, one := range s.List {
		if !one.Current {
			others++
		}
	}
	return []app.UI{
		app.If(s.Failed, func() app.UI { return kit.Note("error", "alert", app.P().Text(l.SessionsFailed)) }),
		app.Ul().ID("sessions").Class("menu card").Body(app.Range(s.List).Slice(func(i int) app.UI {
			return session(c, s.List[i])
		})),
		app.If(others == 0, func() app.UI { return app.P().Class("small page-note").Text(l.NoOthers) }),
		app.If(others > 1, func() app.UI {
			return app.Div().Class("page-end").Body(
				app.Button().ID("end-others").Type("button").Class("btn btn-danger").Aria("busy", s.Ending == "*").
					Text(l.EndAll).OnClick(func(app.Context, app.Event) { c.AskRevokeOthers() }),
			)
		}),
	}
}

func session(c *control.Control, s host.Session) app.UI {
	l := c.L.Set
	name := view.CleanName(s.Device)
	seen := lang.Fill(l.LastSeen, "when", c.L.Moment(c.View.Now, s.LastSeen.In(c.View.Now.Location())))
	if s.Current {
		seen = l.ThisDevice
	}
	end := l.End
	if c.Sessions.Ending == s.ID {
		end = l.EndBusy
	}
	return app.Li().Class("menu-item menu-static").DataSet("session", s.ID).Body(
		kit.Icon("devices"),
		app.Span().Class("menu-words").Body(
			app.Span().Class("menu-title").Body(kit.Name(name)),
			app.Span().Class("small").Text(seen),
			app.Span().Class("small").Text(lang.Fill(l.SignedIn, "when", c.L.Moment(c.View.Now, s.Created.In(c.View.Now.Location())))),
		),
		app.If(!s.Current, func() app.UI {
			return app.Button().Type("button").Class("btn btn-quiet").Aria("label", end+": "+name).Text(end).
				Disabled(c.Sessions.Ending != "").
				OnClick(func(app.Context, app.Event) { c.AskRevoke(s, name) }, app.EventScope(s.ID))
		}),
	)
}
