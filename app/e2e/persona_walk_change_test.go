package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"sync"

	"ferry/relay/relaytest"
)

func withdrawn(k *sides) {
	k.open()
	k.ada.visit(adaPath + "/settings/third-party")
	k.ada.press("#consent-off")
	k.ada.seen("document.getElementById('confirm')")
	k.shot("withdraw")
	k.ada.press("#confirm")
	k.ada.seen("document.querySelector('#consent[data-state=off]')")
	k.closed("consent_off")
	k.kate.notice("consent_off")
	k.ada.notice("consent_off")
	k.kate.bubble("Not that", "read") // all is still there
	k.ada.bubble("Not that", "received")
	k.shot("withdrawn")

	k.ada.press("#closed-do")
	k.ada.press("#consent-begin")
	k.ada.press("#consent-continue")
	k.ada.seen("document.querySelector('#choose-7')?.checked") // as it was
	k.ada.press("#consent-continue")
	k.ada.press("#consent-finish")
	k.ada.seen("document.getElementById('consent-done')")
	k.open()
	k.isOpen("consent_on")
	cross(k.kate, k.ada, "You are back")
}

// closed waits until nothing can be written in either window.
func (k *sides) closed(why string) {
	k.t.Helper()
	k.kate.seen("document.querySelector('#closed[data-why=" + why + "]') && !document.getElementById('composer')")
	if !k.ada.is("!!document.getElementById('thread')") {
		k.ada.visit(k.adas)
	}
	k.ada.seen("document.querySelector('#closed[data-why=" + why + "]') && !document.getElementById('composer')")
}

// isOpen waits until both can write, as a line in the thread says.
func (k *sides) isOpen(notice string) {
	k.t.Helper()
	for _, p := range []*page{k.kate, k.ada} {
		p.seen("document.getElementById('composer') && !document.getElementById('closed')")
		p.notice(notice)
	}
}

func appOff(k *sides) {
	k.open()
	k.ada.visit(adaPath + "/settings/third-party")
	k.ada.press("#app-7")
	k.ada.press("#confirm")
	k.ada.seen("document.querySelector('#app-7[aria-checked=false]')")
	k.closed("consent_off")
	k.shot("app-off")
	k.ada.visit(adaPath + "/settings/third-party")
	k.ada.press("#app-7")
	k.ada.seen("document.querySelector('#app-7[aria-checked=true]')")
	k.open()
	k.isOpen("consent_on")
	cross(k.ada, k.kate, "Your app is on again")
}

func inboxes(k *sides) {
	k.open()
	k.ada.visit(adaPath)
	k.ada.seen("document.querySelector('#third-party-inbox[data-unread=\"0\"]')")
	for i := range 2 {
		k.kate.send(fmt.Sprintf("unread %d", i))
	}
	k.ada.seen("document.querySelector('#third-party-inbox[data-unread=\"2\"]') && !document.querySelector('a[data-chat$=\"@interop\"]')")
	k.shot("separate")
	k.ada.visit(adaPath + "/settings/third-party")
	k.ada.press("label[for=inbox-combined]")
	k.ada.seen("document.getElementById('inbox-combined').checked")
	k.ada.visit(adaPath)
	k.ada.seen("!document.getElementById('third-party-inbox') && document.querySelector('a[data-chat$=\"@interop\"][data-unread=\"2\"] .row-app')")
	k.shot("combined")
	k.ada.press("a[data-chat$='@interop']")
	k.kate.bubble("unread 1", "read")
	k.ada.visit(adaPath + "/settings/third-party")
	k.ada.press("label[for=inbox-separate]")
	k.ada.visit(adaPath)
	k.ada.seen("document.querySelector('#third-party-inbox[data-unread=\"0\"]')")
}

func suspended(k *sides) {
	k.open()
	k.sandbox(http.MethodPost, "/providers/7", map[string]bool{"suspended": true}, nil)
	again := sync.OnceFunc(func() { k.sandbox(http.MethodPost, "/providers/7", map[string]bool{}, nil) })
	k.t.Cleanup(again)
	k.closed("suspended")
	k.kate.notice("provider_suspended")
	k.ada.notice("provider_suspended")
	k.shot("suspended")
	again()
	k.kate.visit(k.kates) // instead of waiting for the next attempt
	k.isOpen("provider_active")
	cross(k.kate, k.ada, "We are let in again")
	cross(k.ada, k.kate, "So it seems")
}

func newProvider(k *sides) {
	k.open()
	k.restart(raven())
	k.reload()
	cross(k.kate, k.ada, "Welcome back")

	k.ada.visit(adaPath)
	k.ada.seen("document.querySelector('#new-apps')?.innerText.includes('Raven')")
	k.shot("new-app")
	k.ada.press("#new-apps-look")
	k.ada.seen(fmt.Sprintf("document.querySelector('#app-%d[aria-checked=false]')", ravenID)) // nothing is on that she did not turn on
	k.shot("new-app-settings")
	k.ada.visit(adaPath)
	k.ada.press("#new-apps-later")
	k.ada.seen("!document.getElementById('new-apps')")
}

