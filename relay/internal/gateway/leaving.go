package gateway

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"ferry/relay/internal/bus"
	"ferry/relay/internal/gateway/directory"
	"ferry/relay/internal/gateway/enlist"
	"ferry/relay/wire"
)

// What stays of a third-party user who has left is nothing with a name on it: no
// number, no username, nothing of the provider's. What others have in their
// mailboxes and on their devices is theirs: a message that was acknowledged is
// delivered, or forgotten after as long as any other.
//
// Who comes back is somebody new, with another number, whom no old thread reaches.
// That must not free anybody of limits and blocks: leaving and coming back would
// else be the way around them. So if there is anything of the kind, it is kept
// under a keyed hash of the provider's name for the user, which says nothing
// without this gateway's own key, and for a year at most.

// remembered is what comes back with a user who comes back.
type remembered struct {
	Begun   []int64 `json:"begun,omitempty"`   // as starter has it
	Reports []int64 `json:"reports,omitempty"` // when, not by whom
	// Blocks are the LIDs of who has blocked the user, and whether their client knows
	// third-party users by alias.
	Blocks map[string]bool `json:"blocks,omitempty"`
}

const (
	rememberedFor = 365 * 24 * time.Hour
	maxBlockers   = 10_000 // beyond that a block ends with the account
)

// leaverKey is where that is kept.
func (g *Gateway) leaverKey(integrator uint16, sub string) string {
	mac := hmac.New(sha256.New, g.identity.noise.Bytes())
	fmt.Fprintf(mac, "ferry: who has left|%d|%s", integrator, sub)
	return "h." + hex.EncodeToString(mac.Sum(nil)[:16])
}

// left removes all traces of an account whose record is gone: now, and once more
// when nothing can be under way any more that began before. If this node dies
// first, another does so, or this one at its next start.
func (g *Gateway) left(ctx context.Context, a *directory.Account) error {
	if err := g.remember(ctx, a); err != nil {
		return err
	}
	l := directory.Left{ID: a.ID, Sub: a.Sub, Name: a.Name}
	if err := g.sweep(ctx, l); err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.drain {
		g.closed.Go(func() { g.sweepAgain(l) })
	}
	return nil
}

// sweepLeft takes up what another node, or this one before, has not finished.
func (g *Gateway) sweepLeft(ctx context.Context) error {
	all, err := g.dir.Leaving(ctx)
	for _, l := range all {
		err = errors.Join(err, g.sweep(ctx, l))
		g.closed.Go(func() { g.sweepAgain(l) })
	}
	return err
}

// sweepAgain waits for as long as a stanza may take that was being handled, or
// for the end of all connections if the node stops.
func (g *Gateway) sweepAgain(l directory.Left) {
	for end := time.Now().Add(g.limits.Handle); time.Now().Before(end) && !g.emptied(); {
		pause(context.Background(), 50*time.Millisecond)
	}
	ctx, cancel := context.WithTimeout(context.Background(), g.limits.Handle)
	defer cancel()
	err := g.sweep(ctx, l)
	if err == nil {
		err = g.dir.Forgotten(ctx, l.ID)
	}
	if err != nil {
		g.log.Error("traces of an account that is gone may be left until the next start", "error", err)
	}
}

// emptied says that the node stops and nobody is connected any more.
func (g *Gateway) emptied() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.drain && g.open == 0
}

// sweep removes the traces.
func (g *Gateway) sweep(ctx context.Context, l directory.Left) error {
	err := g.dir.Sweep(ctx, l)
	if errors.Is(err, directory.ErrExists) { // whoever wanted to remove it has failed
		return nil
	}
	if err != nil {
		return err
	}
	err = g.unblock(ctx, l.ID)
	return errors.Join(err,
		g.boxes.DropAccount(ctx, l.ID),
		g.pairs.EraseLike(ctx, fmt.Sprintf("p.*.%d.%s", l.ID.Integrator, l.ID.User)),
		g.starters.Erase(ctx, starterKey(l.ID)),
		g.erase(ctx, l.ID),
	)
}

// erase removes what is kept of an account of either kind besides its record, its
// mail and its conversations: reports by and about it, too, with what was shown.
func (g *Gateway) erase(ctx context.Context, id wire.JID) error {
	id = id.Bare()
	below := strings.TrimSuffix(subject(id), "0") // of all devices, whatever their numbers were
	sent := strings.TrimPrefix(below, "gw.dev.")
	asked := sent + "*"
	return errors.Join(
		g.live.EraseAll(ctx, below), g.privacy.EraseAll(ctx, below), g.lastSeen.EraseAll(ctx, below),
		g.seen.EraseAll(ctx, sent),
		g.seen.EraseLike(ctx, "l.*.*.*."+asked), g.seen.EraseLike(ctx, "i.*.*.*.*."+asked),
		g.reports.EraseLike(ctx, "r."+id.String()+".*"), g.reports.EraseLike(ctx, "r.*."+id.String()),
		g.dir.ForgetPeers(ctx, id),
	)
}

