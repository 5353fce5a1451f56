package gateway

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"ferry/relay/internal/gateway/consent"
	"ferry/relay/internal/gateway/directory"
	"ferry/relay/internal/gateway/mailbox"
	"ferry/relay/wire"
)

// Kinds of receipt that the gateway does something with.
const (
	receiptRead       = "read"
	receiptPlayed     = "played"
	receiptReadSelf   = "read-self"
	receiptPlayedSelf = "played-self"
	receiptRetry      = "retry"
	receiptMedia      = "server-error" // about a file at the media host, not about the message
)

// passedOn are the kinds that the author's devices hear of. The others are
// between a device and the gateway.
var passedOn = map[string]bool{
	"": true, "inactive": true, receiptRead: true, receiptPlayed: true, receiptRetry: true,
}

// handleReceipt passes a receipt on to the author, takes the messages that it
// is about out of this device's mailbox, and acks it: in this order, so that a
// crash repeats and never loses.
func (c *conn) handleReceipt(ctx context.Context, n wire.Node) error {
	ids := receiptIDs(n)
	if len(ids) == 0 || len(ids) > c.gw.limits.IDs {
		return c.send(ackReceipt(n)) // nothing that anyone could use
	}
	if err := c.passReceipt(ctx, n, ids); err != nil {
		return err
	}
	if kind := n.Attr("type"); kind != receiptMedia {
		from, _ := n.JID("to") // may be missing: receipts for own messages
		for _, id := range ids {
			if err := c.acknowledged(ctx, "message", id, from, ""); err != nil {
				return err
			}
		}
	}
	return c.send(ackReceipt(n))
}

func receiptIDs(n wire.Node) []string {
	var ids []string
	if id := n.Attr("id"); id != "" && len(id) <= maxID {
		ids = append(ids, id)
	}
	list, _ := n.Child("list")
	for _, item := range list.ChildrenOf("item") {
		if id := item.Attr("id"); id != "" && len(id) <= maxID {
			ids = append(ids, id)
		}
	}
	return ids
}

func ackReceipt(n wire.Node) wire.Node {
	attrs := []wire.Attr{wire.A("class", "receipt"), wire.A("id", n.Attr("id")), wire.A("type", n.Attr("type"))}
	for _, a := range attrsOf(n, "to") {
		a.Key = "from"
		attrs = append(attrs, a)
	}
	attrs = append(attrs, attrsOf(n, "participant")...)
	return wire.N("ack", append(attrs, attrsOf(n, "recipient")...))
}

// passReceipt stores a receipt for whom it concerns. What cannot be delivered is
// dropped: the client has no use for an error here.
func (c *conn) passReceipt(ctx context.Context, n wire.Node, ids []string) error {
	kind := n.Attr("type")
	if kind == receiptMedia {
		return c.passMediaReceipt(ctx, n, ids)
	}
	to, ok := n.JID("to")
	self := kind == receiptReadSelf || kind == receiptPlayedSelf
	if !ok || !passedOn[kind] && !self {
		return nil
	}
	me, err := c.own(ctx)
	if err != nil {
		return err
	}
	act := consent.Receipt
	if kind == receiptRetry {
		act = consent.Retry
	}
	target, a, err := c.target(ctx, &me, to, act)
	if err != nil {
		return err
	}
	if self || kind == receiptRead || kind == receiptPlayed {
		if err := c.tellSiblings(ctx, n, ids, &me, to); err != nil {
			return err
		}
	}
	if self || target.ID == me.ID && kind != receiptRetry || !a.delivered() {
		return nil
	}
	from := shown(&me, target.Kind, to.Server).WithDevice(c.dev.Device)
	out := wire.N("receipt", []wire.Attr{
		wire.J("from", from), wire.A("id", ids[0]), wire.A("t", or(n.Attr("t"), unix(c.gw.now()))), wire.A("type", kind),
	}, idList(ids)...)
	if kind == receiptRetry { // to the one device that sent it, with what it needs to send again
		for _, tag := range []string{"retry", "registration", "keys"} {
			if x, ok := n.Child(tag); ok {
				out.Children = append(out.Children, x)
			}
		}
		if target.ID == me.ID { // about a copy: the chat is not who it is from
			out.Attrs = append(out.Attrs, attrsOf(n, "recipient")...)
		}
		recipient, _ := n.JID("recipient")
		if err := c.asksAgain(ctx, target.ID.WithDevice(to.Device), recipient, ids); err != nil {
			return err
		}
		return c.postReceipt(ctx, n, out, &target, []uint16{to.Device})
	}
	return c.postReceipt(ctx, n, out, &target, numbers(&target))
}

