package kit

import "github.com/maxence-charriere/go-app/v10/pkg/app"

// Dialog is a modal dialog while it is drawn: the browser keeps the focus
// inside it, and when it goes the focus returns to where it was. Cancelled is
// called when the user wants it gone, by the back gesture of a phone or a
// click beside it; Escape goes through the table of shortcuts.
func Dialog(id, label string, cancelled app.EventHandler, body ...app.UI) app.UI {
	return app.Dialog().ID(id).Class("dialog").Aria("label", label).
		On("cancel", func(ctx app.Context, e app.Event) {
			e.PreventDefault()
			cancelled(ctx, e)
		}, app.EventScope(id)).
		OnClick(func(ctx app.Context, e app.Event) {
			if e.Get("target").Equal(ctx.JSSrc()) {
				cancelled(ctx, e)
			}
		}, app.EventScope(id)).
		Body(
			app.Div().Class("dialog-body").Body(append([]app.UI{&opener{For: id}}, body...)...),
		)
}

// opener opens the dialog that it is in as a modal one.
type opener struct {
	app.Compo
	For    string
	before app.Value // had the focus
}

func (o *opener) CompoID() string { return o.For }

func (o *opener) OnMount(app.Context) {
	o.before = app.Window().Get("document").Get("activeElement")
	if d := app.Window().GetElementByID(o.For); d.Truthy() && !d.Get("open").Bool() {
		d.Call("showModal")
	}
}

func (o *opener) OnDismount() {
	if o.before != nil && o.before.Truthy() && o.before.Get("isConnected").Bool() {
		o.before.Call("focus")
	}
}

// Render draws nothing to be seen.
func (o *opener) Render() app.UI { return app.Span().Hidden(true) }
