package thread

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/ui/control"
	"ferry/app/internal/ui/kit"
)

// status is the line below the name: typing, or the number.
func status(c *control.Control, name, phone string) app.UI {
	switch {
	case c.View.Typing(c.Route.Chat):
		return app.P().Class("chat-status chat-typing").Text(c.L.Thread.Typing)
	case phone != "" && phone != name:
		return app.P().Class("chat-status").Body(app.Bdi().Dir("ltr").Text(phone))
	}
	return app.P().Class("chat-status").Body(kit.Icon("lock"), app.Text(c.L.Thread.EncryptedShort))
}
