package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"syscall/js"
	"time"

	"ferry/app/internal/browser/frame"
	"ferry/app/internal/browser/jsx"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/store"
)

// Name is the configuration of a core. It is the name of its SharedWorker, as
// JSON, so that pages of the same build and account meet in the same core.
type Name struct {
	Build    string `json:"build"`
	Account  string `json:"account"`
	Username string `json:"username"`
	// Phone is the digits of a WhatsApp user's number, of whom a sandbox has
	// some; "" for a user of this messenger.
	Phone string `json:"phone,omitempty"`
}

// Lock is the Web Lock that a core of the account holds for life.
func (n Name) Lock() string { return "ferry-core:" + n.Account }

// Times of the life of a core.
const (
	linger   = 10 * time.Second // lives on after the last page left, for a reload or the next tab
	patience = 3 * time.Second  // an older core has to hand over, before its lock is taken from it
)

// Running is what start gives: a running engine and its end.
type Running struct {
	Engine Engine
	Notes  *Notes
	Epoch  uint64
	Failed <-chan error                    // gives the error for which the engine ended by itself
	Stop   func()                          // ends the engine and closes its stores; waits
	Wipe   func(ctx context.Context) error // deletes the stores; called after Stop

	// Stage takes in a File that a page hands over. View serves an attachment
	// to a page, on a port of its own; it blocks. Both may be nil.
	Stage func(id model.FileID, file js.Value)
	View  func(ctx context.Context, chat model.ChatID, ref model.Ref, port js.Value)
}

// Main runs a core until it is no longer needed. start is called once the core
// is the only one of its account.
func Main(start func(ctx context.Context, n Name) (*Running, error)) {
	ctx, cancel := context.WithCancel(context.Background())
	c := &core{ctx: ctx, cancel: cancel, instance: js.Global().Get("crypto").Call("randomUUID").String(), end: make(chan string, 1)}
	if err := json.Unmarshal([]byte(js.Global().Get("name").String()), &c.name); err != nil {
		c.fail("internal", fmt.Errorf("name of the worker: %w", err))
	} else {
		c.own()
		c.run(start)
	}
	c.accept()
	c.finish(<-c.end)
}

type core struct {
	ctx      context.Context
	cancel   context.CancelFunc
	name     Name
	instance string
	hub      *Hub
	running  *Running
	end      chan string // why the core ends
	channel  js.Value
}

func (c *core) alive() string { return "ferry-alive:" + c.instance }

// own waits for the core's lock. An older core of another build is asked to
// hand over; one that does not answer loses the lock, and the store's epoch
// keeps it from writing.
func (c *core) own() {
	held := make(chan struct{})
	jsx.Hold(c.alive(), "exclusive", false, func() {}, nil)
	c.channel = js.Global().Get("BroadcastChannel").New("ferry-handover:" + c.name.Account)
	jsx.Hold(c.name.Lock(), "exclusive", false, func() { close(held) }, func(err error) {
		if jsx.Name(err) == "AbortError" {
			c.quit("replaced")
		}
	})
	c.channel.Call("postMessage", c.instance)
	select {
	case <-held:
	case <-time.After(patience):
		stolen := make(chan struct{})
		jsx.Hold(c.name.Lock(), "exclusive", true, func() { close(stolen) }, func(error) { c.quit("replaced") })
		<-stolen
	}
	jsx.Listen(c.channel, "message", func(js.Value) { c.quit("replaced") })
}

// quit ends the core; the first reason counts.
func (c *core) quit(reason string) {
	if c.hub != nil {
		c.hub.End()
	}
	select {
	case c.end <- reason:
	default:
	}
}

func (c *core) run(start func(context.Context, Name) (*Running, error)) {
	running, err := start(c.ctx, c.name)
	if err != nil {
		c.fail(codeOf(err), err)
		return
	}
	c.running = running
	c.serve(frame.HelloInfo{Epoch: running.Epoch}, running)
	go func() {
		// The pages have been told by the engine. A dead engine serves nobody:
		// the next page gets a new core.
		if err := <-running.Failed; err != nil {
			c.quit("failed")
		}
	}()
}

// codeOf puts a failed start into the words of port.Halted.
func codeOf(err error) string {
	switch {
	case errors.Is(err, store.ErrLost), errors.Is(err, store.ErrTampered):
		return "store_lost"
	case errors.Is(err, store.ErrFull):
		return "store_full"
	}
	return "internal"
}

func (c *core) fail(code string, err error) {
	c.serve(frame.HelloInfo{Code: code, Error: err.Error()}, &Running{})
}

