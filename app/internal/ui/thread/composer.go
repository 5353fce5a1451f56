package thread

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/lang"
	"ferry/app/internal/ui/control"
	"ferry/app/internal/ui/kit"
	"ferry/app/internal/ui/media"
	"ferry/app/internal/ui/people"
)

// foot is below the thread: the composer, or why there is none.
func foot(c *control.Control) app.UI {
	l := c.L.Thread
	if c.View.Ready && !c.View.Self.Connected {
		return off(c)
	}
	chat, _ := c.View.Chat(c.Route.Chat)
	if bar := people.Foot(c, chat); bar != nil {
		return bar
	}
	if why := c.View.Closed(chat); why != "" {
		return closed(c, chat, why)
	}
	return app.Form().Class("foot").NoValidate(true).
		OnSubmit(func(_ app.Context, e app.Event) {
			e.PreventDefault()
			c.Send()
		}).
		Body(
			// What comes and goes has a place of its own that stays: else go-app
			// would make the text field anew, and lose what is in it.
			app.Div().Class("slot").Body(completions(c)),
			app.Div().Class("composer-frame").Body(
				app.Div().Class("slot").Body(replyBar(c)),
				app.Div().Class("slot").Body(emojiButton(c)),
				app.Textarea().ID("composer").Class("composer").Rows(1).Placeholder(l.Placeholder).
					Aria("label", l.Composer).Dir("auto").Attr("enterkeyhint", "send").
					Attr("autocomplete", "off").
					OnInput(func(ctx app.Context, _ app.Event) { c.Typed(ctx.JSSrc().Get("value").String()) }).
					OnKeyDown(func(_ app.Context, e app.Event) { composerKey(c, e) }),
				app.Div().Class("slot").Body(media.AttachButton(c)),
			),
			app.Div().Class("slot").Body(app.If(c.Over() > 0, func() app.UI {
				return app.P().Class("over").Role("alert").Text(lang.Fill(l.TooLong, "n", lang.Number(c.Over())))
			})),
			app.Button().ID("send").Type("submit").Class("send").Aria("label", l.Send).Title(l.Send).
				Hidden(c.CanRecord() || c.Recorder() != nil).Disabled(!c.CanSend()).Body(kit.Icon("send")),
			media.RecordButton(c),
			app.Div().Class("slot").Body(media.Recorder(c)),
		)
}

// composerKey: Enter sends, with Shift it breaks the line. On a touch screen,
// whose keyboard has no Shift to hold, Enter breaks the line and the button sends.
func composerKey(c *control.Control, e app.Event) {
	if composeKey(c, e) {
		return
	}
	if e.Get("key").String() != "Enter" || e.Get("shiftKey").Truthy() || e.Get("altKey").Truthy() {
		return
	}
	if e.Get("isComposing").Truthy() || e.Get("keyCode").Int() == 229 { // an input method takes it
		return
	}
	if kit.Touch() {
		return
	}
	e.PreventDefault()
	c.Send()
}
