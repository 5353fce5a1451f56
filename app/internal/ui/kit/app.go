package kit

import (
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// AppMark is the mark of a third-party app. It is silent: put its name beside
// it. Size is "" or "small".
func AppMark(initial string, hue int, size string) app.UI {
	m := app.Span().Class("app-mark hue-"+strconv.Itoa(hue)).Aria("hidden", true)
	if size != "" {
		m = m.Class("app-mark-" + size)
	}
	if initial == "" {
		return m.Body(Icon("apps"))
	}
	return m.Body(app.Text(initial))
}
