package main

import (
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// mouse does something with the pointer at a place of an element, given as parts
// of its size from its middle, and moved by pixels.
func (h hands) mouse(kind input.DispatchMouseEventType, selector string, dx, dy float64) {
	h.t.Helper()
	at := value[[]float64](h, `(() => { const b = document.querySelector("`+selector+`").getBoundingClientRect(); return [b.left + b.width / 2, b.top + b.height / 2]; })()`)
	h.point(kind, at[0]+dx, at[1]+dy)
}

func (h hands) point(kind input.DispatchMouseEventType, x, y float64) {
	h.t.Helper()
	p := input.DispatchMouseEventParams{Type: kind, X: x, Y: y, Button: "left", ClickCount: 1}
	if kind != "mouseReleased" {
		p.Buttons = 1
	}
	if _, err := chromedp.Call(h.ctx, input.DispatchMouseEvent, p); err != nil {
		h.t.Fatal(err)
	}
}

func trayByKeyboard(h hands) {
	h.visit(miraPath, "chats&pick=mixed", bubble)
	value[bool](h, `document.querySelector("#attach").focus() ?? true`)
	h.keys(kb.Enter)
	h.see(focused("attach-photos"))
	h.keys(kb.Escape)
	h.see(`!document.querySelector(".attach-menu") && ` + focused("attach"))
	h.keys(kb.Enter)
	h.see(focused("attach-photos"))
	h.keys(kb.Enter)
	h.see(`document.querySelector("#tray[open]") && ` + focused("tray-caption"))
	h.keys("h", "i")
	value[bool](h, `document.querySelectorAll(".tray-pick")[1].click() ?? true`)
	h.see(`document.querySelector("#tray-caption").value === "" && ` + focused("tray-caption"))
	value[bool](h, `document.querySelectorAll(".tray-pick")[0].click() ?? true`)
	h.see(`document.querySelector("#tray-caption").value === "hi"`)
	h.keys(kb.Escape)
	h.see(`document.querySelector("#ask[open]") && document.querySelector("#tray[open]")`)
	h.keys(kb.Escape)
	h.see(`!document.querySelector("#ask") && document.querySelector("#tray[open]") && document.querySelector("#tray-caption").value === "hi"`)
	value[bool](h, `document.querySelector("#tray-caption").focus() ?? true`)
	h.taken(kb.Enter)
	h.see(`!document.querySelector("#tray") && document.querySelectorAll('#thread [data-id][data-media="uploading"]').length === 3`)
	h.see(focused("composer"))
	h.see(`[...document.querySelectorAll("#thread [data-id]")].some((b) => b.dataset.media && b.innerText.includes("hi"))`)
}

func recordByHand(h hands) {
	h.visit(miraPath, "chats", bubble)
	h.mouse("mousePressed", "#record", 0, 0)
	h.see(`document.querySelector(".recorder-held .record-time")?.innerText === "0:01"`)
	h.mouse("mouseReleased", "#record", 0, 0)
	h.see(`!document.querySelector("#recorder") && document.querySelector('#thread [data-id][data-kind="voice"]')`)

	h.mouse("mousePressed", "#record", 0, 0) // slid away
	h.see(`document.querySelector(".recorder-held")`)
	h.mouse("mouseMoved", "#record", -60, 0)
	h.mouse("mouseMoved", "#record", -160, 0)
	h.see(`!document.querySelector("#recorder")`)
	h.point("mouseReleased", 300, 600)

	h.mouse("mousePressed", "#record", 0, 0) // tapped
	h.mouse("mouseReleased", "#record", 0, 0)
	h.see(`document.querySelector(".recorder-locked") && ` + focused("record-send"))
	h.keys(kb.Escape)
	h.see(`!document.querySelector("#recorder") && ` + focused("composer"))

	value[bool](h, `document.querySelector("#record").focus() ?? true`) // by key
	h.keys(kb.Enter)
	h.see(`document.querySelector(".recorder-locked") && ` + focused("record-send"))
	h.keys(kb.Enter)
	h.see(`!document.querySelector("#recorder") && document.querySelectorAll('#thread [data-id][data-kind="voice"]').length === 2`)
	h.keys("x") // something is written: the send button is there
	h.see(`document.querySelector("#record").hidden && !document.querySelector("#send").hidden`)
}

func viewerByKeyboard(h hands) {
	h.visit(miraPath, "media", pictured)
	value[bool](h, `document.querySelector("#thread .pic-open").focus() ?? true`)
	h.keys(kb.Enter)
	h.see(`document.querySelector("#viewer[open]") && document.querySelector("#viewer-image")?.complete`)
	for range 8 {
		h.keys(kb.Tab)
		if value[bool](h, `!(document.activeElement === document.body || document.querySelector("#viewer").contains(document.activeElement))`) {
			h.t.Fatal("the focus left the viewer")
		}
	}
	value[bool](h, `document.querySelector("#viewer-close").focus() ?? true`)
	h.keys("+")
	h.see(`document.querySelector('#viewer-stage[data-zoom="in"]') && document.querySelector("#viewer-image").style.transform.includes("scale(1.5")`)
	h.keys("0")
	h.see(`document.querySelector('#viewer-stage[data-zoom="out"]')`)
	h.keys(kb.ArrowRight)
	h.see(`document.querySelector(".viewer-when").innerText.includes("2 of 3")`)
	h.keys(kb.ArrowLeft)
	h.see(`document.querySelector(".viewer-when").innerText.includes("1 of 3")`)
	h.keys(kb.Escape)
	h.see(`!document.querySelector("#viewer") && document.activeElement.className === "pic-open" && location.pathname !== "/"`)
}

func voiceByKeyboard(h hands) {
	h.visit(miraPath, "media", pictured)
	const seek = `document.querySelector('#thread .media-voice:not(.media-audio) .seek')`
	value[bool](h, seek+`.focus() ?? true`)
	h.keys(" ")
	h.see(`!document.querySelector("#player").paused && ` + seek + `.getAttribute("aria-valuetext").startsWith("0:01")`)
	h.keys(kb.ArrowRight, kb.ArrowRight)
	h.see(`Number(` + seek + `.getAttribute("aria-valuenow")) >= 6`)
	value[bool](h, `document.querySelector(".voice-speed").click() ?? true`)
	h.see(`document.querySelector("#player").playbackRate === 1.5 && document.querySelector(".voice-speed").innerText.includes("1.5")`)
	value[bool](h, seek+`.focus() ?? true`)
	h.keys(" ")
	h.see(`document.querySelector("#player").paused`)
}
