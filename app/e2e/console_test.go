package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"ferry/relay/relaytest"
)

// The console is reached through the relay, as a tester has it; what is done there is looked at in the API.
func TestATesterDrivesTheSandboxFromTheConsole(t *testing.T) {
	w := relaytest.Start(t, relaytest.Options{})
	p := openPage(t, localhost(w), t.TempDir())
	p.visit("/qa")
	p.seen("document.querySelector('#log-state').textContent === 'live'")
	write := func(selector, text string) {
		t.Helper()
		p.seen("document.querySelector(" + quote(selector) + ")")
		p.do(chromedp.Focus(selector), chromedp.KeyEvent(text))
	}
	said := func(text string) {
		t.Helper()
		p.seen("document.getElementById('said').textContent.includes(" + quote(text) + ")")
	}

	for _, name := range []string{"Ada", "Ben"} {
		write("#new-contact [name=name]", name)
		p.press("#new-contact [type=submit]")
		said(name + " is online")
	}
	ada, ben := ".contact[data-phone='+4915510010001']", ".contact[data-phone='+4915510010002']"
	p.seen(fmt.Sprintf(`document.querySelector(%q).innerText.includes("online")`, ben))

	// A contact writes to another, and the log shows that and nothing of what is said.
	p.press(ada + " details summary")
	write(ada+" [name=to]", "+4915510010002")
	write(ada+" [name=text]", "canary-7f3a")
	p.press(ada + " details [type=submit]")
	said("is sent")
	p.do(chromedp.KeyEvent(kb.Tab)) // out of the field
	p.seen("(document.activeElement.blur(), true)")
	p.do(chromedp.KeyEvent("/"))
	p.seen("document.activeElement.id === 'filter'")
	write("#filter", "message +4915510010002 -iq")
	p.seen("[...document.querySelectorAll('#log-list li')].some(e => e.innerText.includes('message · text'))")
	if p.is("document.getElementById('log').textContent.includes('canary')") {
		t.Error("the log shows content")
	}
	p.press("#pause")
	p.seen("document.getElementById('log-state').textContent.startsWith('paused')")
	p.press("#pause")

	// Consent, knobs and faults are what the switches show.
	chats := ".phone[data-phone='+4915510010001'] [role=switch]"
	p.seen("document.querySelector(" + quote(chats) + ").checked")
	p.press(chats)
	said("Chats off for Ada: done")
	var phone struct{ ThirdPartyChats bool }
	w.Call(http.MethodGet, w.GatewayURL+"/sandbox/phones/+4915510010001", "", nil, &phone)
	if phone.ThirdPartyChats {
		t.Error("third-party chats are still on")
	}
	p.press(ben + " .switches > button") // offline
	p.seen(fmt.Sprintf(`document.querySelector(%q).innerText.includes("offline until")`, ben))
	write("#new-fault [name=times]", "3")
	p.press("#new-fault [type=submit]")
	p.seen("document.querySelectorAll('#fault-list li').length === 1")
	var faults struct {
		Rules []struct {
			Fault string
			Times int
		}
	}
	w.Call(http.MethodGet, w.GatewayURL+"/sandbox/faults", "", nil, &faults)
	if len(faults.Rules) != 1 || faults.Rules[0].Fault != "drop" || faults.Rules[0].Times != 3 {
		t.Errorf("%+v", faults)
	}

	p.press("#reset")
	p.press("#sure [value=yes]")
	said("Reset in ")
	p.seen("!document.querySelector('.contact, .phone, #fault-list li')")
	if !p.is(`document.querySelector("#contact-list").innerText.includes("No contacts yet")`) || strings.Contains(p.text(), "+4915510010001") {
		t.Errorf("after the reset: %s", p.text())
	}
}
