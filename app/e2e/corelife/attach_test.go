package corelife

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// picked is what the page tells of a file.
type picked struct {
	File, Kind, URL, Err string
	Media                struct {
		MIME                         string
		Name                         string
		Size, Width, Height, Seconds int
		Thumb, Waveform              []byte
	}
}

type filesState struct {
	Told      [][]picked
	Over      []bool
	Recording []struct {
		On      bool
		Seconds float64
		Err     string
	}
}

func (p *tab) files() (s filesState) {
	p.t.Helper()
	p.read(&s, p.eval(`files.state()`))
	return s
}

func (p *tab) read(v any, text string) {
	p.t.Helper()
	if err := json.Unmarshal([]byte(text), v); err != nil {
		p.t.Fatalf("%s: %v", text, err)
	}
}

// makers are expressions that give a File.
const (
	pngFile = `new Promise((done) => { const c = new OffscreenCanvas(640, 320); const x = c.getContext("2d");
		x.fillStyle = "teal"; x.fillRect(0, 0, 640, 320); x.fillStyle = "gold"; x.fillRect(20, 20, 200, 100);
		c.convertToBlob({type: "image/png"}).then((b) => done(new File([b], "quay.png", {type: "text/plain"}))); })`
	noiseFile = `(() => { const b = new Uint8Array(3000017); for (let i = 0, x = 1; i < b.length; i++) { x = (x * 48271) %% 2147483647; b[i] = x; }
		globalThis.noise = b; return new File([b], %q, {type: %q}); })()`
)

// drop lets a file fall on the page and waits until all is known of it.
func (p *tab) drop(file string, knows func(picked) bool) picked {
	p.t.Helper()
	before := len(p.files().Told)
	p.eval(`(async () => { const data = new DataTransfer(); data.items.add(await ` + file + `);
		document.body.dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true})); })()`)
	for deadline := time.Now().Add(patience); ; {
		s := p.files()
		for _, told := range slices.Backward(s.Told[min(before, len(s.Told)):]) { // what is known of an earlier file may come later
			if len(told) > 0 && knows(told[len(told)-1]) {
				return told[len(told)-1]
			}
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("not told: %+v", s)
		}
		time.Sleep(20 * time.Millisecond) // the page has no event for it
	}
}

func (p *tab) hand(file string) {
	p.t.Helper()
	if out := p.eval(`new Promise((done) => files.handOver("` + file + `", done))`); strings.Contains(out, "error") {
		p.t.Fatalf("hand over: %s", out)
	}
}

func (p *tab) send(id, file, kind, mime, caption string) reply {
	p.t.Helper()
	return p.do(fmt.Sprintf(`{"type":"sendMedia","value":{"chat":"1@lid","id":%q,"kind":%q,"file":%q,"media":{"mime":%q,"size":1,"state":""},"caption":%q}}`, id, kind, file, mime, caption))
}

func (p *tab) controlled() {
	p.t.Helper()
	p.until(`!!navigator.serviceWorker.controller`)
}

func anything(picked) bool { return true }

func TestAPictureIsLookedAtHandedOverAndShown(t *testing.T) {
	p := worldOf(t, "attach", "").tab(true)
	p.mustAnswer()
	p.controlled() // already the first page is
	got := p.drop(pngFile, func(p picked) bool { return p.Media.Width > 0 })
	if got.Kind != "image" || got.Media.MIME != "image/png" || got.Media.Width != 640 || got.Media.Height != 320 || got.URL == "" {
		t.Errorf("%+v", got)
	}
	if n := len(got.Media.Thumb); n == 0 || n > 16<<10 || got.Media.Thumb[0] != 0xFF {
		t.Errorf("a thumbnail of %d bytes", n)
	}
	p.hand(got.File)
	if r := p.send("A", got.File, "image", "image/png", ""); r.Code != "" {
		t.Fatalf("%+v", r)
	}
	if size := p.eval(`new Promise((done) => { const i = new Image(); i.onload = () => done(i.naturalWidth + "x" + i.naturalHeight);
		i.onerror = () => done("error"); i.src = files.url("1@lid", "A"); })`); size != "640x320" {
		t.Errorf("the picture is %s", size)
	}
	var blob struct{ Value, Error string }
	p.read(&blob, p.eval(`new Promise((done) => files.blob("1@lid", "A", done))`))
	if got := p.eval(`new Promise((done) => { const i = new Image(); i.onload = () => done(i.naturalWidth); i.onerror = () => done("error"); i.src = "` + blob.Value + `"; })`); got != "640" {
		t.Errorf("a copy: %+v, %s", blob, got)
	}
	p.eval(`files.discard("` + got.File + `")`)
	p.noErrors()
}

