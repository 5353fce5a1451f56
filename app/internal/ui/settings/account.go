package settings

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/lang"
	"ferry/app/internal/ui/control"
	"ferry/app/internal/ui/host"
	"ferry/app/internal/ui/kit"
	"ferry/app/internal/ui/view"
)

// account is the list of what can be done with the account.
func account(c *control.Control) []app.UI {
	l, a := c.L.Set, c.L.Account
	if c.Deletion.Wiping {
		return []app.UI{working(a.Wiping)}
	}
	state := l.ThirdOff
	if c.View.Self.Connected {
		state = l.ThirdOn
	}
	return []app.UI{
		app.Dl().Class("facts card").Body(fact(l.Username, c.View.Account.Username)...),
		app.Ul().Class("menu card").Body(
			item("plug", l.Third, l.ThirdText, state, c.At(control.PathThird)),
			item("devices", l.Sessions, l.SessionsText, "", c.At(control.PathSessions)),
			app.If(!c.Elsewhere(), func() app.UI { return item("lock", a.Password, a.PasswordText, "", c.At(control.PathPassword)) }),
			item("server", a.Kept, a.KeptText, "", c.At(control.PathKept)),
		),
		app.Div().Class("page-end").Body(
			app.Button().ID("sign-out").Type("button").Class("btn btn-danger").Text(l.SignOut).
				OnClick(func(app.Context, app.Event) { c.AskSignOut() }),
		),
		app.Ul().Class("menu card menu-danger").Body(
			app.Li().Body(app.Button().ID("wipe").Type("button").Class("menu-item").
				OnClick(func(app.Context, app.Event) { c.AskWipe() }).
				Body(kit.Icon("trash"), words(a.Wipe, a.WipeText))),
			item("ban", a.Delete, a.DeleteText, "", c.At(control.PathDelete)),
		),
	}
}

// working says that something is being done that ends by itself.
func working(text string) app.UI {
	return app.Div().Class("working").Role("status").Body(kit.Spinner(), app.P().Text(text))
}

// kept is everything that the relay keeps, in words.
func kept(c *control.Control) []app.UI {
	l, k := c.L.Account, &c.Kept
	switch {
	case !k.Loaded && k.Failed:
		return []app.UI{
			kit.Note("error", "alert", app.P().Text(l.KeptFailed)),
			app.Div().Class("page-end").Body(kit.Button("quiet", c.L.App.Retry).
				OnClick(func(app.Context, app.Event) { c.LoadKept() })),
		}
	case !k.Loaded:
		return []app.UI{working(c.L.App.Loading)}
	}
	proof := l.KeptPassword
	if c.Elsewhere() {
		proof = lang.Fill(l.KeptElsewhere, "name", lang.Isolate(c.ElsewhereName()))
	}
	joined := lang.Fill(l.KeptAccountText, "username", lang.Isolate(view.CleanName(k.Account.Username)), "when", c.L.Moment(c.View.Now, k.Account.Created.In(c.View.Now.Location())))
	return []app.UI{
		app.P().Class("lead").Text(l.KeptIntro),
		app.Div().ID("kept").Class("blocks").Body(
			block(c, "person", l.KeptAccount, []string{joined, proof}),
			block(c, "devices", l.KeptSessions.Of(len(k.Sessions)), keptSessions(c)),
			block(c, "photo", l.KeptFiles.Of(k.Media.Count), keptFiles(c)),
			block(c, "gateway", l.KeptGateway, keptThere(c)),
		),
		app.P().Class("lead").Text(l.KeptNever),
		app.Div().Class("page-end").Body(
			app.A().ID("export").Class("btn btn-primary").Href(host.PathExport).Download("ferry-account.json").
				Body(kit.Icon("save"), app.Text(l.Export)),
			app.P().Class("small").Text(l.ExportText),
		),
	}
}

func keptSessions(c *control.Control) (lines []string) {
	for _, s := range c.Kept.Sessions {
		lines = append(lines, lang.Fill(c.L.Account.KeptSession, "device", lang.Isolate(view.CleanName(s.Device)), "when", c.L.Moment(c.View.Now, s.Created.In(c.View.Now.Location()))))
	}
	return lines
}

// shownFiles is how many files are listed; the export has all of them.
const shownFiles = 10

func keptFiles(c *control.Control) []string {
	l, m := c.L.Account, &c.Kept.Media
	if m.Count == 0 {
		return []string{l.KeptNoFiles}
	}
	text := lang.Fill(l.KeptBytes, "size", c.L.Size(m.Bytes))
	if m.QuotaBytes > 0 {
		text = lang.Fill(l.KeptQuota, "size", c.L.Size(m.Bytes), "quota", c.L.Size(m.QuotaBytes))
	}
	lines := []string{text}
	newest := m.Files[max(len(m.Files)-shownFiles, 0):]
	if m.Count > len(newest) {
		lines = append(lines, lang.Fill(l.KeptNewest, "n", lang.Number(len(newest))))
	}
	for i := len(newest) - 1; i >= 0; i-- {
		form := l.KeptFile
		if f := newest[i]; f.Received < f.Size {
			form = l.KeptUpload
		}
		lines = append(lines, lang.Fill(form, "size", c.L.Size(newest[i].Size), "when", c.L.Moment(c.View.Now, newest[i].Expires.In(c.View.Now.Location()))))
	}
	return lines
}

