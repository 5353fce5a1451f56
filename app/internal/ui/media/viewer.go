package media

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/lang"
	"ferry/app/internal/model"
	"ferry/app/internal/ui/control"
	"ferry/app/internal/ui/kit"
	"ferry/app/internal/ui/view"
)

// Viewer shows pictures and films over the page.
func Viewer(c *control.Control) app.UI {
	m, n, total, ok := c.ViewerAt()
	return app.If(ok, func() app.UI {
		l := c.L.Media.Viewer
		title := lang.Fill(l.Title, "name", lang.Isolate(c.View.Name(m.Chat)))
		return kit.Dialog("viewer", title, func(app.Context, app.Event) { c.CloseViewer() },
			app.Div().Class("viewer").OnKeyDown(func(_ app.Context, e app.Event) { viewerKey(c, e) }).Body(
				viewerHead(c, m, n, total),
				&stage{M: m, URL: c.Source(control.KeyOf(m), m.Kind == model.KindImage), c: c},
				viewerTurn(c, "viewer-previous", "back", l.Previous, -1, n > 1),
				viewerTurn(c, "viewer-next", "next", l.Next, 1, n < total),
				app.If(m.Text != "", func() app.UI {
					return app.P().Class("viewer-text").Dir("auto").Body(kit.Name(view.CleanText(m.Text)))
				}),
			),
		)
	})
}

func viewerHead(c *control.Control, m model.Message, n, total int) app.UI {
	l := c.L.Media
	who := l.Viewer.Mine
	if !m.FromMe {
		who = c.View.Name(m.Chat)
	}
	k := control.KeyOf(m)
	return app.Header().Class("viewer-head").Body(
		app.Div().Class("viewer-who").Body(
			app.P().Class("viewer-name").Body(kit.Name(who)),
			app.P().Class("viewer-when").Aria("live", "polite").Body(
				app.Text(c.L.Moment(c.View.Now, m.At.In(c.View.Now.Location()))),
				app.If(total > 1, func() app.UI {
					return app.Span().Text(" · " + lang.Fill(l.Viewer.Of, "n", lang.Number(n), "total", lang.Number(total)))
				}),
			),
		),
		app.If(m.Kind == model.KindImage, func() app.UI {
			return app.Div().Class("viewer-zoom").Body(
				kit.IconButton("viewer-out", "zoom-out", l.Viewer.ZoomOut).OnClick(func(app.Context, app.Event) { pressZoom("-") }),
				kit.IconButton("viewer-in", "zoom-in", l.Viewer.ZoomIn).OnClick(func(app.Context, app.Event) { pressZoom("+") }),
			)
		}),
		kit.IconButton("viewer-save", "save", l.Play.Save).OnClick(func(app.Context, app.Event) { c.SaveMedia(k) }, app.EventScope(string(k.Ref.ID), side(k.Ref.FromMe))),
		kit.IconButton("viewer-close", "close", l.Viewer.Close).AutoFocus(true).OnClick(func(app.Context, app.Event) { c.CloseViewer() }),
	)
}

func viewerTurn(c *control.Control, id, icon, label string, step int, there bool) app.UI {
	return kit.IconButton(id, icon, label).Class("viewer-turn").Disabled(!there).
		OnClick(func(app.Context, app.Event) { c.ViewerStep(step) }, app.EventScope(id))
}

// viewerKey: arrows go on, plus and minus enlarge, zero fits.
func viewerKey(c *control.Control, e app.Event) {
	if e.Get("altKey").Truthy() || e.Get("ctrlKey").Truthy() || e.Get("metaKey").Truthy() || e.Get("target").Get("tagName").String() == "VIDEO" {
		return
	}
	step := 1
	if c.L.Dir == "rtl" {
		step = -1
	}
	switch key := e.Get("key").String(); key {
	case "ArrowRight":
		c.ViewerStep(step)
	case "ArrowLeft":
		c.ViewerStep(-step)
	case "+", "=", "-", "0":
		pressZoom(key)
	default:
		return
	}
	e.PreventDefault()
	stopEvent(e)
}

// onStage is the stage on the screen, there is at most one.
var onStage *stage

func pressZoom(key string) {
	if s := onStage; s != nil {
		s.press(key)
	}
}

// stage holds the picture or film of the viewer.
type stage struct {
	app.Compo
	M      model.Message
	URL    string
	c      *control.Control
	at     zoom
	broken bool
	hands  map[int][2]float64 // pointers that are down
	spread float64            // between two of them, last
	from   [2]float64         // where a single one went down
}

// CompoID gives each picture a stage of its own, unenlarged.
func (s *stage) CompoID() string { return string(s.M.Chat) + side(s.M.FromMe) + string(s.M.ID) }

// OnMount takes the keys.
func (s *stage) OnMount(app.Context) { onStage, s.hands = s, map[int][2]float64{} }

// OnDismount gives them back.
func (s *stage) OnDismount() {
	if onStage == s {
		onStage = nil
	}
}

