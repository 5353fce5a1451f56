package control

import (
	"context"
	"errors"

	"ferry/app/internal/ui/host"
	"ferry/app/internal/ui/view"
)

// AskSignOut asks, then signs out here.
func (c *Control) AskSignOut() {
	l := c.L.Set
	c.Ask = &Ask{Title: l.SignOutAsk, Text: l.SignOutText, Do: l.SignOut, act: c.signOut}
}

// signOut does not wait for the relay: this device forgets all the same.
func (c *Control) signOut() {
	ended := make(chan struct{})
	c.ending = ended
	c.screen.Async(func() {
		defer close(ended)
		_ = c.endSession()
	})
	c.signedOut(c.device.Forget)
	c.Focus("username")
}

// endSession has the relay end the session. As long as it does not answer, the
// cookie is still good: then the next start ends it before it asks who is signed in.
func (c *Control) endSession() error {
	c.device.SetLeaving(true)
	err := c.relay.SignOut(context.Background())
	var refused *host.RelayError
	if errors.As(err, &refused) && refused.Status == 401 {
		err = nil // it has ended before
	}
	if err == nil {
		c.device.SetLeaving(false)
	}
	return err
}

// me asks the relay who is signed in.
func (c *Control) me() (host.Account, error) {
	if c.device.Leaving() {
		if err := c.endSession(); err != nil {
			return host.Account{}, err
		}
	}
	return c.relay.Me(context.Background())
}

// SignElsewhere is about to leave for another sign-in, which makes a new session.
func (c *Control) SignElsewhere() { c.device.SetLeaving(false) }

func (c *Control) signedOut(end func()) {
	c.close()
	end()
	c.View.SignOut()
	c.Sign, c.Ask = Sign{}, nil
	c.Go(PathSignIn)
}

// follow does as another tab has done: signs out, or begins anew as who has
// signed in there. All tabs share the browser's session.
func (c *Control) follow() {
	a, known := c.device.Remembered()
	switch {
	case c.Persona.Picking || c.WhatsApp():
	case known && (c.View.Phase == view.SignedOut || c.account.ID != a.ID):
		c.device.Reload()
	case !known && c.View.Phase == view.SignedIn:
		c.signedOut(c.device.Leave)
	}
}
