package e2e

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"

	"ferry/app/e2e/apart"
	"ferry/app/e2e/chrome"
	"ferry/relay/relaytest"
	"ferry/relay/relaytest/waclient"
)

// largeTalk is a filesTalk through a relay of its own process, which can be
// killed and whose memory can be seen.
type largeTalk struct {
	*filesTalk
	w *apart.World
}

func newLargeTalk(t *testing.T, username string) *largeTalk {
	t.Helper()
	site(t) // the binary embeds it
	f, serve := newFront(t)
	w := apart.Start(t, apart.Options{Relay: []string{"-origins", f.URL}})
	serve(w.URL)
	return &largeTalk{newFilesTalk(t, f, w.Box, username), w}
}

// held waits until a gate holds bytes up.
func (k *largeTalk) held(g *gate) {
	k.t.Helper()
	select {
	case <-g.held:
	case <-time.After(patience):
		k.fail("the bytes do not come so far")
	}
}

// moves waits until a bubble says how far its bytes are, of how many.
func (k *largeTalk) moves(id string, size int64) {
	k.t.Helper()
	k.seen(fmt.Sprintf(`/\d(\s[KM]B)?\s\/\s%d\sMB/.test(%s?.innerText)`, size>>20, at(id)))
}

// TestSoakALargeFileSurvivesAllThatHappensOnItsWay: it is stopped and goes on,
// its page is loaded again, and its relay is killed, on its way up and on its way
// down. Whoever writes meanwhile does not wait for it.
func TestSoakALargeFileSurvivesAllThatHappensOnItsWay(t *testing.T) {
	size := int64(20 << 20)
	if os.Getenv("FERRY_SOAK") != "" {
		size = 200 << 20
	}
	k := newLargeTalk(t, "kate")
	before := chrome.WatchMemory(t.Context())()
	peak := chrome.WatchMemory(t.Context())
	k.goesUp(size)
	k.comesDown(size)
	_, relay := k.w.Relay.Memory()
	t.Logf("up %d MB for %d, down %d MB; the largest tab had %d MB, and %d before; the relay %d MB since it was last killed",
		k.front.sent.Load()>>20, size>>20, k.front.served.Load()>>20, peak()>>20, before>>20, relay>>20)
}

func (k *largeTalk) goesUp(size int64) {
	k.t.Helper()
	c := relaytest.Content{Seed: 1, Size: size}
	first := k.front.HoldUp(size / 4)
	k.pick("#attach-file", k.disk("large.bin", c))
	k.sendTray()
	id := k.own("large.bin", "pending")
	k.held(first)
	k.media(id, "uploading")
	k.moves(id, size)
	k.send("a text overtakes it")
	k.bubble("a text overtakes it", "delivered")
	k.act(id, "stop")
	k.media(id, "paused")
	k.moves(id, size)

	second := k.front.HoldUp(size / 4)
	first.Open()
	k.act(id, "fetch")
	k.held(second)
	third := k.front.HoldUp(size / 4)
	k.do(chromedp.Reload())
	second.Open()
	k.held(third)
	k.media(id, "uploading") // by itself
	k.dies()
	third.Open()
	k.front.up.Store(nil)
	k.media(id, "local")
	k.own("large.bin", "delivered")

	m := k.told(id)
	if d := document(m.Message); d.GetFileName() != "large.bin" || d.GetFileLength() != uint64(size) {
		k.t.Errorf("Ada is told of %q, %d bytes", d.GetFileName(), d.GetFileLength())
	}
	k.fetched(m.Message, c)
	if n := k.front.sent.Load(); n > size+3*relaytest.PartSize {
		k.t.Errorf("%d bytes went up for a file of %d: it was begun anew", n, size)
	}
}

// dies kills the relay and brings it back.
func (k *largeTalk) dies() {
	k.t.Helper()
	k.w.Relay.Kill()
	k.w.Relay.Start()
	k.w.RelayReady()
}

// disk writes a file to be picked.
func (k *largeTalk) disk(name string, c relaytest.Content) string {
	k.t.Helper()
	path := filepath.Join(k.t.TempDir(), name)
	f, err := os.Create(path)
	if err == nil {
		_, err = io.Copy(f, io.NewSectionReader(c, 0, c.Size))
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		k.t.Fatal(err)
	}
	return path
}

// fetched has Ada fetch a file to her disk, and compares it.
func (k *largeTalk) fetched(m *waE2E.Message, c relaytest.Content) {
	k.t.Helper()
	file, _ := waclient.File(m)
	out, err := os.Create(filepath.Join(k.t.TempDir(), "fetched"))
	if err != nil {
		k.t.Fatal(err)
	}
	defer os.Remove(out.Name()) //nolint:errcheck // room
	defer out.Close()           //nolint:errcheck // read to the end
	ctx, cancel := context.WithTimeout(k.t.Context(), 20*patience)
	defer cancel()
	if err := k.ada.WA.DownloadToFile(ctx, file, out); err != nil {
		k.t.Fatalf("Ada cannot fetch it: %v", err)
	}
	k.same(out.Name(), c)
}

