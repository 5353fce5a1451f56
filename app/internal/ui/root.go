package ui

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/lang"
	"ferry/app/internal/ui/chats"
	"ferry/app/internal/ui/control"
	"ferry/app/internal/ui/frame"
	"ferry/app/internal/ui/keys"
	"ferry/app/internal/ui/kit"
	"ferry/app/internal/ui/media"
	"ferry/app/internal/ui/newchat"
	"ferry/app/internal/ui/people"
	"ferry/app/internal/ui/persona"
	"ferry/app/internal/ui/settings"
	"ferry/app/internal/ui/signin"
	"ferry/app/internal/ui/thread"
	"ferry/app/internal/ui/view"
)

// Mount registers the screens. Then call app.RunWhenOnBrowser.
func Mount(d Deps) {
	c := control.New(control.Config{
		Relay: d.Relay, Device: d.Device, Files: d.Files, Sandbox: d.Sandbox, Path: app.Window().URL().Path, Now: d.Now, Rand: d.Rand, Build: d.Build, Lang: lang.English(),
	})
	// One component for all paths: go-app keeps it mounted from path to path.
	app.RouteWithRegexp("^/", func() app.Composer { return &root{c: c} })
}

// root is everything on the page.
type root struct {
	app.Compo
	c     *control.Control
	ctx   app.Context
	trail []string // paths visited in this tab, for Back
}

// OnMount starts the app.
func (r *root) OnMount(ctx app.Context) {
	r.ctx = ctx
	r.listen()
	r.c.Start(r)
}

// OnNav follows the address.
func (r *root) OnNav(ctx app.Context) {
	r.ctx = ctx
	path := ctx.Page().URL().Path
	if code := ctx.Page().URL().Query().Get("error"); code != "" && path == control.PathSignIn {
		r.c.SignTrouble(code)
	}
	switch n := len(r.trail); {
	case n > 0 && r.trail[n-1] == path:
	case n > 1 && r.trail[n-2] == path: // back
		r.trail = r.trail[:n-1]
	default:
		r.trail = append(r.trail, path)
	}
	if len(r.trail) > 100 {
		r.trail = r.trail[50:]
	}
	r.c.Navigated(path)
}

// listen hears the keys that no element has taken. It lives as long as the page.
func (r *root) listen() {
	heard := app.FuncOf(func(_ app.Value, args []app.Value) any {
		if len(args) == 0 {
			return nil
		}
		e := app.Event{Value: args[0]}
		if e.Get("defaultPrevented").Truthy() || e.Get("isComposing").Truthy() {
			return nil
		}
		r.ctx.Dispatch(func(app.Context) {
			if r.c.View.Phase == view.SignedIn && r.c.View.Halt == nil && keys.Handle(r.c, keys.FromEvent(e)) {
				e.PreventDefault()
			}
		})
		return nil
	})
	app.Window().Call("addEventListener", "keydown", heard)
}

// Render draws the page.
func (r *root) Render() app.UI {
	c := r.c
	body := app.Div().ID("app").Class("app")
	switch {
	case c.View.Halt != nil:
		return body.Body(persona.Strip(c), frame.Halted(c))
	case c.Apart():
		return body.Body(persona.Strip(c), persona.Screen(c))
	case c.View.Phase == view.SignedOut:
		return body.Body(signin.Screen(c))
	case c.View.Phase == view.Starting:
		return body.Body(starting(c))
	}
	return body.DataSet("pane", pane(c.Route)).Body(
		app.Button().Type("button").Class("skip").Text(c.L.App.Skip).
			OnClick(func(app.Context, app.Event) { c.Focus("main") }),
		app.Div().Class("slot").Body(persona.Strip(c)),
		frame.Banner(c),
		app.Div().Class("panes").Body(
			chats.Pane(c),
			app.Main().ID("main").Class("main").TabIndex(-1).Body(detail(c)),
		),
		frame.Toasts(c),
		frame.Announcer(c),
		media.Dialogs(c),
		people.Dialogs(c),
		app.Div().Class("dialogs").Body(
			app.If(c.Route.Place == control.NewChatPlace, func() app.UI { return newchat.Dialog(c) }),
			app.If(c.Ask != nil, func() app.UI { return frame.Ask(c) }),
			app.If(c.Help, func() app.UI { return keys.Help(c) }),
		),
	)
}

// pane tells which of the two panes a phone shows.
func pane(at control.Route) string {
	switch at.Place {
	case control.Chats, control.NewChatPlace, control.SignInPlace, control.ThirdInbox:
		return "list"
	}
	return "detail"
}

func detail(c *control.Control) app.UI {
	switch {
	case c.Route.Place == control.Chat:
		return thread.Pane(c)
	case c.Route.Place == control.ChatInfo:
		return people.Info(c)
	case c.Route.InSettings():
		return settings.Pane(c)
	case c.Route.Place == control.Nowhere:
		return frame.NotFound(c)
	}
	return frame.Nothing(c)
}

// starting looks like the static shell, so that nothing jumps.
func starting(c *control.Control) app.UI {
	return app.Div().Class("sign").Body(
		app.Div().Class("sign-brand").Body(
			kit.Mark(), app.P().Class("brand-name").Text(c.L.App.Name),
			app.P().Class("brand-line").Role("status").Text(c.L.App.Loading),
		),
	)
}
