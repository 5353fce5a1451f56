package main

import (
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// found is when a search has answered.
const found = `document.querySelector('#search-results[data-done]:not([data-done="false"])')`

// flashed is when the mark on a line that was jumped to is gone.
const flashed = `!document.querySelector(".line-flash")?.getAnimations().some((a) => a.playState === "running")`

// goTo picks a day in the field for it.
func goTo(day string) step {
	return do(chromedp.Evaluate[chromedp.Void](`(() => { const d = document.querySelector("#find-date"); d.value = "` + day + `"; d.dispatchEvent(new Event("change")); })()`))
}

// scrolledUp is away from the newest message.
var scrolledUp = []step{do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#thread").scrollTop = -900`)), wait(`!document.querySelector("#jump").disabled`)}

func init() {
	open := press("#chat-search")
	field := wait(`document.activeElement.id === "find"`)
	within := func(text string) []step { return []step{open, field, fill("find", text)} }
	shots = append(shots,
		shot{name: "find-all", path: "/", story: "chats", until: list, steps: []step{fill("search", "e"), wait(found)}},
		shot{name: "find-messages", path: "/", story: "chats", until: list, steps: []step{fill("search", "later one"), wait(found)}},
		shot{name: "find-opened", path: "/", story: "chats", until: list, steps: []step{fill("search", "scarf"), wait(found), press("#hit-0"), wait(bubble), wait(flashed)}},
		shot{name: "find-busy", path: "/", story: "search-busy", until: list, steps: []step{fill("search", "scarf")}},
		shot{name: "find-fails", path: "/", story: "search-fails", until: list, steps: []step{fill("search", "scarf"), wait(found)}},
		shot{name: "find-indexing", path: "/", story: "search-indexing", until: list, steps: []step{fill("search", "scarf"), wait(found)}},
		shot{name: "find-many", path: "/", story: "search-many", until: list, steps: []step{fill("search", "words"), wait(found), do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#hits-more").scrollIntoView()`))}},
		shot{name: "find-here", path: miraPath, story: "chats", until: bubble, steps: within("the")},
		shot{name: "find-here-hit", path: miraPath, story: "chats", until: bubble, steps: also(within("the"), wait(found), do(chromedp.KeyEvent(kb.Enter), chromedp.KeyEvent(kb.Enter)), wait(flashed))},
		shot{name: "find-here-none", path: miraPath, story: "chats", until: bubble, steps: also(within("zzz"), wait(found))},
		shot{name: "find-here-busy", path: miraPath, story: "search-busy", until: bubble, steps: within("zzz")},
		shot{name: "find-empty", path: miraPath, story: "chats", until: bubble, steps: []step{open, field}},
		shot{name: "date", path: miraPath, story: "long", until: bubble, steps: []step{open, field, goTo("2026-11-14"), wait(flashed)}},
		shot{name: "date-none", path: miraPath, story: "long", until: bubble, steps: []step{open, field, goTo("2030-01-01"), wait(`document.querySelector("#find-bar [role=status]")`)}},
		shot{name: "jump-badge", path: miraPath, story: "huge", until: bubble, steps: also(scrolledUp, do(chromedp.Evaluate[chromedp.Void](`story.arrive(), story.arrive(), story.arrive(), undefined`)), wait(`document.querySelector("#jump .badge")`))},
		shot{name: "down-reply", path: miraPath, story: "network-down", until: bubble, steps: []step{menuOf("-1"), action("reply"), wait(`document.querySelector("#reply-bar")`)}, pause: banner},
		shot{name: "down-find", path: miraPath, story: "gateway-down", until: bubble, steps: within("the"), pause: banner},
		shot{name: "down-record", path: miraPath, story: "relay-down", until: bubble, steps: []step{press("#record"), wait(`document.querySelector("#record-send")`)}, pause: banner},
		shot{name: "down-media", path: miraPath, story: "media-down", until: pictured, pause: banner},
	)
}
