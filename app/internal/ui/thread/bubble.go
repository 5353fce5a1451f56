package thread

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/lang"
	"ferry/app/internal/model"
	"ferry/app/internal/ui/control"
	"ferry/app/internal/ui/kit"
	"ferry/app/internal/ui/media"
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
	hand hand
}

// Render draws the bubble.
func (b *Bubble) Render() app.UI {
	line := app.Div().Class(b.lineClass()).DataSet("id", b.B.ID).DataSet("state", b.B.State).
		DataSet("mine", b.B.Mine).DataSet("kind", kindName(b.B.Kind))
	if m := b.B.Message.Media; m != nil {
		line = line.DataSet("media", m.State)
	}
	return line.Body(
		b.row(),
		app.If(len(b.B.Chips) > 0, func() app.UI { return chips(b.c, b.key(), b.B.Chips) }),
		app.If(b.B.Failure != "", b.failure),
		app.If(b.B.Waits != "", func() app.UI {
			return app.P().Class("waits").Body(kit.Icon("key"), app.Text(b.B.Waits))
		}),
	)
}

func kindName(k model.Kind) string {
	if k == model.KindText {
		return "text"
	}
	return string(k)
}

func (b *Bubble) row() app.UI {
	row := app.Div().Class("bubble-row").On("contextmenu", b.pointed)
	if kit.Touch() {
		row = row.On("touchstart", b.touched, app.PassiveEvent()).On("touchmove", b.swiped, app.PassiveEvent()).
			On("touchend", b.released, app.PassiveEvent()).On("touchcancel", b.released, app.PassiveEvent())
	}
	return row.Body(
		app.Div().Class(b.bubbleClass()).Body(
			app.Bdi().Class("sr").Text(b.sender()+":"),
			app.If(b.B.Forwarded, func() app.UI {
				return app.P().Class("forwarded").Body(kit.Icon("forward"), app.Text(b.c.L.Content.Forwarded))
			}),
			app.If(b.B.Quote != nil, func() app.UI { return quoted(b.c, *b.B.Quote) }),
			// Runs as its text does, so that time and state are at its end.
			app.Div().Class("bubble-in").Dir("auto").Body(b.content(), b.text(), b.meta()),
		),
		app.Div().Class("tools").Body(b.reactButton(), b.more()),
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
	if len(b.B.Chips) > 0 {
		class += " line-chips"
	}
	return class
}

func (b *Bubble) bubbleClass() string {
	class := "bubble"
	switch {
	case b.B.Emoji:
		class = "bubble bubble-emoji"
	case b.B.State == model.Failed:
		class = "bubble bubble-failed"
	}
	if b.hasContent() {
		class += " bubble-rich"
		if b.B.Message.Media != nil {
			class += " bubble-media"
		}
		if b.textless() {
			class += " bubble-bare"
		}
	}
	if b.B.Edited != "" {
		class += " bubble-edited"
	}
	return class
}

func (b *Bubble) hasContent() bool {
	return !b.B.Quiet && (b.B.Message.Media != nil || len(b.B.Cards) > 0 || b.B.Place != nil || b.B.Note != nil)
}

func (b *Bubble) textless() bool { return b.B.Text == "" }

func (b *Bubble) sender() string {
	if b.B.Mine {
		return b.c.L.Thread.Mine
	}
	return lang.Fill(b.c.L.Thread.Theirs, "name", b.Name)
}

// content is what the message holds beside its text.
func (b *Bubble) content() app.UI {
	switch {
	case !b.hasContent():
	case b.B.Message.Media != nil:
		return media.Bubble(b.c, b.B.Message)
	case len(b.B.Cards) > 0:
		return cards(b.c, b.B.Cards, b.B.Inert)
	case b.B.Place != nil:
		return place(b.c, *b.B.Place)
	case b.B.Note != nil:
		return note(*b.B.Note)
	}
	return app.If(false, func() app.UI { return nil })
}

func (b *Bubble) text() app.UI {
	switch {
	case b.B.Kind == model.KindDeleted:
		return app.P().Class("text quiet").Body(kit.Icon("ban"), app.Text(" "+b.B.Text))
	case b.B.Quiet:
		return app.P().Class("text quiet").Body(kit.Icon("hourglass"), app.Text(" "+b.B.Text))
	}
	return app.If(!b.textless(), func() app.UI { return formatted(b.B.Text, b.B.Mentions, b.B.Inert) })
}

func (b *Bubble) meta() app.UI {
	return app.Span().Class("meta").Body(
		app.If(b.B.Edited != "", func() app.UI {
			return app.Span().Class("edited").Title(b.B.Edited).Text(b.c.L.Content.Edited)
		}),
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
		Title(b.c.L.Thread.Actions).Aria("haspopup", "dialog").Aria("expanded", b.Menu).
		OnFocus(func(app.Context, app.Event) { b.c.MessageFocused(b.key()) }).
		OnClick(func(app.Context, app.Event) { b.c.ToggleMenu(b.key()) }).
		Body(kit.Icon("more"))
}

// reactButton is for a pointer; the keyboard has its own.
func (b *Bubble) reactButton() app.UI {
	return app.If(view.CanReact(b.B.Message) && !b.B.Quiet && !b.B.Inert, func() app.UI {
		l := b.c.L.Content
		return app.Button().Type("button").Class("more react").TabIndex(-1).Aria("label", l.React).Title(l.React).
			OnClick(func(app.Context, app.Event) { b.c.OpenMenu(b.key(), control.MenuReact, 0, 0) }).
			Body(kit.Icon("smile"))
	})
}

func (b *Bubble) key() control.MessageKey { return control.MessageKey{Mine: b.B.Mine, ID: b.B.ID} }

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
