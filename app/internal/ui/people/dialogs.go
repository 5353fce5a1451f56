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
		app.Div().Body(app.If(c.Naming != "", func() app.UI { return naming(c) })),
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

// maxName is the longest name that a person is given, in UTF-16 units.
const maxName = 60

// naming asks what a person is to be called.
func naming(c *control.Control) app.UI {
	l := c.L.People
	chat, _ := c.View.Chat(c.Naming)
	given, contact := chat.Contact.Given, chat.Contact
	contact.Given = ""
	dismiss := func(app.Context, app.Event) { c.Dismiss() }
	hint := l.NameHint
	if !c.WhatsApp() {
		hint = l.NameWhy + " " + hint
	}
	return kit.Dialog("naming", l.NameAsk, dismiss,
		app.H2().Text(l.NameAsk),
		app.Form().Class("form").NoValidate(true).
			OnSubmit(func(_ app.Context, e app.Event) {
				e.PreventDefault()
				c.ConfirmName(kit.Value("given-name"))
			}).
			Body(
				kit.Field{
					ID: "given-name", Label: lang.Fill(l.NameFor, "who", lang.Isolate(c.View.WhoIs(contact))), Hint: hint,
					Input: app.Input().Type("text").AutoFocus(true).Name("given-name").Value(given).MaxLength(maxName).Dir("auto").
						Attr("autocomplete", "off").Attr("enterkeyhint", "done"),
				}.Draw(),
				app.Div().Class("dialog-do").Body(
					kit.Button("quiet", c.L.App.Cancel).ID("cancel").OnClick(dismiss),
					app.Button().ID("name-save").Type("submit").Class("btn btn-primary").Text(l.NameSave),
				),
			),
	)
}

// NameText is what the offer to name a person says.
func NameText(c *control.Control, chat model.Chat) string {
	if chat.Contact.Given != "" {
		return c.L.People.NameChange
	}
	return c.L.People.NameAdd
}

// NameButton offers to give a person a name, or another one.
func NameButton(c *control.Control, chat model.Chat) app.UI {
	return app.Button().ID("name-person").Type("button").Class("btn btn-quiet").
		OnClick(func(app.Context, app.Event) { c.AskName(chat.ID) }, app.EventScope(string(chat.ID))).
		Body(kit.Icon("pencil"), app.Text(NameText(c, chat)))
}
