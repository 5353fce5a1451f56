package gateway

import (
	"context"
	"errors"

	"ferry/relay/internal/gateway/directory"
	"ferry/relay/internal/gateway/mailbox"
	"ferry/relay/wire"
)

// lowStocks are the numbers of one-time prekeys left at which a device is told.
// Clients upload when they hear of fewer than five.
var lowStocks = map[int]bool{4: true, 0: true}

// lowStock tells a device that its one-time prekeys run out. It is told again
// by its next query, so a failure here is only logged.
func (g *Gateway) lowStock(ctx context.Context, dev wire.JID, left int) {
	if !lowStocks[left] {
		return
	}
	n := g.notification(server, "encrypt", wire.N("count", []wire.Attr{wire.A("value", number(left))}))
	if err := g.put(ctx, dev, mailbox.Notification, n, ""); err != nil {
		g.log.Warn("low stock of prekeys not told", "error", err)
	}
}

func (g *Gateway) notification(from wire.JID, kind string, children ...wire.Node) wire.Node {
	return wire.N("notification", []wire.Attr{
		wire.J("from", from), wire.A("id", randomID()), wire.A("t", unix(g.now())), wire.A("type", kind),
	}, children...)
}

// announce tells an account's contacts and its own other devices that a device
// was added, or removed. Clients keep device lists for as long as they hear
// nothing, and keep them by JID: each form of address is told on its own.
func (g *Gateway) announce(ctx context.Context, dev wire.JID, added bool) error {
	a, err := g.dir.Account(ctx, dev)
	if errors.Is(err, directory.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return g.tellContacts(ctx, &a, dev, func(bare wire.JID) wire.Node {
		return g.deviceChange(&a, bare, dev.Device, added)
	})
}

// deviceChange is the notification in one form of address.
func (g *Gateway) deviceChange(a *directory.Account, bare wire.JID, device uint16, added bool) wire.Node {
	tag := "remove"
	attrs := []wire.Attr{wire.J("jid", bare.WithDevice(device))}
	if added {
		tag = "add"
		if d, ok := a.Device(device); ok && d.Number != 0 {
			attrs = append(attrs, wire.A("key-index", number(d.KeyIndex)))
		}
	}
	change := wire.N(tag, []wire.Attr{wire.A("device_hash", listHash(devicesOf(a, bare)))}, wire.N("device", attrs))
	change.Children = append(change.Children, keyList(a)...)
	return g.notification(bare, "devices", change)
}

func keyList(a *directory.Account) []wire.Node {
	if len(a.KeyList.Signed) == 0 {
		return nil
	}
	return []wire.Node{wire.Bytes("key-index-list", []wire.Attr{wire.A("ts", unix(a.KeyList.Time))}, a.KeyList.Signed)}
}

// announceIdentity tells contacts that a device has a new identity key: their
// sessions with it are of no use any more.
func (g *Gateway) announceIdentity(ctx context.Context, dev wire.JID) error {
	a, err := g.dir.Account(ctx, dev)
	if err != nil {
		return err
	}
	return g.tellContacts(ctx, &a, dev, func(bare wire.JID) wire.Node {
		return g.notification(bare, "encrypt", wire.N("identity", nil))
	})
}

// tellContacts stores what say yields for each form of address, for everyone
// who has been in touch with a and for a's other devices. One full mailbox does
// not stop the rest.
func (g *Gateway) tellContacts(ctx context.Context, a *directory.Account, except wire.JID, say func(bare wire.JID) wire.Node) error {
	peers, err := g.dir.Peers(ctx, a.ID)
	if err != nil {
		return err
	}
	for _, id := range append(peers, a.ID) {
		viewer, err := g.dir.Account(ctx, id)
		if errors.Is(err, directory.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if viewer.Kind != a.Kind && !g.reachable(&viewer, a) {
			continue // who may look it up again, finds it then
		}
		var told []wire.Node
		for _, bare := range forms(a, viewer.Kind) {
			told = append(told, say(bare))
		}
		if viewer.ID == a.ID && a.Kind == directory.WhatsApp {
			told = append(told, g.ownDevices(a))
		}
		if err := g.putAll(ctx, &viewer, except, told); err != nil {
			return err
		}
	}
	return nil
}

func (g *Gateway) putAll(ctx context.Context, viewer *directory.Account, except wire.JID, told []wire.Node) error {
	for _, d := range viewer.Devices {
		dev := viewer.ID.WithDevice(d.Number)
		if !d.HasClient() || dev == except {
			continue
		}
		for _, n := range told {
			err := g.put(ctx, dev, mailbox.Notification, n, "")
			if err != nil && !errors.Is(err, mailbox.ErrFull) {
				return err
			}
		}
	}
	return nil
}

// ownDevices is the account's new device list for its own devices.
func (g *Gateway) ownDevices(a *directory.Account) wire.Node {
	bare := a.PN()
	list := wire.N("devices", []wire.Attr{wire.A("dhash", listHash(devicesOf(a, bare)))})
	for _, d := range listed(a) {
		attrs := []wire.Attr{wire.J("jid", bare.WithDevice(d.Number))}
		if d.Number != 0 {
			attrs = append(attrs, wire.A("key-index", number(d.KeyIndex)))
		}
		list.Children = append(list.Children, wire.N("device", attrs))
	}
	list.Children = append(list.Children, keyList(a)...)
	return g.notification(bare, "account_sync", list)
}
