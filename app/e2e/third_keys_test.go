package e2e

import (
	"crypto/sha512"
	"net/http"
	"slices"
	"strings"

	"go.mau.fi/libsignal/fingerprint"

	"ferry/relay/relaytest/waclient"
)

// displayable is one side of Signal's numeric fingerprint: 5200 rounds of SHA-512
// over the name and the keys of all devices.
func displayable(name string, keys ...[]byte) []byte {
	slices.SortFunc(keys, slices.Compare)
	var public []byte
	for _, k := range keys {
		public = append(append(public, 5), k...)
	}
	hash := append(append([]byte{0, 0}, public...), name...)
	for range 5200 {
		sum := sha512.Sum512(append(slices.Clone(hash), public...))
		hash = sum[:]
	}
	return hash
}

// number is the safety number by what whatsmeow's store holds: its own keys, and
// the one that its session with kate is for.
func (k *third) number() string {
	k.t.Helper()
	from := k.gets("Good to have you back").Info.Sender
	session, err := k.ada.WA.Store.LoadSession(k.ctx, from.SignalAddress())
	k.ok(err)
	kates := session.SessionState().RemoteIdentityKey().PublicKey().PublicKey()
	address, _, err := k.box.ThirdParty(k.ctx, 7, "kate")
	k.ok(err)
	device := k.ada.WA.Store
	own := displayable(k.ada.LID().String(), device.IdentityKey.Pub[:], device.Account.GetAccountSignatureKey())
	return fingerprint.NewDisplay(own, displayable(address, kates[:])).DisplayText()
}

// shownNumber is the number on the contact's screen.
func (k *third) shownNumber() string {
	k.t.Helper()
	k.visit(k.path + "/info")
	k.seen("document.querySelectorAll('#safety-digits span').length === 12 && document.querySelector('.qr path')")
	return k.eval("document.getElementById('safety-digits').textContent")
}

func (k *third) oneNumber() {
	shown, want := k.shownNumber(), k.number()
	if len(shown) != 60 || shown != want {
		k.t.Errorf("the page shows %s, libsignal computes %s", shown, want)
	}
	k.press("#verify")
	k.seen("document.querySelector('#safety[data-verified=true]') && document.getElementById('unverify')")
	k.visit(k.path)
	k.seen("document.querySelector('#thread-title .verified')")
	k.ends("verified")
	k.told("That is my number, too") // nothing is held for keys that are known
	k.says("Good")
	k.bubble("Good", "delivered")
}

// relinked has Ada's phone give up its companion and link another, with keys of
// its own.
func (k *third) relinked() {
	k.t.Helper()
	before := k.ada
	k.ok(k.box.Unlink(k.ctx, adasPhone, before.Device()))
	_, err := before.AwaitLoggedOut(k.ctx)
	k.ok(err)
	before.Close()
	k.ada, err = waclient.NewCompanion(k.ctx, k.box, adasPhone, waclient.Config{Name: "Ada"})
	k.ok(err)
}

// holds: what is written to a verified person goes nowhere while there is a key
// that was not compared.
func (k *third) holds() {
	k.open()
	before := k.shownNumber()
	k.relinked()
	k.visit(k.path)
	k.send("For Ada only")
	k.seen("document.getElementById('held-bar')")
	k.bubble("For Ada only", "pending")
	k.absent("document.querySelector('#thread-title .verified')", "who has a new key is still verified")
	k.ends("key_changed")
	k.settled()
	k.notTo(k.ada, "For Ada only")
	if after := k.shownNumber(); after == before || !k.is("!!document.querySelector('#safety[data-held=true]')") {
		k.t.Errorf("the number is %s, as before", after)
	}
	k.press("#verify") // compared again: what waited goes
	k.seen("document.querySelector('#safety[data-verified=true][data-held=false]')")
	k.gets("For Ada only")
	k.visit(k.path)
	k.bubble("For Ada only", "delivered")

	k.relinked()
	k.send("And this one too")
	k.seen("document.getElementById('held-bar')")
	k.settled()
	k.notTo(k.ada, "And this one too")
	k.press("#held-send") // not compared, but sent all the same
	k.press("#confirm")
	k.seen("!document.getElementById('held-bar')")
	k.gets("And this one too")
	k.bubble("And this one too", "delivered")
	k.told("It was a new laptop")
}

// tellsKey: a phone that was set up anew has another key, which is said to who
// has not compared the one before, and holds nothing. The sandbox's contact is
// whatsmeow as well.
func (k *third) tellsKey() {
	const phone = "+4915510000023"
	k.sandbox(http.MethodPost, "/contacts", map[string]any{"phone": phone, "name": "Emil", "script": "read"}, nil)
	k.newChat(phone)
	k.send("Hello Emil")
	k.bubble("Hello Emil", "read")
	k.sandbox(http.MethodPatch, "/contacts/"+phone, map[string]any{"reinstall": true}, nil)
	k.send("Is that a new phone?")
	k.bubble("Is that a new phone?", "read")
	k.seen("document.querySelector('.notice[data-notice=key_changed]')")
	k.absent("document.getElementById('held-bar')", "what was never compared is held")
	var got struct {
		Messages []struct{ Direction, Text string }
	}
	k.sandbox(http.MethodGet, "/contacts/"+phone+"/messages", nil, &got)
	var texts []string
	for _, m := range got.Messages {
		texts = append(texts, m.Text)
	}
	if !slices.Contains(texts, "Is that a new phone?") {
		k.t.Errorf("Emil has %s", strings.Join(texts, ", "))
	}
}
