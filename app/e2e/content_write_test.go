package e2e

import (
	"fmt"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func emojiPicker(k *talk) {
	k.press("#composer")
	k.keys("by ")
	k.press("#emoji-button")
	k.seen("document.activeElement.id === 'emoji-search'")
	k.seen("document.querySelectorAll('#emoji .emoji-cell').length > 50")
	k.keys("sailboat")
	k.seen("document.querySelectorAll('#emoji .emoji-cell').length < 5")
	k.press("#emoji .emoji-cell")
	k.value("composer", "by ⛵")
	// By keyboard, and in the chosen skin tone.
	k.press("#emoji-tone")
	k.press("#emoji [data-tone='4']")
	k.press("#emoji-search")
	k.do(chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	k.keys("wave")
	k.seen("document.querySelector('#emoji .emoji-cell')?.innerText === '👋🏾'")
	k.do(takenKey(kb.Enter))
	k.value("composer", "by ⛵👋🏾")
	k.keys(kb.Escape)
	k.seen("!document.getElementById('emoji') && document.activeElement.id === 'composer'")
	k.do(takenKey(kb.Enter))
	k.gets(k.ada.AwaitText(k.ctx, "by ⛵👋🏾"))
	k.bubble("by ⛵👋🏾", "delivered")
	k.hear("👋🏾⛵")

	// They are first the next time, after a reload too.
	recent := "[...document.querySelectorAll('#emoji .emoji-cell')].slice(0, 2).map(e => e.innerText).join('') === '👋🏾⛵'"
	k.press("#emoji-button")
	k.seen(recent)
	k.press("#emoji-button")
	k.seen("!document.getElementById('emoji')")
	k.reload()
	k.press("#emoji-button")
	k.seen(recent)
	k.press("#emoji .emoji-cell")
	k.value("composer", "👋🏾")
	k.press("#composer")
	k.seen("document.activeElement.id === 'composer'")
	k.do(takenKey(kb.Enter))
	k.gets(k.ada.AwaitText(k.ctx, "👋🏾"))
}

func shortcodes(k *talk) {
	k.press("#composer")
	k.keys("well :smile")
	k.seen(`document.querySelector("#emoji-names [data-code=':smile:'][aria-selected=true]")`)
	k.do(takenKey(kb.Enter))
	k.value("composer", "well 😄 ")
	k.seen("!document.getElementById('emoji-names')")
	k.keys(":tada: ")
	k.value("composer", "well 😄 🎉 ")
	k.keys("at 10:30: yes")
	k.value("composer", "well 😄 🎉 at 10:30: yes")
	k.keys(" :ship")
	k.press(`#emoji-names [data-code=":ship:"]`)
	k.value("composer", "well 😄 🎉 at 10:30: yes 🚢 ")
	k.do(takenKey(kb.Enter))
	k.gets(k.ada.AwaitText(k.ctx, "well 😄 🎉 at 10:30: yes 🚢"))
	k.bubble("at 10:30: yes 🚢", "delivered")
}

func drafts(k *talk) {
	const benjamin = "+4915112345679"
	ben := friend(k.t, k.w, benjamin, "Ben")
	k.press("#composer")
	k.keys("for Ada alone")
	k.value("composer", "for Ada alone")
	ada := k.chat()
	k.newChat(benjamin) // a new page, at once
	k.value("composer", "")
	k.seen("document.getElementById('thread').dataset.chat !== " + quote(ada))
	k.press("#composer")
	k.keys("for Ben")
	drafted := func(chat, text string) string {
		return fmt.Sprintf("document.querySelector('#chat-list a[data-chat=%s]')?.innerText.includes(%s)", quote(chat), quote(text))
	}
	k.seen(drafted(ada, "for Ada alone"))
	k.press(fmt.Sprintf("#chat-list a[data-chat=%s]", quote(ada)))
	k.value("composer", "for Ada alone")
	k.press("#composer")
	k.keys(kb.End, " and nobody else")
	k.value("composer", "for Ada alone and nobody else")
	k.reload()
	k.value("composer", "for Ada alone and nobody else")
	k.press("#composer")
	k.do(takenKey(kb.Enter))
	k.gets(k.ada.AwaitText(k.ctx, "for Ada alone and nobody else"))
	k.value("composer", "")
	k.reload()
	k.value("composer", "")
	k.press(fmt.Sprintf("#chat-list a[data-chat]:not([data-chat=%s])", quote(ada)))
	k.value("composer", "for Ben")
	k.do(takenKey(kb.Enter))
	if _, err := ben.AwaitText(k.ctx, "for Ben"); err != nil {
		k.t.Fatal(err)
	}
}

// haystack makes the chat longer than what is on the screen, over what was said.
func (k *talk) haystack(of string) {
	k.t.Helper()
	for i := range 50 {
		k.did(k.ada.SendText(k.ctx, k.bob, fmt.Sprintf("%s %d", of, i)))
	}
	k.bubble(of+" 49", "received")
}

func search(k *talk) {
	mine, theirs := k.say("the Übermut of youth"), k.hear("a needle, well hidden")
	k.haystack("hay")
	k.reload()
	k.bubble("hay 49", "received")
	found := func(text, hit string) {
		k.t.Helper()
		k.press("#search")
		k.do(chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
		k.keys(text)
		k.value("search", text)
		k.seen(fmt.Sprintf(`(all => all.length === 1 && all[0].innerText.includes(%s))(document.querySelectorAll('#search-results[data-done=true] .hit'))`, quote(hit)))
	}
	found("ubermut", "Übermut")
	k.seen(`document.querySelector('#search-results .hit mark').innerText === 'Übermut'`)
	k.press("#search-results .hit")
	k.inView(mine)
	k.press("#jump")
	k.seen("document.getElementById('jump').disabled")
	found("hidden need", "a needle, well hidden")
	k.keys(kb.ArrowDown)
	k.seen("document.activeElement.matches('#search-results .hit')")
	k.keys(kb.Enter)
	k.inView(theirs)
	// From where no chat is open.
	k.visit("/")
	k.seen("document.querySelector('#chat-list a[data-chat]')")
	found("needle", "a needle, well hidden")
	k.press("#search-results .hit")
	k.inView(theirs)
	k.press("#search")
	k.do(chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	k.keys("nobody has ever said this")
	k.value("search", "nobody has ever said this")
	k.seen("!document.querySelector('#search-results .hit')")
	k.keys(kb.Escape)
	k.value("search", "")
	k.press("#jump")
	k.bubble("hay 49", "received")
	// What was deleted is not found.
	k.did(k.ada.Revoke(k.ctx, k.bob, theirs))
	k.hear("gone")
	k.press("#search")
	k.keys("needle")
	k.value("search", "needle")
	k.seen("document.querySelector('#search-results[data-done=true]') ? !document.querySelector('#search-results .hit') : document.querySelector('.empty')")
	k.keys(kb.Escape)
}

func searchInChat(k *talk) {
	older, newer := k.hear("the lighthouse is dark"), k.say("no, the lighthouse is bright")
	k.haystack("fog")
	k.reload()
	k.bubble("fog 49", "received")
	k.do(chromedp.KeyEvent("f", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	k.seen("document.activeElement.id === 'find'")
	k.keys("lighthouse")
	k.seen(`document.querySelectorAll('#search-results .hit').length === 2 && document.querySelector('#search-results[data-done=true]')`)
	k.do(takenKey(kb.Enter))
	k.inView(newer)
	k.do(takenKey(kb.Enter))
	k.inView(older)
	k.keys(kb.Escape)
	k.seen("!document.getElementById('find-bar')")
	k.reload()
	k.bubble("fog 49", "received")
	k.eval("document.getElementById('thread').was = true")
	k.press("#chat-search")
	k.seen("document.activeElement.id === 'find'")
	k.keys("dark")
	k.value("find", "dark")
	k.seen(`(all => all.length === 1 && all[0].innerText.includes('is dark'))(document.querySelectorAll('#search-results[data-done=true] .hit'))`)
	k.press("#search-results .hit")
	k.inView(older)
	k.press("#find-close")
	k.seen("!document.getElementById('find-bar')")
	k.inView(older)
	if !k.is("document.getElementById('thread').was === true") {
		k.t.Error("the thread was made anew where the search was opened or closed")
	}
	k.press("#jump")
	k.seen("document.getElementById('jump').disabled")
	k.bubble("fog 49", "received")
	k.inView(k.idOf("fog 49"))
}
