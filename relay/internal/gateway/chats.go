package gateway

import (
	"context"
	"errors"
	"maps"
	"strconv"

	"ferry/relay/internal/gateway/directory"
	"ferry/relay/internal/gateway/enlist"
	"ferry/relay/wire"
)

// What a user says about people of the other side, by stanza: wire.NamespaceInterop
// has the list.

// queryChats tells a WhatsApp user what was said, or of a person who is asked for.
func (c *conn) queryChats(ctx context.Context, n wire.Node) ([]wire.Node, error) {
	if c.kind != directory.WhatsApp {
		return nil, errNotAllowed
	}
	if x, ok := n.Child("user"); ok {
		return c.findPerson(ctx, x)
	}
	if _, ok := n.Child("requests"); ok {
		return c.queryRequests(ctx)
	}
	me, err := c.own(ctx)
	if err != nil {
		return nil, err
	}
	return []wire.Node{c.gw.chatsNode(&me)}, nil
}

// setInterop takes one change. Only reports are for both products.
func (c *conn) setInterop(ctx context.Context, n wire.Node) ([]wire.Node, error) {
	if len(n.Children) != 1 {
		return nil, errBadRequest
	}
	x := n.Children[0]
	if x.Tag == "report" {
		return nil, c.report(ctx, x)
	}
	if c.kind != directory.WhatsApp {
		return nil, errNotAllowed
	}
	switch x.Tag {
	case "accept", "decline":
		return nil, c.settle(ctx, x)
	case "provider":
		return c.blockProvider(ctx, x)
	case "third_party_chats":
		return c.setChats(ctx, x)
	}
	return nil, errBadRequest
}

// settle accepts or declines a request.
func (c *conn) settle(ctx context.Context, x wire.Node) error {
	jid, ok := x.JID("jid")
	if !ok {
		return errBadRequest
	}
	tp, err := c.gw.dir.Resolve(ctx, jid)
	if errors.Is(err, directory.ErrNotFound) || err == nil && tp.Kind != directory.ThirdParty {
		return errNoItem
	}
	if err != nil {
		return err
	}
	if x.Tag == "accept" {
		_, err = c.gw.answered(ctx, c.dev.Bare(), tp.ID)
	} else {
		err = c.gw.declined(ctx, c.dev.Bare(), tp.ID)
	}
	if err != nil {
		return err
	}
	n := c.gw.notification(server, wire.NamespaceInterop, wire.N(x.Tag, []wire.Attr{wire.J("jid", jid.Bare())}))
	return c.gw.tellDevices(ctx, c.dev.Bare(), c.dev, n)
}

// blockProvider blocks or unblocks all users of one provider. A provider that is
// not registered can be unblocked.
func (c *conn) blockProvider(ctx context.Context, x wire.Node) ([]wire.Node, error) {
	id, err := strconv.ParseUint(x.Attr("id"), 10, 16)
	action := x.Attr("action")
	if err != nil || action != actionBlock && action != actionUnblock {
		return nil, errBadRequest
	}
	if action == actionBlock && !c.gw.cfg.Providers.Registered(uint16(id)) {
		return nil, errNoItem
	}
	return c.change(ctx, func(s *directory.Chats) error {
		if action == actionBlock {
			s.BlockedProviders[uint16(id)] = true
		} else {
			delete(s.BlockedProviders, uint16(id))
		}
		return nil
	})
}

// setChats changes what is in the stanza and leaves the rest.
func (c *conn) setChats(ctx context.Context, x wire.Node) ([]wire.Node, error) {
	state, inbox, requests := x.Attr("state"), x.Attr("inbox"), x.Attr("requests")
	if !flag(state) || !flag(requests) || inbox != "" && inbox != directory.InboxSeparate && inbox != directory.InboxCombined {
		return nil, errBadRequest
	}
	apps := make(map[uint16]bool)
	for _, app := range x.ChildrenOf("app") {
		id, err := strconv.ParseUint(app.Attr("id"), 10, 16)
		if err != nil || !flag(app.Attr("state")) || app.Attr("state") == "" {
			return nil, errBadRequest
		}
		if apps[uint16(id)] = app.Attr("state") == "on"; !c.gw.cfg.Providers.Registered(uint16(id)) {
			return nil, errNoItem
		}
	}
	return c.change(ctx, func(s *directory.Chats) error {
		if state != "" {
			s.Consent.Off = state == "off"
		}
		s.Inbox = or(inbox, s.Inbox)
		if requests != "" {
			s.Requests = requests == "on"
		}
		maps.Copy(s.Consent.Providers, apps)
		return nil
	})
}

