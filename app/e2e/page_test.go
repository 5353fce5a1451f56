package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"ferry/app/e2e/chrome"
)

// patience bounds every wait for the page.
const patience = 60 * time.Second

// page is a person at a browser tab.
type page struct {
	t    *testing.T
	ctx  context.Context
	url  string
	kill func()
}

// openPage starts Chromium with a profile folder and opens the relay's page.
func openPage(t *testing.T, url, profile string) *page {
	t.Helper()
	return openPageIn(t, url, chrome.Options{Profile: profile})
}

// openPageIn starts a Chromium of that kind and opens the relay's page.
func openPageIn(t *testing.T, url string, o chrome.Options) *page {
	t.Helper()
	ctx, cancel, err := chrome.Start(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	p := &page{t: t, ctx: ctx, url: url, kill: cancel}
	t.Cleanup(cancel)
	console := chromedp.Console(ctx)
	go func() { // ends with the browser
		for m, err := range console {
			if err != nil {
				return
			}
			fmt.Fprintf(os.Stderr, "console: %s\n", m.Text)
		}
	}()
	p.do(chromedp.EmulateViewport(1440, 900))
	p.visit("/")
	return p
}

func (p *page) visit(path string) {
	p.t.Helper()
	p.do(chromedp.Navigate(p.url + path))
}

func (p *page) do(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		p.fail("%v", err)
	}
}

// fill types text into the field of that id, over what was there.
func (p *page) fill(id, text string) {
	p.t.Helper()
	p.seen("document.getElementById(" + quote(id) + ")")
	// Keys go to what has the focus: chromedp.SendKeys reads attributes while they change.
	p.do(chromedp.Focus("#"+id), chromedp.KeyEvent(kb.End), chromedp.KeyEvent(text))
}

// press clicks the element that the selector finds with the mouse, once it is
// there, enabled, holds still and has nothing before it.
func (p *page) press(selector string) {
	p.t.Helper()
	find := "document.querySelector(" + quote(selector) + ")"
	p.seen("(e => e && !e.disabled)(" + find + ")")
	script := fmt.Sprintf(`new Promise((done) => {
		let before = '', still = 0, begun = Date.now();
		const look = () => {
			const e = %s, label = e && e.closest('label');
			if (e && !e.disabled) {
				e.scrollIntoView({block: 'nearest', behavior: 'instant'});
				const r = e.getBoundingClientRect(), x = r.x + r.width / 2, y = r.y + r.height / 2;
				const hit = document.elementFromPoint(x, y), place = [r.x, r.y, r.width, r.height].join();
				still = place === before ? still + 1 : 0;
				// A screen that is just being built stands still for a frame or two, and moves on.
				if (still > 2 && hit && (e.contains(hit) || label && label.contains(hit))) return done([x, y]);
				before = place;
			}
			if (Date.now() - begun > %d) return done([]);
			setTimeout(look, 30);
		};
		look();
	})`, find, patience.Milliseconds())
	at, err := chromedp.Run(p.ctx, chromedp.Evaluate[[]float64](script, chromedp.EvalAwaitPromise))
	if err != nil || len(at) != 2 {
		p.fail("%s cannot be clicked: %v", selector, err)
	}
	p.do(chromedp.MouseClickXY(at[0], at[1]))
}

// seen waits until a JavaScript expression is true in the page.
func (p *page) seen(expr string) {
	p.t.Helper()
	script := fmt.Sprintf(`new Promise((done) => {
		let timer, again, watch;
		const end = (seen) => { clearTimeout(timer); clearInterval(again); watch.disconnect(); done(seen); };
		const look = () => { if (%s) end(true); };
		watch = new MutationObserver(look);
		watch.observe(document, {subtree: true, childList: true, attributes: true, characterData: true});
		timer = setTimeout(() => end(false), %d);
		again = setInterval(look, 50); // for what leaves no trace in the document: places, the focus, what is in a field
		look();
	})`, expr, patience.Milliseconds())
	deadline := time.Now().Add(patience)
	for {
		ok, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool](script, chromedp.EvalAwaitPromise))
		if err == nil && ok {
			return
		}
		// A navigation destroys the promise: look again in the new page.
		if err == nil || time.Now().After(deadline) {
			p.fail("never saw %s (%v)", expr, err)
		}
	}
}

// bubble waits for a message with that text in that state, in the open thread.
func (p *page) bubble(text, state string) {
	p.t.Helper()
	p.seen(fmt.Sprintf(`[...document.querySelectorAll('[data-id]')].some(e => e.innerText.includes(%s) && e.dataset.state === %s)`,
		quote(text), quote(state)))
}

// count is the number of bubbles with that text.
func (p *page) count(text string) int {
	p.t.Helper()
	n, err := chromedp.Run(p.ctx, chromedp.Evaluate[int](fmt.Sprintf(
		`[...document.querySelectorAll('[data-id]')].filter(e => e.innerText.includes(%s)).length`, quote(text))))
	if err != nil {
		p.fail("count: %v", err)
	}
	return n
}

// eval gives the value of an expression as text.
func (p *page) eval(expr string) string {
	p.t.Helper()
	s, err := chromedp.Run(p.ctx, chromedp.Evaluate[string]("String("+expr+")"))
	if err != nil {
		p.fail("%s: %v", expr, err)
	}
	return s
}

// text is all that the page shows.
func (p *page) text() string {
	s, err := chromedp.Run(p.ctx, chromedp.Evaluate[string]("document.body.innerText"))
	if err != nil {
		return err.Error()
	}
	return s
}

// send types a message and presses Enter.
func (p *page) send(text string) {
	p.t.Helper()
	p.fill("composer", text)
	p.do(takenKey(kb.Enter))
}

// fail ends the test with what the page shows and a picture of it.
func (p *page) fail(format string, args ...any) {
	p.t.Helper()
	dir := filepath.Join("..", "..", "build", "failed")
	if png, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot()); err == nil {
		if os.MkdirAll(dir, 0o755) == nil {
			_ = os.WriteFile(filepath.Join(dir, filepath.Base(p.t.Name())+".png"), png, 0o644)
		}
	}
	p.t.Fatalf("%s\n-- the page shows:\n%s", fmt.Sprintf(format, args...), p.text())
}

func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // strings always marshal
	}
	return string(b)
}
