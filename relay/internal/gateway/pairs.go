package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"ferry/relay/internal/bus"
	"ferry/relay/internal/gateway/directory"
	"ferry/relay/wire"
)

// pair is a conversation of a WhatsApp user with a third-party user, from the
// first message on. One that the third-party user has begun is a request until
// the other answers, or accepts it.
type pair struct {
	Accepted bool     `json:"accepted,omitempty"`
	Asked    bool     `json:"asked,omitempty"`   // the third-party user has written first
	Wrote    bool     `json:"wrote,omitempty"`   // the third-party user has written
	Waiting  []string `json:"waiting,omitempty"` // fingerprints of what was sent before it was accepted
	Began    int64    `json:"began"`             // Unix seconds
}

// maxUpdates is how often a record is written anew when others come in between.
const maxUpdates = 64

var errContended = errors.New("gateway: a record is contended")

// pairKey is where a conversation is kept: below the WhatsApp user.
func pairKey(wa, tp wire.JID) string {
	return fmt.Sprintf("%s%d.%s", pairsOf(wa), tp.Integrator, tp.User)
}

func pairsOf(wa wire.JID) string { return "p." + wa.User + "." }

// pairOf reads a conversation; the zero pair if there is none, or if it is a
// request that nobody has looked at for too long.
func (g *Gateway) pairOf(ctx context.Context, wa, tp wire.JID) (p pair, rev uint64, err error) {
	e, err := g.pairs.Get(ctx, pairKey(wa, tp))
	if errors.Is(err, bus.ErrNotFound) {
		return pair{}, 0, nil
	}
	if err != nil {
		return pair{}, 0, fmt.Errorf("conversation: %w", err)
	}
	if err := json.Unmarshal(e.Value, &p); err != nil {
		return pair{}, 0, fmt.Errorf("conversation: %w", err)
	}
	if !p.Accepted && g.now().Sub(time.Unix(p.Began, 0)) > g.limits.PendingAge {
		return pair{}, e.Rev, nil
	}
	return p, e.Rev, nil
}

func (p *pair) exists() bool { return p.Began != 0 }

// changePair applies fn until nobody came in between. fn says whether there is
// anything to write.
func (g *Gateway) changePair(ctx context.Context, wa, tp wire.JID, fn func(*pair) bool) (pair, error) {
	for range maxUpdates {
		p, rev, err := g.pairOf(ctx, wa, tp)
		if err != nil || !fn(&p) {
			return p, err
		}
		if p.Began == 0 {
			p.Began = g.now().Unix()
		}
		done, err := write(ctx, g.pairs, pairKey(wa, tp), p, rev)
		if done || err != nil {
			return p, err
		}
	}
	return pair{}, errContended
}

// write stores a record if nobody came in between.
func write(ctx context.Context, b *bus.Bucket, key string, value any, rev uint64) (done bool, err error) {
	raw, err := json.Marshal(value)
	if err != nil {
		return false, fmt.Errorf("marshal a record: %w", err)
	}
	if rev == 0 {
		_, err = b.Create(ctx, key, raw)
	} else {
		_, err = b.Update(ctx, key, raw, rev)
	}
	if errors.Is(err, bus.ErrConflict) || errors.Is(err, bus.ErrExists) {
		return false, nil
	}
	return err == nil, err
}

// answered makes a request a conversation: the WhatsApp user has written, or has
// said so. It says whether anything has changed.
func (g *Gateway) answered(ctx context.Context, wa, tp wire.JID) (changed bool, err error) {
	_, err = g.changePair(ctx, wa, tp, func(p *pair) bool {
		changed = !p.Accepted
		p.Accepted, p.Waiting = true, nil
		return changed
	})
	if err != nil || !changed {
		return false, err
	}
	if err := g.settled(ctx, wa, tp); err != nil {
		return true, err
	}
	return true, g.reconsider(ctx, wa, tp)
}

// declined forgets a request. A conversation that was accepted stays.
func (g *Gateway) declined(ctx context.Context, wa, tp wire.JID) error {
	p, rev, err := g.pairOf(ctx, wa, tp)
	if err != nil || rev == 0 || p.Accepted {
		return err
	}
	err = g.pairs.Delete(ctx, pairKey(wa, tp), rev)
	if errors.Is(err, bus.ErrConflict) || errors.Is(err, bus.ErrNotFound) {
		return nil // something was sent or answered at that moment
	}
	if err != nil {
		return fmt.Errorf("decline: %w", err)
	}
	return g.settled(ctx, wa, tp)
}

