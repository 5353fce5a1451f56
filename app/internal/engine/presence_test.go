package engine_test

import (
	"strconv"
	"testing"
	"time"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/relay/wire"
)

func (g *gateway) time() string {
	if g.clock != 0 {
		return strconv.FormatInt(g.clock, 10)
	}
	return strconv.FormatInt(time.Now().Unix(), 10)
}

// outsideOf is what a stanza tells of its content: type, edit, and of each enc
// the mediatype and whether a failure is hidden.
func outsideOf(n wire.Node) string {
	out := n.Attr("type") + " " + n.Attr("edit")
	enc, _ := n.Child("enc")
	if p, ok := n.Child("participants"); ok && len(p.Children) > 0 {
		enc, _ = p.Children[0].Child("enc")
	}
	return out + " " + enc.Attr("mediatype") + " " + enc.Attr("decrypt-fail")
}

// presence passes on who is there, to those who asked. With the lock held.
func (g *gateway) presence(dev, to wire.JID, n wire.Node) {
	who := dev.Bare()
	switch n.Attr("type") {
	case "subscribe":
		if g.watched[to] == nil {
			g.watched[to] = map[wire.JID]bool{}
		}
		g.watched[to][dev] = true
		g.show(to, dev)
	case "unsubscribe":
		delete(g.watched[to], dev)
	case "available", "unavailable":
		g.there[who] = n.Attr("type") == "available"
		for d := range g.watched[who] {
			g.show(who, d)
		}
	}
}

func (g *gateway) show(who, to wire.JID) {
	there, said := g.there[who]
	l := g.live[to]
	if l == nil || !said {
		return
	}
	attrs := []wire.Attr{wire.J("from", who)}
	if !there {
		attrs = append(attrs, wire.A("type", "unavailable"), wire.A("last", "1700000000"))
	}
	l.now <- wire.N("presence", attrs)
}

// saw waits for an event.
func saw[E port.Event](c *client, what string, ok func(E) bool) {
	c.t.Helper()
	c.until(what, func() bool { return c.heard(func(e port.Event) bool { v, is := e.(E); return is && ok(v) }) })
}

func (c *client) heard(ok func(port.Event) bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.events {
		if ok(e) {
			return true
		}
	}
	return false
}

func (c *client) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.events = nil
}

func TestThePresenceOfWhoIsLookedAtIsShown(t *testing.T) {
	_, a, b := pair(t)
	must[struct{}](b, port.Active{Active: true})
	must[struct{}](a, port.Watch{Chat: a.chatWith(b)})
	online := func(p port.PeerPresence) bool { return p.Chat == a.chatWith(b) && p.Online && p.LastSeen.IsZero() }
	away := func(p port.PeerPresence) bool { return !p.Online && p.LastSeen.Unix() == 1700000000 }
	saw(a, "b is online", online)
	must[struct{}](b, port.Active{})
	saw(a, "b is away", away)
	a.forget()
	a.relay.cut(false) // asked for again on the next connection
	a.online()
	saw(a, "b is away still", away)
	saw(a, "nothing was known meanwhile", func(p port.PeerPresence) bool { return p.Presence == model.Presence{} })
	must[struct{}](a, port.Watch{})
	a.forget()
	must[struct{}](b, port.Active{Active: true})
	a.send(b, "m", "text m")
	a.reaches(b, "m", model.Delivered) // what b said before is long here
	if a.heard(func(e port.Event) bool { _, is := e.(port.PeerPresence); return is }) {
		t.Error("the presence of nobody is told")
	}
	if r := a.do(port.Watch{Chat: "g@g.us"}); r.Code != "no_chat" {
		t.Errorf("%+v", r)
	}
}

