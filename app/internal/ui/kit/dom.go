package kit

import (
	"sync"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// Value reads a text field by its id.
func Value(id string) string {
	if e := app.Window().GetElementByID(id); e.Truthy() {
		return e.Get("value").String()
	}
	return ""
}

// SetValue writes into a text field by its id. go-app cannot: an empty value
// attribute is the same to it as none.
func SetValue(id, text string) {
	if e := app.Window().GetElementByID(id); e.Truthy() && e.Get("value").String() != text {
		e.Set("value", text)
	}
}

// Caret is where the cursor of a text field is, in UTF-16 units; the end of its
// text if there is none.
func Caret(id string) int {
	e := app.Window().GetElementByID(id)
	if !e.Truthy() {
		return 1 << 30
	}
	return e.Get("selectionEnd").Int()
}

// SetCaret puts it somewhere.
func SetCaret(id string, at int) {
	if e := app.Window().GetElementByID(id); e.Truthy() {
		e.Call("setSelectionRange", at, at)
	}
}

// Touch tells whether the main pointer is a finger.
func Touch() bool {
	m := coarse()
	return m.Truthy() && m.Get("matches").Truthy()
}

// coarse is the browser's own word on it, which it keeps up to date.
var coarse = sync.OnceValue(func() app.Value {
	w := app.Window()
	if !w.Get("matchMedia").Truthy() {
		return w.Get("matchMedia")
	}
	return w.Call("matchMedia", "(pointer: coarse)")
})

// Back goes back in the browser's history.
func Back() { app.Window().Get("history").Call("back") }

// Replace shows another path in place of the present one in the history.
func Replace(path string) {
	w := app.Window()
	w.Get("history").Call("replaceState", nil, "", path)
	if w.Get("onpopstate").Truthy() { // go-app's own: shows what the address says
		w.Call("onpopstate")
	}
}

// Active is the id of the element that has the focus; "" if it has none.
func Active() string {
	if e := app.Window().Get("document").Get("activeElement"); e.Truthy() {
		return e.Get("id").String()
	}
	return ""
}

// Focus gives an element the focus.
func Focus(id string) {
	if e := app.Window().GetElementByID(id); e.Truthy() {
		e.Call("focus")
	}
}

// Selecting tells whether the user has selected some text.
func Selecting() bool {
	s := app.Window().Call("getSelection")
	return s.Truthy() && !s.Get("isCollapsed").Truthy()
}
