package engine

import (
	"context"
	"errors"
	"maps"
	"slices"

	"ferry/app/internal/store"
	"ferry/relay/wire"
)

// tellPrefix is where what the gateway is still to be told lies: store.Meta,
// tellRow by subject and person.
const tellPrefix = "tell/"

// tellRow is a decision of the user's that the gateway does not know yet. It is
// kept until the gateway has answered; a later one about the same replaces it.
type tellRow struct {
	Seq  uint64   `json:"seq"`
	What string   `json:"what"` // accept, decline, block or unblock
	Who  wire.JID `json:"who"`
}

// Subjects of tellRow: what of each replaces what.
const (
	aboutRequest = "request/"
	aboutBlock   = "block/"
)

func loadTells(ctx context.Context, s store.Store) (map[string]tellRow, error) {
	rs, err := s.List(ctx, store.Meta, store.Prefix(tellPrefix))
	if err != nil {
		return nil, err
	}
	all := make(map[string]tellRow, len(rs))
	for _, r := range rs {
		var row tellRow
		if err := unmarshal(r.Value, &row); err != nil {
			return nil, err
		}
		all[r.Key] = row
	}
	return all, nil
}

// tell has the gateway told, now or on the next connection.
func (e *Engine) tell(t *turn, about, what string, who wire.JID) error {
	key := tellPrefix + about + who.String()
	row := tellRow{Seq: t.nextSeq(), What: what, Who: who}
	e.tells[key] = row
	t.putJSON(store.Meta, key, row)
	return e.tellNow(t, key)
}

// untold is what the gateway is still to be told about a person; "" for nothing.
func (e *Engine) untold(about string, who wire.JID) string {
	return e.tells[tellPrefix+about+who.String()].What
}

// tellAll tells all that is still untold, in the order in which it was decided.
func (e *Engine) tellAll(t *turn) error {
	keys := slices.SortedFunc(maps.Keys(e.tells), func(a, b string) int { return int(e.tells[a].Seq) - int(e.tells[b].Seq) })
	for _, key := range keys {
		if err := e.tellNow(t, key); err != nil {
			return err
		}
	}
	return nil
}

func (e *Engine) tellNow(t *turn, key string) error {
	row, ok := e.tells[key]
	if !ok || e.wire.conn == nil {
		return nil
	}
	xmlns, body := row.stanza()
	return e.ask(t, "set", xmlns, []wire.Node{body}, func(t *turn, _ wire.Node, err error) error {
		if e.tells[key].Seq != row.Seq || errors.Is(err, errDown) {
			return nil // decided otherwise since, or told on the next connection
		}
		if errors.Is(err, errTimeout) {
			generation := e.wire.generation
			e.later(e.cfg.Timing.Again, func(t *turn) error {
				if e.tells[key].Seq != row.Seq || e.wire.generation != generation {
					return nil
				}
				return e.tellNow(t, key)
			})
			return nil
		}
		if err != nil { // a person who is gone, or a request that the gateway does not have
			e.log.Info("the gateway did not take a decision", "what", row.What, "err", err)
		}
		delete(e.tells, key)
		t.delete(store.Meta, key)
		return nil
	})
}

func (r tellRow) stanza() (xmlns string, body wire.Node) {
	switch r.What {
	case "block", "unblock":
		return "blocklist", wire.N("item", []wire.Attr{wire.J("jid", r.Who), wire.A("action", r.What)})
	}
	return wire.NamespaceInterop, wire.N(r.What, []wire.Attr{wire.J("jid", r.Who)})
}
