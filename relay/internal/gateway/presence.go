package gateway

import (
	"context"
	"encoding/json"
	"strings"
	"sync"

	"ferry/relay/internal/gateway/directory"
	"ferry/relay/wire"
)

// maxName bounds a push name, in bytes.
const maxName = 100

// presence is what one connection says and wants to know about being there.
// Nothing of it is stored: who is asked answers over the bus.
type presence struct {
	mu        sync.Mutex
	available bool
	left      bool
	watched   map[wire.JID]func() // by canonical account; ends the watching
}

// news is one device's presence, told to all who watch its account.
type news struct {
	Device    uint16 `json:"device"`
	Available bool   `json:"available"`
	Time      string `json:"t"`
}

func presenceSubject(account wire.JID) string {
	return strings.Replace(subject(account.Bare()), "gw.dev.", "gw.presence.", 1)
}

func (c *conn) handlePresence(ctx context.Context, n wire.Node) error {
	switch n.Attr("type") {
	case "available", "unavailable":
		c.presence.set(c, n.Attr("type") == "available")
	case "subscribe":
		return c.watch(ctx, n)
	case "unsubscribe":
		if to, ok := n.JID("to"); ok {
			return c.unwatch(ctx, to)
		}
		return nil
	}
	return c.rename(ctx, n.Attr("name"))
}

// rename takes over a WhatsApp user's push name; it is the account's, not the
// device's. A third-party user's name is the provider's to say.
func (c *conn) rename(ctx context.Context, name string) error {
	if name == "" || len(name) > maxName || c.kind != directory.WhatsApp {
		return nil
	}
	if a, err := c.own(ctx); err != nil || a.Name == name {
		return err
	}
	_, err := c.gw.dir.SetName(ctx, c.dev, name)
	return err
}

func (p *presence) set(c *conn, available bool) {
	p.mu.Lock()
	changed := p.available != available
	p.available = available
	p.mu.Unlock()
	if changed {
		c.tell(available)
	}
}

// repeat says again that the client is available; silence means that it is not.
func (p *presence) repeat(c *conn) {
	p.mu.Lock()
	available := p.available
	p.mu.Unlock()
	if available {
		c.tell(true)
	}
}

// leave ends everything when the connection does.
func (p *presence) leave(c *conn) {
	p.set(c, false)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left = true
	for _, end := range p.watched {
		end()
	}
	p.watched = nil
}

func (c *conn) tell(available bool) {
	raw, err := json.Marshal(news{Device: c.dev.Device, Available: available, Time: unix(c.gw.now())})
	if err == nil {
		err = c.gw.cfg.Bus.Publish(presenceSubject(c.dev), raw)
	}
	if err != nil {
		c.log.Warn("presence not told", "error", err)
	}
}

// watch passes an account's presence on to the client, named as it was asked
// for.
func (c *conn) watch(ctx context.Context, n wire.Node) error {
	to, ok := n.JID("to")
	if !ok {
		return nil
	}
	me, err := c.own(ctx)
	if err != nil {
		return err
	}
	target, refused, err := c.target(ctx, &me, to)
	if err != nil || refused != "" {
		return err
	}
	if !c.presence.room(target.ID, c.gw.limits.Subscribed) {
		return nil
	}
	online := make(map[uint16]bool)
	end, err := c.gw.cfg.Bus.Subscribe(presenceSubject(target.ID), func(raw []byte) {
		var x news
		if err := json.Unmarshal(raw, &x); err != nil {
			return
		}
		was := len(online) > 0
		delete(online, x.Device)
		if x.Available {
			online[x.Device] = true
		}
		if is := len(online) > 0; is && x.Available || was != is {
			c.whisper(presenceNode(to.Bare(), is, x.Time))
		}
	})
	if err != nil {
		return err
	}
	c.presence.add(target.ID, end)
	for _, d := range target.Devices {
		if err := c.gw.order(target.ID.WithDevice(d.Number), order{Presence: true}); err != nil {
			return err
		}
	}
	return nil
}

func presenceNode(from wire.JID, available bool, t string) wire.Node {
	attrs := []wire.Attr{wire.J("from", from)}
	if !available {
		attrs = append(attrs, wire.A("type", "unavailable"), wire.A("last", t))
	}
	return wire.N("presence", attrs)
}

// room says whether another account can be watched. An account that is watched
// already is asked anew.
func (p *presence) room(account wire.JID, limit int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if end := p.watched[account]; end != nil {
		end()
		delete(p.watched, account)
	}
	return !p.left && len(p.watched) < limit
}

func (p *presence) add(account wire.JID, end func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.left {
		end()
		return
	}
	if p.watched == nil {
		p.watched = make(map[wire.JID]func())
	}
	p.watched[account] = end
}

func (c *conn) unwatch(ctx context.Context, to wire.JID) error {
	id, err := c.gw.dir.Canonical(ctx, to.Bare())
	if err != nil {
		return nil // nobody of that name can be watched
	}
	c.presence.room(id, 0)
	return nil
}

// handleChatState passes on that somebody types or has stopped.
func (c *conn) handleChatState(ctx context.Context, n wire.Node) error {
	to, ok := n.JID("to")
	if !ok || len(n.Children) != 1 {
		return nil
	}
	me, err := c.own(ctx)
	if err != nil {
		return err
	}
	target, refused, err := c.target(ctx, &me, to)
	if err != nil || refused != "" || target.ID == me.ID {
		return err
	}
	state := n.Children[0]
	if state.Tag != "composing" && state.Tag != "paused" {
		return nil
	}
	raw, err := wire.Marshal(wire.N("chatstate",
		[]wire.Attr{wire.J("from", shown(&me, target.Kind, to.Server))},
		wire.N(state.Tag, attrsOf(state, "media"))))
	if err != nil {
		return nil // the client's own attribute does not fit in a stanza
	}
	for _, d := range target.Devices {
		if err := c.gw.order(target.ID.WithDevice(d.Number), order{Stanza: raw}); err != nil {
			return err
		}
	}
	return nil
}
