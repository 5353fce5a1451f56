package people

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/lang"
	"ferry/app/internal/model"
	"ferry/app/internal/ui/control"
	"ferry/app/internal/ui/kit"
	"ferry/app/internal/ui/view"
)

// First says, before the first message to a person, what they will and will not
// see.
func First(c *control.Control, chat model.Chat) app.UI {
	l := c.L.People.First
	name := lang.Isolate(c.View.Name(chat.ID))
	sees, not, you := l.Sees, l.Not, l.You
	if c.WhatsApp() {
		sees, not, you = l.PhoneSees, l.PhoneNot, l.PhoneYou
	}
	if p := c.View.Privacy; p.ReadReceipts || p.Typing || p.LastSeen {
		sees = append(sees[:len(sees):len(sees)], l.Reads)
	} else {
		not = append(not[:len(not):len(not)], l.ReadsNot)
	}
	fill := func(text string) string {
		return lang.Fill(text, "name", name, "username", lang.Isolate(c.View.Account.Username), "provider", lang.Isolate(c.View.Provider()),
			"app", lang.Isolate(c.View.AppName(chat.Contact)), "phone", lang.Isolate("+"+c.View.WhatsApp))
	}
	list := func(class, icon, title string, all []string) app.UI {
		return app.Div().Class(class).Body(
			app.H3().Text(fill(title)),
			app.Ul().Body(app.Range(all).Slice(func(i int) app.UI {
				return app.Li().Body(kit.Icon(icon), app.Span().Text(fill(all[i])))
			})),
		)
	}
	return app.Section().ID("first").Class("start-card first").Aria("labelledby", "first-title").Body(
		app.H2().ID("first-title").Text(fill(l.Title)),
		doubt(c, chat.ID),
		list("first-part", "eye", l.SeesTitle, sees),
		list("first-part", "eye-off", l.NotTitle, not),
		list("first-part", "info", l.YouTitle, you),
		app.If(view.Nameless(chat), func() app.UI { return NameButton(c, chat) }),
	)
}
