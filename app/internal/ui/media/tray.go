package media

import (
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/lang"
	"ferry/app/internal/model"
	"ferry/app/internal/ui/control"
	"ferry/app/internal/ui/kit"
	"ferry/app/internal/ui/view"
)

// Dialogs are the viewer and the tray, where they are open, what shows that
// files may be dropped, and what plays sound.
func Dialogs(c *control.Control) app.UI {
	return app.Div().Class("dialogs").Body(
		app.Div().Body(Viewer(c)),
		app.Div().Body(app.If(c.Tray() != nil, func() app.UI { return tray(c, c.Tray()) })),
		app.Div().Body(app.If(c.Tray() == nil, func() app.UI { return Drop(c) })),
		Player(c),
	)
}

// Drop lies over the page while files are held over it.
func Drop(c *control.Control) app.UI {
	l := c.L.Media
	return app.If(c.Media.Drag, func() app.UI {
		return app.Div().Class("drop").Body(
			app.Div().Class("drop-in").Body(
				kit.Icon("download"),
				app.P().Class("drop-title").Text(lang.Fill(l.Drop, "name", lang.Isolate(c.View.Name(c.View.Open)))),
				app.P().Text(l.DropText),
			),
		)
	})
}

// tray shows the files that are about to be sent.
func tray(c *control.Control, t *control.Tray) app.UI {
	l := c.L.Media.Tray
	f := t.Files[min(t.At, len(t.Files)-1)]
	title := l.Title.Of(max(t.Good(), 1)) // one that cannot go is shown all the same
	return kit.Dialog("tray", title, func(app.Context, app.Event) { c.AskDiscard() },
		app.Header().Class("tray-head").Body(
			kit.IconButton("tray-close", "close", c.L.App.Cancel).OnClick(func(app.Context, app.Event) { c.AskDiscard() }),
			app.Div().Class("tray-title").Body(
				app.H2().Text(title),
				app.P().Class("small").Text(lang.Fill(l.To, "name", lang.Isolate(c.View.Name(c.View.Open)))),
			),
		),
		app.Div().Class("tray-stage").Body(trayPreview(c, t, f)),
		app.Div().Class("tray-foot").Body(
			app.If(t.Left, func() app.UI {
				return app.P().Class("tray-note").Role("status").Text(lang.Fill(l.TooMany, "n", lang.Number(control.MaxFiles)))
			}),
			trayStrip(c, t),
			trayHow(c, t),
			traySend(c, t, f),
		),
		Drop(c),
	)
}

// trayPreview shows one file large.
func trayPreview(c *control.Control, t *control.Tray, f control.TrayFile) app.UI {
	l := c.L.Media.Tray
	if bad := badFile(c.L, f.Bad()); bad != "" {
		return app.Div().Class("tray-file tray-bad").Role("alert").Body(
			kit.Icon("alert"),
			app.If(f.Media.Name != "", func() app.UI { return app.P().Class("file-name").Body(kit.Name(view.FileName(c.L, &f.Media))) }),
			app.P().Text(bad),
		)
	}
	switch {
	case f.URL != "" && f.Kind == model.KindImage && !t.Original && view.Picture(&f.Media):
		return app.Img().Class("tray-picture").Src(f.URL).Alt(view.FileName(c.L, &f.Media))
	case f.URL != "" && f.Kind == model.KindVideo && !t.Original:
		return app.Video().Class("tray-picture").Src(f.URL).Controls(true).Attr("playsinline", true).Aria("label", view.FileName(c.L, &f.Media))
	}
	return app.Div().Class("tray-file").Body(
		fileSign(&f.Media),
		app.P().Class("file-name").Body(kit.Name(view.FileName(c.L, &f.Media))),
		app.P().Class("small").Text(fileFacts(c.L, &f.Media)),
		app.If(f.Kind != model.KindDocument && !t.Original, func() app.UI { return app.P().Class("small").Text(l.NoPreview) }),
	)
}

func badFile(l *lang.Texts, bad string) string {
	t := l.Media.Tray
	switch bad {
	case "":
		return ""
	case "empty":
		return t.Empty
	case "folder":
		return t.Folder
	case "too_big":
		return t.TooBig
	case "not_handed":
		return t.NotHanded
	}
	return t.Unread
}

// trayStrip is all files, small.
func trayStrip(c *control.Control, t *control.Tray) app.UI {
	l := c.L.Media.Tray
	return app.Ul().Class("tray-strip").Aria("label", l.Files).Body(
		app.Range(t.Files).Slice(func(i int) app.UI { return trayItem(c, t, i) }),
		app.Li().Class("tray-item").Body(
			app.Button().ID("tray-add").Type("button").Class("tray-more").Aria("label", l.Add).Title(l.Add).
				OnClick(func(app.Context, app.Event) { c.AttachMore() }).Body(kit.Icon("plus")),
		),
	)
}

