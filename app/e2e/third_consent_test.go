package e2e

import (
	"fmt"
	"net/http"

	"ferry/relay/relaytest/waclient"
)

func (k *third) offByDefault() {
	k.asked(adasPhone, "no_consent")
	k.probe.seen("document.getElementById('phone-answer').innerText.includes('does not accept messages from other apps')")
	k.refused(k.ada, "too early", "471")
}

func (k *third) otherApps() {
	k.phone(map[string]any{"thirdPartyChats": true, "apps": map[string]bool{"7": false}, "requests": true})
	k.asked(adasPhone, "no_consent")
	k.refused(k.ada, "still too early", "471")
}

func (k *third) asks() {
	k.phone(map[string]any{"apps": map[string]bool{"7": true}})
	k.newChat(adasPhone)
	k.path = k.eval("location.pathname")
	k.seen("document.getElementById('first')") // what Ada will see
	for _, text := range []string{"Is this Ada?", "Ada Müller?", "Hello?"} {
		k.says(text)
		k.bubble(text, "sent")
	}
	k.send("Anybody?")
	k.bubble("Anybody?", "failed")
	k.seen("document.querySelector('[data-state=failed] .failure-text').innerText.includes('not answered yet')")
	k.ok(k.ada.MarkRead(k.ctx, k.gets("Hello?")))
	k.settled()
	k.notTo(k.ada, "Anybody?")
	k.absent("document.querySelector('[data-mine=true][data-state=delivered], [data-mine=true][data-state=read]')", "there are receipts before Ada has accepted")
}

func (k *third) answered() {
	k.told("Yes, this is Ada")
	k.absent("document.getElementById('request-bar')", "the answer to one's own request is a request")
	k.press("[data-state=failed] [data-do=retry]")
	k.bubble("Anybody?", "delivered")
	k.ok(k.ada.MarkRead(k.ctx, k.gets("Anybody?")))
	k.bubble("Anybody?", "read")
}

// stranger: nothing of a request gets out before it is accepted.
func (k *third) stranger() {
	berta := k.another("+4915510000021", "Berta")
	first, err := berta.SendText(k.ctx, k.alias, "See https://example.org/pier")
	k.ok(err)
	pier := waclient.Media{Kind: waclient.Photo, Data: jpegOf(k.t, photo(96, 64, 3)), Caption: "the pier", Width: 96, Height: 64}
	second, err := berta.SendMedia(k.ctx, k.alias, pier)
	k.ok(err)
	k.from("+4915510000021", "#requests")
	k.seen("document.getElementById('request-bar') && !document.getElementById('composer')")
	k.bubble("See https://example.org/pier", "received")
	k.seen(at(second) + "?.querySelector('.stand-in')")
	k.settled(berta)
	k.absent("document.querySelector('#thread .bubble a, #thread .bubble img, #thread video')", "a stranger's link or picture is there")
	if n := receipts(berta, ""); n != 0 {
		k.t.Errorf("whatsmeow has %d receipts before it is accepted", n)
	}
	if n := k.front.served.Load(); n != 0 {
		k.t.Errorf("%d bytes of a stranger's picture were fetched", n)
	}
	k.press("#request-accept")
	for _, id := range []string{first, second} {
		_, err = berta.AwaitReceipt(k.ctx, id, waclient.Read)
		k.ok(err)
	}
	k.seen("document.querySelector('#thread .bubble a[href=\"https://example.org/pier\"]')")
	k.seen(fmt.Sprintf("[...(%s?.querySelectorAll('img.pic-full') ?? [])].some(i => i.complete && i.naturalWidth === 96)", at(second)))
	k.ends("accepted")
	if k.front.served.Load() == 0 {
		k.t.Error("the picture came without being fetched")
	}
	k.send("Lovely")
	_, err = berta.AwaitText(k.ctx, "Lovely")
	k.ok(err)
	k.bubble("Lovely", "delivered")
}

func (k *third) declinesStranger() {
	carl := k.another("+4915510000022", "Carl")
	id, err := carl.SendText(k.ctx, k.alias, "Buy my boat")
	k.ok(err)
	k.from("+4915510000022", "#requests")
	k.bubble("Buy my boat", "received")
	k.press("#request-delete")
	k.press("#confirm")
	k.seen("!document.getElementById('thread') && !document.getElementById('requests')")
	k.settled(carl)
	if n := receipts(carl, id); n != 0 {
		k.t.Errorf("whatsmeow has %d receipts of what was declined", n)
	}
	again, err := carl.SendText(k.ctx, k.alias, "Still for sale")
	k.ok(err)
	k.from("+4915510000022", "#requests") // who writes again asks again
	k.bubble("Still for sale", "received")
	if k.count("Buy my boat") != 0 {
		k.t.Error("what was declined is back")
	}
	k.press("#request-block")
	k.press("#block-confirm")
	k.seen("document.getElementById('blocked-bar')")
	k.settled(carl)
	if n := receipts(carl, again); n != 0 {
		k.t.Errorf("whatsmeow has %d receipts from who blocked it", n)
	}
}

func (k *third) withdraws() {
	k.open()
	k.phone(map[string]any{"thirdPartyChats": false})
	k.seen("document.querySelector('#closed[data-why=consent_off]')?.innerText.includes('turned off messages from other apps')")
	k.absent("document.getElementById('composer')", "there is something to write in")
	k.bubble("Anybody?", "read") // what was written stays
	k.ends("consent_off")
	k.refused(k.ada, "not now", "471")
	k.asked(adasPhone, "no_consent")
	k.phone(map[string]any{"thirdPartyChats": true})
	k.seen("document.getElementById('composer') && !document.getElementById('closed')")
	k.ends("consent_on")
	k.says("Good to have you back")
	k.bubble("Good to have you back", "delivered")
	k.told("Here I am")
}

// elsewhere: a number of another country is on WhatsApp, and out of reach.
func (k *third) elsewhere() {
	dora := k.another("+12025550123", "Dora")
	k.refused(dora, "hello from afar", "451")
	k.asked("+12025550123", "out_of_region")
	k.settled(dora)
	k.absent("document.querySelector('#requests')", "somebody out of the region asks")
}

func (k *third) isSuspended() {
	k.open()
	k.sandbox(http.MethodPost, "/providers/7", map[string]any{"suspended": true}, nil)
	k.seen("document.querySelector('#closed[data-why=suspended]') && !document.getElementById('composer')")
	k.seen("document.querySelector('#link-banner')?.innerText.includes('takes no messages from')")
	k.ends("provider_suspended")
	k.refused(k.ada, "anybody there", "403")
	k.bubble("Good to have you back", "delivered")
	k.sandbox(http.MethodPost, "/providers/7", map[string]any{}, nil)
	k.seen("document.getElementById('composer') && !document.getElementById('closed')")
	k.ends("provider_active")
	k.says("We are back")
	k.bubble("We are back", "delivered")
}

func (k *third) leaves() {
	k.visit("/settings/third-party")
	k.press("#third-party-off")
	k.press("#confirm")
	k.seen("document.querySelector('#third-party[data-state=off]')")
	k.refused(k.ada, "are you gone", "404")
	k.turnOn()
	before := k.alias
	k.alias = waclient.LID(alias(k.ctx, k.t, k.w, "kate"))
	if k.alias == before {
		k.t.Error("whoever comes back has the address of before")
	}
	if _, err := k.ada.SendText(k.ctx, before, "to who was there before"); err == nil {
		k.t.Error("the old address takes messages")
	}
	k.open()
	k.told("Welcome back")
	k.says("Here I am again")
	k.bubble("Here I am again", "delivered")
}
