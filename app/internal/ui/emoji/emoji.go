// Package emoji draws the choice of an emoji: the picker with its groups, its
// search and the skin tones, over a message or the composer, and the names that
// complete what is being written.
package emoji

import (
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/lang"
	"ferry/app/internal/ui/control"
	"ferry/app/internal/ui/kit"
	"ferry/app/internal/ui/view"
)

// Dialog is the picker for a reaction.
func Dialog(c *control.Control) app.UI {
	return kit.Dialog("emoji-dialog", c.L.Content.Emoji.Title, func(app.Context, app.Event) { c.CloseEmoji() }, picker(c))
}

// Panel is the picker above the composer.
func Panel(c *control.Control) app.UI {
	return app.Div().Class("emoji-panel").Role("dialog").Aria("label", c.L.Content.Emoji.Title).Body(picker(c))
}

func picker(c *control.Control) app.UI {
	l := c.L.Content.Emoji
	return app.Div().ID("emoji").Class("emoji").Body(
		app.Div().Class("emoji-head").Body(
			app.Div().Class("input-frame").Body(
				kit.Icon("search"),
				app.Input().ID("emoji-search").Class("input").Type("search").Placeholder(l.Search).Aria("label", l.Search).
					Attr("autocomplete", "off").Attr("enterkeyhint", "done").
					OnInput(func(ctx app.Context, _ app.Event) { c.EmojiSearch(ctx.JSSrc().Get("value").String()) }).
					OnKeyDown(func(_ app.Context, e app.Event) { searchKey(c, e) }),
			),
			tones(c),
		),
		groups(c),
		grid(c),
	)
}

func searchKey(c *control.Control, e app.Event) {
	switch e.Get("key").String() {
	case "ArrowDown":
		e.PreventDefault()
		c.MoveEmoji(0)
	case "Enter":
		e.PreventDefault() // the composer's form is around it
		c.PickFirst()
	}
}

// icons of the groups are emoji themselves.
var icons = [view.EmojiGroups]string{"😀", "👋", "🐻", "🍎", "⛴️", "⚽", "💡", "❤️", "🏁"}

func groups(c *control.Control) app.UI {
	e, l := &c.Emoji, c.L.Content.Emoji
	from := 0
	if len(e.Recent) > 0 {
		from = control.RecentGroup
	}
	var tabs []app.UI
	for g := from; g < view.EmojiGroups; g++ {
		name, sign := l.Recent, app.UI(kit.Icon("clock"))
		if g >= 0 {
			name, sign = l.Groups[g], app.Text(icons[g])
		}
		chosen := e.Group == g && e.Query == ""
		class := "emoji-tab"
		if chosen {
			class = "emoji-tab emoji-tab-on"
		}
		stop := -1
		if e.Group == g {
			stop = 0
		}
		tabs = append(tabs, app.Button().ID("emoji-tab-"+strconv.Itoa(g)).Type("button").Class(class).Role("tab").Aria("selected", chosen).Aria("label", name).Title(name).TabIndex(stop).
			DataSet("group", g).Body(sign))
	}
	return app.Div().Class("emoji-tabs").Role("tablist").
		OnClick(func(_ app.Context, ev app.Event) {
			if g, ok := numberOf(ev, "[data-group]", "group"); ok {
				c.EmojiGroup(g)
			}
		}).
		OnKeyDown(func(_ app.Context, ev app.Event) {
			step, ok := map[string]int{"ArrowLeft": -1, "ArrowRight": 1}[ev.Get("key").String()]
			if !ok {
				return
			}
			ev.PreventDefault()
			n := view.EmojiGroups - from
			g := (e.Group-from+step+n)%n + from
			c.EmojiGroup(g)
			kit.Focus("emoji-tab-" + strconv.Itoa(g))
		}, app.EventScope(from)).
		Body(tabs...)
}

// grid shows the emoji. One handler for all of them: there are hundreds.
func grid(c *control.Control) app.UI {
	e, l := &c.Emoji, c.L.Content.Emoji
	shown := e.Shown()
	title := l.Recent
	switch {
	case e.Query != "":
		title = l.Found.Of(len(shown))
	case e.Group >= 0:
		title = l.Groups[e.Group]
	}
	return app.Div().ID("emoji-grid").Class("emoji-scroll").TabIndex(-1).Body(
		app.P().Class("emoji-title").Role("status").Text(title),
		app.If(e.Set == nil, func() app.UI { return waiting(c) }).
			ElseIf(len(shown) == 0, func() app.UI {
				return app.P().Class("emoji-none").Text(lang.Fill(l.NoneText, "query", lang.Isolate(view.CleanName(e.Query))))
			}).
			Else(func() app.UI {
				last := e.Lately()
				return app.Div().
					OnClick(func(_ app.Context, ev app.Event) {
						if i, ok := numberOf(ev, "[data-i]", "i"); ok {
							c.PickEmoji(i)
						}
					}).
					OnKeyDown(func(_ app.Context, ev app.Event) { gridKey(c, ev) }).
					Body(
						app.If(last > 0, func() app.UI { return cells(e, title, shown[:last], 0) }),
						app.If(last > 0, func() app.UI { return app.P().Class("emoji-title emoji-title-next").Text(l.Groups[0]) }),
						cells(e, title, shown[last:], last),
					)
			}),
	)
}