// elsewhere: chats between apps end where Ada's number is from, and come back.
func elsewhere(k *sides) {
	k.open()
	*k.regions = []string{"-DE"}
	k.restart()
	again := sync.OnceFunc(func() { *k.regions = nil; k.restart() })
	k.t.Cleanup(again)
	k.reload()
	k.both(func(from, _ *page, name string) { // who writes learns it
		from.send("Where are you? asks " + name)
		from.seen("document.querySelector('[data-state=failed] .failure-text')?.innerText.includes('only in Europe')")
	})
	k.closed("region")
	k.kate.notice("region")
	k.ada.notice("region")
	k.shot("region")
	again()
	k.reload()
	k.both(func(from, to *page, name string) { // nothing is lost
		from.press("[data-state=failed] [data-do=retry]")
		to.bubble("Where are you? asks "+name, "received")
		from.seen("document.getElementById('composer') && !document.getElementById('closed')")
		from.notice("region_over")
	})
}

// disconnected: kate leaves the gateway, which takes effect at once, and comes back.
func disconnected(k *sides) {
	k.open()
	k.kate.visit("/settings/account/data") // what the gateway has of her, too
	k.kate.seen("(t => t?.includes('1 conversation') && t.includes('public keys with which'))(document.getElementById('kept')?.innerText)")
	k.kate.visit("/settings/third-party")
	k.kate.press("#third-party-off")
	k.kate.seen("document.getElementById('confirm')")
	k.shot("disconnect")
	k.kate.press("#confirm")
	k.kate.seen("document.querySelector('#third-party[data-state=off]')")
	status, _, err := relaytest.Do(http.MethodGet, k.gateway.GatewayURL+"/sandbox/providers/7/users/kate", "", nil)
	if err != nil || status != http.StatusNotFound {
		k.t.Errorf("the gateway still knows kate: %d, %v", status, err)
	}
	k.ada.send("Are you gone?")
	k.ada.bubble("Are you gone?", "failed")
	k.kate.visit(k.kates)
	k.kate.seen("document.querySelector('.foot-off') && !document.getElementById('composer')")
	k.shot("disconnected")
	k.ada.visit(adaPath + "/new")
	k.ada.fill("person", "kate")
	k.ada.press("#phone-submit")
	k.ada.seen("document.querySelector('#person-answer[data-status=not_found]')")

	k.kate.turnOn()
	k.ada.press("#phone-submit")
	k.ada.seen("document.getElementById('composer')")
	k.adas = k.ada.eval("location.pathname")
	k.kate.newChat(adaPhone)
	cross(k.kate, k.ada, "Here I am again")
	cross(k.ada, k.kate, "There you are")
}

// whatsAppFirst: another WhatsApp user, in the same window, writes to kate.
func whatsAppFirst(k *sides) {
	const phone = "+4915510000003"
	at := "/wa/" + strings.TrimPrefix(phone, "+")
	k.kate.visit("/")
	k.ada.visit("/wa")
	k.ada.becomes(phone, "Ben")
	k.ada.takes(at)
	k.ada.visit(at + "/new")
	k.ada.fill("person", "kate")
	k.ada.press("#phone-submit")
	k.ada.seen("document.getElementById('first')")
	k.shot("whatsapp-first")
	k.ada.send("Is that the ferry?")
	k.ada.bubble("Is that the ferry?", "sent")
	k.kate.seen("document.querySelector('#requests[data-count=\"1\"]')")
	k.kate.press("#requests a[data-chat]")
	k.kate.seen("document.querySelector('#request-bar')?.innerText.includes('+4915510000003') && !document.getElementById('composer')")
	k.kate.bubble("Is that the ferry?", "received")
	k.shot("whatsapp-request")
	k.ada.bubble("Is that the ferry?", "sent")
	k.kate.press("#request-accept")
	k.ada.bubble("Is that the ferry?", "read")
	cross(k.kate, k.ada, "It is")
}

// leaves: a WhatsApp user leaves this browser, which keeps nothing of them, and all
// of the others.
func leaves(k *sides) {
	const phone = "4915510000003"
	k.ada.visit("/wa/" + phone + "/settings/account")
	k.ada.press("#persona-leave")
	k.ada.seen("document.getElementById('confirm')")
	k.shot("leave")
	k.ada.press("#confirm")
	k.ada.seen("location.pathname === '/wa' && document.querySelector('#phones [data-phone=\"+" + phone + "\"]')")
	k.ada.eval("indexedDB.databases().then((all) => { window.left = all.map((d) => d.name).join(' ') }), 0")
	k.ada.seen("window.left !== undefined")
	if left := k.ada.eval("window.left"); strings.Contains(left, phone) || !strings.Contains(left, adaPhone[1:]) {
		k.t.Errorf("the browser keeps %s", left)
	}
	k.kate.bubble("It is", "read")
	k.ada.visit(k.adas)
	k.ada.bubble("There you are", "read")
}
