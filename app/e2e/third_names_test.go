package e2e

import (
	"fmt"
	"net/http"
	"testing"

	"ferry/app/e2e/chrome"
	"ferry/relay/relaytest"
)

// TestOneNameAtTwoMessengersIsTwoPeopleOnTheScreen is what a WhatsApp user sees of
// two who are called anna, and what the two see when one's relay is down.
func TestOneNameAtTwoMessengersIsTwoPeopleOnTheScreen(t *testing.T) {
	gateway, relays := relaytest.Several(t, relaytest.Options{Site: site(t)},
		relaytest.Messenger{ID: 7, Name: "Ferry"}, relaytest.Messenger{ID: 8, Name: "Pigeon"})
	ferrys := openPageIn(t, localhost(relays[0]), chrome.Options{Profile: t.TempDir()})
	from := *ferrys
	from.url = relays[1].URL // another host name: cookies are shared among ports
	pigeons := from.beside("/")
	ada := ferrys.beside("/wa")
	ada.becomes(adaPhone, "Ada")
	gateway.Call(http.MethodPatch, gateway.GatewayURL+"/sandbox/phones/"+adaPhone, "",
		map[string]any{"thirdPartyChats": true, "requests": false, "inbox": "combined"}, nil)
	for name, p := range map[string]*page{"Ferry": ferrys, "Pigeon": pigeons} {
		p.signUp("anna")
		p.turnOn()
		p.newChat(adaPhone)
		p.send("hello from " + name)
		p.bubble("hello from "+name, "delivered")
	}

	// Two rows of one name, each with the mark of its app, and each with its own.
	const rows = `[...document.querySelectorAll('.row[data-chat$="@interop"]')]`
	at := map[string]string{}
	for _, name := range []string{"Ferry", "Pigeon"} {
		row := fmt.Sprintf(`%s.find(e => e.querySelector('.row-app[data-app=%q]'))`, rows, name)
		ada.seen(fmt.Sprintf(`(e => e && e.innerText.includes('anna') && e.innerText.includes('hello from %s'))(%s)`, name, row))
		at[name] = ada.eval(row + ".getAttribute('href')")
	}
	if n := ada.eval(rows + ".length"); n != "2" || at["Ferry"] == at["Pigeon"] {
		t.Errorf("%s chats, at %v", n, at)
	}
	for name, p := range map[string]*page{"Ferry": ferrys, "Pigeon": pigeons} {
		ada.visit(at[name])
		ada.seen("document.getElementById('composer')")
		ada.bubble("hello from "+name, "received")
		if ada.count("hello from ") != 1 {
			t.Errorf("the chat with anna of %s shows:\n%s", name, ada.text())
		}
		ada.send("dear anna of " + name)
		p.bubble("dear anna of "+name, "received")
	}
	for name, p := range map[string]*page{"Ferry": ferrys, "Pigeon": pigeons} {
		if p.count("dear anna of ") != 1 {
			t.Errorf("anna of %s reads:\n%s", name, p.text())
		}
	}

	// One relay is down: its people are told, and the others notice nothing.
	relays[1].StopRelay()
	pigeons.send("into the air")
	pigeons.bubble("into the air", "pending")
	pigeons.seen("document.querySelector('#link-banner')?.innerText.includes('server cannot be reached')")
	ada.visit(at["Pigeon"])
	ada.seen("document.getElementById('composer')")
	ada.send("are you there?")
	ada.bubble("are you there?", "sent")
	ferrys.send("still here")
	ferrys.bubble("still here", "delivered")
	if ferrys.is("!!document.querySelector('#link-banner')") {
		t.Errorf("the other messenger's people are told:\n%s", ferrys.text())
	}
	relays[1].StartRelay()
	pigeons.bubble("are you there?", "received")
	pigeons.seen(`[...document.querySelectorAll('[data-id]')].some(e => e.innerText.includes("into the air") && ["delivered", "read"].includes(e.dataset.state))`)
	ada.bubble("into the air", "received")
}
