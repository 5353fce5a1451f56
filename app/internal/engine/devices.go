package engine

import (
	"encoding/binary"
	"errors"
	"slices"
	"time"

	"ferry/app/internal/model"
	"ferry/app/internal/seal"
	"ferry/app/internal/store"
	"ferry/relay/wire"
)

// maxDevices bounds a person's devices: WhatsApp allows five, the rest is room.
const maxDevices = 32

// deviceRow is what is known of a person's devices.
type deviceRow struct {
	IDs []uint16      `json:"ids"`
	At  time.Time     `json:"at"`
	Why model.Failure `json:"why,omitempty"` // there are none, if the gateway said why
}

// fetches are the questions that are on their way or were answered badly.
type fetches struct {
	lists   map[wire.JID]bool      // device lists being fetched
	bundles map[wire.JID]bool      // devices whose bundles are being fetched
	barren  map[wire.JID]time.Time // devices without a bundle, until when not to ask
	vain    map[wire.JID]time.Time // people asked about in vain, until when not to ask again
}

func newFetches() *fetches {
	return &fetches{lists: map[wire.JID]bool{}, bundles: map[wire.JID]bool{}, barren: map[wire.JID]time.Time{}, vain: map[wire.JID]time.Time{}}
}

// barrenFor is how long a device without keys is left out of messages.
const barrenFor = 10 * time.Minute

// deviceList is what is known of a person's devices; false if nothing is, or
// it is too old.
func (e *Engine) deviceList(t *turn, person wire.JID) (deviceRow, bool, error) {
	row, ok := e.lists.get(person)
	if !ok {
		var err error
		if ok, err = t.getJSON(store.Meta, devicePrefix+person.String(), &row); err != nil {
			return row, false, err
		}
		if ok {
			e.lists.put(person, row)
		}
	}
	return row, ok && e.cfg.Now().Sub(row.At) <= e.cfg.Timing.Stale, nil
}

// others are the full addresses of a person's devices, but not this one.
func (e *Engine) others(person wire.JID, row deviceRow) []wire.JID {
	var all []wire.JID
	for _, id := range row.IDs {
		if j := person.WithDevice(id); j != e.self.here() {
			all = append(all, j)
		}
	}
	return all
}

