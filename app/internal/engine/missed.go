package engine

import (
	"slices"
	"time"

	"ferry/relay/wire"
)

// missedEvery is how long a list of devices is believed after it was asked for
// again in vain: some devices have no keys to encrypt with.
const missedEvery = time.Minute

// missed takes in that the gateway has a message, and knows of devices that it
// was not encrypted for. It stays in the outbox until it is encrypted for those
// too.
func (e *Engine) missed(t *turn, item *outItem, person wire.JID) error {
	given := item.recipients()
	if e.cfg.Now().Before(e.fetch.vain[person]) || len(given) == 0 {
		e.out.remove(t, item)
		return nil
	}
	for _, p := range []wire.JID{person, e.self.Address} {
		row, ok, err := e.deviceList(t, p)
		if err != nil {
			return err
		}
		if ok && !slices.ContainsFunc(e.others(p, row), func(d wire.JID) bool { return !slices.Contains(given, d) }) {
			e.forgetDevices(t, p) // no newer than the message
		}
	}
	if item.sent {
		e.out.onWay--
	}
	item.Given = given
	item.Stanzas, item.acked, item.sent = nil, nil, false
	e.out.save(t, item)
	return nil
}

// recipients lists the devices that a message in the outbox is encrypted for.
func (i *outItem) recipients() (all []wire.JID) {
	if !i.sealed() {
		return nil
	}
	n, err := wire.Unmarshal(i.Stanzas[0])
	if err != nil {
		return nil
	}
	participants, _ := n.Child("participants")
	for _, to := range participants.ChildrenOf("to") {
		if d, ok := to.JID("jid"); ok {
			all = append(all, d)
		}
	}
	return all
}

// complete encrypts a message for the devices that it missed, now that they are
// known. The row keeps its place, so that they get their messages in order.
func (e *Engine) complete(t *turn, item *outItem, person wire.JID, row messageRow, to recipients) error {
	var rest outRow
	missed := slices.DeleteFunc(slices.Concat(to.peer, to.own), func(d wire.JID) bool { return slices.Contains(item.Given, d) })
	for _, d := range missed {
		n, ok, err := e.sealAgain(t, d, row, item.Count)
		if err != nil {
			return err
		}
		if raw, err := wire.Marshal(n); ok && err == nil {
			rest.Stanzas = append(rest.Stanzas, raw)
		}
	}
	if len(rest.Stanzas) == 0 {
		e.fetch.vain[person] = e.cfg.Now().Add(missedEvery)
		e.out.remove(t, item)
		return nil
	}
	item.outRow, item.acked = rest, make([]bool, len(rest.Stanzas))
	e.out.save(t, item)
	return nil
}
