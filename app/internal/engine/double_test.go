package engine_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ferry/app/internal/link"
	"ferry/relay/wire"
	"ferry/relay/wire/wiretest"
)

// gateway is a small gateway in memory, for engines only: what it keeps is
// durable, what it is told is believed.
type gateway struct {
	t      *testing.T
	root   *wire.Authority
	static wire.PrivateKey
	chain  []byte

	mu        sync.Mutex
	suspended bool               // serves nobody
	users     map[wire.JID]*user // by bare address
	phones    map[string]wire.JID
	devices   map[wire.PublicKey]wire.JID
	boxes     map[wire.JID]*box
	taken     map[string]bool // messages accepted: sender, id and what tells a resend apart
	live      map[wire.JID]*live
	refuse    map[wire.JID]string // error of every ack for messages to them, and the reason after a space
	deaf      int                 // acks of messages to swallow
	refused   int                 // messages not taken
	silent    bool                // changed device lists are not told of
	mute      bool                // queries are not answered
	count     int
	witness   witness
	clock     int64                          // time of all acks and messages; 0 for the real one
	outside   map[string]string              // by message id: what the gateway sees of its content
	watched   map[wire.JID]map[wire.JID]bool // by whose presence is asked for: who asked
	there     map[wire.JID]bool              // by bare address: said to be available
	privacy   string                         // settings as last told
	told      []string                       // receipts, typing and presence of each, in order
	decided   []string                       // what users said about others, in order
	blocks    map[wire.JID]map[wire.JID]bool // by bare address: whom they have blocked
}

type user struct {
	devices []uint16
	next    uint16
	off     bool // third-party chats
}

// box is what the gateway keeps for a device.
type box struct {
	keys []wire.Node // registration, type, identity, skey
	one  []wire.Node
	mail []*mail
}

type mail struct {
	node wire.Node
	n    int
}

// live is a device's connection.
type live struct {
	ch   *wire.Channel
	kick chan struct{}
	now  chan wire.Node // what is not kept
	sent int            // number of the last mail passed on
	done context.CancelFunc
}

func newGateway(t *testing.T) *gateway {
	g := &gateway{
		t: t, users: map[wire.JID]*user{}, phones: map[string]wire.JID{}, devices: map[wire.PublicKey]wire.JID{},
		boxes: map[wire.JID]*box{}, taken: map[string]bool{}, live: map[wire.JID]*live{}, refuse: map[wire.JID]string{}, witness: newWitness(),
		blocks:  map[wire.JID]map[wire.JID]bool{},
		outside: map[string]string{}, watched: map[wire.JID]map[wire.JID]bool{}, there: map[wire.JID]bool{},
	}
	var err error
	if g.root, err = wire.NewAuthority(rand.Reader); err != nil {
		t.Fatal(err)
	}
	if g.static, err = wire.GenerateKey(rand.Reader); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	if g.chain, err = g.root.Issue(g.static.Public(), now.Add(-time.Hour), now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	return g
}

// relay is one user's way to the gateway.
type relay struct {
	g     *gateway
	name  wire.JID
	dev   wire.JID // once enlisted
	down  bool
	later time.Duration // not 0: it is busy, and says when to come again
	wg    sync.WaitGroup
	lastP *wiretest.End
}

func (g *gateway) relay(n int) *relay {
	name := wire.JID{User: fmt.Sprintf("100000%04d", n), Server: wire.ServerInterop, Integrator: 7}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.users[name] == nil {
		g.users[name] = &user{next: 1}
		g.phones[fmt.Sprintf("+491555000%04d", n)] = name
	}
	r := &relay{g: g, name: name}
	g.t.Cleanup(r.wg.Wait)
	return r
}

func (r *relay) Enlist(_ context.Context, key wire.PublicKey) (link.Enlistment, error) {
	r.g.mu.Lock()
	defer r.g.mu.Unlock()
	dev, ok := r.g.devices[key]
	if !ok {
		u := r.g.users[r.name]
		dev = r.name.WithDevice(u.next)
		u.devices = append(u.devices, u.next)
		u.next++
		r.g.devices[key] = dev
		r.g.boxes[dev] = &box{}
	}
	r.dev = dev
	return link.Enlistment{AccountID: 1, Device: dev.Device, Address: r.name, Root: r.g.root.Root()}, nil
}

func (r *relay) Token(context.Context, wire.PublicKey) ([]byte, error) { return []byte("token"), nil }

func (r *relay) Disenlist(_ context.Context, key wire.PublicKey, everywhere bool) error {
	r.g.mu.Lock()
	defer r.g.mu.Unlock()
	dev := r.g.devices[key]
	delete(r.g.devices, key)
	u := r.g.users[r.name]
	if everywhere {
		u.devices = nil
		maps.DeleteFunc(r.g.devices, func(_ wire.PublicKey, d wire.JID) bool { return d.SameUser(r.name) })
		return nil
	}
	u.devices = slices.DeleteFunc(u.devices, func(d uint16) bool { return d == dev.Device })
	return nil
}

func (r *relay) DialTunnel(ctx context.Context) (wire.Pipe, error) {
	r.g.mu.Lock()
	defer r.g.mu.Unlock()
	if r.down {
		return nil, &link.CloseError{Code: link.CloseGatewayUnreachable, Reason: "gateway_unreachable"}
	}
	if r.later != 0 {
		return nil, &link.APIError{Status: 503, Code: "busy", Retry: r.later}
	}
	near, far := wiretest.Pipe()
	r.lastP = near
	r.wg.Go(func() { r.g.serve(far) })
	return near, nil
}

// hasKeys reports whether others can write to this device: keys are uploaded
// after the login.
func (r *relay) hasKeys() bool {
	r.g.mu.Lock()
	defer r.g.mu.Unlock()
	b := r.g.boxes[r.dev]
	return b != nil && b.keys != nil
}

// cut breaks the connection, and keeps it broken while down.
func (r *relay) cut(down bool) {
	r.g.mu.Lock()
	r.down = down
	p := r.lastP
	r.g.mu.Unlock()
	if p != nil {
		p.Close("cut")
	}
}

func (g *gateway) serve(p wire.Pipe) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ch, key, _, err := wire.Accept(ctx, p, wire.ServerConfig{Static: g.static, Chain: g.chain})
	if err != nil {
		return
	}
	defer ch.Close("done")
	g.mu.Lock()
	if g.suspended {
		g.mu.Unlock()
		ch.WriteNode(ctx, wire.Failure(wire.FailTokenInvalid, "suspended"))
		return
	}
	dev, ok := g.devices[key]
	if !ok {
		g.mu.Unlock()
		ch.WriteNode(ctx, wire.Failure(wire.FailLoggedOut, "logged_out"))
		return
	}
	if old := g.live[dev]; old != nil {
		old.done()
		old.ch.Close("replaced")
	}
	l := &live{ch: ch, kick: make(chan struct{}, 1), now: make(chan wire.Node, 100), done: cancel}
	g.live[dev] = l
	waiting := len(g.boxes[dev].mail)
	g.mu.Unlock()
	ch.WriteNode(ctx, wire.N("success", []wire.Attr{wire.J("jid", dev)}))
	out := make(chan struct{})
	go func() {
		defer close(out)
		g.deliver(ctx, dev, l, waiting)
	}()
	for {
		n, err := ch.ReadNode(ctx)
		if err != nil {
			break
		}
		for _, answer := range g.take(dev, n) {
			ch.WriteNode(ctx, answer)
		}
	}
	cancel()
	g.mu.Lock()
	if g.live[dev] == l {
		delete(g.live, dev)
	}
	g.mu.Unlock()
	<-out
}

