package e2e

import (
	"fmt"
	"net/http"

	"ferry/relay/relaytest"
)

// noSandbox: before a gateway without one, the page of a WhatsApp user says so,
// asks nobody and dials nowhere.
func noSandbox(k *sides) {
	w := relaytest.Start(k.t, relaytest.Options{
		Site: site(k.t), Apart: true, Capture: true, Config: relaytest.NoSandbox,
	})
	from := *k.kate
	from.url = localhost(w)
	p := from.beside("/")
	p.seen("document.getElementById('username')")
	p.never("document.getElementById('be-whatsapp')", "it is offered")
	for _, path := range []string{"/wa", adaPath, adaPath + "/settings/third-party"} {
		p.visit(path)
		p.seen("document.querySelector('#main[data-persona=none]')")
		p.never("document.querySelector('#phone-make, #consent, #composer, #chat-list')", "something of a WhatsApp user shows")
		p.never("performance.getEntriesByType('resource').some(e => e.name.includes('/sandbox'))", "the page asks for a sandbox")
	}
	if up := w.Tunnel.Up(); len(up) > 0 {
		k.t.Errorf("%d bytes went to the gateway", len(up))
	}
	status, _, err := relaytest.Do(http.MethodGet, w.URL+"/sandbox/phones", "", nil)
	if err != nil || status != http.StatusNotFound {
		k.t.Errorf("the sandbox's address answers %d, %v", status, err)
	}
}

func picked(k *sides) {
	k.shot("pick")
	k.ada.becomes(adaPhone, "Ada")
	k.ada.seen("document.querySelector('#persona').innerText.includes('Ada') && document.title.includes('WhatsApp')")
	k.ada.visit("/wa")
	k.ada.press(fmt.Sprintf("#phones [data-phone=%q]", adaPhone))
	k.ada.seen("document.getElementById('empty-action')")
	if d := k.phone().Devices; len(d) != 2 || k.phone().ThirdPartyChats {
		k.t.Errorf("the phone is %+v, with devices %v", k.phone(), d)
	}
	k.shot("empty")
}

// finds looks Ada's number up.
func (k *sides) finds(status string) {
	k.t.Helper()
	k.kate.visit("/new")
	k.kate.fill("phone", adaPhone)
	k.kate.press("#phone-submit")
	k.kate.seen("document.querySelector('#phone-answer[data-status=" + status + "]')")
}

func offByDefault(k *sides) {
	k.ada.visit(adaPath + "/settings/account")
	k.ada.press("a[href$='/settings/third-party']")
	k.ada.seen("document.querySelector('#consent[data-state=off]')")
	k.finds("no_consent")
	k.shot("off")
}

func turnedOn(k *sides) {
	k.ada.visit(adaPath + "/settings/third-party")
	k.ada.press("#consent-begin")
	k.ada.seen("document.querySelector('#consent-step[data-step=\"1\"]')")
	k.shot("meaning")
	k.ada.press("#consent-continue")
	k.ada.seen("document.querySelector('#consent-step[data-step=\"2\"]')")
	k.ada.press("#consent-continue") // without an app
	k.ada.seen("document.querySelector('#consent-step[data-step=\"2\"] .note-error')")
	k.ada.press(fmt.Sprintf("label[for=choose-%d]", pigeonID))
	k.shot("apps")
	k.ada.press("#consent-continue")
	k.ada.press("label[for=inbox-separate]")
	k.shot("inbox")
	if k.phone().ThirdPartyChats {
		k.t.Error("they are on before the last step")
	}
	k.ada.press("#consent-finish")
	k.ada.seen("document.querySelector('#consent-done')?.innerText.includes('Pigeon')")
	k.shot("done")
	if p := k.phone(); !p.ThirdPartyChats || p.Apps["7"] || !p.Apps["8"] || !p.Requests || p.Inbox != "separate" {
		k.t.Errorf("the phone is %+v", p)
	}
	k.finds("no_consent") // kate's app is another
}

func appChosen(k *sides) {
	k.ada.visit(adaPath + "/settings/third-party")
	k.ada.press("#app-7")
	k.ada.seen("document.querySelector('#app-7[aria-checked=true]')")
	k.ada.press("#app-8")
	k.ada.press("#confirm")
	k.ada.seen("document.querySelector('#app-8[aria-checked=false]')")
	k.shot("on")
	k.kate.newChat(adaPhone)
	k.kates = k.kate.eval("location.pathname")
	k.kate.seen("document.getElementById('first')") // what she will see
	k.shot("first")
}

// waits opens the one request that Ada has.
func (k *sides) waits() {
	k.t.Helper()
	k.ada.visit(adaPath)
	k.ada.seen("document.querySelector('#third-party-inbox')?.dataset.unread > 0")
	k.ada.press("#third-party-inbox")
	k.ada.seen("document.querySelector('#requests[data-count=\"1\"]')")
	k.shot("requests")
	k.ada.press("#requests a[data-chat$='@interop']")
	k.ada.seen("document.getElementById('request-bar') && !document.getElementById('composer')")
	k.adas = k.ada.eval("location.pathname")
}

func declined(k *sides) {
	k.kate.visit(k.kates)
	k.kate.send("Is this Ada?")
	k.kate.bubble("Is this Ada?", "sent")
	k.waits()
	k.ada.bubble("Is this Ada?", "received")
	k.ada.press("#request-delete")
	k.ada.seen("document.getElementById('confirm')")
	k.shot("decline")
	k.ada.press("#confirm")
	k.ada.seen("!document.querySelector('a[data-chat$=\"@interop\"]')")
	k.roundTrip()
	k.kate.bubble("Is this Ada?", "sent") // she is told nothing
}

func unanswered(k *sides) {
	k.kate.visit(k.kates)
	k.kate.drops(madeFile{"pier.png", pngOf(k.t, photo(64, 48, 1))})
	k.kate.fill("tray-caption", "The pier")
	k.kate.press("#tray-send")
	k.kate.bubble("The pier", "sent")
	k.kate.send("See https://example.org/pier")
	k.kate.bubble("See https://example.org/pier", "sent")
	k.kate.send("Anybody there?")
	k.kate.bubble("Anybody there?", "sent")
	k.kate.send("Hello?")
	k.kate.bubble("Hello?", "failed")
	k.kate.seen("document.querySelector('[data-state=failed] .failure-text')?.innerText.includes('not answered yet')")
	k.waits()
	k.ada.bubble("See https://example.org/pier", "received")
	k.ada.seen("document.querySelector('#thread .stand-in')")
	k.ada.never("document.querySelector('#thread .bubble a, #thread img, #thread video')", "a stranger's link or picture is there")
	k.shot("request")
	k.roundTrip()
	k.kate.never("document.querySelector('[data-mine=true][data-state=delivered], [data-mine=true][data-state=read]')", "a stranger has a receipt")
	k.kate.press("[data-state=failed] [data-do=delete]")
	k.kate.seen("!document.querySelector('[data-state=failed]')")
}

func accepted(k *sides) {
	k.open()
	k.ada.press("#request-accept")
	k.ada.seen("document.getElementById('composer') && document.querySelector('#thread .bubble a[href=\"https://example.org/pier\"]')")
	k.kate.bubble("See https://example.org/pier", "read")
	k.kate.bubble("The pier", "read")
	k.kate.bubble("Is this Ada?", "sent") // what she declined stays declined
	k.ada.picture("The pier", 64)
	k.ada.notice("accepted")
	k.shot("accepted")
}
