package gateway

import (
	"context"
	"errors"

	"ferry/relay/internal/gateway/consent"
	"ferry/relay/internal/gateway/directory"
	"ferry/relay/wire"
)

// queryUsers answers a usync: device lists, hidden ids and who has an account.
// Each user is answered with what the query asks for and the gateway knows.
func (c *conn) queryUsers(ctx context.Context, n wire.Node) ([]wire.Node, error) {
	asked, ok := n.Child("usync")
	if !ok {
		return nil, errBadRequest
	}
	query, _ := asked.Child("query")
	list, _ := asked.Child("list")
	users := list.ChildrenOf("user")
	if err := c.lookup(len(users)); err != nil {
		return nil, err
	}
	me, err := c.own(ctx)
	if err != nil {
		return nil, err
	}
	u := usync{c: c, me: &me, want: make(map[string]bool)}
	result := wire.N("result", nil)
	for _, q := range query.Children {
		u.want[q.Tag] = true
		if known[q.Tag] {
			result.Children = append(result.Children, wire.N(q.Tag, nil))
		}
	}
	answers := wire.N("list", nil)
	for _, user := range users {
		a, err := u.user(ctx, user)
		if err != nil {
			return nil, err
		}
		answers.Children = append(answers.Children, a)
	}
	attrs := []wire.Attr{wire.A("index", "0"), wire.A("last", "true")}
	for _, key := range []string{"sid", "mode", "context"} {
		attrs = append(attrs, attrsOf(asked, key)...)
	}
	return []wire.Node{wire.N("usync", attrs, result, answers)}, nil
}

// known are the usync protocols that are answered. Status, pictures and business
// profiles nobody has here: leaving them out is an answer that clients take.
var known = map[string]bool{
	"devices": true, "lid": true, "contact": true, "third_party_chats": true, "username": true,
}

// usync is one such query.
type usync struct {
	c    *conn
	me   *directory.Account
	want map[string]bool // protocols
}

func (u *usync) user(ctx context.Context, asked wire.Node) (wire.Node, error) {
	if contact, ok := asked.Child("contact"); ok {
		return u.byNumber(ctx, asked, contact)
	}
	out := wire.N("user", attrsOf(asked, "jid"))
	jid, ok := asked.JID("jid")
	if !ok {
		return out, nil
	}
	a, err := u.c.gw.dir.Resolve(ctx, jid)
	if errors.Is(err, directory.ErrNotFound) {
		return out, nil
	}
	if err != nil {
		return wire.Node{}, err
	}
	return u.fill(out, &a), nil
}

// byNumber is the contact lookup: is this phone number on WhatsApp, and for a
// third-party user, may I write to it. The text is echoed as it came.
func (u *usync) byNumber(ctx context.Context, asked, contact wire.Node) (wire.Node, error) {
	echo := func(kind string) wire.Node {
		return wire.Bytes("contact", []wire.Attr{wire.A("type", kind)}, contact.Data)
	}
	digits, err := directory.Digits(contact.Text())
	if err != nil {
		return wire.N("user", attrsOf(asked, "jid"), echo("invalid")), nil
	}
	pn := wire.JID{User: digits, Server: wire.ServerUser}
	a, err := u.c.gw.dir.Resolve(ctx, pn)
	third := u.me.Kind == directory.ThirdParty
	switch {
	case errors.Is(err, directory.ErrNotFound) && third:
		return wire.N("user", nil, echo("out")), nil
	case errors.Is(err, directory.ErrNotFound):
		return wire.N("user", []wire.Attr{wire.J("jid", pn)}, echo("out")), nil
	case err != nil:
		return wire.Node{}, err
	case third && !u.c.gw.visible(u.me, &a): // on WhatsApp, and no more is said
		return wire.N("user", nil, echo("in"), u.consent(&a, false)), nil
	case third:
		return u.fill(wire.N("user", []wire.Attr{wire.J("jid", a.ID), wire.J("pn_jid", pn)}, echo("in")), &a), nil
	}
	return u.fill(wire.N("user", []wire.Attr{wire.J("jid", pn)}, echo("in")), &a), nil
}

// consent says whether a takes the asker's messages. That the region is why not is
// told, as the sender of a message would be told it.
func (u *usync) consent(a *directory.Account, on bool) wire.Node {
	if on {
		return wire.N("third_party_chats", []wire.Attr{wire.A("state", "on")})
	}
	attrs := []wire.Attr{wire.A("state", "off")}
	if consent.Decide(u.c.gw.standing(u.me, a), consent.Text).Reason == consent.Region {
		attrs = append(attrs, wire.A(wire.AttrReason, wire.ReasonRegion))
	}
	return wire.N("third_party_chats", attrs)
}

// fill adds what the query wants to know of an account that was found.
func (u *usync) fill(out wire.Node, a *directory.Account) wire.Node {
	allowed := u.c.gw.visible(u.me, a)
	if u.want["third_party_chats"] && u.me.Kind == directory.ThirdParty && a.Kind == directory.WhatsApp {
		out.Children = append(out.Children, u.consent(a, allowed))
	}
	if !allowed {
		return out
	}
	if u.want["lid"] {
		lid := shown(a, u.me.Kind, wire.ServerLID)
		out.Children = append(out.Children, wire.N("lid", []wire.Attr{wire.J("val", lid)}))
	}
	if u.want["devices"] {
		out.Children = append(out.Children, deviceList(a))
	}
	if name := nameFor(a, u.me.Kind); u.want["username"] && name != "" {
		out.Children = append(out.Children, wire.Bytes("username", nil, []byte(name)))
	}
	return out
}

// deviceList is the answer to the devices protocol. Device 0 has no key index;
// clients drop others without one.
func deviceList(a *directory.Account) wire.Node {
	list := wire.N("device-list", []wire.Attr{wire.A("hash", listHash(devicesOf(a, a.ID)))})
	for _, d := range listed(a) {
		attrs := []wire.Attr{wire.A("id", number(d.Number))}
		if d.Number != 0 {
			attrs = append(attrs, wire.A("key-index", number(d.KeyIndex)))
		}
		list.Children = append(list.Children, wire.N("device", attrs))
	}
	return wire.N("devices", nil, append([]wire.Node{list}, keyList(a)...)...)
}
