package engine_test

import (
	"fmt"

	"ferry/relay/wire"
)

func (g *gateway) query(dev wire.JID, n wire.Node) []wire.Node {
	b := g.boxes[dev]
	if _, ok := n.Child("count"); ok {
		return []wire.Node{wire.N("count", []wire.Attr{wire.A("value", fmt.Sprint(len(b.one)))})}
	}
	if n.Attr("xmlns") == "blocklist" {
		return g.blocklist(dev.Bare(), n)
	}
	if n.Attr("xmlns") == wire.NamespaceInterop {
		for _, c := range n.Children {
			g.decided = append(g.decided, fmt.Sprintf("%s %s %s", dev.User, c.Tag, said(c)))
		}
		return nil
	}
	if p, ok := n.Child("privacy"); ok {
		g.privacy = ""
		for _, c := range p.Children {
			g.privacy += c.Attr("name") + ":" + c.Attr("value") + " "
		}
		return nil
	}
	if list, ok := n.Child("list"); ok && n.Attr("type") == "set" {
		if b.keys == nil {
			defer g.tell(dev.Bare())
		}
		b.keys, b.one = nil, append(b.one, list.Children...)
		for _, tag := range []string{"registration", "type", "identity", "skey"} {
			k, _ := n.Child(tag)
			b.keys = append(b.keys, k)
		}
		return nil
	}
	if key, ok := n.Child("key"); ok {
		list := wire.N("list", nil)
		for _, u := range key.Children {
			list.Children = append(list.Children, g.bundle(u))
		}
		return []wire.Node{list}
	}
	if list, ok := n.Path("usync", "list"); ok {
		out := wire.N("list", nil)
		for _, u := range list.Children {
			out.Children = append(out.Children, g.usync(u))
		}
		return []wire.Node{wire.N("usync", nil, out)}
	}
	return nil
}

func (g *gateway) bundle(asked wire.Node) wire.Node {
	dev, _ := asked.JID("jid")
	out := wire.N("user", []wire.Attr{wire.J("jid", dev)})
	b := g.boxes[dev]
	if b == nil || b.keys == nil {
		out.Children = []wire.Node{wire.N("error", []wire.Attr{wire.A("code", "404")})}
		return out
	}
	out.Children = append(out.Children, b.keys...)
	if len(b.one) > 0 {
		out.Children = append(out.Children, b.one[0])
		b.one = b.one[1:]
	}
	return out
}

func (g *gateway) usync(asked wire.Node) wire.Node {
	jid, _ := asked.JID("jid")
	contact, byPhone := asked.Child("contact")
	out := wire.N("user", nil)
	if byPhone {
		jid = g.phones[contact.Text()]
		if jid.IsZero() {
			out.Children = []wire.Node{wire.Bytes("contact", []wire.Attr{wire.A("type", "out")}, contact.Data)}
			return out
		}
		out.Children = append(out.Children, wire.Bytes("contact", []wire.Attr{wire.A("type", "in")}, contact.Data))
	}
	u := g.users[jid]
	if u == nil {
		return out.With(wire.J("jid", jid))
	}
	if u.off {
		out.Children = append(out.Children, wire.N("third_party_chats", []wire.Attr{wire.A("state", "off")}))
		if !byPhone {
			out = out.With(wire.J("jid", jid))
		}
		return out
	}
	list := wire.N("device-list", nil)
	for _, d := range u.devices {
		list.Children = append(list.Children, wire.N("device", []wire.Attr{wire.A("id", fmt.Sprint(d))}))
	}
	out.Children = append(out.Children,
		wire.N("third_party_chats", []wire.Attr{wire.A("state", "on")}),
		wire.Bytes("username", nil, []byte("user "+jid.User)), wire.N("devices", nil, list))
	return out.With(wire.J("jid", jid))
}

// tell has everybody hear that somebody's device list changed. With the lock held.
func (g *gateway) tell(who wire.JID) {
	if g.silent {
		return
	}
	for dev, b := range g.boxes {
		if b.keys != nil {
			g.count++
			g.post(dev, wire.N("notification", []wire.Attr{wire.J("from", who), wire.A("id", fmt.Sprint("n", g.count)), wire.A("type", "devices")}))
		}
	}
}

// said is the content of a report, as far as tests look at it.
func said(n wire.Node) string {
	out := n.Attr("reason")
	for _, m := range n.ChildrenOf("message") {
		out += fmt.Sprintf(" %s=%q", m.Attr("id"), m.Data)
	}
	return out
}

// blocklist answers for the list, and for a change to it.
func (g *gateway) blocklist(who wire.JID, n wire.Node) []wire.Node {
	if g.blocks[who] == nil {
		g.blocks[who] = map[wire.JID]bool{}
	}
	if item, ok := n.Child("item"); ok {
		jid, _ := item.JID("jid")
		g.decided = append(g.decided, fmt.Sprintf("%s %s", who.User, item.Attr("action")))
		if g.blocks[who][jid] = true; item.Attr("action") == "unblock" {
			delete(g.blocks[who], jid)
		}
	}
	list := wire.N("list", nil)
	for jid := range g.blocks[who] {
		list.Children = append(list.Children, wire.N("item", []wire.Attr{wire.J("jid", jid)}))
	}
	return []wire.Node{list}
}
