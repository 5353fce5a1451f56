// Package corelife tests how the core lives and dies in a real browser: tabs
// that come, go and crash, an update, a network that is gone.
package corelife

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"ferry/app/e2e/chrome"
	"ferry/app/internal/gowasm"
	"ferry/app/internal/site"
)

// patience bounds every wait for the browser.
const patience = 60 * time.Second

var built = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "ferry-corelife-")
	if err != nil {
		return "", err
	}
	return dir, buildSite(dir)
})

func TestMain(m *testing.M) {
	code := m.Run()
	if dir, err := built(); err == nil {
		os.RemoveAll(dir)
	}
	os.Exit(code)
}

func buildSite(dir string) error {
	wasm := func(pkg, name string) ([]byte, error) {
		out := filepath.Join(dir, name)
		if err := gowasm.Build(context.Background(), out, pkg); err != nil {
			return nil, err
		}
		return os.ReadFile(out)
	}
	page, err := wasm("ferry/app/e2e/harness", "harness.wasm")
	if err != nil {
		return err
	}
	core, err := wasm("ferry/app/core", "core.wasm")
	if err != nil {
		return err
	}
	name, err := gowasm.Glue(context.Background())
	if err != nil {
		return err
	}
	glue, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	parts, err := site.FetchParts(context.Background())
	if err != nil {
		return err
	}
	attach, err := wasm("ferry/app/e2e/attachcore", "attach.wasm")
	if err != nil {
		return err
	}
	for i, name := range []string{"site", "site2", "attach"} { // the second is a newer build, the third a core without an engine
		core := core
		if name == "attach" {
			core = attach
		}
		s, err := site.Make(site.Input{Static: os.DirFS("../../../web/static"), Page: append(page[:len(page):len(page)], wasmCustom(i)...), Core: core, WasmExec: glue, Parts: parts})
		if err != nil {
			return err
		}
		if err := s.WriteQuality(filepath.Join(dir, name), 1); err != nil {
			return err
		}
	}
	return nil
}

// wasmCustom is an empty custom section, which makes another build of the same code.
func wasmCustom(n int) []byte {
	name := strings.Repeat("x", n+1)
	return append([]byte{0, byte(len(name) + 1), byte(len(name))}, name...)
}

// world is a browser and a server.
type world struct {
	t       *testing.T
	server  *httptest.Server
	handler *swap
	ctx     context.Context
}

func newWorld(t *testing.T, profile string) *world { return worldOf(t, "site", profile) }

// worldOf serves one of the sites.
func worldOf(t *testing.T, site, profile string) *world {
	t.Helper()
	dir, err := built()
	if err != nil {
		t.Fatal(err)
	}
	h := &swap{}
	h.use(t, filepath.Join(dir, site))
	w := &world{t: t, handler: h, server: httptest.NewServer(h)}
	t.Cleanup(w.server.Close)
	w.browser(profile)
	return w
}

func (w *world) browser(profile string) (quit func()) {
	ctx, cancel, err := chrome.Start(context.Background(), chrome.Options{Profile: profile, Flags: []string{
		"js-flags=--max-old-space-size=1024", "use-fake-device-for-media-stream", "use-fake-ui-for-media-stream",
	}})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(cancel)
	w.ctx = ctx
	return cancel
}

// tab is a page of ours.
type tab struct {
	t      *testing.T
	ctx    context.Context
	url    string
	close  func()
	mu     sync.Mutex
	errors []string
}

// tab opens another tab; the first of a world uses the browser's own.
func (w *world) tab(first bool) *tab {
	w.t.Helper()
	p := &tab{t: w.t, ctx: w.ctx, url: w.server.URL, close: func() {}}
	if !first {
		ctx, cancel := chromedp.NewContext(w.ctx)
		p.ctx, p.close = ctx, cancel
		w.t.Cleanup(cancel)
	}
	if err := chromedp.Do(p.ctx, chromedp.Navigate("about:blank")); err != nil {
		w.t.Fatal(err)
	}
	console := chromedp.Console(p.ctx)
	go func() { // ends with the tab
		for m, err := range console {
			if err != nil {
				return
			}
			if m.Type == chromedp.ConsoleError || m.IsException() {
				p.mu.Lock()
				p.errors = append(p.errors, m.Text)
				p.mu.Unlock()
			}
		}
	}()
	p.load()
	return p
}

func (p *tab) load() {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Navigate(p.url+"/")); err != nil {
		p.t.Fatal(err)
	}
	p.until(`!!globalThis.harness`)
	p.eval(`harness.open("1")`)
}

// eval runs JavaScript and gives its text, waiting for a promise.
func (p *tab) eval(js string) string {
	p.t.Helper()
	out, err := p.try(js)
	if err != nil {
		p.t.Fatalf("%s: %v", js, err)
	}
	return out
}

func (p *tab) try(js string) (string, error) {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[string](`(async () => String(await (`+js+`)))()`, chromedp.EvalAwaitPromise))
}

// until waits for a JavaScript condition, also over a navigation.
func (p *tab) until(js string) {
	p.t.Helper()
	deadline := time.Now().Add(patience)
	for {
		out, err := p.try(js)
		if err == nil && out == "true" {
			return
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("until %s: %s, %v", js, out, err)
		}
		time.Sleep(20 * time.Millisecond) // the page has no event for it
	}
}

type reply struct {
	Value json.RawMessage
	Code  string
	Error string
}

// do sends a command and waits for its reply.
func (p *tab) do(cmd string) reply {
	p.t.Helper()
	var r reply
	text := p.eval(`new Promise((done) => harness.do(` + "`" + cmd + "`" + `, done))`)
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		p.t.Fatalf("%s: %v", text, err)
	}
	return r
}

func (p *tab) noErrors() {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range p.errors {
		p.t.Errorf("console: %s", e)
	}
}
