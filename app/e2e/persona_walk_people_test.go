package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"ferry/relay/relaytest"
)

// blocks: whoever is blocked learns nothing, and is heard again afterwards.
func blocks(k *sides) {
	k.open()
	k.both(func(by, other *page, name string) {
		by.chatMenu("block")
		by.seen("document.getElementById('block-confirm')")
		k.shot("block")
		by.press("#block-confirm")
		by.seen("document.querySelector('#blocked-bar')?.innerText.includes('You have blocked') && !document.getElementById('composer')")
		by.notice("blocked")
		other.send("to who blocked, " + name)
		other.bubble("to who blocked, "+name, "sent")
		k.shot("blocked")
		by.press("#unblock")
		by.seen("document.getElementById('composer')")
		by.notice("unblocked")
		cross(other, by, "heard again by "+name)
		other.bubble("heard again by "+name, "read")
		other.bubble("to who blocked, "+name, "sent")
		if by.count("to who blocked, "+name) != 0 {
			k.t.Errorf("%s has what was written meanwhile", name)
		}
	})
}

func appBlocked(k *sides) {
	k.open()
	k.ada.chatMenu("block")
	k.ada.press("#block-app")
	k.ada.seen("document.querySelector('#ask')?.innerText.includes('everybody on')")
	k.ada.press("#confirm")
	k.ada.seen("document.querySelector('#blocked-bar')?.innerText.includes('everybody on')")
	k.kate.seen("document.querySelector('#closed[data-why=consent_off]') && !document.getElementById('composer')")
	k.shot("app-blocked")
	k.ada.visit(adaPath + "/settings/privacy/blocked")
	k.ada.seen("document.querySelector('#blocked-apps [data-app=\"7\"]')")
	k.shot("blocked-list")
	k.ada.press("#blocked-apps [data-do=unblock]")
	k.ada.seen("!document.getElementById('blocked-apps')")
	k.kate.seen("document.getElementById('composer')")
	k.open()
	cross(k.kate, k.ada, "all of us are back")
}

func reported(k *sides) {
	k.open()
	for _, text := range []string{"Buy this", "At https://example.org/cheap", "Not that"} {
		cross(k.kate, k.ada, text)
	}
	k.ada.chatMenu("report")
	k.ada.seen("document.querySelector('#report-leaves[data-ready=true] [data-shows]')")
	var chosen []string
	if err := json.Unmarshal([]byte(k.ada.eval("JSON.stringify([...document.querySelectorAll('#report [data-message]:checked')].map(e => e.dataset.message))")), &chosen); err != nil {
		k.t.Fatal(err)
	}
	want := map[string]string{k.kate.mine("Buy this"): "Buy this", k.kate.mine("At https://"): "At https://example.org/cheap"}
	for _, id := range chosen {
		if want[id] == "" {
			k.ada.press(fmt.Sprintf(`label[for="shown-%s"]`, id))
		}
	}
	k.ada.press("label[for=reason-scam]")
	k.ada.press("label[for=report-block]") // not this time
	k.ada.seen("document.querySelector('#report-block').checked === false && document.querySelector('#reason-scam').checked")
	k.ada.seen("document.querySelectorAll('#report-leaves[data-ready=true] [data-shows]').length === 2 && document.querySelector('#report-leaves').innerText.includes('Fraud')")
	k.shot("report")
	k.ada.press("#report-send")
	k.ada.seen("!document.getElementById('report') && document.getElementById('composer')")
	all := relaytest.Reports(k.t, k.gateway.GatewayURL)
	if len(all) != 1 {
		k.t.Fatalf("the operator has %+v", all)
	}
	r := all[0]
	if r.Reason != "scam" || !strings.HasSuffix(r.About, "@interop") || len(r.Messages) != len(want) {
		k.t.Errorf("the operator has %+v", r)
	}
	for _, m := range r.Messages {
		if want[m.ID] != string(m.Content) || want[m.ID] == "" {
			k.t.Errorf("%q left the device", m.Content)
		}
	}

	k.ada.chatMenu("report") // as it is offered: the last messages, as spam, and a block
	k.ada.seen("document.querySelector('#report-leaves[data-ready=true] [data-shows]')")
	k.ada.press("#report-send")
	k.ada.seen("!document.getElementById('report') && document.getElementById('blocked-bar')")
	if all := relaytest.Reports(k.t, k.gateway.GatewayURL); len(all) != 1 || all[0].Reason != "spam" || len(all[0].Messages) <= len(want) { // the newest counts
		k.t.Errorf("the operator has %+v", all)
	}
	k.ada.visit(adaPath + "/settings/privacy/blocked")
	k.ada.press("#blocked-people [data-do=unblock]")
	k.ada.seen("!document.getElementById('blocked-people')")
	k.open()
	cross(k.kate, k.ada, "Taken back")
}

