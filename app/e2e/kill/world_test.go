package kill

import (
	"bytes"
	"context"
	"regexp"
	"slices"
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

// world is the three processes, and the WhatsApp user, who lives in the test and is not killed.
type world struct {
	*apart.World
	t     *testing.T
	ctx   context.Context
	anna  *thirdparty.User
	ben   *waclient.Client
	log   *relaytest.Logs // all that whatsmeow said
	chat  model.ChatID    // Ben, to Anna
	alias types.JID       // Anna, to Ben
}

const phone = "+49 1551 0000010"

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{World: apart.Start(t, apart.Options{}), t: t, ctx: t.Context()}
	w.anna = thirdparty.New(t, thirdparty.Config{Relay: w.URL, Name: "anna", Program: thirdparty.Binary(t)})
	w.anna.Connect()
	if err := w.Box.CreatePhone(w.ctx, phone, "Ben", true); err != nil {
		t.Fatal(err)
	}
	w.log = &relaytest.Logs{}
	ben, err := waclient.NewCompanion(w.ctx, w.Box, phone, waclient.Config{Name: "Ben", Log: waclient.LogTo(w.log)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ben.Close()
		relaytest.KeepLogs(t, map[string]*relaytest.Logs{"relay": w.Relay.Logs, "gateway": w.Gateway.Logs, "anna": w.anna.Logs, "ben": w.log})
	})
	w.ben = ben
	w.chat = w.anna.OpenChat(phone)
	_, alias, err := w.Box.ThirdParty(w.ctx, 7, "anna")
	if err != nil {
		t.Fatal(err)
	}
	if w.alias, err = types.ParseJID(alias); err != nil {
		t.Fatal(err)
	}
	w.greet()
	return w
}

// greet begins the one session that the traffic then uses. Were both to begin one at the same moment, whatsmeow could
// spoil one of the two: its library moves a session on before it knows whether a message fits.
func (w *world) greet() {
	w.t.Helper()
	w.anna.AwaitState(w.anna.Send(w.chat, "hello"), model.Delivered)
	if _, err := w.ben.SendText(w.ctx, w.alias, "hello yourself"); err != nil {
		w.t.Fatal(err)
	}
	w.anna.AwaitText("hello yourself")
}

// victim is a process that can be killed.
type victim struct {
	name        string
	kill, start func()
}

func (w *world) victims() []victim {
	return []victim{
		{"relay", w.Relay.Kill, func() { w.Relay.Start(); w.network() }},
		{"gateway", w.Gateway.Kill, func() { w.Gateway.Start(); w.network() }},
		{"client", w.anna.Kill, w.anna.Start},
	}
}

// network tells the client that the network is back, as a browser does. Without that most of a run would be spent in
// the client's back-off, which grows with every loss.
func (w *world) network() {
	ctx, cancel := thirdparty.Within()
	defer cancel()
	for _, on := range []bool{false, true} {
		if _, err := w.anna.Ask(ctx, port.Online{Online: on}); err != nil {
			w.t.Fatal(err)
		}
	}
}

