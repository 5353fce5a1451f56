package main

import (
	"context"
	"fmt"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"ferry/app/e2e/chrome"
	"ferry/app/e2e/devsite"
)

// hands are a person's on the keyboard, in front of a story.
type hands struct {
	t   *testing.T
	ctx context.Context
	url string
}

// TestTheScreensUnderTheHands plays with the real screens on a scripted engine,
// in one browser and under the policy of the real site.
func TestTheScreensUnderTheHands(t *testing.T) {
	dir := t.TempDir()
	if err := build(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	handler, err := devsite.New(filepath.Join(dir, "site"))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	defer server.Close()
	ctx, cancel, err := chrome.Start(t.Context(), chrome.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer cancel()
	complaints := listen(ctx)
	for _, c := range []struct {
		name          string
		width, height int64
		play          func(hands)
	}{
		{"the list by keyboard alone", 1440, 900, listByKeyboard},
		{"a dialog holds the focus and gives it back", 1440, 900, dialogFocus},
		{"back on a phone leads to the list", 360, 740, backOnAPhone},
		{"older messages do not move what is read", 1440, 900, olderStaysPut},
		{"a chat of 100,000 messages stays where it is read", 1440, 900, longThreadStaysPut},
		{"the composer grows, sends, and keeps the focus", 360, 740, composerGrows},
		{"messages by arrow keys", 1440, 900, messagesByArrows},
		{"answers, reactions and emoji by keyboard alone", 1440, 900, contentByKeyboard},
		{"a right click opens the actions", 1440, 900, menuByMouse},
		{"everything fits at 200 % zoom", 720, 450, fitsZoomed},
		{"a chat at 200 % zoom is easy to see and to use", 720, 450, easyZoomed},
		{"what opens above a chat at 200 % zoom is, too", 720, 450, opensZoomed},
		{"nothing moves for whom motion is too much", 1440, 900, stillForWhoWants},
		{"searching by keyboard alone", 1440, 900, searchByKeyboard},
		{"nothing is smaller than a finger", 360, 740, fingers},
		{"files are sent by keyboard alone", 1440, 900, trayByKeyboard},
		{"requests, blocks and reports by keyboard alone", 1440, 900, trustByKeyboard},
		{"who somebody is, at 200 % zoom", 720, 450, trustZoomed},
		{"a voice message by hand and by keyboard", 1440, 900, recordByHand},
		{"the viewer by keyboard", 1440, 900, viewerByKeyboard},
		{"a voice message is heard by keyboard", 1440, 900, voiceByKeyboard},
	} {
		t.Run(c.name, func(t *testing.T) {
			tab, cancel := context.WithTimeout(ctx, 2*time.Minute)
			defer cancel()
			if err := chromedp.Do(tab, chromedp.EmulateViewport(c.width, c.height)); err != nil {
				t.Fatal(err)
			}
			c.play(hands{t, tab, server.URL})
			for _, text := range complaints() {
				t.Errorf("the console says %s", text)
			}
		})
	}
}

func (h hands) visit(path, story, until string) {
	h.t.Helper()
	if err := chromedp.Do(h.ctx, chromedp.Navigate(h.url+path+"?story="+story)); err != nil {
		h.t.Fatal(err)
	}
	h.see(until)
}

func (h hands) see(condition string) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.ctx, patience)
	defer cancel()
	if err := until(ctx, condition); err != nil {
		h.t.Fatalf("%v; the focus is on %s", err, value[string](h, `document.activeElement.outerHTML.slice(0, 200)`))
	}
}

func (h hands) keys(all ...string) {
	h.t.Helper()
	for _, k := range all {
		if err := chromedp.Do(h.ctx, chromedp.KeyEvent(k)); err != nil {
			h.t.Fatal(err)
		}
	}
}

func (h hands) chord(key string, with chromedp.Modifier) {
	h.t.Helper()
	if err := chromedp.Do(h.ctx, chromedp.KeyEvent(key, chromedp.KeyModifiers(with))); err != nil {
		h.t.Fatal(err)
	}
}

// taken presses a key that the page takes for itself. A browser then makes no
// character of it, but the protocol would.
func (h hands) taken(key string) {
	h.t.Helper()
	noCharacter := func(p *input.DispatchKeyEventParams) {
		if p.Type == kb.KeyChar {
			p.Modifiers |= int64(chromedp.ModifierCtrl) // chromedp leaves it out
		}
	}
	if err := chromedp.Do(h.ctx, chromedp.KeyEvent(key, noCharacter)); err != nil {
		h.t.Fatal(err)
	}
}

