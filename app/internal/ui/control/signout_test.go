package control

import (
	"errors"
	"testing"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/ui/host"
	"ferry/app/internal/ui/view"
)

func TestATabFollowsTheOthersInAndOut(t *testing.T) {
	w := signedIn(t)
	in, out := w.account, func() { w.known = false }
	follow := func() {
		w.otherTab()
		w.run()
	}
	follow()
	if w.c.View.Phase != view.SignedIn || w.reloads != 0 {
		t.Fatalf("the same account again: phase %v, %d reloads", w.c.View.Phase, w.reloads)
	}
	w.account.ID = "2"
	if follow(); w.reloads != 1 {
		t.Errorf("another account: %d reloads", w.reloads)
	}
	w.account = in
	out()
	if follow(); w.c.View.Phase != view.SignedOut || w.c.core != nil || w.c.View.Was != "" || w.paths[len(w.paths)-1] != PathSignIn {
		t.Errorf("signed out elsewhere: phase %v, was %q, %v", w.c.View.Phase, w.c.View.Was, w.paths)
	}
	if follow(); w.reloads != 1 {
		t.Errorf("signed out twice: %d reloads", w.reloads)
	}
	w.known = true
	if follow(); w.reloads != 2 {
		t.Errorf("signed in elsewhere: %d reloads", w.reloads)
	}
}

func TestASignOutThatDidNotReachTheRelayIsMadeUpForAtTheNextStart(t *testing.T) {
	unreachable := errors.New("unreachable")
	w := signedIn(t)
	w.signOut = unreachable
	w.c.AskSignOut()
	w.c.Confirm()
	w.run()
	if w.c.View.Phase != view.SignedOut || w.known || !w.leaving {
		t.Fatalf("phase %v, known %v, leaving %v", w.c.View.Phase, w.known, w.leaving)
	}
	for name, c := range map[string]struct {
		answer  error
		leaving bool
	}{
		"still unreachable": {unreachable, true}, "ended": {nil, false}, "had ended": {&host.RelayError{Status: 401}, false},
	} {
		next := newWorld(t)
		next.account, next.leaving, next.signOut = host.Account{ID: "1", Username: "ada"}, true, c.answer
		if !c.leaving { // the cookie stands for nobody any more
			next.me = &host.RelayError{Status: 401}
		}
		next.c.Start(next)
		next.run()
		if next.signOuts != 1 || next.leaving != c.leaving {
			t.Errorf("%s: %d sign-outs, leaving %v", name, next.signOuts, next.leaving)
		}
		if next.c.View.Phase != view.SignedOut {
			t.Errorf("%s: phase %v", name, next.c.View.Phase)
		}
	}
}

func TestWhoIsSignedOutAndTurnsOnAgainIsAskedToSignIn(t *testing.T) {
	for code, phase := range map[string]view.Phase{"signed_out": view.SignedOut, "gateway_unreachable": view.SignedIn} {
		w := signedIn(t)
		w.c.Connect()
		answer[port.Connect](w, port.Reply{Code: code, Error: "no"})
		if w.c.View.Phase != phase {
			t.Errorf("%s: phase %v", code, w.c.View.Phase)
		}
		if told := w.c.Toast != nil; told != (phase == view.SignedIn) {
			t.Errorf("%s: told %v", code, told)
		}
	}
}

func TestASessionThatEndedFromAfarAsksForThePasswordAndGoesOn(t *testing.T) {
	w := newWorld(t)
	w.account, w.known, w.me = host.Account{ID: "1", Username: "ada"}, true, &host.RelayError{Status: 401}
	w.core.state.Link = model.Link{Phase: model.LinkOff, Down: model.HopSession, Reason: "unauthorized"}
	w.c.Start(w)
	w.run()
	if w.c.View.Phase != view.SignedOut || w.c.View.Was != "ada" || !w.known || !w.core.ended {
		t.Fatalf("phase %v, was %q", w.c.View.Phase, w.c.View.Was)
	}
	if w.values["username"] != "ada" || w.focus != "password" {
		t.Errorf("the form has %+v, focus on %q", w.values, w.focus)
	}
	w.c.SignPassword("correct horse")
	w.c.SignSubmit()
	w.run()
	if w.c.View.Phase != view.SignedIn || len(sent[port.Connect](w.core)) != 1 {
		t.Errorf("phase %v, %d attempts to connect again", w.c.View.Phase, len(sent[port.Connect](w.core)))
	}
}

func TestAPageWithAGoodSessionMakesTheLinkAnewThatEndedWithAnother(t *testing.T) {
	for reason, times := range map[string]int{"unauthorized": 1, "revoked": 1, "signed_out": 1, "logged_out": 0} {
		w := newWorld(t)
		w.account, w.known = host.Account{ID: "1", Username: "ada"}, true
		w.core.state.Link = model.Link{Phase: model.LinkOff, Down: model.HopSession, Reason: reason}
		w.c.Start(w)
		w.run()
		if n := len(sent[port.Connect](w.core)); n != times {
			t.Errorf("%s: %d attempts to connect", reason, n)
		}
	}
}
