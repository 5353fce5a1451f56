package mediakill

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"ferry/app/e2e/apart"
	"ferry/app/e2e/thirdparty"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/relay/relaytest"
	"ferry/relay/relaytest/waclient"
)

// world is a relay and a gateway, Anna at her browser, and Ben with whatsmeow, who lives in the test and is not killed.
type world struct {
	*apart.World
	t     *testing.T
	ctx   context.Context
	plan  plan
	front *front
	disk  string // where Anna's own files lie
	anna  *person
	ben   *waclient.Client
	log   *relaytest.Logs // all that whatsmeow said
	chat  model.ChatID    // Ben, to Anna
	alias types.JID       // Anna, to Ben
}

const phone = "+49 1551 0000010"

func newWorld(t *testing.T, p plan) *world {
	t.Helper()
	f := newFront(t, p.rate)
	w := &world{World: apart.Start(t, apart.Options{Relay: []string{"-origins", f.URL}}), t: t, ctx: t.Context(), plan: p, front: f, disk: t.TempDir()}
	w.ok(f.to(w.URL))
	w.ok(w.Box.CreatePhone(w.ctx, phone, "Ben", true))
	w.log = &relaytest.Logs{}
	ben, err := waclient.NewCompanion(w.ctx, w.Box, phone, waclient.Config{Name: "Ben", Log: waclient.LogTo(w.log)})
	w.ok(err)
	w.ben = ben
	t.Cleanup(func() {
		ben.Close()
		relaytest.KeepLogs(t, map[string]*relaytest.Logs{"relay": w.Relay.Logs, "gateway": w.Gateway.Logs, "ben": w.log})
	})
	w.anna = newPerson(t, f.URL, "anna")
	w.anna.start()
	w.connect()
	_, alias, err := w.Box.ThirdParty(w.ctx, 7, "anna")
	w.ok(err)
	w.alias, err = types.ParseJID(alias)
	w.ok(err)
	w.greet()
	return w
}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// connect turns WhatsApp on for Anna, and opens the chat with Ben.
func (w *world) connect() {
	w.t.Helper()
	w.anna.Do(port.Connect{}, nil)
	var found port.LookUpResult
	w.until("Ben can be written to", func() bool {
		r, err := w.anna.Ask(w.ctx, port.LookUp{Phone: phone})
		w.ok(err)
		return r.Code == "" && json.Unmarshal(r.Value, &found) == nil && found.Status == "ok"
	})
	w.anna.Do(port.OpenChat{Chat: found.Chat, Contact: found.Contact}, nil)
	w.chat = found.Chat
}

// greet begins the one session that the traffic then uses, one side after the other.
func (w *world) greet() {
	w.t.Helper()
	id := thirdparty.NewID()
	w.anna.Do(port.SendText{Chat: w.chat, ID: id, Text: "hello"}, nil)
	ctx, cancel := thirdparty.Within()
	defer cancel()
	_, err := w.ben.AwaitText(ctx, "hello")
	w.ok(err)
	w.until("Ben can answer", func() bool {
		_, err := w.ben.SendText(w.ctx, w.alias, "hello yourself")
		return err == nil
	})
	w.until("both have greeted", func() bool {
		thread, err := w.anna.thread(ctx, w.chat, 0)
		w.ok(err)
		return len(thread) == 2 && thread[0].State == model.Delivered
	})
}

// until looks again and again. Neither the page nor whatsmeow has an event for all that is waited for here.
func (w *world) until(what string, is func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(thirdparty.Patience); !is(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("never: %s", what)
		}
	}
}

// victim is what can be killed.
type victim struct {
	name        string
	kill, start func()
}

func (w *world) victims() []victim {
	return []victim{
		{"browser", w.anna.kill, w.anna.start},
		{"relay", w.Relay.Kill, w.Relay.Start},
		{"tab, killed", w.anna.crash, w.anna.open},
		{"gateway", w.Gateway.Kill, w.Gateway.Start},
		{"tab, closed", w.anna.leave, w.anna.open},
	}
}

// settle waits until everything that was sent has arrived and its sender knows.
func (w *world) settle(tr *traffic) {
	w.t.Helper()
	w.GatewayReady()
	w.RelayReady()
	ctx, cancel := context.WithTimeout(w.ctx, 5*time.Minute)
	defer cancel()
	choose := rand.New(rand.NewPCG(tr.seed, 3))
	for {
		if tr.anew(ctx, choose); tr.left() == 0 {
			break
		}
		select {
		case <-tr.failed:
			w.t.FailNow()
		case <-ctx.Done():
			w.t.Fatalf("not all files arrive\n%s", w.report(tr))
		case <-time.After(pace):
		}
	}
	out, in := tr.lists()
	seen, told := expect(out), expect(in)
	if err := waclient.Follow(ctx, w.ben, func(m *events.Message) bool { return !seen.All(m.Info.ID) }); err != nil {
		w.t.Errorf("of %d messages to WhatsApp %d were lost: %v", len(out), len(seen), err)
	}
	if err := waclient.Follow(ctx, w.ben, func(r *events.Receipt) bool {
		return r.Type != waclient.Delivered || !told.All(r.MessageIDs...)
	}); err != nil {
		w.t.Errorf("of %d messages from WhatsApp %d have no receipt: %v", len(in), len(told), err)
	}
	for {
		thread, err := w.anna.thread(ctx, w.chat, 0)
		stored, delivered := expect(in), expect(out)
		for _, m := range thread {
			if m.State == model.Received {
				stored.All(string(m.ID))
			} else if m.State == model.Delivered {
				delivered.All(string(m.ID))
			}
		}
		if err == nil && len(stored)+len(delivered) == 0 {
			return
		}
		select {
		case <-ctx.Done():
			w.t.Fatalf("of %d messages from WhatsApp %d were lost; of %d to it %d are not known to have arrived: %v",
				len(in), len(stored), len(out), len(delivered), err)
		case <-time.After(pace):
		}
	}
}

// expect is the ids of messages that something has not happened to yet.
func expect(list []letter) relaytest.Expected {
	e := relaytest.Expected{}
	for _, m := range list {
		e[m.id] = true
	}
	return e
}