// flag says whether a text is on, off or left out.
func flag(s string) bool { return s == "" || s == "on" || s == "off" }

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

func (c *conn) change(ctx context.Context, fn func(*directory.Chats) error) ([]wire.Node, error) {
	me, err := c.gw.changeChats(ctx, c.dev, c.dev, fn)
	if errors.Is(err, directory.ErrTooMany) {
		return nil, errTooMuch
	}
	if err != nil {
		return nil, err
	}
	return []wire.Node{c.gw.chatsNode(&me)}, nil
}

// chatsNode is everything that a WhatsApp user has said, with all providers.
func (g *Gateway) chatsNode(a *directory.Account) wire.Node {
	n := wire.N("third_party_chats", []wire.Attr{
		wire.A("state", onOff(a.Consent.On())), wire.A("inbox", or(a.Inbox, directory.InboxSeparate)), wire.A("requests", onOff(a.Requests)),
	})
	for _, p := range g.cfg.Providers.All() {
		attrs := []wire.Attr{
			wire.A("id", number(p.ID)), wire.A("name", p.Name), wire.A("state", onOff(a.Consent.Chosen(p.ID))),
			wire.A("status", statusOf(p)), wire.A("since", unix(g.registered(p.ID))),
		}
		if a.BlockedProviders[p.ID] {
			attrs = append(attrs, wire.A("blocked", "true"))
		}
		n.Children = append(n.Children, wire.N("app", attrs))
	}
	return n
}

func statusOf(p enlist.Provider) string {
	if p.Suspended {
		return "suspended"
	}
	return "active"
}

// takes says whether a WhatsApp user takes messages of that provider, as its
// users learn it.
func takes(a *directory.Account, integrator uint16) bool {
	return a.Consent.Allows(integrator) && !a.BlockedProviders[integrator]
}

// ChangeChats changes what an account says, as the sandbox's phones do.
func (g *Gateway) ChangeChats(ctx context.Context, account wire.JID, fn func(*directory.Chats) error) (directory.Account, error) {
	return g.changeChats(ctx, account, nobody, fn)
}

// nobody is no device.
var nobody = wire.JID{}

// changeChats changes what an account has said, and tells everybody whom it
// concerns but the device that does.
func (g *Gateway) changeChats(ctx context.Context, account, by wire.JID, fn func(*directory.Chats) error) (directory.Account, error) {
	before, after, err := g.dir.SetChats(ctx, account.Bare(), fn)
	if err != nil {
		return directory.Account{}, err
	}
	if err := g.blocksChanged(ctx, by, &before, &after); err != nil {
		return directory.Account{}, err
	}
	was, is := g.chatsNode(&before), g.chatsNode(&after)
	if after.Kind != directory.WhatsApp || was.String() == is.String() && sameAttrs(was, is) {
		return after, nil
	}
	if err := g.putAll(ctx, &after, by, []wire.Node{g.notification(server, wire.NamespaceInterop, is)}); err != nil {
		return directory.Account{}, err
	}
	return after, g.chatsChanged(ctx, &before, &after)
}

// sameAttrs says whether two nodes of the same shape say the same.
func sameAttrs(a, b wire.Node) bool {
	x, errA := wire.Marshal(a)
	y, errB := wire.Marshal(b)
	return errA == nil && errB == nil && string(x) == string(y)
}

// chatsChanged tells the third-party users who have a conversation with the user
// what they would learn with their next message, and ends what they watch.
func (g *Gateway) chatsChanged(ctx context.Context, before, after *directory.Account) error {
	met, err := g.met(ctx, after.ID)
	if err != nil {
		return err
	}
	for _, tp := range met {
		if on := takes(after, tp.Integrator); on != takes(before, tp.Integrator) {
			n := g.notification(after.ID, wire.NamespaceInterop, wire.N("third_party_chats",
				[]wire.Attr{wire.J("jid", after.ID), wire.A("state", onOff(on))}))
			if err := g.tellDevices(ctx, tp, wire.JID{}, n); err != nil {
				return err
			}
		}
	}
	// Also those who have only looked.
	return g.reconsider(ctx, append(met, after.ID)...)
}
