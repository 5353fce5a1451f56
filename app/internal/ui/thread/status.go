package thread

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/ui/control"
	"ferry/app/internal/ui/kit"
)

// status is the line below the name: what the peer does, when they were last
// there, or their number.
func status(c *control.Control, name, phone string) app.UI {
	presence, lively := c.View.Presence(c.Route.Chat)
	switch {
	case lively:
		return app.P().ID("presence").Class("chat-status chat-typing").Text(presence)
	case presence != "":
		return app.P().ID("presence").Class("chat-status").Text(presence)
	case phone != "" && phone != name:
		return app.P().Class("chat-status").Body(app.Bdi().Dir("ltr").Text(phone))
	}
	return app.P().Class("chat-status").Body(kit.Icon("lock"), app.Text(c.L.Thread.EncryptedShort))
}
