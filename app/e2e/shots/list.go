package main

import (
	"context"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// step is a hand lent to a story.
type step func(ctx context.Context) error

// shot is one screen in one state.
type shot struct {
	name  string
	path  string
	story string
	until string // JavaScript: true once it may be photographed
	steps []step
	pause time.Duration
}

func do(actions ...chromedp.Action[chromedp.Void]) step {
	return func(ctx context.Context) error { return chromedp.Do(ctx, actions...) }
}

func press(selector string) step {
	return func(ctx context.Context) error {
		if err := until(ctx, "document.querySelector("+quote(selector)+")"); err != nil {
			return err
		}
		return chromedp.Do(ctx, chromedp.Evaluate[chromedp.Void]("document.querySelector("+quote(selector)+").click()"))
	}
}

func fill(id, text string) step {
	return do(chromedp.Focus("#"+id), chromedp.KeyEvent(text))
}

func wait(condition string) step {
	return func(ctx context.Context) error { return until(ctx, condition) }
}

func quote(s string) string { return "`" + s + "`" }

// banner is how long a banner may wait before it shows.
const banner = 1500 * time.Millisecond

const (
	miraPath   = "/chat/100000000000002@lid"
	echoPath   = "/chat/100000000000001@lid"
	longPath   = "/chat/100000000000003@lid"
	arabicPath = "/chat/100000000000004@lid"
	failedPath = "/chat/100000000000005@lid"
	silentPath = "/chat/100000000000006@lid"
	barePath   = "/chat/100000000000007@lid"
)

const (
	card   = `document.querySelector("#username")`
	list   = `document.querySelector("#chat-list a")`
	dialog = `document.querySelector("dialog[open]")?.getAnimations().every((a) => a.playState === "finished")`
	bubble = `document.querySelector("#thread [data-id]")`
)

var signIn = []step{fill("username", "ada"), fill("password", "correct horse"), press("#submit")}

var shots = []shot{
	{name: "sign-in", path: "/", story: "signed-out", until: card},
	{name: "sign-up", path: "/", story: "signed-out", until: card, steps: []step{press("#switch"), fill("username", "a b"), fill("password", "short"), do(chromedp.Focus("#username"))}},
	{name: "sign-wrong", path: "/", story: "sign-wrong", until: card, steps: append(signIn, wait(`document.querySelector("#form-error")?.innerText`))},
	{name: "sign-wait", path: "/", story: "sign-wait", until: card, steps: append(signIn, wait(`document.body.innerText.includes("42") || document.body.innerText.includes("41")`))},
	{name: "starting", path: "/", story: "starting", until: `document.querySelector("#app")`},
	{name: "empty-off", path: "/", story: "off", until: `document.querySelector("#new-chat")`},
	{name: "empty", path: "/", story: "empty", until: `document.querySelector("#new-chat")`},
	{name: "chats", path: "/", story: "chats", until: list},
	{name: "chats-typing", path: "/", story: "typing", until: list},
	{name: "search", path: "/", story: "chats", until: list, steps: []step{fill("search", "no")}},
	{name: "search-none", path: "/", story: "chats", until: list, steps: []step{fill("search", "zzz")}},
	{name: "thread", path: miraPath, story: "chats", until: bubble},
	{name: "thread-typing", path: echoPath, story: "typing", until: `document.querySelector("#typing")`},
	{name: "thread-long", path: longPath, story: "chats", until: bubble},
	{name: "thread-arabic", path: arabicPath, story: "chats", until: bubble},
	{name: "thread-failed", path: failedPath, story: "chats", until: bubble},
	{name: "thread-deleted", path: failedPath, story: "chats", until: bubble, steps: []step{do(chromedp.Evaluate[chromedp.Void](`[...document.querySelectorAll("#thread button")].findLast((b) => b.innerText === "Delete").click()`)), wait(`document.querySelector("#toast")`)}},
	{name: "thread-actions", path: miraPath, story: "chats", until: bubble, steps: []step{press(`[data-id] .more[tabindex="0"]`)}},
	{name: "thread-empty", path: silentPath, story: "chats", until: `document.querySelector("#composer")`},
	{name: "thread-unknown", path: "/chat/1@lid", story: "chats", until: `document.querySelector("#main h1, #main h2")`},
	{name: "thread-scrolled", path: miraPath, story: "long", until: bubble, steps: []step{do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#thread").scrollTop = -900`)), wait(`!document.querySelector("#jump").disabled`)}},
	{name: "composer", path: miraPath, story: "chats", until: bubble, steps: []step{fill("composer", "Yes! I am next to the\nyellow boat\nwith the flag\nand the dog.")}},
	{name: "new-chat", path: "/new", story: "chats", until: `document.querySelector("#phone")`},
	{name: "new-chat-unknown", path: "/new", story: "unknown-number", until: `document.querySelector("#phone")`, steps: lookUp},
	{name: "new-chat-no-consent", path: "/new", story: "no-consent", until: `document.querySelector("#phone")`, steps: lookUp},
	{name: "new-chat-invalid", path: "/new", story: "no-number", until: `document.querySelector("#phone")`, steps: lookUp},
	{name: "settings", path: "/settings", story: "chats", until: `document.querySelector("#screen-title")`},
	{name: "account", path: "/settings/account", story: "chats", until: `document.querySelector("#screen-title")`},
	{name: "third-party-off", path: "/settings/third-party", story: "off", until: `document.querySelector("#third-party")`},
	{name: "third-party-connecting", path: "/settings/third-party", story: "off", until: `document.querySelector("#third-party")`, steps: []step{press("#third-party-agree")}},
	{name: "third-party-fails", path: "/settings/third-party", story: "connect-fails", until: `document.querySelector("#third-party")`, steps: []step{press("#third-party-agree"), do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#third-party-agree").scrollIntoView()`))}},
	{name: "third-party-on", path: "/settings/third-party", story: "chats", until: `document.querySelector("#third-party")`},
	{name: "third-party-ask", path: "/settings/third-party", story: "chats", until: `document.querySelector("#third-party-off")`, steps: []step{press("#third-party-off"), wait(dialog)}},
	{name: "sessions", path: "/settings/sessions", story: "chats", until: `document.body.innerText.includes("Windows")`},
	{name: "appearance", path: "/settings/appearance", story: "chats", until: `document.querySelector("#screen-title")`},
	{name: "about", path: "/settings/about", story: "chats", until: `document.querySelector("#screen-title")`},
	{name: "help", path: "/", story: "chats", until: list, steps: []step{do(chromedp.KeyEvent("?")), wait(dialog)}},
	{name: "focus", path: "/", story: "chats", until: list, steps: []step{do(chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Tab))}},
	{name: "network-down", path: miraPath, story: "network-down", until: bubble, pause: banner},
	{name: "relay-down", path: miraPath, story: "relay-down", until: bubble, pause: banner},
	{name: "relay-restarts", path: miraPath, story: "relay-restarts", until: bubble, pause: banner},
	{name: "gateway-down", path: miraPath, story: "gateway-down", until: bubble, pause: banner},
	{name: "session-ended", path: miraPath, story: "session-ended", until: bubble, pause: banner},
	{name: "connecting", path: "/", story: "connecting", until: list, pause: banner},
	{name: "catching-up", path: "/", story: "catching-up", until: list, pause: banner},
	{name: "replaced", path: "/", story: "replaced", until: `document.querySelector("#halted")`},
	{name: "store-lost", path: "/", story: "store-lost", until: `document.querySelector("#halted")`},
	{name: "store-full", path: "/", story: "store-full", until: `document.querySelector("#halted")`},
	{name: "nowhere", path: "/nowhere", story: "chats", until: `document.querySelector("#main h1, #main h2")`},
}

var lookUp = []step{fill("phone", "+49 30 901820"), press("#phone-submit"), wait(`document.querySelector("#phone-answer")?.innerText || document.querySelector("#phone[aria-invalid=true]")`)}
