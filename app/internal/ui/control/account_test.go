package control

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"ferry/app/internal/port"
	"ferry/app/internal/ui/host"
	"ferry/app/internal/ui/view"
)

// accountFake is the relay's and the browser's part in what these tests are about.
type accountFake struct {
	site       host.Site
	kept       host.Kept
	keptErr    error
	change     error
	changed    []string // old and new password
	delete     error
	deleted    []string // passwords
	wipe       error
	wiped      int
	wipedFirst bool // the engine was wiped while somebody still listened to it
}

func (w *world) Kept(context.Context) (host.Kept, error) { return w.acc.kept, w.acc.keptErr }
func (w *world) ChangePassword(_ context.Context, old, password string) error {
	w.acc.changed = append(w.acc.changed, old, password)
	return w.acc.change
}

func (w *world) DeleteAccount(_ context.Context, password string) error {
	w.acc.deleted = append(w.acc.deleted, password)
	return w.acc.delete
}

func (w *world) Wipe(done func(error)) {
	w.acc.wiped++
	w.acc.wipedFirst = !w.core.ended
	done(w.acc.wipe)
}

func refused(status int, code, field string) error {
	return &host.RelayError{Status: status, Code: code, Message: "No.", Field: field}
}

func TestAnAccountIsDeletedAfterTwoQuestionsAndThisBrowserIsWiped(t *testing.T) {
	w := signedIn(t)
	w.Go(PathDelete)
	w.c.AskDelete("")
	if w.c.Ask != nil || w.c.Deletion.ProofError == "" {
		t.Fatal("the second question came without a password")
	}
	w.c.AskDelete("correct horse")
	if w.c.Ask == nil || len(w.acc.deleted) != 0 {
		t.Fatal("there was no second question")
	}
	w.c.Confirm()
	if !w.c.Deletion.Busy {
		t.Error("it does not say that it is being done")
	}
	w.run()
	switch {
	case len(w.acc.deleted) != 1 || w.acc.deleted[0] != "correct horse":
		t.Errorf("sent: %v", w.acc.deleted)
	case w.acc.wiped != 1 || w.acc.wipedFirst || w.known:
		t.Errorf("wiped %d times, listening %v, remembered %v", w.acc.wiped, w.acc.wipedFirst, w.known)
	case w.c.View.Phase != view.SignedOut || w.c.Route.Place != SignInPlace || w.c.View.Was != "":
		t.Errorf("phase %v at %v", w.c.View.Phase, w.c.Route)
	case !strings.Contains(w.c.Sign.Notice, "ada") || w.c.Sign.Bad:
		t.Errorf("the first page says %q", w.c.Sign.Notice)
	}
}

func TestARefusedDeletionSaysWhyAndKeepsEverything(t *testing.T) {
	for _, c := range []struct {
		err         error
		proof, says string
	}{
		{refused(403, "wrong_password", "password"), "not your current password", ""},
		{refused(502, "gateway_unreachable", ""), "", "Nothing was deleted"},
		{refused(502, "gateway_suspended", ""), "", "Nothing was deleted"},
		{refused(500, "internal", ""), "", "did not work to the end"},
		{&host.RelayError{Status: 429, Code: "too_many", RetryAfter: 3 * time.Second}, "", "3 s"},
		{errors.New("offline"), "", "no answer"},
	} {
		w := signedIn(t)
		w.Go(PathDelete)
		w.acc.delete = c.err
		w.c.AskDelete("correct horse")
		w.c.Confirm()
		w.run()
		d := w.c.Deletion
		if d.Busy || !strings.Contains(d.ProofError, c.proof) || !strings.Contains(d.Error, c.says) || (d.Error == "") != (c.says == "") {
			t.Errorf("%v: %+v", c.err, d)
		}
		if w.acc.wiped != 0 || w.c.View.Phase != view.SignedIn || !w.known {
			t.Errorf("%v: something is gone", c.err)
		}
	}
}

func TestABrowserThatCannotDeleteSaysSo(t *testing.T) {
	w := signedIn(t)
	w.acc.wipe = errors.New("blocked")
	w.c.AskDelete("correct horse")
	w.c.Confirm()
	w.run()
	if !w.c.Sign.Bad || !strings.Contains(w.c.Sign.Notice, "is deleted, here and at WhatsApp") || !strings.Contains(w.c.Sign.Notice, "did not delete everything") {
		t.Errorf("%q", w.c.Sign.Notice)
	}
}

