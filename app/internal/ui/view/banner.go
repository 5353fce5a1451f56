package view

import (
	"time"

	"ferry/app/internal/lang"
	"ferry/app/internal/model"
)

const (
	// calm is how long a trouble lasts before a banner speaks of it.
	calm = time.Second
	// patience is the same for a connection that is only being made.
	patience = 2500 * time.Millisecond
)

// Act is what the button of a banner does.
type Act int

// Acts.
const (
	NoAct      Act = iota
	ActSignIn      // go to the sign-in screen
	ActConnect     // introduce this device to the gateway again
	ActRetry       // do not wait for the next attempt
)

// Banner says which hop is down and what happens next.
type Banner struct {
	Hop         model.Hop
	Phase       model.LinkPhase
	Text        string
	Next        string // what happens next; "" if nothing is to be said
	Act         Act
	ActText     string
	Done, Total int // progress, if Total is not 0
}

// hop is what is down, by the engine's word and the browser's.
func (v *View) hop() model.Hop {
	if !v.DeviceOnline {
		return model.HopNetwork
	}
	return v.Link.Down
}

func (v *View) troubled() bool {
	if !v.Ready || v.Phase != SignedIn {
		return false
	}
	switch v.Link.Phase {
	case model.LinkOnline:
		return !v.DeviceOnline
	case model.LinkOff, "":
		return v.Link.Down == model.HopSession
	}
	return true
}

// weighTrouble notes when a trouble began.
func (v *View) weighTrouble() {
	switch {
	case !v.troubled():
		v.troubleSince = time.Time{}
	case v.troubleSince.IsZero():
		v.troubleSince = v.Now
	}
}

// SetOnline takes the browser's word on being connected.
func (v *View) SetOnline(online bool) {
	v.DeviceOnline = online
	v.weighTrouble()
}

func (v *View) patience() time.Duration {
	if v.hop() == model.HopNone && v.Link.Phase == model.LinkConnecting {
		return patience
	}
	return calm
}

func (v *View) wakeBanner(w *wake) {
	if v.troubleSince.IsZero() {
		return
	}
	w.by(v.troubleSince.Add(v.patience()))
	if left := v.Link.RetryAt.Sub(v.Now); left > 0 { // the next whole second of the countdown
		w.by(v.Link.RetryAt.Add(-(left - 1).Truncate(time.Second)))
	}
}

// Banner gives what to say of the connection, if anything.
func (v *View) Banner() (Banner, bool) {
	if v.troubleSince.IsZero() || v.Now.Sub(v.troubleSince) < v.patience() {
		return Banner{}, false
	}
	l := v.L.Link
	b := Banner{Hop: v.hop(), Phase: v.Link.Phase}
	switch b.Hop {
	case model.HopNetwork:
		b.Text, b.Next = l.Network, l.NetworkDo
	case model.HopRelay:
		b.Text, b.Next, b.ActText, b.Act = l.Relay, v.nextAttempt(), l.RetryDo, ActRetry
	case model.HopGateway:
		b.Text, b.Next, b.ActText, b.Act = l.Gateway, v.nextAttempt(), l.RetryDo, ActRetry
		if v.Link.Reason == "suspended" {
			b.Text = lang.Fill(l.Suspended, "app", lang.Isolate(v.provider()))
		}
	case model.HopSession:
		v.sessionBanner(&b)
	default:
		v.progressBanner(&b)
	}
	return b, true
}

func (v *View) progressBanner(b *Banner) {
	l := v.L.Link
	b.Text = l.Connecting
	if b.Phase == model.LinkWaiting {
		b.Next = v.nextAttempt()
	}
	if b.Phase == model.LinkCatchingUp {
		b.Text = l.CatchingUp
		if v.Link.Total > 0 {
			b.Done, b.Total = min(v.Link.Done, v.Link.Total), v.Link.Total
			b.Text = lang.Fill(l.CatchingUpSome, "done", lang.Number(b.Done), "total", lang.Number(b.Total))
		}
	}
}

// sessionBanner tells being signed out of Ferry from being cut off by the gateway.
func (v *View) sessionBanner(b *Banner) {
	l := v.L.Link
	b.Text, b.ActText, b.Act = l.Session, l.SessionDo, ActSignIn
	if v.WhatsApp != "" {
		b.Text, b.ActText, b.Act = v.L.Persona.SessionEnded, v.L.Persona.Link, ActConnect
		return
	}
	if !v.SessionOver() {
		b.Text, b.ActText, b.Act = l.SessionRevoked, l.SessionAgain, ActConnect
	}
}

// SessionOver tells whether the link ended with the session at the relay, and
// not because the gateway no longer accepts this device.
func (v *View) SessionOver() bool {
	return v.Link.Down == model.HopSession && (v.Link.Reason == "" || isRelayReason(v.Link.Reason))
}

// isRelayReason tells the relay's own reasons for signing somebody out from
// the gateway's for not letting a device in.
func isRelayReason(reason string) bool {
	switch reason {
	case "unauthorized", "revoked", "signed_out":
		return true
	}
	return false
}

func (v *View) nextAttempt() string {
	l := v.L.Link
	if v.Link.Phase != model.LinkWaiting || !v.Link.RetryAt.After(v.Now) {
		return l.RetryNow
	}
	return lang.Fill(l.RetryIn, "wait", v.L.Wait(v.Link.RetryAt.Sub(v.Now)))
}
