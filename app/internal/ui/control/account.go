package control

import (
	"context"
	"errors"
	"strings"
	"time"

	"ferry/app/internal/lang"
	"ferry/app/internal/port"
	"ferry/app/internal/ui/host"
)

// Elsewhere tells whether people sign in at another sign-in: then there is no
// password here.
func (c *Control) Elsewhere() bool { return c.View.Site.SignIn.Kind == "oidc" }

// ElsewhereName is what that sign-in is called.
func (c *Control) ElsewhereName() string {
	for _, name := range []string{c.View.Site.SignIn.Name, c.View.Site.Provider.Name} {
		if name != "" {
			return name
		}
	}
	return c.L.App.Name
}

// SignTrouble says what the sign-in elsewhere has come back with, by the code in
// the address.
func (c *Control) SignTrouble(code string) {
	l := c.L.Account
	text := map[string]string{
		"sign_in_expired": l.Expired, "sign_in_denied": l.Denied, "sign_in_unreachable": l.Elsewhere,
		"sign_in_rejected": l.Rejected, "no_username": l.NoUsername, "username_taken": l.Taken,
	}[code]
	if text == "" {
		text = l.Failed
	}
	c.Sign.Trouble = text
}

// Kept is what the relay keeps about the account, as it was when the page was opened.
type Kept struct {
	host.Kept
	Loaded, Failed bool
}

// LoadKept asks the relay.
func (c *Control) LoadKept() {
	epoch := c.epoch
	c.screen.Async(func() {
		kept, err := c.relay.Kept(context.Background())
		c.post(func() {
			if c.epoch != epoch {
				return
			}
			if c.Kept.Failed = err != nil; err == nil {
				c.Kept.Kept, c.Kept.Loaded = kept, true
			}
		})
	})
}

// Password is the form for a new password.
type Password struct {
	Busy, Done                bool
	OldError, NewError, Error string
}

// ChangePassword sends the form.
func (c *Control) ChangePassword(old, password string) {
	defer c.Turn()()
	l := c.L.Account
	if c.Password.Busy {
		return
	}
	c.Password = Password{}
	switch p := &c.Password; {
	case old == "":
		p.OldError = l.NeedOld
		c.Focus("old-password")
	case password == "":
		p.NewError = l.NeedNew
		c.Focus("new-password")
	case len([]rune(password)) < minPassword:
		p.NewError = c.L.Sign.ShortPassword
		c.Focus("new-password")
	default:
		p.Busy = true
		c.screen.Async(func() {
			err := c.relay.ChangePassword(context.Background(), old, password)
			c.post(func() { c.passwordChanged(err) })
		})
	}
}

func (c *Control) passwordChanged(err error) {
	p := &c.Password
	*p = Password{}
	var e *host.RelayError
	switch {
	case err == nil:
		p.Done = true
		c.screen.SetValue("old-password", "")
		c.screen.SetValue("new-password", "")
		c.Focus("screen-title")
	case !errors.As(err, &e):
		p.Error = c.L.Sign.Unreachable
	case e.Status == 401:
		c.SignInAgain()
	case e.RetryAfter > 0 && e.Status == 429:
		p.Error = lang.Fill(c.L.Sign.TooMany, "wait", c.L.Wait(e.RetryAfter))
	case e.Code == "wrong_password":
		p.OldError = c.L.Account.OldWrong
		c.Focus("old-password")
	case e.Field == "password":
		p.NewError = lang.Fill(c.L.Sign.Other, "message", e.Message)
		c.Focus("new-password")
	case e.Status >= 500:
		p.Error = c.L.Sign.Unreachable
	default:
		p.Error = lang.Fill(c.L.Sign.Other, "message", e.Message)
	}
}

// Deletion is the form that ends the account.
type Deletion struct {
	Busy       bool
	ProofError string // of the password, or of the name where there is none
	Error      string
	Wiping     bool // what is on this device is being deleted, and only that
}