func verified(k *sides) {
	k.open()
	if a, b := k.digits(); a != b || len(a) != 60 {
		k.t.Errorf("the numbers are %s and %s", a, b)
	}
	k.shot("safety")
	for _, p := range []*page{k.kate, k.ada} {
		p.press("#verify")
		p.seen("document.querySelector('#safety[data-verified=true]') && document.getElementById('unverify')")
	}
	k.shot("safety-verified")
	for _, p := range []*page{k.kate, k.ada} {
		p.press("#back")
		p.seen("document.querySelector('#thread-title .verified')")
		p.notice("verified")
	}
}

// digits are the safety numbers that the two windows show.
func (k *sides) digits() (kates, adas string) {
	k.t.Helper()
	for _, p := range []*page{k.kate, k.ada} {
		p.press("#chat-info")
		p.seen("document.querySelectorAll('#safety-digits span').length === 12 && document.querySelector('.qr path')")
	}
	const shown = "document.querySelector('#safety-digits').textContent.replace(/\\s/g, '')"
	return k.kate.eval(shown), k.ada.eval(shown)
}

// linkedAnew: the phone unlinks this browser, which is then linked with new keys.
func linkedAnew(k *sides) {
	k.open()
	before, _ := k.digits()
	k.kate.press("#back")
	k.ada.press("#back")
	for _, n := range k.phone().Devices {
		if n != 0 {
			k.sandbox(http.MethodDelete, fmt.Sprintf("/phones/%s/devices/%d", adaPhone, n), nil, nil)
		}
	}
	k.ada.seen("document.getElementById('foot-link') && !document.getElementById('composer')")
	k.shot("unlinked")
	k.ada.press("#foot-link")
	k.ada.seen("document.getElementById('composer')")
	k.kate.send("Is it still you?")
	k.kate.seen("document.querySelector('#held-bar[data-waiting=\"1\"]') && document.querySelector('.notice[data-notice=key_changed]')")
	k.kate.bubble("Is it still you?", "pending")
	k.kate.seen("!document.querySelector('#thread-title .verified')")
	k.shot("held")
	cross(k.ada, k.kate, "I have a new phone")
	k.kate.bubble("Is it still you?", "pending")
	if k.ada.count("Is it still you?") != 0 {
		k.t.Error("what was held has gone out")
	}
	k.kate.press("#held-check")
	k.kate.seen("document.querySelectorAll('#safety-digits span').length === 12")
	k.shot("held-number")
	k.kate.press("#back")
	if a, b := k.digits(); a == before || a != b {
		k.t.Errorf("the number was %s, and now they are %s and %s", before, a, b)
	}
	k.kate.press("#back")
	k.ada.press("#back")
	k.kate.press("#held-send")
	k.kate.press("#confirm")
	k.ada.bubble("Is it still you?", "received")
	k.kate.bubble("Is it still you?", "read")
	k.kate.seen("!document.getElementById('held-bar')")
	k.shot("released")
}