func trayItem(c *control.Control, t *control.Tray, i int) app.UI {
	f := t.Files[i]
	name := view.FileName(c.L, &f.Media)
	class := "tray-pick"
	if i == t.At {
		class += " tray-chosen"
	}
	if f.Bad() != "" {
		class += " tray-wrong"
	}
	scope := app.EventScope(strconv.Itoa(i))
	remove := lang.Fill(c.L.Media.Tray.Remove, "file", lang.Isolate(name))
	return app.Li().Class("tray-item").Body(
		app.Button().Type("button").Class(class).Aria("label", name).Title(name).Aria("pressed", i == t.At).
			OnClick(func(app.Context, app.Event) { c.TrayShow(i) }, scope).Body(trayThumb(f)),
		app.Button().Type("button").Class("tray-out").Aria("label", remove).Title(remove).
			OnClick(func(app.Context, app.Event) { c.TrayRemove(i) }, scope).Body(kit.Icon("close")),
	)
}

func trayThumb(f control.TrayFile) app.UI {
	switch url := ThumbURL(f.Media.Thumb); {
	case f.Bad() != "":
		return kit.Icon("alert")
	case url != "":
		return app.Img().Src(url).Alt("")
	case f.URL != "" && f.Kind == model.KindImage && view.Picture(&f.Media):
		return app.Img().Src(f.URL).Alt("")
	}
	return fileSign(&f.Media)
}

// trayHow is the choice of sending files unchanged, and what it means.
func trayHow(c *control.Control, t *control.Tray) app.UI {
	l := c.L.Media.Tray
	if !t.Shows() {
		return app.Div().Class("tray-how").Hidden(true)
	}
	said := l.Stripped
	switch photos, films := t.Has(model.KindImage), t.Has(model.KindVideo); {
	case t.Original:
		said = l.Unchanged
	case films && photos:
		said += " " + l.Films
	case films:
		said = l.Films
	}
	option := func(id, text string, original bool) app.UI {
		return app.Label().Class("tray-option").Body(
			app.Input().ID(id).Type("radio").Name("tray-how").Checked(t.Original == original).
				OnChange(func(app.Context, app.Event) { c.TrayOriginal(original) }, app.EventScope(id)),
			app.Span().Text(text),
		)
	}
	return app.FieldSet().Class("tray-how").Body(
		app.Legend().Class("sr").Text(l.How),
		option("tray-shown", l.AsShown, false), option("tray-original", l.AsFiles, true),
		app.P().Class("small tray-said").Aria("live", "polite").Text(said),
	)
}

func traySend(c *control.Control, t *control.Tray, f control.TrayFile) app.UI {
	l := c.L.Media.Tray
	label := l.Sends.Of(t.Good())
	caption := l.Caption
	if len(t.Files) > 1 {
		caption = lang.Fill(l.CaptionOf, "n", lang.Isolate(view.FileName(c.L, &f.Media)))
	}
	return app.Div().Class("tray-send-row").Body(
		app.Div().Class("composer-frame").Body(
			app.Textarea().ID("tray-caption").Class("composer").Rows(1).Placeholder(l.Caption).Aria("label", caption).Dir("auto").
				AutoFocus(!kit.Touch()).Attr("autocomplete", "off").Attr("enterkeyhint", "send").Disabled(f.Bad() != "").
				OnInput(func(ctx app.Context, _ app.Event) { c.TrayCaption(ctx.JSSrc().Get("value").String()) }).
				OnKeyDown(func(_ app.Context, e app.Event) { trayKey(c, e) }),
		),
		app.Button().ID("tray-send").Type("button").Class("send").Aria("label", label).Title(label).Disabled(t.Good() == 0 || t.Sending()).
			OnClick(func(app.Context, app.Event) { c.TraySend() }).
			Body(app.If(t.Sending(), kit.Spinner).Else(func() app.UI { return kit.Icon("send") }), app.If(len(t.Files) > 1, func() app.UI {
				return app.Span().Class("badge").Aria("hidden", true).Text(lang.Number(t.Good()))
			})),
	)
}

// trayKey: Enter sends, as in the composer.
func trayKey(c *control.Control, e app.Event) {
	if e.Get("key").String() != "Enter" || e.Get("shiftKey").Truthy() || e.Get("altKey").Truthy() || e.Get("isComposing").Truthy() ||
		e.Get("keyCode").Int() == 229 || kit.Touch() {
		return
	}
	e.PreventDefault()
	c.TraySend()
}
