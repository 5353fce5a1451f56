// Command wasmtest runs a js/wasm test binary in Chromium:
//
//	go build -o build/wasmtest ./app/e2e/wasmtest
//	GOOS=js GOARCH=wasm go test -exec "$PWD/build/wasmtest" ./app/internal/browser/...
//
// It prints what the test prints and exits with its code. The page has the core's
// helpers and gc(), which collects garbage, and the server a WebSocket at /ws/echo, one at /ws/close/CODE, one at
// /ws/flood/N, an API at /api/ to talk with, and a media host that can be told
// to misbehave.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/chromedp/chromedp"

	"ferry/app/e2e/chrome"
	"ferry/app/internal/gowasm"
)

// limit ends a test that hangs.
const limit = 5 * time.Minute

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: wasmtest TEST.wasm [flags of the test]")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, limit)
	code, err := run(ctx, os.Args[1], os.Args[2:])
	cancel()
	if err != nil {
		fmt.Fprintln(os.Stderr, "wasmtest:", err)
		code = 1
	}
	os.Exit(code)
}

func run(ctx context.Context, wasm string, args []string) (int, error) {
	root, err := moduleRoot()
	if err != nil {
		return 0, err
	}
	glue, err := gowasm.Glue(ctx)
	if err != nil {
		return 0, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("listen: %w", err)
	}
	server := &http.Server{Handler: handler(root, glue, wasm, args), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }() // ends with Close below
	defer server.Close()

	ctx, cancel, err := chrome.Start(ctx, chrome.Options{Flags: []string{"js-flags=--expose-gc"}})
	if err != nil {
		return 0, err
	}
	defer cancel()
	return drive(ctx, "http://"+listener.Addr().String()+"/")
}

// drive opens the page and waits for the test's exit code.
func drive(ctx context.Context, url string) (int, error) {
	console := chromedp.Console(ctx)
	printed := make(chan struct{})
	go func() {
		defer close(printed)
		for m, err := range console {
			if err != nil || m.Text == end {
				return
			}
			fmt.Println(m.Text)
		}
	}()
	if err := chromedp.Do(ctx, chromedp.Navigate(url)); err != nil {
		return 0, fmt.Errorf("open the page: %w", err)
	}
	code, err := chromedp.Run(ctx, chromedp.Evaluate[int]("ferryTestDone", chromedp.EvalAwaitPromise))
	if err != nil {
		return 0, fmt.Errorf("run the page: %w", err)
	}
	if err := chromedp.Do(ctx, chromedp.Evaluate[chromedp.Void](`console.log("`+end+`")`)); err != nil {
		return 0, fmt.Errorf("read the console to its end: %w", err)
	}
	<-printed
	return code, nil
}

// end is the last line of the console.
const end = "the test has ended"

func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
	}
	return "", errors.New("no go.mod above the working directory")
}
