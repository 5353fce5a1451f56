package e2e

import (
	"testing"

	"github.com/chromedp/chromedp"

	"ferry/relay/relaytest"
)

// beside opens another tab of the same browser, as in two windows side by side.
func (p *page) beside(path string) *page {
	p.t.Helper()
	ctx, cancel := chromedp.NewContext(p.ctx)
	p.t.Cleanup(cancel)
	// The tab lives as long as the context of what is done first in it.
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		p.t.Fatal(err)
	}
	other := &page{t: p.t, ctx: ctx, url: p.url, kill: cancel}
	other.do(chromedp.EmulateViewport(1440, 900))
	other.visit(path)
	return other
}

const (
	adaPhone = "+4915510000002"
	adaPath  = "/wa/4915510000002"
)

// becomes makes a phone in the sandbox and is its WhatsApp, linked to it.
func (p *page) becomes(phone, name string) {
	p.t.Helper()
	p.fill("phone-name", name)
	p.fill("phone-number", phone)
	p.press("#phone-make")
	p.seen("document.querySelector('#persona[data-phone=" + quote(phone[1:]) + "]')")
	p.seen("document.getElementById('empty-action')")
}

// takes goes through the steps that turn third-party chats on, for provider 7.
func (p *page) takes(at string) {
	p.t.Helper()
	p.visit(at + "/settings/third-party")
	p.seen("document.querySelector('#consent[data-state=off]')")
	p.press("#consent-begin")
	p.seen("document.querySelector('#consent-step[data-step=\"1\"]')")
	p.press("#consent-continue")
	p.press("label[for=choose-7]")
	p.press("#consent-continue")
	p.press("label[for=inbox-separate]")
	p.press("#consent-finish")
	p.seen("document.getElementById('consent-done')")
}

// TestAFerryUserAndAWhatsAppUserSideBySide walks through consent in two windows of
// one browser: nothing is there before it, and nothing crosses after it.
func TestAFerryUserAndAWhatsAppUserSideBySide(t *testing.T) {
	w := relaytest.Start(t, relaytest.Options{Site: site(t)})
	kate := openPage(t, localhost(w), t.TempDir())
	kate.signUp("kate")
	kate.turnOn()
	ada := kate.beside("/wa")
	ada.becomes(adaPhone, "Ada")

	// Off by default: she cannot be found.
	kate.visit("/new")
	kate.fill("phone", adaPhone)
	kate.press("#phone-submit")
	kate.seen("document.querySelector('#phone-answer[data-status=no_consent]')")

	ada.takes(adaPath)
	kate.newChat(adaPhone)
	kate.send("Hello from Ferry")

	// It waits as a request in an inbox of its own.
	ada.visit(adaPath)
	ada.seen("document.querySelector('#third-party-inbox[data-unread=\"1\"]')")
	ada.press("#third-party-inbox")
	ada.press(".row[data-chat$='@interop']")
	ada.press("#request-accept")
	ada.bubble("Hello from Ferry", "received")
	ada.send("Hello from WhatsApp")
	kate.bubble("Hello from WhatsApp", "received")
	kate.bubble("Hello from Ferry", "read")

	// She is the one who finds people, too: by app and username.
	ada.visit(adaPath + "/new")
	ada.fill("person", "nobody")
	ada.press("#phone-submit")
	ada.seen("document.querySelector('#person-answer[data-status=not_found]')")

	// One app off: both sides say so, and what was written stays.
	ada.visit(adaPath + "/settings/third-party")
	ada.press("#app-7")
	ada.press("#confirm")
	ada.seen("document.querySelector('#app-7[aria-checked=false]')")
	kate.seen("document.querySelector('#closed[data-why=consent_off]')")
	kate.bubble("Hello from WhatsApp", "received")
	ada.openThirdParty()
	ada.seen("document.querySelector('#closed[data-why=consent_off] #closed-do')")
	ada.bubble("Hello from Ferry", "received")

	// And on again.
	ada.visit(adaPath + "/settings/third-party")
	ada.press("#app-7")
	ada.seen("document.querySelector('#app-7[aria-checked=true]')")
	kate.seen("document.getElementById('composer')")
	kate.send("Good to have you back")
	ada.openThirdParty()
	ada.bubble("Good to have you back", "received")

	// Combined: the chat is among the others, with the mark of its app.
	ada.visit(adaPath + "/settings/third-party")
	ada.press("label[for=inbox-combined]")
	ada.visit(adaPath)
	ada.seen("!document.getElementById('third-party-inbox') && document.querySelector('.row[data-chat$=\"@interop\"] .row-app')")

	// The two are apart: leaving one leaves the other as it was.
	ada.visit(adaPath + "/settings/account")
	ada.press("#persona-leave")
	ada.press("#confirm")
	ada.seen("location.pathname === '/wa' && document.querySelector('#phones [data-phone=\"" + adaPhone + "\"]')")
	ada.eval("indexedDB.databases().then((all) => { window.left = all.map((d) => d.name).join(' ') }), 0")
	ada.seen("window.left !== undefined")
	if ada.is("window.left.includes('wa-')") {
		t.Errorf("the browser keeps %s", ada.eval("window.left"))
	}
	kate.bubble("Good to have you back", "read")
}

func (p *page) openThirdParty() {
	p.t.Helper()
	p.visit(adaPath + "/third-party")
	p.press(".row[data-chat$='@interop']")
}
