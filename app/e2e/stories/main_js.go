package main

import (
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/browser/dom"
	"ferry/app/internal/ui"
	"ferry/app/internal/ui/host"
)

// device is the browser, but for who is signed in and the engine.
type device struct {
	*dom.Device
	story story
}

func (d device) Remembered() (host.Account, bool)   { return ada, !d.story.signedOut }
func (d device) Remember(host.Account)              {}
func (d device) OpenCore(host.Account) host.Core    { return &core{story: d.story} }
func (d device) Online() bool                       { return true }
func (d device) Draft(string) string                { return "" }
func (d device) SetDraft(chat string, draft string) {}

// main shows the story that the address names: /chat/1@lid?story=typing.
func main() {
	time.Local = time.UTC
	s := story{signedOut: true}
	query := app.Window().URL().Query()
	if make, ok := stories[query.Get("story")]; ok {
		s = make()
	}
	began := time.Now()
	ui.Mount(ui.Deps{
		Sandbox: sandbox{}, Relay: relay{s}, Device: device{dom.NewDevice(), s}, Files: newFiles(s, query.Get("pick"), query.Get("mic")), Build: "0123456789abcdef",
		Now: func() time.Time { return now.Add(time.Since(began)) },
	})
	app.RunWhenOnBrowser()
}