func (g *gateway) deliver(ctx context.Context, dev wire.JID, l *live, waiting int) {
	ib := func(n wire.Node) {
		l.ch.WriteNode(ctx, wire.N("ib", []wire.Attr{wire.J("from", wire.JID{Server: wire.ServerUser})}, n))
	}
	if waiting > 0 {
		ib(wire.N("offline_preview", []wire.Attr{wire.A("count", fmt.Sprint(waiting)), wire.A("message", fmt.Sprint(waiting))}))
	} else {
		ib(wire.N("offline", []wire.Attr{wire.A("count", "0")}))
	}
	passed := 0
	for {
		g.mu.Lock()
		var next []*mail
		for _, m := range g.boxes[dev].mail {
			if m.n > l.sent {
				next = append(next, m)
			}
		}
		if len(next) > 0 {
			l.sent = next[len(next)-1].n
		}
		g.mu.Unlock()
		for _, m := range next {
			n := m.node
			if passed++; passed <= waiting {
				n = n.With(wire.A("offline", fmt.Sprint(passed)))
			}
			if l.ch.WriteNode(ctx, n) != nil {
				return
			}
			if passed == waiting {
				ib(wire.N("offline", []wire.Attr{wire.A("count", fmt.Sprint(waiting))}))
			}
		}
		select {
		case <-l.kick:
		case n := <-l.now:
			if l.ch.WriteNode(ctx, n) != nil {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// post keeps a stanza for a device. With the lock held.
func (g *gateway) post(dev wire.JID, n wire.Node) {
	b := g.boxes[dev]
	if b == nil {
		return
	}
	g.count++
	b.mail = append(b.mail, &mail{n, g.count})
	if l := g.live[dev]; l != nil {
		select {
		case l.kick <- struct{}{}:
		default:
		}
	}
}

// drop takes a stanza out of a mailbox. With the lock held.
func (g *gateway) drop(dev wire.JID, tag, id string, from wire.JID) {
	b := g.boxes[dev]
	for i, m := range b.mail {
		if f, _ := m.node.JID("from"); m.node.Tag == tag && m.node.Attr("id") == id && f == from {
			b.mail = slices.Delete(b.mail, i, i+1)
			return
		}
	}
}

// take handles a stanza from a device and returns the answers.
func (g *gateway) take(dev wire.JID, n wire.Node) []wire.Node {
	g.mu.Lock()
	defer g.mu.Unlock()
	to, _ := n.JID("to")
	switch n.Tag {
	case "iq":
		if g.mute {
			return nil
		}
		return []wire.Node{wire.N("iq", []wire.Attr{wire.A("type", "result"), wire.A("id", n.Attr("id"))}, g.query(dev, n)...)}
	case "message":
		return g.message(dev, to, n)
	case "receipt":
		g.told = append(g.told, fmt.Sprintf("%s receipt %q %s", dev.User, n.Attr("type"), n.Attr("id")))
		g.drop(dev, "message", n.Attr("id"), to)
		g.forward(dev, to, n)
		return []wire.Node{wire.N("ack", []wire.Attr{
			wire.A("class", "receipt"), wire.A("id", n.Attr("id")), wire.A("type", n.Attr("type")), wire.J("from", to)})}
	case "ack":
		g.drop(dev, n.Attr("class"), n.Attr("id"), to)
	case "presence":
		g.presence(dev, to, n)
	case "chatstate":
		g.told = append(g.told, dev.User+" chatstate")
		for _, d := range g.users[to.Bare()].devices {
			if l := g.live[to.WithDevice(d)]; l != nil {
				l.now <- wire.N("chatstate", []wire.Attr{wire.J("from", dev)}, n.Children...)
			}
		}
	}
	return nil
}

func (g *gateway) message(dev, to wire.JID, n wire.Node) []wire.Node {
	id := n.Attr("id")
	ack := wire.N("ack", []wire.Attr{wire.A("class", "message"), wire.A("id", id), wire.J("from", to), wire.A("t", g.time())})
	g.outside[id] = outsideOf(n)
	if code, reason, _ := strings.Cut(g.refuse[to.Bare()], " "); code != "" {
		g.refused++
		return []wire.Node{ack.With(wire.A("error", code)).With(wire.A(wire.AttrReason, reason))}
	}
	pass := func(to wire.JID, enc wire.Node) {
		attrs := []wire.Attr{wire.J("from", dev), wire.A("id", id), wire.A("t", g.time()), wire.A("type", n.Attr("type")), wire.A("notify", "user "+dev.User)}
		if edit := n.Attr("edit"); edit != "" {
			attrs = append(attrs, wire.A("edit", edit))
		}
		if to.SameUser(dev) {
			r, ok := n.JID("recipient") // of a copy that is encrypted again
			if !ok {
				r, _ = n.JID("to")
			}
			attrs = append(attrs, wire.J("recipient", r.Bare()))
		}
		g.post(to, wire.N("message", attrs, enc))
	}
	key := dev.String() + " " + id
	participants, all := n.Child("participants")
	enc, _ := n.Child("enc")
	if !all {
		g.sees(dev, to, id, enc)
	}
	for _, p := range participants.Children {
		device, _ := p.JID("jid")
		enc, _ := p.Child("enc")
		g.sees(dev, device, id, enc)
	}
	if !all {
		key += fmt.Sprintf(" %s %x", to, enc.Data)
	}
	if !g.taken[key] {
		g.taken[key] = true
		for _, p := range participants.Children {
			device, _ := p.JID("jid")
			enc, _ := p.Child("enc")
			pass(device, enc)
		}
		if !all {
			pass(to, enc)
		}
	}
	if g.deaf > 0 {
		g.deaf--
		return nil
	}
	if all && g.forgot(dev, to, participants) {
		ack = ack.With(wire.A("phash", "2:others"))
	}
	return []wire.Node{ack}
}

// forgot says whether a message leaves out devices of its receiver, or of its sender.
func (g *gateway) forgot(dev, to wire.JID, participants wire.Node) bool {
	given := map[wire.JID]bool{dev: true}
	for _, p := range participants.Children {
		d, _ := p.JID("jid")
		given[d] = true
	}
	for _, who := range []wire.JID{to.Bare(), dev.Bare()} {
		for _, number := range g.users[who].devices {
			if d := who.WithDevice(number); !given[d] && g.boxes[d].keys != nil {
				return true
			}
		}
	}
	return false
}

func (g *gateway) sees(from, to wire.JID, id string, enc wire.Node) {
	if wrong := g.witness.see(from, to, id, enc); wrong != "" {
		g.t.Error(wrong)
	}
}

func (g *gateway) forward(dev, to wire.JID, n wire.Node) {
	out := wire.N("receipt", []wire.Attr{wire.J("from", dev), wire.A("id", n.Attr("id")), wire.A("type", n.Attr("type"))}, n.Children...)
	switch n.Attr("type") {
	case "retry":
		g.post(to, out)
	case "", "read", "played":
		for _, d := range g.users[to.Bare()].devices {
			g.post(to.WithDevice(d), out)
		}
	}
}