// fetchDevices asks for device lists, those not being asked for already.
func (e *Engine) fetchDevices(t *turn, people ...wire.JID) error {
	var users []wire.Node
	var asked []wire.JID
	for _, p := range people {
		if !e.fetch.lists[p] {
			e.fetch.lists[p] = true
			asked = append(asked, p)
			users = append(users, wire.N("user", []wire.Attr{wire.J("jid", p)}))
		}
	}
	if len(users) == 0 {
		return nil
	}
	body := usync("message", "query", []wire.Node{
		wire.N("devices", []wire.Attr{wire.A("version", "2")}), wire.N("third_party_chats", nil),
	}, users...)
	return e.ask(t, "get", "usync", body, func(t *turn, n wire.Node, err error) error {
		if err != nil {
			e.fetchAgain(err, func() {
				for _, p := range asked {
					delete(e.fetch.lists, p)
				}
			})
			return nil
		}
		list, _ := n.Path("usync", "list")
		for _, user := range list.ChildrenOf("user") {
			if jid, ok := user.JID("jid"); ok && slices.Contains(asked, jid.Bare()) {
				if err := e.keepDevices(t, jid.Bare(), user); err != nil {
					return err
				}
				delete(e.fetch.lists, jid.Bare())
			}
		}
		for _, p := range asked {
			if e.fetch.lists[p] { // not in the answer: the gateway knows no devices
				delete(e.fetch.lists, p)
				if err := e.keepDevices(t, p, wire.Node{}); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// fetchAgain forgets after a while that something is being fetched, so that
// the next turn fetches it again. After a lost connection that is at once.
func (e *Engine) fetchAgain(err error, forget func()) {
	if errors.Is(err, errDown) {
		forget()
		return
	}
	fetch := e.fetch
	e.later(e.cfg.Timing.Again, func(*turn) error {
		if fetch == e.fetch { // not read again since
			forget()
		}
		return nil
	})
}

// keepDevices stores the device list in a user's answer.
func (e *Engine) keepDevices(t *turn, person wire.JID, user wire.Node) error {
	row := deviceRow{At: e.cfg.Now()}
	if c, ok := user.Child("third_party_chats"); ok && c.Attr("state") == "off" {
		if row.Why = model.NoConsent; c.Attr(wire.AttrReason) == wire.ReasonRegion {
			row.Why = model.OutOfRegion
		}
	}
	if list, ok := user.Path("devices", "device-list"); ok {
		for _, d := range list.ChildrenOf("device") {
			if id, ok := d.Uint("id"); ok && id < 1<<16 && len(row.IDs) < maxDevices && !slices.Contains(row.IDs, uint16(id)) {
				row.IDs = append(row.IDs, uint16(id))
			}
		}
	}
	e.lists.put(person, row)
	t.putJSON(store.Meta, devicePrefix+person.String(), row)
	if c, ok := user.Child("third_party_chats"); ok && !e.whatsApp() && person != e.self.Address {
		return e.opened(t, chatOf(person), c.Attr("state") == "on", row.Why)
	}
	return nil
}

// forgetDevices makes the next message ask for the list again.
func (e *Engine) forgetDevices(t *turn, person wire.JID) {
	e.lists.drop(person)
	for d := range e.fetch.barren {
		if d.SameUser(person) {
			delete(e.fetch.barren, d)
		}
	}
	t.delete(store.Meta, devicePrefix+person.String())
}

// addressOf names a device's session.
func addressOf(device wire.JID) seal.Address { return seal.Address(device.String()) }

// fetchBundles asks for the keys of devices, those not being asked for already.
func (e *Engine) fetchBundles(t *turn, devices []wire.JID) error {
	var users []wire.Node
	var asked []wire.JID
	for _, d := range devices {
		if !e.fetch.bundles[d] {
			e.fetch.bundles[d] = true
			asked = append(asked, d)
			users = append(users, wire.N("user", []wire.Attr{wire.J("jid", d)}))
		}
	}
	if len(users) == 0 {
		return nil
	}
	forget := func() {
		for _, d := range asked {
			delete(e.fetch.bundles, d)
		}
	}
	return e.ask(t, "get", "encrypt", []wire.Node{wire.N("key", nil, users...)}, func(t *turn, n wire.Node, err error) error {
		if err != nil {
			e.fetchAgain(err, forget)
			return nil
		}
		forget()
		list, _ := n.Child("list")
		got := map[wire.JID]bool{}
		for _, user := range list.ChildrenOf("user") {
			device, ok := user.JID("jid")
			if !ok || !slices.Contains(asked, device) || got[device] {
				continue
			}
			if got[device], err = e.begin(t, device, user); err != nil {
				return err
			}
		}
		for _, d := range asked {
			if !got[d] {
				e.fetch.barren[d] = e.cfg.Now().Add(barrenFor)
			}
		}
		return nil
	})
}

// begin makes a session from a bundle in a stanza; false if that is no good.
func (e *Engine) begin(t *turn, device wire.JID, n wire.Node) (bool, error) {
	bundle, ok := parseBundle(n)
	if !ok {
		return false, nil
	}
	changed, err := e.vault.Establish(e.ctx, addressOf(device), bundle)
	if errors.Is(err, seal.ErrBadBundle) {
		e.log.Warn("a prekey bundle is no good", "err", err)
		return false, nil
	}
	if err == nil && changed {
		e.log.Info("a peer's device has a new identity")
	}
	if err == nil {
		err = e.keySeen(t, device, changed)
	}
	return err == nil, err
}

// parseBundle reads the keys of one device. They are as others published them.
func parseBundle(n wire.Node) (b seal.Bundle, ok bool) {
	if reg, has := n.Child("registration"); has && len(reg.Data) == 4 {
		b.Registration = binary.BigEndian.Uint32(reg.Data)
	} else {
		return b, false
	}
	identity, _ := n.Child("identity")
	kind, has := n.Child("type")
	if len(identity.Data) != 32 || has && (len(kind.Data) != 1 || kind.Data[0] != seal.KeyType) {
		return b, false
	}
	b.Identity = [32]byte(identity.Data)
	skey, _ := n.Child("skey")
	signed, ok := parsePreKey(skey)
	signature, _ := skey.Child("signature")
	if !ok || len(signature.Data) != 64 {
		return b, false
	}
	b.Signed = seal.SignedPreKey{ID: signed.ID, Public: signed.Public, Signature: [64]byte(signature.Data)}
	if key, has := n.Child("key"); has {
		one, ok := parsePreKey(key)
		if !ok || one.ID == 0 {
			return b, false
		}
		b.One = &one
	}
	return b, true
}

func parsePreKey(n wire.Node) (seal.PreKey, bool) {
	id, _ := n.Child("id")
	value, _ := n.Child("value")
	if len(id.Data) != 3 || len(value.Data) != 32 {
		return seal.PreKey{}, false
	}
	return seal.PreKey{
		ID:     uint32(id.Data[0])<<16 | uint32(id.Data[1])<<8 | uint32(id.Data[2]),
		Public: [32]byte(value.Data),
	}, true
}

// recipients lists the devices that a message to chat is encrypted for: the
// peer's, and this user's others.
type recipients struct {
	peer, own []wire.JID
	ready     bool          // else something is being fetched
	failure   model.Failure // set where there is nobody to encrypt for
}

// recipientsOf finds them and their sessions, or has them fetched.
func (e *Engine) recipientsOf(t *turn, person wire.JID) (r recipients, err error) {
	self := e.self.Address
	peer, knowPeer, err := e.deviceList(t, person)
	if err != nil {
		return r, err
	}
	own, knowOwn, err := e.deviceList(t, self)
	if err != nil {
		return r, err
	}
	if !knowPeer || !knowOwn {
		var unknown []wire.JID
		if !knowPeer {
			unknown = append(unknown, person)
		}
		if !knowOwn && self != person {
			unknown = append(unknown, self)
		}
		return r, e.fetchDevices(t, unknown...)
	}
	var missing []wire.JID
	if r.peer, err = e.withSessions(e.others(person, peer), &missing); err != nil {
		return r, err
	}
	if r.own, err = e.withSessions(e.others(self, own), &missing); err != nil {
		return r, err
	}
	if len(missing) > 0 {
		return r, e.fetchBundles(t, missing)
	}
	r.ready = true
	if len(r.peer) == 0 {
		if r.failure = peer.Why; r.failure == "" {
			r.failure = model.NoDevices
		}
	}
	return r, nil
}

// withSessions keeps the devices that have a session, and adds to missing
// those that may get one.
func (e *Engine) withSessions(devices []wire.JID, missing *[]wire.JID) ([]wire.JID, error) {
	var have []wire.JID
	for _, d := range devices {
		ok, err := e.vault.HasSession(e.ctx, addressOf(d))
		switch {
		case err != nil:
			return nil, err
		case ok:
			have = append(have, d)
		case e.cfg.Now().After(e.fetch.barren[d]):
			*missing = append(*missing, d)
		}
	}
	return have, nil
}
