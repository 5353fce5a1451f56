package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"

	"ferry/relay/internal/gateway/consent"
	"ferry/relay/internal/gateway/directory"
	"ferry/relay/wire"
)

// maxName bounds a push name, in bytes.
const maxName = 100

// presence is what one connection says and wants to know about being there. It
// is reciprocal: a client that never says that it is available shares nothing
// and hears nothing, which is all that a client needs to do for privacy; an
// account's privacy settings are respected besides (privacy.go).
//
// Only the time of the last farewell is stored: who is asked answers over the bus.
type presence struct {
	telling sync.Mutex // held while others are told, so that they hear the last word last

	mu        sync.Mutex
	available bool
	told      bool // available, as others know it
	left      bool
	settings  privacy                // of the own account, as last read
	watched   map[wire.JID]*watching // by canonical account
}

// news is one device's presence, told to all who watch its account.
type news struct {
	Device    uint16 `json:"device"`
	Available bool   `json:"available"`
	Time      string `json:"t,omitempty"` // "" if it is not shown
}

func presenceSubject(account wire.JID) string {
	return strings.Replace(subject(account.Bare()), "gw.dev.", "gw.presence.", 1)
}

func (c *conn) handlePresence(ctx context.Context, n wire.Node) error {
	switch n.Attr("type") {
	case "available", "unavailable":
		c.presence.set(ctx, c, n.Attr("type") == "available")
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

// set says whether the client is available. One that is so now is told of those
// it watches.
func (p *presence) set(ctx context.Context, c *conn, available bool) {
	p.mu.Lock()
	changed := p.available != available
	p.available = available
	p.mu.Unlock()
	if changed {
		p.refresh(ctx, c)
	}
}

// refresh reads the privacy settings, tells others what they may know, and asks
// about those that the client may know about.
func (p *presence) refresh(ctx context.Context, c *conn) {
	p.telling.Lock()
	defer p.telling.Unlock()
	settings, _, err := c.gw.privacyOf(ctx, c.dev)
	if err != nil {
		c.log.Warn("presence: no privacy settings", "error", err)
		settings = privacy{"last": "none"}
	}
	p.mu.Lock()
	p.settings = settings
	was := p.told
	p.told = p.available && settings.showsOnline()
	is, left := p.told, !p.available
	watched := slices.Collect(maps.Values(p.watched))
	p.mu.Unlock()
	if is || was {
		c.tell(ctx, is, left && settings.showsLast())
	}
	for _, w := range watched {
		if !is {
			break
		}
		if err := w.ask(); err != nil {
			c.log.Warn("presence not asked for", "error", err)
		}
	}
}

// reconsider looks again at whether the client may know about those it watches.
func (p *presence) reconsider(c *conn) {
	p.mu.Lock()
	watched := slices.Collect(maps.Values(p.watched))
	p.mu.Unlock()
	for _, w := range watched {
		w.reconsider()
	}
}

// repeat says again that the client is available; silence means that it is not.
func (p *presence) repeat(c *conn) {
	p.telling.Lock()
	defer p.telling.Unlock()
	p.mu.Lock()
	told := p.told
	p.mu.Unlock()
	if told {
		c.tell(c.ctx, true, false)
	}
}

// curious says whether the client may know others' presence.
func (p *presence) curious() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.told
}

// seesLast says whether the client may know when others were last there.
func (p *presence) seesLast() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.settings.showsLast()
}

// leave ends everything when the connection does.
func (p *presence) leave(c *conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.ctx), c.gw.limits.Handle)
	defer cancel()
	p.mu.Lock()
	p.left = true
	for _, w := range p.watched {
		w.end()
	}
	p.watched = nil
	p.mu.Unlock()
	p.set(ctx, c, false)
}

// tell says on the bus whether the device is available; last: also since when it
// is not.
func (c *conn) tell(ctx context.Context, available, last bool) {
	x := news{Device: c.dev.Device, Available: available}
	if cause := context.Cause(c.ctx); last && !errors.Is(cause, endRemoved) && !errors.Is(cause, endLoggedOut) {
		x.Time = unix(c.gw.now())
		if _, err := c.gw.lastSeen.Put(ctx, subject(c.dev.Bare()), []byte(x.Time)); err != nil {
			c.log.Warn("last seen not stored", "error", err)
		}
	}
	raw, err := json.Marshal(x)
	if err == nil {
		err = c.gw.cfg.Bus.Publish(presenceSubject(c.dev), raw)
	}
	if err != nil {
		c.log.Warn("presence not told", "error", err)
	}
}

// room says whether another account can be watched. An account that is watched
// already is asked anew.
func (p *presence) room(account wire.JID, limit int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if w := p.watched[account]; w != nil {
		w.end()
		delete(p.watched, account)
	}
	return !p.left && len(p.watched) < limit
}

// add takes a watched account and says whether to ask about it now.
func (p *presence) add(account wire.JID, w *watching) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.left {
		w.end()
		return false
	}
	if p.watched == nil {
		p.watched = make(map[wire.JID]*watching)
	}
	p.watched[account] = w
	return p.told
}

// handleChatState passes on that somebody types, records or has stopped, to
// whom they may write.
func (c *conn) handleChatState(ctx context.Context, n wire.Node) error {
	to, ok := n.JID("to")
	if !ok || len(n.Children) != 1 {
		return nil
	}
	state := n.Children[0]
	if state.Tag != "composing" && state.Tag != "paused" {
		return nil
	}
	var media []wire.Attr
	if state.Tag == "composing" && state.Attr("media") == "audio" {
		media = []wire.Attr{wire.A("media", "audio")}
	}
	me, err := c.own(ctx)
	if err != nil {
		return err
	}
	target, a, err := c.target(ctx, &me, to, consent.Typing)
	if err != nil || !a.delivered() || target.ID == me.ID {
		return err
	}
	raw, err := wire.Marshal(wire.N("chatstate",
		[]wire.Attr{wire.J("from", shown(&me, target.Kind, to.Server))}, wire.N(state.Tag, media)))
	if err != nil {
		return err
	}
	for _, d := range target.Devices {
		if err := c.gw.order(target.ID.WithDevice(d.Number), order{Stanza: raw}); err != nil {
			return err
		}
	}
	return nil
}