// AskDelete asks a second time, then deletes the account. proof is the password, or
// where there is none the username.
func (c *Control) AskDelete(proof string) {
	defer c.Turn()()
	if c.Deletion.Busy {
		return
	}
	l, name := c.L.Account, c.View.Account.Username
	c.Deletion = Deletion{}
	switch {
	case c.Elsewhere() && !strings.EqualFold(strings.TrimSpace(proof), name):
		c.Deletion.ProofError = lang.Fill(l.NameWrong, "username", lang.Isolate(name))
		c.Focus("proof")
		return
	case !c.Elsewhere() && proof == "":
		c.Deletion.ProofError = c.L.Sign.NeedPassword
		c.Focus("proof")
		return
	case c.Elsewhere():
		proof = ""
	}
	c.Ask = &Ask{Title: lang.Fill(l.DeleteAsk, "username", lang.Isolate(name)), Text: l.DeleteAskText, Do: l.DeleteDo, act: func() { c.deleteAccount(proof) }}
}

func (c *Control) deleteAccount(password string) {
	c.Deletion = Deletion{Busy: true}
	c.screen.Async(func() {
		err := c.relay.DeleteAccount(context.Background(), password)
		c.post(func() { c.accountDeleted(err) })
	})
}

func (c *Control) accountDeleted(err error) {
	l := c.L.Account
	if err == nil {
		name := lang.Isolate(c.View.Account.Username)
		c.wipe(func(failed error) string {
			if failed != nil {
				return lang.Fill(l.DeletedOnly, "username", name) + " " + l.WipeFailed
			}
			return lang.Fill(l.Deleted, "username", name)
		})
		return
	}
	c.Deletion = Deletion{}
	d := &c.Deletion
	var e *host.RelayError
	switch {
	case !errors.As(err, &e):
		d.Error = l.DeleteUnanswered
	case e.Status == 401:
		c.SignInAgain()
	case e.Code == "wrong_password":
		d.ProofError = l.OldWrong
		c.Focus("proof")
	case e.Status == 429:
		d.Error = lang.Fill(c.L.Sign.TooMany, "wait", c.L.Wait(max(e.RetryAfter, time.Second)))
	case strings.HasPrefix(e.Code, "gateway_"):
		d.Error = l.DeleteGateway
	case e.Status >= 500:
		d.Error = l.DeleteHalf
	default:
		d.Error = lang.Fill(c.L.Sign.Other, "message", e.Message)
	}
}

// AskWipe asks, then deletes the account's data in this browser and signs out. The
// device leaves the gateway first, so that nothing is sent to keys that are gone.
func (c *Control) AskWipe() {
	l := c.L.Account
	c.Ask = &Ask{Title: l.WipeAsk, Text: l.WipeAskText, Do: l.WipeDo, act: func() {
		c.Deletion = Deletion{Wiping: true}
		if c.core == nil || !c.View.Self.Connected || !c.View.DeviceOnline {
			c.leaveDevice()
			return
		}
		c.do(port.Disconnect{}, func(port.Reply) { c.leaveDevice() }) // refused: the gateway will see a device that never comes back
	}}
}

func (c *Control) leaveDevice() {
	c.screen.Async(func() {
		_ = c.endSession()
		c.post(func() {
			c.wipe(func(failed error) string {
				if failed != nil {
					return c.L.Account.WipeFailed
				}
				return c.L.Account.Wiped
			})
		})
	})
}

// wipe deletes the account's data here, and ends at the first page, which says so.
func (c *Control) wipe(say func(failed error) string) {
	c.close()
	c.device.Wipe(func(err error) {
		c.post(func() {
			c.device.Forget()
			c.View.SignOut()
			c.View.Was = ""
			c.Deletion, c.Kept, c.Password, c.Sessions = Deletion{}, Kept{}, Password{}, Sessions{}
			c.Sign = Sign{Notice: say(err), Bad: err != nil}
			c.Go(PathSignIn)
			c.Focus("screen-title")
		})
	})
}
