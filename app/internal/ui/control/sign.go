package control

import (
	"context"
	"errors"
	"strings"
	"time"

	"ferry/app/internal/lang"
	"ferry/app/internal/ui/host"
)

// Sign is the card for signing in and up.
type Sign struct {
	Up                 bool // sign up
	Username, Password string
	Shown              bool // the password is readable
	Busy               bool
	UsernameError      string
	PasswordError      string
	Error              string // of the whole form
	Trouble            string // what a sign-in elsewhere has come back with
	Notice             string // what has just ended
	Bad                bool   // the notice is none to be glad of
	RetryAt            time.Time
}

// minPassword is in runes; the relay has the last word.
const minPassword = 8

// wake asks for each second of a countdown.
func (s *Sign) wake(w *earliest) {
	if left := s.RetryAt.Sub(w.now); left > 0 {
		w.by(s.RetryAt.Add(-(left - 1).Truncate(time.Second)))
		w.by(s.RetryAt)
	}
}

// SignUsername takes in what is typed.
func (c *Control) SignUsername(text string) {
	c.Sign.Username, c.Sign.UsernameError, c.Sign.Error = text, "", ""
}

// SignPassword takes in what is typed.
func (c *Control) SignPassword(text string) {
	c.Sign.Password, c.Sign.PasswordError, c.Sign.Error = text, "", ""
}

// SignSwitch turns between signing in and up.
func (c *Control) SignSwitch() {
	defer c.Turn()()
	s := &c.Sign
	s.Up, s.UsernameError, s.PasswordError, s.Error = !s.Up, "", "", ""
	c.Focus("username")
}

// SignShow turns the password readable and back.
func (c *Control) SignShow() { c.Sign.Shown = !c.Sign.Shown }

// SignCheck says what is wrong with a field that was just left: gently, only
// if something was typed.
func (c *Control) SignCheck() {
	s := &c.Sign
	if !s.Up {
		return
	}
	if s.Username != "" && !usernameShape(s.Username) {
		s.UsernameError = c.L.Sign.UsernameShape
	}
	if s.Password != "" && len([]rune(s.Password)) < minPassword {
		s.PasswordError = c.L.Sign.ShortPassword
	}
}

// SignWait is how long the user still has to wait; 0 if not.
func (c *Control) SignWait() time.Duration {
	return max(c.Sign.RetryAt.Sub(c.View.Now), 0)
}

// SignSubmit sends the form.
func (c *Control) SignSubmit() {
	defer c.Turn()()
	s := &c.Sign
	if s.Busy || c.SignWait() > 0 || !c.signComplete() {
		return
	}
	s.Busy, s.Error = true, ""
	up, username, password := s.Up, strings.TrimSpace(s.Username), s.Password
	before := c.ending
	c.screen.Async(func() {
		if before != nil {
			<-before // the end of the last session would take the cookie of this one along
		}
		call := c.relay.SignIn
		if up {
			call = c.relay.SignUp
		}
		account, err := call(context.Background(), username, password)
		c.post(func() { c.signed(account, err) })
	})
}

func (c *Control) signComplete() bool {
	s := &c.Sign
	s.UsernameError, s.PasswordError = "", ""
	c.SignCheck()
	if strings.TrimSpace(s.Username) == "" {
		s.UsernameError = c.L.Sign.NeedUsername
	}
	if s.Password == "" {
		s.PasswordError = c.L.Sign.NeedPassword
	}
	switch {
	case s.UsernameError != "":
		c.Focus("username")
	case s.PasswordError != "":
		c.Focus("password")
	default:
		return true
	}
	return false
}

func (c *Control) signed(a host.Account, err error) {
	s := &c.Sign
	s.Busy = false
	if err == nil {
		c.Sign = Sign{}
		c.screen.SetValue("password", "")
		c.device.SetLeaving(false)
		c.device.Remember(a)
		c.relink = true
		c.enter(a)
		if c.Route.Place == SignInPlace {
			c.goInstead(PathChats)
		}
		return
	}
	var refused *host.RelayError
	if !errors.As(err, &refused) {
		s.Error = c.L.Sign.Unreachable
		return
	}
	c.signRefused(refused)
}

func (c *Control) signRefused(e *host.RelayError) {
	s, l := &c.Sign, c.L.Sign
	said := lang.Fill(l.Other, "message", e.Message)
	switch {
	case e.Status == 429 || e.RetryAfter > 0:
		s.RetryAt = c.View.Now.Add(max(e.RetryAfter, time.Second))
	case e.Code == "username_taken":
		s.UsernameError = l.Taken
		c.Focus("username")
	case e.Status == 401:
		s.Error = l.Wrong
		c.Focus("password")
	case e.Field == "username":
		s.UsernameError = said
		c.Focus("username")
	case e.Field == "password":
		s.PasswordError = said
		c.Focus("password")
	case e.Status >= 500:
		s.Error = l.Unreachable
	default:
		s.Error = said
	}
}

// usernameShape is the relay's rule, so that most slips show before sending.
func usernameShape(s string) bool {
	s = strings.ToLower(strings.TrimSpace(s))
	if len(s) < 3 || len(s) > 30 {
		return false
	}
	for i := range len(s) {
		ch := s[i]
		letter := ch >= 'a' && ch <= 'z' || ch >= '0' && ch <= '9'
		if !letter && (i == 0 || i == len(s)-1 || strings.IndexByte("._-", ch) < 0) {
			return false
		}
	}
	return true
}

// SignInAgain shows the sign-in card because the session ended from afar. The
// account's data stays.
func (c *Control) SignInAgain() {
	defer c.Turn()()
	was := c.View.Account.Username
	c.close()
	c.View.SignOut()
	c.View.Was = was
	c.Sign = Sign{Username: was}
	c.screen.After(func() { c.screen.SetValue("username", was) })
	c.Focus("password")
}
