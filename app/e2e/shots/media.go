package main

import (
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// pictured is when the pictures of a thread are there.
const pictured = `document.querySelector("#thread [data-id]") && [...document.querySelectorAll("#thread img")].every((i) => i.complete)`

// toTop scrolls a thread that does not fit to its first message.
var toTop = do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#thread").scrollTop = -1e6`))

// attach picks files through the menu.
var attach = []step{press("#attach"), press("#attach-photos"), wait(`document.querySelector("#tray[open]")`)}

// breath is a moment for what the browser draws in its own time.
const breath = 300 * time.Millisecond

func also(steps []step, more ...step) []step { return append(steps[:len(steps):len(steps)], more...) }

func init() {
	record := press("#record")
	shots = append(shots,
		shot{name: "media", path: miraPath, story: "media", until: pictured, pause: breath},
		shot{name: "media-top", path: miraPath, story: "media", until: pictured, steps: []step{toTop}, pause: breath},
		shot{name: "media-out", path: miraPath, story: "media-out", until: pictured, pause: breath},
		shot{name: "media-in", path: miraPath, story: "media-in", until: pictured, pause: breath},
		shot{name: "media-in-top", path: miraPath, story: "media-in", until: pictured, steps: []step{toTop}, pause: breath},
		shot{name: "media-failed", path: miraPath, story: "media-failed", until: pictured, pause: breath},
		shot{name: "media-failed-top", path: miraPath, story: "media-failed", until: pictured, steps: []step{toTop}, pause: breath},
		shot{name: "media-hostile", path: miraPath, story: "media-hostile", until: pictured, pause: breath},
		shot{name: "media-hostile-top", path: miraPath, story: "media-hostile", until: pictured, steps: []step{toTop}, pause: breath},
		shot{name: "media-rows", path: "/", story: "media-rows", until: list},
		shot{name: "media-plays", path: miraPath, story: "media", until: pictured, steps: []step{press(`#thread [data-kind="voice"] [data-action="play"]`), wait(`document.querySelector(".voice-speed")`)}, pause: 1200 * time.Millisecond},
		shot{name: "attach-menu", path: miraPath, story: "chats", until: bubble, steps: []step{press("#attach")}},
		shot{name: "tray", path: miraPath, story: "chats&pick=photos", until: bubble, steps: also(attach, fill("tray-caption", "The pier this morning")), pause: breath},
		shot{name: "tray-mixed", path: miraPath, story: "chats&pick=mixed", until: bubble, steps: also(attach, press("#tray-original")), pause: breath},
		shot{name: "tray-bad", path: miraPath, story: "chats&pick=bad", until: bubble, steps: attach, pause: breath},
		shot{name: "tray-many", path: miraPath, story: "chats&pick=many", until: bubble, steps: attach, pause: breath},
		shot{name: "tray-discard", path: miraPath, story: "chats&pick=mixed", until: bubble, steps: also(attach, do(chromedp.KeyEvent(kb.Escape)), wait(`document.querySelector("#ask[open]")`)), pause: breath},
		shot{name: "tray-sent", path: miraPath, story: "chats&pick=mixed", until: bubble, steps: also(attach, press("#tray-send"), wait(pictured)), pause: breath},
		shot{name: "drop", path: miraPath, story: "chats", until: bubble, steps: []step{do(chromedp.Evaluate[chromedp.Void](`ferryDrag(true)`)), wait(`document.querySelector(".drop")`)}},
		shot{name: "recording", path: miraPath, story: "chats", until: bubble, steps: []step{record, wait(`document.querySelector("#record-send")`)}, pause: 2500 * time.Millisecond},
		shot{name: "recorded", path: miraPath, story: "chats", until: bubble, steps: []step{record, wait(`document.querySelector("#record-stop")`), press("#record-stop"), wait(`document.querySelector(".recorder-preview")`)}},
		shot{name: "record-denied", path: miraPath, story: "chats&mic=denied", until: bubble, steps: []step{record, wait(`document.querySelector("#record-again")`)}},
		shot{name: "record-none", path: miraPath, story: "chats&mic=none", until: bubble, steps: []step{record, wait(`document.querySelector("#record-again")`)}},
		shot{name: "viewer", path: miraPath, story: "media", until: pictured, steps: []step{press(`#thread .pic-open[aria-label]`), wait(`document.querySelector("#viewer-image")?.complete`)}, pause: breath},
		shot{name: "viewer-zoomed", path: miraPath, story: "media", until: pictured, steps: []step{press(`#thread .pic-open[aria-label]`), wait(`document.querySelector("#viewer-image")?.complete`), do(chromedp.KeyEvent("+"), chromedp.KeyEvent("+")), wait(`document.querySelector('#viewer-stage[data-zoom="in"]')`)}, pause: breath},
	)
}
