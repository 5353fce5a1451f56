package control

import (
	"context"
	"errors"
	"strings"

	"ferry/app/internal/lang"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/ui/host"
	"ferry/app/internal/ui/view"
)

// Persona says whom this tab is for, by its address: a Ferry user, a WhatsApp
// user of the gateway's sandbox, or somebody who is about to choose one. It is
// the same for the tab's life.
type Persona struct {
	Digits  string // of a WhatsApp user's number; "" for a Ferry user
	Picking bool   // the sandbox's WhatsApp users are listed
	State   PersonaState
	Name    string // of the WhatsApp user

	Linking bool   // this browser is being linked to the phone
	Trouble string // why it could not be

	Phones []host.Phone
	New    NewPhone
}

// PersonaState is how far a tab that is not a Ferry user's has come.
type PersonaState string

// States.
const (
	PersonaLooking     PersonaState = ""
	PersonaUnreachable PersonaState = "unreachable" // the relay gives no answer
	PersonaNone        PersonaState = "none"        // this gateway has no sandbox
	PersonaGone        PersonaState = "gone"        // the sandbox has no such number
	PersonaReady       PersonaState = "ready"
)

// NewPhone is the form for another WhatsApp user.
type NewPhone struct {
	Busy                         bool
	PhoneError, NameError, Error string
}

// personaAt reads whom an address is for.
func personaAt(path string) Persona {
	r := Parse(path)
	return Persona{Digits: r.WhatsApp, Picking: r.Place == Pick}
}

// isNumber tells whether a text is a phone number's digits.
func isNumber(s string) bool {
	if len(s) < 7 || len(s) > 15 || s[0] == '0' {
		return false
	}
	return strings.Trim(s, "0123456789") == ""
}

// WhatsApp tells whether this tab is a WhatsApp user's.
func (c *Control) WhatsApp() bool { return c.Persona.Digits != "" }

// PersonaName is what the WhatsApp user is called: their name, else their number.
func (c *Control) PersonaName() string {
	if name := view.CleanName(c.Persona.Name); name != "" {
		return name
	}
	return "+" + c.Persona.Digits
}

// Apart tells whether the tab's own screen stands in for the chats: somebody is
// chosen, or nobody can be.
func (c *Control) Apart() bool {
	return c.Persona.Picking || c.WhatsApp() && c.Persona.State != PersonaReady
}

// At is a path as it is called in this tab.
func (c *Control) At(path string) string {
	if !c.WhatsApp() {
		return path
	}
	base := PathPick + "/" + c.Persona.Digits
	if path == PathChats {
		return base
	}
	return base + path
}

// leaves tells whether a place belongs to another persona: the page is loaded
// anew for it, so that nothing of the two can meet.
func (c *Control) leaves(r Route) bool {
	if r.WhatsApp == c.Persona.Digits && (r.Place == Pick) == c.Persona.Picking {
		return false
	}
	c.device.Reload()
	return true
}

// offered turns a place that the persona does not have into nowhere.
func (c *Control) offered(r Route) Route {
	switch r.Place {
	case SettingsKept, SettingsPassword, SettingsDelete, SettingsSessions, SignInPlace:
		if c.WhatsApp() {
			r.Place = Nowhere
		}
	case SettingsThirdMeaning, SettingsThirdApps, SettingsThirdInbox, SettingsThirdDone, ThirdInbox:
		if !c.WhatsApp() {
			r.Place = Nowhere
		}
	}
	return r
}

// LoadPersona finds out whether there is a sandbox, and who is in it. Nothing of
// the WhatsApp user is opened before: it must not reach another gateway.
func (c *Control) LoadPersona() {
	c.Persona.State = PersonaLooking
	c.screen.Async(func() {
		site, err := c.relay.Site(context.Background())
		c.post(func() {
			switch {
			case err != nil:
				c.Persona.State = PersonaUnreachable
			case !site.Gateway.Sandbox || c.sandbox == nil:
				c.View.Site, c.Persona.State = site, PersonaNone
			case c.Persona.Picking:
				c.View.Site = site
				c.loadPhones()
			default:
				c.View.Site = site
				c.loadPhone()
			}
		})
	})
}

func (c *Control) loadPhones() {
	c.screen.Async(func() {
		phones, err := c.sandbox.Phones(context.Background())
		c.post(func() {
			c.Persona.State = phoneState(err)
			c.Persona.Phones = phones
		})
	})
}

