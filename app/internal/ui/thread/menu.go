package thread

import (
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/lang"
	"ferry/app/internal/model"
	"ferry/app/internal/ui/control"
	"ferry/app/internal/ui/emoji"
	"ferry/app/internal/ui/kit"
	"ferry/app/internal/ui/media"
	"ferry/app/internal/ui/view"
)

// overlays are what lies over the thread: a message's actions, who reacted, and
// the emoji for a reaction.
func overlays(c *control.Control) app.UI {
	m, open := c.View.Thread(c.Route.Chat).Find(c.Menu.Mine, c.Menu.ID)
	// Each in a place of its own: else go-app would make one dialog of another.
	return app.Div().Class("overlays").Body(
		app.Div().Body(app.If(open && c.Menu.ID != "", func() app.UI { return menu(c, m) })),
		app.Div().Body(app.If(c.ChatMenu, func() app.UI { return chatMenu(c) })),
		app.Div().Body(who(c)),
		app.Div().Body(app.If(c.Emoji.Open && c.Emoji.For.ID != "", func() app.UI { return emoji.Dialog(c) })),
	)
}

// menu is what can be done with a message: a modal dialog beside it, or at the
// lower edge of a phone.
func menu(c *control.Control, m model.Message) app.UI {
	key := control.MessageKey{Mine: m.FromMe, ID: m.ID}
	scope := app.EventScope(string(m.ID), m.FromMe)
	close := func(app.Context, app.Event) { c.CloseMenu() }
	return app.Dialog().ID("menu").Class("msg-menu").DataSet("for", m.ID).Aria("label", c.L.Thread.Actions).
		On("cancel", func(ctx app.Context, e app.Event) {
			e.PreventDefault()
			close(ctx, e)
		}, scope).
		On("contextmenu", func(_ app.Context, e app.Event) { e.PreventDefault() }, scope).
		OnClick(func(ctx app.Context, e app.Event) {
			if e.Get("target").Equal(ctx.JSSrc()) {
				close(ctx, e)
			}
		}, scope).
		OnKeyDown(func(_ app.Context, e app.Event) { menuKey(e) }).
		Body(
			&placer{Anchor: key.Element(), X: c.MenuX, Y: c.MenuY},
			app.Div().Class("msg-menu-body").Body(
				app.If(view.CanReact(m) && c.View.Can(m.Chat).React, func() app.UI { return quick(c, key, view.MyReaction(m)) }),
				app.If(c.MenuMode == control.MenuAll, func() app.UI { return actions(c, key, m) }),
			),
		)
}

// quick are the emoji that are offered first.
func quick(c *control.Control, key control.MessageKey, mine string) app.UI {
	l := c.L.Content
	offered := control.Quick[:]
	return app.Div().Class("quick").Role("group").Aria("label", l.React).Body(
		app.Range(offered).Slice(func(i int) app.UI {
			e, class := offered[i], "quick-emoji"
			label := lang.Fill(l.ReactWith, "emoji", e)
			if view.SameEmoji(e, mine) {
				class, label = "quick-emoji quick-mine", lang.Fill(l.ReactRemove, "emoji", e)
			}
			return app.Button().Type("button").Class(class).DataSet("emoji", e).Aria("label", label).Aria("pressed", view.SameEmoji(e, mine)).
				OnClick(func(app.Context, app.Event) { c.React(key, e) }, app.EventScope(string(key.ID), key.Mine, e)).Text(e)
		}),
		app.If(c.CanEmoji(), func() app.UI {
			return app.Button().Type("button").Class("quick-emoji quick-more").DataSet("action", "react").Aria("label", l.ReactMore).Title(l.ReactMore).
				OnClick(func(app.Context, app.Event) { c.OpenEmoji(key) }, app.EventScope(string(key.ID), key.Mine)).Body(kit.Icon("smile-add"))
		}),
	)
}

// entry is a line of the menu.
type entry struct {
	name, icon, label string
	danger            bool
	do                func()
}

func actions(c *control.Control, key control.MessageKey, m model.Message) app.UI {
	return lines(entries(c, key, m), string(key.ID), key.Mine)
}

// lines draws entries; scope tells those of one thing from those of another.
func lines(list []entry, scope ...any) app.UI {
	return app.Div().Class("actions").Body(app.Range(list).Slice(func(i int) app.UI {
		e := list[i]
		class := "action"
		if e.danger {
			class = "action action-danger"
		}
		return app.Button().Type("button").Class(class).DataSet("action", e.name).
			OnClick(func(app.Context, app.Event) { e.do() }, app.EventScope(append([]any{e.name}, scope...)...)).
			Body(kit.Icon(e.icon), app.Text(e.label))
	}))
}

