// Package thread draws one chat: its head, its messages and the composer.
package thread

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/lang"
	"ferry/app/internal/model"
	"ferry/app/internal/ui/control"
	"ferry/app/internal/ui/kit"
	"ferry/app/internal/ui/people"
	"ferry/app/internal/ui/search"
	"ferry/app/internal/ui/view"
)

// Pane draws the open chat.
func Pane(c *control.Control) app.UI {
	id := c.Route.Chat
	chat, known := c.View.Chat(id)
	if !known && c.View.Ready {
		return unknown(c)
	}
	t := c.View.Thread(id)
	name := c.View.Name(id)
	return app.Section().Class("chat").Aria("label", lang.Fill(c.L.Thread.Region, "name", name)).Body(
		head(c, chat, name),
		// In a place of its own: else go-app would make the thread anew where it
		// comes and goes, and the place in it would be lost.
		app.Div().Class("slot").Body(search.Bar(c)),
		app.Div().Class("thread-frame").Body(
			scroller(c, t, name),
			jump(c, t),
		),
		app.Div().Class("slot").Body(people.Held(c, chat)),
		foot(c),
		overlays(c),
	)
}

func unknown(c *control.Control) app.UI {
	l := c.L.Thread
	return app.Section().Class("chat").Body(
		kit.Head("thread-title", c.L.List.Title, Back(c)),
		kit.Empty("new", l.Unknown, l.UnknownText,
			app.A().Class("btn btn-primary").Href(c.At(control.PathNew)).Text(c.L.List.New)),
	)
}

// Back is the button that leads to the list where the list is not next to it.
func Back(c *control.Control) app.UI {
	return kit.IconButton("back", "back", c.L.App.Back).Class("only-narrow").
		OnClick(func(app.Context, app.Event) { c.Back(c.Home()) })
}

func head(c *control.Control, chat model.Chat, name string) app.UI {
	id := c.Route.Chat
	return app.Header().Class("head chat-head").Body(
		Back(c),
		kit.Avatar(view.Initial(name), view.Hue(id)),
		app.Div().Class("chat-who").Body(title(c, chat, name), status(c, chat, name)),
		search.Button(c),
		kit.IconButton("chat-more", "more", c.L.People.More).Aria("haspopup", "dialog").Aria("expanded", c.ChatMenu).
			OnClick(func(app.Context, app.Event) { c.ToggleChatMenu() }),
	)
}

// scroller is the scrolling box. It is laid out from its end, so that the
// browser itself keeps the newest message in place when the composer grows.
func scroller(c *control.Control, t *view.Thread, name string) app.UI {
	return app.Div().ID("thread").Class("thread").DataSet("chat", c.Route.Chat).
		Role("region").Aria("label", lang.Fill(c.L.Thread.Region, "name", name)).TabIndex(0).
		OnScroll(func(ctx app.Context, _ app.Event) {
			if !c.Scrolled() {
				ctx.PreventUpdate()
			}
		}, app.PassiveEvent()).
		Body(app.Div().Class("thread-body").Body(
			top(c, t, name),
			&list{Chat: t.Chat, Turn: c.LinesTurn(), c: c},
			app.If(t.Cut, func() app.UI {
				return app.Div().Class("thread-more").Role("status").Body(kit.Spinner(), kit.Hidden(c.L.App.Loading))
			}),
			typing(c, name),
		))
}

// top is what stands above the oldest message at hand.
func top(c *control.Control, t *view.Thread, name string) app.UI {
	l := c.L.Thread
	switch {
	case t.Failed:
		return app.Div().Class("thread-top").Body(
			app.P().Text(l.LoadFailed),
			kit.Button("quiet", c.L.App.Retry).OnClick(func(app.Context, app.Event) { c.LoadAgain() }),
		)
	case !t.Loaded:
		return app.Div().Class("thread-top").Role("status").Body(kit.Spinner(), kit.Hidden(c.L.App.Loading))
	case t.More && t.Loading:
		return app.Div().Class("thread-top").Role("status").Body(kit.Spinner(), kit.Hidden(l.LoadingOlder))
	case t.More:
		return app.Div().Class("thread-top").Body(
			kit.Button("quiet", l.LoadOlder).ID("load-older").OnClick(func(app.Context, app.Event) { c.LoadOlder() }),
		)
	}
	chat, known := c.View.Chat(c.Route.Chat)
	if known && c.View.FirstTime(chat.ID) {
		return app.Div().Class("thread-top thread-start").Body(people.First(c, chat))
	}
	return app.Div().Class("thread-top thread-start").Body(
		app.Div().Class("start-card").Body(
			kit.Icon("lock"),
			app.P().Text(l.Encrypted),
			app.If(!c.WhatsApp() && !c.View.Inert(c.Route.Chat), func() app.UI {
				return app.P().Text(lang.Fill(l.Start, "name", lang.Isolate(name), "username", lang.Isolate(c.View.Account.Username), "app", lang.Isolate(c.View.Provider())))
			}),
			app.If(view.Nameless(chat), func() app.UI { return people.NameButton(c, chat) }),
		),
	)
}

// messageKey goes from message to message: the Tab key stops at one of them only.
func messageKey(c *control.Control, e app.Event) {
	step, ok := map[string]int{"ArrowUp": -1, "ArrowDown": 1, "Home": -1 << 20, "End": 1 << 20}[e.Get("key").String()]
	if !ok || e.Get("altKey").Truthy() || e.Get("ctrlKey").Truthy() || e.Get("metaKey").Truthy() {
		return
	}
	e.PreventDefault()
	c.MoveMessage(step)
}

func jump(c *control.Control, t *view.Thread) app.UI {
	label := c.L.Thread.Jump
	below := c.Below(t)
	if below > 0 {
		label = c.L.Thread.JumpNew.Of(below)
	}
	class := "jump"
	if t.AtBottom || !t.Loaded {
		class += " jump-off"
	}
	return app.Button().ID("jump").Type("button").Class(class).Aria("label", label).Title(label).
		Disabled(t.AtBottom).
		OnClick(func(app.Context, app.Event) { c.Jump() }).
		Body(kit.Icon("down"), app.If(below > 0, func() app.UI {
			return app.Span().Class("badge").Aria("hidden", true).Text(lang.Number(below))
		}))
}
