package mediakill

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"ferry/app/e2e/chrome"
	"ferry/app/e2e/thirdparty"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/relay/relaytest"
)

// person is a third-party user at a browser with one tab. Commands may be given from any goroutine.
type person struct {
	t       *testing.T
	url     string
	name    string
	profile string
	account string // id; known once there is one

	browser context.Context
	quit    func()

	mu    sync.Mutex
	tab   *tab
	given chan struct{} // closed and replaced when there is another tab
	picks int
}

// tab is one life of the page.
type tab struct {
	ctx   context.Context
	close func()
}

func newPerson(t *testing.T, url, name string) *person {
	t.Helper()
	p := &person{t: t, url: url, name: name, profile: t.TempDir(), given: make(chan struct{})}
	t.Cleanup(func() { p.kill() })
	return p
}

// start starts the browser and opens the page.
func (p *person) start() {
	p.t.Helper()
	ctx, cancel, err := chrome.Start(context.Background(), chrome.Options{Profile: p.profile})
	if err != nil {
		p.t.Fatal(err)
	}
	p.browser, p.quit = ctx, cancel
	p.open()
}

// kill ends the browser with SIGKILL.
func (p *person) kill() {
	p.leave()
	if p.browser == nil {
		return
	}
	if err := chrome.Kill(p.browser); err != nil {
		p.t.Error(err)
	}
	p.quit()
	p.browser = nil
}

// crash ends the page, and the engine that it shares a process with, with SIGKILL.
func (p *person) crash() {
	if err := chrome.KillTabs(p.browser); err != nil {
		p.t.Error(err)
	}
	p.leave()
}

// leave closes the tab.
func (p *person) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.tab != nil {
		p.tab.close()
		p.tab = nil
	}
}

// open opens the page in a new tab, and signs in where that is asked for: Chromium writes cookies late, so a browser
// that was killed may have lost that of a new session.
func (p *person) open() {
	p.t.Helper()
	ctx, cancel := chromedp.NewContext(p.browser)
	b := &tab{ctx: ctx, close: cancel}
	p.retry("open the page", func() error {
		if err := chromedp.Do(ctx, chromedp.Navigate(p.url+"/")); err != nil {
			return err
		}
		_, err := b.eval(ctx, `new Promise((done, no) => { let n = 0; const look = () => globalThis.harness ? done() : n++ > 200 ? no(new Error("no page")) : setTimeout(look, 50); look(); })`)
		return err
	})
	p.retry("sign in", func() error { return p.signIn(b) })
	p.retry("open the engine", func() error {
		_, err := b.eval(ctx, `harness.open(`+quote(p.account)+`)`)
		return err
	})
	p.mu.Lock()
	p.tab = b
	close(p.given)
	p.given = make(chan struct{})
	p.mu.Unlock()
	p.Do(port.Online{Online: true}, nil) // as the page does after somebody has signed in
}

// retry tries until something works: the relay may be on its way back.
func (p *person) retry(what string, try func() error) {
	p.t.Helper()
	for deadline := time.Now().Add(thirdparty.Patience); ; time.Sleep(100 * time.Millisecond) {
		err := try()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("%s: %v", what, err)
		}
	}
}

// signIn finds out the account, or makes one the first time.
func (p *person) signIn(b *tab) error {
	how := "signin"
	if p.account == "" {
		how = "signup"
	}
	text, err := b.eval(b.ctx, fmt.Sprintf(`(async () => {
		let r = await fetch("/api/me");
		if (r.status === 401) r = await fetch("/api/%s", {method: "POST", headers: {"Content-Type": "application/json"},
			body: JSON.stringify({username: %s, password: %s, device: "test"})});
		if (!r.ok) throw new Error("status " + r.status);
		const v = await r.json();
		return (v.account || v).id;
	})()`, how, quote(p.name), quote(relaytest.Password)))
	if err == nil {
		p.account = text
	}
	return err
}

// eval runs JavaScript in the page and gives its text, waiting for a promise.
func (b *tab) eval(ctx context.Context, js string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, thirdparty.Patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[string](`(async () => String(await (`+js+`)))()`, chromedp.EvalAwaitPromise))
}

// do gives a command to the engine.
func (b *tab) do(c port.Command) (r port.Reply, err error) {
	raw, err := port.EncodeCommand(c)
	if err != nil {
		return r, err
	}
	text, err := b.eval(b.ctx, `new Promise((done) => harness.do(`+quote(string(raw))+`, done))`)
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal([]byte(text), &r)
}