// cells are emoji of Shown, the first of which has a number.
func cells(e *control.Emoji, title string, of []view.Emoji, first int) app.UI {
	out := make([]app.UI, len(of))
	for n, one := range of {
		i, stop := first+n, -1
		if i == e.At {
			stop = 0
		}
		out[n] = app.Button().ID(control.EmojiID(i)).Type("button").Class("emoji-cell").DataSet("i", i).TabIndex(stop).
			Aria("label", one.Name).Title(one.Name + " " + one.Code()).Text(e.Face(i, one))
	}
	return app.Div().Class("emoji-cells").Role("group").Aria("label", title).Body(out...)
}

func waiting(c *control.Control) app.UI {
	l := c.L.Content.Emoji
	if c.Emoji.Failed {
		return app.Div().Class("emoji-none").Role("alert").Body(
			app.P().Text(l.Failed),
			kit.Button("quiet", c.L.App.Retry).OnClick(func(app.Context, app.Event) { c.LoadEmoji() }),
		)
	}
	return app.P().Class("emoji-none").Role("status").Body(kit.Spinner(), kit.Hidden(l.Loading))
}

func gridKey(c *control.Control, e app.Event) {
	step, ok := map[string]int{
		"ArrowLeft": -1, "ArrowRight": 1, "ArrowUp": -control.EmojiColumns, "ArrowDown": control.EmojiColumns,
		"Home": -1 << 20, "End": 1 << 20, "PageUp": -4 * control.EmojiColumns, "PageDown": 4 * control.EmojiColumns,
	}[e.Get("key").String()]
	if !ok {
		return
	}
	e.PreventDefault()
	c.MoveEmoji(step)
}

// numberOf reads a number from the data of the element that an event is about.
func numberOf(e app.Event, selector, name string) (int, bool) {
	at := e.Get("target").Call("closest", selector)
	if !at.Truthy() {
		return 0, false
	}
	n, err := strconv.Atoi(at.Get("dataset").Get(name).String())
	return n, err == nil
}

func tones(c *control.Control) app.UI {
	e, l := &c.Emoji, c.L.Content.Emoji
	return app.Div().Class("tones").Body(
		app.Button().ID("emoji-tone").Type("button").Class("icon-btn tone").Aria("label", l.Tone+": "+l.Tones[e.Tone]).Title(l.Tone).
			Aria("expanded", e.Tones).OnClick(func(app.Context, app.Event) { c.ToggleTones() }).Text(view.ToneSign(e.Tone)),
		app.If(e.Tones, func() app.UI {
			list := l.Tones[:]
			return app.Div().Class("tone-list").Role("group").Aria("label", l.Tone).Body(app.Range(list).Slice(func(i int) app.UI {
				return app.Button().Type("button").Class("icon-btn tone").Aria("label", list[i]).Title(list[i]).Aria("pressed", i == e.Tone).
					DataSet("tone", i).OnClick(func(app.Context, app.Event) { c.SetTone(i) }).Text(view.ToneSign(i))
			}))
		}),
	)
}

// Completions are the emoji that fit the ":name" at the cursor.
func Completions(c *control.Control) app.UI {
	p := &c.Complete
	return app.Div().ID("emoji-names").Class("completions").Role("listbox").
		Aria("label", lang.Fill(c.L.Content.Emoji.Complete, "query", p.Query)).
		Body(app.Range(p.Items).Slice(func(i int) app.UI {
			class := "completion"
			if i == p.At {
				class = "completion completion-on"
			}
			return app.Button().Type("button").Class(class).Role("option").Aria("selected", i == p.At).TabIndex(-1).DataSet("code", p.Items[i].Code()).
				OnClick(func(app.Context, app.Event) { c.TakeComplete(i) }).
				Body(app.Span().Class("completion-emoji").Text(p.Items[i].With(c.Emoji.Tone)), app.Text(p.Items[i].Code()))
		}))
}
