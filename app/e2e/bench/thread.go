package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/chromedp/chromedp"

	"ferry/app/e2e/chrome"
	"ferry/app/e2e/devsite"
	"ferry/app/internal/gowasm"
)

// hugeChat is how many messages the long chat has.
const hugeChat = 100_000

// thread measures a chat of 100,000 messages in the store of a real browser,
// under the built page and core: opening, scrolling, and searching it.
func thread(ctx context.Context) error {
	url, stop, err := serveSeeded(ctx)
	if err != nil {
		return err
	}
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	tab, end, err := chrome.Start(ctx, chrome.Options{})
	if err != nil {
		return err
	}
	defer end()
	if err := chromedp.Do(tab, chromedp.EmulateViewport(1440, 900), chromedp.Navigate(url+"/seed/")); err != nil {
		return err
	}
	seeded, err := chromedp.Run(tab, chromedp.Evaluate[float64](`ferrySeedDone`, chromedp.EvalAwaitPromise))
	if err != nil {
		return fmt.Errorf("fill the store: %w", err)
	}
	fmt.Printf("filling the store               %5.1f s   %.0f messages/s\n", seeded/1000, hugeChat/seeded*1000)
	if err := signInto(tab, url); err != nil {
		return err
	}
	for _, part := range []func(context.Context, string) error{opening, scrolling, searching} {
		if err := part(tab, url); err != nil {
			return err
		}
	}
	return nil
}

// serveSeeded serves the built site, and the seed beside it on the same origin.
func serveSeeded(ctx context.Context) (url string, stop func(), err error) {
	dir, err := os.MkdirTemp("", "ferry-bench-seed")
	if err != nil {
		return "", nil, err
	}
	wasm := filepath.Join(dir, "seed.wasm")
	if err := gowasm.Build(ctx, wasm, "./app/e2e/seed"); err != nil {
		return "", nil, err
	}
	glue, err := gowasm.Glue(ctx)
	if err != nil {
		return "", nil, err
	}
	site, err := devsite.New("web/dist")
	if err != nil {
		return "", nil, fmt.Errorf("%w (make build first)", err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", site)
	mux.HandleFunc("/seed/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, seedPage, hugeChat)
	})
	for path, file := range map[string]string{
		"/seed/seed.wasm": wasm, "/seed/go.js": glue,
		"/seed/seal.js": "web/static/js/seal.js",
	} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, file) })
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }() // ends with Close below
	return "http://" + listener.Addr().String(), func() { server.Close(); os.RemoveAll(dir) }, nil
}

// The account is the one that devsite signs everybody in to.
const seedPage = `<!doctype html><meta charset=utf-8><title>seed</title>
<script src="go.js"></script><script src="seal.js"></script>
<script>
globalThis.ferrySeed = {store: "ferry-1000000001", messages: %d};
globalThis.ferrySeedDone = new Promise((done, failed) => {
	const began = performance.now();
	globalThis.ferrySeeded = (outcome) => outcome === "done" ? done(performance.now() - began) : failed(new Error(outcome));
});
const go = new Go();
WebAssembly.instantiateStreaming(fetch("seed.wasm"), go.importObject).then(({instance}) => go.run(instance));
</script>`

// waitFor resolves once an expression is true in the page.
func waitFor(expr string) string {
	return fmt.Sprintf(`new Promise((done) => {
		const look = () => { const v = %s; if (v) { watch.disconnect(); done(true); } };
		const watch = new MutationObserver(look);
		watch.observe(document, {subtree: true, childList: true, attributes: true, characterData: true});
		look();
	})`, expr)
}

func await(ctx context.Context, expr string) error {
	_, err := chromedp.Run(ctx, chromedp.Evaluate[bool](waitFor(expr), chromedp.EvalAwaitPromise))
	return err
}

func signInto(tab context.Context, url string) error {
	if err := chromedp.Do(tab, chromedp.Navigate(url+"/")); err != nil {
		return err
	}
	if err := await(tab, `document.getElementById("username")`); err != nil {
		return err
	}
	if err := chromedp.Do(tab, chromedp.SendKeys("#username", "ada"), chromedp.SendKeys("#password", "correct horse"), chromedp.Click("#submit")); err != nil {
		return err
	}
	return await(tab, `document.querySelector("#chat-list a[data-chat]")`)
}

const longChat = `document.querySelector('#chat-list a[data-chat="100000000000002@lid"]')`

