package ui

import (
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/model"
	"ferry/app/internal/ui/control"
	"ferry/app/internal/ui/kit"
)

// The rest of root is what package control asks of the screen.

// Post runs fn on go-app's goroutine, and draws.
func (r *root) Post(fn func()) { r.ctx.Dispatch(func(app.Context) { fn() }) }

// Async runs fn on a goroutine of its own.
func (r *root) Async(fn func()) { r.ctx.Async(fn) }

// After runs fn when what has changed is drawn.
func (r *root) After(fn func()) { r.ctx.Defer(func(app.Context) { fn() }) }

// Go shows a path.
func (r *root) Go(path string) { r.ctx.Navigate(path) }

// Replace shows a path in place of the present one.
func (r *root) Replace(path string) {
	if n := len(r.trail); n > 0 {
		r.trail = r.trail[:n-1]
	}
	kit.Replace(path)
}

// Back goes back if the path was the one before, or else forward to it.
func (r *root) Back(path string) {
	if n := len(r.trail); n > 1 && r.trail[n-2] == path {
		kit.Back()
		return
	}
	r.ctx.Navigate(path)
}

// SetValue writes into a text field.
func (r *root) SetValue(id, text string) { kit.SetValue(id, text) }

// Caret is where the cursor of a text field is.
func (r *root) Caret(id string) int { return kit.Caret(id) }

// SetCaret puts it somewhere.
func (r *root) SetCaret(id string, at int) { kit.SetCaret(id, at) }

// Reveal scrolls an element into view.
func (r *root) Reveal(id string) { app.Window().ScrollToID(id) }

// Touch tells whether the main pointer is a finger.
func (r *root) Touch() bool { return kit.Touch() }

// KeepFocus puts the focus back on a chat's row.
func (r *root) KeepFocus(row model.ChatID) {
	active := kit.Active()
	if want := control.RowID(row); row != "" && strings.HasPrefix(active, control.RowID("")) && active != want {
		kit.Focus(want)
	}
}