func TestWhatIsNotWhatItsNameSaysIsADocument(t *testing.T) {
	p := worldOf(t, "attach", "").tab(true)
	p.mustAnswer()
	for name, content := range map[string]string{
		"a.png":      `["<svg xmlns='http://www.w3.org/2000/svg'/>"], "a.png", {type: "image/svg+xml"}`,
		"a.jpg":      `["<html><script>1</script>"], "a.jpg", {type: "text/html"}`,
		"broken.jpg": `[new Uint8Array([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3])], "broken.jpg", {type: ""}`,
	} {
		got := p.drop("new File("+content+")", func(p picked) bool { return p.Kind == "document" && p.Media.Name == name })
		if got.URL != "" {
			t.Errorf("%s is rendered", name)
		}
	}
	if got := p.drop(`new File([], "nothing.txt")`, func(p picked) bool { return p.Media.Name == "nothing.txt" && p.Err != "" }); got.Err != "empty" {
		t.Errorf("%+v", got)
	}
}

func TestPastedTextStaysText(t *testing.T) {
	p := worldOf(t, "attach", "").tab(true)
	p.mustAnswer()
	for text, taken := range map[string]string{"words": "false", "": "true"} {
		got := p.eval(`(() => { const data = new DataTransfer(); data.items.add(new File(["x"], "a.bin"));
			if ("` + text + `") data.setData("text/plain", "` + text + `");
			const ev = new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true});
			document.body.dispatchEvent(ev); return ev.defaultPrevented; })()`)
		if got != taken {
			t.Errorf("with %q beside the file: taken %s", text, got)
		}
	}
}

func TestAnAttachmentIsServedInRangesBeforeItIsHere(t *testing.T) {
	for _, where := range []string{"", "remote"} {
		t.Run("from "+where, func(t *testing.T) {
			p := worldOf(t, "attach", "").tab(true)
			p.mustAnswer()
			p.controlled()
			file := p.drop(fmt.Sprintf(noiseFile, "film.bin", "video/mp4"), func(p picked) bool { return p.Media.Size == 3000017 })
			p.hand(file.File)
			if r := p.send("V", file.File, "video", "video/mp4", where); r.Code != "" {
				t.Fatalf("%+v", r)
			}
			for _, c := range []struct{ ask, status, answer string }{
				{"", "200", "0-3000017"},
				{"bytes=0-", "206", "0-3000017"},
				{"bytes=0-0", "206", "0-1"},
				{"bytes=1048570-1048590", "206", "1048570-1048591"},
				{"bytes=2999999-", "206", "2999999-3000017"},
				{"bytes=-100", "206", "2999917-3000017"},
				{"bytes=3000017-", "416", ""},
			} {
				got := p.eval(`fetch(files.url("1@lid", "V"), {headers: "` + c.ask + `" ? {Range: "` + c.ask + `"} : {}}).then(async (r) => {
					const b = new Uint8Array(await r.arrayBuffer());
					const range = /(\d+)-(\d+)/.exec(r.headers.get("Content-Range") || "");
					const from = range ? Number(range[1]) : 0;
					const same = b.every((v, i) => v === noise[from + i]);
					return [r.status, b.length ? from + "-" + (from + b.length) : "", same].join(" ");
				})`)
				if want := strings.Join([]string{c.status, c.answer, "true"}, " "); got != want {
					t.Errorf("%q gives %s, want %s", c.ask, got, want)
				}
			}
			if got := p.eval(`fetch(files.url("1@lid", "V")).then((r) => { r.body.cancel(); return ["content-type", "x-content-type-options", "cache-control", "content-disposition"].map((h) => r.headers.get(h)).join("|"); })`); got != "video/mp4|nosniff|no-store|" {
				t.Errorf("headers: %s", got)
			}
			if got := p.eval(`fetch(files.url("1@lid", "none")).then((r) => r.status)`); got != "404" {
				t.Errorf("what nobody sent: %s", got)
			}
		})
	}
}

