package thread

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/lang"
	"ferry/app/internal/ui/control"
	"ferry/app/internal/ui/kit"
	"ferry/app/internal/ui/media"
	"ferry/app/internal/ui/view"
)

// quoted is the message that a bubble answers. A click leads to it.
func quoted(c *control.Control, q view.Quote) app.UI {
	scope := string(q.Ref.ID)
	return app.Button().Type("button").Class("quote").DataSet("mine", q.Mine).DataSet("quote", q.Ref.ID).TabIndex(-1).
		Title(goneText(c, q)).
		OnClick(func(app.Context, app.Event) { c.JumpToQuoted(q) }, app.EventScope(scope, q.Order)).
		Body(quoteBody(c, q)...)
}

func goneText(c *control.Control, q view.Quote) string {
	if q.Order == 0 {
		return c.L.Content.QuoteGone
	}
	return ""
}

func quoteBody(c *control.Control, q view.Quote) []app.UI {
	url := media.ThumbURL(q.Thumb)
	return []app.UI{
		app.Span().Class("quote-words").Body(
			app.Span().Class("quote-name").Body(kit.Name(q.Name)),
			app.Span().Class("quote-text").Dir("auto").Body(
				app.If(q.Icon != "", func() app.UI { return kit.Icon(q.Icon) }), app.Text(q.Text)),
		),
		app.If(url != "", func() app.UI { return app.Img().Class("quote-thumb").Src(url).Alt("").Width(44).Height(44) }),
	}
}

// maxChips are shown on a bubble; a number stands for the rest.
const maxChips = 6

// chips are the reactions on a bubble's edge. Each opens the list of who.
func chips(c *control.Control, key control.MessageKey, all []view.Chip) app.UI {
	shown := all[:min(len(all), maxChips)]
	return app.Div().Class("chips").Role("group").Aria("label", c.L.Content.Reactions).Body(
		app.Range(shown).Slice(func(i int) app.UI {
			chip := shown[i]
			label := lang.Fill(c.L.Content.ReactionBy, "emoji", chip.Emoji, "names", chip.Names)
			class := "chip"
			if chip.Mine {
				class = "chip chip-mine"
			}
			return app.Button().Type("button").Class(class).DataSet("emoji", chip.Emoji).Aria("label", label).Title(label).TabIndex(-1).
				OnClick(func(app.Context, app.Event) { c.ShowWho(key) }).
				Body(app.Span().Text(chip.Emoji), app.If(chip.Count > 1, func() app.UI {
					return app.Span().Class("chip-count").Text(lang.Number(chip.Count))
				}))
		}),
		app.If(len(all) > maxChips, func() app.UI {
			n := lang.Number(len(all) - maxChips)
			return app.Button().Type("button").Class("chip").TabIndex(-1).Aria("label", lang.Fill(c.L.Content.More, "n", n)).
				OnClick(func(app.Context, app.Event) { c.ShowWho(key) }).Body(app.Span().Class("chip-count").Text("+" + n))
		}),
	)
}

// who lists those who reacted to a message.
func who(c *control.Control) app.UI {
	m, ok := c.WhoIs()
	return app.If(ok, func() app.UI {
		all := c.View.Reactors(m)
		l := c.L.Content
		key := control.MessageKey{Mine: m.FromMe, ID: m.ID}
		return kit.Dialog("who", l.ReactedTitle, func(app.Context, app.Event) { c.Dismiss() },
			app.Header().Class("dialog-head").Body(
				app.H2().Text(l.ReactedTitle),
				kit.IconButton("dialog-close", "close", c.L.App.Close).OnClick(func(app.Context, app.Event) { c.Dismiss() }),
			),
			app.Ul().Class("who").Body(app.Range(all).Slice(func(i int) app.UI {
				r := all[i]
				return app.Li().Class("who-line").Body(
					app.Span().Class("who-emoji").Text(r.Emoji),
					app.Span().Class("menu-words").Body(kit.Name(r.Name), app.Span().Class("small").Text(r.When)),
					app.If(r.Mine, func() app.UI {
						return kit.Button("quiet", l.Remove).DataSet("do", "unreact").
							Aria("label", lang.Fill(l.ReactRemove, "emoji", r.Emoji)).
							OnClick(func(app.Context, app.Event) { c.React(key, "") })
					}),
				)
			})),
		)
	})
}

