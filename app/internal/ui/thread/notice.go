package thread

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/lang"
	"ferry/app/internal/model"
	"ferry/app/internal/ui/control"
	"ferry/app/internal/ui/kit"
	"ferry/app/internal/ui/people"
	"ferry/app/internal/ui/view"
)

// Notice is a line about the chat itself.
type Notice struct {
	app.Compo
	N    view.Notice
	Chat model.ChatID
	Key  string
	c    *control.Control
}

// CompoID tells lines apart.
func (n *Notice) CompoID() string { return n.Key }

// Render draws the line.
func (n *Notice) Render() app.UI {
	return app.Div().Class("notice").DataSet("notice", n.N.Kind).Body(
		app.Div().Class("notice-in").Body(
			kit.Icon(n.N.Icon), app.P().Text(n.N.Text),
			app.If(n.N.Number, func() app.UI {
				return app.A().Class("link").Href(n.c.At(control.InfoPath(n.Chat))).Text(n.c.L.People.Safety.Check)
			}),
		),
	)
}

// title is whom the chat is with. It leads to what is known of them.
func title(c *control.Control, chat model.Chat, name string) app.UI {
	l := c.L.People
	return app.H1().ID("thread-title").Class("head-title").TabIndex(-1).Body(
		app.A().ID("chat-info").Class("head-link").Href(c.At(control.InfoPath(c.Route.Chat))).Title(l.Info).Body(kit.Name(name)),
		app.If(c.View.Doubt(chat.ID).Any(), func() app.UI {
			return app.Span().Class("doubt-mark").Title(l.DoubtShort).Body(kit.Icon("alert"), kit.Hidden(l.DoubtShort))
		}),
		app.If(chat.Verified, func() app.UI { return people.Verified(c) }),
	)
}

// chatMenu is what can be done with the chat.
func chatMenu(c *control.Control) app.UI {
	l, id := c.L.People, c.Route.Chat
	chat, _ := c.View.Chat(id)
	name := c.View.Name(id)
	isolated := lang.Isolate(name)
	list := []entry{{"info", "person", l.Info, false, func() { c.Go(control.InfoPath(id)) }}}
	if view.Nameable(chat) {
		list = append(list, entry{"name", "pencil", people.NameText(c, chat), false, func() { c.AskName(id) }})
	}
	if chat.Blocked {
		list = append(list, entry{"unblock", "check", l.Unblock, false, func() { c.Unblock(id, name) }})
	} else {
		list = append(list, entry{"block", "ban", lang.Fill(l.Block, "name", isolated), true, func() { c.AskBlock(id) }})
	}
	list = append(list, entry{"report", "flag", lang.Fill(l.Report.Open, "name", isolated), true, func() { c.OpenReport(id) }})
	if view.BarrierOf(chat) == view.BarRequest {
		list = append(list, entry{"decline", "trash", l.Decline, true, func() { c.AskDecline(id) }})
	}
	scope := app.EventScope("chat", string(id))
	close := func(app.Context, app.Event) { c.ToggleChatMenu() }
	return app.Dialog().ID("menu").Class("msg-menu").DataSet("for", "chat").Aria("label", l.More).
		On("cancel", func(ctx app.Context, e app.Event) {
			e.PreventDefault()
			close(ctx, e)
		}, scope).
		OnClick(func(ctx app.Context, e app.Event) {
			if e.Get("target").Equal(ctx.JSSrc()) {
				close(ctx, e)
			}
		}, scope).
		OnKeyDown(func(_ app.Context, e app.Event) { menuKey(e) }).
		Body(&placer{Anchor: "chat-more"}, app.Div().Class("msg-menu-body").Body(lines(list, "chat", string(id), chat.Blocked)))
}
