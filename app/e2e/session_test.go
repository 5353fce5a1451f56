package e2e

import (
	"testing"

	"ferry/relay/relaytest"
)

// TestASessionEndedElsewhereGoesOnAfterSigningIn ends a session from another
// device while two tabs of it are open.
func TestASessionEndedElsewhereGoesOnAfterSigningIn(t *testing.T) {
	w := world(t, relaytest.Options{})
	ada := friend(t, w, adasPhone, "Ada")
	p := openPage(t, localhost(w), t.TempDir())
	other := p.beside(p.meetsAda("henry", "before"))
	other.bubble("before", "delivered")

	elsewhere := openPage(t, localhost(w), t.TempDir())
	elsewhere.startsWith("document.getElementById('settings-button')", "henry")
	elsewhere.visit("/settings/sessions")
	elsewhere.press("#sessions [data-session] button")
	elsewhere.press("#confirm")

	const out = "document.querySelector('#link-banner[data-hop=session] #link-act')"
	p.seen(out)
	other.seen(out)
	p.send("meanwhile")
	p.bubble("meanwhile", "pending")
	other.bubble("meanwhile", "pending")

	p.press("#link-act")
	p.seen("document.getElementById('username')?.value === 'henry'")
	p.fill("password", password)
	p.press("#submit")
	p.bubble("meanwhile", "delivered")
	other.bubble("meanwhile", "delivered")
	other.seen("!document.querySelector('#link-banner')")
	other.send("after")
	p.bubble("after", "delivered")
	for _, text := range []string{"before", "meanwhile", "after"} {
		if _, err := ada.AwaitText(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	if d := ada.Duplicates(); len(d) != 0 {
		t.Errorf("shown more than once: %v", d)
	}
}

// TestTabsSignOutTogether signs out in one of two tabs, in as somebody else, and
// back.
func TestTabsSignOutTogether(t *testing.T) {
	w := world(t, relaytest.Options{})
	friend(t, w, adasPhone, "Ada")
	p := openPage(t, localhost(w), t.TempDir())
	other := p.beside(p.meetsAda("iris", "not for everybody"))
	other.bubble("not for everybody", "delivered")
	signOut := func() {
		t.Helper()
		p.visit("/settings/account")
		p.press("#sign-out")
		p.press("#confirm")
		p.seen("document.getElementById('username')")
		other.seen("document.getElementById('username')")
		if other.is("document.body.innerText.includes('not for everybody')") {
			t.Error("the other tab still shows the chat")
		}
	}
	signOut()
	p.signUp("jane")
	other.seen("document.getElementById('settings-button')")
	if other.is("!!document.querySelector('#chat-list a[data-chat]')") {
		t.Error("jane has the chats of iris")
	}
	signOut()
	p.fill("username", "iris")
	p.fill("password", password)
	p.press("#submit")
	for _, tab := range []*page{p, other} {
		tab.seen("document.querySelector('#chat-list a[data-chat]')")
		tab.openOnlyChat() // a page that did not sign in itself
		tab.bubble("not for everybody", "delivered")
	}
	p.send("after")
	p.bubble("after", "delivered")
}

// TestASignOutWithoutANetworkHolds signs out while the relay is away: it may not
// know it yet, but nobody gets in by the cookie that is left.
func TestASignOutWithoutANetworkHolds(t *testing.T) {
	w := world(t, relaytest.Options{Apart: true})
	p := openPage(t, localhost(w), t.TempDir())
	p.signUp("lena")
	p.visit("/settings/account")
	p.seen("document.getElementById('sign-out')")
	w.StopRelay()
	p.press("#sign-out")
	p.press("#confirm")
	p.seen("document.getElementById('username') && localStorage.getItem('ferry.leaving')")
	w.StartRelay()
	for range 2 { // ends the session; finds it ended
		p.visit("/")
		p.seen("document.getElementById('username') && !localStorage.getItem('ferry.leaving')")
	}
	p.fill("username", "lena")
	p.fill("password", password)
	p.press("#submit")
	p.seen("document.getElementById('settings-button')")
}

// TestAnAccountDeletedElsewhereCanBeDeletedHere deletes the account on another
// device, and then what this one still has.
func TestAnAccountDeletedElsewhereCanBeDeletedHere(t *testing.T) {
	w := world(t, relaytest.Options{})
	p := openPage(t, localhost(w), t.TempDir())
	p.signUp("karl")
	p.turnOn()
	other := p.beside("/")
	other.seen("document.getElementById('settings-button')")
	elsewhere := openPage(t, localhost(w), t.TempDir())
	elsewhere.startsWith("document.getElementById('settings-button')", "karl")
	elsewhere.visit("/settings/account/delete")
	elsewhere.fill("proof", password)
	elsewhere.press("#delete-account")
	elsewhere.press("#confirm")
	elsewhere.seen("document.querySelector('#sign-notice .note-good')")

	p.press("#link-act")
	p.press("#sign-wipe")
	p.press("#confirm")
	p.seen("document.querySelector('#sign-notice .note-good')")
	other.seen("document.getElementById('username')")
	p.keepsNothing()
}
