package media

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall/js"
	"testing"
	"time"

	"ferry/app/internal/browser/jsx"
	"ferry/app/internal/media"
)

func TestWhatTheBrowserEncryptsIsWhatGoEncrypts(t *testing.T) {
	const slice, step = 512 << 10, 64 << 10
	sizes := []int{0, 1, 15, 16, 17, step - 17, step - 16, step - 1, step, step + 1, 3 * step, slice - 16, slice - 1, slice, slice + 1, slice + step, 2 * slice, 2*slice + 5, 9 << 20}
	for _, n := range sizes {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			w := newWorld(t)
			plain, key, id := noise(n), newKey(), newID()
			typ := media.Video
			if n%2 == 1 {
				typ = media.Image
			}
			var file bytes.Buffer
			want, err := media.Encrypt(&file, bytes.NewReader(plain), key, typ, typ == media.Video)
			if err != nil {
				t.Fatal(err)
			}
			w.staged.Put(id, blobOf(plain))
			got, err := w.Encrypt(w.ctx, id, key, typ, media.AsIs, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got.SHA256 != want.SHA256 || got.EncSHA256 != want.EncSHA256 || got.Size != want.Size {
				t.Error("another digest")
			}
			equal(t, "sidecars", got.Sidecar, want.Sidecar)
			equal(t, "files", w.kept(id, media.FileSize(int64(n))), file.Bytes())
			again, err := w.Encrypt(w.ctx, id, key, typ, media.AsIs, nil)
			if err != nil || again.SHA256 != got.SHA256 || !bytes.Equal(again.Sidecar, got.Sidecar) {
				t.Errorf("asked again without its source: %v", err)
			}
			if here, err := w.Has(w.ctx, id); err != nil || !here {
				t.Errorf("here %v, %v", here, err)
			}
		})
	}
}

func TestASourceThatNobodyHandedOverIsLost(t *testing.T) {
	w := newWorld(t)
	if _, err := w.Encrypt(w.ctx, newID(), newKey(), media.Image, media.AsIs, nil); !errors.Is(err, media.ErrLost) {
		t.Errorf("%v", err)
	}
}

func TestASourceThatChangedMeanwhileIsUnusable(t *testing.T) {
	w := newWorld(t)
	for name, change := range map[string]string{
		"another file": `const out = await h.createWritable(); await out.write(new Uint8Array(3 << 20)); await out.close()`,
		"gone":         `await dir.removeEntry("source")`,
	} {
		source, err := jsx.Call(w.ctx, js.Global(), "eval", `(async () => {
			const dir = await navigator.storage.getDirectory(), h = await dir.getFileHandle("source", {create: true});
			const out = await h.createWritable(); await out.write(new Uint8Array(2 << 20)); await out.close();
			const file = await h.getFile();
			{ `+change+` }
			return file;
		})()`)
		if err != nil {
			t.Fatal(err)
		}
		id := newID()
		w.staged.Put(id, source)
		if _, err := w.Encrypt(w.ctx, id, newKey(), media.Document, media.AsIs, nil); !errors.Is(err, media.ErrUnusable) {
			t.Errorf("%s: %v", name, err)
		}
		if here, err := w.Has(w.ctx, id); err != nil || here {
			t.Errorf("%s: here %v, %v", name, here, err)
		}
	}
}

