package wastore

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"time"

	"go.mau.fi/whatsmeow/store"
)

// bufferedFor is how long a decrypted ciphertext is remembered: longer than a gateway redelivers it.
const bufferedFor = 31 * 24 * time.Hour

// A buffered event is: inserted (unix ms, 8), server time (unix s, 8), state (1: plaintext follows, 0: the
// event was handled), plaintext.
const eventHeader = 17

func eventKey(hash [32]byte) string { return key("event", hex.EncodeToString(hash[:])) }

// DoDecryptionTxn decrypts one message: the ratchet, the used prekey and the plaintext are committed together.
func (s *stores) DoDecryptionTxn(ctx context.Context, fn func(context.Context) error) error {
	s.c.ratchet.Lock()
	defer s.c.ratchet.Unlock()
	s.c.preKeyMu.Lock()
	defer s.c.preKeyMu.Unlock()
	return s.c.batch(ctx, fn)
}

// GetBufferedEvent returns nil for an unknown ciphertext, and no plaintext for one that was handled.
func (s *stores) GetBufferedEvent(ctx context.Context, hash [32]byte) (*store.BufferedEvent, error) {
	raw := s.c.get(ctx, eventKey(hash))
	if raw == nil {
		return nil, nil
	}
	if len(raw) < eventHeader {
		return nil, fmt.Errorf("%w: event", ErrCorrupt)
	}
	e := &store.BufferedEvent{
		InsertTime: time.UnixMilli(int64(binary.BigEndian.Uint64(raw))),
		ServerTime: time.Unix(int64(binary.BigEndian.Uint64(raw[8:])), 0),
	}
	if raw[16] == 1 {
		e.Plaintext = raw[eventHeader:]
	}
	return e, nil
}

func (s *stores) PutBufferedEvent(ctx context.Context, hash [32]byte, plaintext []byte, server time.Time) error {
	raw := binary.BigEndian.AppendUint64(nil, uint64(time.Now().UnixMilli()))
	raw = binary.BigEndian.AppendUint64(raw, uint64(server.Unix()))
	return s.c.put(ctx, eventKey(hash), append(append(raw, 1), plaintext...))
}

// ClearBufferedEventPlaintext marks an event as handled; its hash stays, so that it is not handled again.
func (s *stores) ClearBufferedEventPlaintext(ctx context.Context, hash [32]byte) error {
	raw := s.c.get(ctx, eventKey(hash))
	if len(raw) < eventHeader {
		return nil
	}
	raw = raw[:eventHeader]
	raw[16] = 0
	return s.c.put(ctx, eventKey(hash), raw)
}

func (s *stores) DeleteOldBufferedHashes(ctx context.Context) error {
	limit := time.Now().Add(-bufferedFor).UnixMilli()
	for k, raw := range s.c.list(ctx, "event.") {
		if len(raw) >= 8 && int64(binary.BigEndian.Uint64(raw)) >= limit {
			continue
		}
		if err := s.c.del(ctx, k); err != nil {
			return err
		}
	}
	return nil
}
