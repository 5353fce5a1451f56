// Package dom is the page's side of the browser: what the screens ask of it,
// and the way to the core. It reaches no key and no store.
package dom

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"syscall/js"
	"time"

	"ferry/app/internal/browser/jsx"
	"ferry/app/internal/ui/host"
)

// Device is the browser tab.
type Device struct {
	drafts drafts
	core   *core
	lock   *pageLock
	handed handed
	badge  int  // as last shown, and one more; 0 before
	left   bool // the page is being left,
	hidden bool // or was
}

var _ host.Device = (*Device)(nil)

// NewDevice gives the tab.
func NewDevice() *Device { return &Device{} }

// Build is the id of the build that this page is of.
func Build() string { return js.Global().Get("ferry").Get("build").String() }

func document() js.Value { return js.Global().Get("document") }

// element finds an element by its id.
func element(id string) (js.Value, bool) {
	el := document().Call("getElementById", id)
	return el, el.Truthy()
}

// Focus gives an element the focus, if it is there. One that is in view does
// not make the page scroll.
func (*Device) Focus(id string) {
	el, ok := element(id)
	if !ok {
		return
	}
	box := el.Call("getBoundingClientRect")
	inView := box.Get("top").Float() >= 0 && box.Get("bottom").Float() <= js.Global().Get("innerHeight").Float()
	el.Call("focus", map[string]any{"preventScroll": inView})
}

// Scroll tells where an element is scrolled to and how far it goes, in CSS pixels.
func (*Device) Scroll(id string) (top, height, viewport float64) {
	el, ok := element(id)
	if !ok {
		return 0, 0, 0
	}
	return el.Get("scrollTop").Float(), el.Get("scrollHeight").Float(), el.Get("clientHeight").Float()
}

// ScrollTo scrolls an element.
func (*Device) ScrollTo(id string, top float64) {
	if el, ok := element(id); ok {
		el.Set("scrollTop", top)
	}
}

// FitText sets a text area's height to its text, at most max CSS pixels.
func (*Device) FitText(id string, max float64) {
	el, ok := element(id)
	if !ok {
		return
	}
	style := el.Get("style")
	style.Call("setProperty", "height", "auto")
	edges := el.Get("offsetHeight").Float() - el.Get("clientHeight").Float()
	height := math.Min(el.Get("scrollHeight").Float()+edges, max)
	style.Call("setProperty", "height", strconv.FormatFloat(height, 'f', 1, 64)+"px")
}

// SetTitle sets the title. A leading count, as in "(3) Ferry", also goes to the
// app's badge and the tab's icon.
func (d *Device) SetTitle(title string) {
	document().Set("title", title)
	if n := countIn(title); n != d.badge-1 {
		d.badge = n + 1
		showCount(n)
	}
}

// showCount is slow: the browser asks another process.
func showCount(n int) {
	nav := js.Global().Get("navigator")
	if nav.Get("setAppBadge").Type() == js.TypeFunction {
		_ = jsx.Try(func() { // refused by some browsers in a tab
			swallow(nav.Call("setAppBadge", n))
		})
	}
	if icon, ok := element("favicon"); ok {
		name := "calm"
		if n > 0 {
			name = "unread"
		}
		if href := icon.Get("dataset").Get(name); href.Type() == js.TypeString && icon.Get("href").String() != href.String() {
			icon.Call("setAttribute", "href", href)
		}
	}
}

func countIn(title string) int {
	if !strings.HasPrefix(title, "(") {
		return 0
	}
	digits, _, _ := strings.Cut(title[1:], ")")
	n, err := strconv.Atoi(strings.TrimSuffix(digits, "+"))
	if err != nil {
		return 0
	}
	return n
}

// swallow lets a promise fail in silence.
func swallow(promise js.Value) {
	if promise.Type() != js.TypeObject {
		return
	}
	var fn js.Func
	fn = js.FuncOf(func(js.Value, []js.Value) any {
		fn.Release()
		return nil
	})
	promise.Call("then", fn, fn)
}

// Names in the browser's local storage. Nothing secret is kept there.
const (
	themeKey   = "ferry.theme"
	accountKey = "ferry.account"
	leavingKey = "ferry.leaving"
)

// keep and kept use the local storage; where it is blocked, nothing is kept.
func keep(key, value string) {
	_ = jsx.Try(func() {
		if value == "" {
			js.Global().Get("localStorage").Call("removeItem", key)
			return
		}
		js.Global().Get("localStorage").Call("setItem", key, value)
	})
}