func keptThere(c *control.Control) []string {
	l, e := c.L.Account, c.Kept.Enlistment
	switch {
	case e == nil:
		return []string{l.KeptNotTold}
	case e.Address == "":
		return []string{l.KeptNotEnlisted}
	}
	lines := []string{lang.Fill(l.KeptEnlisted, "address", lang.Isolate(view.CleanName(e.Address))), l.KeptDevices.Of(len(e.Devices))}
	k := e.Kept
	for _, x := range []struct {
		n    int
		text lang.Plural
	}{
		{k.Conversations, l.KeptConversations}, {k.Contacts, l.KeptContacts}, {k.Waiting, l.KeptWaiting},
		{k.PreKeys, l.KeptPreKeys}, {k.Blocked, l.KeptBlocked}, {k.Reports, l.KeptReports},
	} {
		if x.n > 0 {
			lines = append(lines, x.text.Of(x.n))
		}
	}
	if k.LastSeen != nil {
		lines = append(lines, lang.Fill(l.KeptLastSeen, "when", c.L.Moment(c.View.Now, k.LastSeen.In(c.View.Now.Location()))))
	}
	return lines
}

// password is the form for a new password.
func password(c *control.Control) []app.UI {
	l, p := c.L.Account, &c.Password
	if p.Done {
		return []app.UI{app.Div().ID("password-changed").Class("done").Role("status").Body(
			app.Span().Class("done-icon").Body(kit.Icon("check")),
			app.H2().Text(l.Changed), app.P().Text(l.ChangedText),
		)}
	}
	text := l.Change
	if p.Busy {
		text = l.Changing
	}
	return []app.UI{
		app.P().Class("lead").Text(l.PasswordIntro),
		app.Form().Class("form card form-card").NoValidate(true).
			OnSubmit(func(_ app.Context, e app.Event) {
				e.PreventDefault()
				c.ChangePassword(kit.Value("old-password"), kit.Value("new-password"))
			}).
			Body(
				// A password manager has to know whose password it is.
				app.Input().Type("text").Name("username").Attr("autocomplete", "username").Value(c.View.Account.Username).ReadOnly(true).Hidden(true),
				secret("old-password", l.Old, "", p.OldError, "current-password"),
				secret("new-password", l.New, l.NewHint, p.NewError, "new-password"),
				app.Div().Class("answer").Role("alert").Body(app.If(p.Error != "", func() app.UI {
					return kit.Note("error", "alert", app.Text(p.Error))
				})),
				app.Button().ID("change-password").Type("submit").Class("btn btn-primary btn-wide").Aria("busy", p.Busy).
					Body(app.If(p.Busy, kit.Spinner), app.Text(text)),
			),
	}
}

func secret(id, label, hint, wrong, fill string) app.UI {
	return kit.Field{ID: id, Label: label, Hint: hint, Error: wrong, Input: app.Input().Type("password").Name(id).
		Attr("autocomplete", fill).Attr("autocapitalize", "none").Spellcheck(false).MaxLength(1024)}.Draw()
}

// deletion says what goes and what stays, and asks for a proof.
func deletion(c *control.Control) []app.UI {
	l, d, name := c.L.Account, &c.Deletion, lang.Isolate(c.View.Account.Username)
	if d.Busy {
		return []app.UI{working(l.Deleting)}
	}
	proof := secret("proof", l.DeletePassword, "", d.ProofError, "current-password")
	if c.Elsewhere() {
		proof = kit.Field{ID: "proof", Label: l.DeleteName, Hint: lang.Fill(l.DeleteNameHint, "username", name), Error: d.ProofError,
			Input: app.Input().Type("text").Name("proof").Attr("autocomplete", "off").Attr("autocapitalize", "none").Spellcheck(false).MaxLength(64)}.Draw()
	}
	return []app.UI{
		app.P().Class("lead").Text(l.DeleteIntro),
		app.Div().Class("blocks").Body(
			block(c, "trash", l.GoesTitle, l.Goes),
			block(c, "people", l.StaysTitle, l.Stays),
		),
		app.Form().Class("form card form-card").NoValidate(true).
			OnSubmit(func(_ app.Context, e app.Event) {
				e.PreventDefault()
				c.AskDelete(kit.Value("proof"))
			}).
			Body(
				proof,
				app.Div().ID("delete-error").Class("answer").Role("alert").Body(app.If(d.Error != "", func() app.UI {
					return kit.Note("error", "alert", app.Text(d.Error))
				})),
				app.Button().ID("delete-account").Type("submit").Class("btn btn-danger btn-wide").Text(l.Delete),
				app.A().Class("btn btn-quiet btn-wide").Href(c.At(control.PathAccount)).Text(l.Keep),
			),
	}
}
