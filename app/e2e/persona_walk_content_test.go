package e2e

import (
	"fmt"
	"strings"

	"github.com/chromedp/chromedp/kb"
)

// drops lets files fall on the chat, and waits until they are looked at.
func (p *page) drops(files ...madeFile) {
	p.t.Helper()
	var add strings.Builder
	for _, f := range files {
		add.WriteString("data.items.add(" + f.script() + ");")
	}
	p.seen("document.getElementById('composer')")
	p.eval(`(() => { const data = new DataTransfer(); ` + add.String() + ` document.body.dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true})); })()`)
	p.seen("document.querySelector('#tray-send:not(:disabled)')")
}

// picture waits until a message shows its picture, of that width.
func (p *page) picture(text string, width int) {
	p.t.Helper()
	p.seen(fmt.Sprintf(`[...document.querySelectorAll('[data-id]')].some(e => e.innerText.includes(%s) && [...e.querySelectorAll('img.pic-full')].some(i => i.complete && i.naturalWidth === %d))`, quote(text), width))
}

// both plays a part in either direction.
func (k *sides) both(play func(from, to *page, name string)) {
	play(k.kate, k.ada, "kate")
	play(k.ada, k.kate, "Ada")
}

func texts(k *sides) {
	k.open()
	k.both(func(from, to *page, name string) {
		from.press("#composer")
		from.keys("so ")
		to.seen("document.getElementById('typing')")
		if name == "Ada" {
			k.shot("typing")
		}
		from.keys("says " + name)
		from.value("composer", "so says "+name)
		from.do(takenKey(kb.Enter))
		to.bubble("so says "+name, "received")
		to.seen("!document.getElementById('typing')")
		from.bubble("so says "+name, "read")
	})
}

// ownName has kate give Ada a name, which nobody else learns; Ada's own is not told to other apps.
func ownName(k *sides) {
	k.open()
	row := fmt.Sprintf("document.querySelector('.row[href=%q] .row-name').innerText", k.kates)
	k.kate.seen(row + ".trim() === '" + adaPhone + "'")
	k.kate.seen("document.querySelector('.chat-who')?.innerText.includes('" + adaPhone + "')")
	k.kate.chatMenu("name")
	k.kate.seen("document.querySelector('#naming[open]')")
	k.shot("name")
	k.kate.fill("given-name", "Countess")
	k.kate.press("#name-save")
	k.kate.seen(row + ".includes('Countess')")
	cross(k.kate, k.ada, "I have a name for you")
	k.kate.visit(k.kates)
	k.kate.seen("document.querySelector('.chat-who')?.innerText.includes('Countess')")
	k.ada.never("document.body.innerText.includes('Countess')", "Ada learns what kate calls her")
	k.kate.chatMenu("name")
	k.kate.seen("document.querySelector('#given-name')?.value === 'Countess'")
	k.kate.eval("document.querySelector('#given-name').select()")
	k.kate.keys(kb.Backspace)
	k.kate.press("#name-save")
	k.kate.seen("document.querySelector('.chat-who')?.innerText.includes('" + adaPhone + "')")
	k.kate.press("#undo")
	k.kate.seen("document.querySelector('.chat-who')?.innerText.includes('Countess')")
}

func changes(k *sides) {
	k.open()
	k.both(func(from, to *page, name string) {
		cross(from, to, "we sail at nine, "+name)
		id := from.mine("we sail at nine, " + name)
		to.shows(id, "e.innerText.includes('nine')")

		to.act(id, `[data-emoji="👍"]`)
		from.shows(id, `e.querySelector('.chip[data-emoji="👍"]:not(.chip-mine)')`)

		to.act(id, "[data-action=reply]")
		to.seen("document.querySelector('#reply-bar[data-mode=reply]')")
		to.send("aye to " + name)
		from.seen(fmt.Sprintf(`[...document.querySelectorAll('[data-id]')].some(e => e.innerText.includes(%s) && e.querySelector('.quote[data-quote=%q][data-mine=true]'))`, quote("aye to "+name), id))

		from.act(id, "[data-action=edit]")
		from.value("composer", "we sail at nine, "+name)
		from.keys(kb.End, " sharp")
		from.do(takenKey(kb.Enter))
		to.shows(id, "e.innerText.includes('sharp') && e.querySelector('.edited')")

		cross(from, to, "a secret of "+name)
		secret := from.mine("a secret of " + name)
		from.act(secret, "[data-action=revoke]")
		from.press("#confirm")
		to.shows(secret, "e.dataset.kind === 'deleted' && !e.innerText.includes('secret')")
	})
	k.shot("changes")
}

func files(k *sides) {
	k.open()
	k.both(func(from, to *page, name string) {
		from.drops(madeFile{"quay.png", pngOf(k.t, photo(96, 64, name[0]))})
		from.fill("tray-caption", "the quay of "+name)
		from.press("#tray-send")
		to.picture("the quay of "+name, 96)
		from.bubble("the quay of "+name, "read")

		plan := noise(3000 + len(name))
		from.drops(madeFile{"plan of " + name + ".bin", plan})
		from.press("#tray-send")
		to.seen(fmt.Sprintf(`[...document.querySelectorAll('[data-kind=document]')].at(-1)?.innerText.includes(%s)`, quote("plan of "+name)))
		id := to.eval("[...document.querySelectorAll('[data-kind=document]')].at(-1).dataset.id")
		if to.is(at(id) + ".dataset.media === 'remote'") {
			to.press(fmt.Sprintf("[data-id=%q] [data-action=fetch]", id))
		}
		to.seen(at(id) + "?.dataset.media === 'local'")
		if got := to.sumOf(id); got != sumOf(plan) {
			k.t.Errorf("%s sent %s, and what came is %s", name, sumOf(plan), got)
		}
	})
	k.shot("files")
}

// sumOf is the SHA-256 of a received attachment as the page can read it.
func (p *page) sumOf(id string) string {
	p.t.Helper()
	p.eval(fmt.Sprintf(`(window.sum = "", fetch(ferryAttach.address(document.getElementById('thread').dataset.chat, %s, false)).then(r => r.arrayBuffer()).then(b => crypto.subtle.digest("SHA-256", b))
		.then(s => { window.sum = [...new Uint8Array(s)].map(b => b.toString(16).padStart(2, "0")).join("") }, e => { window.sum = String(e) }), 0)`, quote(id)))
	p.seen("window.sum !== ''")
	return p.eval("window.sum")
}
