package media

import (
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/lang"
	"ferry/app/internal/model"
	"ferry/app/internal/ui/kit"
	"ferry/app/internal/ui/view"
)

// document is a file that is never opened in this page: it can be saved.
func (a *attachment) document() app.UI {
	v, l, m := a.move(), a.c.L, a.M.Media
	facts := fileFacts(l, m)
	if v.Busy || v.Act == view.MoveGo && m.State == model.MediaPaused {
		if facts = v.Text; v.Detail != "" {
			facts = v.Detail
		}
	}
	return a.box("file",
		app.Div().Class("file-row").Body(
			fileSign(m),
			app.Div().Class("file-words").Body(
				app.P().Class("file-name").Body(kit.Name(view.FileName(l, m))),
				app.P().Class("file-facts").Text(facts),
			),
			app.If(v.Act != view.NoMove, func() app.UI { return a.mover(v) }).
				ElseIf(m.State == model.MediaLocal || a.M.FromMe && view.OnDevice(a.M), func() app.UI {
					label := l.Media.Play.Save
					return app.Button().Type("button").Class("mover").DataSet("action", "save").Title(label).
						Aria("label", label+" "+lang.Isolate(view.FileName(l, m))).
						OnClick(func(_ app.Context, e app.Event) { stopEvent(e); a.c.SaveMedia(a.key()) }, a.scope()).
						Body(kit.Icon("save"))
				}),
		),
		a.bad(v),
	)
}

// fileSign is a sheet of paper with the file's type on it.
func fileSign(m *model.Media) app.UI {
	sort := view.FileSort(m)
	kind := view.FileType(m)
	return app.Span().Class("file-sign file-"+sort).Aria("hidden", true).Body(
		app.If(kind != "", func() app.UI { return app.Span().Class("file-type").Text(kind) }).
			Else(func() app.UI { return kit.Icon("file") }),
	)
}

// fileFacts are the type, size and pages of a file in a line.
func fileFacts(l *lang.Texts, m *model.Media) string {
	var facts []string
	if m.Pages > 0 && m.Pages < 100000 {
		facts = append(facts, l.Media.Pages.Of(m.Pages))
	}
	if t := view.FileType(m); t != "" {
		facts = append(facts, t)
	}
	return strings.Join(append(facts, l.Size(m.Size)), " · ")
}