func kept(key string) (value string) {
	_ = jsx.Try(func() {
		if v := js.Global().Get("localStorage").Call("getItem", key); v.Type() == js.TypeString {
			value = v.String()
		}
	})
	return value
}

// Theme is "system", "light" or "dark".
func (*Device) Theme() string {
	if t := kept(themeKey); t == "light" || t == "dark" {
		return t
	}
	return "system"
}

// SetTheme sets and keeps the theme.
func (*Device) SetTheme(theme string) {
	data := document().Get("documentElement").Get("dataset")
	if theme == "light" || theme == "dark" {
		keep(themeKey, theme)
		data.Set("theme", theme)
		return
	}
	keep(themeKey, "")
	data.Delete("theme")
}

// Remembered is the account that was signed in here last.
func (*Device) Remembered() (host.Account, bool) {
	var a host.Account
	if json.Unmarshal([]byte(kept(accountKey)), &a) != nil || a.ID == "" {
		return host.Account{}, false
	}
	return a, true
}

// Remember keeps the account's id and name, so that the chats show without a network.
func (*Device) Remember(a host.Account) {
	if raw, err := json.Marshal(a); err == nil {
		keep(accountKey, string(raw))
	}
	document().Get("documentElement").Get("dataset").Set("account", "")
}

// Forget is the end of the account in this browser. Messages stay sealed in it
// until they are wiped.
func (d *Device) Forget() {
	keep(accountKey, "")
	d.Leave()
}

// Leave is the end of the account in this tab: its core is left.
func (d *Device) Leave() {
	document().Get("documentElement").Get("dataset").Delete("account")
	d.drafts.reset()
	if d.core != nil {
		d.core.close()
		d.core = nil
	}
}

// Leaving tells whether a sign-out has not reached the relay.
func (*Device) Leaving() bool { return kept(leavingKey) != "" }

// SetLeaving keeps that.
func (*Device) SetLeaving(leaving bool) {
	if leaving {
		keep(leavingKey, "yes")
		return
	}
	keep(leavingKey, "")
}

// OtherTab calls fn when another tab has remembered or forgotten somebody.
func (*Device) OtherTab(fn func()) {
	jsx.Listen(js.Global(), "storage", func(ev js.Value) {
		if key := ev.Get("key"); key.IsNull() || key.String() == accountKey {
			fn()
		}
	})
}

// Visible reports whether the user can see the tab.
func (d *Device) Visible() bool {
	return !d.left && document().Get("visibilityState").String() == "visible"
}

// Online is the browser's opinion; only false is worth much.
func (*Device) Online() bool { return js.Global().Get("navigator").Get("onLine").Bool() }

// stayed is how long after it was about to be left a page that is still there
// stays after all.
const stayed = 3 * time.Second

// Watch calls fn when visibility, connectivity or window size changes. A page
// that is left is told so before it is gone: what fn starts at once still
// reaches the core.
func (d *Device) Watch(fn func()) (cancel func()) {
	on := func(js.Value) { fn() }
	offs := []func(){
		jsx.Listen(js.Global(), "beforeunload", func(js.Value) {
			d.left = true
			fn()
			time.AfterFunc(stayed, func() { d.left = d.hidden; fn() })
		}),
		jsx.Listen(js.Global(), "pagehide", func(js.Value) { d.left, d.hidden = true, true; fn() }),
		jsx.Listen(js.Global(), "pageshow", func(js.Value) { d.left, d.hidden = false, false; fn() }),
		jsx.Listen(document(), "visibilitychange", on),
		jsx.Listen(js.Global(), "online", on),
		jsx.Listen(js.Global(), "offline", on),
		jsx.Listen(js.Global(), "resize", on),
		jsx.Listen(js.Global(), "focus", on),
	}
	return func() {
		for _, off := range offs {
			off()
		}
	}
}

// Copy puts text on the clipboard.
func (*Device) Copy(text string) {
	_ = jsx.Try(func() { swallow(js.Global().Get("navigator").Get("clipboard").Call("writeText", text)) })
}

// Reload loads the newest build there is.
func (*Device) Reload() { js.Global().Get("ferry").Call("reload") }

// UpdateReady is called when a newer build waits to be loaded.
func (*Device) UpdateReady(fn func()) {
	js.Global().Get("ferry").Call("onUpdate", js.FuncOf(func(js.Value, []js.Value) any {
		fn()
		return nil
	}))
}