// with does something in the page that there is, and again in the next one if that one is lost. The error is ctx's, or
// that of a page that is still there.
func (p *person) with(ctx context.Context, do func(*tab) error) error {
	for {
		p.mu.Lock()
		b, given := p.tab, p.given
		p.mu.Unlock()
		if b != nil {
			err := do(b)
			if err == nil {
				return nil
			}
			if b.ctx.Err() == nil && !p.lost(ctx, b) {
				return err
			}
		}
		select {
		case <-given:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// lost waits a moment for the news that a page is gone: what it was asked fails before.
func (p *person) lost(ctx context.Context, b *tab) bool {
	select {
	case <-b.ctx.Done():
		return true
	case <-ctx.Done():
		return true
	case <-time.After(10 * time.Second):
		return false
	}
}

// Ask gives a command until there is a reply, to one page after the other.
func (p *person) Ask(ctx context.Context, c port.Command) (r port.Reply, err error) {
	err = p.with(ctx, func(b *tab) (err error) {
		r, err = b.do(c)
		return err
	})
	return r, err
}

// Do gives a command that must succeed, and decodes the value of its reply into out, if that is not nil.
func (p *person) Do(c port.Command, out any) {
	p.t.Helper()
	ctx, cancel := thirdparty.Within()
	defer cancel()
	r, err := p.Ask(ctx, c)
	if err != nil || r.Code != "" {
		p.t.Fatalf("%T: %+v %v", c, r, err)
	}
	if out == nil {
		return
	}
	if err := json.Unmarshal(r.Value, out); err != nil {
		p.t.Fatalf("%T: %v in %s", c, err, r.Value)
	}
}

// pick hands a file of the disk over to the engine, as if it had been dropped on the page.
func (p *person) pick(b *tab, path, name string) (model.FileID, error) {
	p.mu.Lock()
	p.picks++
	field := fmt.Sprintf("pick%d", p.picks)
	p.mu.Unlock()
	if _, err := b.eval(b.ctx, fmt.Sprintf(`(() => { const i = document.createElement("input"); i.type = "file"; i.id = %q; document.body.append(i); })()`, field)); err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(b.ctx, thirdparty.Patience)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.SetUploadFiles("#"+field, []string{path})); err != nil {
		return "", err
	}
	id, err := b.eval(b.ctx, fmt.Sprintf(`(async () => {
		const field = document.getElementById(%q), data = new DataTransfer();
		const known = (JSON.parse(files.state()).told || []).length;
		data.items.add(field.files[0]);
		document.body.dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true}));
		field.remove();
		for (;;) {
			const told = (JSON.parse(files.state()).told || []).slice(known).flat().find((f) => f.Media.name === %s);
			if (told) {
				const said = JSON.parse(await new Promise((done) => files.handOver(told.File, done)));
				if (said.error) throw new Error(said.error);
				files.discard(told.File);
				return told.File;
			}
			await new Promise((done) => setTimeout(done, 10));
		}
	})()`, field, quote(name)))
	return model.FileID(id), err
}

// thread is a thread from an order on, oldest first.
func (p *person) thread(ctx context.Context, chat model.ChatID, from uint64) ([]model.Message, error) {
	var all []model.Message
	before := uint64(0)
	for {
		var page port.MessagePage
		r, err := p.Ask(ctx, port.Messages{Chat: chat, Before: before, Limit: port.MaxPage})
		if err == nil && r.Code != "" {
			err = errors.New(r.Code)
		}
		if err == nil {
			err = json.Unmarshal(r.Value, &page)
		}
		if err != nil {
			return nil, err
		}
		all = append(page.Messages[:len(page.Messages):len(page.Messages)], all...)
		if !page.More || len(page.Messages) == 0 || page.Messages[0].Order <= from {
			break
		}
		before = page.Messages[0].Order
	}
	i := slices.IndexFunc(all, func(m model.Message) bool { return m.Order >= from })
	if i < 0 {
		return nil, nil
	}
	return all[i:], nil
}

// halted are the events by which an engine gave up.
func (b *tab) halted() string {
	text, err := b.eval(b.ctx, `JSON.parse(harness.state()).events.filter((e) => e.includes('"halted"')).join()`)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(text)
}

func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // strings always marshal
	}
	return string(b)
}
