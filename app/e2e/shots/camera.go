package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"ferry/app/e2e/chrome"
)

// The windows in which a screen must look right.
var (
	windows = []struct {
		name          string
		width, height int64
		touch         bool
	}{{"phone", 360, 740, true}, {"desktop", 1440, 900, false}}
	themes = []string{"light", "dark"}
)

// frames is time for a few of them.
const frames = 80 * time.Millisecond

// patience bounds every wait for the page.
const patience = 20 * time.Second

func photograph(ctx context.Context, url, out, only string) error {
	ctx, cancel, err := chrome.Start(ctx, chrome.Options{Flags: []string{"force-color-profile=srgb", "autoplay-policy=no-user-gesture-required"}})
	if err != nil {
		return err
	}
	defer cancel()
	complaints := listen(ctx)
	var bad []error
	for _, s := range shots {
		if !slices.ContainsFunc(strings.Split(only, ","), func(part string) bool { return strings.Contains(s.name, part) }) {
			continue
		}
		for _, w := range windows {
			view := chromedp.EmulateViewport(w.width, w.height)
			if w.touch {
				view = chromedp.EmulateViewport(w.width, w.height, chromedp.EmulateMobile, chromedp.EmulateTouch)
			}
			for _, theme := range themes {
				name := fmt.Sprintf("%s-%s-%s", s.name, w.name, theme)
				if err := take(ctx, view, theme, url, s, filepath.Join(out, name+".png")); err != nil {
					bad = append(bad, fmt.Errorf("%s: %w", name, err))
				}
				for _, text := range complaints() {
					bad = append(bad, fmt.Errorf("%s: the console says %s", name, text))
				}
			}
		}
	}
	return errors.Join(bad...)
}

// listen collects what the page complains of on its console.
func listen(ctx context.Context) (take func() []string) {
	var mu sync.Mutex
	var texts []string
	console := chromedp.Console(ctx)
	go func() { // ends with the browser
		for m, err := range console {
			if err != nil {
				return
			}
			if m.Type == chromedp.ConsoleError || m.IsException() {
				mu.Lock()
				texts = append(texts, m.Text)
				mu.Unlock()
			}
		}
	}()
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		out := texts
		texts = nil
		return out
	}
}

// settled is true once the story is on the screen and nothing moves.
const settled = `!!document.querySelector("#app") && !document.getAnimations().some((a) => a.playState === "running" && a.effect.getTiming().iterations !== Infinity)`

func take(ctx context.Context, view chromedp.Action[chromedp.Void], theme, url string, s shot, file string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}}
	if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, media); err != nil {
		return err
	}
	with := "?"
	if strings.Contains(s.path, with) {
		with = "&"
	}
	if err := chromedp.Do(ctx, view, chromedp.Navigate(url+s.path+with+"story="+s.story)); err != nil {
		return err
	}
	if err := until(ctx, s.until); err != nil {
		return err
	}
	for _, step := range s.steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	time.Sleep(frames) // an animation that a step has caused must have begun
	if err := until(ctx, settled); err != nil {
		return err
	}
	time.Sleep(s.pause) // what appears only after a moment, as banners do
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		return err
	}
	if err := os.WriteFile(file, png, 0o644); err != nil {
		return err
	}
	wide, err := chromedp.Run(ctx, chromedp.Evaluate[string](tooWide))
	if err != nil {
		return err
	}
	if wide != "" {
		return fmt.Errorf("wider than the window: %s", wide)
	}
	faults, err := chromedp.Run(ctx, chromedp.Evaluate[string](audit))
	if err != nil {
		return err
	}
	if faults != "" {
		return fmt.Errorf("hard to use: %s", faults)
	}
	return nil
}

// tooWide names the elements that stick out to the right, if the page scrolls sideways.
const tooWide = `(() => {
	const limit = document.documentElement.clientWidth;
	if (document.scrollingElement.scrollWidth <= limit) return "";
	return [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > limit + 1)
		.slice(0, 3).map((e) => e.tagName + "." + e.className).join(", ") || "something";
})()`

// until waits for a JavaScript condition; "" is none.
func until(ctx context.Context, condition string) error {
	if condition == "" {
		condition = "true"
	}
	for {
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("!!("+condition+")"))
		if err == nil && ok {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("never saw %s: %w", condition, errors.Join(ctx.Err(), err))
		case <-time.After(30 * time.Millisecond):
		}
	}
}