// same compares a file on the disk.
func (k *largeTalk) same(path string, c relaytest.Content) {
	k.t.Helper()
	f, err := os.Open(path)
	if err != nil {
		k.t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // only read
	want, got := make([]byte, 1<<20), make([]byte, 1<<20)
	for at := int64(0); ; {
		n, err := io.ReadFull(f, got)
		m, _ := c.ReadAt(want, at)
		if string(got[:n]) != string(want[:m]) {
			k.t.Fatalf("other bytes from %d on: %d, want %d", at, n, m)
		}
		if err != nil {
			return
		}
		at += int64(n)
	}
}

// sendsLarge has Ada send a document without holding it in memory.
func (k *largeTalk) sendsLarge(name string, c relaytest.Content) (id string) {
	k.t.Helper()
	ctx := k.t.Context()
	up, err := k.ada.WA.UploadReader(ctx, io.NewSectionReader(c, 0, c.Size), nil, whatsmeow.MediaDocument)
	if err != nil {
		k.t.Fatal(err)
	}
	id, err = k.ada.Send(ctx, k.me, &waE2E.Message{DocumentMessage: &waE2E.DocumentMessage{
		URL: &up.URL, DirectPath: &up.DirectPath, MediaKey: up.MediaKey, FileEncSHA256: up.FileEncSHA256, FileSHA256: up.FileSHA256,
		FileLength: &up.FileLength, FileName: &name, Mimetype: proto.String("application/octet-stream"),
	}})
	if err != nil {
		k.t.Fatal(err)
	}
	k.media(id, "remote")
	return id
}

func (k *largeTalk) comesDown(size int64) {
	k.t.Helper()
	c := relaytest.Content{Seed: 2, Size: size + 7}
	id := k.sendsLarge("large2.bin", c)
	before := k.front.served.Load()
	first := k.front.HoldDown(size / 4)
	k.act(id, "fetch")
	k.held(first)
	k.media(id, "downloading")
	k.moves(id, size)
	k.act(id, "stop")
	k.media(id, "paused")
	k.moves(id, size)

	second := k.front.HoldDown(size / 4)
	first.Open()
	k.act(id, "fetch")
	k.held(second)
	third := k.front.HoldDown(size / 4)
	k.do(chromedp.Reload())
	second.Open()
	k.held(third)
	k.media(id, "downloading") // by itself
	k.dies()
	third.Open()
	k.front.down.Store(nil)
	k.media(id, "local")
	k.act(id, "save")
	k.savedLarge("large2.bin", c)
	if n := k.front.served.Load() - before; n > size+3*relaytest.PartSize {
		k.t.Errorf("%d bytes came down for a file of %d: it was begun anew", n, size)
	}
}

// savedLarge waits for a download to be whole, and compares it.
func (k *largeTalk) savedLarge(name string, c relaytest.Content) {
	k.t.Helper()
	path := filepath.Join(k.saved, name)
	for deadline := time.Now().Add(20 * patience); ; time.Sleep(50 * time.Millisecond) { // a folder has no event that is worth it
		if info, err := os.Stat(path); err == nil && info.Size() == c.Size {
			break
		}
		if time.Now().After(deadline) {
			k.fail("%s is not saved", name)
		}
	}
	k.same(path, c)
	if err := os.Remove(path); err != nil {
		k.t.Error(err)
	}
}

// within waits longer than a person would for an attachment to get somewhere.
func (k *largeTalk) within(id, state string) {
	k.t.Helper()
	for deadline := time.Now().Add(20 * patience); !k.is(at(id) + "?.dataset.media === " + quote(state)); time.Sleep(time.Second) { // minutes
		if time.Now().After(deadline) {
			k.fail("it is never %s", state)
		}
	}
}

// TestSoakTwoGigabytesPassThroughATab both ways, one after the other. What the tab
// and the relay take does not depend on how large the file is.
func TestSoakTwoGigabytesPassThroughATab(t *testing.T) {
	if os.Getenv("FERRY_SOAK") == "" {
		t.Skip("takes minutes, and many gigabytes of disk")
	}
	k := newLargeTalk(t, "olga")
	const size = 2<<30 - 1<<20
	look := func(what string, do func()) {
		const grows, has = 100 << 20, 180 << 20
		idle, own := chrome.WatchMemory(t.Context())(), chrome.WatchOwnMemory(t.Context())()
		peak, ownPeak := chrome.WatchMemory(t.Context()), chrome.WatchOwnMemory(t.Context())
		began := time.Now()
		do()
		took := time.Since(began)
		most, ownMost := peak(), ownPeak()
		_, relay := k.w.Relay.Memory()
		t.Logf("%s: %v; the tab at most %d MB, %d MB before; of its own %d MB, %d MB before; the relay at most %d MB", what,
			took.Round(time.Second), most>>20, idle>>20, ownMost>>20, own>>20, relay>>20)
		if most-idle > grows || ownMost > has {
			t.Errorf("%s: the tab grew by %d MB, to %d MB of its own", what, (most-idle)>>20, ownMost>>20)
		}
	}
	// A page that has just begun holds what it was made from until the collector looks.
	for deadline := time.Now().Add(time.Minute); chrome.WatchOwnMemory(t.Context())() > 115<<20 && time.Now().Before(deadline); {
		time.Sleep(time.Second)
	}
	up, down := relaytest.Content{Seed: 1, Size: size}, relaytest.Content{Seed: 2, Size: size}
	look("up", func() {
		k.pick("#attach-file", k.disk("huge.bin", up))
		k.sendTray()
		id := k.own("huge.bin", "pending")
		k.within(id, "local")
		k.own("huge.bin", "delivered")
		m := k.told(id)
		k.fetched(m.Message, up)
	})
	id := k.sendsLarge("huge2.bin", down)
	look("down", func() {
		k.act(id, "fetch")
		k.within(id, "local")
	})
	look("saved", func() {
		k.act(id, "save")
		k.savedLarge("huge2.bin", down)
	})
}
