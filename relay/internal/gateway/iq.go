package gateway

import (
	"context"
	"strconv"
	"time"

	"ferry/relay/wire"
)

// server is the gateway itself as an address.
var server = wire.JID{Server: wire.ServerUser}

func unix(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }

// queries is the table of iqs by namespace and type. A handler returns the
// children of the result, or an iqError.
var queries = map[string]func(*conn, context.Context, wire.Node) ([]wire.Node, error){
	"encrypt get": (*conn).queryKeys,
	"encrypt set": (*conn).setKeys,
	"usync get":   (*conn).queryUsers,
	"passive set": (*conn).empty,
	"w:p get":     (*conn).empty,
	"md set":      (*conn).removeCompanion,
	"w:m set":     (*conn).queryMedia,

	"privacy get":           (*conn).queryPrivacy,
	"privacy set":           (*conn).setPrivacy,
	"blocklist get":         (*conn).queryBlocklist,
	"blocklist set":         (*conn).setBlocklist,
	"w:profile:picture get": (*conn).queryPicture,
	"w:sync:app:state set":  (*conn).syncAppState,

	wire.NamespaceInterop + " get": (*conn).queryChats,
	wire.NamespaceInterop + " set": (*conn).setInterop,
}

// tolerated are namespaces whose queries get an empty result. Clients send them
// after login and want some answer, not a particular one.
var tolerated = map[string]bool{
	"abt": true, "privacy": true, "status": true, "w:stats": true, "w:sync:app:state": true, "w:web": true,
	"w:biz": true, "tos": true, "passive": true, "w:p": true, "urn:xmpp:ping": true,
	"urn:xmpp:whatsapp:dirty": true, "urn:xmpp:whatsapp:push": true, "urn:xmpp:whatsapp:account": true,
	"disappearing_mode": true,
}

// iqError is a query's answer that says no.
type iqError struct {
	code int
	text string
}

func (e *iqError) Error() string { return e.text }

var (
	errBadRequest = &iqError{400, "bad-request"}
	errNotAllowed = &iqError{405, "not-allowed"}
	errNoItem     = &iqError{404, "item-not-found"}
	errTooMuch    = &iqError{406, "not-acceptable"}
	errTooFast    = &iqError{429, "rate-overlimit"}
	errNoFeature  = &iqError{501, "feature-not-implemented"}
)

func (c *conn) handleIQ(ctx context.Context, n wire.Node) error {
	kind := n.Attr("type")
	if kind != "get" && kind != "set" || n.Attr("id") == "" {
		return nil // the answer to a query of ours, or nothing that could be answered
	}
	xmlns := n.Attr("xmlns")
	h := queries[xmlns+" "+kind]
	if h == nil {
		if !tolerated[xmlns] {
			c.log.Debug("unknown query", "stanza", n.String())
			return c.send(failIQ(n, errNoFeature))
		}
		h = (*conn).empty
	}
	children, err := h(c, ctx, n)
	var no *iqError
	switch e := err.(type) {
	case *iqError:
		no = e
	case *ending: // answered first, ended then
		if err := c.send(resultIQ(n, children)); err != nil {
			return err
		}
		return e
	}
	if no != nil {
		return c.send(failIQ(n, no))
	}
	if err != nil {
		return err
	}
	return c.send(resultIQ(n, children))
}

// lookup allows a query about n people, or not: who asks about everybody tries
// to find out which numbers are in use, or to use up others' one-time prekeys.
func (c *conn) lookup(n int) error {
	switch {
	case n > c.gw.limits.Users:
		return errTooMuch
	case !c.lookups.AllowN(time.Now(), n):
		return errTooFast
	}
	return nil
}

func (c *conn) empty(context.Context, wire.Node) ([]wire.Node, error) { return nil, nil }

func resultIQ(n wire.Node, children []wire.Node) wire.Node {
	return wire.N("iq", []wire.Attr{wire.J("from", server), wire.A("type", "result"), wire.A("id", n.Attr("id"))}, children...)
}

func failIQ(n wire.Node, e *iqError) wire.Node {
	return wire.N("iq", []wire.Attr{wire.J("from", server), wire.A("type", "error"), wire.A("id", n.Attr("id"))},
		wire.N("error", []wire.Attr{wire.A("code", number(e.code)), wire.A("text", e.text)}))
}
