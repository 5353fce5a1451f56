package headless

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ferry/app/e2e/thirdparty"
	"ferry/app/internal/engine"
	"ferry/app/internal/link"
	"ferry/app/internal/link/native"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/store/memory"
	"ferry/relay/relaytest"
	"ferry/relay/relaytest/waclient"
	"ferry/relay/wire"
)

// device is a WhatsApp user's engine that can be killed at any point of its
// conversation with the gateway, and its disk.
type device struct {
	w     *world
	phone string
	disk  *memory.Disk
	skew  atomic.Int64 // of its clock, ahead
	scan  func(ctx context.Context, phone, qr string) error

	mu    sync.Mutex
	steps int // of the conversation so far
	last  int // step at which it is killed; 0: never
	died  chan struct{}

	engine *engine.Engine
	states chan struct{} // holds a token when something was told
	stop   func()
}

var errKilled = errors.New("killed")

func (w *world) device() *device {
	d := &device{w: w, phone: newNumber(), disk: memory.NewDisk()}
	w.ok(w.box.CreatePhone(w.ctx, d.phone, "Dora", true))
	w.t.Cleanup(func() {
		if d.stop != nil {
			d.stop()
		}
	})
	return d
}

// start starts the engine; it dies at that step, if it is not 0.
func (d *device) start(last int) {
	d.w.t.Helper()
	client, err := native.New(d.w.URL, "", nil)
	d.w.ok(err)
	box := native.Sandbox{Client: client}
	s := d.disk.Open()
	d.mu.Lock()
	d.steps, d.last, d.died = 0, last, make(chan struct{})
	d.mu.Unlock()
	log := slog.New(slog.DiscardHandler)
	if testing.Verbose() {
		log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelInfo}))
	}
	d.states = make(chan struct{}, 1)
	d.engine, err = engine.New(d.w.ctx, engine.Config{
		Store: s, Relay: mortal{box, d}, Pairer: mortal{box, d}, Persona: model.WhatsAppUser, Phone: d.phone, Log: log,
		Now:    func() time.Time { return time.Now().Add(time.Duration(d.skew.Load())) },
		Timing: engine.Timing{Again: 50 * time.Millisecond},
	})
	d.w.ok(err)
	d.engine.Subscribe(func([]port.Event) {
		select {
		case d.states <- struct{}{}:
		default:
		}
	})
	ctx, cancel := context.WithCancel(d.w.ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = d.engine.Run(ctx) // of a killed one it is an error
	}()
	d.stop = func() {
		cancel()
		<-ended
	}
}

// step counts a step of the conversation; from the last one on, nothing that
// the engine does reaches anybody.
func (d *device) step() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.steps++; d.last == 0 || d.steps < d.last {
		return nil
	}
	if d.steps == d.last {
		d.disk.Open() // what is not written by now never will be
		close(d.died)
	}
	return errKilled
}

// mortal is the way to the gateway of a device that may die.
type mortal struct {
	native.Sandbox
	d *device
}

func (m mortal) Scan(ctx context.Context, phone, qr string) error {
	if err := m.d.step(); err != nil {
		return err
	}
	if m.d.scan != nil {
		return m.d.scan(ctx, phone, qr)
	}
	return m.Sandbox.Scan(ctx, phone, qr)
}

func (m mortal) DialTunnel(ctx context.Context) (wire.Pipe, error) {
	if err := m.d.step(); err != nil {
		return nil, err
	}
	p, err := m.Sandbox.DialTunnel(ctx)
	if err != nil {
		return nil, err
	}
	return &mortalPipe{p, m.d}, nil
}

type mortalPipe struct {
	wire.Pipe
	d *device
}

func (p *mortalPipe) Read(ctx context.Context) ([]byte, error) {
	b, err := p.Pipe.Read(ctx)
	if dead := p.d.step(); dead != nil {
		p.Pipe.Close("killed")
		return nil, dead
	}
	return b, err
}

func (p *mortalPipe) Write(ctx context.Context, b []byte) error {
	if err := p.d.step(); err != nil {
		p.Pipe.Close("killed")
		return err
	}
	return p.Pipe.Write(ctx, b)
}

func (d *device) state() (s port.State) {
	d.w.t.Helper()
	r := d.engine.Do(d.w.ctx, port.Snapshot{})
	if r.Code != "" {
		d.w.t.Fatalf("snapshot: %s %s", r.Code, r.Error)
	}
	d.w.ok(json.Unmarshal(r.Value, &s))
	return s
}

// until waits for a state.
func (d *device) until(what string, is func(port.State) bool) port.State {
	d.w.t.Helper()
	late := time.After(thirdparty.Patience)
	for {
		s := d.state()
		if is(s) {
			return s
		}
		select {
		case <-d.states:
		case <-late:
			d.w.t.Fatalf("%s: never; it is %+v %+v", what, s.Self, s.Link)
		}
	}
}

func online(s port.State) bool { return s.Link.Phase == model.LinkOnline }

// settled waits until a device that was started again knows where it stands.
func (d *device) settled() (paired bool) {
	d.w.t.Helper()
	refusals := 0
	s := d.until("either logged in or unpaired", func(s port.State) bool {
		if s.Link.Phase == model.LinkWaiting && s.Link.Down == model.HopSession {
			if refusals++; refusals > 3 { // nobody is taking it in any more
				d.skew.Store(int64(time.Minute))
			}
		}
		return online(s) || !s.Self.Connected
	})
	return s.Self.Connected
}

