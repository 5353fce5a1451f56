package thread

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/lang"
	"ferry/app/internal/model"
	"ferry/app/internal/ui/control"
	"ferry/app/internal/ui/kit"
	"ferry/app/internal/ui/view"
)

// Bubble is one message. go-app draws it again only if its values differ.
type Bubble struct {
	app.Compo
	B    view.Bubble
	Name string // of the peer
	Menu bool   // its actions are open
	Stop bool   // the Tab key stops here
	c    *control.Control
}

// Render draws the bubble.
func (b *Bubble) Render() app.UI {
	return app.Div().Class(b.lineClass()).DataSet("id", b.B.ID).DataSet("state", b.B.State).
		DataSet("mine", b.B.Mine).
		Body(
			app.Div().Class("bubble-row").Body(
				app.Div().Class(b.bubbleClass()).OnClick(b.tapped).Body(
					// Runs as its text does, so that time and state are at its end.
					app.Div().Class("bubble-in").Dir("auto").Body(
						app.Bdi().Class("sr").Text(b.sender()+":"),
						b.text(),
						b.meta(),
					),
				),
				b.more(),
			),
			app.If(b.B.Failure != "", b.failure),
			app.If(b.Menu, b.actions),
		)
}

func (b *Bubble) lineClass() string {
	class := "line line-theirs"
	if b.B.Mine {
		class = "line line-mine"
	}
	if b.B.First {
		class += " line-first"
	}
	if b.B.Last {
		class += " line-last"
	}
	return class
}

func (b *Bubble) bubbleClass() string {
	switch {
	case b.B.Emoji:
		return "bubble bubble-emoji"
	case b.B.State == model.Failed:
		return "bubble bubble-failed"
	}
	return "bubble"
}

func (b *Bubble) sender() string {
	if b.B.Mine {
		return b.c.L.Thread.Mine
	}
	return lang.Fill(b.c.L.Thread.Theirs, "name", b.Name)
}

func (b *Bubble) text() app.UI {
	if b.B.Quiet {
		return app.P().Class("text quiet").Body(kit.Icon("hourglass"), app.Text(" "+b.B.Text))
	}
	spans := view.Spans(b.B.Text)
	return app.P().Class("text").Body(app.Range(spans).Slice(func(i int) app.UI {
		if spans[i].Link == "" {
			return app.Text(spans[i].Text)
		}
		// The other side learns neither the chat nor Ferry's address.
		return app.A().Class("text-link").Href(spans[i].Link).Target("_blank").
			Rel("noopener noreferrer nofollow").Text(spans[i].Text)
	}))
}

func (b *Bubble) meta() app.UI {
	return app.Span().Class("meta").Body(
		app.Time().Class("time").Title(b.B.Moment).Text(b.B.Time),
		app.If(b.B.Mine, func() app.UI { return kit.State(b.c.L, b.B.State) }),
	)
}

func (b *Bubble) more() app.UI {
	stop := -1
	if b.Stop {
		stop = 0
	}
	return app.Button().ID(b.key().Element()).Type("button").Class("more").TabIndex(stop).Aria("label", b.c.L.Thread.Actions).
		Title(b.c.L.Thread.Actions).Aria("expanded", b.Menu).
		OnFocus(func(app.Context, app.Event) { b.c.MessageFocused(b.key()) }).
		OnClick(func(app.Context, app.Event) { b.c.ToggleMenu(b.key()) }).
		Body(kit.Icon("more"))
}

func (b *Bubble) key() control.MessageKey { return control.MessageKey{Mine: b.B.Mine, ID: b.B.ID} }

// tapped opens the actions by a tap on the bubble, where no pointer can hover
// over it to find the button.
func (b *Bubble) tapped(ctx app.Context, e app.Event) {
	if !kit.Touch() || kit.Selecting() || e.Get("target").Get("tagName").String() == "A" {
		ctx.PreventUpdate()
		return
	}
	b.c.ToggleMenu(b.key())
}

func (b *Bubble) failure() app.UI {
	l := b.c.L
	return app.Div().Class("failure").Body(
		app.P().Class("failure-text").Body(kit.Icon("alert"), app.Text(b.B.Failure)),
		app.Div().Class("failure-do").Body(
			app.Button().Type("button").Class("link").DataSet("do", "retry").Text(l.App.Retry).
				OnClick(func(app.Context, app.Event) { b.c.RetrySend(b.B.ID) }),
			app.Button().Type("button").Class("link link-danger").DataSet("do", "delete").Text(l.App.Delete).
				OnClick(func(app.Context, app.Event) { b.c.Delete(b.B.Mine, b.B.ID) }),
		),
	)
}

func (b *Bubble) actions() app.UI {
	l := b.c.L.Thread
	return app.Div().Class("actions").Role("group").Aria("label", l.Actions).Body(
		app.If(!b.B.Quiet, func() app.UI {
			return app.Button().Type("button").Class("action").DataSet("do", "copy").
				OnClick(func(app.Context, app.Event) { b.c.CopyText(b.B.Mine, b.B.ID) }).
				Body(kit.Icon("copy"), app.Text(l.CopyText))
		}),
		app.Button().Type("button").Class("action action-danger").DataSet("do", "delete").
			OnClick(func(app.Context, app.Event) { b.c.Delete(b.B.Mine, b.B.ID) }).
			Body(kit.Icon("trash"), app.Text(l.DeleteHere)),
	)
}