func TestWhatCouldHarmIsNeverRendered(t *testing.T) {
	p := worldOf(t, "attach", "").tab(true)
	p.mustAnswer()
	p.controlled()
	file := p.drop(`new File(["<svg xmlns='http://www.w3.org/2000/svg'/>"], "a.svg", {type: "image/svg+xml"})`, anything)
	p.hand(file.File)
	if r := p.send("S", file.File, "document", "image/svg+xml", ""); r.Code != "" {
		t.Fatalf("%+v", r)
	}
	got := p.eval(`fetch(files.url("1@lid", "S")).then((r) => ["content-type", "content-disposition", "content-security-policy"].map((h) => r.headers.get(h)).join("|"))`)
	if got != "application/octet-stream|attachment; filename*=UTF-8''file|default-src 'none'; sandbox" {
		t.Errorf("headers: %s", got)
	}
	if got := p.eval(`new Promise((done) => { const i = new Image(); i.onload = () => done("shown"); i.onerror = () => done("not"); i.src = files.url("1@lid", "S"); })`); got != "not" {
		t.Errorf("an SVG is %s", got)
	}
}

func TestAnAttachmentIsSavedUnderASafeName(t *testing.T) {
	w := worldOf(t, "attach", "")
	p := w.tab(true)
	p.mustAnswer()
	p.controlled()
	dir := t.TempDir()
	if _, err := chromedp.Call(p.ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{Behavior: "allow", DownloadPath: dir}); err != nil {
		t.Fatal(err)
	}
	file := p.drop(fmt.Sprintf(noiseFile, "film.bin", "video/mp4"), func(p picked) bool { return p.Media.Size == 3000017 })
	p.hand(file.File)
	p.send("V", file.File, "document", "application/pdf", "")
	if got := p.eval("new Promise((done) => files.save(\"1@lid\", \"V\", \"../\\u202egnp.\\tplan/b.pdf\", done))"); strings.Contains(got, "error") {
		t.Fatal(got)
	}
	want := filepath.Join(dir, "_gnp.plan_b.pdf")
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) { // a file system has no event that is worth it
		if body, err := os.ReadFile(want); err == nil && len(body) == 3000017 {
			break
		}
		if time.Now().After(deadline) {
			names, _ := filepath.Glob(filepath.Join(dir, "*"))
			t.Fatalf("not saved: %q", names)
		}
	}
	p.mustAnswer() // the page is still there
}

func TestAFileThatWasHandedOverOutlivesItsCore(t *testing.T) {
	w := worldOf(t, "attach", "")
	one := w.tab(true)
	one.mustAnswer()
	two := w.tab(false)
	two.mustAnswer()
	file := two.drop(pngFile, func(p picked) bool { return p.Media.Width > 0 })
	two.hand(file.File)
	go func() { _, _ = chromedp.Call(one.ctx, page.Crash, cdp.Empty{}) }() // never answers
	two.until(`JSON.parse(harness.state()).resyncs > 0`)
	if r := two.send("A", file.File, "image", "image/png", ""); r.Code != "" {
		t.Errorf("%+v", r)
	}
}

func TestAVoiceMessageIsRecordedAndBecomesOgg(t *testing.T) {
	p := worldOf(t, "attach", "").tab(true)
	p.mustAnswer()
	p.controlled()
	p.eval(`files.record()`)
	p.until(`JSON.parse(files.state()).recording.some((r) => r.On && r.Seconds > 1.5)`)
	var got struct {
		Value picked
		Error string
	}
	p.read(&got, p.eval(`new Promise((done) => files.stop(true, done))`))
	if got.Error != "" || got.Value.Kind != "voice" || len(got.Value.Media.Waveform) != 64 || got.Value.Media.Seconds < 1 {
		t.Fatalf("%+v", got)
	}
	p.hand(got.Value.File)
	if r := p.send("R", got.Value.File, "voice", "audio/ogg; codecs=opus", ""); r.Code != "" {
		t.Fatalf("%+v", r)
	}
	if head := p.eval(`fetch(files.url("1@lid", "R")).then((r) => r.arrayBuffer()).then((b) => String.fromCharCode(...new Uint8Array(b, 0, 4)))`); head != "OggS" {
		t.Errorf("it begins with %q", head)
	}
	if got := p.eval(`new Promise((done) => { const a = new Audio(files.url("1@lid", "R")); a.onloadedmetadata = () => done(a.duration > 1); a.onerror = () => done("error"); })`); got != "true" {
		t.Errorf("it does not play: %s", got)
	}
	p.eval(`files.record()`)
	p.read(&got, p.eval(`new Promise((done) => files.stop(false, done))`))
	if got.Error != "" || got.Value.File != "" {
		t.Errorf("thrown away: %+v", got)
	}
}
