package engine

import (
	"context"
	"strconv"
	"strings"

	"ferry/app/internal/link"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/seal"
	"ferry/app/internal/store"
	"ferry/relay/wire"
)

// What a WhatsApp user's engine does otherwise than a third-party user's. It
// knows third-party people by their interop addresses, and WhatsApp users by
// their hidden ids.

// whatsApp says whether this engine is a WhatsApp user's.
func (e *Engine) whatsApp() bool { return e.cfg.Persona == model.WhatsAppUser }

// digitsOf is a phone number as addresses have it.
func digitsOf(phone string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, phone)
}

// shownName is what presence tells others as the user's name; a WhatsApp user's
// is the account's own, and stays as it is.
func (e *Engine) shownName() string {
	if e.whatsApp() {
		return ""
	}
	return e.cfg.Username
}

// providerKey is where the name of this user's provider is kept (store.Meta).
const providerKey = "provider"

// SetProvider tells the name of this user's provider, which is kept. It may be
// called from any goroutine but a subscriber's.
func (e *Engine) SetProvider(name string) {
	name = clean(name, maxName)
	e.post(func(t *turn) error {
		if name == "" || name == e.cfg.Provider {
			return nil
		}
		e.cfg.Provider = name
		t.put(store.Meta, providerKey, []byte(name))
		t.emit("self", port.SelfChanged{Self: e.selfView()})
		return nil
	})
}

// inOwnForm gives a stanza with the addresses that a WhatsApp user's engine
// knows people by: a gateway may show third-party people under their aliases,
// and WhatsApp users by phone number.
func (e *Engine) inOwnForm(n wire.Node) wire.Node {
	if !e.whatsApp() {
		return n
	}
	for key, others := range otherForms {
		j, ok := n.JID(key)
		if !ok || j.Server != wire.ServerUser || j.User == "" {
			continue
		}
		lid, known := wire.JID{}, false
		for _, other := range others {
			if v, ok := n.JID(other); ok && v.Server == wire.ServerLID {
				lid, known = v, true
			}
		}
		if j.User == e.self.Phone {
			lid, known = e.self.Address, true
		}
		if known {
			n = withJID(n, key, lid.Bare().WithDevice(j.Device))
			if key == "from" {
				n = withJID(n, "sender_pn", j.Bare())
			}
		}
	}
	return unaliased(n)
}

// otherForms are, for each attribute, those that may tell the hidden id.
var otherForms = map[string][]string{
	"from": {"sender_lid"}, "recipient": {"peer_recipient_lid", "recipient_lid"}, "participant": {"participant_lid"},
}

// withJID gives a stanza with that attribute, and leaves n as it is.
func withJID(n wire.Node, key string, j wire.JID) wire.Node {
	attrs := make([]wire.Attr, 0, len(n.Attrs)+1)
	for _, a := range n.Attrs {
		if a.Key != key {
			attrs = append(attrs, a)
		}
	}
	n.Attrs = append(attrs, wire.J(key, j))
	return n
}

// unaliased gives a stanza with interop addresses where it has aliases.
func unaliased(n wire.Node) wire.Node {
	for _, a := range n.Attrs {
		if interop, ok := wire.FromAliasLID(a.JID); ok {
			n = withJID(n, a.Key, interop)
		}
	}
	if len(n.Children) > 0 {
		children := make([]wire.Node, len(n.Children))
		for i, c := range n.Children {
			children[i] = unaliased(c)
		}
		n.Children = children
	}
	return n
}

// agent is what this client says of itself.
func agent() wire.UserAgent {
	return wire.UserAgent{Platform: wire.PlatformWeb, AppVersion: [3]uint32{2, 3000, 0}, Device: "Desktop", Language: "en", Country: "US"}
}

// login is how this device says who it is.
func (e *Engine) login() func(context.Context) (*wire.ClientPayload, error) {
	if !e.whatsApp() {
		return link.InteropLogin(e.cfg.Relay, e.noise.Public(), e.self.enlistment())
	}
	phone, err := strconv.ParseUint(e.self.Phone, 10, 64)
	device := e.self.Device
	return func(context.Context) (*wire.ClientPayload, error) {
		return &wire.ClientPayload{
			Username: phone, Device: uint32(device), HasDevice: true, Product: wire.ProductWhatsApp, Passive: true, Pull: true,
			UserAgent: agent(), WebInfo: true, ConnectType: wire.ConnectWifi, ConnectReason: wire.ReasonUserActivated, LIDDBMigrated: true,
		}, err
	}
}

// vouchers is what goes along with first messages: that the account has vouched
// for this device.
func (e *Engine) vouchers(encs ...wire.Node) []wire.Node {
	if len(e.vouch) == 0 {
		return nil
	}
	for _, enc := range encs {
		if enc.Tag == "to" {
			enc, _ = enc.Child("enc")
		}
		if enc.Attr("type") == string(seal.FirstKind) {
			return []wire.Node{wire.Bytes("device-identity", nil, e.vouch)}
		}
	}
	return nil
}