// pair has the device paired, and waits until it is online.
func (d *device) pair() {
	d.w.t.Helper()
	if r := d.engine.Do(d.w.ctx, port.Connect{}); r.Code != "" {
		d.w.t.Fatalf("pairing: %s %s", r.Code, r.Error)
	}
	d.until("online", online)
}

// pairUntilDead has the device paired; false if it dies before it is online.
func (d *device) pairUntilDead() (alive bool) {
	d.w.t.Helper()
	done := make(chan port.Reply, 1)
	go func() { done <- d.engine.Do(d.w.ctx, port.Connect{}) }()
	select {
	case <-d.died:
		return false
	case r := <-done:
		if r.Code != "" { // the end is what the reply is about
			<-d.died
			return false
		}
	}
	late := time.After(thirdparty.Patience)
	for {
		var s port.State
		if r := d.engine.Do(d.w.ctx, port.Snapshot{}); r.Code == "" {
			d.w.ok(json.Unmarshal(r.Value, &s))
		}
		select {
		case <-d.died:
			return false
		case <-late:
			d.w.t.Fatalf("neither online nor dead: %+v %+v", s.Self, s.Link)
		default:
		}
		if online(s) {
			return true
		}
		select {
		case <-d.died:
		case <-d.states:
		case <-late:
		}
	}
}

func TestADeviceKilledAnywhereWhilePairingIsLoggedInOrCanBePairedAgain(t *testing.T) {
	w := newWorld(t, relaytest.Options{})
	anna := w.thirdParty("anna")
	for last := 1; ; last++ {
		d := w.device()
		d.start(last)
		ended := d.pairUntilDead()
		d.stop()
		d.start(0)
		paired := d.settled()
		t.Logf("killed at step %d: paired %v", last, paired)
		if !paired {
			d.pair()
		}
		text := fmt.Sprintf("after step %d", last)
		id := anna.Send(anna.OpenChat(d.phone), text)
		anna.AwaitState(id, model.Delivered)
		d.stop()
		d.stop = nil
		if ended {
			if last < 8 {
				t.Errorf("only %d steps", last)
			}
			return
		}
	}
}

func TestADeviceThatItsPhoneRemovesIsUnpairedAndCanBePairedAgain(t *testing.T) {
	w := newWorld(t, relaytest.Options{})
	for _, there := range []bool{true, false} {
		d := w.device()
		d.start(0)
		d.pair()
		before := d.state().Self.Address
		if !there {
			d.stop()
		}
		w.ok(w.box.Unlink(w.ctx, d.phone, 1))
		if !there {
			d.start(0)
		}
		s := d.until("unpaired", func(s port.State) bool { return !s.Self.Connected })
		if s.Link.Phase != model.LinkOff || s.Link.Down != model.HopSession || s.Link.Reason == "" {
			t.Errorf("the link is %+v", s.Link)
		}
		d.pair()
		if after := d.state().Self; after.Address != before || after.Phone != d.phone {
			t.Errorf("after pairing again it is %+v, of %s", after, before)
		}
	}
}

func TestADeviceThatIsTakenOffIsGoneAtTheGateway(t *testing.T) {
	w := newWorld(t, relaytest.Options{})
	d := w.device()
	d.start(0)
	d.pair()
	if r := d.engine.Do(w.ctx, port.Disconnect{}); r.Code != "" {
		t.Fatalf("%s %s", r.Code, r.Error)
	}
	if s := d.state(); s.Self.Connected || s.Link.Phase != model.LinkOff || s.Link.Reason != "" {
		t.Errorf("it is %+v %+v", s.Self, s.Link)
	}
	if err := w.box.Unlink(w.ctx, d.phone, 1); refusal(err) != "unknown_device" {
		t.Errorf("the phone removes it: %v", err)
	}
	d.pair() // as another device
}

func TestAPhoneThatIsNotThereRefusesToPair(t *testing.T) {
	w := newWorld(t, relaytest.Options{})
	d := w.device()
	d.phone = newNumber()
	d.start(0)
	if r := d.engine.Do(w.ctx, port.Connect{}); r.Code != "unknown_phone" {
		t.Errorf("the answer is %q %q", r.Code, r.Error)
	}
	if s := d.state(); s.Self.Connected || s.Link.Phase != model.LinkOff {
		t.Errorf("it is %+v %+v", s.Self, s.Link)
	}
}

func TestAnotherPhonesOfferIsRefused(t *testing.T) {
	w := newWorld(t, relaytest.Options{})
	other := newNumber()
	w.ok(w.box.CreatePhone(w.ctx, other, "Other", true))
	d := w.device()
	client, err := native.New(w.URL, "", nil)
	w.ok(err)
	d.scan = func(ctx context.Context, _, qr string) error {
		return native.Sandbox{Client: client}.Scan(ctx, other, qr)
	}
	d.start(0)
	r := d.engine.Do(w.ctx, port.Connect{})
	if r.Code == "" || d.state().Self.Connected {
		t.Errorf("paired with another's phone: %+v", r)
	}
}

// refusal is the code of the sandbox's or the relay's error.
func refusal(err error) string {
	var box *waclient.APIError
	var api *link.APIError
	switch {
	case errors.As(err, &box):
		return box.Code
	case errors.As(err, &api):
		return api.Code
	}
	return ""
}
