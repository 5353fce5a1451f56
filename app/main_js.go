// Command app is page.wasm: the screens, in a browser tab. Natively it is the
// headless client and the writer of the static site.
package main

import (
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/browser/dom"
	"ferry/app/internal/ui"
)

func main() {
	time.Local = dom.Zone()
	device := dom.NewDevice()
	ui.Mount(ui.Deps{Relay: dom.Relay{}, Device: device, Files: dom.NewFiles(device), Sandbox: dom.Sandbox{}, Build: dom.Build()})
	app.RunWhenOnBrowser()
}
