package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"ferry/app/e2e/chrome"
	"ferry/relay/relaytest"
	"ferry/relay/wire"
)

const (
	ferryID  = 7
	pigeonID = 8
	ravenID  = 9
)

// sides are two windows of one browser: kate, who uses Ferry, and Ada, who is a
// WhatsApp user, and the world that both are in.
type sides struct {
	t          *testing.T
	gateway    *relaytest.World
	relay      *relaytest.World
	kate, ada  *page
	kates      string    // path of the chat with Ada, in kate's window
	adas       string    // path of the chat with kate, in Ada's window
	dir        string    // what the gateway keeps
	regions    *[]string // of the gateway, from its next start
	shotNumber *int
}

// TestTwoWindowsWalkThroughEveryState is consent as both sides see it, from a
// phone that has never heard of third-party chats to one that is linked anew.
func TestTwoWindowsWalkThroughEveryState(t *testing.T) {
	k := openSides(t)
	for i, act := range []struct {
		name string
		play func(*sides)
	}{
		{"where there is no sandbox, nobody is a WhatsApp user", noSandbox},
		{"a WhatsApp user is made, and picked again", picked},
		{"off by default", offByDefault},
		{"turned on in steps, for another app only", turnedOn},
		{"turned on for this app", appChosen},
		{"a first message is a request, and declined", declined},
		{"three unanswered, and then no more", unanswered},
		{"a request is accepted", accepted},
		{"text both ways, with typing, and read", texts},
		{"WhatsApp tells no names: one of one's own", ownName},
		{"replies, reactions, edits and what is taken back", changes},
		{"photos and files both ways", files},
		{"a person is blocked, by either side", blocks},
		{"a whole app is blocked", appBlocked},
		{"what is reported is what was chosen", reported},
		{"consent is withdrawn in the middle of it, and given again", withdrawn},
		{"one app is turned off, and on again", appOff},
		{"a separate inbox, and a combined one", inboxes},
		{"a suspended provider", suspended},
		{"a new provider", newProvider},
		{"out of the region, and back", elsewhere},
		{"one safety number, verified by both", verified},
		{"linked anew: held, and released", linkedAnew},
		{"disconnected, and back", disconnected},
		{"a WhatsApp user writes first", whatsAppFirst},
		{"a WhatsApp user leaves this browser", leaves},
	} {
		ok := t.Run(act.name, func(t *testing.T) {
			here := k.in(t)
			act.play(here)
			k.kates, k.adas = here.kates, here.adas
		})
		if !ok && i < 8 {
			return // they have not met: what comes later shows only the same
		}
	}
}

// in is the same with failures for a subtest.
func (k *sides) in(t *testing.T) *sides {
	kate, ada := *k.kate, *k.ada
	kate.t, ada.t = t, t
	here := *k
	here.t, here.kate, here.ada = t, &kate, &ada
	t.Cleanup(func() {
		if t.Failed() {
			for _, p := range []*page{&kate, &ada} {
				t.Logf("-- a window shows:\n%s", p.text())
			}
		}
	})
	return &here
}

// openSides starts a gateway with two providers, of which kate uses the first.
func openSides(t *testing.T) *sides {
	t.Helper()
	k := &sides{t: t, dir: t.TempDir(), regions: new([]string), shotNumber: new(int)}
	var all []*relaytest.World
	k.gateway, all = relaytest.Several(t, relaytest.Options{
		Dir: k.dir, Site: site(t), Config: relaytest.Regions(k.regions),
	}, relaytest.Messenger{ID: ferryID, Name: "Ferry"}, relaytest.Messenger{ID: pigeonID, Name: "Pigeon"})
	k.relay = all[0]
	k.kate = openPageIn(t, localhost(k.relay), chrome.Options{Profile: t.TempDir()})
	k.kate.calm()
	k.kate.seen("document.getElementById('be-whatsapp')") // a visitor is told of the other side
	k.ada = k.kate.beside("/wa")
	k.ada.calm()
	k.kate.signUp("kate")
	k.kate.turnOn()
	return k
}

// calm has nothing move, which the pointer would miss.
func (p *page) calm() {
	p.t.Helper()
	_, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}},
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

// sandbox calls the gateway's sandbox.
func (k *sides) sandbox(method, path string, in, out any) {
	k.t.Helper()
	k.gateway.Call(method, k.gateway.GatewayURL+"/sandbox"+path, "", in, out)
}

// restart starts the gateway again, with one more provider.
func (k *sides) restart(more ...map[string]any) {
	k.t.Helper()
	k.gateway.StopGateway()
	file := filepath.Join(k.dir, "providers.json")
	var list []map[string]any
	raw, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(raw, &list)
	}
	if err != nil {
		k.t.Fatal(err)
	}
	raw, err = json.Marshal(append(list, more...))
	if err == nil {
		err = os.WriteFile(file, raw, 0o600)
	}
	if err != nil {
		k.t.Fatal(err)
	}
	k.gateway.StartGateway()
}