// Render draws it.
func (s *stage) Render() app.UI {
	l := s.c.L.Media
	k := control.KeyOf(s.M)
	scope := app.EventScope(s.CompoID())
	box := app.Div().ID("viewer-stage").Class("viewer-stage")
	switch {
	case s.broken || s.c.SourceFailed(k):
		return box.Body(app.Div().Class("viewer-broken").Body(kit.Icon("alert"), app.P().Text(l.Play.CannotShow)))
	case s.URL == "":
		return box.Body(kit.Spinner())
	case s.M.Kind == model.KindVideo:
		return box.OnClick(s.beside).Body(app.Video().Class("viewer-film").Src(s.URL).Controls(true).AutoPlay(true).Attr("playsinline", true).
			Loop(s.M.Media.GIF).Attr("controlslist", "nodownload").Aria("label", l.Video).
			On("error", func(app.Context, app.Event) { s.broken = true }, scope))
	}
	return box.
		OnClick(s.beside).
		On("wheel", s.wheel).
		On("dblclick", s.double).
		On("pointerdown", s.down).
		On("pointermove", s.drag).
		On("pointerup", s.up).
		On("pointercancel", s.up).
		Body(app.Img().ID("viewer-image").Class("viewer-image").Src(s.URL).Alt(l.Photo).Draggable(false).
			On("error", func(app.Context, app.Event) { s.broken = !s.c.SourceAgain(k) }, scope))
}

// beside closes by a click beside the picture.
func (s *stage) beside(ctx app.Context, e app.Event) {
	if e.Get("target").Equal(ctx.JSSrc()) && !s.at.on() {
		s.c.CloseViewer()
		return
	}
	ctx.PreventUpdate()
}

// point is where an event is, from the middle of the stage.
func point(e app.Event) (x, y float64) {
	box := app.Window().GetElementByID("viewer-stage").Call("getBoundingClientRect")
	return e.Get("clientX").Float() - box.Get("left").Float() - box.Get("width").Float()/2,
		e.Get("clientY").Float() - box.Get("top").Float() - box.Get("height").Float()/2
}

// set shows an enlargement, within the stage.
func (s *stage) set(z zoom) {
	img, box := app.Window().GetElementByID("viewer-image"), app.Window().GetElementByID("viewer-stage")
	if !img.Truthy() || !box.Truthy() {
		return
	}
	s.at = z.within(img.Get("offsetWidth").Float(), img.Get("offsetHeight").Float(), box.Get("clientWidth").Float(), box.Get("clientHeight").Float())
	img.Get("style").Call("setProperty", "transform", s.at.css())
	state := "out"
	if s.at.on() {
		state = "in"
	}
	box.Get("dataset").Set("zoom", state)
}

func (s *stage) press(key string) {
	switch key {
	case "+", "=":
		s.set(s.at.by(zoomStep, 0, 0))
	case "-":
		s.set(s.at.by(1/zoomStep, 0, 0))
	default:
		s.set(zoom{scale: 1})
	}
}

func (s *stage) wheel(ctx app.Context, e app.Event) {
	e.PreventDefault()
	ctx.PreventUpdate()
	x, y := point(e)
	factor := 1 - min(max(e.Get("deltaY").Float(), -240), 240)/480
	s.set(s.at.by(factor, x, y))
}

func (s *stage) double(ctx app.Context, e app.Event) {
	ctx.PreventUpdate()
	if s.at.on() {
		s.set(zoom{scale: 1})
		return
	}
	x, y := point(e)
	s.set(s.at.by(zoomTwo, x, y))
}

func (s *stage) down(ctx app.Context, e app.Event) {
	ctx.PreventUpdate()
	if len(s.hands) == 2 || e.Get("button").Int() != 0 {
		return
	}
	x, y := point(e)
	s.hands[e.Get("pointerId").Int()] = [2]float64{x, y}
	s.from, s.spread = [2]float64{x, y}, s.apart()
	if s.at.on() || len(s.hands) == 2 {
		grab(ctx, e)
	}
}

// apart is how far two fingers are from each other; 0 if there are not two.
func (s *stage) apart() float64 {
	if len(s.hands) != 2 {
		return 0
	}
	var p [][2]float64
	for _, at := range s.hands {
		p = append(p, at)
	}
	return max(abs(p[0][0]-p[1][0])+abs(p[0][1]-p[1][1]), 1)
}

func (s *stage) drag(ctx app.Context, e app.Event) {
	ctx.PreventUpdate()
	id := e.Get("pointerId").Int()
	was, ok := s.hands[id]
	if !ok {
		return
	}
	x, y := point(e)
	s.hands[id] = [2]float64{x, y}
	z := s.at.moved((x-was[0])/float64(len(s.hands)), (y-was[1])/float64(len(s.hands)))
	if now := s.apart(); now > 0 && s.spread > 0 {
		z = z.by(now/s.spread, x, y)
		s.spread = now
	} else if !s.at.on() {
		return
	}
	s.set(z)
}

// up ends a touch; a swipe goes on to the next, or down closes.
func (s *stage) up(ctx app.Context, e app.Event) {
	id := e.Get("pointerId").Int()
	at, ok := s.hands[id]
	delete(s.hands, id)
	s.spread = s.apart()
	if !ok || s.at.on() || len(s.hands) > 0 || e.Get("pointerType").String() != "touch" || e.Get("type").String() == "pointercancel" {
		ctx.PreventUpdate()
		return
	}
	dx, dy := at[0]-s.from[0], at[1]-s.from[1]
	step := 1
	if s.c.L.Dir == "rtl" {
		step = -1
	}
	switch {
	case dx < -60 && abs(dx) > abs(dy):
		s.c.ViewerStep(step)
	case dx > 60 && abs(dx) > abs(dy):
		s.c.ViewerStep(-step)
	case dy > 100:
		s.c.CloseViewer()
	default:
		ctx.PreventUpdate()
	}
}

func abs(x float64) float64 { return max(x, -x) }
