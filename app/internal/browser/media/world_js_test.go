package media

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	mathrand "math/rand/v2"
	"syscall/js"
	"testing"
	"time"

	"ferry/app/internal/browser/fetch"
	"ferry/app/internal/browser/jsx"
	"ferry/app/internal/media"
	"ferry/app/internal/model"
	"ferry/app/internal/store/memory"
)

// world is an account's files beside a media host that can misbehave.
type world struct {
	*Files
	t      *testing.T
	ctx    context.Context
	staged *Staged
}

func newWorld(t *testing.T) *world {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	staged := NewStaged()
	staged.late = time.Millisecond
	account := newID()
	w := &world{New(string(account), memory.NewDisk().Open(), staged), t, ctx, staged}
	t.Cleanup(func() {
		w.host(`{}`)
		if err := Wipe(context.Background(), string(account)); err != nil {
			t.Error(err)
		}
	})
	w.host(`{}`)
	return w
}

func newID() model.FileID {
	b := make([]byte, 16)
	rand.Read(b)
	return model.FileID(hex.EncodeToString(b))
}

func newKey() (k media.Key) {
	rand.Read(k[:])
	return k
}

// noise is content that does not repeat.
func noise(n int) []byte {
	b := make([]byte, n)
	mathrand.NewChaCha8([32]byte{byte(n), byte(n >> 8), byte(n >> 16)}).Read(b)
	return b
}

// host changes the manners of the media host, and tells which ranges were
// asked for since the last time.
func (w *world) host(manners string) []string {
	w.t.Helper()
	var out struct{ Ranges []string }
	if err := fetch.JSON(context.Background(), "PUT", "/api/media/manners", json.RawMessage(manners), &out); err != nil {
		w.t.Fatal(err)
	}
	return out.Ranges
}

func blobOf(b []byte) js.Value {
	return js.Global().Get("Blob").New([]any{jsx.Uint8(b)})
}

// kept is what is on the disk.
func (w *world) kept(id model.FileID, n int64) []byte {
	w.t.Helper()
	keep := js.Global().Get("ferryKeep")
	dir, err := jsx.Call(w.ctx, keep, "folder", w.path(id), false)
	if err != nil {
		w.t.Fatal(err)
	}
	v, err := jsx.Call(w.ctx, keep.Call("reader", dir), "read", 0, js.Global().Get("Uint8Array").New(n))
	if err != nil {
		w.t.Fatal(err)
	}
	b, _ := jsx.Bytes(v)
	return b
}

// leave puts files of these names where the chunks of a file are.
func (w *world) leave(id model.FileID, names ...string) {
	w.t.Helper()
	dir, err := jsx.Call(w.ctx, js.Global().Get("ferryKeep"), "folder", w.path(id), true)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, name := range names {
		if _, err := jsx.Call(w.ctx, dir, "getFileHandle", name, map[string]any{"create": true}); err != nil {
			w.t.Fatal(err)
		}
	}
}

// names are those of all that is kept of a file.
func (w *world) names(id model.FileID) string {
	w.t.Helper()
	dir, err := jsx.Call(w.ctx, js.Global().Get("ferryKeep"), "folder", w.path(id), false)
	if jsx.Name(err) == "NotFoundError" {
		return ""
	}
	if err != nil {
		w.t.Fatal(err)
	}
	list, err := jsx.Call(w.ctx, js.Global().Get("Array"), "fromAsync", dir.Call("keys"))
	if err != nil {
		w.t.Fatal(err)
	}
	return list.Call("sort").Call("join", " ").String()
}

// uploaded puts a plaintext at the media host and forgets it here.
func (w *world) uploaded(plain []byte, typ media.Type) media.Attachment {
	w.t.Helper()
	a := media.Attachment{File: newID(), Key: newKey(), Type: typ, MIME: "video/mp4", Name: "a.mp4"}
	w.staged.Put(a.File, blobOf(plain))
	made, err := w.Encrypt(w.ctx, a.File, a.Key, typ, media.AsIs, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	a.Digest = made.Digest
	if a.Place, err = w.Upload(w.ctx, a.File, a.Digest, nil); err != nil {
		w.t.Fatal(err)
	}
	if err := w.Remove(w.ctx, a.File); err != nil {
		w.t.Fatal(err)
	}
	w.host(`{}`)
	return a
}

// content is what a page sees of an attachment: pieces, asked for on a port.
type content struct {
	port js.Value
	in   chan js.Value
}

func (w *world) open(a media.Attachment) *content {
	w.t.Helper()
	channel := js.Global().Get("MessageChannel").New()
	c := &content{channel.Get("port1"), make(chan js.Value, 16)}
	off := jsx.Listen(c.port, "message", func(ev js.Value) { c.in <- ev.Get("data") })
	c.port.Call("start")
	w.t.Cleanup(func() {
		off()
		c.port.Call("postMessage", map[string]any{"close": true})
		c.port.Call("close")
	})
	w.View(w.ctx, func() (media.Attachment, error) { return a, nil }, channel.Get("port2"))
	return c
}

// answer gives the next answer, or the name of its error.
func (c *content) answer(ctx context.Context) (js.Value, error) {
	select {
	case v := <-c.in:
		if e := v.Get("error"); e.Type() == js.TypeString {
			return v, fmt.Errorf("%s", e.String())
		}
		return v, nil
	case <-ctx.Done():
		return js.Undefined(), ctx.Err()
	}
}

func (c *content) read(ctx context.Context, from, to int64) ([]byte, error) {
	c.port.Call("postMessage", map[string]any{"from": from, "to": to})
	v, err := c.answer(ctx)
	if err != nil {
		return nil, err
	}
	b, _ := jsx.Bytes(v.Get("data"))
	return b, nil
}

func equal(t *testing.T, what string, got, want []byte) {
	t.Helper()
	if !bytes.Equal(got, want) {
		t.Errorf("%s differ: %d and %d bytes", what, len(got), len(want))
	}
}
