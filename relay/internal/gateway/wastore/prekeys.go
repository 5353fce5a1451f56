package wastore

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"

	"go.mau.fi/whatsmeow/util/keys"
)

// One-time prekeys are kept in pages: the first upload makes 812 of them, and one durable write each would
// take seconds. A page holds the keys with id/pageSize = its number, each as id (4, big-endian), uploaded
// (1) and private key (32).
const (
	pageSize    = 128
	preKeyBytes = 4 + 1 + 32
	nextIDKey   = "prekeynext" // the id of the next key, 4 bytes: ids are never used twice
)

type storedPreKey struct {
	id       uint32
	uploaded bool
	private  [32]byte
}

func (k storedPreKey) open() *keys.PreKey {
	return &keys.PreKey{KeyPair: *keys.NewKeyPairFromPrivateKey(k.private), KeyID: k.id}
}

func pageKey(page uint32) string { return key("prekeys", strconv.FormatUint(uint64(page), 10)) }

func decodePage(raw []byte) ([]storedPreKey, error) {
	if len(raw)%preKeyBytes != 0 {
		return nil, fmt.Errorf("%w: prekeys", ErrCorrupt)
	}
	page := make([]storedPreKey, 0, len(raw)/preKeyBytes)
	for b := range slices.Chunk(raw, preKeyBytes) {
		page = append(page, storedPreKey{binary.BigEndian.Uint32(b), b[4] != 0, [32]byte(b[5:])})
	}
	return page, nil
}

func (s *stores) page(ctx context.Context, page uint32) ([]storedPreKey, error) {
	return decodePage(s.c.get(ctx, pageKey(page)))
}

func (s *stores) putPage(ctx context.Context, number uint32, page []storedPreKey) error {
	if len(page) == 0 {
		return s.c.del(ctx, pageKey(number))
	}
	raw := make([]byte, 0, len(page)*preKeyBytes)
	for _, k := range page {
		raw = binary.BigEndian.AppendUint32(raw, k.id)
		uploaded := byte(0)
		if k.uploaded {
			uploaded = 1
		}
		raw = append(append(raw, uploaded), k.private[:]...)
	}
	return s.c.put(ctx, pageKey(number), raw)
}

// allPreKeys returns every kept key, by id.
func (s *stores) allPreKeys(ctx context.Context) ([]storedPreKey, error) {
	var all []storedPreKey
	for _, raw := range s.c.list(ctx, "prekeys.") {
		page, err := decodePage(raw)
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
	}
	slices.SortFunc(all, func(a, b storedPreKey) int { return int(a.id) - int(b.id) })
	return all, nil
}

// generate makes n new keys with the next ids.
func (s *stores) generate(ctx context.Context, n int, uploaded bool) ([]*keys.PreKey, error) {
	next := uint32(1) // id 0 reads as "no prekey" in a Signal message
	if raw := s.c.get(ctx, nextIDKey); len(raw) == 4 {
		next = binary.BigEndian.Uint32(raw)
	}
	out := make([]*keys.PreKey, 0, n)
	for len(out) < n {
		number := next / pageSize
		page, err := s.page(ctx, number)
		if err != nil {
			return nil, err
		}
		for ; len(out) < n && next/pageSize == number; next++ {
			k := keys.NewPreKey(next)
			page = append(page, storedPreKey{next, uploaded, *k.Priv})
			out = append(out, k)
		}
		if err := s.putPage(ctx, number, page); err != nil {
			return nil, err
		}
	}
	return out, s.c.put(ctx, nextIDKey, binary.BigEndian.AppendUint32(nil, next))
}

// GetOrGenPreKeys returns count keys that were not uploaded yet, the oldest first, made as needed.
func (s *stores) GetOrGenPreKeys(ctx context.Context, count uint32) (out []*keys.PreKey, err error) {
	s.c.preKeyMu.Lock()
	defer s.c.preKeyMu.Unlock()
	err = s.c.batch(ctx, func(ctx context.Context) error {
		all, err := s.allPreKeys(ctx)
		if err != nil {
			return err
		}
		for _, k := range all {
			if !k.uploaded && len(out) < int(count) {
				out = append(out, k.open())
			}
		}
		fresh, err := s.generate(ctx, int(count)-len(out), false)
		out = append(out, fresh...)
		return err
	})
	return out, err
}

// GenOnePreKey makes one key that counts as uploaded: it goes into a retry receipt.
func (s *stores) GenOnePreKey(ctx context.Context) (k *keys.PreKey, err error) {
	s.c.preKeyMu.Lock()
	defer s.c.preKeyMu.Unlock()
	err = s.c.batch(ctx, func(ctx context.Context) error {
		fresh, err := s.generate(ctx, 1, true)
		if err == nil {
			k = fresh[0]
		}
		return err
	})
	return k, err
}

func (s *stores) GetPreKey(ctx context.Context, id uint32) (*keys.PreKey, error) {
	page, err := s.page(ctx, id/pageSize)
	if err != nil {
		return nil, err
	}
	for _, k := range page {
		if k.id == id {
			return k.open(), nil
		}
	}
	return nil, nil
}

// RemovePreKey forgets a used key. Within a decryption, DoDecryptionTxn holds preKeyMu already.
func (s *stores) RemovePreKey(ctx context.Context, id uint32) error {
	if s.c.running(ctx) == nil {
		s.c.preKeyMu.Lock()
		defer s.c.preKeyMu.Unlock()
	}
	page, err := s.page(ctx, id/pageSize)
	if err != nil {
		return err
	}
	return s.putPage(ctx, id/pageSize, slices.DeleteFunc(page, func(k storedPreKey) bool { return k.id == id }))
}

func (s *stores) MarkPreKeysAsUploaded(ctx context.Context, upToID uint32) error {
	s.c.preKeyMu.Lock()
	defer s.c.preKeyMu.Unlock()
	return s.c.batch(ctx, func(ctx context.Context) error {
		for k, raw := range s.c.list(ctx, "prekeys.") {
			page, err := decodePage(raw)
			if err != nil {
				return err
			}
			for i := range page {
				page[i].uploaded = page[i].uploaded || page[i].id <= upToID
			}
			number, err := strconv.ParseUint(lastLevel(k), 10, 32)
			if err != nil {
				return fmt.Errorf("%w: prekey page", ErrCorrupt)
			}
			if err := s.putPage(ctx, uint32(number), page); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *stores) UploadedPreKeyCount(ctx context.Context) (int, error) {
	all, err := s.allPreKeys(ctx)
	n := 0
	for _, k := range all {
		if k.uploaded {
			n++
		}
	}
	return n, err
}
