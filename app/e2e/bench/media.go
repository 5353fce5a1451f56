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
	"ferry/app/internal/site"
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
	script, err := mediaScript(ctx)
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
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	tab, end, err := chrome.Start(ctx, chrome.Options{})
	if err != nil {
		return err
	}
	defer end()
	if err := chromedp.Do(tab, chromedp.Navigate(server.URL)); err != nil {
		return err
	}
	var base float64
	for _, c := range []struct {
		mb      int
		sidecar bool
		plainly bool
	}{{1, false, true}, {8, false, true}, {32, false, true}, {32, true, false}, {256, true, false}, {1024, false, false}} {
		watch := watchMemory(ctx)
		var r mediaRates
		raw, err := chromedp.Run(tab, chromedp.Evaluate[string](fmt.Sprintf(`new Promise((done) => {
			const { port } = globalThis.bench = new SharedWorker("/worker.js");
			port.onmessage = (ev) => done(ev.data);
			port.postMessage({ mb: %d, sidecar: %t, plainly: %t });
		})`, c.mb, c.sidecar, c.plainly), chromedp.EvalAwaitPromise))
		peak := watch()
		if err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(raw), &r); err != nil || r.Error != "" {
			return fmt.Errorf("%s: %v", r.Error, err)
		}
		if base = max(r.Plain, 0); base == 0 {
			base = mediaBase
		}
		mediaBase = base
		note := ""
		if c.sidecar {
			note = ", with a sidecar"
		}
		fmt.Printf("%5d MB%-16s plain %4.0f   Ferry %4.0f (%.2f)   kept on the disk %4.0f (%.2f)   verified %4.0f (%.2f) MB/s   largest renderer %d MB\n",
			c.mb, note, base, r.Crypt, r.Crypt/base, r.Encrypt, r.Encrypt/base, r.Verify, r.Verify/base, peak>>20)
	}
	return nil
}

// mediaBase is the last rate of plain calls: that of 32 MB stands for larger files.
var mediaBase float64

func mediaScript(ctx context.Context) ([]byte, error) {
	parts, err := site.FetchParts(ctx)
	if err != nil {
		return nil, err
	}
	all := bytes.NewBuffer(parts[site.HashWasm])
	for _, name := range []string{"keep", "crypt", "move", "files"} {
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
