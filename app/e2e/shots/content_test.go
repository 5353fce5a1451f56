package main

import (
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// stop is the one message that the Tab key stops at.
const stop = `#thread .more[tabindex="0"]`

func contentByKeyboard(h hands) {
	h.visit(miraPath, "replies", bubble)
	value[bool](h, `document.querySelector('`+stop+`').focus() ?? true`)
	h.taken("r")
	h.see(`document.querySelector("#reply-bar[data-mode=reply]") && ` + focused("composer"))
	h.keys(kb.Escape)
	h.see(`!document.querySelector("#reply-bar") && location.pathname !== "/"`)
	// A reaction, changed, and taken off in the list of who reacted.
	value[bool](h, `document.querySelector('`+stop+`').focus() ?? true`)
	h.taken("e")
	h.see(`document.activeElement.dataset.emoji === "👍"`)
	h.keys(kb.ArrowRight, kb.Enter)
	h.see(`document.querySelector(".chip-mine")?.dataset.emoji === "❤️" && document.activeElement.matches('` + stop + `')`)
	h.see(`document.querySelector("#announce").textContent.includes("❤️")`)
	h.taken("m")
	h.see(`document.activeElement.dataset.action === "reply" || document.activeElement.dataset.emoji`)
	enter(h, `#menu [data-action=who]`)
	h.see(`document.querySelector("#who[open] [data-do=unreact]")`)
	enter(h, `#who [data-do=unreact]`)
	h.see(`!document.querySelector("#who") && !document.querySelector(".chip")`)
	// The names complete, and the picker writes.
	value[bool](h, `document.querySelector("#composer").focus() ?? true`)
	h.keys("a", " ", ":", "s", "m", "i", "l", "e")
	h.see(`document.querySelector("#emoji-names [data-code=':smile:'][aria-selected=true]")`)
	h.taken(kb.Enter)
	h.see(`document.querySelector("#composer").value === "a 😄 "`)
	h.chord("e", chromedp.ModifierCtrl|chromedp.ModifierAlt)
	h.see(focused("emoji-search") + ` && document.querySelector(".emoji-cell")`)
	h.keys("s", "h", "i", "p", kb.ArrowDown)
	h.see(`document.activeElement.matches(".emoji-cell")`)
	h.keys(kb.Enter)
	h.see(`document.querySelector("#composer").value === "a 😄 🚢"`)
	h.keys(kb.Escape)
	h.see(`!document.querySelector("#emoji") && ` + focused("composer"))
	h.taken(kb.Enter)
	h.see(`document.querySelector("#composer").value === ""`)
	// An empty composer goes back to what was sent last, where it may be changed.
	h.visit(miraPath, "edits", bubble)
	value[bool](h, `document.querySelector("#composer").focus() ?? true`)
	h.keys(kb.ArrowUp)
	h.see(`document.querySelector("#reply-bar[data-mode=edit]") && document.querySelector("#composer").value.includes("minuet")`)
	h.keys(kb.Escape)
	h.see(`!document.querySelector("#reply-bar") && document.querySelector("#composer").value === ""`)
}

func enter(h hands, selector string) {
	h.t.Helper()
	h.see(`document.querySelector("` + selector + `")`)
	value[bool](h, `document.querySelector("`+selector+`").focus() ?? true`)
	h.keys(kb.Enter)
}

func menuByMouse(h hands) {
	h.visit(miraPath, "edits", bubble)
	x := value[float64](h, `[...document.querySelectorAll("#thread .bubble")].at(-1).getBoundingClientRect().x + 20`)
	y := value[float64](h, `[...document.querySelectorAll("#thread .bubble")].at(-1).getBoundingClientRect().y + 10`)
	if err := chromedp.Do(h.ctx, chromedp.MouseClickXY(x, y, chromedp.ButtonType(input.MouseButtonRight))); err != nil {
		h.t.Fatal(err)
	}
	h.see(menuOpen)
	if out := value[bool](h, `(() => { const r = document.querySelector("#menu").getBoundingClientRect(); return r.left < 0 || r.top < 0 || r.right > innerWidth || r.bottom > innerHeight })()`); out {
		h.t.Error("the menu is not wholly in the window")
	}
	if err := chromedp.Do(h.ctx, chromedp.MouseClickXY(5, 5)); err != nil {
		h.t.Fatal(err)
	}
	h.see(`!document.querySelector("#menu")`)
}