// unblock takes somebody who is gone off the lists of those who have blocked them.
// Their clients are not told: there is nobody whom it would let in.
func (g *Gateway) unblock(ctx context.Context, id wire.JID) error {
	by, err := g.dir.BlockedBy(ctx, id, maxBlockers)
	for user := range by {
		_, _, e := g.dir.SetChats(ctx, user, func(c *directory.Chats) error {
			delete(c.Blocked, id.String())
			return nil
		})
		if !errors.Is(e, directory.ErrNotFound) {
			err = errors.Join(err, e)
		}
	}
	return err
}

// remember keeps what must not end with an account.
func (g *Gateway) remember(ctx context.Context, a *directory.Account) error {
	var r remembered
	err := g.changeStarter(ctx, a.ID, func(s *starter) bool {
		r.Begun, r.Reports = slices.Clone(s.Begun), slices.Sorted(maps.Values(s.Reports))
		return false
	})
	if err != nil {
		return err
	}
	by, err := g.dir.BlockedBy(ctx, a.ID, maxBlockers)
	if err != nil {
		return err
	}
	for user, as := range by {
		if r.Blocks == nil {
			r.Blocks = make(map[string]bool)
		}
		r.Blocks[user.User] = as.Server == wire.ServerLID
	}
	if len(r.Begun)+len(r.Reports)+len(r.Blocks) == 0 {
		return nil
	}
	raw, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("remember a leaver: %w", err)
	}
	_, err = g.leavers.Put(ctx, g.leaverKey(a.Integrator, a.Sub), raw)
	return err
}

// joined puts on a new account what was remembered of its user. It is called again
// if that fails half-way.
func (g *Gateway) joined(ctx context.Context, a directory.Account) error {
	key := g.leaverKey(a.Integrator, a.Sub)
	e, err := g.leavers.Get(ctx, key)
	if errors.Is(err, bus.ErrNotFound) {
		return nil
	}
	var r remembered
	if err == nil {
		err = json.Unmarshal(e.Value, &r)
	}
	if err != nil {
		return fmt.Errorf("a user who comes back: %w", err)
	}
	for user, alias := range r.Blocks {
		as := a.ID
		if alias {
			as = directory.AliasOf(a.ID)
		}
		_, err := g.block(ctx, wire.JID{User: user, Server: wire.ServerLID}, a.ID, as, true)
		if err != nil && !errors.Is(err, directory.ErrNotFound) && !errors.Is(err, errTooMuch) {
			return fmt.Errorf("a user who comes back: %w", err)
		}
	}
	err = g.changeStarter(ctx, a.ID, func(s *starter) bool {
		s.Begun = r.Begun
		s.Reports = make(map[string]int64, len(r.Reports))
		for i, t := range r.Reports {
			s.Reports[fmt.Sprint("before-", i)] = t
		}
		return true
	})
	if err != nil {
		return err
	}
	return g.leavers.EraseAt(ctx, key, e.Rev)
}

// kept says what there is of an account, for its user.
func (g *Gateway) kept(ctx context.Context, a directory.Account) (k enlist.Kept, err error) {
	contacts, err := g.dir.Peers(ctx, a.ID)
	if err != nil {
		return k, err
	}
	k.Contacts, k.Blocked = len(contacts), len(a.Blocked)
	if k.Conversations, err = g.pairs.CountLike(ctx, fmt.Sprintf("p.*.%d.%s", a.ID.Integrator, a.ID.User)); err != nil {
		return k, err
	}
	if k.Reports, err = g.reports.CountLike(ctx, "r."+a.ID.String()+".*"); err != nil {
		return k, err
	}
	for _, d := range a.Devices {
		dev := a.ID.WithDevice(d.Number)
		waiting, err := g.boxes.Count(ctx, dev)
		if err != nil {
			return k, err
		}
		n, err := g.dir.CountPreKeys(ctx, dev)
		if err != nil {
			return k, err
		}
		k.Waiting, k.PreKeys = k.Waiting+int(waiting.Total()), k.PreKeys+n //nolint:gosec // bounded by the mailbox
	}
	e, err := g.lastSeen.Get(ctx, subject(a.ID))
	if errors.Is(err, bus.ErrNotFound) {
		return k, nil
	}
	if seconds, bad := strconv.ParseInt(string(e.Value), 10, 64); err == nil && bad == nil {
		t := time.Unix(seconds, 0).UTC()
		k.LastSeen = &t
	}
	return k, err
}
