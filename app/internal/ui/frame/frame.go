// Package frame draws what lies around the screens: banners, toasts, the
// questions, the overview of shortcuts, the pane with nothing in it and the
// screen of an engine that stopped.
package frame

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/lang"
	"ferry/app/internal/model"
	"ferry/app/internal/ui/control"
	"ferry/app/internal/ui/kit"
	"ferry/app/internal/ui/view"
)

// Banner says which hop is down. Its place is always there, so that a screen
// reader hears what comes into it.
func Banner(c *control.Control) app.UI {
	b, shown := c.View.Banner()
	return app.Div().Class("banner-place").Role("status").Body(app.If(shown, func() app.UI {
		return app.Div().ID("link-banner").Class("banner banner-"+tone(b)).
			DataSet("hop", b.Hop).DataSet("phase", b.Phase).
			Body(
				symbol(b),
				app.P().Class("banner-text").Body(app.Strong().Text(b.Text), app.Text(" "),
					// The countdown would be read out each second.
					app.Span().Aria("hidden", b.Phase == model.LinkWaiting).Text(b.Next)),
				app.If(b.Total > 0, func() app.UI {
					return app.Progress().Class("banner-progress").Max(b.Total).Value(b.Done).Aria("label", b.Text)
				}),
				app.If(b.Act != view.NoAct, func() app.UI {
					return app.Button().ID("link-act").Type("button").Class("btn btn-quiet").Text(b.ActText).
						OnClick(func(app.Context, app.Event) { c.Act() })
				}),
			)
	}))
}

func tone(b view.Banner) string {
	switch b.Hop {
	case model.HopNone:
		return "calm"
	case model.HopSession:
		return "act"
	}
	return "down"
}

func symbol(b view.Banner) app.UI {
	switch b.Hop {
	case model.HopNetwork:
		return kit.Icon("offline")
	case model.HopRelay:
		return kit.Icon("server")
	case model.HopGateway:
		return kit.Icon("gateway")
	case model.HopSession:
		return kit.Icon("person")
	}
	return kit.Spinner()
}

// Toasts are the short notes at the edge.
func Toasts(c *control.Control) app.UI {
	return app.Div().Class("toasts").Role("status").Body(
		app.If(c.Toast != nil, func() app.UI {
			return app.Div().ID("toast").Class("toast").Body(
				app.P().Text(c.Toast.Text),
				app.If(c.Toast.CanUndo(), func() app.UI {
					return app.Button().ID("undo").Type("button").Class("toast-do").Text(c.L.App.Undo).
						OnClick(func(app.Context, app.Event) { c.Undo() })
				}),
			)
		}),
		app.If(c.View.UpdateReady && c.View.Halt == nil, func() app.UI {
			return app.Div().ID("update").Class("toast").Body(
				app.P().Text(c.L.App.UpdateReady),
				app.Button().ID("reload").Type("button").Class("toast-do").Text(c.L.App.Reload).
					OnClick(func(app.Context, app.Event) { c.Reload() }),
			)
		}),
	)
}

// Announcer speaks of each new message, once.
func Announcer(c *control.Control) app.UI {
	text, seq := c.View.Announcement()
	if seq%2 == 1 { // the same text twice must be a change
		text += "\u00a0"
	}
	return app.Div().ID("announce").Class("sr").Aria("live", "polite").Text(text)
}

// Ask is the question before something that is hard to take back.
func Ask(c *control.Control) app.UI {
	a := c.Ask
	return kit.Dialog("ask", a.Title, func(app.Context, app.Event) { c.Dismiss() },
		app.H2().Text(a.Title),
		app.P().Text(a.Text),
		app.Div().Class("dialog-do").Body(
			app.Button().ID("cancel").Type("button").AutoFocus(true).Class("btn btn-quiet").Text(c.L.App.Cancel).
				OnClick(func(app.Context, app.Event) { c.Dismiss() }),
			app.Button().ID("confirm").Type("button").Class("btn btn-danger").Text(a.Do).
				OnClick(func(app.Context, app.Event) { c.Confirm() }),
		),
	)
}

// Nothing fills the right pane while no chat is open.
func Nothing(c *control.Control) app.UI {
	title, text := c.L.App.EmptyTitle, c.L.App.EmptyText
	switch {
	case c.View.HasChats():
	case c.WhatsApp():
		title, text = lang.Fill(c.L.Persona.PaneTitle, "name", lang.Isolate(c.PersonaName())), c.L.Persona.PaneText
	default:
		title, text = c.L.App.Name, c.L.App.Tagline
	}
	return app.Div().Class("nothing").Body(kit.Mark(), app.H2().Text(title), app.P().Text(text))
}

// NotFound answers an address that leads nowhere.
func NotFound(c *control.Control) app.UI {
	l := c.L.App
	return app.Section().Class("page").Body(
		kit.Head("screen-title", l.NotFound, app.Span()),
		kit.Empty("search", l.NotFound, l.NotFoundText, app.A().Class("btn btn-primary").Href(c.At(control.PathChats)).Text(l.Home)),
	)
}

// Halted is what remains when the engine has stopped.
func Halted(c *control.Control) app.UI {
	h, l := c.View.Halt, c.L.Halted
	title, text, do := l.OtherTitle, l.OtherText, l.Reload
	switch h.Reason {
	case "store_lost":
		title, text = l.LostTitle, l.LostText
	case "replaced":
		title, text, do = l.ReplacedTitle, l.ReplacedText, l.UseHere
	case "store_full":
		title, text = l.FullTitle, l.FullText
	}
	return app.Main().ID("main").Class("sign").Body(
		app.Div().ID("halted").Class("card sign-card halted").DataSet("reason", h.Reason).Role("alert").Body(
			kit.Mark(),
			app.H1().ID("screen-title").TabIndex(-1).Text(title),
			app.P().Text(text),
			app.Button().ID("halted-reload").Type("button").Class("btn btn-primary btn-wide").Text(do).
				OnClick(func(app.Context, app.Event) { c.Reload() }),
			app.If(h.Detail != "", func() app.UI {
				return app.P().Class("small").Text(lang.Fill(l.Detail, "detail", lang.Isolate(view.CleanName(h.Detail))))
			}),
		),
	)
}
