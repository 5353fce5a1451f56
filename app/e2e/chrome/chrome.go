// Package chrome starts the distribution's Chromium for tests and tools.
package chrome

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// Options of a browser.
type Options struct {
	Profile string   // directory of the profile; "" for a new one that is removed at the end
	Flags   []string // further switches, without the dashes
	Mic     bool     // a microphone and a camera that are not there, and allowed: they beep and tick
}

// ErrNone: no Chromium is installed.
var ErrNone = errors.New("no chromium found: apt install chromium, or set FERRY_CHROMIUM")

// Find gives the path of a Chromium.
func Find() (string, error) {
	for _, name := range []string{os.Getenv("FERRY_CHROMIUM"), "/usr/lib/chromium/chromium", "chromium", "chromium-browser", "google-chrome"} {
		if name == "" {
			continue
		}
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", ErrNone
}

// Start starts a headless browser with one tab. Cancel ends it and waits.
func Start(ctx context.Context, o Options) (context.Context, context.CancelFunc, error) {
	path, err := Find()
	if err != nil {
		return nil, nil, err
	}
	flags := o.Flags
	if o.Mic {
		flags = append(slices.Clone(flags), "use-fake-device-for-media-stream", "use-fake-ui-for-media-stream")
	}
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
		chromedp.Flag("headless", "new"),
	}
	for _, f := range append([]string{
		"no-sandbox", "disable-gpu", "disable-quic", "disable-background-networking",
		"disable-component-update", "disable-sync", "disable-dev-shm-usage", "hide-scrollbars", "mute-audio",
	}, flags...) {
		name, value, ok := strings.Cut(f, "=")
		if ok {
			options = append(options, chromedp.Flag(name, value))
			continue
		}
		options = append(options, chromedp.Flag(name, true))
	}
	if o.Profile != "" {
		options = append(options, chromedp.UserDataDir(o.Profile))
	}
	alloc, endAlloc := chromedp.NewExecAllocator(ctx, options...)
	tab, endTab := chromedp.NewContext(alloc)
	cancel := func() { endTab(); endAlloc() }
	// With the network domain on, a tab keeps what it has fetched, its program in base64 too: a user's does not.
	if _, err := chromedp.Call(tab, network.Disable, cdp.Empty{}); err != nil {
		cancel()
		return nil, nil, fmt.Errorf("start chromium: %w", err)
	}
	return tab, cancel, nil
}