func (c *core) serve(hello frame.HelloInfo, r *Running) {
	hello.Proto, hello.Build = port.Proto, c.name.Build
	hello.Instance, hello.Alive = c.instance, c.alive()
	c.hub = NewHub(c.ctx, Config{Hello: hello, Engine: r.Engine, Notes: r.Notes, Wipe: c.wipe, Idle: c.idle()})
}

// idle gives the function that ends the core some time after the last page left.
func (c *core) idle() func(bool) {
	var timer *time.Timer
	return func(alone bool) {
		if timer != nil {
			timer.Stop()
		}
		if timer = nil; alone {
			timer = time.AfterFunc(linger, func() { c.quit("idle") })
		}
	}
}

// wipe deletes everything of this account and ends the core.
func (c *core) wipe(ctx context.Context) error {
	c.hub.End()
	c.stop()
	if c.running == nil || c.running.Wipe == nil {
		return errors.New("nothing to delete")
	}
	err := c.running.Wipe(ctx)
	time.AfterFunc(time.Millisecond, func() { c.quit("wiped") }) // after the answer
	return err
}

func (c *core) stop() {
	if c.running != nil && c.running.Stop != nil {
		stop := c.running.Stop
		c.running.Stop = nil
		stop()
	}
}

func (c *core) finish(reason string) {
	if reason == "replaced" {
		c.hub.Events([]port.Event{port.Halted{Reason: "replaced"}})
	}
	c.stop()
	c.cancel()
	time.Sleep(50 * time.Millisecond) // lets the last events out
	js.Global().Call("close")
	select {} // the browser ends the worker, and frees its locks, after this turn
}

// accept takes in ports, those that came before Go was up first.
func (c *core) accept() {
	take := js.FuncOf(func(_ js.Value, args []js.Value) any {
		c.attach(args[0])
		return nil
	})
	js.Global().Call("ferryPorts", take)
}

// jsPort sends to a MessagePort.
type jsPort struct{ port js.Value }

// Send posts b, whose copy is handed over, not cloned.
func (p jsPort) Send(b []byte) {
	v := jsx.Uint8(b)
	_ = jsx.Try(func() { p.port.Call("postMessage", v, []any{v.Get("buffer")}) }) // a closed port swallows it
}

func (c *core) attach(p js.Value) {
	page := c.hub.Attach(c.ctx, jsPort{p})
	jsx.Listen(p, "message", func(ev js.Value) {
		b, ok := jsx.Bytes(ev.Get("data"))
		if !ok {
			c.beside(page, ev)
			return
		}
		if f, err := frame.Parse(b); err == nil && f.Op == frame.Attach {
			c.mourn(page, f.Payload)
			return
		}
		page.Receive(b)
	})
	p.Call("start")
}

// beside takes what is no plain frame: a file that is handed over, or the wish
// to see an attachment.
func (c *core) beside(page *Page, ev js.Value) {
	data := ev.Get("data")
	if data.Type() != js.TypeObject {
		return
	}
	if what, ports := data.Get("open"), ev.Get("ports"); what.Type() == js.TypeObject && ports.Length() == 1 {
		go c.view(what, ports.Index(0))
		return
	}
	b, ok := jsx.Bytes(data.Get("frame"))
	f, err := frame.Parse(b)
	if !ok || err != nil || f.Op != frame.Stage {
		return
	}
	if c.running == nil || c.running.Stage == nil || len(f.Payload) > 64 {
		page.reply(f.ID, port.Reply{Code: "no_media", Error: "This core takes no files."})
		return
	}
	c.running.Stage(model.FileID(f.Payload), data.Get("file"))
	page.reply(f.ID, port.Reply{})
}

func (c *core) view(what, to js.Value) {
	if c.running == nil || c.running.View == nil {
		to.Call("postMessage", map[string]any{"error": "ferry:no_file"})
		return
	}
	ref := model.Ref{ID: model.MessageID(what.Get("id").String()), FromMe: what.Get("fromMe").Truthy()}
	c.running.View(c.ctx, model.ChatID(what.Get("chat").String()), ref, to)
}

// mourn notices the death of a page that could not say goodbye: it held a lock.
func (c *core) mourn(page *Page, raw []byte) {
	var info frame.AttachInfo
	if json.Unmarshal(raw, &info) != nil || info.Lock == "" {
		return
	}
	var release func()
	release = jsx.Hold(info.Lock, "shared", false, func() {
		page.Leave()
		if release != nil {
			release()
		}
	}, nil)
}