func entries(c *control.Control, key control.MessageKey, m model.Message) []entry {
	l := c.L.Content
	var list []entry
	add := func(when bool, e entry) {
		if when {
			list = append(list, e)
		}
	}
	can := c.View.Can(m.Chat)
	add(can.Reply && view.CanReply(m), entry{"reply", "reply", l.Reply, false, func() { c.Reply(key) }})
	if m.Media != nil && m.Kind != model.KindDeleted && !c.View.Inert(m.Chat) {
		for _, a := range media.Actions(c, m) {
			add(true, entry{a.Name, a.Icon, a.Label, false, func() {
				c.CloseMenu()
				a.Do()
			}})
		}
	}
	readable := m.Failure == model.NoFailure || m.State == model.Failed
	add(readable && m.Kind != model.KindDeleted && m.Text != "", entry{"copy", "copy", l.Copy, false, func() { c.CopyText(key.Mine, key.ID) }})
	// For those who do not reach what is on the bubble with a pointer.
	if m.Reply != nil && m.Kind != model.KindDeleted {
		if q := c.View.Quoted(m.Chat, m.Reply); q.Order != 0 {
			add(true, entry{"original", "next", l.Original, false, func() {
				c.CloseMenu()
				c.JumpToQuoted(*q)
			}})
		}
	}
	add(len(m.Reactions) > 0 && m.Kind != model.KindDeleted, entry{"who", "people", l.ReactedTitle, false, func() { c.ShowWho(key) }})
	add(can.Edit && view.CanEdit(m, c.View.Now), entry{"edit", "pencil", l.Edit, false, func() { c.Edit(key.ID) }})
	add(can.Revoke && view.CanRevoke(m, c.View.Now), entry{"revoke", "ban", l.Revoke, true, func() { c.AskRevokeMessage(key.ID) }})
	add(true, entry{"delete", "trash", l.Delete, true, func() { c.Delete(key.Mine, key.ID) }})
	return list
}

// menuKey goes through the menu with the arrows; the first letters are left to
// the browser's own search.
func menuKey(e app.Event) {
	step, ok := map[string]int{"ArrowDown": 1, "ArrowRight": 1, "ArrowUp": -1, "ArrowLeft": -1}[e.Get("key").String()]
	if !ok {
		return
	}
	e.PreventDefault()
	buttons := e.Get("currentTarget")
	if !buttons.Truthy() {
		buttons = app.Window().GetElementByID("menu")
	}
	all := buttons.Call("querySelectorAll", "button")
	n := all.Get("length").Int()
	active := app.Window().Get("document").Get("activeElement")
	for i := range n {
		if all.Index(i).Equal(active) {
			all.Index((i + step + n) % n).Call("focus")
			return
		}
	}
}

// placer opens the dialog that it is in, beside what it belongs to or where the
// pointer is, inside the window.
type placer struct {
	app.Compo
	Anchor string // id of an element
	X, Y   float64
	before app.Value
}

func (p *placer) CompoID() string {
	return p.Anchor + strconv.Itoa(int(p.X)) + "," + strconv.Itoa(int(p.Y))
}

func (p *placer) OnMount(app.Context) {
	w := app.Window()
	p.before = w.Get("document").Get("activeElement")
	d := w.GetElementByID("menu")
	if !d.Truthy() {
		return
	}
	if !d.Get("open").Bool() {
		d.Call("showModal")
	}
	first := d.Call("querySelector", ".action, .quick-emoji")
	if first.Truthy() {
		first.Call("focus")
	}
	p.place(w, d) // also where it is a sheet at the lower edge: the window may grow while it is open
}

func (p *placer) place(w app.BrowserWindow, d app.Value) {
	const gap = 8.0
	size := d.Call("getBoundingClientRect")
	width, height := size.Get("width").Float(), size.Get("height").Float()
	wide, high := w.Get("innerWidth").Float(), w.Get("innerHeight").Float()
	x, y := p.X, p.Y
	if x == 0 && y == 0 {
		if a := w.GetElementByID(p.Anchor); a.Truthy() {
			r := a.Call("getBoundingClientRect")
			x, y = r.Get("left").Float(), r.Get("bottom").Float()+4
			if y+height+gap > high {
				y = r.Get("top").Float() - height - 4
			}
		}
	}
	x = max(gap, min(x, wide-width-gap))
	y = max(gap, min(y, high-height-gap))
	style := d.Get("style")
	style.Call("setProperty", "left", strconv.Itoa(int(x))+"px")
	style.Call("setProperty", "top", strconv.Itoa(int(y))+"px")
	d.Get("classList").Call("add", "placed")
}

func (p *placer) OnDismount() {
	// What was chosen may move it on, once all is drawn.
	if p.before != nil && p.before.Truthy() && p.before.Get("isConnected").Bool() {
		p.before.Call("focus", map[string]any{"preventScroll": true})
	}
}

// Render draws nothing to be seen.
func (p *placer) Render() app.UI { return app.Span().Hidden(true) }
