package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"time"

	"github.com/chromedp/chromedp"

	"ferry/app/e2e/chrome"
)

const rounds = 5

// startup measures from the start of a navigation to the sign-in form that
// takes input: cold in a new profile, warm on a reload, next to a plain page
// with nothing in it.
func startup(ctx context.Context) error {
	url, stop, err := serve(ctx)
	if err != nil {
		return err
	}
	defer stop()
	var paint, cold, warm []float64
	for range rounds {
		p, c, w, err := visit(ctx, url)
		if err != nil {
			return err
		}
		paint, cold, warm = append(paint, p), append(cold, c), append(warm, w)
	}
	fmt.Printf("first paint of the shell, cold  %5.0f ms\n", median(paint))
	fmt.Printf("usable, cold                    %5.0f ms\n", median(cold))
	fmt.Printf("usable, warm                    %5.0f ms   warm/cold %.2f\n", median(warm), median(warm)/median(cold))
	return nil
}

// usable resolves, in ms since navigation start, once the form is mounted.
const usable = `new Promise((done) => {
	const look = () => document.getElementById("username") && (watch.disconnect(), done(performance.now()));
	const watch = new MutationObserver(look);
	watch.observe(document, {subtree: true, childList: true});
	look();
})`

const firstPaint = `(performance.getEntriesByName("first-contentful-paint")[0] || {startTime: 0}).startTime`

func visit(ctx context.Context, url string) (paint, cold, warm float64, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	tab, end, err := chrome.Start(ctx, chrome.Options{})
	if err != nil {
		return 0, 0, 0, err
	}
	defer end()
	measure := func() (float64, error) {
		if err := chromedp.Do(tab, chromedp.Navigate(url)); err != nil {
			return 0, err
		}
		return chromedp.Run(tab, chromedp.Evaluate[float64](usable, chromedp.EvalAwaitPromise))
	}
	if cold, err = measure(); err != nil {
		return 0, 0, 0, fmt.Errorf("cold start: %w", err)
	}
	if paint, err = chromedp.Run(tab, chromedp.Evaluate[float64](firstPaint)); err != nil {
		return 0, 0, 0, fmt.Errorf("first paint: %w", err)
	}
	if warm, err = measure(); err != nil {
		return 0, 0, 0, fmt.Errorf("warm start: %w", err)
	}
	return paint, cold, warm, nil
}

// serve runs the relay as a user would, on a free port with an empty folder.
func serve(ctx context.Context) (url string, stop func(), err error) {
	bin, err := binary()
	if err != nil {
		return "", nil, err
	}
	dir, err := os.MkdirTemp("", "ferry-bench")
	if err != nil {
		return "", nil, err
	}
	addr, err := freeAddress()
	if err != nil {
		return "", nil, err
	}
	gateway, err := freeAddress()
	if err != nil {
		return "", nil, err
	}
	cmd := exec.CommandContext(ctx, bin, "-listen", addr, "-gateway-listen", gateway, "-admin", "", "-data", dir)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return "", nil, fmt.Errorf("start the relay: %w", err)
	}
	stop = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = os.RemoveAll(dir)
	}
	_, port, _ := net.SplitHostPort(addr)
	url = "http://localhost:" + port + "/"
	for deadline := time.Now().Add(20 * time.Second); ; {
		resp, err := http.Get(url)
		if err == nil {
			resp.Body.Close()
			return url, stop, nil
		}
		if time.Now().After(deadline) {
			stop()
			return "", nil, fmt.Errorf("the relay does not answer: %w", err)
		}
		time.Sleep(20 * time.Millisecond) // a process of its own has no event to await
	}
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}
