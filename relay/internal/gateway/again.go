package gateway

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"ferry/relay/internal/bus"
	"ferry/relay/wire"
)

// A device that cannot read a message asks for it again. Clients answer with a
// message for that device alone, but Baileys answers a device 0 with the whole
// message, under the same id and encrypted anew for all (sendMessagesAgain in
// its messages-recv.js). By its id that is a repetition, which is acked and
// stored for nobody; so it is remembered who has asked.

// askedKey is where the requests of a message's devices are.
func askedKey(seenKey string, asker wire.JID) string {
	return seenKey + "." + strings.TrimPrefix(subject(asker), "gw.dev.")
}

// asksAgain remembers that this device has asked another, which sent them, for
// messages again: of the chat with this account, or, if it is the account's own
// device, of the one that is named. What that device has not sent is nothing to
// remember.
func (c *conn) asksAgain(ctx context.Context, sender, recipient wire.JID, ids []string) error {
	chat := c.dev.Bare()
	if sender.Bare() == chat && !recipient.IsZero() {
		var err error
		if chat, err = c.gw.chat(ctx, recipient); err != nil {
			return err
		}
	}
	for _, id := range ids {
		m := &outgoing{from: sender, print: fingerprintOfAll(id, chat)}
		t, err := c.gw.accepted(ctx, m)
		if err != nil {
			return err
		}
		if t == "" {
			continue
		}
		if _, err := c.gw.seen.Put(ctx, askedKey(m.seenKey(), c.dev), nil); err != nil {
			return fmt.Errorf("remember a retry: %w", err)
		}
	}
	return nil
}

// repeat is called for a message that was accepted before. The copies for those
// devices that have asked for it again are stored; others have theirs.
func (c *conn) repeat(ctx context.Context, m *outgoing) (refused denial, err error) {
	if !m.fanned() {
		return nil, nil
	}
	asked, err := c.gw.seen.List(ctx, m.seenKey()+".")
	if err != nil || len(asked) == 0 {
		return nil, err
	}
	all, refused, err := c.address(ctx, m)
	if err != nil || refused != nil {
		return refused, err
	}
	for _, e := range all {
		key := askedKey(m.seenKey(), e.dev)
		i := slices.IndexFunc(asked, func(x bus.Entry) bool { return x.Key == key })
		if i < 0 {
			continue
		}
		m.again = asked[i].Rev
		if refused, err := c.gw.post(ctx, m, []envelope{e}); err != nil || refused != nil {
			return refused, err
		}
		// Unless it has asked once more meanwhile.
		err := c.gw.seen.Delete(ctx, key, asked[i].Rev)
		if err != nil && !errors.Is(err, bus.ErrConflict) && !errors.Is(err, bus.ErrNotFound) {
			return nil, fmt.Errorf("forget a retry: %w", err)
		}
	}
	return nil, nil
}

// wasAsked says whether a device has asked for this message, which is sent to it
// alone, again; once for each time that it has.
func (g *Gateway) wasAsked(ctx context.Context, m *outgoing, dev wire.JID) (bool, error) {
	all := &outgoing{from: m.from, print: fingerprintOfAll(m.id, m.target.ID)}
	key := askedKey(all.seenKey(), dev)
	e, err := g.seen.Get(ctx, key)
	if err == nil {
		err = g.seen.Delete(ctx, key, e.Rev)
	}
	if errors.Is(err, bus.ErrNotFound) || errors.Is(err, bus.ErrConflict) {
		return false, nil
	}
	return err == nil, err
}
