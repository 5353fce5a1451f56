package e2e

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/dom"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"ferry/app/e2e/chrome"
	"ferry/relay/relaytest/waclient"
)

// filesTalk is somebody in a browser who exchanges files with Ada, a WhatsApp user.
type filesTalk struct {
	*page
	front  *front
	ada    *waclient.Client
	me     types.JID // to Ada
	chat   string    // Ada, to the page
	saved  string    // where the browser puts downloads
	blobs  *blobs    // what Ada's client fetches
	choose chan *cdppage.EventFileChooserOpened
}

// newFilesTalk signs somebody up, and lets them write to Ada once.
func newFilesTalk(t *testing.T, f *front, box waclient.Sandbox, username string) *filesTalk {
	t.Helper()
	ctx := t.Context()
	k := &filesTalk{front: f, blobs: &blobs{}, saved: t.TempDir(), choose: make(chan *cdppage.EventFileChooserOpened, 1)}
	if err := box.CreatePhone(ctx, adasPhone, "Ada", true); err != nil {
		t.Fatal(err)
	}
	ada, err := waclient.NewCompanion(ctx, box, adasPhone, waclient.Config{Name: "Ada", Setup: func(c *whatsmeow.Client) {
		k.blobs.at(box.Address())
		c.SetMediaHTTPClient(&http.Client{Transport: k.blobs})
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(ada.Close)
	k.ada = ada
	k.page = openPageIn(t, f.URL, chrome.Options{Profile: t.TempDir(), Mic: true})
	if _, err := chromedp.Call(k.ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{Behavior: "allow", DownloadPath: k.saved}); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(k.ctx, cdppage.SetInterceptFileChooserDialog, cdppage.SetInterceptFileChooserDialogParams{Enabled: true}); err != nil {
		t.Fatal(err)
	}
	opened := chromedp.Events(k.ctx, cdppage.FileChooserOpened)
	go func() { // ends with the browser
		for e, err := range opened {
			if err != nil {
				return
			}
			k.choose <- &e
		}
	}()
	k.signUp(username)
	k.turnOn()
	k.newChat(adasPhone)
	k.send("files follow")
	k.bubble("files follow", "delivered")
	k.seen("!!navigator.serviceWorker.controller")
	k.chat = k.eval("document.getElementById('thread').dataset.chat")
	_, a, err := box.ThirdParty(ctx, 7, username)
	if err != nil {
		t.Fatal(err)
	}
	k.me = waclient.LID(strings.TrimSuffix(a, "@lid"))
	return k
}

// blobs is how Ada's client fetches files; a test may change what it gets.
type blobs struct {
	http.Transport
	change atomic.Pointer[func(*http.Response)]
}

func (b *blobs) at(gateway string) {
	var d net.Dialer
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) { return d.DialContext(ctx, "tcp", gateway) }
	b.DialContext, b.DialTLSContext = dial, dial
}

// RoundTrip is that of http.RoundTripper.
func (b *blobs) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.Transport.RoundTrip(r)
	if fn := b.change.Load(); err == nil && fn != nil && r.Method == http.MethodGet {
		(*fn)(resp)
	}
	return resp, err
}

// madeFile is a file that is made in the page.
type madeFile struct {
	name string
	data []byte
}

func (m madeFile) script() string {
	return fmt.Sprintf(`new File([Uint8Array.from(atob(%s), (c) => c.charCodeAt(0))], %s)`,
		quote(base64.StdEncoding.EncodeToString(m.data)), quote(m.name))
}

// give lets files fall on the page, or with "paste", puts them in.
func (k *filesTalk) give(how string, files ...madeFile) {
	k.t.Helper()
	var add strings.Builder
	for _, f := range files {
		add.WriteString("data.items.add(" + f.script() + ");")
	}
	event := `new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true})`
	if how == "paste" {
		event = `new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true})`
	}
	k.eval(`(() => { const data = new DataTransfer(); ` + add.String() + ` document.body.dispatchEvent(` + event + `); })()`)
	k.seen("document.getElementById('tray')")
}

// pick chooses files of the disk in the browser's picker, which the button opens.
func (k *filesTalk) pick(button string, paths ...string) {
	k.t.Helper()
	if strings.HasPrefix(button, "#attach-") {
		k.press("#attach")
	}
	k.press(button)
	var e *cdppage.EventFileChooserOpened
	select {
	case e = <-k.choose:
	case <-time.After(patience):
		k.fail("no picker opens")
	}
	if _, err := chromedp.Call(k.ctx, dom.SetFileInputFiles, dom.SetFileInputFilesParams{Files: paths, BackendNodeID: e.BackendNodeID}); err != nil {
		k.t.Fatal(err)
	}
	k.seen("document.getElementById('tray')")
}

// caption writes below the file that the tray shows.
func (k *filesTalk) caption(text string) {
	k.t.Helper()
	k.fill("tray-caption", text)
	k.seen("document.getElementById('tray-caption').value === " + quote(text))
}

// looked waits until the tray has looked at all its pictures and films.
func (k *filesTalk) looked(n int) {
	k.t.Helper()
	k.seen(fmt.Sprintf("document.querySelectorAll('#tray .tray-pick img').length >= %d", n))
}

// sendTray sends what is in the tray.
func (k *filesTalk) sendTray() {
	k.t.Helper()
	k.press("#tray-send")
	k.seen("!document.getElementById('tray')")
}

// own is the id of the own message with that text, once it is in that state.
func (k *filesTalk) own(text, state string) string {
	k.t.Helper()
	expr := fmt.Sprintf(`[...document.querySelectorAll('[data-id][data-mine]')].find(e => e.innerText.includes(%s))`, quote(text))
	k.seen(expr + "?.dataset.state === " + quote(state))
	return k.eval(expr + ".dataset.id")
}

// at is an expression for the bubble of a message.
func at(id string) string { return fmt.Sprintf(`document.querySelector('[data-id=%q]')`, id) }

// media waits until an attachment is in that state.
func (k *filesTalk) media(id, state string) {
	k.t.Helper()
	k.seen(at(id) + "?.dataset.media === " + quote(state))
}

// act presses a button in a message's bubble.
func (k *filesTalk) act(id, action string) {
	k.t.Helper()
	button := fmt.Sprintf("[data-id=%q] [data-action=%s]", id, action)
	k.eval(at(id) + "?.scrollIntoView({block: 'center'})")
	k.press(button)
}

// says waits until a bubble shows words.
func (k *filesTalk) says(id, words string) {
	k.t.Helper()
	k.seen(at(id) + "?.innerText.includes(" + quote(words) + ")")
}

// sum is the SHA-256 of an attachment as the page can read it.
func (k *filesTalk) sum(id string, mine bool) string {
	k.t.Helper()
	out, err := chromedp.Run(k.ctx, chromedp.Evaluate[string](fmt.Sprintf(`(async () => {
		const r = await fetch(ferryAttach.address(%s, %s, %t));
		if (!r.ok) return "status " + r.status;
		const sum = await crypto.subtle.digest("SHA-256", await r.arrayBuffer());
		return [...new Uint8Array(sum)].map((b) => b.toString(16).padStart(2, "0")).join("");
	})()`, quote(k.chat), quote(id), mine), chromedp.EvalAwaitPromise))
	if err != nil {
		k.fail("read %s: %v", id, err)
	}
	return out
}

func sumOf(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// shows waits until a bubble shows its picture, of that width.
func (k *filesTalk) shows(id string, width int) {
	k.t.Helper()
	expr := fmt.Sprintf("[...(%s?.querySelectorAll('img.pic-full') ?? [])].some(i => i.complete && i.naturalWidth === %d)", at(id), width)
	k.eval(at(id) + "?.scrollIntoView({block: 'center'})")
	k.until(expr)
}

// until is seen for what comes without any change of the document.
func (k *filesTalk) until(expr string) {
	k.t.Helper()
	ctx, cancel := context.WithTimeout(k.ctx, patience)
	defer cancel()
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool]("!!("+expr+")", chromedp.WithPollingInterval(100*time.Millisecond))); err != nil {
		k.fail("never %s: %v", expr, err)
	}
}

