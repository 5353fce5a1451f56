// Package keys is the table of keyboard shortcuts. The one table drives the
// handler and the overview, so that what is written is what works.
package keys

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/lang"
	"ferry/app/internal/ui/control"
	"ferry/app/internal/ui/kit"
)

// Press is a key with its modifiers.
type Press struct {
	Key       string // as in KeyboardEvent.key; letters lower case
	Ctrl, Alt bool   // Ctrl is also ⌘
	Typing    bool   // the focus is in a text field
	Message   bool   // the focus is on a message
}

// Shortcut is a line of the table.
type Shortcut struct {
	Press Press
	Shown []string                    // the keys as written on them
	Text  func(lang.KeysTexts) string // what it does
	Group func(lang.KeysTexts) string
	// Do does it, and tells whether there was anything to do. It is nil for
	// keys that an element handles itself.
	Do func(*control.Control) bool
}

func anywhere(l lang.KeysTexts) string { return l.Anywhere }
func inChat(l lang.KeysTexts) string   { return l.InChat }
func inList(l lang.KeysTexts) string   { return l.InList }

// Table is all of them.
var Table = []Shortcut{
	{Press{Key: "?"}, []string{"?"}, func(l lang.KeysTexts) string { return l.Help }, anywhere,
		func(c *control.Control) bool { c.Help = !c.Help; return true }},
	{Press{Key: "k", Ctrl: true}, []string{"Ctrl", "K"}, func(l lang.KeysTexts) string { return l.Search }, anywhere,
		func(c *control.Control) bool { c.FocusSearch(); return true }},
	{Press{Key: "f", Ctrl: true}, []string{"Ctrl", "F"}, func(l lang.KeysTexts) string { return l.Find }, inChat,
		func(c *control.Control) bool { return c.OpenFind() }},
	{Press{Key: "n", Alt: true}, []string{"Alt", "N"}, func(l lang.KeysTexts) string { return l.New }, anywhere,
		func(c *control.Control) bool { c.Go(control.PathNew); return true }},
	{Press{Key: ",", Ctrl: true}, []string{"Ctrl", ","}, func(l lang.KeysTexts) string { return l.Settings }, anywhere,
		func(c *control.Control) bool { c.Go(control.PathSettings); return true }},
	{Press{Key: "ArrowDown", Alt: true}, []string{"Alt", "↓"}, func(l lang.KeysTexts) string { return l.Next }, anywhere,
		func(c *control.Control) bool { c.Neighbour(1); return true }},
	{Press{Key: "ArrowUp", Alt: true}, []string{"Alt", "↑"}, func(l lang.KeysTexts) string { return l.Previous }, anywhere,
		func(c *control.Control) bool { c.Neighbour(-1); return true }},
	{Press{Key: "Escape"}, []string{"Esc"}, func(l lang.KeysTexts) string { return l.Back }, anywhere,
		func(c *control.Control) bool { return c.Escape() }},
	{Press{}, []string{"Enter"}, func(l lang.KeysTexts) string { return l.Send }, inChat, nil},
	{Press{}, []string{"Shift", "Enter"}, func(l lang.KeysTexts) string { return l.NewLine }, inChat, nil},
	{Press{Key: "End", Ctrl: true}, []string{"Ctrl", "End"}, func(l lang.KeysTexts) string { return l.Newest }, inChat,
		func(c *control.Control) bool { c.Jump(); return c.View.Open != "" }},
	{Press{}, []string{"↑", "↓"}, func(l lang.KeysTexts) string { return l.Through }, inChat, nil},
	{Press{Key: "r", Message: true}, []string{"R"}, func(l lang.KeysTexts) string { return l.Reply }, inChat,
		func(c *control.Control) bool { return c.ReplyHere() }},
	{Press{Key: "e", Message: true}, []string{"E"}, func(l lang.KeysTexts) string { return l.React }, inChat,
		func(c *control.Control) bool { return c.ReactHere() }},
	{Press{Key: "m", Message: true}, []string{"M"}, func(l lang.KeysTexts) string { return l.Menu }, inChat,
		func(c *control.Control) bool { return c.MenuHere() }},
	{Press{}, []string{"↑"}, func(l lang.KeysTexts) string { return l.EditLast }, inChat, nil},
	{Press{Key: "e", Ctrl: true, Alt: true}, []string{"Ctrl", "Alt", "E"}, func(l lang.KeysTexts) string { return l.Emoji }, inChat,
		func(c *control.Control) bool { c.ToggleEmoji(); return c.Emoji.Open }},
	{Press{}, []string{":", "a"}, func(l lang.KeysTexts) string { return l.Names }, inChat, nil},
	{Press{}, []string{"↑", "↓"}, func(l lang.KeysTexts) string { return l.Move }, inList, nil},
	{Press{}, []string{"Enter"}, func(l lang.KeysTexts) string { return l.Open }, inList, nil},
}

// Handle does what a key stands for, and tells whether it stands for anything.
func Handle(c *control.Control, p Press) bool {
	for _, s := range Table {
		if s.Do == nil || s.Press.Key != p.Key || s.Press.Ctrl != p.Ctrl || s.Press.Alt != p.Alt || s.Press.Message && !p.Message {
			continue
		}
		if p.Typing && !p.Ctrl && !p.Alt && p.Key != "Escape" {
			return false // it is text
		}
		return s.Do(c)
	}
	return false
}

// FromEvent reads a keyboard event.
func FromEvent(e app.Event) Press {
	p := Press{
		Key:  e.Get("key").String(),
		Ctrl: e.Get("ctrlKey").Truthy() || e.Get("metaKey").Truthy(),
		Alt:  e.Get("altKey").Truthy(),
	}
	if len(p.Key) == 1 && p.Key[0] >= 'A' && p.Key[0] <= 'Z' {
		p.Key = string(p.Key[0] + 'a' - 'A')
	}
	target := e.Get("target")
	if target.Get("closest").Truthy() {
		p.Message = target.Call("closest", ".line[data-id]").Truthy()
	}
	switch target.Get("tagName").String() {
	case "TEXTAREA":
		p.Typing = true
	case "INPUT":
		kind := target.Get("type").String()
		p.Typing = kind != "radio" && kind != "checkbox"
	}
	return p
}

// Help draws the overview.
func Help(c *control.Control) app.UI {
	l := c.L.Keys
	return kit.Dialog("help", l.Title, func(app.Context, app.Event) { c.Dismiss() },
		app.Header().Class("dialog-head").Body(
			app.H2().Text(l.Title),
			kit.IconButton("dialog-close", "close", c.L.App.Close).
				OnClick(func(app.Context, app.Event) { c.Dismiss() }),
		),
		app.Div().Class("keys").Body(
			group(l, anywhere), group(l, inChat), group(l, inList),
		),
	)
}

func group(l lang.KeysTexts, of func(lang.KeysTexts) string) app.UI {
	var lines []app.UI
	for _, s := range Table {
		if s.Group(l) != of(l) {
			continue
		}
		var caps []app.UI
		for _, k := range s.Shown {
			caps = append(caps, app.Kbd().Text(k))
		}
		lines = append(lines, app.Dt().Text(s.Text(l)), app.Dd().Body(caps...))
	}
	return app.Section().Body(app.H3().Text(of(l)), app.Dl().Body(lines...))
}
