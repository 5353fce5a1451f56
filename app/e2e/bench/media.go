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
	Plain   float64 // one call of WebCrypto for each of the four passes
	Crypt   float64 // the same passes as Ferry does them, from a file on the disk
	Encrypt float64 // and the result kept on the disk
	Verify  float64 // a kept file decrypted and checked
	Error   string
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
	fmt.Println("In MB/s, and as a ratio to plain: one call of WebCrypto for each of the same four passes, in turn with it")
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
			note = ", with a sidecar"
		}
		if c.target > 0 {
			aim = fmt.Sprintf("   (target: encrypted >= %.1f)", c.target)
		}
		fmt.Printf("%5d MB%-16s plain %4.0f   encrypted %4.0f (%.2f)   and kept %4.0f (%.2f)   verified %4.0f (%.2f)%s\n",
			c.mb, note, r.Plain, r.Crypt, r.Crypt/r.Plain, r.Encrypt, r.Encrypt/r.Plain, r.Verify, r.Verify/r.Plain, aim)
	}
	r, peak, err := mediaCase(ctx, server.URL, 2048, false, "memory")
	if err != nil {
		return err
	}
	fmt.Printf(" 2048 MB, alone          kept %4.0f   verified %4.0f   largest tab %d MB   (target: < 150)\n", r.Encrypt, r.Verify, peak>>20)
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
