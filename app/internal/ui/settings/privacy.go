package settings

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/lang"
	"ferry/app/internal/model"
	"ferry/app/internal/ui/control"
	"ferry/app/internal/ui/kit"
)

// privacy is what others may see. Each switch works both ways.
func privacy(c *control.Control) []app.UI {
	l, p := c.L.Content.Privacy, c.View.Privacy
	return []app.UI{
		app.P().Class("lead").Text(l.Intro),
		app.Div().Class("card switches").Body(
			toggle(c, "read", "ticks", l.Read, l.ReadText, p.ReadReceipts, func(p *model.Privacy) *bool { return &p.ReadReceipts }),
			toggle(c, "typing", "pencil", l.Typing, l.TypingText, p.Typing, func(p *model.Privacy) *bool { return &p.Typing }),
			toggle(c, "last-seen", "clock", l.LastSeen, l.LastSeenText, p.LastSeen, func(p *model.Privacy) *bool { return &p.LastSeen }),
		),
		app.P().Class("small page-note").Text(l.Always),
		app.Ul().Class("menu card").Body(item("ban", c.L.People.BlockedTitle, c.L.People.BlockedText, blockedCount(c), c.At(control.PathBlocked))),
	}
}

// blockedCount says how many are blocked, if any are.
func blockedCount(c *control.Control) string {
	n := len(c.View.Blocked) + len(c.View.BlockedApps())
	if n == 0 {
		return ""
	}
	return lang.Number(n)
}

func toggle(c *control.Control, name, icon, title, text string, on bool, field func(*model.Privacy) *bool) app.UI {
	id := "privacy-" + name
	return app.Label().Class("switch").For(id).Body(
		kit.Icon(icon),
		app.Span().Class("menu-words").Body(
			app.Span().Class("menu-title").Text(title),
			app.Span().ID(id+"-text").Class("small").Text(text),
			app.If(!on, func() app.UI { return app.Span().Class("switch-off").Text(c.L.Content.Privacy.Reciprocal) }),
		),
		app.Input().ID(id).Type("checkbox").Role("switch").Checked(on).Disabled(!c.View.Ready).Aria("describedby", id+"-text").
			OnChange(func(ctx app.Context, _ app.Event) {
				now := ctx.JSSrc().Get("checked").Bool()
				c.SetPrivacy(func(p *model.Privacy) { *field(p) = now })
			}, app.EventScope(name)),
	)
}