func TestWhoHidesTheirPresenceSeesNone(t *testing.T) {
	g, a, b := pair(t)
	must[struct{}](b, port.Active{Active: true})
	hidden := model.Privacy{ReadReceipts: true, Typing: true}
	must[struct{}](a, port.Active{Active: true})
	must[struct{}](a, port.Watch{Chat: a.chatWith(b)})
	saw(a, "b is online", func(p port.PeerPresence) bool { return p.Online })
	if p := must[model.Privacy](a, port.SetPrivacy{Privacy: hidden}); p != hidden {
		t.Errorf("%+v", p)
	}
	saw(a, "b is not shown", func(p port.PeerPresence) bool { return p.Presence == model.Presence{} })
	saw(a, "told", func(p port.PrivacyChanged) bool { return p.Privacy == hidden })
	there := func() bool {
		g.mu.Lock()
		defer g.mu.Unlock()
		return g.there[a.relay.name]
	}
	a.until("a is away", func() bool { return !there() })
	a.forget()
	must[struct{}](a, port.Active{Active: true})
	must[struct{}](b, port.Active{})
	a.kill() // the choice outlives the engine
	a.start().online()
	must[struct{}](a, port.Active{Active: true})
	must[struct{}](a, port.Watch{Chat: a.chatWith(b)})
	a.send(b, "m", "text m")
	a.reaches(b, "m", model.Delivered)
	if there() || a.heard(func(e port.Event) bool { _, is := e.(port.PeerPresence); return is }) {
		t.Error("a shows or sees presence")
	}
	if s := must[port.State](a, port.Snapshot{}); s.Privacy != hidden {
		t.Errorf("%+v", s.Privacy)
	}
	must[struct{}](b, port.Active{Active: true})
	must[model.Privacy](a, port.SetPrivacy{Privacy: model.Privacy{ReadReceipts: true, Typing: true, LastSeen: true}})
	a.until("a is there", there)
	saw(a, "b is shown again", func(p port.PeerPresence) bool { return p.Online })
}

func TestTheGatewayIsToldWhatWasChosenWithoutAConnection(t *testing.T) {
	g, a, _ := pair(t)
	told := func(want string) {
		a.until("told "+want, func() bool {
			g.mu.Lock()
			defer g.mu.Unlock()
			return g.privacy == want
		})
	}
	must[model.Privacy](a, port.SetPrivacy{})
	told("readreceipts:none last:none online:match_last_seen ")
	a.relay.cut(true)
	must[model.Privacy](a, port.SetPrivacy{Privacy: model.Privacy{ReadReceipts: true, Typing: true, LastSeen: true}})
	a.kill()
	a.relay.cut(false)
	a.start()
	told("readreceipts:all last:all online:all ")
}

func TestWhoHidesReadReceiptsGetsNone(t *testing.T) {
	_, a, b := pair(t)
	quiet := port.SetPrivacy{Privacy: model.Privacy{Typing: true, LastSeen: true}}
	must[model.Privacy](b, quiet)
	a.send(b, "m", "text m")
	b.gets(a, "m", "text m")
	must[struct{}](b, port.MarkRead{Chat: b.chatWith(a), Upto: 1 << 40})
	if c := must[port.State](b, port.Snapshot{}).Chats[0]; c.Unread != 0 {
		t.Errorf("%d unread", c.Unread)
	}
	b.send(a, "n", "text n")
	a.gets(b, "n", "text n")
	must[struct{}](a, port.MarkRead{Chat: a.chatWith(b), Upto: 1 << 40})
	a.send(b, "then", "text then")
	b.gets(a, "then", "text then") // after a's read receipt
	b.reaches(a, "n", model.Delivered)
	if m, _ := a.message(b, "m"); m.State == model.Read {
		t.Error("a was told that m is read")
	}
	if m, _ := b.message(a, "n"); m.State != model.Delivered {
		t.Errorf("b was told that n is %s", m.State)
	}
}

func TestTypingAndRecordingAreShownUnlessHidden(t *testing.T) {
	_, a, b := pair(t)
	a.send(b, "m", "text m")
	b.gets(a, "m", "text m")
	must[struct{}](a, port.Typing{Chat: a.chatWith(b), Recording: true})
	saw(b, "a records", func(p port.PeerTyping) bool { return p.Composing && p.Recording })
	must[struct{}](a, port.Typing{Chat: a.chatWith(b), Composing: true})
	saw(b, "a types", func(p port.PeerTyping) bool { return p.Composing && !p.Recording })
	must[struct{}](a, port.Typing{Chat: a.chatWith(b)})
	saw(b, "a stopped", func(p port.PeerTyping) bool { return !p.Composing && !p.Recording })
	typed := func(e port.Event) bool { _, is := e.(port.PeerTyping); return is }
	b.forget()
	must[model.Privacy](a, port.SetPrivacy{Privacy: model.Privacy{ReadReceipts: true, LastSeen: true}})
	must[struct{}](a, port.Typing{Chat: a.chatWith(b), Composing: true})
	a.send(b, "n", "text n")
	b.gets(a, "n", "text n")
	a.forget()
	must[struct{}](b, port.Typing{Chat: b.chatWith(a), Composing: true})
	b.send(a, "o", "text o")
	a.gets(b, "o", "text o")
	if a.heard(typed) || b.heard(typed) {
		t.Error("typing is shown to who hides it, or by who hides it")
	}
}