func TestWhoSignsInElsewhereProvesItWithTheName(t *testing.T) {
	w := newWorld(t)
	w.account, w.known = host.Account{ID: "1", Username: "ada"}, true
	w.acc.site.SignIn.Kind, w.acc.site.SignIn.Name = "oidc", "Example ID"
	w.c.Start(w)
	w.run()
	w.Go(PathDelete)
	if w.c.AskDelete("bob"); w.c.Ask != nil || !strings.Contains(w.c.Deletion.ProofError, "ada") {
		t.Errorf("%+v", w.c.Deletion)
	}
	w.c.AskDelete(" Ada ")
	w.c.Confirm()
	w.run()
	if len(w.acc.deleted) != 1 || w.acc.deleted[0] != "" {
		t.Errorf("sent: %q", w.acc.deleted)
	}
}

func TestThisDeviceLeavesTheGatewayBeforeItsKeysGo(t *testing.T) {
	w := signedIn(t)
	w.Go(PathAccount)
	w.c.AskWipe()
	w.c.Confirm()
	w.run()
	if w.acc.wiped != 0 || len(sent[port.Disconnect](w.core)) != 1 || !w.c.Deletion.Wiping {
		t.Fatal("it did not leave first")
	}
	answer[port.Disconnect](w, port.Reply{Code: "gateway_unreachable", Error: "No."}) // nobody can be kept from wiping
	if w.acc.wiped != 1 || len(w.acc.deleted) != 0 || w.c.View.Phase != view.SignedOut || !strings.Contains(w.c.Sign.Notice, "still there") {
		t.Errorf("wiped %d, %q", w.acc.wiped, w.c.Sign.Notice)
	}
}

func TestAPasswordIsChangedOrItIsSaidWhyNot(t *testing.T) {
	for _, c := range []struct {
		old, new          string
		err               error
		oldSays, newSays  string
		says              string
		asked, done, gone bool
	}{
		{"", "battery staple", nil, "current password", "", "", false, false, false},
		{"correct horse", "", nil, "", "new password", "", false, false, false},
		{"correct horse", "short", nil, "", "at least 8", "", false, false, false},
		{"correct horse", "battery staple", nil, "", "", "", true, true, false},
		{"wrong horse", "battery staple", refused(403, "wrong_password", "old"), "not your current", "", "", true, false, false},
		{"correct horse", "password", refused(422, "invalid_password", "password"), "", "No.", "", true, false, false},
		{"correct horse", "battery staple", errors.New("offline"), "", "", "cannot be reached", true, false, false},
		{"correct horse", "battery staple", refused(401, "signed_out", ""), "", "", "", true, false, true},
	} {
		w := signedIn(t)
		w.Go(PathPassword)
		w.acc.change = c.err
		w.c.ChangePassword(c.old, c.new)
		w.run()
		p := w.c.Password
		for what, s := range map[string][2]string{"old": {p.OldError, c.oldSays}, "new": {p.NewError, c.newSays}, "form": {p.Error, c.says}} {
			if !strings.Contains(s[0], s[1]) || (s[0] == "") != (s[1] == "") {
				t.Errorf("%+v: %s says %q", c, what, s[0])
			}
		}
		if p.Done != c.done || (len(w.acc.changed) > 0) != c.asked || (w.c.View.Phase == view.SignedOut) != c.gone {
			t.Errorf("%+v: %+v, asked %v", c, p, w.acc.changed)
		}
	}
}

func TestWhatIsKeptIsAskedForEachTimeThePageOpens(t *testing.T) {
	w := signedIn(t)
	w.acc.keptErr = errors.New("offline")
	w.Go(PathKept)
	w.run()
	if !w.c.Kept.Failed || w.c.Kept.Loaded {
		t.Fatalf("%+v", w.c.Kept)
	}
	w.acc.keptErr = nil
	w.acc.kept.Account.Username = "ada"
	w.Go(PathAccount)
	w.Go(PathKept)
	w.run()
	if w.c.Kept.Failed || !w.c.Kept.Loaded || w.c.Kept.Account.Username != "ada" {
		t.Errorf("%+v", w.c.Kept)
	}
}

func TestEachEndOfASignInElsewhereHasItsWords(t *testing.T) {
	w := newWorld(t)
	seen := map[string]string{}
	for _, code := range []string{"sign_in_expired", "sign_in_denied", "sign_in_unreachable", "sign_in_rejected", "no_username", "username_taken", "internal"} {
		w.c.SignTrouble(code)
		if was := seen[w.c.Sign.Trouble]; was != "" || w.c.Sign.Trouble == "" {
			t.Errorf("%s says %q, as %s does", code, w.c.Sign.Trouble, was)
		}
		seen[w.c.Sign.Trouble] = code
	}
	w.c.SignTrouble("<script>")
	if seen[w.c.Sign.Trouble] != "internal" {
		t.Errorf("an unknown code says %q", w.c.Sign.Trouble)
	}
}
