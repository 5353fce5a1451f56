package directory

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"ferry/relay/internal/bus"
	"ferry/relay/wire"
)

// The record of a device's one-time prekeys, binary because it is rewritten for
// every key that is handed out: the number of spent prints (u32), the prints
// (8 bytes each), then the unspent keys (4-byte id, 32-byte key), oldest first.
type prekeyRecord struct {
	spent []uint64
	keys  []PreKey
}

const prekeySize = 4 + 32

// print is what the record remembers of a key that it gave away: its id and the
// first five bytes of the key itself.
func (p PreKey) print() uint64 {
	return uint64(p.ID&0xffffff)<<40 | binary.BigEndian.Uint64(p.Key[:8])>>24
}

func (r *prekeyRecord) marshal() []byte {
	out := make([]byte, 0, 4+8*len(r.spent)+prekeySize*len(r.keys))
	out = binary.BigEndian.AppendUint32(out, uint32(len(r.spent)))
	for _, s := range r.spent {
		out = binary.BigEndian.AppendUint64(out, s)
	}
	for _, k := range r.keys {
		out = binary.BigEndian.AppendUint32(out, k.ID)
		out = append(out, k.Key[:]...)
	}
	return out
}

func parsePreKeys(b []byte) (prekeyRecord, error) {
	var r prekeyRecord
	if len(b) == 0 {
		return r, nil
	}
	if len(b) < 4 {
		return r, errors.New("directory: prekey record is cut")
	}
	n := int(binary.BigEndian.Uint32(b))
	b = b[4:]
	if n > len(b)/8 || (len(b)-8*n)%prekeySize != 0 {
		return r, errors.New("directory: prekey record has a wrong length")
	}
	for range n {
		r.spent = append(r.spent, binary.BigEndian.Uint64(b))
		b = b[8:]
	}
	for len(b) > 0 {
		r.keys = append(r.keys, PreKey{ID: binary.BigEndian.Uint32(b), Key: [32]byte(b[4:prekeySize])})
		b = b[prekeySize:]
	}
	return r, nil
}

func prekeyKey(dev wire.JID) string { return fmt.Sprintf("%s.%d", key(dev), dev.Device) }

// changePreKeys applies fn to a device's prekeys until nobody came in between.
// fn returns false to leave the record alone.
func (d *Directory) changePreKeys(ctx context.Context, dev wire.JID, fn func(*prekeyRecord) bool) error {
	for range maxConflicts {
		e, err := d.prekeys.Get(ctx, prekeyKey(dev))
		if err != nil && !errors.Is(err, bus.ErrNotFound) {
			return fmt.Errorf("directory: prekeys: %w", err)
		}
		r, err := parsePreKeys(e.Value)
		if err != nil {
			return err
		}
		if !fn(&r) {
			return nil
		}
		if e.Rev == 0 {
			_, err = d.prekeys.Create(ctx, prekeyKey(dev), r.marshal())
		} else {
			_, err = d.prekeys.Update(ctx, prekeyKey(dev), r.marshal(), e.Rev)
		}
		if errors.Is(err, bus.ErrConflict) || errors.Is(err, bus.ErrExists) {
			continue
		}
		if err != nil {
			return fmt.Errorf("directory: prekeys: %w", err)
		}
		return nil
	}
	return ErrBusy
}

// AddPreKeys adds one-time prekeys to a device's stock. Keys that it holds, or
// has handed out before, are passed over: a client repeats an upload whose
// answer it has missed. Beyond MaxPreKeys the oldest are dropped.
func (d *Directory) AddPreKeys(ctx context.Context, dev wire.JID, keys []PreKey) error {
	if len(keys) == 0 {
		return nil
	}
	return d.changePreKeys(ctx, dev, func(r *prekeyRecord) bool {
		spent := make(map[uint64]bool, len(r.spent))
		for _, s := range r.spent {
			spent[s] = true
		}
		at := make(map[uint32]int, len(r.keys)+len(keys))
		for i, k := range r.keys {
			at[k.ID] = i
		}
		for _, k := range keys {
			if spent[k.print()] {
				continue
			}
			if i, held := at[k.ID]; held {
				r.keys[i] = k // the client has made a new key under an old id
				continue
			}
			at[k.ID] = len(r.keys)
			r.keys = append(r.keys, k)
		}
		if over := len(r.keys) - MaxPreKeys; over > 0 {
			r.keys = r.keys[over:]
		}
		return true
	})
}

// TakePreKey hands out one of a device's one-time prekeys: each one once, ever.
// ok is false when there is none left; left is how many remain.
func (d *Directory) TakePreKey(ctx context.Context, dev wire.JID) (k PreKey, ok bool, left int, err error) {
	err = d.changePreKeys(ctx, dev, func(r *prekeyRecord) bool {
		k, ok, left = PreKey{}, len(r.keys) > 0, 0
		if !ok {
			return false
		}
		k = r.keys[0]
		r.keys = r.keys[1:]
		left = len(r.keys)
		r.spent = append(r.spent, k.print())
		if over := len(r.spent) - maxSpent; over > 0 {
			r.spent = slices.Clone(r.spent[over:])
		}
		return true
	})
	if err != nil {
		return PreKey{}, false, 0, err
	}
	return k, ok, left, nil
}

// CountPreKeys returns the size of a device's stock.
func (d *Directory) CountPreKeys(ctx context.Context, dev wire.JID) (int, error) {
	n := 0
	err := d.changePreKeys(ctx, dev, func(r *prekeyRecord) bool {
		n = len(r.keys)
		return false
	})
	return n, err
}

func (d *Directory) dropPreKeys(ctx context.Context, dev wire.JID) error {
	if err := d.prekeys.Erase(ctx, prekeyKey(dev)); err != nil {
		return fmt.Errorf("directory: drop prekeys: %w", err)
	}
	return nil
}