// Nothing but the one who awaits it may hold a stream: the collector knows no better.
func TestAFileIsReadToItsEndWhateverTheCollectorTakes(t *testing.T) {
	w := newWorld(t)
	stop := js.Global().Call("eval", `(() => {
		const { port1, port2 } = new MessageChannel();
		port1.onmessage = () => { gc(); port2.postMessage(0); };
		port2.postMessage(0);
		return () => { port1.close(); port2.close(); };
	})()`)
	defer stop.Invoke()
	source, err := jsx.Call(w.ctx, js.Global(), "eval", `(async () => {
		const dir = await navigator.storage.getDirectory(), h = await dir.getFileHandle("source", {create: true});
		const out = await h.createWritable(); await out.write("GIF89a"); await out.write(new Uint8Array(3 << 20)); await out.close();
		return h.getFile();
	})()`)
	if err != nil {
		t.Fatal(err)
	}
	a := media.Attachment{File: newID(), Key: newKey(), Type: media.Video, MIME: "video/mp4"}
	w.staged.Put(a.File, source)
	made, err := w.Encrypt(w.ctx, a.File, a.Key, a.Type, media.Strip, nil)
	if err != nil {
		t.Fatal(err)
	}
	a.Digest = made.Digest
	if a.Place, err = w.Upload(w.ctx, a.File, a.Digest, nil); err != nil {
		t.Fatal(err)
	}
	there := a
	there.File = newID() // is only at the host
	for _, a := range []media.Attachment{a, there} {
		c := w.open(a)
		if _, err := c.answer(w.ctx); err != nil {
			t.Fatal(err)
		}
		for at := range int64(3) {
			if _, err := c.read(w.ctx, at<<20, (at+1)<<20); err != nil {
				t.Error(err)
			}
		}
	}
	if err := w.Download(w.ctx, there.File, a.Key, a.Type, a.Digest, a.Place, nil, nil); err != nil {
		t.Error(err)
	}
}

func TestASourceMayComeLaterAndOthersAreReadMeanwhile(t *testing.T) {
	w := newWorld(t)
	w.staged.late = time.Minute
	id := newID()
	for range 2 {
		if _, err := w.Encrypt(w.ctx, id, newKey(), media.Image, media.AsIs, nil); !errors.Is(err, ErrNotYet) || Code(err) != "ferry:failed" {
			t.Fatalf("%v", err)
		}
	}
	w.staged.Put(id, blobOf(noise(100)))
	if _, err := w.Encrypt(w.ctx, id, newKey(), media.Image, media.AsIs, nil); err != nil {
		t.Error(err)
	}
	w.staged.late = 0
	if _, err := w.Encrypt(w.ctx, newID(), newKey(), media.Image, media.AsIs, nil); !errors.Is(err, media.ErrLost) {
		t.Errorf("%v", err)
	}
}

func TestWhatAKilledBrowserWasWritingIsTakenAway(t *testing.T) {
	w := newWorld(t)
	plain := noise(9 << 20)
	a := w.uploaded(plain, media.Document)
	w.leave(a.File, "0.crswap", "1.crswap", "1.1.crswap")
	if err := w.Download(w.ctx, a.File, a.Key, a.Type, a.Digest, a.Place, nil, nil); err != nil {
		t.Fatal(err)
	}
	if got := w.names(a.File); got != "0 1" {
		t.Errorf("there is %s", got)
	}
	lost := newID()
	w.leave(lost, "0", "1.crswap")
	if _, err := w.Encrypt(w.ctx, lost, newKey(), media.Image, media.AsIs, nil); !errors.Is(err, media.ErrLost) {
		t.Fatal(err)
	}
	if got := w.names(lost); got != "" {
		t.Errorf("of a file that is lost there is %s", got)
	}
}

func TestBothFetchingAndVerifyingTellHowFarTheyAre(t *testing.T) {
	w := newWorld(t)
	a := w.uploaded(noise(9<<20), media.Document)
	var fetched, checked []int64
	err := w.Download(w.ctx, newID(), a.Key, a.Type, a.Digest, a.Place,
		func(done, _ int64) {
			if fetched = append(fetched, done); len(checked) > 0 {
				t.Error("it is fetched while it is verified")
			}
		},
		func(done, total int64) {
			if checked = append(checked, done); total != a.Size {
				t.Errorf("of %d bytes, want %d", total, a.Size)
			}
		})
	if err != nil {
		t.Fatal(err)
	}
	for what, got := range map[string][]int64{"fetched": fetched, "verified": checked} {
		if len(got) < 5 || !slices.IsSorted(got) || got[len(got)-1] < a.Size {
			t.Errorf("%s: %v", what, got)
		}
	}
}