// opening measures from the click on the chat in a page at rest until the frame
// that shows its end is drawn, and that of a chat of 20 messages for comparison.
func opening(tab context.Context, url string) error {
	open := func(chat string) (float64, error) {
		row := fmt.Sprintf(`document.querySelector('#chat-list a[data-chat="%s"]')`, chat)
		return chromedp.Run(tab, chromedp.Evaluate[float64](fmt.Sprintf(`(async () => {
			await new Promise(requestIdleCallback);
			const began = performance.now();
			%s.click();
			await %s;
			await new Promise(requestAnimationFrame);
			await new Promise((drawn) => {
				const { port1, port2 } = new MessageChannel();
				port1.onmessage = drawn;
				port2.postMessage(0);
			});
			return performance.now() - began;
		})()`, row, waitFor(fmt.Sprintf(`document.querySelector('#thread[data-chat="%s"] [data-id]')`, chat))), chromedp.EvalAwaitPromise))
	}
	var large, small []float64
	for range 7 {
		if err := chromedp.Do(tab, chromedp.Navigate(url+"/")); err != nil {
			return err
		}
		if err := await(tab, longChat); err != nil {
			return err
		}
		l, err := open("100000000000002@lid")
		if err != nil {
			return err
		}
		s, err := open("100000000000003@lid")
		if err != nil {
			return err
		}
		large, small = append(large, l), append(small, s)
	}
	fmt.Printf("opening 100,000 messages        %5.0f ms   best %.0f, first time %.0f (target: < 100)   one of 20: %.0f ms   ratio %.2f\n",
		median(large), slices.Min(large), large[0], median(small), median(large)/median(small))
	return nil
}

// scrolling goes up by a tenth of the screen a frame.
func scrolling(tab context.Context, url string) error {
	if err := chromedp.Do(tab, chromedp.Navigate(url+"/chat/100000000000002@lid")); err != nil {
		return err
	}
	if err := await(tab, `document.querySelector("#thread [data-id]")`); err != nil {
		return err
	}
	raw, err := chromedp.Run(tab, chromedp.Evaluate[string](`(async () => {
		const box = document.querySelector("#thread"), frames = [];
		let most = 0, before = 0, stuck = 0;
		for (let i = 0; i < 600; i++) {
			const now = await new Promise(requestAnimationFrame);
			if (i > 0) frames.push(now - before);
			before = now;
			const was = box.scrollTop;
			box.scrollTop -= 80;
			if (box.scrollTop === was) stuck++;
			most = Math.max(most, box.querySelectorAll("[data-id]").length);
		}
		frames.sort((a, b) => a - b);
		const at = (p) => frames[Math.floor(p * (frames.length - 1))];
		return JSON.stringify({p50: at(0.5), p95: at(0.95), max: at(1), most, stuck, oldest: document.querySelectorAll("#thread [data-id]").length});
	})()`, chromedp.EvalAwaitPromise))
	if err != nil {
		return err
	}
	var f struct{ P50, P95, Max, Most, Stuck float64 }
	if err := json.Unmarshal([]byte(raw), &f); err != nil {
		return err
	}
	fmt.Printf("scrolling up, a frame           p50 %.1f ms   p95 %.1f ms (target: <= 32)   max %.1f ms   at most %.0f bubbles   waited for a page in %.0f of 600 frames\n", f.P50, f.P95, f.Max, f.Most, f.Stuck)
	return nil
}

// searching measures from the input event to the frame with the first hit, and
// until there is nothing left to look through or the first 30 hits are there.
func searching(tab context.Context, url string) error {
	if err := chromedp.Do(tab, chromedp.Navigate(url+"/")); err != nil {
		return err
	}
	if err := await(tab, longChat); err != nil {
		return err
	}
	// Nothing of the search before may be taken for an answer to this one.
	const atRest = `!document.querySelector("#search-results, .hit, #side .empty") && ` + longChat
	find := func(text string) (first, all float64, hits int, err error) {
		raw, err := chromedp.Run(tab, chromedp.Evaluate[string](fmt.Sprintf(`(async () => {
			const field = document.getElementById("search"), type = (text) => { field.value = text; field.dispatchEvent(new Event("input", {bubbles: true})); };
			type(""); await %s;
			const began = performance.now();
			type(%q);
			await %s; await new Promise(requestAnimationFrame);
			const first = performance.now() - began;
			await %s;
			return JSON.stringify([first, performance.now() - began, document.querySelectorAll(".hit").length]);
		})()`, waitFor(atRest), text,
			waitFor(`document.querySelector(".hit, #search-results[data-done=true], #side .empty")`),
			waitFor(`document.querySelector("#search-results[data-done=true], #side .empty")`)), chromedp.EvalAwaitPromise))
		if err != nil {
			return 0, 0, 0, err
		}
		var v [3]float64
		err = json.Unmarshal([]byte(raw), &v)
		return v[0], v[1], int(v[2]), err
	}
	for _, text := range []string{"boat", "boat ecole", "needle", "nothing", "needle", "nothing"} {
		first, all, hits, err := find(text)
		if err != nil {
			return err
		}
		if (hits == 0) != (text == "nothing") {
			return fmt.Errorf("searching %q: %d hits", text, hits)
		}
		fmt.Printf("searching %-12q          first answer %5.0f ms (target: < 100)   all %5.0f ms   %d hits shown\n", text, first, all, hits)
	}
	return nil
}
