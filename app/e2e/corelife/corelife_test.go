package corelife

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf16"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

const snapshot = `{"type":"snapshot"}`

// instance tells cores apart by the lock that each holds for life.
func (p *tab) instance() string {
	p.t.Helper()
	p.until(`navigator.locks.query().then((q) => q.held.some((l) => l.name.startsWith("ferry-alive:")))`)
	return p.eval(`navigator.locks.query().then((q) => q.held.map((l) => l.name).filter((n) => n.startsWith("ferry-alive:")).join())`)
}

func (p *tab) mustAnswer() {
	p.t.Helper()
	if r := p.do(snapshot); r.Code != "" || len(r.Value) == 0 {
		p.t.Fatalf("snapshot: %+v", r)
	}
}

func TestOneCoreServesAllTabsAndOutlivesTheFirst(t *testing.T) {
	w := newWorld(t, "")
	one := w.tab(true)
	one.mustAnswer()
	id := one.instance()
	two := w.tab(false)
	two.mustAnswer()
	if got := two.instance(); got != id {
		t.Errorf("a second core: %s and %s", id, got)
	}
	one.noErrors()
	two.noErrors()

	// Crashing the first tab kills the core that lives in its process.
	go func() { _, _ = chromedp.Call(one.ctx, page.Crash, cdp.Empty{}) }() // never answers
	two.until(`JSON.parse(harness.state()).resyncs > 0`)
	two.mustAnswer()
	if got := two.instance(); got == id {
		t.Error("the core did not die with its tab: this test shows nothing")
	}
	two.noErrors()
}

func TestAReloadOfTheOnlyTabKeepsTheCore(t *testing.T) {
	w := newWorld(t, "")
	p := w.tab(true)
	p.mustAnswer()
	id := p.instance()
	p.load()
	p.mustAnswer()
	if got := p.instance(); got != id {
		t.Errorf("a new core: %s after %s", got, id)
	}
	p.noErrors()
}

func TestADraftOutlivesTheBrowserAndIsNotLegible(t *testing.T) {
	profile := filepath.Join(t.TempDir(), "profile")
	w := newWorld(t, "")
	quit := w.browser(profile)
	p := w.tab(true)
	p.mustAnswer()
	p.eval(`harness.setDraft("4917@lid", "meet me at the quay")`)
	p.until(`new Promise((done) => setTimeout(() => done(true), 700))`)
	p.mustAnswer() // after the note, in order
	quit()
	grep(t, profile, "meet me at the quay", "4917@lid")

	w.browser(profile)
	p = w.tab(true)
	p.mustAnswer()
	if got := p.eval(`harness.draft("4917@lid")`); got != "meet me at the quay" {
		t.Errorf("the draft is %q", got)
	}
}

func TestFerryStartsWithoutANetwork(t *testing.T) {
	w := newWorld(t, "")
	p := w.tab(true)
	p.mustAnswer()
	p.until(`navigator.serviceWorker.ready.then(() => true)`)
	w.server.Config.Handler = nil
	w.server.CloseClientConnections()
	w.server.Listener.Close()
	p.load()
	p.mustAnswer()
}

func TestAnUpdateWaitsUntilTheUserAsksForIt(t *testing.T) {
	w := newWorld(t, "")
	p := w.tab(true)
	p.mustAnswer()
	p.until(`navigator.serviceWorker.ready.then(() => true)`)
	p.load()
	p.mustAnswer()
	old := p.eval(`ferry.build`)
	dir, _ := built()
	w.handler.use(t, filepath.Join(dir, "site2"))
	p.eval(`navigator.serviceWorker.getRegistration().then((r) => r.update()).then(() => true)`)
	p.eval(`new Promise((done) => ferry.onUpdate(() => done(true)))`)
	p.load()
	if got := p.eval(`ferry.build`); got != old {
		t.Errorf("an ordinary reload took the new build")
	}
	p.eval(`new Promise((done) => ferry.onUpdate(() => done(true)))`)
	p.eval(`(setTimeout(() => ferry.reload(), 50), true)`)
	p.until(`globalThis.ferry && ferry.build !== "` + old + `" && !!globalThis.harness`)
	p.eval(`harness.open("1")`)
	p.mustAnswer()
}

func TestANewerBuildTakesOverFromAnOlderTab(t *testing.T) {
	w := newWorld(t, "")
	old := w.tab(true)
	old.mustAnswer()
	old.until(`navigator.serviceWorker.ready.then(() => true)`)
	old.eval(`navigator.serviceWorker.getRegistration().then((r) => r.unregister())`)
	old.eval(`caches.keys().then((names) => Promise.all(names.map((n) => caches.delete(n))))`)
	id := old.instance()
	dir, _ := built()
	w.handler.use(t, filepath.Join(dir, "site2"))
	young := w.tab(false)
	young.mustAnswer()
	if young.instance() == id {
		t.Error("the new build runs on the old core")
	}
	old.until(`harness.state().includes("replaced")`)
	if r := old.do(snapshot); r.Code != "stopped" {
		t.Errorf("the old tab still gets answers: %+v", r)
	}
	young.mustAnswer()
	young.noErrors()
}

func TestWipingLeavesNothing(t *testing.T) {
	w := newWorld(t, "")
	p := w.tab(true)
	p.mustAnswer()
	p.eval(`harness.setDraft("1@lid", "x")`)
	if got := p.eval(`new Promise((done) => harness.wipe(done))`); got != "" {
		t.Errorf("wipe: %s", got)
	}
	if got := p.eval(`indexedDB.databases().then((d) => d.map((x) => x.name).join())`); got != "" {
		t.Errorf("still there: %s", got)
	}
	p.eval(`harness.open("1")`)
	p.mustAnswer()
}

func TestTheBadgeOnTheTabFollowsTheTitle(t *testing.T) {
	w := newWorld(t, "")
	p := w.tab(true)
	calm := p.eval(`document.getElementById("favicon").href`)
	p.eval(`harness.title("(3) Ferry")`)
	if got := p.eval(`document.getElementById("favicon").href`); got == calm {
		t.Error("the icon does not change")
	}
	p.eval(`harness.title("Ferry")`)
	if got := p.eval(`document.getElementById("favicon").href`); got != calm {
		t.Error("the icon does not change back")
	}
	p.noErrors()
}

// grep fails the test if a word is in any file below dir, as UTF-8 or UTF-16.
func grep(t *testing.T, dir string, words ...string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		body, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		files++
		for _, w := range words {
			var wide []byte
			for _, u := range utf16.Encode([]rune(w)) {
				wide = append(wide, byte(u), byte(u>>8))
			}
			if bytes.Contains(body, []byte(w)) || bytes.Contains(body, wide) {
				t.Errorf("%s holds %q", name, w)
			}
		}
		return nil
	})
	if err != nil || files < 10 {
		t.Errorf("%d files looked at, %v", files, err)
	}
}
