package thread

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/lang"
	"ferry/app/internal/model"
	"ferry/app/internal/ui/control"
	"ferry/app/internal/ui/kit"
	"ferry/app/internal/ui/view"
)

// status is the line below the name: what the peer does, when they were last
// there, or their number.
func status(c *control.Control, chat model.Chat, name string) app.UI {
	phone := view.CleanName(chat.Contact.Phone)
	presence, lively := c.View.Presence(c.Route.Chat)
	messenger, third := c.View.AppOf(chat.Contact)
	switch {
	case third && presence == "": // a username says nothing without its app
		return app.P().Class("chat-status").Body(kit.AppMark(messenger.Initial, messenger.Hue, "small"), app.Text(" "), kit.Name(messenger.Label))
	case lively:
		return app.P().ID("presence").Class("chat-status chat-typing").Text(presence)
	case presence != "":
		return app.P().ID("presence").Class("chat-status").Text(presence)
	case phone != "" && phone != name:
		return app.P().Class("chat-status").Body(app.Bdi().Dir("ltr").Text(phone))
	}
	return app.P().Class("chat-status").Body(kit.Icon("lock"), app.Text(c.L.Thread.EncryptedShort))
}

// typing is where the peer's next message will be: they write or record it.
func typing(c *control.Control, name string) app.UI {
	id := c.Route.Chat
	return app.If(c.View.Typing(id), func() app.UI {
		line := app.Div().ID("typing").Class("line line-theirs line-last")
		if c.View.Recording(id) {
			return line.DataSet("recording", true).Body(app.Div().Class("bubble bubble-typing").Body(
				kit.Icon("mic"), app.Span().Class("dot"), app.Span().Class("dot"), app.Span().Class("dot"),
				kit.Hidden(lang.Fill(c.L.Content.RecordingLong, "name", name)),
			))
		}
		return line.Body(app.Div().Class("bubble bubble-typing").Body(
			app.Span().Class("dot"), app.Span().Class("dot"), app.Span().Class("dot"),
			kit.Hidden(lang.Fill(c.L.Thread.TypingLong, "name", name)),
		))
	})
}