func (c *Control) loadPhone() {
	number := "+" + c.Persona.Digits
	c.screen.Async(func() {
		phone, err := c.sandbox.Phone(context.Background(), number)
		c.post(func() {
			if c.Persona.State = phoneState(err); err != nil {
				c.Focus("screen-title")
				return
			}
			c.Persona.Name = phone.Name
			c.enter(host.PersonaAccount(c.Persona.Digits, phone.Name))
		})
	})
}

// phoneState is what an answer of the sandbox says about it.
func phoneState(err error) PersonaState {
	var e *host.RelayError
	switch {
	case err == nil:
		return PersonaReady
	case errors.As(err, &e) && e.Code == "unknown_phone":
		return PersonaGone
	case errors.As(err, &e) && (e.Status == 404 || e.Status == 403):
		return PersonaNone
	}
	return PersonaUnreachable
}

// MakePhone adds a WhatsApp user to the sandbox, and becomes it.
func (c *Control) MakePhone(number, name string) {
	defer c.Turn()()
	if c.Persona.New.Busy {
		return
	}
	l := c.L.Persona
	c.Persona.New = NewPhone{}
	n := &c.Persona.New
	if name = strings.TrimSpace(name); name == "" {
		n.NameError = l.NeedName
		c.Focus("phone-name")
		return
	}
	if checkPhone(number) != "" {
		n.PhoneError = l.BadPhone
		c.Focus("phone-number")
		return
	}
	n.Busy = true
	c.screen.Async(func() {
		phone, err := c.sandbox.NewPhone(context.Background(), number, name)
		c.post(func() { c.phoneMade(phone, err) })
	})
}

func (c *Control) phoneMade(phone host.Phone, err error) {
	l := c.L.Persona
	c.Persona.New = NewPhone{}
	n := &c.Persona.New
	var e *host.RelayError
	switch {
	case err == nil:
		c.BeWhatsApp(phone)
		return
	case !errors.As(err, &e):
		n.Error = l.Unreachable
		return
	case e.Code == "phone_exists":
		n.PhoneError = l.PhoneExists
	case e.Code == "bad_phone":
		n.PhoneError = l.BadPhone
	case e.Code == "name_too_long":
		n.NameError = l.LongName
		c.Focus("phone-name")
		return
	default:
		n.Error = lang.Fill(l.Refused, "message", sentence(e))
		return
	}
	c.Focus("phone-number")
}

// BeWhatsApp makes this tab a WhatsApp user's.
func (c *Control) BeWhatsApp(phone host.Phone) { c.screen.Go(PersonaPath(phone)) }

// PersonaPath is where a WhatsApp user is at home.
func PersonaPath(phone host.Phone) string { return PathPick + "/" + digitsOf(phone.Phone) }

func digitsOf(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// Link links this browser to the phone, as WhatsApp links a computer: by the QR
// code that the phone scans.
func (c *Control) Link() {
	if c.Persona.Linking || c.core == nil {
		return
	}
	c.Persona.Linking, c.Persona.Trouble = true, ""
	c.do(port.Connect{}, func(r port.Reply) {
		c.Persona.Linking = false
		if err := decode(r, nil); err != nil {
			c.Persona.Trouble = lang.Fill(c.L.Persona.LinkFailed, "message", c.told(err))
			return
		}
		c.View.Self.Connected = true
	})
}

// linkIfNew links a browser that never was: whoever picked a phone wants it.
func (c *Control) linkIfNew(s port.State) {
	if c.WhatsApp() && !s.Self.Connected && s.Link.Down != model.HopSession {
		c.Link()
	}
}

// AskUnlink asks, then unlinks this browser from the phone and deletes what is
// here of the WhatsApp user.
func (c *Control) AskUnlink() {
	l := c.L.Persona
	c.Ask = &Ask{Title: l.LeaveAsk, Text: l.LeaveText, Do: l.LeaveDo, act: func() {
		c.Deletion = Deletion{Wiping: true}
		if c.core == nil || !c.View.Self.Connected || !c.View.DeviceOnline {
			c.wipePersona()
			return
		}
		c.do(port.Disconnect{}, func(port.Reply) { c.wipePersona() }) // refused: the gateway will see a device that never comes back
	}}
}

func (c *Control) wipePersona() {
	c.close()
	c.device.Wipe(func(error) { c.post(func() { c.screen.Go(PathPick) }) })
}
