package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"ferry/relay/internal/bus"
	"ferry/relay/internal/gateway/consent"
	"ferry/relay/internal/gateway/directory"
	"ferry/relay/wire"
)

// maxListed bounds how many requests a device is told of at once.
const maxListed = 200

// request is one that waits.
type request struct {
	from wire.JID
	pair pair
}

// queryRequests lists the requests that wait for the user, for a device that has
// not seen them come.
func (c *conn) queryRequests(ctx context.Context) ([]wire.Node, error) {
	me, err := c.own(ctx)
	if err != nil {
		return nil, err
	}
	out := wire.N("requests", nil)
	if !me.Requests {
		return []wire.Node{out}, nil
	}
	waiting, err := c.gw.waiting(ctx, me.ID)
	if err != nil {
		return nil, err
	}
	for _, r := range waiting {
		from, err := c.gw.dir.Account(ctx, r.from)
		if errors.Is(err, directory.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if me.Blocked.Has(from.ID) || !consent.Visible(c.gw.standing(&from, &me)) {
			continue // nobody whom the user wants, or could answer but for a block, which is not told
		}
		out.Children = append(out.Children, wire.N("request", []wire.Attr{
			wire.J("jid", from.ID), wire.A("provider", number(from.Integrator)), wire.A("name", from.Name),
			wire.A("t", unix(time.Unix(r.pair.Began, 0))), wire.A("messages", number(len(r.pair.Waiting))),
		}))
		if len(out.Children) == maxListed {
			break
		}
	}
	return []wire.Node{out}, nil
}

// waiting are the requests of a WhatsApp user, the newest first.
func (g *Gateway) waiting(ctx context.Context, wa wire.JID) ([]request, error) {
	var all []request
	err := g.pairs.Each(ctx, pairsOf(wa), func(e bus.Entry) error {
		r := request{from: partner(wa, e.Key)}
		if err := json.Unmarshal(e.Value, &r.pair); err != nil {
			return fmt.Errorf("conversation: %w", err)
		}
		old := g.now().Sub(time.Unix(r.pair.Began, 0)) > g.limits.PendingAge
		if !r.pair.Accepted && r.pair.Wrote && !old && !r.from.IsZero() {
			all = append(all, r)
		}
		return nil
	})
	slices.SortStableFunc(all, func(a, b request) int { return int(b.pair.Began - a.pair.Began) })
	return all, err
}
