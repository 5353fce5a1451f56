package engine_test

import (
	"fmt"
	"testing"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/store"
	"ferry/app/internal/store/faulty"
)

// scenario has two clients do something while the n-th write of one goes
// wrong. It returns how often that one's store was written.
type scenario func(t *testing.T, fault faulty.Fault, n int) int

// Every write of the engine goes wrong once, in each way. Whatever happens,
// each message arrives exactly once and in order, and the sessions go on.
func TestAnyWriteMayGoWrong(t *testing.T) {
	for name, run := range map[string]scenario{
		"a conversation": conversation,
		"a backlog":      backlog,
		"asking again":   asking,
		"asked again":    asked,
		"changes":        changes,
	} {
		t.Run(name, func(t *testing.T) { everyWrite(t, run) })
	}
}

func everyWrite(t *testing.T, run scenario) {
	writes := run(t, faulty.None, 1)
	if writes < 3 {
		t.Fatalf("only %d writes: too few to mean anything", writes)
	}
	t.Logf("%d writes", writes)
	for _, f := range []struct {
		name  string
		fault faulty.Fault
	}{
		{"refused", faulty.FailBefore},
		{"written but reported failed", faulty.FailAfter},
		{"killed before", faulty.StopBefore},
		{"killed after", faulty.StopAfter},
	} {
		t.Run(f.name, func(t *testing.T) {
			for n := 1; n <= writes+2; n++ {
				t.Run(fmt.Sprint(n), func(t *testing.T) {
					t.Parallel()
					run(t, f.fault, n)
				})
			}
		})
	}
}

// backlog has b come back to many messages, with its n-th write going wrong.
func backlog(t *testing.T, fault faulty.Fault, n int) int {
	_, a, b := pair(t)
	a.send(b, "m0", "text m0")
	b.gets(a, "m0", "text m0")
	b.kill()
	want := []string{"m0"}
	for i := 1; i <= 150; i++ {
		id := fmt.Sprint("m", i)
		a.send(b, id, "text "+id)
		want = append(want, id)
	}
	a.reaches(b, "m150", model.Sent)
	broken := b.startBroken(fault, n)
	b.gets(a, "m150", "text m150")
	exact(t, b, a, want...)
	a.reaches(b, "m150", model.Delivered)
	attempt(b, port.SendText{Chat: b.chatWith(a), ID: "back", Text: "text back"})
	a.gets(b, "back", "text back")
	return broken.Writes()
}

// asking has b, reinstalled, ask for messages again, with its n-th write going
// wrong.
func asking(t *testing.T, fault faulty.Fault, n int) int {
	_, a, b := pair(t)
	lose(t, a, b)
	broken := b.startBroken(fault, n)
	healed(t, a, b)
	return broken.Writes()
}

// asked has b, reinstalled, ask for messages again, with the n-th write of a,
// who is asked, going wrong.
func asked(t *testing.T, fault faulty.Fault, n int) int {
	_, a, b := pair(t)
	lose(t, a, b)
	a.kill()
	broken := a.startBroken(fault, n)
	a.online()
	b.start()
	healed(t, a, b)
	return broken.Writes()
}

// lose has a write to b, who meanwhile lost its keys and is not running.
func lose(t *testing.T, a, b *client) {
	t.Helper()
	a.send(b, "before", "text before")
	b.gets(a, "before", "text before")
	b.send(a, "answer", "text answer")
	a.gets(b, "answer", "text answer")
	b.reaches(a, "answer", model.Delivered)
	reinstall(t, b)
	for i := range 3 {
		a.send(b, fmt.Sprint("lost", i), fmt.Sprint("text lost", i))
	}
	a.reaches(b, "lost2", model.Sent)
}

func healed(t *testing.T, a, b *client) {
	t.Helper()
	for i := range 3 {
		id := fmt.Sprint("lost", i)
		b.gets(a, id, "text "+id)
		a.reaches(b, id, model.Delivered)
	}
	exact(t, b, a, "lost0", "lost1", "lost2")
	attempt(a, port.SendText{Chat: a.chatWith(b), ID: "then", Text: "text then"})
	b.gets(a, "then", "text then")
	attempt(b, port.SendText{Chat: b.chatWith(a), ID: "back", Text: "text back"})
	a.gets(b, "back", "text back")
}

// conversation has a, whose n-th write goes wrong, and b write to each other
// from the first connection on. It returns how often a's store was written.
func conversation(t *testing.T, fault faulty.Fault, n int) int {
	g := newGateway(t)
	a, b := newClient(t, g, 1), newClient(t, g, 2)
	b.start().connect()
	broken := a.startBroken(fault, n)
	attempt(a, port.Connect{})
	a.until("keys at the gateway", a.relay.hasKeys)
	for i := range 3 {
		id := fmt.Sprint("a", i)
		attempt(a, port.SendText{Chat: a.chatWith(b), ID: model.MessageID(id), Text: "text " + id})
	}
	for i := range 3 {
		b.send(a, fmt.Sprint("b", i), fmt.Sprint("text b", i))
	}
	for i := range 3 {
		a.gets(b, fmt.Sprint("b", i), fmt.Sprint("text b", i))
		a.reaches(b, fmt.Sprint("a", i), model.Delivered)
	}
	for i := range 2 { // a turn of the ratchet each
		back, forth := fmt.Sprint("turn", i), fmt.Sprint("return", i)
		b.send(a, back, "text "+back)
		a.gets(b, back, "text "+back)
		attempt(a, port.SendText{Chat: a.chatWith(b), ID: model.MessageID(forth), Text: "text " + forth})
		b.gets(a, forth, "text "+forth)
	}
	attempt(a, port.MarkRead{Chat: a.chatWith(b), Upto: 1 << 62})
	b.reaches(a, "turn1", model.Read)
	exact(t, b, a, "a0", "a1", "a2", "return0", "return1")
	exact(t, a, b, "b0", "b1", "b2", "turn0", "turn1")
	return broken.Writes()
}

// exact checks what c received from peer: each once, whole, in order.
func exact(t *testing.T, c, peer *client, ids ...string) {
	t.Helper()
	var got []string
	for _, m := range c.thread(peer) {
		if !m.FromMe && m.Kind != model.KindNotice {
			got = append(got, string(m.ID))
			if m.Text != "text "+string(m.ID) || m.Failure != "" {
				t.Errorf("%s says %q, failure %q", m.ID, m.Text, m.Failure)
			}
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(ids) {
		t.Errorf("%s received %v, want %v", c.relay.name.User, got, ids)
	}
}

// attempt gives a command until it is carried out.
func attempt(c *client, cmd port.Command) {
	c.t.Helper()
	var r port.Reply
	for range 3 {
		if r = c.do(cmd); r.Code == "" {
			return
		}
	}
	c.t.Fatalf("%T is never carried out: %s %s", cmd, r.Code, r.Error)
}

// startBroken starts a client whose n-th write goes wrong. If that stops the
// store, the client is killed and started again on what was written.
func (c *client) startBroken(fault faulty.Fault, n int) *faulty.Store {
	c.t.Helper()
	var broken *faulty.Store
	c.wrap = func(s store.Store) store.Store {
		broken = faulty.Wrap(s, fault, n)
		return broken
	}
	c.revived = make(chan struct{})
	c.start()
	ended, ctx := make(chan struct{}), c.t.Context()
	go func() {
		defer close(ended)
		select {
		case <-broken.Stopped():
			c.kill()
			c.start()
			close(c.revived)
		case <-ctx.Done():
		}
	}()
	c.t.Cleanup(func() {
		<-ended
		c.kill()
	})
	return broken
}
