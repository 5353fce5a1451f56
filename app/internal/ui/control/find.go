package control

import (
	"strings"

	"ferry/app/internal/port"
	"ferry/app/internal/ui/view"
)

// maxUsername bounds a username of any app, in octets.
const maxUsername = 64

// FindIn chooses where somebody is looked for: 0 is WhatsApp, else the number of
// an app.
func (c *Control) FindIn(provider int) {
	defer c.Turn()()
	c.New = NewChat{Provider: provider, picked: true, seq: c.New.seq}
	c.screen.SetValue("phone", "")
	c.screen.SetValue("person", "")
}

// FindApps are the apps on which a WhatsApp user can look for somebody.
func (c *Control) FindApps() []view.App {
	var out []view.App
	for _, a := range c.View.Apps() {
		if c.View.Consent.On && a.On && !a.Suspended && !a.Blocked {
			out = append(out, a)
		}
	}
	return out
}

// preferApp looks for people on an app at first, once it is known that there is
// one: that is what a WhatsApp user comes for.
func (c *Control) preferApp() {
	n := &c.New
	if c.Route.Place != NewChatPlace || !c.WhatsApp() || n.Provider != 0 || n.picked || n.Busy || n.Phone != "" {
		return
	}
	if apps := c.FindApps(); len(apps) > 0 {
		n.Provider = apps[0].ID
		c.Focus("person")
	}
}

// NewPerson takes in what is typed.
func (c *Control) NewPerson(text string) { c.New.Person, c.New.Status = text, "" }

// PersonSubmit looks somebody up by app and username, and opens the chat if it
// can be.
func (c *Control) PersonSubmit() {
	defer c.Turn()()
	n := &c.New
	if n.Busy {
		return
	}
	n.Asked = strings.TrimPrefix(strings.TrimSpace(n.Person), "@")
	n.Status = "" // who was not there a moment ago may be by now
	switch {
	case n.Asked == "":
		n.Status = "empty"
	case len(n.Asked) > maxUsername || strings.ContainsAny(n.Asked, " \t\n/"):
		n.Status = "invalid"
	}
	if n.Status != "" {
		c.Focus("person")
		return
	}
	n.Busy, n.spinAt, n.seq = true, c.View.Now.Add(spinAfter), n.seq+1
	seq := n.seq
	c.do(port.FindPerson{Provider: n.Provider, Username: n.Asked}, func(r port.Reply) {
		if c.New.seq == seq && c.Route.Place == NewChatPlace {
			c.lookedUp(r)
		}
	})
}
