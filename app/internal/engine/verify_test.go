package engine_test

import (
	"fmt"
	"strings"
	"testing"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/store/faulty"
)

// met has two people write to each other.
func met(t *testing.T) (g *gateway, a, b *client) {
	g, a, b = pair(t)
	a.send(b, "before", "text before")
	b.gets(a, "before", "text before")
	b.send(a, "answer", "text answer")
	a.gets(b, "answer", "text answer")
	b.reaches(a, "answer", model.Delivered)
	return g, a, b
}

func verified(a, b *client) {
	a.t.Helper()
	n := must[model.SafetyNumber](a, port.SafetyNumber{Chat: a.chatWith(b)})
	if chat := must[model.Chat](a, port.Verify{Chat: a.chatWith(b), Verified: true, Digits: n.Digits}); !chat.Verified || chat.Held {
		a.t.Errorf("verified: %+v", chat)
	}
}

// waitsFor waits until a message is held.
func (c *client) waitsFor(peer *client, id string) {
	c.t.Helper()
	c.until(id+" is held", func() bool {
		m, ok := c.message(peer, id)
		return ok && m.State == model.Pending && m.Failure == model.HeldForKey
	})
}

// sawNothingOf checks that the gateway was never given a message.
func (g *gateway) sawNothingOf(ids ...string) {
	g.t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, id := range ids {
		if _, ok := g.outside[id]; ok {
			g.t.Errorf("%s was sent", id)
		}
	}
}

func TestBothSidesSeeTheSameSafetyNumber(t *testing.T) {
	_, a, b := met(t)
	x, y := must[model.SafetyNumber](a, port.SafetyNumber{Chat: a.chatWith(b)}), must[model.SafetyNumber](b, port.SafetyNumber{Chat: b.chatWith(a)})
	if x.Digits != y.Digits || len(x.Digits) != 60 || x.Verified || !x.ChangedAt.IsZero() {
		t.Errorf("%+v and %+v", x, y)
	}
	if string(x.QR) == string(y.QR) || len(x.QR) != len(y.QR) || len(x.Drawn) < 2 {
		t.Error("the codes to scan are not those of two sides")
	}
	if r := a.do(port.Verify{Chat: a.chatWith(b), Verified: true, Digits: strings.Repeat("0", 60)}); r.Code != "number_changed" {
		t.Errorf("another number is verified: %+v", r)
	}
	if r := a.do(port.SafetyNumber{Chat: "1@lid"}); r.Code != "no_chat" {
		t.Errorf("replied %+v", r)
	}
}

func TestWithoutAConnectionAKnownNumberShowsAndAnUnknownOneIsRefused(t *testing.T) {
	_, a, b := met(t)
	must[model.Chat](a, port.OpenChat{Chat: "77@lid"})
	a.relay.cut(true)
	a.until("down", func() bool { a.mu.Lock(); defer a.mu.Unlock(); return a.link.Phase != model.LinkOnline })
	if n := must[model.SafetyNumber](a, port.SafetyNumber{Chat: a.chatWith(b)}); len(n.Digits) != 60 {
		t.Errorf("%+v", n)
	}
	if r := a.do(port.SafetyNumber{Chat: "77@lid"}); r.Code != "offline" {
		t.Errorf("replied %+v", r)
	}
}

func TestANewKeyOfSomebodyUnverifiedIsALineInTheThread(t *testing.T) {
	_, a, b := pair(t)
	lose(t, a, b)
	b.start()
	healed(t, a, b)
	if got := fmt.Sprint(a.notices(b)); got != "[key_changed]" {
		t.Errorf("the thread says %s", got)
	}
	if n := must[model.SafetyNumber](a, port.SafetyNumber{Chat: a.chatWith(b)}); n.ChangedAt.IsZero() {
		t.Error("the number does not say that it is another")
	}
}