func value[T any](h hands, js string) T {
	h.t.Helper()
	v, err := chromedp.Run(h.ctx, chromedp.Evaluate[T](js))
	if err != nil {
		h.t.Fatal(err)
	}
	return v
}

func focused(id string) string { return fmt.Sprintf("document.activeElement.id === %q", id) }

func listByKeyboard(h hands) {
	h.visit("/", "chats", list)
	h.chord("k", chromedp.ModifierCtrl)
	h.see(focused("search"))
	h.keys("j", "o", "n")
	h.see(`document.querySelectorAll("#chat-list a").length === 1`)
	h.keys(kb.Escape)
	h.see(`document.querySelectorAll("#chat-list a").length > 5 && document.querySelector("#search").value === ""`)
	h.keys(kb.ArrowDown, kb.ArrowDown, kb.ArrowDown)
	h.see(focused("row-100000000000005@lid"))
	h.see(`document.querySelectorAll('#chat-list a[tabindex="0"]').length === 1`)
	h.keys(kb.Enter)
	h.see(`location.pathname === "` + failedPath + `" && ` + focused("composer"))
	h.keys(kb.Escape)
	h.see(`location.pathname === "/" && ` + focused("row-100000000000005@lid"))
	h.keys("?")
	h.see(`document.querySelector("#help[open]")`)
	h.keys(kb.Escape)
	h.see(`!document.querySelector("#help") && ` + focused("row-100000000000005@lid"))
}

func dialogFocus(h hands) {
	h.visit("/", "no-consent", list)
	value[bool](h, `document.querySelector("#new-chat").focus() ?? true`)
	h.keys(kb.Enter)
	h.see(`document.querySelector("#new-chat-dialog[open]") && ` + focused("phone"))
	for range 12 {
		h.keys(kb.Tab)
		if value[bool](h, `!(document.activeElement === document.body || document.querySelector("#new-chat-dialog").contains(document.activeElement))`) {
			h.t.Fatal("the focus left the dialog")
		}
	}
	value[bool](h, `document.querySelector("#phone").focus() ?? true`)
	h.keys("h", "i", kb.Enter)
	h.see(`document.querySelector("#phone").getAttribute("aria-invalid") === "true" && document.querySelector("#phone-hint").innerText.includes("country code")`)
	value[bool](h, `document.querySelector("#phone").select() ?? true`)
	h.keys("+", "4", "9", "3", "0", "9", "0", "1", "8", "2", "0", kb.Enter)
	h.see(`document.querySelector('#phone-answer[data-status="no_consent"]').innerText.includes("Third-party chats")`)
	h.keys(kb.Escape)
	h.see(`!document.querySelector("dialog") && location.pathname === "/" && ` + focused("new-chat"))
}

func backOnAPhone(h hands) {
	const visible = `!!document.querySelector(%q)?.offsetParent`
	h.visit("/", "chats", list)
	value[bool](h, `document.querySelector("#chat-list a").click() ?? true`)
	h.see(bubble)
	h.see(fmt.Sprintf(visible, "#composer") + " && !(" + fmt.Sprintf(visible, "#chat-list") + ")")
	value[bool](h, `history.back() ?? true`)
	h.see(`location.pathname === "/" && ` + fmt.Sprintf(visible, "#chat-list") + " && !(" + fmt.Sprintf(visible, "#main") + ")")
	value[bool](h, `document.querySelector("#chat-list a").click() ?? true`)
	h.see(bubble)
	length := value[int](h, "history.length")
	value[bool](h, `document.querySelector("#back").click() ?? true`)
	h.see(`location.pathname === "/"`)
	if now := value[int](h, "history.length"); now != length {
		h.t.Errorf("the back button made the history longer, from %d to %d", length, now)
	}
}

func olderStaysPut(h hands) {
	h.visit(miraPath, "long", bubble)
	if atEnd := value[float64](h, `document.querySelector("#thread").scrollTop`); atEnd != 0 {
		h.t.Errorf("the thread opens at %v, not at its end", atEnd)
	}
	count := value[int](h, `document.querySelectorAll("#thread [data-id]").length`)
	// Where the bubble that is 30 from the end stands, before and after.
	place := `(() => { const all = [...document.querySelectorAll("#thread [data-id]")]; return Math.round(all[all.length - 30].getBoundingClientRect().top); })()`
	before := value[int](h, `(document.querySelector("#thread").scrollTop = -1900, `+place+`)`)
	h.see(fmt.Sprintf(`document.querySelectorAll("#thread [data-id]").length > %d`, count)) // fetched by itself near the top
	if after := value[int](h, place); after != before {
		h.t.Errorf("what is read moved from %d to %d", before, after)
	}
	h.see(`!document.querySelector("#jump").disabled`)
	value[bool](h, `document.querySelector("#jump").click() ?? true`)
	h.see(`document.querySelector("#thread").scrollTop === 0`)
	h.see(`document.querySelector("#jump").disabled`)
}

