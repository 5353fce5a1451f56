package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"ferry/relay/internal/bus"
	"ferry/relay/internal/gateway/directory"
	"ferry/relay/internal/gateway/sandbox"
	"ferry/relay/wire"
)

// reportReason is a word for machines; what people want to say is in the messages.
var reportReason = regexp.MustCompile(`^[a-z_]{1,32}$`)

const (
	maxShown   = 20 // messages in one report
	reportCost = 25 // of a connection's allowance for looking people up
)

// reportKey has one report of each reporter about each person: the newest.
func reportKey(by, about wire.JID) string {
	return "r." + by.Bare().String() + "." + about.Bare().String()
}

// report keeps what a user shows the operator about another, counts it against
// a third-party user's new conversations, and blocks, if asked to.
func (c *conn) report(ctx context.Context, x wire.Node) error {
	jid, ok := x.JID("jid")
	if !ok || !reportReason.MatchString(x.Attr("reason")) {
		return errBadRequest
	}
	if err := c.lookup(reportCost); err != nil {
		return err
	}
	shown, err := c.shown(x)
	if err != nil {
		return err
	}
	me, err := c.own(ctx)
	if err != nil {
		return err
	}
	about, err := c.gw.dir.Resolve(ctx, jid)
	if errors.Is(err, directory.ErrNotFound) || err == nil && about.Kind == me.Kind {
		return errNoItem // WhatsApp users report each other elsewhere
	}
	if err != nil {
		return err
	}
	r := sandbox.Report{
		Time: c.gw.now().UTC(), By: me.ID, About: about.ID, Reason: x.Attr("reason"), Messages: shown,
	}
	if err := c.gw.keepReport(ctx, r); err != nil {
		return err
	}
	if about.Kind == directory.ThirdParty {
		if err := c.gw.countReport(ctx, me.ID, about.ID); err != nil {
			return err
		}
	}
	if x.Attr("block") != "true" {
		return nil
	}
	_, err = c.gw.block(ctx, c.dev, about.ID, jid, true)
	return err
}

// shown are the messages that the reporter has chosen.
func (c *conn) shown(x wire.Node) ([]sandbox.Shown, error) {
	out := []sandbox.Shown{}
	size := 0
	for _, m := range x.ChildrenOf("message") {
		if size += len(m.Data); size > c.gw.limits.ReportSize || len(out) == maxShown || len(m.Attr("id")) > maxID || len(m.Attr("t")) > maxHint {
			return nil, errTooMuch
		}
		out = append(out, sandbox.Shown{ID: m.Attr("id"), Time: m.Attr("t"), Content: m.Data})
	}
	return out, nil
}

func (g *Gateway) keepReport(ctx context.Context, r sandbox.Report) error {
	raw, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if _, err := g.reports.Put(ctx, reportKey(r.By, r.About), raw); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	type kept struct {
		key string
		rev uint64
	}
	var all []kept
	err = g.reports.Each(ctx, "r.", func(e bus.Entry) error {
		all = append(all, kept{e.Key, e.Rev})
		return nil
	})
	if err != nil || len(all) <= g.limits.Reports {
		return err
	}
	slices.SortFunc(all, func(a, b kept) int { return int(a.rev) - int(b.rev) })
	for _, k := range all[:len(all)-g.limits.Reports] {
		if err := g.reports.Delete(ctx, k.key, k.rev); err != nil && !errors.Is(err, bus.ErrConflict) && !errors.Is(err, bus.ErrNotFound) {
			return fmt.Errorf("forget a report: %w", err)
		}
	}
	return nil
}

// countReport counts only what somebody says to whom the reported has written, so
// that nobody can be silenced by strangers.
func (g *Gateway) countReport(ctx context.Context, wa, tp wire.JID) error {
	if p, _, err := g.pairOf(ctx, wa, tp); err != nil || !p.Wrote {
		return err
	}
	return g.changeStarter(ctx, tp, func(s *starter) bool {
		if s.Reports == nil {
			s.Reports = make(map[string]int64)
		}
		if _, again := s.Reports[wa.User]; !again && len(s.Reports) >= g.limits.Reporters {
			for by, t := range s.Reports { // the newest count
				if t == oldest(s.Reports) {
					delete(s.Reports, by)
					break
				}
			}
		}
		s.Reports[wa.User] = g.now().Unix()
		return true
	})
}

// Reports are what users have shown the operator, newest first.
func (g *Gateway) Reports(ctx context.Context) ([]sandbox.Report, error) {
	out := []sandbox.Report{}
	err := g.reports.Each(ctx, "r.", func(e bus.Entry) error {
		var r sandbox.Report
		if err := json.Unmarshal(e.Value, &r); err != nil {
			return fmt.Errorf("report %s: %w", strings.TrimPrefix(e.Key, "r."), err)
		}
		out = append(out, r)
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(out, func(a, b sandbox.Report) int { return b.Time.Compare(a.Time) })
	return out, nil
}
