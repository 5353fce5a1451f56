// Package signin draws the card for signing in and for making an account.
package signin

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/lang"
	"ferry/app/internal/ui/control"
	"ferry/app/internal/ui/frame"
	"ferry/app/internal/ui/host"
	"ferry/app/internal/ui/kit"
	"ferry/app/internal/ui/persona"
)

// Screen draws the card, on its own page.
func Screen(c *control.Control) app.UI {
	l := c.L.Sign
	title, text := l.InTitle, l.InText
	if c.Sign.Up {
		title, text = l.UpTitle, l.UpText
	}
	body := card
	if c.Elsewhere() {
		title, text, body = l.InTitle, "", elsewhere
	}
	if c.Sign.Notice != "" {
		text = "" // no welcome to whoever has just left
	}
	if c.View.Was != "" && !c.Sign.Up {
		text = lang.Fill(l.SignedOut, "username", lang.Isolate(c.View.Was))
	}
	return app.Main().ID("main").Class("sign").Body(
		app.Div().Class("sign-brand").Body(
			kit.Mark(), app.P().Class("brand-name").Text(c.L.App.Name), app.P().Class("brand-line").Text(c.L.App.Tagline),
		),
		app.Div().Class("card sign-card").Body(append([]app.UI{
			notice(c),
			app.H1().ID("screen-title").TabIndex(-1).Text(title),
			app.If(text != "", func() app.UI { return app.P().Class("sign-text").Text(text) }),
		}, append(body(c), wipe(c))...)...),
		persona.Offer(c),
		app.Div().Class("dialogs").Body(app.If(c.Ask != nil, func() app.UI { return frame.Ask(c) })),
	)
}

func card(c *control.Control) []app.UI { return []app.UI{form(c), toggle(c)} }

// wipe is for who cannot or will not sign in again: the account may be gone.
func wipe(c *control.Control) app.UI {
	return app.If(c.View.Was != "" && !c.Sign.Up, func() app.UI {
		return app.P().Class("sign-switch").Body(app.Button().ID("sign-wipe").Type("button").Class("link").
			Text(c.L.Account.Wipe).Aria("busy", c.Deletion.Wiping).OnClick(func(app.Context, app.Event) { c.AskWipe() }))
	})
}

// notice says what has just ended, an account for instance.
func notice(c *control.Control) app.UI {
	return app.Div().ID("sign-notice").Class("answer").Role("status").Body(app.If(c.Sign.Notice != "", func() app.UI {
		if c.Sign.Bad {
			return kit.Note("error", "alert", app.Text(c.Sign.Notice))
		}
		return kit.Note("good", "check", app.Text(c.Sign.Notice))
	}))
}

// elsewhere is one link to the messenger's own sign-in.
func elsewhere(c *control.Control) []app.UI {
	l, name := c.L.Account, lang.Isolate(c.ElsewhereName())
	return []app.UI{
		app.Div().ID("form-error").Class("answer").Role("alert").Body(app.If(c.Sign.Trouble != "", func() app.UI {
			return kit.Note("error", "alert", app.Text(lang.Fill(c.Sign.Trouble, "name", name)))
		})),
		app.A().ID("elsewhere").Class("btn btn-primary btn-wide").Href(host.PathSignInElsewhere).
			Text(lang.Fill(l.Continue, "name", name)).
			OnClick(func(_ app.Context, e app.Event) {
				e.Call("stopPropagation") // the browser's, not a page of the app
				c.SignElsewhere()
			}),
		app.P().Class("small").Text(lang.Fill(l.ContinueText, "name", name)),
	}
}

func form(c *control.Control) app.UI {
	s := &c.Sign
	wait := c.SignWait()
	problem := s.Error
	if wait > 0 {
		problem = lang.Fill(c.L.Sign.TooMany, "wait", c.L.Wait(wait))
	}
	return app.Form().Class("form").NoValidate(true).
		OnSubmit(func(_ app.Context, e app.Event) {
			e.PreventDefault()
			// The browser may have filled the fields in without a word.
			s.Username, s.Password = kit.Value("username"), kit.Value("password")
			c.SignSubmit()
		}).
		Body(
			username(c), password(c),
			app.Div().ID("form-error").Class("answer").Role("alert").Body(
				app.If(problem != "", func() app.UI {
					return kit.Note("error", "alert", app.Text(problem))
				}),
			),
			submit(c, wait > 0),
		)
}

func username(c *control.Control) app.UI {
	l, hint := c.L.Sign, ""
	if c.Sign.Up {
		hint = l.UsernameHint
	}
	return kit.Field{
		ID: "username", Label: l.Username, Hint: hint, Error: c.Sign.UsernameError,
		Input: app.Input().Type("text").Name("username").AutoComplete(true).Attr("autocomplete", "username").
			Attr("autocapitalize", "none").Spellcheck(false).MaxLength(64).
			OnInput(func(ctx app.Context, _ app.Event) { c.SignUsername(ctx.JSSrc().Get("value").String()) }).
			OnBlur(func(app.Context, app.Event) { c.SignCheck() }),
	}.Draw()
}

func password(c *control.Control) app.UI {
	l, hint, fill := c.L.Sign, "", "current-password"
	if c.Sign.Up {
		hint, fill = l.PasswordHint, "new-password"
	}
	kind, icon, label := "password", "eye", l.Show
	if c.Sign.Shown {
		kind, icon, label = "text", "eye-off", l.Hide
	}
	return kit.Field{
		ID: "password", Label: l.Password, Hint: hint, Error: c.Sign.PasswordError,
		Input: app.Input().Type(kind).Name("password").Attr("autocomplete", fill).Attr("autocapitalize", "none").
			Spellcheck(false).MaxLength(1024).
			OnInput(func(ctx app.Context, _ app.Event) { c.SignPassword(ctx.JSSrc().Get("value").String()) }).
			OnBlur(func(app.Context, app.Event) { c.SignCheck() }),
		After: kit.IconButton("show-password", icon, label).
			OnClick(func(app.Context, app.Event) { c.SignShow() }),
	}.Draw()
}

func submit(c *control.Control, waiting bool) app.UI {
	l := c.L.Sign
	text, busy := l.In, l.InBusy
	if c.Sign.Up {
		text, busy = l.Up, l.UpBusy
	}
	if c.Sign.Busy {
		text = busy
	}
	return app.Button().ID("submit").Type("submit").Class("btn btn-primary btn-wide").
		Disabled(waiting).Aria("busy", c.Sign.Busy).
		Body(app.If(c.Sign.Busy, kit.Spinner), app.Text(text))
}

func toggle(c *control.Control) app.UI {
	l := c.L.Sign
	ask, text := l.ToUpAsk, l.ToUp
	if c.Sign.Up {
		ask, text = l.ToInAsk, l.ToIn
	}
	return app.P().Class("sign-switch").Body(
		app.Text(ask), app.Text(" "),
		app.Button().ID("switch").Type("button").Class("link").Text(text).
			OnClick(func(app.Context, app.Event) { c.SignSwitch() }),
	)
}
