package gateway

import (
	"context"
	"errors"
	"slices"

	"ferry/relay/internal/gateway/directory"

	"golang.org/x/sync/errgroup"
)

// maxReset is how many accounts of each kind a reset looks at.
const maxReset = 100_000

// Reset brings a sandbox into a known state, and leaves the phones with the
// numbers in keep with their devices, taking everybody; and third-party users
// enlisted. Faults are over first.
func (g *Gateway) Reset(ctx context.Context, keep ...string) error {
	if g.lab != nil {
		g.lab.faults.Store(nil)
		g.lab.log.Clear()
	}
	kept := make([]string, len(keep))
	for i, number := range keep {
		var err error
		if kept[i], err = directory.Digits(number); err != nil {
			return err
		}
	}
	phones, err := g.dir.Phones(ctx, maxReset)
	if err != nil {
		return err
	}
	others, err := g.dir.ThirdParties(ctx, 0, maxReset)
	if err != nil {
		return err
	}
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(32) // what is written together reaches the disk together
	for _, a := range phones {
		group.Go(func() error {
			if slices.Contains(kept, a.Phone) {
				_, _, err := g.dir.SetChats(within, a.ID, func(c *directory.Chats) error {
					*c = directory.Chats{Consent: directory.Consent{All: true}}
					return nil
				})
				return err
			}
			err := g.DeletePhone(within, a.ID)
			if errors.Is(err, directory.ErrNotFound) {
				return nil
			}
			return err
		})
	}
	for _, a := range others {
		if len(a.Blocked) == 0 {
			continue
		}
		group.Go(func() error {
			_, _, err := g.dir.SetChats(within, a.ID, func(c *directory.Chats) error { c.Blocked = nil; return nil })
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return errors.Join(
		g.boxes.Empty(ctx), g.pairs.EraseAll(ctx, "p."), g.starters.EraseAll(ctx, "s."), g.reports.EraseAll(ctx, "r."),
		g.marks.EraseAll(ctx, "mark."), g.leavers.EraseAll(ctx, "h."), g.ProvidersChanged(ctx),
	)
}