// gets waits for a message at Ada's, and fetches its file.
func (k *filesTalk) gets(id string) (*events.Message, []byte) {
	k.t.Helper()
	m := k.told(id)
	b, err := k.ada.Download(k.t.Context(), m)
	if err != nil {
		k.t.Fatalf("Ada cannot fetch it: %v", err)
	}
	return m, b
}

// told waits for a message at Ada's.
func (k *filesTalk) told(id string) *events.Message {
	k.t.Helper()
	ctx, cancel := context.WithTimeout(k.t.Context(), patience)
	defer cancel()
	m, err := k.ada.AwaitMessage(ctx, "a file", func(m *events.Message) bool { return m.Info.ID == id })
	if err != nil {
		k.fail("%v", err)
	}
	return m
}

// sends has Ada send a file; change may lie about it.
func (k *filesTalk) sends(m waclient.Media, change func(*waE2E.Message)) (id string) {
	k.t.Helper()
	msg, err := k.ada.Upload(k.t.Context(), m)
	if err != nil {
		k.t.Fatal(err)
	}
	if change != nil {
		change(msg)
	}
	id, err = k.ada.Send(k.t.Context(), k.me, msg)
	if err != nil {
		k.t.Fatal(err)
	}
	k.seen(at(id))
	return id
}

// savedFile waits for a download to be whole.
func (k *filesTalk) savedFile(name string, want []byte) {
	k.t.Helper()
	path := filepath.Join(k.saved, name)
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) { // a folder has no event that is worth it
		if got, err := os.ReadFile(path); err == nil && bytes.Equal(got, want) {
			return
		}
		if time.Now().After(deadline) {
			names, _ := filepath.Glob(filepath.Join(k.saved, "*"))
			k.fail("%s is not saved: %q", name, names)
		}
	}
}

// onDisk writes a file to be picked.
func onDisk(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// newest is the id of the last own message of a kind, once it is in that state.
func (k *filesTalk) newest(kind, state string) string {
	k.t.Helper()
	expr := fmt.Sprintf(`[...document.querySelectorAll('[data-id][data-mine][data-kind=%s]')].at(-1)`, kind)
	k.seen(expr + "?.dataset.state === " + quote(state))
	return k.eval(expr + ".dataset.id")
}

// savedAny waits for a download with these bytes, whatever its name.
func (k *filesTalk) savedAny(want []byte) {
	k.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) { // a folder has no event that is worth it
		names, _ := filepath.Glob(filepath.Join(k.saved, "*"))
		for _, name := range names {
			if got, err := os.ReadFile(name); err == nil && bytes.Equal(got, want) {
				return
			}
		}
		if time.Now().After(deadline) {
			k.fail("it is not saved: %q", names)
		}
	}
}
