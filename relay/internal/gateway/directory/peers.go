package directory

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"ferry/relay/internal/bus"
	"ferry/relay/wire"
)

// Met records that two accounts have been in touch, so that each hears of the
// other's changed device list. Both JIDs are canonical.
func (d *Directory) Met(ctx context.Context, a, b wire.JID) error {
	if err := d.met(ctx, a.Bare(), b.Bare()); err != nil {
		return err
	}
	return d.met(ctx, b.Bare(), a.Bare())
}

func (d *Directory) met(ctx context.Context, of, other wire.JID) error {
	k := "of." + key(of) + ".with." + key(other)
	if d.known.has(k) {
		return nil
	}
	_, err := d.peers.Create(ctx, k, []byte(other.String()))
	if err != nil && !errors.Is(err, bus.ErrExists) {
		return fmt.Errorf("directory: peers: %w", err)
	}
	d.known.add(k)
	return nil
}

// Peers returns whom an account has been in touch with, at most maxPeers: who
// is beyond that learns of a new device from the next query.
func (d *Directory) Peers(ctx context.Context, id wire.JID) ([]wire.JID, error) {
	entries, err := d.peers.List(ctx, "of."+key(id)+".with.")
	if err != nil {
		return nil, fmt.Errorf("directory: peers: %w", err)
	}
	out := make([]wire.JID, 0, min(len(entries), maxPeers))
	for _, e := range entries {
		j, err := wire.ParseJID(string(e.Value))
		if err != nil {
			return nil, fmt.Errorf("directory: peers: %w", err)
		}
		if out = append(out, j); len(out) == maxPeers {
			break
		}
	}
	return out, nil
}

// ForgetPeers removes what is known of whom an account has been in touch with, on
// both sides.
func (d *Directory) ForgetPeers(ctx context.Context, id wire.JID) error {
	k := key(id)
	err := d.peers.EraseAll(ctx, "of."+k+".with.")
	for _, side := range []string{"of.lid.*.with.", "of.iop.*.*.with."} {
		err = errors.Join(err, d.peers.EraseLike(ctx, side+k))
	}
	d.known.drop("of." + k + ".")
	d.known.dropWith(k)
	if err != nil {
		return fmt.Errorf("directory: peers: %w", err)
	}
	return nil
}

// edgeCache saves asking the bucket about pairs that were seen a moment ago. It
// forgets everything when it is full.
type edgeCache struct {
	mu   sync.Mutex
	seen map[string]struct{}
}

const maxEdges = 20000

func newEdgeCache() *edgeCache { return &edgeCache{seen: make(map[string]struct{})} }

func (c *edgeCache) has(k string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, ok := c.seen[k]
	return ok
}

func (c *edgeCache) add(k string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.seen) >= maxEdges {
		clear(c.seen)
	}
	c.seen[k] = struct{}{}
}

func (c *edgeCache) drop(prefix string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for k := range c.seen {
		if strings.HasPrefix(k, prefix) {
			delete(c.seen, k)
		}
	}
}

func (c *edgeCache) dropWith(other string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for k := range c.seen {
		if strings.HasSuffix(k, ".with."+other) {
			delete(c.seen, k)
		}
	}
}
