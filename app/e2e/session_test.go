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
	p.signUp("henry")
	p.turnOn()
	p.newChat(adasPhone)
	p.send("before")
	p.bubble("before", "delivered")
	path := p.eval("location.pathname")
	other := p.beside(path)
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
