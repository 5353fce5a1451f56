package waclient_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"testing"

	"ferry/relay/relaytest"
	"ferry/relay/relaytest/waclient"
)

// TestFilesCrossBothWays: what a third-party user's provider keeps reaches an
// unmodified client of WhatsApp through the gateway, and the reverse.
func TestFilesCrossBothWays(t *testing.T) {
	for name, opt := range map[string]relaytest.Options{"embedded": {}, "apart": {Apart: true}} {
		t.Run(name, func(t *testing.T) {
			w := relaytest.Start(t, opt)
			ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
			defer cancel()
			bearer := w.SignUp("anna")
			bert, err := waclient.NewUser(ctx, waclient.Sandbox{URL: w.GatewayURL}, "+4915510000011", "Bert")
			if err != nil {
				t.Fatal(err)
			}
			defer bert.Close()

			// What whatsmeow has encrypted for WhatsApp is the third party's to fetch ...
			plain := make([]byte, 2<<20+5)
			_, _ = rand.Read(plain)
			msg, err := bert.Upload(ctx, waclient.Media{Kind: waclient.Video, Data: plain})
			if err != nil {
				t.Fatal(err)
			}
			video := msg.GetVideoMessage()
			file := fetch(t, w, bearer, video.GetDirectPath(), "")
			if sum := sha256.Sum256(file); !bytes.Equal(sum[:], video.GetFileEncSHA256()) {
				t.Fatalf("%d other bytes reached the third party", len(file))
			}
			if part := fetch(t, w, bearer, video.GetDirectPath(), "bytes=1000000-1000099"); !bytes.Equal(part, file[1000000:1000100]) {
				t.Errorf("a range of %d other bytes", len(part))
			}

			// ... and, kept by the provider, WhatsApp's to fetch from there.
			path := keep(t, w, bearer, file)
			got, err := bert.WA.DownloadMediaWithPath(ctx, path, video.GetFileEncSHA256(), video.GetFileSHA256(), video.GetMediaKey(),
				len(plain), "WhatsApp Video Keys", "")
			if err != nil || !bytes.Equal(got, plain) {
				t.Errorf("%s reached WhatsApp as %d bytes: %v", path, len(got), err)
			}
		})
	}
}

// fetch is what a third-party client does with a path in a message.
func fetch(t *testing.T, w *relaytest.World, bearer, path, ranged string) []byte {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.URL+"/api/media/file?path="+url.QueryEscape(path), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+bearer)
	if ranged != "" {
		r.Header.Set("Range", ranged)
	}
	return body(t, r, http.StatusOK, http.StatusPartialContent)
}

func body(t *testing.T, r *http.Request, want ...int) []byte {
	t.Helper()
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // read to the end
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, status := range want {
		if resp.StatusCode == status {
			return b
		}
	}
	t.Fatalf("%s %s: %d %s", r.Method, r.URL.Path, resp.StatusCode, b)
	return nil
}

// keep uploads a file to the relay's media host and returns its path.
func keep(t *testing.T, w *relaytest.World, bearer string, file []byte) string {
	t.Helper()
	sum := sha256.Sum256(file)
	var up struct{ ID, Path string }
	w.Call(http.MethodPost, w.URL+"/api/media", bearer, map[string]any{"size": len(file), "sha256": sum[:]}, &up)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, w.URL+"/api/media/"+up.ID, bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+bearer)
	r.Header.Set("Content-Range", fmt.Sprintf("bytes 0-%d/%d", len(file)-1, len(file)))
	body(t, r, http.StatusOK)
	w.Call(http.MethodGet, w.URL+"/api/media/"+up.ID, bearer, nil, &up)
	if up.Path == "" {
		t.Fatal("the relay does not say where the file is")
	}
	return up.Path
}
