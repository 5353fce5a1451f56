package engine_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"

	"ferry/app/internal/engine"
	"ferry/app/internal/media"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/store"
	"ferry/app/internal/store/memory"
)

// client is an engine with its disk, and all it ever said.
type client struct {
	t     *testing.T
	relay *relay
	topUp time.Duration // pause between uploads of prekeys; none but the first by default
	disk  *memory.Disk
	wrap  func(store.Store) store.Store // around the store of the next start
	files media.Files                   // nil for none
	asked bool                          // requests of strangers wait

	mu      sync.Mutex
	changed chan struct{} // closed and renewed with each event
	events  []port.Event
	link    model.Link
	engine  *engine.Engine
	stop    func() error

	revived chan struct{} // closed once restarted after its store stopped; nil without such a store
}

// patience bounds every wait of these tests.
const patience = 20 * time.Second

func newClient(t *testing.T, g *gateway, n int) *client {
	c := &client{t: t, relay: g.relay(n), disk: memory.NewDisk(), changed: make(chan struct{})}
	t.Cleanup(func() { c.kill() })
	return c
}

func (c *client) start() *client {
	c.t.Helper()
	s := c.disk.Open()
	if c.wrap != nil {
		s = c.wrap(s)
		c.wrap = nil
	}
	var out io.Writer = io.Discard
	if os.Getenv("FERRY_TEST_LOG") != "" {
		out = os.Stderr
	}
	ctx, cancel := context.WithCancel(context.Background())
	e, err := engine.New(ctx, engine.Config{
		Store: s, Relay: c.relay, Username: "user " + c.relay.name.User, Provider: "Test", Files: c.files, Requests: c.asked,
		Log:    slog.New(slog.NewTextHandler(out, nil)).With("user", c.relay.name.User),
		Timing: engine.Timing{Query: 5 * time.Second, Again: 20 * time.Millisecond, Move: 10 * time.Millisecond, TopUp: cmp.Or(c.topUp, time.Hour)},
	})
	if err != nil {
		cancel()
		c.t.Fatal(err)
	}
	e.Subscribe(c.hear)
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx) }()
	c.mu.Lock()
	c.engine = e
	c.stop = func() error {
		cancel()
		return <-ended
	}
	c.mu.Unlock()
	return c
}

// kill ends the engine where it stands.
func (c *client) kill() error {
	c.mu.Lock()
	stop := c.stop
	c.stop = nil
	c.mu.Unlock()
	if stop == nil {
		return nil
	}
	return stop()
}

func (c *client) hear(events []port.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range events {
		c.events = append(c.events, e)
		if l, ok := e.(port.LinkChanged); ok {
			c.link = l.Link
		}
	}
	close(c.changed)
	c.changed = make(chan struct{})
}

// until waits for ok to become true, asking again after each event.
func (c *client) until(what string, ok func() bool) {
	c.t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for {
		c.mu.Lock()
		changed := c.changed
		c.mu.Unlock()
		if ok() {
			return
		}
		select {
		case <-changed:
		case <-time.After(20 * time.Millisecond): // a change that has no event of its own
		case <-deadline.C:
			c.t.Fatalf("%s: not within %v\n%s", what, patience, c.dump())
		}
	}
}

// dump shows where things stand.
func (c *client) dump() string {
	c.relay.g.mu.Lock()
	out := ""
	for dev, b := range c.relay.g.boxes {
		out += fmt.Sprintf("mailbox of %s, connected %v:\n", dev, c.relay.g.live[dev] != nil)
		for _, m := range b.mail {
			out += fmt.Sprintf("  %d %s\n", m.n, m.node.String())
		}
	}
	c.relay.g.mu.Unlock()
	out += string(c.do(port.Snapshot{}).Value) + "\n"
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.events[max(0, len(c.events)-30):] {
		out += fmt.Sprintf("%T %+v\n", e, e)
	}
	return out
}

func (c *client) do(cmd port.Command) port.Reply {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	r := c.now().Do(ctx, cmd)
	if r.Code == "stopped" && c.revived != nil {
		select {
		case <-c.revived:
			return c.now().Do(ctx, cmd)
		case <-ctx.Done():
		}
	}
	return r
}

func (c *client) now() *engine.Engine {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.engine
}

// must runs a command that has to succeed, and decodes its value.
func must[T any](c *client, cmd port.Command) (v T) {
	c.t.Helper()
	r := c.do(cmd)
	if r.Code != "" {
		c.t.Fatalf("%T: %s %s", cmd, r.Code, r.Error)
	}
	if len(r.Value) > 0 {
		if err := json.Unmarshal(r.Value, &v); err != nil {
			c.t.Fatal(err)
		}
	}
	return v
}

func (c *client) connect() *client {
	c.t.Helper()
	must[model.Self](c, port.Connect{})
	c.online()
	c.until("keys at the gateway", func() bool { return c.relay.hasKeys() })
	return c
}

func (c *client) online() {
	c.t.Helper()
	c.until("online", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.link.Phase == model.LinkOnline
	})
}

// chatWith is the id of the chat with another client.
func (c *client) chatWith(peer *client) model.ChatID { return model.ChatID(peer.relay.name.String()) }

func (c *client) send(peer *client, id, text string) model.Message {
	c.t.Helper()
	return must[model.Message](c, port.SendText{Chat: c.chatWith(peer), ID: model.MessageID(id), Text: text})
}

// thread lists all messages with another client.
func (c *client) thread(peer *client) []model.Message {
	c.t.Helper()
	var all []model.Message
	for before := uint64(0); ; {
		cmd := port.Messages{Chat: c.chatWith(peer), Before: before, Limit: 200}
		r := c.do(cmd)
		if c.revived != nil && r.Code != "" { // its store goes wrong, but only once
			r = c.do(cmd)
		}
		var page port.MessagePage
		if err := json.Unmarshal(r.Value, &page); err != nil || r.Code != "" {
			c.t.Fatalf("messages: %s %v", r.Code, err)
		}
		all = append(page.Messages, all...)
		if !page.More {
			return all
		}
		before = page.Messages[0].Order
	}
}

func (c *client) message(peer *client, id string) (model.Message, bool) {
	c.t.Helper()
	for _, m := range c.thread(peer) {
		if string(m.ID) == id {
			return m, true
		}
	}
	return model.Message{}, false
}

func (c *client) reaches(peer *client, id string, state model.SendState) {
	c.t.Helper()
	c.until(fmt.Sprintf("%s is %s", id, state), func() bool {
		m, ok := c.message(peer, id)
		return ok && m.State == state && m.Failure == ""
	})
}

func (c *client) gets(peer *client, id, text string) {
	c.t.Helper()
	c.until(id+" arrives", func() bool {
		m, ok := c.message(peer, id)
		return ok && m.State == model.Received && m.Failure == "" && m.Text == text
	})
}

func pair(t *testing.T) (*gateway, *client, *client) {
	g := newGateway(t)
	return g, newClient(t, g, 1).start().connect(), newClient(t, g, 2).start().connect()
}
