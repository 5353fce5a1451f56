package main

import "github.com/chromedp/chromedp"

const waPath = "/wa/4915510000002"

// persona: being a WhatsApp user of a sandbox, and what such a user allows.
func init() {
	title := `document.querySelector("#screen-title")`
	inbox := `document.querySelector("#third-party-inbox")`
	consent := `document.querySelector("#consent")`
	foot := `document.querySelector("#closed")`
	end := do(chromedp.Evaluate[chromedp.Void](`document.querySelector(".page-scroll").scrollTo(0, 1e6)`))
	begin := []step{press("#consent-begin"), wait(`document.querySelector("#consent-step[data-step='1']")`)}
	choose := append(begin[:1:1], wait(`document.querySelector("#consent-step[data-step='1']")`), press("#consent-continue"), wait(`document.querySelector("#consent-step[data-step='2']")`))
	chosen := append(choose[:len(choose):len(choose)], press("#choose-7"), press("#choose-9"), press("#consent-continue"), wait(`document.querySelector("#consent-step[data-step='3']")`))
	third := waPath + "/settings/third-party"
	shots = append(shots,
		shot{name: "wa-pick", path: "/wa", story: "wa-pick", until: `document.querySelector("#phones")`},
		shot{name: "wa-pick-taken", path: "/wa", story: "wa-pick", until: `document.querySelector("#phones")`, steps: []step{fill("phone-name", "Ada"), fill("phone-number", "+4915510000002"), press("#phone-make"), wait(`document.querySelector(".field-bad")`)}},
		shot{name: "wa-not-here", path: waPath, story: "wa-none", until: title},
		shot{name: "wa-gone", path: waPath, story: "wa-gone", until: title},
		shot{name: "wa-down", path: waPath, story: "wa-down", until: title},
		shot{name: "wa-linking", path: waPath, story: "wa-linking", until: `document.querySelector(".empty .spinner")`},
		shot{name: "wa-link-fails", path: waPath, story: "wa-link-fails", until: `document.querySelector("#link")`},
		shot{name: "wa-unlinked", path: waPath + "/chat/" + "7-1000000001@interop", story: "wa-unlinked", until: bubble, pause: banner},
		shot{name: "wa-empty-off", path: waPath, story: "wa-new", until: `document.querySelector("#empty-action")`},
		shot{name: "wa-empty-on", path: waPath, story: "wa-on", until: inbox},
		shot{name: "wa-chats", path: waPath, story: "wa", until: inbox},
		shot{name: "wa-inbox", path: waPath + "/third-party", story: "wa", until: list},
		shot{name: "wa-inbox-empty", path: waPath + "/third-party", story: "wa-on", until: `document.querySelector("#section-title")`},
		shot{name: "wa-combined", path: waPath, story: "wa-combined", until: list},
		shot{name: "wa-search", path: waPath, story: "wa", until: list, steps: []step{fill("search", "kate")}},
		shot{name: "wa-new-app", path: waPath, story: "wa-new-app", until: `document.querySelector("#new-apps")`},
		shot{name: "wa-thread", path: waPath + "/chat/7-1000000001@interop", story: "wa", until: bubble},
		shot{name: "wa-settings", path: waPath + "/settings", story: "wa", until: title},
		shot{name: "wa-account", path: waPath + "/settings/account", story: "wa", until: title},
		shot{name: "wa-leave", path: waPath + "/settings/account", story: "wa", until: title, steps: []step{press("#persona-leave"), wait(dialog)}},
		shot{name: "consent-off", path: third, story: "wa-new", until: consent},
		shot{name: "consent-meaning", path: third, story: "wa-new", until: consent, steps: begin},
		shot{name: "consent-meaning-end", path: third, story: "wa-new", until: consent, steps: append(begin[:len(begin):len(begin)], end)},
		shot{name: "consent-apps", path: third, story: "wa-new", until: consent, steps: choose},
		shot{name: "consent-apps-must", path: third, story: "wa-new", until: consent, steps: append(choose[:len(choose):len(choose)], press("#consent-continue"), wait(`document.querySelector(".note-error")`))},
		shot{name: "consent-no-apps", path: third, story: "wa-no-apps", until: consent, steps: choose},
		shot{name: "consent-inbox", path: third, story: "wa-new", until: consent, steps: chosen},
		shot{name: "consent-done", path: third, story: "wa-new", until: consent, steps: append(chosen[:len(chosen):len(chosen)], press("#consent-finish"), wait(`document.querySelector("#consent-done")`))},
		shot{name: "consent-on", path: third, story: "wa-suspended", until: consent},
		shot{name: "consent-on-end", path: third, story: "wa", until: consent, steps: []step{end}},
		shot{name: "consent-ask-app", path: third, story: "wa", until: consent, steps: []step{press("#app-9"), wait(dialog)}},
		shot{name: "consent-ask", path: third, story: "wa", until: consent, steps: []step{press("#consent-off"), wait(dialog)}},
		shot{name: "closed-own", path: waPath + "/chat/9-1000000002@interop", story: "wa-app-off", until: foot},
		shot{name: "closed-all", path: waPath + "/chat/9-1000000002@interop", story: "wa-off", until: foot},
		shot{name: "closed-suspended-app", path: waPath + "/chat/9-1000000002@interop", story: "wa-suspended", until: foot},
		shot{name: "closed-peer", path: miraPath, story: "closed-consent", until: foot},
		shot{name: "closed-suspended", path: miraPath, story: "closed-suspended", until: foot},
		shot{name: "closed-region", path: miraPath, story: "closed-region", until: foot},
		shot{name: "find-app", path: waPath + "/new", story: "wa", until: `document.querySelector("#person")`},
		shot{name: "find-none", path: waPath + "/new", story: "wa-find-none", until: `document.querySelector("#person")`, steps: []step{fill("person", "katte"), press("#phone-submit"), wait(`document.querySelector("#person-answer .note")`)}},
		shot{name: "find-phone", path: waPath + "/new", story: "wa", until: `document.querySelector("#person")`, steps: []step{press("#find-in-0"), wait(`document.querySelector("#phone")`)}},
		shot{name: "be-whatsapp", path: "/", story: "signed-out", until: `document.querySelector("#be-whatsapp")`, steps: []step{do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#be-whatsapp").scrollIntoView()`))}},
	)
}
