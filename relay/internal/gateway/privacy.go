package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"ferry/relay/internal/bus"
	"ferry/relay/wire"
)

// Values of privacy settings. The gateway knows nobody's contacts: whoever shows
// something to contacts only shows it to nobody here.
const (
	privacyAll   = "all"
	privacyMatch = "match_last_seen" // of online: as last seen
)

// privacy is what an account shows, by the names of whatsmeow's
// types.PrivacySettingType. What is missing is as in defaultPrivacy.
type privacy map[string]string

var defaultPrivacy = privacy{
	"readreceipts": privacyAll, "last": privacyAll, "online": privacyMatch, "profile": privacyAll, "status": privacyAll,
	"groupadd": privacyAll, "calladd": privacyAll,
}

var privacyValues = []string{privacyAll, "contacts", "contact_blacklist", "none", privacyMatch, "known"}

// showsLast and showsOnline are reciprocal: who does not show it does not see
// others' either.
func (p privacy) showsLast() bool { return or(p["last"], privacyAll) == privacyAll }

func (p privacy) showsOnline() bool {
	online := or(p["online"], privacyMatch)
	return online == privacyAll || online == privacyMatch && p.showsLast()
}

func (g *Gateway) privacyOf(ctx context.Context, account wire.JID) (p privacy, rev uint64, err error) {
	e, err := g.privacy.Get(ctx, subject(account.Bare()))
	if errors.Is(err, bus.ErrNotFound) {
		return privacy{}, 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("privacy: %w", err)
	}
	if err := json.Unmarshal(e.Value, &p); err != nil {
		return nil, 0, fmt.Errorf("privacy: %w", err)
	}
	return p, e.Rev, nil
}

func (p privacy) node() wire.Node {
	out := wire.N("privacy", nil)
	for _, name := range slices.Sorted(maps.Keys(defaultPrivacy)) {
		out.Children = append(out.Children, wire.N("category", []wire.Attr{
			wire.A("name", name), wire.A("value", or(p[name], defaultPrivacy[name])),
		}))
	}
	return out
}

// queryPrivacy tells a client its account's settings. Clients ask before they
// send a read receipt.
func (c *conn) queryPrivacy(ctx context.Context, _ wire.Node) ([]wire.Node, error) {
	p, _, err := c.gw.privacyOf(ctx, c.dev)
	if err != nil {
		return nil, err
	}
	return []wire.Node{p.node()}, nil
}

// setPrivacy changes settings. Other things are set in the same namespace, for
// which there is nothing to do here.
func (c *conn) setPrivacy(ctx context.Context, n wire.Node) ([]wire.Node, error) {
	asked, ok := n.Child("privacy")
	if !ok {
		return nil, nil
	}
	for _, x := range asked.ChildrenOf("category") {
		if defaultPrivacy[x.Attr("name")] == "" || !slices.Contains(privacyValues, x.Attr("value")) {
			return nil, errBadRequest
		}
	}
	p, err := c.changePrivacy(ctx, asked.ChildrenOf("category"))
	if err != nil {
		return nil, err
	}
	if !p.showsLast() {
		if err := c.gw.lastSeen.Delete(ctx, subject(c.dev.Bare()), 0); err != nil && !errors.Is(err, bus.ErrNotFound) {
			return nil, err
		}
	}
	me, err := c.own(ctx)
	if err != nil {
		return nil, err
	}
	for _, number := range numbers(&me) { // this device, too
		if err := c.gw.order(me.ID.WithDevice(number), order{Privacy: true}); err != nil {
			return nil, err
		}
	}
	return []wire.Node{p.node()}, nil
}

func (c *conn) changePrivacy(ctx context.Context, changes []wire.Node) (privacy, error) {
	for {
		p, rev, err := c.gw.privacyOf(ctx, c.dev)
		if err != nil {
			return nil, err
		}
		for _, x := range changes {
			p[x.Attr("name")] = x.Attr("value")
		}
		raw, err := json.Marshal(p)
		if err != nil {
			return nil, fmt.Errorf("privacy: %w", err)
		}
		if rev == 0 {
			_, err = c.gw.privacy.Create(ctx, subject(c.dev.Bare()), raw)
		} else {
			_, err = c.gw.privacy.Update(ctx, subject(c.dev.Bare()), raw, rev)
		}
		if errors.Is(err, bus.ErrConflict) || errors.Is(err, bus.ErrExists) {
			continue // another device of the account was quicker; ctx bounds this
		}
		return p, err
	}
}
