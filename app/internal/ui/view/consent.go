package view

import (
	"cmp"
	"strconv"
	"strings"

	"ferry/app/internal/lang"
	"ferry/app/internal/model"
)

// Mark is by what a third-party app is told on screen: safe to draw.
type Mark struct {
	Label   string // the app's name
	Initial string
	Hue     int
}

// App is a third-party app as shown.
type App struct {
	model.App
	Mark
}

// ShowApp cleans an app's name and gives it its mark.
func (v *View) ShowApp(a model.App) App {
	label := CleanName(a.Name)
	if label == "" {
		label = lang.Fill(v.L.Consent.Unnamed, "n", strconv.Itoa(a.ID))
	}
	return App{a, Mark{Label: label, Initial: Initial(label), Hue: Hue(model.ChatID("app" + strconv.Itoa(a.ID)))}}
}

// Apps are all that the gateway admits.
func (v *View) Apps() []App {
	out := make([]App, len(v.Consent.Apps))
	for i, a := range v.Consent.Apps {
		out[i] = v.ShowApp(a)
	}
	return out
}

// AppOf is the app of a third-party person; false for a WhatsApp user.
func (v *View) AppOf(c model.Contact) (App, bool) {
	if c.Provider == 0 {
		return App{}, false
	}
	for _, a := range v.Consent.Apps {
		if a.ID == c.Provider {
			return v.ShowApp(a), true
		}
	}
	return v.ShowApp(model.App{ID: c.Provider, Name: c.ProviderName}), true
}

// NewApps are those that came since the user last looked. Who takes no
// third-party chats is not bothered.
func (v *View) NewApps() []App {
	var out []App
	for _, a := range v.Consent.Apps {
		if a.New && v.Consent.On && !a.Suspended && !a.Blocked {
			out = append(out, v.ShowApp(a))
		}
	}
	return out
}

// ChosenApps are the names of the apps that the user has turned on.
func (v *View) ChosenApps() string {
	var names []string
	for _, a := range v.Apps() {
		if a.On {
			names = append(names, lang.Isolate(a.Label))
		}
	}
	return v.L.And(names)
}

// Separate tells whether third-party chats have an inbox of their own.
func (v *View) Separate() bool {
	return v.WhatsApp != "" && v.Consent.Inbox != model.InboxCombined && (v.Consent.On || v.hasThird())
}

func (v *View) hasThird() bool {
	for _, c := range v.chats {
		if c.Contact.Provider != 0 {
			return true
		}
	}
	return false
}

// InSection tells whether the list shows that inbox: it was gone to, or a chat
// in it is open.
func (v *View) InSection() bool {
	if !v.Separate() {
		return false
	}
	c := v.chats[cmp.Or(v.Open, v.About)]
	return v.AtInbox || c != nil && c.Contact.Provider != 0
}

// listed tells whether a chat is in the list as it is shown now. A search finds
// all of them.
func (v *View) listed(c *chat) bool {
	if v.Search != "" || !v.Separate() {
		return true
	}
	return (c.Contact.Provider != 0) == v.InSection()
}

// SectionUnread counts the unread messages of the separate inbox.
func (v *View) SectionUnread() int {
	n := 0
	for _, c := range v.chats {
		if c.Contact.Provider != 0 {
			n += max(c.Unread, 0)
		}
	}
	return n
}

// Closed says in words why nothing can be sent in a chat; "" where it can.
func (v *View) Closed(c model.Chat) string {
	l := v.L.Consent
	name := lang.Isolate(v.Name(c.ID))
	app, third := v.AppOf(c.Contact)
	switch c.Closed {
	case model.Open:
		return ""
	case model.ClosedRegion:
		return l.ClosedRegion
	case model.ClosedSuspended:
		if third {
			return lang.Fill(l.ClosedSuspended, "app", lang.Isolate(app.Label))
		}
		return lang.Fill(l.ClosedSuspendedHere, "app", lang.Isolate(v.provider()))
	}
	switch {
	case !third:
		return lang.Fill(l.ClosedPeer, "name", name)
	case !v.Consent.On:
		return l.ClosedOwnAll
	}
	return lang.Fill(l.ClosedOwn, "app", lang.Isolate(app.Label))
}

// provider is this messenger's own name.
func (v *View) provider() string {
	for _, name := range []string{v.Self.Provider, v.Site.Provider.Name} {
		if name = strings.TrimSpace(CleanName(name)); name != "" {
			return name
		}
	}
	return v.L.App.Name
}
