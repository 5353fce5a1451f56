package gateway

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"
	"slices"
	"strings"

	"ferry/relay/internal/gateway/directory"
	"ferry/relay/wire"
)

// Actions of a blocklist item, as WhatsApp's clients have them (whatsmeow
// types/events BlocklistChangeAction).
const (
	actionBlock   = "block"
	actionUnblock = "unblock"
)

// blockHash is how clients recognise a list that they have.
func blockHash(b directory.Blocked) string {
	if len(b) == 0 {
		return "none"
	}
	sum := sha256.Sum256([]byte(strings.Join(slices.Sorted(maps.Keys(b)), " ")))
	return hex.EncodeToString(sum[:8])
}

// blockNode is whom an account has blocked, each in the form of address in which
// it did.
func blockNode(b directory.Blocked) wire.Node {
	list := wire.N("list", []wire.Attr{wire.A("dhash", blockHash(b))})
	for _, id := range slices.Sorted(maps.Keys(b)) {
		if j, err := wire.ParseJID(b[id]); err == nil {
			list.Children = append(list.Children, wire.N("item", []wire.Attr{wire.J("jid", j)}))
		}
	}
	return list
}

// queryBlocklist answers both the question for the list and a change to it
// (whatsmeow user.go GetBlocklist, UpdateBlocklist).
func (c *conn) queryBlocklist(ctx context.Context, _ wire.Node) ([]wire.Node, error) {
	me, err := c.own(ctx)
	if err != nil {
		return nil, err
	}
	return []wire.Node{blockNode(me.Blocked)}, nil
}

func (c *conn) setBlocklist(ctx context.Context, n wire.Node) ([]wire.Node, error) {
	item, _ := n.Child("item")
	jid, ok := item.JID("jid")
	action := item.Attr("action")
	if !ok || action != actionBlock && action != actionUnblock {
		return nil, errBadRequest
	}
	me, err := c.own(ctx)
	if err != nil {
		return nil, err
	}
	id, err := c.blockable(ctx, &me, jid, action == actionBlock)
	if err != nil {
		return nil, err
	}
	if me, err = c.gw.block(ctx, c.dev, id, jid, action == actionBlock); err != nil {
		return nil, err
	}
	return []wire.Node{blockNode(me.Blocked)}, nil
}

// blockable is whom a client means. Nobody can block who is not there, but
// somebody who has left can be unblocked.
func (c *conn) blockable(ctx context.Context, me *directory.Account, jid wire.JID, block bool) (wire.JID, error) {
	other, err := c.gw.dir.Resolve(ctx, jid)
	if err == nil {
		if other.ID == me.ID || me.Kind == directory.ThirdParty && other.Kind == directory.ThirdParty {
			return wire.JID{}, errBadRequest
		}
		return other.ID, nil
	}
	if !errors.Is(err, directory.ErrNotFound) {
		return wire.JID{}, err
	}
	for id, as := range me.Blocked {
		if !block && (as == jid.Bare().String() || id == directory.Unalias(jid).Bare().String()) {
			return wire.ParseJID(id)
		}
	}
	return wire.JID{}, errNoItem
}

// block adds somebody to the list of whom a device's account has blocked, or
// takes them off it. as is the form of address in which its clients know them.
func (g *Gateway) block(ctx context.Context, by, id, as wire.JID, block bool) (directory.Account, error) {
	after, err := g.changeChats(ctx, by, by, func(c *directory.Chats) error {
		if block {
			c.Blocked[id.Bare().String()] = as.Bare().String()
		} else {
			delete(c.Blocked, id.Bare().String())
		}
		return nil
	})
	if errors.Is(err, directory.ErrTooManyBlocked) {
		err = errTooMuch
	}
	return after, err
}

// blocksChanged tells an account's other devices, as WhatsApp does (whatsmeow
// notification.go handleBlocklist), and looks again at who may know of whom.
func (g *Gateway) blocksChanged(ctx context.Context, by wire.JID, before, after *directory.Account) error {
	change := wire.N("blocklist", []wire.Attr{
		wire.A("action", "modify"), wire.A("dhash", blockHash(after.Blocked)), wire.A("prev_dhash", blockHash(before.Blocked)),
	})
	var who []wire.JID
	note := func(list, other directory.Blocked, action string) error {
		for _, id := range slices.Sorted(maps.Keys(list)) {
			if _, ok := other[id]; ok {
				continue
			}
			as, err := wire.ParseJID(list[id])
			if err != nil {
				return err
			}
			change.Children = append(change.Children, wire.N("item", []wire.Attr{wire.J("jid", as), wire.A("action", action)}))
			if j, err := wire.ParseJID(id); err == nil {
				who = append(who, j)
			}
		}
		return nil
	}
	if err := errors.Join(note(after.Blocked, before.Blocked, actionBlock), note(before.Blocked, after.Blocked, actionUnblock)); err != nil {
		return err
	}
	if len(change.Children) == 0 {
		return nil
	}
	from := after.ID
	if after.Kind == directory.WhatsApp {
		from = after.PN()
	}
	if err := g.putAll(ctx, after, by, []wire.Node{g.notification(from, "account_sync", change)}); err != nil {
		return err
	}
	for _, j := range who {
		if err := g.reconsider(ctx, after.ID, j); err != nil {
			return err
		}
	}
	return nil
}

// reconsider lets the connections of accounts look again at whose presence they
// may know. Accounts that are gone are passed over.
func (g *Gateway) reconsider(ctx context.Context, accounts ...wire.JID) error {
	for _, id := range accounts {
		a, err := g.dir.Account(ctx, id)
		if errors.Is(err, directory.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		for _, number := range numbers(&a) {
			if err := g.order(a.ID.WithDevice(number), order{Watches: true}); err != nil {
				return err
			}
		}
	}
	return nil
}

// tellDevices stores a notification for all devices of an account but one.
func (g *Gateway) tellDevices(ctx context.Context, id, except wire.JID, n wire.Node) error {
	a, err := g.dir.Account(ctx, id)
	if errors.Is(err, directory.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return g.putAll(ctx, &a, except, []wire.Node{n})
}