func TestAFileThatIsCutOffWhileItIsEncryptedLeavesNothing(t *testing.T) {
	w := newWorld(t)
	id := newID()
	w.staged.Put(id, blobOf(noise(9<<20)))
	ctx, cancel := context.WithCancel(w.ctx)
	_, err := w.Encrypt(ctx, id, newKey(), media.Video, media.AsIs, func(done, _ int64) {
		if done >= 4<<20 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("%v", err)
	}
	if here, err := w.Has(w.ctx, id); err != nil || here {
		t.Errorf("here %v, %v", here, err)
	}
	if _, err := w.Encrypt(w.ctx, id, newKey(), media.Video, media.AsIs, nil); err != nil {
		t.Errorf("the source is not there any more: %v", err)
	}
}

func TestADiskThatIsFullIsNoRoom(t *testing.T) {
	w := newWorld(t)
	proto := js.Global().Get("FileSystemFileHandle").Get("prototype")
	real := proto.Get("createWritable")
	proto.Set("createWritable", js.Global().Get("Function").New(`return Promise.reject(new DOMException("full", "QuotaExceededError"))`))
	defer proto.Set("createWritable", real)
	id := newID()
	w.staged.Put(id, blobOf(noise(100)))
	if _, err := w.Encrypt(w.ctx, id, newKey(), media.Image, media.AsIs, nil); !errors.Is(err, media.ErrNoRoom) {
		t.Errorf("%v", err)
	}
}

func TestATransferThatBreaksGoesOnWhereItStopped(t *testing.T) {
	for _, n := range []int{1000, 8<<20 - 26, 8 << 20, 20 << 20} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			w := newWorld(t)
			plain := noise(n)
			a := media.Attachment{File: newID(), Key: newKey(), Type: media.Document}
			w.staged.Put(a.File, blobOf(plain))
			made, err := w.Encrypt(w.ctx, a.File, a.Key, a.Type, media.AsIs, nil)
			if err != nil {
				t.Fatal(err)
			}
			file := w.kept(a.File, media.FileSize(int64(n)))
			w.host(fmt.Sprintf(`{"cut":%d}`, n/3))
			if _, err := w.Upload(w.ctx, a.File, made.Digest, nil); err == nil || Code(err) != "ferry:failed" {
				t.Fatalf("a broken upload is no passing error: %v", err)
			}
			w.host(`{}`)
			first := int64(-1)
			place, err := w.Upload(w.ctx, a.File, made.Digest, func(done, _ int64) {
				if first < 0 {
					first = done
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			if first < int64(n/3) {
				t.Errorf("the second upload began at %d", first)
			}
			if err := w.Remove(w.ctx, a.File); err != nil {
				t.Fatal(err)
			}

			w.host(fmt.Sprintf(`{"cut":%d}`, n/2))
			if err := w.Download(w.ctx, a.File, a.Key, a.Type, made.Digest, place, nil, nil); err == nil || Code(err) != "ferry:failed" {
				t.Fatalf("a broken download is no passing error: %v", err)
			}
			if here, err := w.Has(w.ctx, a.File); err != nil || here {
				t.Errorf("half of it counts: %v, %v", here, err)
			}
			w.host(`{}`)
			if err := w.Download(w.ctx, a.File, a.Key, a.Type, made.Digest, place, nil, nil); err != nil {
				t.Fatal(err)
			}
			var from int // what was in the browser's hands when the connection broke may be lost
			asked := strings.Join(w.host(`{}`), " ")
			if _, err := fmt.Sscanf(asked, "bytes=%d-", &from); err != nil || from > n/2 || from < n/2-8<<20 {
				t.Errorf("the second download asked for %s", asked)
			}
			equal(t, "files", w.kept(a.File, media.FileSize(int64(n))), file)
			if here, err := w.Has(w.ctx, a.File); err != nil || !here {
				t.Errorf("here %v, %v", here, err)
			}
		})
	}
}

func TestAFileThatIsNotWhatWasSentIsRefusedAndDeleted(t *testing.T) {
	w := newWorld(t)
	a := w.uploaded(noise(300_000), media.Image)
	other := w.uploaded(noise(300_000), media.Image)
	for _, c := range []struct {
		name, manners string
		change        func(*media.Attachment)
		want          error
	}{
		{"changed", `{"flip":1000}`, nil, media.ErrTampered},
		{"changed in its last block", `{"flip":300000}`, nil, media.ErrTampered},
		{"changed MAC", `{"flip":300017}`, nil, media.ErrTampered},
		{"cut", `{"flip":-1,"tail":-1}`, nil, media.ErrTampered},
		{"longer", `{"flip":-1,"tail":16}`, nil, media.ErrTooBig},
		{"swapped", `{"flip":-1}`, func(a *media.Attachment) { a.Place = other.Place }, media.ErrTampered},
		{"of another key", `{"flip":-1}`, func(a *media.Attachment) { a.Key[0] ^= 1 }, media.ErrTampered},
		{"of another kind", `{"flip":-1}`, func(a *media.Attachment) { a.Type = media.Audio }, media.ErrTampered},
		{"of another content", `{"flip":-1}`, func(a *media.Attachment) { a.SHA256[0] ^= 1 }, media.ErrTampered},
		{"announced larger than any", `{"flip":-1}`, func(a *media.Attachment) { a.Size = media.MaxSize + 1 }, media.ErrTooBig},
		{"gone", `{"flip":-1,"fail":{"status":410,"code":"expired"}}`, nil, media.ErrGone},
		{"unknown", `{"flip":-1}`, func(a *media.Attachment) { a.Place.DirectPath = "/v/interop/7/none?x" }, media.ErrGone},
		{"refused", `{"flip":-1,"fail":{"status":400,"code":"bad_request"}}`, nil, media.ErrRefused},
	} {
		t.Run(c.name, func(t *testing.T) {
			w.t = t
			b := a
			if b.File = newID(); c.change != nil {
				c.change(&b)
			}
			w.host(c.manners)
			defer w.host(`{}`)
			err := w.Download(w.ctx, b.File, b.Key, b.Type, b.Digest, b.Place, nil, nil)
			if !errors.Is(err, c.want) {
				t.Errorf("%v", err)
			}
			if here, err := w.Has(w.ctx, b.File); err != nil || here {
				t.Errorf("here %v, %v", here, err)
			}
		})
	}
	w.t = t
}

func TestWhatMayPassIsNoVerdict(t *testing.T) {
	w := newWorld(t)
	a := w.uploaded(noise(1000), media.Image)
	for _, status := range []int{401, 408, 429, 500, 502, 503} {
		w.host(fmt.Sprintf(`{"flip":-1,"fail":{"status":%d,"code":"x"}}`, status))
		if err := w.Download(w.ctx, newID(), a.Key, a.Type, a.Digest, a.Place, nil, nil); err == nil || Code(err) != "ferry:failed" {
			t.Errorf("%d: %v", status, err)
		}
	}
	for status, want := range map[int]error{413: media.ErrTooBig, 403: media.ErrRefused} {
		w.host(fmt.Sprintf(`{"flip":-1,"fail":{"status":%d,"code":""}}`, status))
		if err := w.Download(w.ctx, newID(), a.Key, a.Type, a.Digest, a.Place, nil, nil); !errors.Is(err, want) {
			t.Errorf("%d: %v", status, err)
		}
	}
	w.host(`{"flip":-1,"fail":{"status":403,"code":"over_quota"}}`)
	id := newID()
	w.staged.Put(id, blobOf(noise(10)))
	made, err := w.Encrypt(w.ctx, id, a.Key, a.Type, media.AsIs, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Upload(w.ctx, id, made.Digest, nil); !errors.Is(err, media.ErrOverQuota) {
		t.Errorf("%v", err)
	}
}
