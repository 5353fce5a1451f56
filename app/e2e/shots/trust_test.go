package main

import (
	"github.com/chromedp/chromedp/kb"
)

// trustByKeyboard lets a stranger in, blocks and reports somebody, and compares a
// safety number, without a pointer.
func trustByKeyboard(h hands) {
	h.visit(strangerPath, "requests", `document.querySelector("#request-bar")`)
	h.see(focused("request-title"))
	h.keys(kb.Tab)
	h.see(focused("request-accept"))
	h.keys(kb.Enter)
	h.see(focused("composer"))
	h.see(`document.querySelector("#chat-list > div:last-child a[data-chat='100000000000021@lid']")`)

	// The menu, a question that Escape takes back, and one that is answered.
	h.visit(miraPath, "chats", bubble)
	value[bool](h, `document.querySelector("#chat-more").focus() ?? true`)
	h.keys(kb.Enter)
	h.see(`document.activeElement.dataset.action === "info"`)
	h.keys(kb.ArrowDown)
	h.see(`document.activeElement.dataset.action === "name"`)
	h.keys(kb.Enter)
	h.see(`document.querySelector("#naming[open]") && document.activeElement.id === "given-name"`)
	h.keys(kb.Escape)
	h.see(`!document.querySelector("#naming") && location.pathname === "` + miraPath + `"`)
	h.click("#chat-more")
	h.see(`document.activeElement.dataset.action === "info"`)
	h.keys(kb.ArrowDown)
	h.keys(kb.ArrowDown)
	h.see(`document.activeElement.dataset.action === "block"`)
	h.keys(kb.Enter)
	h.see(`document.querySelector("#block-ask[open]") && document.activeElement.id === "cancel"`)
	h.keys(kb.Escape)
	h.see(`!document.querySelector("#block-ask") && location.pathname === "` + miraPath + `"`)
	h.click("#chat-more")
	enter(h, "#menu [data-action=block]")
	enter(h, "#block-confirm")
	h.see(focused("unblock"))
	h.see(`document.querySelector(".toasts").getAttribute("role") === "status" && document.querySelector("#toast").textContent.includes("blocked")`)
	h.keys(kb.Enter)
	h.see(focused("composer"))

	// A report: the reason by arrows, the messages by space.
	h.click("#chat-more")
	enter(h, "#menu [data-action=report]")
	h.see(`document.querySelector("#report-leaves[data-ready=true]") && document.querySelectorAll("[data-shows]").length === 5`)
	value[bool](h, `document.querySelector("#reason-spam").focus() ?? true`)
	h.keys(kb.ArrowDown)
	h.see(focused("reason-scam"))
	value[bool](h, `document.querySelector("[data-message]:checked").focus() ?? true`)
	h.keys(" ")
	h.see(`document.querySelectorAll("[data-shows]").length === 4`)
	enter(h, "#report-send")
	h.see(`!document.querySelector("#report") && document.querySelector("#blocked-bar")`)

	// The safety number is text to be read, in groups, and Escape leads back.
	h.visit(miraPath, "held", `document.querySelector("#held-bar[role=alert]")`)
	enter(h, "#held-check")
	h.see(`document.querySelectorAll("#safety-digits span").length === 12 && document.querySelector(".qr[role=img]").getAttribute("aria-label").includes("Mira")`)
	enter(h, "#verify")
	h.see(`document.querySelector("#safety-state").textContent.includes("verified")`)
	h.keys(kb.Escape)
	h.see(`location.pathname === "` + miraPath + `" && !document.querySelector("#held-bar")`)
}

// trustZoomed looks at the screens in half a desktop's window.
func trustZoomed(h hands) {
	for _, s := range []struct{ path, story, until string }{
		{strangerPath, "requests", `document.querySelector("#request-bar")`},
		{impostorPath, "requests", `document.querySelector("#doubt")`},
		{miraPath, "held", `document.querySelector("#held-bar")`},
		{miraPath, "notices", `document.querySelector(".notice")`},
		{miraPath + "/info", "held", `document.querySelector(".qr")`},
		{blockedPath, "blocked", `document.querySelector("#blocked-people")`},
	} {
		h.visit(s.path, s.story, s.until)
		h.look(s.story)
	}
}
