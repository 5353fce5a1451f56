package gateway

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"ferry/relay/internal/bus"
	"ferry/relay/internal/gateway/directory"
	"ferry/relay/internal/gateway/enlist"
	"ferry/relay/internal/gateway/mailbox"
	"ferry/relay/wire"
)

// providersSubject is where nodes hear that what is known of providers has changed.
const providersSubject = "gw.providers"

// endProvider ends the connections of a provider's users who may not be served.
var endProvider = &ending{"provider", wire.StreamError("403", ""), true}

// openProviders reads what operators have said about providers, and since when
// each is registered, and follows changes.
func (g *Gateway) openProviders(ctx context.Context) error {
	if err := g.readProviders(ctx); err != nil {
		return err
	}
	unsub, err := g.cfg.Bus.Subscribe(providersSubject, func([]byte) {
		if err := g.providersChanged(g.ctx); err != nil && g.ctx.Err() == nil {
			g.log.Error("providers not read", "error", err)
		}
	})
	if err != nil {
		return fmt.Errorf("providers: %w", err)
	}
	context.AfterFunc(g.ctx, unsub)
	return nil
}

func (g *Gateway) readProviders(ctx context.Context) error {
	g.providers.Lock()
	defer g.providers.Unlock()
	entries, err := g.marks.List(ctx, "")
	if err != nil {
		return fmt.Errorf("providers: %w", err)
	}
	marks, since := make(map[uint16]enlist.Mark), make(map[uint16]time.Time)
	for _, e := range entries {
		kind, text, _ := strings.Cut(e.Key, ".")
		id, err := strconv.ParseUint(text, 10, 16)
		if err != nil {
			continue
		}
		if t, err := strconv.ParseInt(string(e.Value), 10, 64); kind == "since" && err == nil {
			since[uint16(id)] = time.Unix(t, 0)
		} else if kind == "mark" {
			marks[uint16(id)] = enlist.Mark(e.Value)
		}
	}
	g.cfg.Providers.Mark(marks)
	for _, p := range g.cfg.Providers.All() {
		if _, ok := since[p.ID]; ok {
			continue
		}
		since[p.ID] = g.now().Truncate(time.Second) // as it is stored
		_, err := g.marks.Create(ctx, "since."+number(p.ID), []byte(unix(g.now())))
		if err != nil && !errors.Is(err, bus.ErrExists) {
			return fmt.Errorf("providers: %w", err)
		}
	}
	g.since.Store(&since)
	return nil
}

// registered is since when a provider is.
func (g *Gateway) registered(id uint16) time.Time { return (*g.since.Load())[id] }

// MarkProvider suspends a provider, removes it, or lets it serve its users as it
// is registered. Connections of users who may not be served are closed on all
// nodes. directory.ErrNotFound if it is not registered.
func (g *Gateway) MarkProvider(ctx context.Context, id uint16, mark enlist.Mark) error {
	if !g.cfg.Providers.Registered(id) {
		return directory.ErrNotFound
	}
	key := "mark." + number(id)
	if mark == enlist.MarkNone {
		if err := g.marks.Delete(ctx, key, 0); err != nil && !errors.Is(err, bus.ErrNotFound) {
			return fmt.Errorf("mark a provider: %w", err)
		}
	} else if _, err := g.marks.Put(ctx, key, []byte(mark)); err != nil {
		return fmt.Errorf("mark a provider: %w", err)
	}
	return g.ProvidersChanged(ctx)
}

// ProvidersChanged must be called when the registry has got other entries: who
// may not be served any more is disconnected, and WhatsApp users hear of it.
func (g *Gateway) ProvidersChanged(ctx context.Context) error {
	if err := g.providersChanged(ctx); err != nil {
		return err
	}
	return g.cfg.Bus.Publish(providersSubject, nil)
}

func (g *Gateway) providersChanged(ctx context.Context) error {
	if err := g.readProviders(ctx); err != nil {
		return err
	}
	news := g.providerNews()
	g.mu.Lock()
	if g.proxy != nil { // nil: this node is only beginning
		g.proxy.Recheck()
	}
	var watching []*conn
	for c := range g.conns {
		switch {
		case c.kind == directory.WhatsApp:
			watching = append(watching, c)
		case g.down(c.integrator):
			c.end(endProvider)
		}
	}
	g.mu.Unlock()
	for _, c := range watching {
		for _, n := range news {
			c.whisper(n)
		}
		if len(news) == 0 {
			continue
		}
		if err := g.order(c.dev, order{Watches: true}); err != nil {
			return err
		}
	}
	return nil
}

// down says that a provider's users may not be served.
func (g *Gateway) down(integrator uint16) bool {
	p, ok := g.cfg.Providers.ByID(integrator)
	return !ok || p.Suspended
}

// providerNews is what has changed since this node last looked.
func (g *Gateway) providerNews() []wire.Node {
	g.providers.Lock()
	defer g.providers.Unlock()
	was := g.statuses
	g.statuses = make(map[uint16]string)
	for _, p := range g.cfg.Providers.All() {
		g.statuses[p.ID] = statusOf(p)
	}
	var news []wire.Node
	for _, p := range g.cfg.Providers.All() {
		if state := g.statuses[p.ID]; was[p.ID] == "" {
			news = append(news, g.providerNote(p.ID, p.Name, "new"))
		} else if was[p.ID] != state {
			news = append(news, g.providerNote(p.ID, p.Name, state))
		}
	}
	for id := range was {
		if g.statuses[id] == "" {
			news = append(news, g.providerNote(id, "", "removed"))
		}
	}
	return news
}

func (g *Gateway) providerNote(id uint16, name, state string) wire.Node {
	return g.notification(server, wire.NamespaceInterop, wire.N("provider", []wire.Attr{
		wire.A("id", number(id)), wire.A("name", name), wire.A("state", state),
	}))
}

// tellProviders leaves a notice of providers that were registered since a
// WhatsApp user last heard of any, for a user who has third-party chats on.
func (g *Gateway) tellProviders(ctx context.Context, a *directory.Account) error {
	var news []wire.Node
	stale := a.Told.IsZero() // older than the notices
	for _, p := range g.cfg.Providers.All() {
		if since := g.registered(p.ID); since.After(a.Told) {
			stale = true
			news = append(news, g.providerNote(p.ID, p.Name, "new"))
		}
	}
	if !stale {
		return nil
	}
	if !a.Told.IsZero() && a.Consent.On() {
		for _, d := range a.Devices {
			for _, n := range news {
				if !d.HasClient() {
					break
				}
				err := g.put(ctx, a.ID.WithDevice(d.Number), mailbox.Notification, n, "")
				if err != nil && !errors.Is(err, mailbox.ErrFull) {
					return err
				}
			}
		}
	}
	_, err := g.dir.SetTold(ctx, a.ID)
	return err
}
