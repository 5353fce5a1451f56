package e2e

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"

	"ferry/relay/relaytest/waclient"
)

func TestFilesThatAreNotWhatWasSentAreRefusedOnBothSides(t *testing.T) {
	_, k := filesWorld(t, "liam")
	for _, c := range []struct {
		name string
		run  func(*testing.T, *filesTalk)
	}{
		{"in the browser, and it says so", badDown},
		{"in the browser, changed on the way down", changedDown},
		{"at WhatsApp's side", badUp},
		{"what is gone can be asked for again", goneDown},
		{"what is gone at WhatsApp's side is not found there", goneUp},
	} {
		t.Run(c.name, func(t *testing.T) {
			page := *k.page
			page.t = t
			sub := *k
			sub.page = &page
			c.run(t, &sub)
		})
	}
}

// The words for people of what is wrong.
const (
	saysTampered = "What arrived is not what was sent, so it was thrown away."
	saysTooBig   = "It is larger than announced, so it was thrown away."
	saysGone     = "It is no longer kept for download."
)

// badDown: what the message announces is not what is there.
func badDown(t *testing.T, k *filesTalk) {
	other, err := k.ada.Upload(t.Context(), waclient.Media{Kind: waclient.Document, Data: noise(99_991)})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, says string
		lie        func(*waE2E.DocumentMessage)
	}{
		{"another plaintext", saysTampered, func(d *waE2E.DocumentMessage) { d.FileSHA256[0] ^= 1 }},
		{"another ciphertext", saysTampered, func(d *waE2E.DocumentMessage) { d.FileEncSHA256[0] ^= 1 }},
		{"another key", saysTampered, func(d *waE2E.DocumentMessage) { d.MediaKey[0] ^= 1 }},
		{"truncated", saysTampered, func(d *waE2E.DocumentMessage) { d.FileLength = proto.Uint64(200_000) }},
		{"oversized", saysTooBig, func(d *waE2E.DocumentMessage) { d.FileLength = proto.Uint64(50_000) }},
		{"swapped", saysTampered, func(d *waE2E.DocumentMessage) { // another file's bytes under its path
			d.DirectPath, d.URL = other.GetDocumentMessage().DirectPath, other.GetDocumentMessage().URL
		}},
	} {
		id := k.sends(waclient.Media{Kind: waclient.Document, Data: noise(99_990), Name: c.name + ".bin"}, func(m *waE2E.Message) { c.lie(m.GetDocumentMessage()) })
		k.media(id, "remote")
		k.act(id, "fetch")
		k.media(id, "failed")
		k.says(id, c.says)
		k.seen(at(id) + "?.querySelector('[data-action=ask]')")
		if got := k.sum(id, false); got != "status 404" {
			t.Errorf("%s: the page can read %s", c.name, got)
		}
	}
}

// changed are ways to spoil what is fetched.
var changed = []struct {
	name, says string
	spoil      func(b []byte) []byte
	whatsapp   error // what whatsmeow calls it
}{
	{"tampered", saysTampered, func(b []byte) []byte { b[len(b)/2] ^= 1; return b }, whatsmeow.ErrInvalidMediaEncSHA256},
	{"truncated", saysTampered, func(b []byte) []byte { return b[:len(b)-4096] }, whatsmeow.ErrInvalidMediaEncSHA256},
	{"oversized", saysTooBig, func(b []byte) []byte { return append(b, noise(1<<20)...) }, whatsmeow.ErrInvalidMediaEncSHA256},
	{"swapped", saysTampered, func(b []byte) []byte { return noise(len(b)) }, whatsmeow.ErrInvalidMediaEncSHA256},
}

// spoiled answers with changed bytes, as a host does that has them so.
func spoiled(spoil func([]byte) []byte) func(*http.Response) {
	return func(r *http.Response) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		b = spoil(b)
		r.Body = io.NopCloser(bytes.NewReader(b))
		r.ContentLength = int64(len(b))
		r.Header.Set("Content-Length", strconv.Itoa(len(b)))
		if r.StatusCode == http.StatusPartialContent {
			r.Header.Set("Content-Range", "bytes 0-"+strconv.Itoa(len(b)-1)+"/"+strconv.Itoa(len(b)))
		}
	}
}