func TestNothingIsSentToANewKeyOfSomebodyVerified(t *testing.T) {
	for name, decide := range map[string]func(a, b *client){
		"released": func(a, b *client) {
			if c := must[model.Chat](a, port.ReleaseHeld{Chat: a.chatWith(b)}); c.Held || c.Verified {
				t.Errorf("released: %+v", c)
			}
		},
		"verified again": verified,
	} {
		t.Run(name, func(t *testing.T) {
			g, a, b := met(t)
			verified(a, b)
			a.send(b, "same", "text same")
			b.gets(a, "same", "text same")
			a.reaches(b, "same", model.Delivered) // it does not come again after the reinstallation
			reinstall(t, b)
			b.start()
			b.online()
			b.send(a, "new", "text new") // with the new key
			a.gets(b, "new", "text new")
			a.send(b, "held0", "text held0")
			a.waitsFor(b, "held0")
			a.kill() // it is kept
			a.start()
			a.online()
			a.send(b, "held1", "text held1")
			a.waitsFor(b, "held0")
			a.waitsFor(b, "held1")
			a.settled()
			g.sawNothingOf("held0", "held1")
			if chat, _ := a.chat(b); !chat.Held || chat.Verified {
				t.Errorf("the chat is %+v", chat)
			}
			if got := fmt.Sprint(a.notices(b)); got != "[verified key_changed]" {
				t.Errorf("the thread says %s", got)
			}
			decide(a, b)
			b.gets(a, "held1", "text held1")
			a.reaches(b, "held0", model.Delivered)
			exact(t, b, a, "held0", "held1")
		})
	}
}

// A device that lost its keys asks for what it could not read, and sends new
// ones along. Whoever sits in between could do so, too.
func TestWhoAsksAgainWithANewKeyWaits(t *testing.T) {
	g, a, b := met(t)
	verified(a, b)
	reinstall(t, b)
	a.send(b, "lost", "text lost") // for the key that was verified
	a.reaches(b, "lost", model.Sent)
	given := func() (n int) {
		g.mu.Lock()
		defer g.mu.Unlock()
		for key := range g.taken {
			if strings.Contains(key, " lost") {
				n++
			}
		}
		return n
	}
	b.start()
	a.until("held", func() bool { chat, _ := a.chat(b); return chat.Held })
	a.kill()
	a.start()
	a.online()
	a.settled()
	if n := given(); n != 1 {
		t.Fatalf("encrypted %d times", n)
	}
	must[model.Chat](a, port.ReleaseHeld{Chat: a.chatWith(b)})
	b.gets(a, "lost", "text lost")
	a.reaches(b, "lost", model.Delivered)
	exact(t, b, a, "lost")
}

func TestADeviceMoreOfSomebodyVerifiedIsHeldToo(t *testing.T) {
	g, a, b := met(t)
	verified(a, b)
	other := newClient(t, g, 2).start().connect()
	a.send(b, "m", "text m")
	a.waitsFor(b, "m")
	g.sawNothingOf("m")
	verified(a, b)
	b.gets(a, "m", "text m")
	other.gets(a, "m", "text m")
}

func TestAHoldSurvivesWhateverGoesWrong(t *testing.T) { everyWrite(t, holding) }

// holding has a, whose n-th write goes wrong, meet a new key of somebody
// verified: nothing that it writes then is sent before it is released.
func holding(t *testing.T, fault faulty.Fault, n int) int {
	g, a, b := met(t)
	verified(a, b)
	reinstall(t, b)
	b.start()
	b.online()
	a.kill()
	broken := a.startBroken(fault, n)
	a.online()
	b.send(a, "new", "text new")
	attempt(a, port.SendText{Chat: a.chatWith(b), ID: "held0", Text: "text held0"})
	a.gets(b, "new", "text new")
	attempt(a, port.SendText{Chat: a.chatWith(b), ID: "held1", Text: "text held1"})
	a.waitsFor(b, "held1")
	a.settled()
	g.sawNothingOf("held1")
	attempt(a, port.ReleaseHeld{Chat: a.chatWith(b)})
	b.gets(a, "held1", "text held1")
	b.gets(a, "held0", "text held0")
	a.reaches(b, "held0", model.Delivered)
	a.reaches(b, "held1", model.Delivered)
	return broken.Writes()
}

// A device that was not listed when its person was verified is not trusted when
// it is listed again, though there is a session with it.
func TestASessionOfBeforeIsNoProof(t *testing.T) {
	g, a, b := met(t)
	other := newClient(t, g, 2).start().connect()
	other.send(a, "hi", "text hi")
	a.gets(b, "hi", "text hi")
	list := func(devices ...uint16) {
		g.mu.Lock()
		g.users[b.relay.name].devices = devices
		g.tell(b.relay.name)
		g.mu.Unlock()
		a.settled()
	}
	list(b.relay.dev.Device)
	verified(a, b)
	list(b.relay.dev.Device, other.relay.dev.Device)
	a.send(b, "m", "text m")
	a.waitsFor(b, "m")
	g.sawNothingOf("m")
}
