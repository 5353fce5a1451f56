package e2e

import (
	"os"
	"strings"
	"testing"

	"ferry/relay/relaytest"
	"ferry/relay/relaytest/idp"
)

func TestMain(m *testing.M) {
	code := m.Run()
	idp.RemoveBinary()
	os.Exit(code)
}

// TestAPersonComesFromAnotherSignInAndLeavesNothing goes the whole way: to a real
// OpenID provider and back, on to WhatsApp, and out again.
func TestAPersonComesFromAnotherSignInAndLeavesNothing(t *testing.T) {
	gateway, relays := relaytest.Several(t, relaytest.Options{Site: site(t)}, relaytest.Messenger{ID: 8, Name: "Pigeon",
		SignIn: func(redirect string) relaytest.SignIn {
			p := idp.Start(t, "ferry", "s3cret", redirect, "annabella:lovelace", "admin:lovelace")
			return relaytest.SignIn{Issuer: p.Issuer, Client: "ferry", Secret: "s3cret", Name: "Pigeon ID"}
		}})
	w := relays[0]
	p := openPage(t, w.URL, t.TempDir())
	enter := func(name string) {
		t.Helper()
		p.seen("document.getElementById('elsewhere')?.innerText.includes('Pigeon ID')")
		if p.is("!!document.getElementById('password')") {
			t.Error("a password is asked for here")
		}
		p.press("#elsewhere")
		p.seen("location.pathname.includes('login') && document.getElementById('password')")
		p.fill("username", name)
		p.fill("password", "lovelace")
		p.press("button[type=submit]")
	}
	enter("admin") // a name that cannot be one here
	p.seen("document.querySelector('#form-error .note')?.innerText.includes('no username')")
	enter("annabella")
	p.seen("document.getElementById('settings-button')")
	p.turnOn()
	if !strings.Contains(strings.Join(gateway.Kept("annabella"), " "), "gateway:") {
		t.Fatal("the gateway does not know them: the test shows nothing")
	}
	gateway.StartGateway()

	p.visit("/settings/account/delete")
	p.fill("proof", "annabella")
	p.press("#delete-account")
	p.press("#confirm")
	p.seen("document.querySelector('#sign-notice .note-good')?.innerText.includes('annabella')")
	p.keepsNothing()
	p.kill()
	if left := w.Kept("annabella"); left != nil {
		t.Errorf("the relay keeps %v", left)
	}
	if left := gateway.Kept("annabella"); left != nil {
		t.Errorf("the gateway keeps %v", left)
	}
}
