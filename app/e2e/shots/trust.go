package main

import "github.com/chromedp/chromedp"

const (
	strangerPath = "/chat/100000000000021@lid"
	impostorPath = "/chat/100000000000022@lid"
	katePath     = waPath + "/chat/7-1000000001@interop"
	twinPath     = waPath + "/chat/9-1000000002@interop"
	olafPath     = waPath + "/chat/9-1000000003@interop"
	blockedPath  = "/settings/privacy/blocked"
)

// trust: who may write, who is kept out, and who is whom.
func init() {
	title := `document.querySelector("#screen-title")`
	asks := `document.querySelector("#request-bar")`
	number := `document.querySelector("#safety-digits")`
	ready := wait(`document.querySelector("#report-leaves[data-ready=true]")`)
	down := do(chromedp.Evaluate[chromedp.Void](`document.querySelector(".page-scroll").scrollTo(0, document.querySelector("#safety").offsetTop - 80)`))
	end := do(chromedp.Evaluate[chromedp.Void](`document.querySelector(".page-scroll").scrollTo(0, 1e6)`))
	deep := do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#report").scrollTo(0, 1e6)`))
	menu := []step{press("#chat-more"), wait(dialog)}
	ask := append(menu[:2:2], press("#menu [data-action=block]"), wait(`document.querySelector("#block-ask[open]")`))
	name := append(menu[:2:2], press("#menu [data-action=name]"), wait(`document.querySelector("#naming[open]")`))
	report := append(menu[:2:2], press("#menu [data-action=report]"), ready)
	shots = append(shots,
		shot{name: "requests", path: "/", story: "requests", until: list},
		shot{name: "requests-many", path: "/", story: "requests-many", until: list},
		shot{name: "requests-all", path: "/", story: "requests-many", until: list, steps: []step{press("#requests-all")}},
		shot{name: "requests-only", path: "/", story: "requests-only", until: `document.querySelector("#requests a")`},
		shot{name: "request", path: strangerPath, story: "requests", until: asks},
		shot{name: "request-spoof", path: impostorPath, story: "requests", until: asks},
		shot{name: "request-accepted", path: strangerPath, story: "requests", until: asks, steps: []step{press("#request-accept"), wait(`document.querySelector("#composer")`)}},
		shot{name: "request-delete", path: strangerPath, story: "requests", until: asks, steps: []step{press("#request-delete"), wait(dialog)}},
		shot{name: "request-report", path: strangerPath, story: "requests", until: asks, steps: []step{press("#request-report"), ready}},
		shot{name: "chat-menu", path: miraPath, story: "chats", until: bubble, steps: menu},
		shot{name: "block-ask", path: miraPath, story: "chats", until: bubble, steps: ask},
		shot{name: "block-done", path: miraPath, story: "chats", until: bubble, steps: append(ask[:4:4], press("#block-confirm"), wait(`document.querySelector("#undo")`))},
		shot{name: "blocked", path: miraPath, story: "blocked", until: bubble},
		shot{name: "blocked-list", path: blockedPath, story: "blocked", until: `document.querySelector("#blocked-people")`},
		shot{name: "blocked-none", path: blockedPath, story: "chats", until: title},
		shot{name: "privacy-blocked", path: "/settings/privacy", story: "blocked", until: title, steps: []step{end}},
		shot{name: "report", path: miraPath, story: "chats", until: bubble, steps: report},
		shot{name: "report-end", path: miraPath, story: "chats", until: bubble, steps: append(report[:4:4], deep)},
		shot{name: "report-fails", path: miraPath, story: "report-fails", until: bubble, steps: append(report[:4:4], press("#report-send"), wait(`document.querySelector("#report-error .note")`), deep)},
		shot{name: "contact", path: miraPath + "/info", story: "chats", until: number},
		shot{name: "nameless", path: barePath, story: "chats", until: bubble},
		shot{name: "nameless-contact", path: barePath + "/info", story: "chats", until: number},
		shot{name: "name", path: barePath, story: "chats", until: bubble, steps: name},
		shot{name: "named", path: barePath, story: "chats", until: bubble, steps: append(name[:4:4], do(chromedp.SendKeys("#given-name", "Fanny")), press("#name-save"), wait(`document.querySelector("#undo")`))},
		shot{name: "named-contact", path: miraPath + "/info", story: "chats", until: number, steps: []step{
			press("#name-person"), wait(dialog), do(chromedp.SendKeys("#given-name", "Sister")), press("#name-save"), wait(`document.querySelector("#undo")`)}},
		shot{name: "contact-number", path: miraPath + "/info", story: "chats", until: number, steps: []step{down}},
		shot{name: "contact-end", path: miraPath + "/info", story: "chats", until: number, steps: []step{end}},
		shot{name: "contact-verified", path: miraPath + "/info", story: "verified", until: number, steps: []step{end, down}},
		shot{name: "contact-none", path: miraPath + "/info", story: "no-safety", until: title, steps: []step{down}},
		shot{name: "contact-fails", path: miraPath + "/info", story: "safety-fails", until: title, steps: []step{down}},
		shot{name: "contact-held", path: miraPath + "/info", story: "held", until: number, steps: []step{down}},
		shot{name: "verified", path: miraPath, story: "verified", until: bubble},
		shot{name: "held", path: miraPath, story: "held", until: `document.querySelector("#held-bar")`},
		shot{name: "held-ask", path: miraPath, story: "held", until: `document.querySelector("#held-bar")`, steps: []step{press("#held-send"), wait(dialog)}},
		shot{name: "notices", path: miraPath, story: "notices", until: `document.querySelector(".notice")`},
		shot{name: "first", path: silentPath, story: "chats", until: `document.querySelector("#first")`},
		shot{name: "wa-first", path: olafPath, story: "wa-first", until: `document.querySelector("#first")`},
		shot{name: "wa-request", path: katePath, story: "wa-request", until: asks},
		shot{name: "wa-requests", path: waPath + "/third-party", story: "wa-request", until: list},
		shot{name: "wa-contact", path: katePath + "/info", story: "wa", until: number},
		shot{name: "wa-block", path: twinPath, story: "wa", until: bubble, steps: ask},
		shot{name: "wa-block-app", path: twinPath, story: "wa", until: bubble, steps: append(ask[:4:4], press("#block-app"), wait(`document.querySelector("#ask[open]")`))},
		shot{name: "wa-block-whatsapp", path: waPath + miraPath, story: "wa", until: bubble, steps: ask},
		shot{name: "wa-blocked-list", path: waPath + blockedPath, story: "wa-blocked", until: `document.querySelector("#blocked-apps")`},
		shot{name: "wa-app-blocked", path: twinPath, story: "wa-app-blocked", until: `document.querySelector("#blocked-bar")`},
	)
}