// raven is a provider that the gateway takes in later.
func raven() map[string]any {
	return map[string]any{
		"id": ravenID, "name": "Raven", "issuer": "https://raven.example", "keySet": "https://raven.example/jwks.json", "protocol": wire.EncryptionProtocol,
	}
}

// open shows the chat in both windows.
func (k *sides) open() {
	k.t.Helper()
	for p, path := range map[*page]string{k.kate: k.kates, k.ada: k.adas} {
		if p.eval("location.pathname") != path || p.is("!!document.querySelector('dialog, #reply-bar')") {
			p.visit(path)
		}
		p.seen("document.getElementById('thread')?.dataset.chat")
	}
}

// reload loads both windows anew, which connect at once.
func (k *sides) reload() {
	k.t.Helper()
	k.kate.visit(k.kates)
	k.ada.visit(k.adas)
}

// cross sends a text from one to the other.
func cross(from, to *page, text string) {
	from.t.Helper()
	from.send(text)
	to.bubble(text, "received")
}

// mine is the id of the newest own message with a text.
func (p *page) mine(text string) string {
	p.t.Helper()
	return p.eval(fmt.Sprintf("[...document.querySelectorAll('[data-id][data-mine=true]')].filter(e => e.innerText.includes(%s)).at(-1).dataset.id", quote(text)))
}

// shows waits until a condition holds for the bubble e of a message.
func (p *page) shows(id, condition string) {
	p.t.Helper()
	p.seen(fmt.Sprintf(`(e => e && (%s))(document.querySelector(%s))`, condition, quote(bubbleOf(id))))
}

// act takes one of a message's actions.
func (p *page) act(id, selector string) {
	p.t.Helper()
	p.press("#more-" + id)
	p.press(fmt.Sprintf(`#menu[data-for="%s"] %s`, id, selector))
	p.seen("!document.getElementById('menu')")
}

// chatMenu takes one of a chat's actions.
func (p *page) chatMenu(action string) {
	p.t.Helper()
	p.press("#chat-more")
	p.press("#menu [data-action=" + action + "]")
}

// notice waits for a line of that kind at the end of the thread.
func (p *page) notice(kind string) {
	p.t.Helper()
	p.seen("[...document.querySelectorAll('.notice')].at(-1)?.dataset.notice === " + quote(kind))
}

// never fails if something is on the page.
func (p *page) never(expr, what string) {
	p.t.Helper()
	if p.is("!!(" + expr + ")") {
		p.t.Errorf("%s: %s", what, p.eval("document.body.innerText"))
	}
}

// roundTrip ends once the gateway has answered a window's look-up: whatever the
// window had sent before has been dealt with.
func (k *sides) roundTrip() {
	k.t.Helper()
	k.ada.visit(adaPath + "/new")
	k.ada.fill("person", "nobody")
	k.ada.press("#phone-submit")
	k.ada.seen("document.querySelector('#person-answer[data-status=not_found]')")
	at := k.kate.eval("location.pathname")
	k.kate.visit("/new")
	k.kate.fill("phone", "+4915510099999")
	k.kate.press("#phone-submit")
	k.kate.seen("document.querySelector('#phone-answer[data-status=not_found]')")
	k.kate.visit(at)
	k.kate.seen("document.querySelector('#thread [data-id]')")
}

// shot takes pictures of both windows, in both widths and both looks, if FERRY_SHOTS
// names a folder to put them in.
func (k *sides) shot(name string) {
	k.t.Helper()
	dir := os.Getenv("FERRY_SHOTS")
	if dir == "" {
		return
	}
	*k.shotNumber++
	for who, p := range map[string]*page{"kate": k.kate, "ada": k.ada} {
		for _, look := range []string{"light", "dark"} {
			p.look(look)
			for width, size := range map[string][2]int64{"phone": {360, 740}, "desktop": {1440, 900}} {
				p.do(chromedp.EmulateViewport(size[0], size[1]))
				p.seen("document.fonts.status === 'loaded'")
				png, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
				if err != nil {
					p.fail("picture: %v", err)
				}
				file := fmt.Sprintf("%02d-%s-%s-%s-%s.png", *k.shotNumber, name, who, width, look)
				if err := os.WriteFile(filepath.Join(dir, file), png, 0o644); err != nil {
					k.t.Fatal(err)
				}
			}
		}
		p.look("light")
		p.do(chromedp.EmulateViewport(1440, 900))
	}
}

func (p *page) look(theme string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}, {Name: "prefers-reduced-motion", Value: "reduce"}},
	})
	if err != nil {
		p.fail("look: %v", err)
	}
}

// phone is what the sandbox tells of Ada.
func (k *sides) phone() (p struct {
	ThirdPartyChats bool            `json:"thirdPartyChats"`
	Apps            map[string]bool `json:"apps"`
	Requests        bool            `json:"requests"`
	Inbox           string          `json:"inbox"`
	Devices         []int           `json:"devices"`
}) {
	k.t.Helper()
	k.sandbox(http.MethodGet, "/phones/"+adaPhone, nil, &p)
	return p
}
