package gateway

import (
	"context"

	"ferry/relay/internal/gateway/consent"
	"ferry/relay/internal/gateway/directory"
	"ferry/relay/wire"
)

// Small services that clients ask for and this gateway has no state behind.

// queryPicture says that there is no picture.
func (c *conn) queryPicture(context.Context, wire.Node) ([]wire.Node, error) { return nil, errNoItem }

// syncAppState says that each asked collection is empty. A collection that is
// missing from the answer is asked for again at once, for ever, by Baileys.
func (c *conn) syncAppState(_ context.Context, n wire.Node) ([]wire.Node, error) {
	asked, _ := n.Child("sync")
	out := wire.N("sync", nil)
	for _, x := range asked.ChildrenOf("collection") {
		out.Children = append(out.Children, wire.N("collection", []wire.Attr{
			wire.A("name", x.Attr("name")), wire.A("version", or(x.Attr("version"), "0")), wire.A("type", "result"),
		}))
	}
	return []wire.Node{out}, nil
}

// handleCall acks a call stanza. Calls are not carried. Who offers one to the
// other product is told so, and before that whatever a message would be told;
// WhatsApp users among each other hear nothing back and give up.
func (c *conn) handleCall(ctx context.Context, n wire.Node) error {
	attrs := []wire.Attr{wire.A("class", "call"), wire.A("id", n.Attr("id"))}
	offer := false
	if len(n.Children) > 0 {
		attrs = append(attrs, wire.A("type", n.Children[0].Tag))
		offer = n.Children[0].Tag == "offer"
	}
	for _, a := range attrsOf(n, "to") {
		a.Key = "from"
		attrs = append(attrs, a)
	}
	if to, ok := n.JID("to"); ok && offer {
		me, err := c.own(ctx)
		if err != nil {
			return err
		}
		target, a, err := c.target(ctx, &me, to, consent.Call)
		if err != nil {
			return err
		}
		if target.Kind != directory.WhatsApp || me.Kind != directory.WhatsApp {
			attrs = append(attrs, a.denial...)
		}
	}
	return c.send(wire.N("ack", attrs))
}
