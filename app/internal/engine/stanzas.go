package engine

import (
	"ferry/app/internal/model"
	"ferry/relay/wire"
)

// stanza takes in one stanza of the gateway. Nothing in it is trusted but who
// it is from, which the gateway vouches for.
func (e *Engine) stanza(t *turn, n wire.Node) error {
	if n.Attr("offline") != "" && e.wire.show.Phase == model.LinkCatchingUp && n.Tag == "message" {
		e.wire.show.Done = min(e.wire.show.Done+1, max(e.wire.show.Total, e.wire.show.Done))
	}
	n = e.inOwnForm(n)
	switch n.Tag {
	case "iq":
		return e.answered(t, n)
	case "message":
		return e.receive(t, n)
	case "receipt":
		return e.receipt(t, n)
	case "ack":
		return e.acked(t, n)
	case "notification":
		return e.notified(t, n)
	case "chatstate":
		return e.peerTypes(t, n)
	case "presence":
		return e.peerIs(t, n)
	case "ib":
		e.broadcast(n)
	case "call":
		t.send(ackOf(n))
	}
	return nil
}

// ackOf tells the gateway that a stanza was taken in.
func ackOf(n wire.Node) wire.Node {
	attrs := []wire.Attr{wire.A("class", n.Tag), wire.A("id", n.Attr("id"))}
	if from, ok := n.JID("from"); ok {
		attrs = append(attrs, wire.J("to", from))
	}
	for _, key := range []string{"participant", "recipient"} {
		if j, ok := n.JID(key); ok {
			attrs = append(attrs, wire.J(key, j))
		}
	}
	if kind := n.Attr("type"); kind != "" && n.Tag != "message" {
		attrs = append(attrs, wire.A("type", kind))
	}
	return wire.N("ack", attrs)
}

// broadcast takes in what the gateway says about what waited.
func (e *Engine) broadcast(n wire.Node) {
	if preview, ok := n.Child("offline_preview"); ok {
		total, _ := preview.Uint("message")
		if e.wire.show.Phase == model.LinkCatchingUp {
			e.wire.show.Total = int(min(total, 1<<31-1))
		}
	}
	if _, ok := n.Child("offline"); ok {
		e.wire.show = model.Link{Phase: model.LinkOnline}
	}
}

// notified takes in a change at the gateway, and acks it.
func (e *Engine) notified(t *turn, n wire.Node) error {
	from, _ := n.JID("from")
	switch n.Attr("type") {
	case "encrypt":
		if _, ok := n.Child("count"); ok {
			if err := e.checkPreKeys(t); err != nil {
				return err
			}
		}
		if _, ok := n.Child("identity"); ok && isPerson(from) {
			if err := e.reinstalled(t, from.Bare()); err != nil {
				return err
			}
		}
	case wire.NamespaceInterop:
		if err := e.interopNotified(t, n); err != nil {
			return err
		}
	case "devices", "account_sync":
		if list, ok := n.Child("blocklist"); ok {
			if err := e.blocksChanged(t, list); err != nil {
				return err
			}
			break
		}
		if isPerson(from) {
			e.forgetDevices(t, from.Bare())
		}
	}
	if validID(n.Attr("id")) {
		t.send(ackOf(n))
	}
	return nil
}

// reinstalled forgets the sessions with a person whose keys are new.
func (e *Engine) reinstalled(t *turn, person wire.JID) error {
	row, _, err := e.deviceList(t, person)
	if err != nil {
		return err
	}
	for _, d := range append(e.others(person, row), person) {
		e.vault.Forget(addressOf(d))
	}
	e.forgetDevices(t, person)
	return nil
}