// met are the third-party users that a WhatsApp user has a conversation with.
func (g *Gateway) met(ctx context.Context, wa wire.JID) ([]wire.JID, error) {
	var out []wire.JID
	err := g.pairs.Each(ctx, pairsOf(wa), func(e bus.Entry) error {
		if tp := partner(wa, e.Key); !tp.IsZero() {
			out = append(out, tp)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("conversations: %w", err)
	}
	return out, nil
}

// partner is the third-party user of a conversation that is kept under a key; the
// zero JID if it is none.
func partner(wa wire.JID, key string) wire.JID {
	rest := strings.TrimPrefix(key, pairsOf(wa))
	var integrator uint16
	var user string
	if _, err := fmt.Sscanf(strings.ReplaceAll(rest, ".", " "), "%d %s", &integrator, &user); err != nil {
		return wire.JID{}
	}
	return wire.JID{User: user, Server: wire.ServerInterop, Integrator: integrator}
}

// forget removes all traces of a WhatsApp user's conversations.
func (g *Gateway) forget(ctx context.Context, wa wire.JID) error {
	met, err := g.met(ctx, wa)
	if err != nil {
		return err
	}
	for _, tp := range met {
		err := g.changeStarter(ctx, tp, func(s *starter) bool {
			before := len(s.Open) + len(s.Reports)
			s.Open = slices.DeleteFunc(s.Open, func(user string) bool { return user == wa.User })
			delete(s.Reports, wa.User)
			return len(s.Open)+len(s.Reports) != before
		})
		if err != nil {
			return err
		}
	}
	if err := g.pairs.EraseAll(ctx, pairsOf(wa)); err != nil {
		return fmt.Errorf("forget conversations: %w", err)
	}
	return nil
}

// starter is what a third-party user has begun: what bounds further beginnings.
type starter struct {
	Begun   []int64          `json:"begun,omitempty"`   // Unix seconds, within a day
	Open    []string         `json:"open,omitempty"`    // requests that wait: users of LIDs
	Reports map[string]int64 `json:"reports,omitempty"` // newest report of each, by user of LID
}

const day = 24 * time.Hour

func starterKey(tp wire.JID) string { return fmt.Sprintf("s.%d.%s", tp.Integrator, tp.User) }

func (g *Gateway) changeStarter(ctx context.Context, tp wire.JID, fn func(*starter) bool) error {
	key := starterKey(tp)
	for range maxUpdates {
		var s starter
		e, err := g.starters.Get(ctx, key)
		if err == nil {
			err = json.Unmarshal(e.Value, &s)
		}
		if err != nil && !errors.Is(err, bus.ErrNotFound) {
			return fmt.Errorf("conversations begun: %w", err)
		}
		g.age(&s)
		if !fn(&s) {
			return nil
		}
		if done, err := write(ctx, g.starters, key, s, e.Rev); done || err != nil {
			return err
		}
	}
	return errContended
}

// age forgets what does not count any more.
func (g *Gateway) age(s *starter) {
	now := g.now()
	s.Begun = slices.DeleteFunc(s.Begun, func(t int64) bool { return now.Sub(time.Unix(t, 0)) >= day })
	for by, t := range s.Reports {
		if now.Sub(time.Unix(t, 0)) >= g.limits.ReportsLast {
			delete(s.Reports, by)
		}
	}
}

// settled takes a request off the list of those that wait.
func (g *Gateway) settled(ctx context.Context, wa, tp wire.JID) error {
	return g.changeStarter(ctx, tp, func(s *starter) bool {
		i := slices.Index(s.Open, wa.User)
		if i < 0 {
			return false
		}
		s.Open = slices.Delete(s.Open, i, i+1)
		return true
	})
}

// mayBegin counts one more conversation, or says why there may be none. wait is
// whether it is a request. What was counted and then not begun, because the node
// died in between, stays counted as long as a request would be.
func (g *Gateway) mayBegin(ctx context.Context, wa, tp wire.JID, wait bool) (denial, error) {
	if err := g.prune(ctx, tp); err != nil {
		return nil, err
	}
	var no denial
	err := g.changeStarter(ctx, tp, func(s *starter) bool {
		now := g.now()
		no = nil
		switch {
		case slices.Contains(s.Open, wa.User): // counted already
			return false
		case len(s.Reports) >= g.limits.Reporters:
			no = tooMuch(wire.ReasonReported, g.limits.ReportsLast-now.Sub(time.Unix(oldest(s.Reports), 0)))
		case len(s.Begun) >= g.limits.NewChats:
			no = tooMuch(wire.ReasonRate, day-now.Sub(time.Unix(s.Begun[0], 0)))
		case wait && len(s.Open) >= g.limits.Requests:
			no = tooMuch(wire.ReasonUnanswered, 0)
		default:
			s.Begun = append(s.Begun, now.Unix())
			if wait {
				s.Open = append(s.Open, wa.User)
			}
			return true
		}
		return false
	})
	return no, err
}

// oldest is the first report to be forgotten of those that are too many.
func oldest(reports map[string]int64) int64 {
	var t int64
	for _, x := range reports {
		if t == 0 || x < t {
			t = x
		}
	}
	return t
}

// prune forgets requests that do not wait any more, if there are as many as may
// be: they were answered while a node died, were forgotten, or the user is gone.
func (g *Gateway) prune(ctx context.Context, tp wire.JID) error {
	var open []string
	if err := g.changeStarter(ctx, tp, func(s *starter) bool { open = s.Open; return false }); err != nil || len(open) < g.limits.Requests {
		return err
	}
	for _, user := range open {
		wa := wire.JID{User: user, Server: wire.ServerLID}
		p, _, err := g.pairOf(ctx, wa, tp)
		if err != nil {
			return err
		}
		if _, err := g.dir.Account(ctx, wa); p.exists() && !p.Accepted && err == nil {
			continue
		} else if err != nil && !errors.Is(err, directory.ErrNotFound) {
			return err
		}
		if err := g.settled(ctx, wa, tp); err != nil {
			return err
		}
	}
	return nil
}

// begin is asked before a third-party user's message goes to a WhatsApp user: it
// begins a conversation, or counts one more message that waits for an answer.
// asked says that a device has asked for this message again.
func (g *Gateway) begin(ctx context.Context, wa *directory.Account, tp wire.JID, print string, asked bool) (denial, error) {
	p, _, err := g.pairOf(ctx, wa.ID, tp)
	if err != nil {
		return nil, err
	}
	if p.Accepted && p.Wrote {
		return nil, nil
	}
	if !p.exists() {
		if no, err := g.mayBegin(ctx, wa.ID, tp, wa.Requests); no != nil || err != nil {
			return no, err
		}
	}
	var no denial
	_, err = g.changePair(ctx, wa.ID, tp, func(p *pair) bool {
		no = nil
		was := *p
		p.Asked = p.Asked || !p.exists()
		p.Wrote, p.Accepted = true, p.Accepted || !wa.Requests
		switch {
		case p.Accepted, asked, slices.Contains(p.Waiting, print):
			return p.Accepted != was.Accepted || !was.Wrote
		case len(p.Waiting) >= g.limits.Unanswered:
			no = tooMuch(wire.ReasonUnanswered, 0)
			return false
		}
		p.Waiting = append(slices.Clone(p.Waiting), print)
		return true
	})
	if err == nil && no == nil && p.exists() && !p.Accepted && !wa.Requests { // the user has stopped asking for requests
		err = g.settled(ctx, wa.ID, tp)
	}
	return no, err
}

// begins counts a message between the products that nobody has answered, and
// answers those that wait. What is swallowed counts like anything else: its sender
// is told the same as before the block.
func (c *conn) begins(ctx context.Context, m *outgoing, all []envelope) (denial, error) {
	switch wa, tp := sides(&m.me, &m.target); {
	case m.me.Kind == m.target.Kind:
		return nil, nil
	case wa == &m.me:
		_, err := c.gw.answered(ctx, wa.ID, tp.ID)
		return nil, err
	case m.fanned() || len(all) != 1 || !wa.Requests:
		return c.gw.begin(ctx, wa, tp.ID, m.print, false)
	default:
		asked, err := c.gw.wasAsked(ctx, m, all[0].dev)
		if err != nil {
			return nil, err
		}
		return c.gw.begin(ctx, wa, tp.ID, m.print, asked)
	}
}