// cards are contacts that were sent.
func cards(c *control.Control, all []view.Card, inert bool) app.UI {
	return app.Div().Class("cards").Dir("ltr").Body(app.Range(all).Slice(func(i int) app.UI {
		card := all[i]
		return app.Div().Class("contact").Body(
			app.Div().Class("contact-head").Body(
				kit.Avatar(card.Initial, (i+1)%view.Hues),
				app.P().Class("contact-name").Body(kit.Name(card.Name)),
			),
			app.If(len(card.Phones)+len(card.Emails) == 0, func() app.UI {
				return app.P().Class("small").Text(c.L.Content.NoPhone)
			}),
			app.Range(card.Phones).Slice(func(i int) app.UI { return phone(c, card.Phones[i], inert) }),
			app.Range(card.Emails).Slice(func(i int) app.UI { return email(c, card.Emails[i]) }),
		)
	}))
}

func phone(c *control.Control, number string, inert bool) app.UI {
	l := c.L.Content
	return app.Div().Class("contact-line").Body(
		app.Bdi().Dir("ltr").Class("contact-value").Text(number),
		kit.IconButton("", "copy", lang.Fill(l.CopyPhone, "phone", number)).DataSet("do", "copy-phone").
			OnClick(func(app.Context, app.Event) { c.CopyPlain(number) }, app.EventScope(number)),
		app.If(control.IsPhone(number) && !inert, func() app.UI {
			return kit.IconButton("", "new", lang.Fill(l.Message, "phone", number)).DataSet("do", "message").
				OnClick(func(app.Context, app.Event) { c.MessageNumber(number) }, app.EventScope(number))
		}),
	)
}

func email(c *control.Control, address string) app.UI {
	return app.Div().Class("contact-line").Body(
		app.Bdi().Dir("ltr").Class("contact-value").Text(address),
		kit.IconButton("", "copy", lang.Fill(c.L.Content.CopyEmail, "email", address)).DataSet("do", "copy-email").
			OnClick(func(app.Context, app.Event) { c.CopyPlain(address) }, app.EventScope(address)),
	)
}

// place is a location that was sent: in words alone, so that nobody learns of
// it until the user opens the map.
func place(c *control.Control, p view.Place) app.UI {
	l := c.L.Content
	title := p.Name
	if title == "" {
		title = l.Location
	}
	return app.Div().Class("place").Dir("ltr").Body(
		app.Div().Class("place-head").Body(
			app.Span().Class("place-icon").Body(kit.Icon("pin")),
			app.Div().Class("menu-words").Body(
				app.P().Class("contact-name").Body(kit.Name(title)),
				app.If(p.Address != "", func() app.UI { return app.P().Class("small").Body(kit.Name(p.Address)) }),
				app.If(p.Where != "", func() app.UI { return app.P().Class("small place-where").Text(p.Where) }),
				app.If(p.Live, func() app.UI { return app.P().Class("small").Text(l.LocationLive) }),
			),
		),
		app.If(p.Link != "", func() app.UI {
			return app.A().Class("btn btn-quiet place-map").Href(p.Link).Target("_blank").Rel("noopener noreferrer nofollow").
				Title(l.OpenMapHint).Body(kit.Icon("outside"), app.Text(l.OpenMap))
		}),
	)
}

// note stands in for what is not shown.
func note(n view.Note) app.UI {
	return app.Div().Class("stand-in").Dir("ltr").Body(
		app.Span().Class("place-icon").Body(kit.Icon(n.Icon)),
		app.Div().Class("menu-words").Body(
			app.P().Class("contact-name").Text(n.Title),
			app.P().Class("small").Text(n.Text),
		),
	)
}
