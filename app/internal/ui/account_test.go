package ui

import (
	"strings"
	"testing"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/ui/control"
	"ferry/app/internal/ui/host"
	"ferry/app/internal/ui/settings"
	"ferry/app/internal/ui/signin"
)

func TestASignInElsewhereIsOneLink(t *testing.T) {
	c := drawn(t)
	c.View.SignOut()
	has(t, app.HTMLString(signin.Screen(c)), `id="username"`, `id="password"`)
	c.View.Site.SignIn.Kind, c.View.Site.SignIn.Name = "oidc", "Example ID"
	c.SignTrouble("no_username")
	html := app.HTMLString(signin.Screen(c))
	has(t, html, `href="/api/oidc/start"`, "Continue with", "Example ID", "has no username that can be used here")
	if strings.Contains(html, "<input") || strings.Contains(html, "{name}") {
		t.Errorf("a form, or a text that is not filled in:\n%s", html)
	}
}

func TestTheAccountPageOffersAPasswordOnlyWhereThereIsOne(t *testing.T) {
	c := drawn(t)
	c.Route = control.Parse(control.PathAccount)
	has(t, app.HTMLString(settings.Pane(c)), control.PathPassword, control.PathKept, control.PathDelete, `id="wipe"`, `id="sign-out"`)
	c.View.Site.SignIn.Kind = "oidc"
	if html := app.HTMLString(settings.Pane(c)); strings.Contains(html, control.PathPassword) {
		t.Errorf("a password is offered:\n%s", html)
	}
	c.Route = control.Parse(control.PathDelete)
	has(t, app.HTMLString(settings.Pane(c)), "What goes, at once", "What the people you wrote to keep", "Your username", `id="delete-account"`)
}

func TestWhatIsKeptIsListedInWords(t *testing.T) {
	c := drawn(t)
	c.Route = control.Parse(control.PathKept)
	k := &c.Kept
	k.Loaded = true
	k.Account.Username, k.Account.Created = "ada", now
	k.Sessions = []host.Session{{Device: "Chromium\u202e on Linux", Created: now}}
	k.Media.Count, k.Media.Bytes, k.Media.QuotaBytes = 40, 3<<20, 20<<30
	for range 15 {
		k.Media.Files = append(k.Media.Files, host.KeptFile{Size: 70 << 10, Received: 70 << 10, Created: now, Expires: now})
	}
	html := app.HTMLString(settings.Pane(c))
	has(t, html, "Signed in at 1 place", "40 encrypted files", "The newest 10 of them", "does not say what it keeps", `href="/api/account/export"`, "download=")
	if strings.Contains(html, "\u202e") || strings.Contains(html, "{") || strings.Count(html, "kept until today") != 10 {
		t.Error(html)
	}
	k.Enlistment = &host.Enlistment{}
	has(t, app.HTMLString(settings.Pane(c)), "you have not turned on WhatsApp")
	k.Enlistment.Address = "7-4242@interop"
	has(t, app.HTMLString(settings.Pane(c)), "7-4242@interop", "0 devices")
	k.Enlistment.Kept = host.KeptThere{Conversations: 1, Contacts: 2, Waiting: 3, PreKeys: 96, Blocked: 4, Reports: 1, LastSeen: &now}
	has(t, app.HTMLString(settings.Pane(c)), "1 conversation:", "2 people who are told", "3 messages and receipts that wait", "96 public keys", "4 people whom you blocked", "1 report that you made", "last online: today")
}
