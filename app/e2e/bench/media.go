package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"time"

	"github.com/chromedp/chromedp"

	"ferry/app/e2e/chrome"
)

//go:embed media.js
var mediaBench []byte

// mediaRates are MB/s.
type mediaRates struct {
	Plain     float64 // one call of WebCrypto for each of the four passes of an encryption
	Encrypt   float64 // the same passes as Ferry does them, from memory to memory
	PlainOpen float64 // one call for each pass of a decryption
	Decrypt   float64 // the same passes as Ferry does them
	Keep      float64 // encrypted from a file on the disk, and the result kept there
	Verify    float64 // a kept file decrypted and checked
	Error     string
}

// mediaCrypto measures what Chromium makes of an attachment, in a SharedWorker.
func mediaCrypto(ctx context.Context) error {
	script, err := mediaScript()
	if err != nil {
		return err
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/worker.js" {
			w.Header().Set("Content-Type", "text/javascript")
			_, _ = w.Write(script) // the browser may be gone
			return
		}
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<!doctype html><title>bench</title>")
	}))
	defer server.Close()
	ctx, cancel := context.WithTimeout(ctx, 15*time.Minute)
	defer cancel()
	fmt.Println("In MB/s. Plain is one call of WebCrypto for each of the same four passes, on at most 32 MB, in turn with")
	fmt.Println("Ferry's; medians of 25 rounds up to 8 MB, 7 up to 256 MB, 3 at 1 GB. Then the same with the disk, read and written, in a ratio to plain too")
	for _, c := range []struct {
		mb      int
		sidecar bool
		target  float64
	}{{1, false, 0.7}, {8, false, 0.7}, {32, false, 0.7}, {32, true, 0}, {256, true, 0}, {1024, false, 0.4}} {
		r, _, err := mediaCase(ctx, server.URL, c.mb, c.sidecar, "rates")
		if err != nil {
			return err
		}
		note, aim := "", ""
		if c.sidecar {
			note = " and sidecar"
		}
		if c.target > 0 {
			aim = fmt.Sprintf(" (target: >= %.1f)", c.target)
		}
		fmt.Printf("%5d MB%-12s  encrypt: plain %4.0f   Ferry %4.0f   ratio %.2f%s   decrypt: plain %4.0f   Ferry %4.0f   ratio %.2f%s   disk: kept %4.0f (%.2f)   verified %4.0f (%.2f)\n",
			c.mb, note, r.Plain, r.Encrypt, r.Encrypt/r.Plain, aim, r.PlainOpen, r.Decrypt, r.Decrypt/r.PlainOpen, aim,
			r.Keep, r.Keep/r.Plain, r.Verify, r.Verify/r.PlainOpen)
	}
	r, peak, err := mediaCase(ctx, server.URL, 2048, false, "memory")
	if err != nil {
		return err
	}
	fmt.Printf(" 2048 MB, alone          kept %4.0f   verified %4.0f   largest tab %d MB   (target: < 150)\n", r.Keep, r.Verify, peak>>20)
	return nil
}

// mediaCase measures in a new browser.
func mediaCase(ctx context.Context, url string, mb int, sidecar bool, what string) (r mediaRates, peak int64, err error) {
	tab, end, err := chrome.Start(ctx, chrome.Options{})
	if err != nil {
		return r, 0, err
	}
	defer end()
	if err := chromedp.Do(tab, chromedp.Navigate(url)); err != nil {
		return r, 0, err
	}
	watch := chrome.WatchMemory(ctx)
	r, err = mediaRun(tab, mb, sidecar, what)
	return r, watch(), err
}

// mediaRun measures in a worker of its own.
func mediaRun(tab context.Context, mb int, sidecar bool, what string) (mediaRates, error) {
	var r mediaRates
	raw, err := chromedp.Run(tab, chromedp.Evaluate[string](fmt.Sprintf(`new Promise((done) => {
		const { port } = globalThis.bench = new SharedWorker("/worker.js", String(performance.now()));
		port.onmessage = (ev) => done(ev.data);
		port.postMessage({ mb: %d, sidecar: %t, what: %q });
	})`, mb, sidecar, what), chromedp.EvalAwaitPromise))
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal([]byte(raw), &r); err != nil || r.Error != "" {
		return r, fmt.Errorf("in the browser: %s %w", r.Error, err)
	}
	return r, nil
}

func mediaScript() ([]byte, error) {
	var all bytes.Buffer
	for _, name := range []string{"drop", "lanes", "keep", "crypt", "move", "files"} {
		body, err := os.ReadFile(filepath.Join("web/static/js", name+".js"))
		if err != nil {
			return nil, err
		}
		all.WriteByte('\n')
		all.Write(body)
	}
	all.WriteByte('\n')
	all.Write(mediaBench)
	return all.Bytes(), nil
}