// settle waits until everything that was sent has arrived and its sender knows.
func (w *world) settle(tr *traffic) {
	w.t.Helper()
	w.GatewayReady()
	w.RelayReady()
	w.network()
	out, in := tr.out.all(), tr.in.all()
	ctx, cancel := context.WithTimeout(w.ctx, 3*time.Minute)
	defer cancel()
	seen := expect(out)
	if err := waclient.Follow(ctx, w.ben, func(m *events.Message) bool { return !seen.All(m.Info.ID) }); err != nil {
		w.t.Errorf("of %d messages to WhatsApp %d were lost: %v", len(out), len(seen), err)
	}
	told := expect(in)
	if err := waclient.Follow(ctx, w.ben, func(r *events.Receipt) bool {
		return r.Type != waclient.Delivered || !told.All(r.MessageIDs...)
	}); err != nil {
		w.t.Errorf("of %d messages from WhatsApp %d have no receipt: %v", len(in), len(told), err)
	}
	// A client that was killed may not have printed what it had stored: what counts is the thread.
	for {
		mark := w.anna.Mark()
		stored, delivered := expect(in), expect(out)
		for _, m := range w.anna.Thread(w.chat) {
			if m.State == model.Received {
				stored.All(string(m.ID))
			} else if m.State == model.Delivered {
				delivered.All(string(m.ID))
			}
		}
		if len(stored) == 0 && len(delivered) == 0 {
			return
		}
		if _, err := thirdparty.FindAfter[port.MessageChanged](ctx, w.anna, mark, nil); err != nil {
			w.t.Errorf("of %d messages from WhatsApp %d were lost; of %d to it %d are not known to have arrived: %v",
				len(in), len(stored), len(out), len(delivered), err)
			return
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

// check compares what each side has with what the other sent, and sends one last message each way.
func (w *world) check(tr *traffic) {
	w.t.Helper()
	last := w.anna.Send(w.chat, "the last to WhatsApp")
	w.anna.AwaitState(last, model.Delivered)
	ctx, cancel := thirdparty.Within()
	defer cancel()
	if _, err := w.ben.SendText(ctx, w.alias, "the last from WhatsApp"); err != nil {
		w.t.Errorf("the last message from WhatsApp: %v", err)
	}
	w.anna.AwaitText("the last from WhatsApp")

	out, in := slices.Concat([]string{"hello"}, tr.out.texts(), []string{"the last to WhatsApp"}),
		slices.Concat([]string{"hello yourself"}, tr.in.texts(), []string{"the last from WhatsApp"})
	relaytest.Same(w.t, "Ben was shown", sorted(waclient.Texts(w.ben)), sorted(out))
	var own, got, ids []string
	for _, m := range w.anna.Thread(w.chat) {
		switch {
		case m.FromMe:
			own, ids = append(own, m.Text), append(ids, string(m.ID))
		default:
			got = append(got, m.Text)
		}
	}
	relaytest.Same(w.t, "Anna got", got, in)
	relaytest.Same(w.t, "Anna sent", own, out)
	relaytest.Same(w.t, "Ben received", w.received(), ids)
	if bad := waclient.All[*events.UndecryptableMessage](w.ben); len(bad) > 0 {
		w.t.Errorf("Ben could not read %d messages at first: a session was broken", len(bad))
	}
	for name, l := range map[string]*relaytest.Logs{"relay": w.Relay.Logs, "gateway": w.Gateway.Logs, "client": w.anna.Logs} {
		for _, bad := range []string{"panic:", "DATA RACE", "fatal error:", "level=ERROR"} {
			if i := bytes.Index(l.Bytes(), []byte(bad)); i >= 0 {
				w.t.Errorf("the %s says %.500q", name, l.Bytes()[i:])
			}
		}
	}
	for _, e := range thirdparty.All[port.MessageChanged](w.anna) { // a placeholder, even for a moment
		if e.Failure != "" {
			w.t.Errorf("a message of Anna's thread was %q", e.Failure)
		}
	}
}

// received lists the ids of Anna's messages in the order in which whatsmeow read them off its socket for the first
// time. The order of its events is not quite that: after a reconnect it goes on with what it had read in a second
// goroutine, beside the first, which may still be busy with one message.
func (w *world) received() (ids []string) {
	seen := map[string]bool{}
	for _, m := range message.FindAllSubmatch(w.log.Bytes(), -1) {
		if from, id := string(m[1]), string(m[2]); from == w.alias.String() && !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	return ids
}

var message = regexp.MustCompile(`Recv: <message from="([^"]*)" id="([^"]*)"`)

func sorted(texts []string) []string {
	texts = slices.Clone(texts)
	slices.Sort(texts)
	return texts
}
