package e2e

import "github.com/chromedp/chromedp"

// beside opens another tab of the same browser, as in two windows side by side.
func (p *page) beside(path string) *page {
	p.t.Helper()
	ctx, cancel := chromedp.NewContext(p.ctx)
	p.t.Cleanup(cancel)
	// The tab lives as long as the context of what is done first in it.
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		p.t.Fatal(err)
	}
	other := &page{t: p.t, ctx: ctx, url: p.url, kill: cancel}
	other.do(chromedp.EmulateViewport(1440, 900))
	other.visit(path)
	return other
}

const (
	adaPhone = "+4915510000002"
	adaPath  = "/wa/4915510000002"
)

// becomes makes a phone in the sandbox and is its WhatsApp, linked to it.
func (p *page) becomes(phone, name string) {
	p.t.Helper()
	p.fill("phone-name", name)
	p.fill("phone-number", phone)
	p.press("#phone-make")
	p.seen("document.querySelector('#persona[data-phone=" + quote(phone[1:]) + "]')")
	p.seen("document.getElementById('empty-action')")
}

// takes goes through the steps that turn third-party chats on, for provider 7.
func (p *page) takes(at string) {
	p.t.Helper()
	p.visit(at + "/settings/third-party")
	p.seen("document.querySelector('#consent[data-state=off]')")
	p.press("#consent-begin")
	p.seen("document.querySelector('#consent-step[data-step=\"1\"]')")
	p.press("#consent-continue")
	p.press("label[for=choose-7]")
	p.press("#consent-continue")
	p.press("label[for=inbox-separate]")
	p.press("#consent-finish")
	p.seen("document.getElementById('consent-done')")
}