func composerGrows(h hands) {
	h.visit(miraPath, "chats", bubble)
	height := func() float64 { return value[float64](h, `document.querySelector("#composer").offsetHeight`) }
	value[bool](h, `document.querySelector("#composer").focus() ?? true`)
	low := height()
	h.keys("o", "n", "e")
	h.chord(kb.Enter, chromedp.ModifierShift)
	h.keys("t", "w", "o")
	if tall := height(); tall <= low {
		h.t.Errorf("two lines are as high as one: %v", tall)
	}
	for range 30 {
		h.chord(kb.Enter, chromedp.ModifierShift)
	}
	if most := height(); most > 170 {
		h.t.Errorf("it grows without end: %v", most)
	}
	h.keys("x")
	h.taken(kb.Enter)
	h.see(`[...document.querySelectorAll('[data-state="pending"]')].some((b) => b.innerText.includes("two"))`)
	h.see(`document.querySelector("#composer").value === "" && ` + focused("composer"))
	if again := height(); again != low {
		h.t.Errorf("it stays %v high after sending, not %v", again, low)
	}
	h.see(`document.querySelector("#thread").scrollTop === 0`)
}

func messagesByArrows(h hands) {
	h.visit(miraPath, "chats", bubble)
	value[bool](h, `document.querySelector('#thread .more[tabindex="0"]').focus() ?? true`)
	last := value[string](h, "document.activeElement.id")
	h.keys(kb.ArrowUp, kb.ArrowUp)
	h.see(`document.activeElement.className === "more" && !(` + focused(last) + `)`)
	h.see(`document.querySelectorAll('#thread .more[tabindex="0"]').length === 1`)
	h.keys(kb.Enter)
	h.see(`document.querySelector("#menu[open] .actions") && document.activeElement.closest("#menu")`)
	h.keys(kb.Escape)
	h.see(`!document.querySelector("#menu") && location.pathname !== "/"`)
	h.keys(kb.End)
	h.see(focused(last))
}

func fitsZoomed(h hands) {
	for path, ready := range map[string]string{
		"/": list, miraPath: bubble, "/new": `document.querySelector("#phone")`,
		"/settings/third-party": `document.querySelector("#third-party")`, "/settings/sessions": `document.querySelector("#sessions")`,
	} {
		h.visit(path, "chats", ready)
		if wide := value[string](h, tooWide); wide != "" {
			h.t.Errorf("%s is wider than the window: %s", path, wide)
		}
	}
	h.visit("/", "signed-out", card)
	if !value[bool](h, `(document.querySelector("#submit").scrollIntoView(), document.querySelector("#submit").getBoundingClientRect().bottom <= innerHeight)`) {
		h.t.Error("the button of the sign-in card cannot be reached")
	}
}

// fingers looks for what can be pressed but is less than 44 pixels high, as an
// area of its own rather than within a line of text.
func fingers(h hands) {
	const small = `[...document.querySelectorAll("button, a, input, textarea")].filter((e) => {
		const box = e.getBoundingClientRect();
		if (!e.offsetParent || box.width === 0 || e.matches(".skip, .more, .text-link, input[type=radio], .input, .search-input, .composer, .link")) return false;
		return box.height < 43.5 && e.closest(".search") === null;
	}).map((e) => e.outerHTML.slice(0, 80) + " " + e.getBoundingClientRect().height).join("\n")`
	for path, ready := range map[string]string{
		"/": list, failedPath: bubble, "/new": `document.querySelector("#phone")`, "/settings": `document.querySelector(".menu")`,
		"/settings/third-party": `document.querySelector("#third-party")`, "/settings/sessions": `document.querySelector("#sessions")`,
		"/settings/appearance": `document.querySelector(".choice")`,
	} {
		h.visit(path, "chats", ready)
		if found := value[string](h, small); strings.TrimSpace(found) != "" {
			h.t.Errorf("%s has\n%s", path, found)
		}
	}
}
