package media

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"ferry/relay/internal/bus"
)

// Holding is a file or an upload that is kept for an account.
type Holding struct {
	ID       string    `json:"id"` // the token; whoever has it can fetch the encrypted file
	SHA256   string    `json:"sha256"`
	Size     int64     `json:"size"`
	Received int64     `json:"received"` // less than Size while it is being uploaded
	Created  time.Time `json:"created"`
	Expires  time.Time `json:"expires"`
}

// Held lists what is kept for an account, the oldest first, and how many bytes of
// its quota that takes.
func (h *Host) Held(ctx context.Context, account string) (held []Holding, bytes int64, err error) {
	now, sizes := h.now(), map[string]int64{}
	held = []Holding{}
	err = h.files.Each(ctx, ownPrefix(account), func(e bus.Entry) error {
		r, err := readRecord(e)
		if err != nil || r.gone(now) {
			return err
		}
		sizes[r.hash()] = max(sizes[r.hash()], r.Size)
		held = append(held, Holding{r.token, r.hash(), r.Size, r.Offset, r.Created, r.Expires})
		return nil
	})
	if err != nil {
		return nil, 0, h.fail("list", err)
	}
	for _, n := range sizes {
		bytes += n
	}
	slices.SortFunc(held, func(a, b Holding) int { return a.Created.Compare(b.Created) })
	return held, bytes, nil
}

// Forget deletes all that is kept for an account, and what tells that there was
// something: marks, tokens of files that have expired, places in shared files. It
// looks through everything, and can be called again if it fails. Others' files of
// the same bytes stay.
func (h *Host) Forget(ctx context.Context, account string) error {
	own := ownPrefix(account)
	entries, err := h.files.List(ctx, own)
	if err != nil {
		return h.fail("forget", err)
	}
	for _, e := range entries {
		h.settle(e.Key[strings.LastIndexByte(e.Key, '.')+1:])
		r, err := h.record(ctx, e.Key)
		if errors.Is(err, bus.ErrNotFound) {
			continue
		}
		if err != nil {
			return h.fail("forget", err)
		}
		if err := h.drop(ctx, r); err != nil {
			return err
		}
	}
	if err := h.forgetPlaces(ctx, own); err != nil {
		return err
	}
	if err := h.forgetTokens(ctx, own); err != nil {
		return err
	}
	return h.fail("forget", h.files.EraseAll(ctx, own))
}

// forgetPlaces takes places whose record was never made, or got lost, from files.
func (h *Host) forgetPlaces(ctx context.Context, own string) error {
	places := map[string]string{} // of which file
	err := h.files.Each(ctx, "file.", func(e bus.Entry) error {
		f, err := readFile(e)
		if err != nil {
			return err
		}
		for place := range f.Places {
			if strings.HasPrefix(place, own) {
				places[place] = e.Key
			}
		}
		return nil
	})
	for place, key := range places {
		err = errors.Join(err, h.leaveFile(ctx, key, place))
	}
	return h.fail("forget", err)
}

// forgetTokens erases the tokens, which outlive what they lead to.
func (h *Host) forgetTokens(ctx context.Context, own string) error {
	var tokens []string
	err := h.tokens.Each(ctx, "", func(e bus.Entry) error {
		var p pointer
		if err := json.Unmarshal(e.Value, &p); err != nil {
			return err
		}
		if strings.HasPrefix(p.Key, own) {
			tokens = append(tokens, e.Key)
		}
		return nil
	})
	for _, token := range tokens {
		err = errors.Join(err, h.tokens.Erase(ctx, token))
	}
	return h.fail("forget", err)
}
