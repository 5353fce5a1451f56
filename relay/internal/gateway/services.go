package gateway

import (
	"context"

	"ferry/relay/wire"
)

// Small services that clients ask for and this gateway has no state behind.

// queryBlocklist says that nobody is blocked.
func (c *conn) queryBlocklist(context.Context, wire.Node) ([]wire.Node, error) {
	return []wire.Node{wire.N("list", []wire.Attr{wire.A("dhash", "none")})}, nil
}

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

// handleCall acks a call stanza. Calls are not carried: the caller hears nothing
// back and gives up.
func (c *conn) handleCall(_ context.Context, n wire.Node) error {
	attrs := []wire.Attr{wire.A("class", "call"), wire.A("id", n.Attr("id"))}
	if len(n.Children) > 0 {
		attrs = append(attrs, wire.A("type", n.Children[0].Tag))
	}
	for _, a := range attrsOf(n, "to") {
		a.Key = "from"
		attrs = append(attrs, a)
	}
	return c.send(wire.N("ack", attrs))
}
