package thread

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/ui/control"
)

// replyBar is above the composer's text: what is answered or changed.
func replyBar(c *control.Control) app.UI {
	return app.If(c.Replying != nil, func() app.UI { return app.Div().ID("reply-bar").Class("reply-bar") })
}

// completions are the emoji that fit the ":name" at the cursor.
func completions(c *control.Control) app.UI { return app.If(false, func() app.UI { return app.Div() }) }

// emojiButton opens the emoji picker for the composer.
func emojiButton(c *control.Control) app.UI { return app.If(false, func() app.UI { return app.Div() }) }

// composeKey takes the keys that an answer, a change or a completion stands
// for, before the composer itself, and tells whether it did.
func composeKey(c *control.Control, e app.Event) bool { return false }
