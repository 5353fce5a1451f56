package people

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/lang"
	"ferry/app/internal/model"
	"ferry/app/internal/ui/control"
	"ferry/app/internal/ui/kit"
)

// Dialogs are those about people, each in a place of its own: else go-app would
// make one of another.
func Dialogs(c *control.Control) app.UI {
	return app.Div().Class("dialogs").Body(
		app.Div().Body(app.If(c.Blocking != nil, func() app.UI { return block(c, c.Blocking) })),
		app.Div().Body(app.If(c.Report != nil, func() app.UI { return report(c, c.Report) })),
	)
}

// block is the question before a person is blocked.
func block(c *control.Control, b *control.Blocking) app.UI {
	l := c.L.People
	chat, _ := c.View.Chat(b.Chat)
	title := lang.Fill(l.BlockAsk, "name", lang.Isolate(c.View.Who(b.Chat)))
	dismiss := func(app.Context, app.Event) { c.Dismiss() }
	return kit.Dialog("block-ask", title, dismiss,
		app.H2().Text(title),
		app.P().Text(l.BlockText),
		app.If(c.WhatsApp(), func() app.UI { return kit.Note("info", "info", app.P().Text(covers(c, chat))) }),
		app.Range(b.Others).Slice(func(i int) app.UI { return namesake(c, b, b.Others[i]) }),
		app.If(c.WhatsApp() && chat.Contact.Provider != 0, func() app.UI {
			name := c.View.AppName(chat.Contact)
			return app.Button().ID("block-app").Type("button").Class("link").Text(lang.Fill(l.BlockApp, "app", lang.Isolate(name))).
				OnClick(func(app.Context, app.Event) { c.AskBlockApp(chat.Contact.Provider, name) }, app.EventScope(string(b.Chat)))
		}),
		app.Div().Class("dialog-do").Body(
			kit.Button("quiet", c.L.App.Cancel).ID("cancel").AutoFocus(true).OnClick(dismiss),
			kit.Button("danger", lang.Fill(l.Block, "name", lang.Isolate(c.View.Name(b.Chat)))).ID("block-confirm").
				OnClick(func(app.Context, app.Event) { c.ConfirmBlock() }),
		),
	)
}

// covers says whom else a WhatsApp user's block does not keep out.
func covers(c *control.Control, chat model.Chat) string {
	if chat.Contact.Provider == 0 {
		return c.L.People.BlockThere
	}
	return lang.Fill(c.L.People.BlockHere, "app", lang.Isolate(c.View.AppName(chat.Contact)))
}

// namesake offers to block somebody of the same name elsewhere, too.
func namesake(c *control.Control, b *control.Blocking, other model.Chat) app.UI {
	id := "also-" + string(other.ID)
	text := lang.Fill(c.L.People.BlockAlso, "name", lang.Isolate(c.View.Name(other.ID)), "app", lang.Isolate(c.View.AppName(other.Contact)))
	return check(id, text, b.Chosen(other.ID), func(on bool) { b.Choose(other.ID, on) })
}

// check is a box with words beside it.
func check(id, text string, on bool, set func(bool)) app.UI {
	return app.Label().Class("check").For(id).Body(
		app.Input().ID(id).Type("checkbox").Checked(on).
			OnChange(func(ctx app.Context, _ app.Event) { set(ctx.JSSrc().Get("checked").Bool()) }, app.EventScope(id)),
		app.Span().Text(text),
	)
}