// changedDown: the relay, or whoever it has the file from, is not honest. With
// honest bytes it can be had after all.
func changedDown(t *testing.T, k *filesTalk) {
	for _, c := range changed {
		data := noise(150_000)
		id := k.sends(waclient.Media{Kind: waclient.Document, Data: data, Name: c.name + ".bin"}, nil)
		k.media(id, "remote")
		k.front.Answers(spoiled(c.spoil))
		k.act(id, "fetch")
		k.media(id, "failed")
		k.says(id, c.says)
		k.front.Answers(nil)
		if c.says == saysTooBig {
			continue
		}
		k.act(id, "fetch")
		k.media(id, "local")
		if got := k.sum(id, false); got != sumOf(data) {
			t.Errorf("%s: the page has %s", c.name, got)
		}
	}
	// A photo that comes by itself is never shown as something else.
	k.front.Answers(spoiled(func(b []byte) []byte { b[100] ^= 1; return b }))
	id := k.sends(waclient.Media{Kind: waclient.Photo, Data: pngOf(t, photo(333, 222, 9)), MIME: "image/png", Width: 333, Height: 222}, nil)
	k.media(id, "failed")
	k.says(id, saysTampered)
	k.front.Answers(nil)
	k.act(id, "fetch")
	k.media(id, "local")
	k.shows(id, 333)
}

// badUp: what comes to Ada is not what was sent. Her library says so, and once
// the bytes are honest it has them.
func badUp(t *testing.T, k *filesTalk) {
	data := noise(120_000)
	k.give("drop", madeFile{"honest.bin", data})
	k.caption("an honest file")
	k.sendTray()
	m := k.told(k.own("an honest file", "delivered"))
	for _, c := range changed {
		fn := spoiled(c.spoil)
		k.blobs.change.Store(&fn)
		if b, err := k.ada.Download(t.Context(), m); !errors.Is(err, c.whatsapp) {
			t.Errorf("%s: Ada gets %d bytes, %v", c.name, len(b), err)
		}
	}
	k.blobs.change.Store(nil)
	if b, err := k.ada.Download(t.Context(), m); err != nil || !bytes.Equal(b, data) {
		t.Errorf("honest: Ada gets %d bytes, %v", len(b), err)
	}
}

// goneDown: the host has it no more. The page says so, and writes to ask for it.
func goneDown(t *testing.T, k *filesTalk) {
	id := k.sends(waclient.Media{Kind: waclient.Document, Data: noise(5000), Name: "old.bin"}, func(m *waE2E.Message) {
		d := m.GetDocumentMessage()
		d.DirectPath, d.URL = proto.String("/v/wa/AAAAAAAAAAAAAAAAAAAAAAAAAA?f=1"), nil
	})
	k.media(id, "remote")
	k.act(id, "fetch")
	k.media(id, "failed")
	k.says(id, saysGone)
	k.act(id, "ask")
	k.seen("document.getElementById('reply-bar')")
	k.seen("document.getElementById('composer').value.includes('send this again')")
	k.do(chromedp.Focus("#composer"), chromedp.KeyEvent(kb.Enter))
	k.bubble("send this again", "delivered")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if _, err := k.ada.AwaitReply(ctx, id); err != nil {
		t.Fatal(err)
	}
}

// goneUp: the sender's media host has it no more.
func goneUp(t *testing.T, k *filesTalk) {
	k.give("drop", madeFile{"short-lived.bin", noise(7000)})
	k.caption("for a moment")
	k.sendTray()
	id := k.own("for a moment", "delivered")
	m := k.told(id)
	gone, err := chromedp.Run(k.ctx, chromedp.Evaluate[int](`fetch("/api/media/`+k.front.last.Load().(string)+`", {method: "DELETE"}).then((r) => r.status)`, chromedp.EvalAwaitPromise))
	if err != nil || gone >= 300 {
		t.Fatalf("it is not deleted: %d, %v", gone, err)
	}
	if b, err := k.ada.Download(t.Context(), m); !errors.Is(err, whatsmeow.ErrMediaDownloadFailedWith404) && !errors.Is(err, whatsmeow.ErrMediaDownloadFailedWith410) {
		t.Errorf("Ada gets %d bytes, %v", len(b), err)
	}
	if sum := k.sum(id, true); sum != sumOf(noise(7000)) { // the sender still has it
		t.Errorf("the page has %s", sum)
	}
}
