package thread

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/lang"
	"ferry/app/internal/ui/control"
	"ferry/app/internal/ui/emoji"
	"ferry/app/internal/ui/kit"
)

// replyBar is above the composer's text: what is answered or changed.
func replyBar(c *control.Control) app.UI {
	l := c.L.Content
	switch {
	case c.Editing != nil:
		return app.Div().ID("reply-bar").Class("reply-bar").DataSet("mode", "edit").Body(
			kit.Icon("pencil"),
			app.Div().Class("quote quote-mine").Body(
				app.Span().Class("quote-words").Body(
					app.Span().Class("quote-name").Text(l.EditTitle),
					app.Span().Class("quote-text").Dir("auto").Text(c.Editing.Was),
				),
			),
			kit.IconButton("reply-cancel", "close", l.EditCancel).
				OnClick(func(app.Context, app.Event) { c.CancelEdit() }, app.EventScope("edit")),
		)
	case c.Replying != nil:
		q := c.Answered()
		label := l.ReplyToMe
		if !q.Mine {
			label = lang.Fill(l.ReplyTo, "name", lang.Isolate(q.Name))
		}
		return app.Div().ID("reply-bar").Class("reply-bar").DataSet("mode", "reply").DataSet("quote", q.Ref.ID).Role("group").Aria("label", label).Body(
			kit.Icon("reply"),
			app.Div().Class("quote").DataSet("mine", q.Mine).Body(quoteBody(c, *q)...),
			kit.IconButton("reply-cancel", "close", l.ReplyCancel).
				OnClick(func(app.Context, app.Event) { c.CancelReply() }, app.EventScope("reply")),
		)
	}
	return app.If(false, func() app.UI { return nil })
}

// completions are the emoji that fit the ":name" at the cursor.
func completions(c *control.Control) app.UI {
	return app.If(len(c.Complete.Items) > 0, func() app.UI { return emoji.Completions(c) })
}

// emojiButton opens the emoji picker for the composer.
func emojiButton(c *control.Control) app.UI {
	return app.If(c.CanEmoji(), func() app.UI {
		open := c.Emoji.Open && c.Emoji.For.ID == ""
		return app.Div().Class("emoji-place").Body(
			kit.IconButton("emoji-button", "smile", c.L.Content.Emoji.Open).Aria("expanded", open).
				OnClick(func(app.Context, app.Event) { c.ToggleEmoji() }),
			app.If(open, func() app.UI { return emoji.Panel(c) }),
		)
	})
}

// composeKey takes the keys that an answer, a change or a completion stands
// for, before the composer itself, and tells whether it did.
func composeKey(c *control.Control, e app.Event) bool {
	if e.Get("isComposing").Truthy() || e.Get("keyCode").Int() == 229 {
		return false
	}
	key := e.Get("key").String()
	plain := !e.Get("shiftKey").Truthy() && !e.Get("altKey").Truthy() && !e.Get("ctrlKey").Truthy() && !e.Get("metaKey").Truthy()
	if !plain || !c.ComposeKey(key) {
		return false
	}
	e.PreventDefault()
	return true
}
