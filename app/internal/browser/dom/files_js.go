package dom

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"syscall/js"

	"ferry/app/internal/browser/client"
	"ferry/app/internal/browser/frame"
	"ferry/app/internal/browser/jsx"
	"ferry/app/internal/model"
	"ferry/app/internal/ui/host"
)

// Files are the page's files: web/static/js/attach.js does the work.
type Files struct {
	device *Device
	tasks  chan func() // what the scripts told, in order
}

var _ host.Attachments = (*Files)(nil)

// NewFiles gives the tab's files.
func NewFiles(d *Device) *Files {
	f := &Files{device: d, tasks: make(chan func(), 1024)}
	go func() {
		for task := range f.tasks {
			task()
		}
	}()
	return f
}

func attach() js.Value { return js.Global().Get("ferryAttach") }

// later runs a task after those before it: a script's call must not block.
func (f *Files) later(task func()) {
	select {
	case f.tasks <- task:
	default:
		go task()
	}
}

// OnFiles is told what was picked, dropped or pasted.
func (f *Files) OnFiles(fn func([]host.Picked)) {
	attach().Call("onFiles", js.FuncOf(func(_ js.Value, args []js.Value) any {
		raw := args[0].String()
		f.later(func() {
			var picked []host.Picked
			if json.Unmarshal([]byte(raw), &picked) == nil {
				fn(picked)
			}
		})
		return nil
	}))
}

// OnDrag is told when files are held over the page. It also starts to take in
// what is dropped and pasted.
func (f *Files) OnDrag(fn func(over bool)) {
	attach().Call("listen", js.FuncOf(func(_ js.Value, args []js.Value) any {
		over := args[0].Bool()
		f.later(func() { fn(over) })
		return nil
	}))
}

// Pick opens the browser's picker.
func (*Files) Pick(accept string) { attach().Call("pick", accept) }

// maxHanded bounds the files that are handed over again to a new core.
const maxHanded = 128

// handed are files that the engine's side has been given. It may not have read
// them yet when it dies: the next one is given them again.
type handed struct {
	mu    sync.Mutex
	files map[model.FileID]js.Value
	order []model.FileID
}

func (h *handed) add(id model.FileID, file js.Value) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.files == nil {
		h.files = map[model.FileID]js.Value{}
	}
	if _, ok := h.files[id]; !ok {
		h.order = append(h.order, id)
	}
	h.files[id] = file
	if len(h.order) > maxHanded {
		delete(h.files, h.order[0])
		h.order = h.order[1:]
	}
}

// forget is for another account.
func (h *handed) forget() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.files, h.order = nil, nil
}

func (h *handed) again(c *client.Client) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, id := range slices.Clone(h.order) {
		go c.HandOver(id, h.files[id], func(error) {})
	}
}

var (
	errNoCore = errors.New("the engine is not there")
	errNoFile = errors.New("no such file")
)

// HandOver gives a file to the core.
func (f *Files) HandOver(id model.FileID, done func(error)) {
	file := attach().Call("file", string(id))
	core := f.device.core
	switch {
	case file.Type() != js.TypeObject:
		go done(errNoFile)
	case core == nil:
		go done(errNoCore)
	default:
		f.device.handed.add(id, file)
		core.HandOver(id, file, done)
	}
}

// Discard lets go of a file, and of the address that shows it.
func (*Files) Discard(id model.FileID) { attach().Call("discard", string(id)) }

// Record starts a recording.
func (f *Files) Record(fn func(host.Recording)) {
	tell := js.FuncOf(func(_ js.Value, args []js.Value) any {
		v := args[0]
		r := host.Recording{On: v.Get("on").Bool(), Seconds: v.Get("seconds").Float(), Level: v.Get("level").Float()}
		if e := v.Get("err"); e.Type() == js.TypeString {
			r.Err = e.String()
		}
		f.later(func() { fn(r) })
		return nil
	})
	attach().Call("record", tell)
}

// StopRecording ends it.
func (f *Files) StopRecording(keep bool, done func(host.Picked, error)) {
	go func() {
		v, err := jsx.Call(context.Background(), attach(), "stopRecording", keep)
		var p host.Picked
		if err == nil && keep {
			if err = json.Unmarshal([]byte(v.String()), &p); err != nil {
				err = errNoFile // nothing was recorded
			}
		}
		f.later(func() { done(p, err) })
	}()
}

// MediaURL is an address for img, video and audio elements.
func (*Files) MediaURL(chat model.ChatID, ref model.Ref) string {
	return attach().Call("address", string(chat), string(ref.ID), ref.FromMe).String()
}

// MediaBlob gives an address of a copy in memory.
func (f *Files) MediaBlob(chat model.ChatID, ref model.Ref, done func(string, error)) {
	go func() {
		v, err := jsx.Call(context.Background(), attach(), "blob", string(chat), string(ref.ID), ref.FromMe)
		url := ""
		if err == nil {
			url = v.String()
		}
		f.later(func() { done(url, err) })
	}()
}

// FreeBlob forgets the copy.
func (*Files) FreeBlob(url string) { js.Global().Get("URL").Call("revokeObjectURL", url) }

// SaveMedia stores an attachment as a file of the user's.
func (f *Files) SaveMedia(chat model.ChatID, ref model.Ref, name string, done func(error)) {
	go func() {
		_, err := jsx.Call(context.Background(), attach(), "save", string(chat), string(ref.ID), ref.FromMe, name)
		f.later(func() { done(err) })
	}()
}

// Emoji gives the emoji data set, whose address the loader knows.
func (f *Files) Emoji(done func([]byte, error)) {
	go func() {
		data, err := load(js.Global().Get("ferry").Get("emoji"))
		f.later(func() { done(data, err) })
	}()
}

func load(url js.Value) ([]byte, error) {
	if url.Type() != js.TypeString {
		return nil, errNoFile
	}
	res, err := jsx.Call(context.Background(), js.Global(), "fetch", url)
	if err != nil {
		return nil, err
	}
	if !res.Get("ok").Bool() {
		return nil, errNoFile
	}
	body, err := jsx.Call(context.Background(), res, "arrayBuffer")
	if err != nil {
		return nil, err
	}
	b, _ := jsx.Bytes(body)
	return b, nil
}

const recentKey = "emoji"

// Recent are the emoji used last.
func (f *Files) Recent() []string { return slices.Clone(f.device.drafts.recent) }

// SetRecent keeps them, sealed as drafts are.
func (f *Files) SetRecent(emoji []string) { f.device.drafts.use(emoji) }

func (d *drafts) use(emoji []string) {
	if d.core == nil {
		return
	}
	d.recent, d.used = slices.Clone(emoji), true
	d.core.SetNote(frame.Note{Key: recentKey, Text: strings.Join(emoji, " ")})
}
