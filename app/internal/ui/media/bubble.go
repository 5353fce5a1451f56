package media

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/model"
	"ferry/app/internal/ui/control"
)

// Bubble is the attachment of a message, for the inside of its bubble: without
// caption, time and state. It follows the transfer by itself.
func Bubble(c *control.Control, m model.Message) app.UI {
	return app.Div().Class("media")
}
