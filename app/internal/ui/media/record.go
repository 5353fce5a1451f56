package media

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/ui/control"
	"ferry/app/internal/ui/kit"
)

// AttachButton opens the choice of what to attach.
func AttachButton(c *control.Control) app.UI {
	l := c.L.Media
	return app.If(c.CanAttach(), func() app.UI {
		return app.Div().Class("attach").Body(
			kit.IconButton("attach", "clip", l.Attach).Aria("expanded", c.Media.Menu).Aria("haspopup", "true").
				OnClick(func(app.Context, app.Event) { c.AttachMenu() }),
			app.If(c.Media.Menu, func() app.UI {
				return app.Div().Body(
					app.Div().Class("veil").OnClick(func(app.Context, app.Event) { c.AttachClose() }),
					app.Div().Class("attach-menu").Role("group").Aria("label", l.Attach).Body(
						attachItem("attach-photos", "photo", l.AttachPhotos, func() { c.Attach(false) }),
						attachItem("attach-file", "file", l.AttachFile, func() { c.Attach(true) }),
					),
				)
			}),
		)
	})
}

func attachItem(id, icon, text string, do func()) app.UI {
	return app.Button().ID(id).Type("button").Class("action").
		OnClick(func(app.Context, app.Event) { do() }, app.EventScope(id)).
		Body(kit.Icon(icon), app.Text(text))
}

// hold is the press on the microphone button.
var hold struct{ x, y float64 }

// RecordButton is where the send button is while nothing is written: held, it
// records and sends when it is let go; tapped or pressed by key, it records
// until told.
func RecordButton(c *control.Control) app.UI {
	l := c.L.Media.Record
	r := c.Recorder()
	held := r != nil && r.On && !r.Locked
	class := "send record"
	if held {
		class += " record-held"
	}
	return app.Button().ID("record").Type("button").Class(class).Aria("label", l.Button).Title(l.Hint).
		Hidden(!c.CanRecord() && !held).
		On("pointerdown", func(ctx app.Context, e app.Event) {
			if e.Get("button").Int() != 0 {
				return
			}
			hold.x, hold.y = e.Get("clientX").Float(), e.Get("clientY").Float()
			grab(ctx, e)
			c.RecordStart(false)
		}).
		On("pointermove", func(ctx app.Context, e app.Event) {
			if r := c.Recorder(); r == nil || !r.On || r.Locked {
				ctx.PreventUpdate()
				return
			}
			away := hold.x - e.Get("clientX").Float()
			if c.L.Dir == "rtl" {
				away = -away
			}
			c.RecordSlide(away, hold.y-e.Get("clientY").Float())
		}).
		On("pointerup", func(app.Context, app.Event) { c.RecordRelease() }).
		On("pointercancel", func(app.Context, app.Event) { c.RecordLock() }).
		On("contextmenu", func(_ app.Context, e app.Event) { e.PreventDefault() }).
		OnClick(func(_ app.Context, e app.Event) {
			if e.Get("detail").Int() == 0 { // by key, or by an assistive tool
				c.RecordStart(true)
			}
		}).
		Body(kit.Icon("mic"))
}

// Recorder lies over the composer while a voice message is recorded or listened to.
func Recorder(c *control.Control) app.UI {
	r := c.Recorder()
	return app.If(r != nil, func() app.UI {
		switch {
		case r.Err != "":
			return recordFailed(c, r)
		case r.Done != nil:
			return recordPreview(c, r)
		case r.Locked:
			return recordLocked(c, r)
		}
		return recordHeld(c, r)
	})
}

func recorder(state string, c *control.Control, body ...app.UI) app.UI {
	return app.Div().ID("recorder").Class("recorder recorder-"+state).Role("group").Aria("label", c.L.Media.Record.Recording).
		OnKeyDown(func(_ app.Context, e app.Event) {
			if e.Get("key").String() == "Enter" && e.Get("target").Get("tagName").String() != "BUTTON" {
				e.PreventDefault()
				c.RecordSend()
			}
		}).
		Body(body...)
}

func recordFacts(c *control.Control, r *control.Recorder) app.UI {
	return app.Div().Class("record-facts").Body(
		app.Span().Class("record-dot"),
		app.Span().Class("record-time").Role("timer").Text(c.L.Length(r.Seconds)),
		levels(r),
	)
}

// levels is the live picture of the last loudnesses.
func levels(r *control.Recorder) app.UI {
	out := make([]int, 40)
	for i, level := range r.Levels {
		out[len(out)-len(r.Levels)+i] = int(min(max(level, 0), 1) * 100)
	}
	return wave(out, 0)
}

func recordHeld(c *control.Control, r *control.Recorder) app.UI {
	l := c.L.Media.Record
	class := "record-slide"
	if r.Slide > 0.5 {
		class += " record-going"
	}
	return recorder("held", c,
		recordFacts(c, r),
		app.Span().Class(class).Body(kit.Icon("back"), app.Text(l.Slide)),
		app.Span().Class("record-up").Title(l.SlideUp).Body(kit.Icon("lock"), kit.Icon("up")),
	)
}

func recordLocked(c *control.Control, r *control.Recorder) app.UI {
	l := c.L.Media.Record
	return recorder("locked", c,
		kit.IconButton("record-cancel", "trash", l.Cancel).OnClick(func(app.Context, app.Event) { c.RecordCancel() }),
		recordFacts(c, r),
		kit.IconButton("record-stop", "stop", l.Stop).OnClick(func(app.Context, app.Event) { c.RecordStop() }),
		recordSend(c),
	)
}

func recordSend(c *control.Control) app.UI {
	l := c.L.Media.Record
	return app.Button().ID("record-send").Type("button").Class("send").Aria("label", l.Send).Title(l.Send).
		OnClick(func(app.Context, app.Event) { c.RecordSend() }).Body(kit.Icon("send"))
}

func recordPreview(c *control.Control, r *control.Recorder) app.UI {
	l := c.L.Media.Record
	k := c.RecordPreview()
	p := playing(c, k, float64(r.Done.Media.Seconds))
	if p.length == 0 {
		p.length = r.Seconds
	}
	drawn := flat
	if len(r.Done.Media.Waveform) > 0 {
		drawn = bars(r.Done.Media.Waveform, waveBars)
	}
	return recorder("preview", c,
		kit.IconButton("record-cancel", "trash", l.Cancel).OnClick(func(app.Context, app.Event) { c.RecordCancel() }),
		app.Div().Class("record-facts").Body(
			playButton(c, k, p, "preview"),
			slider(c, k, p, true, l.Preview, "preview", wave(drawn, p.part())),
			app.Span().Class("record-time").Text(c.L.Length(p.shown())),
		),
		recordSend(c),
	)
}

func recordFailed(c *control.Control, r *control.Recorder) app.UI {
	l := c.L.Media.Record
	title, text := l.FailedTitle, l.FailedText
	switch r.Err {
	case "denied":
		title, text = l.DeniedTitle, l.DeniedText
	case "no_microphone":
		title, text = l.NoMicTitle, l.NoMicText
	}
	return recorder("failed", c,
		app.Div().Class("record-why").Role("alert").Body(
			kit.Icon("mic-off"),
			app.Div().Body(app.P().Class("record-title").Text(title), app.P().Class("small").Text(text)),
		),
		kit.Button("quiet", c.L.App.Retry).ID("record-again").OnClick(func(app.Context, app.Event) { c.RecordStart(true) }),
		kit.IconButton("record-cancel", "close", c.L.App.Close).OnClick(func(app.Context, app.Event) { c.RecordCancel() }),
	)
}
