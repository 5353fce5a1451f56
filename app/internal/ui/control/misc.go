package control

import (
	"context"
	"errors"
	"time"

	"ferry/app/internal/lang"
	"ferry/app/internal/port"
	"ferry/app/internal/ui/host"
	"ferry/app/internal/ui/view"
)

// toastFor is how long a toast stays.
const toastFor = 6 * time.Second

// Toast is a short note at the edge, that may be taken back.
type Toast struct {
	Text       string
	until      time.Time
	undo, done func()
}

// CanUndo tells whether it offers to take something back.
func (t *Toast) CanUndo() bool { return t.undo != nil }

func (c *Control) say(text string) {
	c.dropToast()
	c.Toast = &Toast{Text: text, until: c.View.Now.Add(toastFor / 2)}
}

// dropToast ends a toast: what it offered to take back is now done.
func (c *Control) dropToast() {
	if t := c.Toast; t != nil {
		c.Toast = nil
		if t.done != nil {
			t.done()
		}
	}
}

// Undo takes back what the toast speaks of.
func (c *Control) Undo() {
	defer c.Turn()()
	if t := c.Toast; t != nil && t.undo != nil {
		c.Toast = nil
		t.undo()
	}
}

// Ask is a question before something that is hard to take back.
type Ask struct {
	Title, Text, Do string
	act             func()
}

// Confirm answers the open question with yes.
func (c *Control) Confirm() {
	defer c.Turn()()
	if a := c.Ask; a != nil {
		c.Ask = nil
		a.act()
	}
}

// Dismiss closes the topmost thing that can be closed, and tells if there was one.
func (c *Control) Dismiss() bool {
	defer c.Turn()()
	switch {
	case c.Help:
		c.Help = false
	case c.Ask != nil:
		c.Ask = nil
	case c.Blocking != nil:
		c.Blocking = nil
	case c.Naming != "":
		c.Naming = ""
	case c.Report != nil:
		c.Report = nil
	case c.dismissMedia():
	case c.dismissContent():
	case c.ChatMenu:
		c.ChatMenu = false
	case c.Route.Place == NewChatPlace:
		c.Back(PathChats)
	default:
		return false
	}
	return true
}

// Third is the screen that turns third-party chats on and off.
type Third struct {
	Busy  bool
	Error string
}

// Connect turns third-party chats on.
func (c *Control) Connect() {
	defer c.Turn()()
	if c.Third.Busy {
		return
	}
	c.Third = Third{Busy: true}
	c.do(port.Connect{}, func(r port.Reply) {
		c.Third.Busy = false
		if err := decode(r, nil); err != nil {
			if r.Code == "signed_out" {
				c.SignInAgain()
				return
			}
			c.Third.Error = lang.Fill(c.L.Third.Failed, "message", c.told(err))
			if c.Route.Place != SettingsThird { // the banner's button was pressed
				c.say(c.Third.Error)
			}
			return
		}
		c.View.Self.Connected = true
		c.Focus("screen-title")
	})
}

// AskDisconnect asks, then turns third-party chats off.
func (c *Control) AskDisconnect() {
	l := c.L.Third
	c.Ask = &Ask{Title: l.OffAsk, Text: l.OffText, Do: l.OffDo, act: c.disconnect}
}

func (c *Control) disconnect() {
	c.Third = Third{Busy: true}
	c.do(port.Disconnect{Everywhere: true}, func(r port.Reply) {
		c.Third.Busy = false
		if err := decode(r, nil); err != nil {
			c.Third.Error = lang.Fill(c.L.Third.OffBad, "message", c.told(err))
			return
		}
		c.View.Self.Connected = false
		c.Focus("screen-title")
	})
}

// told puts an engine's refusal in words.
func (c *Control) told(err error) string {
	var r *refusal
	if errors.As(err, &r) && r.code == "offline" {
		return c.L.Link.Relay
	}
	return sentence(err)
}

// sentence makes an error's text fit between sentences.
func sentence(err error) string {
	s := err.Error()
	if s == "" {
		return s
	}
	if last := s[len(s)-1]; last != '.' && last != '!' && last != '?' {
		s += "."
	}
	return s
}

// Sessions is the list of where the account is signed in.
type Sessions struct {
	List   []host.Session
	Loaded bool
	Failed bool
	Ending string // id of the one being signed out; "*" for all others
}

// LoadSessions fetches the list.
func (c *Control) LoadSessions() {
	c.screen.Async(func() {
		list, err := c.relay.Sessions(context.Background())
		c.post(func() {
			c.Sessions.Ending, c.Sessions.Failed = "", err != nil
			if err == nil {
				c.Sessions.List, c.Sessions.Loaded = list, true
			}
		})
	})
}

// AskRevoke asks, then signs another session out.
func (c *Control) AskRevoke(s host.Session, name string) {
	l := c.L.Set
	c.Ask = &Ask{Title: lang.Fill(l.EndAsk, "device", lang.Isolate(name)), Text: l.EndText, Do: l.End, act: func() { c.revoke(s.ID, []string{s.ID}) }}
}

// AskRevokeOthers asks, then signs all other sessions out.
func (c *Control) AskRevokeOthers() {
	l := c.L.Set
	c.Ask = &Ask{Title: l.EndAllAsk, Text: l.EndAllText, Do: l.EndAll, act: func() {
		var ids []string
		for _, s := range c.Sessions.List {
			if !s.Current {
				ids = append(ids, s.ID)
			}
		}
		c.revoke("*", ids)
	}}
}

func (c *Control) revoke(ending string, ids []string) {
	c.Sessions.Ending = ending
	c.screen.Async(func() {
		for _, id := range ids {
			if c.relay.Revoke(context.Background(), id) != nil {
				break // the list that is fetched next shows which are left
			}
		}
		c.post(func() {
			c.say(c.L.Set.Ended)
			c.LoadSessions()
		})
	})
}

// Act does what the banner's button says.
func (c *Control) Act() {
	b, _ := c.View.Banner()
	switch b.Act {
	case view.ActSignIn:
		c.SignInAgain()
	case view.ActConnect:
		if c.WhatsApp() {
			c.Link()
			return
		}
		c.Connect()
	case view.ActRetry:
		c.do(port.Reconnect{}, nil)
	}
}

// Escape closes the topmost thing, or goes one step back.
func (c *Control) Escape() bool {
	switch {
	case c.Dismiss():
		return true
	case c.Route.Place == SettingsThird, c.Route.Place == SettingsKept, c.Route.Place == SettingsPassword, c.Route.Place == SettingsDelete:
		c.Back(PathAccount)
	case c.Route.Place >= SettingsThirdMeaning && c.Route.Place <= SettingsThirdDone:
		c.Back(c.stepBefore())
	case c.Route.Place == ThirdInbox:
		c.Back(PathChats)
	case c.Route.Place == ChatInfo:
		c.Back(ChatPath(c.Route.Chat))
	case c.Route.Place == SettingsBlocked:
		c.Back(PathPrivacy)
	case c.Route.InSettings() && c.Route.Place != Settings:
		c.Back(PathSettings)
	case c.Route.Place == Settings, c.Route.Place == Chat, c.Route.Place == Nowhere:
		c.Back(c.Home())
	default:
		return false
	}
	return true
}
