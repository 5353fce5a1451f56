package e2e

import (
	"fmt"
	"net/http"
	"sync"
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