// passMediaReceipt asks the author of a message for its file again, which the
// media host has no longer. Clients of WhatsApp send it to their own account,
// with the chat inside (whatsmeow mediaretry.go); what they ask is encrypted with
// the file's key.
func (c *conn) passMediaReceipt(ctx context.Context, n wire.Node, ids []string) error {
	about, ok := n.Child("rmr")
	chat, isJID := about.JID("jid")
	if !ok || !isJID || len(ids) != 1 || about.Attr("from_me") == "true" {
		return nil
	}
	me, err := c.own(ctx)
	if err != nil {
		return err
	}
	target, a, err := c.target(ctx, &me, chat, consent.Receipt)
	if err != nil || !a.delivered() || target.ID == me.ID {
		return err
	}
	from := shown(&me, target.Kind, chat.Server)
	out := wire.N("receipt", []wire.Attr{
		wire.J("from", from.WithDevice(c.dev.Device)), wire.A("id", ids[0]), wire.A("t", or(n.Attr("t"), unix(c.gw.now()))),
		wire.A("type", receiptMedia),
	})
	if x, ok := n.Child("encrypt"); ok {
		out.Children = append(out.Children, x)
	}
	out.Children = append(out.Children, wire.N("rmr", []wire.Attr{wire.J("jid", from), wire.A("from_me", "true")}))
	return c.postReceipt(ctx, n, out, &target, numbers(&target))
}

// tellSiblings tells the reader's other devices what was read.
func (c *conn) tellSiblings(ctx context.Context, n wire.Node, ids []string, me *directory.Account, chat wire.JID) error {
	kind := receiptReadSelf
	if k := n.Attr("type"); k == receiptPlayed || k == receiptPlayedSelf {
		kind = receiptPlayedSelf
	}
	out := wire.N("receipt", []wire.Attr{
		wire.J("from", shown(me, me.Kind, chat.Server)), wire.A("id", ids[0]),
		wire.A("t", or(n.Attr("t"), unix(c.gw.now()))), wire.A("type", kind), wire.J("recipient", chat.Bare()),
	}, idList(ids)...)
	return c.postReceipt(ctx, n, out, me, numbers(me))
}

func idList(ids []string) []wire.Node {
	if len(ids) < 2 {
		return nil
	}
	list := wire.N("list", nil)
	for _, id := range ids[1:] {
		list.Children = append(list.Children, wire.N("item", []wire.Attr{wire.A("id", id)}))
	}
	return []wire.Node{list}
}

func numbers(a *directory.Account) []uint16 {
	var out []uint16
	for _, d := range a.Devices {
		out = append(out, d.Number)
	}
	return out
}

// postReceipt stores a receipt for those devices of an account that have a
// client and are not this one.
func (c *conn) postReceipt(ctx context.Context, n, out wire.Node, a *directory.Account, to []uint16) error {
	retry, _ := n.Child("retry")
	h := sha256.New()
	fmt.Fprintf(h, "%s|%s|%s|%s", subject(c.dev), out.Attr("type"), retry.Attr("count"), n.Attr("to"))
	for _, id := range receiptIDs(n) {
		fmt.Fprintf(h, "|%d:%s", len(id), id)
	}
	dedup := "r." + hex.EncodeToString(h.Sum(nil)[:16])
	for _, number := range to {
		dev := a.ID.WithDevice(number)
		if d, ok := a.Device(number); !ok || !d.HasClient() || dev == c.dev {
			continue
		}
		err := c.gw.put(ctx, dev, mailbox.Receipt, out, dedup)
		if err != nil && !errors.Is(err, mailbox.ErrFull) {
			return err
		}
	}
	return nil
}
