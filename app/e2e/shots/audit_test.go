package main

import (
	"strings"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// inView is true for what can be pressed as it stands: wholly in the window, and not covered.
func inView(selector string) string {
	return `(() => { const e = document.querySelector(` + quote(selector) + `), r = e?.getBoundingClientRect();
		return r && r.left >= 0 && r.top >= 0 && r.right <= innerWidth && r.bottom <= innerHeight && e.contains(document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2)); })()`
}

func (h hands) prefers(feature, value string) {
	h.t.Helper()
	p := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: feature, Value: value}}}
	if _, err := chromedp.Call(h.ctx, emulation.SetEmulatedMedia, p); err != nil {
		h.t.Fatal(err)
	}
}

// look checks what is on the screen in both themes: that it fits, has names, and stands out from its ground.
func (h hands) look(what string) {
	h.t.Helper()
	for _, theme := range themes {
		h.prefers("prefers-color-scheme", theme)
		h.see(settled)
		for _, check := range []string{tooWide, audit} {
			if found := value[string](h, check); found != "" {
				h.t.Errorf("%s, %s: %s", what, theme, found)
			}
		}
	}
}

// easyZoomed looks at what a chat can hold, in half a desktop's window.
func easyZoomed(h hands) {
	for _, story := range strings.Fields("formats replies reactions cards stand-ins edits hostile media media-out media-in media-failed media-hostile") {
		h.visit(miraPath, story, pictured)
		h.look(story)
	}
}

// opensZoomed looks at what opens above it.
func opensZoomed(h hands) {
	h.visit(miraPath, "edits", bubble)
	if err := menuOf("-1")(h.ctx); err != nil {
		h.t.Fatal(err)
	}
	h.see(menuOpen + " && " + inView("#menu [data-action=delete]"))
	h.look("the menu")
	h.keys(kb.Escape)
	h.click("#emoji-button")
	h.see(emojiOpen + " && " + inView("#emoji-search"))
	h.look("the emoji")
	h.keys(kb.Escape)
	h.chord("f", chromedp.ModifierCtrl)
	h.see(focused("find"))
	h.keys("a")
	h.see(found + " && " + inView("#find-close"))
	h.look("the search")
	h.visit(miraPath, "chats&pick=mixed", bubble)
	h.click("#attach")
	h.click("#attach-photos")
	h.see(`document.querySelector("#tray[open]") && ` + inView("#tray-send"))
	h.look("the tray")
	h.visit(miraPath, "media", pictured)
	h.click("#thread .pic-open")
	h.see(`document.querySelector("#viewer-image")?.complete && ` + inView("#viewer-close"))
	h.look("the viewer")
}

// stillForWhoWants looks for what moves on although motion is not wanted.
func stillForWhoWants(h hands) {
	h.prefers("prefers-reduced-motion", "reduce")
	defer h.prefers("", "")
	for _, story := range []string{"media-out", "media-in", "recording", "search-busy"} {
		h.visit(miraPath, story, bubble)
		h.see(`!document.getAnimations().some((a) => a.playState === "running")`)
	}
	h.click("#record")
	h.see(`document.querySelector("#record-send") && !document.getAnimations().some((a) => a.playState === "running")`)
}

func searchByKeyboard(h hands) {
	h.visit(miraPath, "chats", bubble)
	h.chord("f", chromedp.ModifierCtrl)
	h.see(focused("find"))
	h.keys("s", "c", "a", "r", "f")
	h.see(found)
	h.keys(kb.ArrowDown)
	h.see(focused("hit-here-0"))
	h.keys(kb.ArrowUp)
	h.see(focused("find"))
	h.taken(kb.Enter)
	h.see(`document.querySelector(".hit-chosen") && ` + focused("find"))
	h.keys(kb.Tab)
	h.see(focused("find-date"))
	if ring := value[string](h, `getComputedStyle(document.querySelector(".find-day")).outlineStyle`); ring != "solid" {
		h.t.Errorf("nobody sees that the focus is on the date: %s", ring)
	}
	value[bool](h, `document.querySelector("#find").focus() ?? true`)
	h.keys(kb.Escape)
	h.see(`!document.querySelector("#find-bar") && ` + focused("composer"))
	h.chord("k", chromedp.ModifierCtrl)
	h.see(focused("search"))
	h.keys("s", "c", "a", "r", "f")
	h.see(found)
	h.keys(kb.ArrowDown)
	h.see(focused("hit-0"))
	h.keys(kb.Enter)
	h.see(`location.pathname === "` + miraPath + `" && document.querySelector("#thread [data-id]")`)
	h.visit("/", "search-fails", list)
	h.chord("k", chromedp.ModifierCtrl)
	h.see(focused("search"))
	h.keys("x")
	h.see(`document.querySelector("#hits-again")`)
}

func (h hands) click(selector string) {
	h.t.Helper()
	h.see("document.querySelector(" + quote(selector) + ")")
	value[bool](h, "document.querySelector("+quote(selector)+").click() ?? true")
}
