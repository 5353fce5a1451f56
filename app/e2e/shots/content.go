package main

import (
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// menuOf opens the actions of the message at a place from the end.
func menuOf(n string) step {
	return do(chromedp.Evaluate[chromedp.Void](`[...document.querySelectorAll("#thread .line[data-id] [id^=more-]")].at(` + n + `).click()`))
}

const (
	menuOpen  = `document.querySelector("#menu[open]")?.getAnimations({subtree: true}).every((a) => a.playState === "finished")`
	emojiOpen = `document.querySelector("#emoji .emoji-cell")`
)

func action(name string) step { return press(`#menu [data-action=` + name + `]`) }

func init() {
	shots = append(shots,
		shot{name: "formats", path: miraPath, story: "formats", until: bubble},
		shot{name: "formats-top", path: miraPath, story: "formats", until: bubble, steps: []step{toTop}},
		shot{name: "replies", path: miraPath, story: "replies", until: bubble},
		shot{name: "reactions", path: miraPath, story: "reactions", until: bubble},
		shot{name: "cards", path: miraPath, story: "cards", until: bubble},
		shot{name: "stand-ins", path: miraPath, story: "stand-ins", until: bubble},
		shot{name: "stand-ins-top", path: miraPath, story: "stand-ins", until: bubble, steps: []step{toTop}},
		shot{name: "edits", path: miraPath, story: "edits", until: bubble},
		shot{name: "hostile", path: miraPath, story: "hostile", until: bubble},
		shot{name: "hostile-top", path: miraPath, story: "hostile", until: bubble, steps: []step{toTop}},
		shot{name: "reply-bar", path: miraPath, story: "replies", until: bubble, steps: []step{menuOf("0"), action("reply"), wait(`document.querySelector("#reply-bar")`)}},
		shot{name: "edit-bar", path: miraPath, story: "edits", until: bubble, steps: []step{do(chromedp.Focus("#composer"), chromedp.KeyEvent(kb.ArrowUp)), wait(`document.querySelector("#reply-bar")`)}},
		shot{name: "menu-mine", path: miraPath, story: "edits", until: bubble, steps: []step{menuOf("-1"), wait(menuOpen)}},
		shot{name: "menu-theirs", path: miraPath, story: "reactions", until: bubble, steps: []step{menuOf("0"), wait(menuOpen)}},
		shot{name: "revoke", path: miraPath, story: "edits", until: bubble, steps: []step{menuOf("-1"), action("revoke"), wait(`document.querySelector("#ask[open]")`)}},
		shot{name: "who", path: miraPath, story: "reactions", until: bubble, steps: []step{press("#thread .chip"), wait(dialog)}},
		shot{name: "emoji", path: miraPath, story: "replies", until: bubble, steps: []step{press("#emoji-button"), wait(emojiOpen)}},
		shot{name: "emoji-people", path: miraPath, story: "replies", until: bubble, steps: []step{press("#emoji-button"), wait(emojiOpen), press("#emoji-tab-1"), press("#emoji-tone"), wait(`document.querySelector(".tone-list")`)}},
		shot{name: "emoji-search", path: miraPath, story: "replies", until: bubble, steps: []step{press("#emoji-button"), wait(emojiOpen), fill("emoji-search", "boat")}},
		shot{name: "emoji-react", path: miraPath, story: "replies", until: bubble, steps: []step{menuOf("-1"), action("react"), wait(emojiOpen)}},
		shot{name: "emoji-names", path: miraPath, story: "replies", until: bubble, steps: []step{fill("composer", "See you :smi"), wait(`document.querySelector("#emoji-names")`)}},
		shot{name: "online", path: miraPath, story: "online", until: `document.querySelector("#presence")`},
		shot{name: "last-seen", path: miraPath, story: "last-seen", until: `document.querySelector("#presence")`},
		shot{name: "peer-recording", path: miraPath, story: "recording", until: `document.querySelector("#presence")`},
		shot{name: "privacy", path: "/settings/privacy", story: "private", until: `document.querySelector("#privacy-read")`},
		shot{name: "help-chat", path: miraPath, story: "chats", until: bubble, steps: []step{do(chromedp.Evaluate[chromedp.Void](`document.activeElement.blur()`), chromedp.KeyEvent("?")), wait(dialog)}},
	)
}
