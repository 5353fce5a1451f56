package wamedia

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"ferry/relay/internal/bus"
)

// authority says who may upload, without remembering it: an authorisation names
// the account and when it ends, and is signed with a key that all nodes share.
type authority struct {
	key [32]byte
	now func() time.Time
}

const (
	accountBytes = 8 // of an account's hash: enough to count by
	macBytes     = 24
)

// keyName is the key's name in the index.
const keyName = "key"

func openAuthority(ctx context.Context, index *bus.Bucket, now func() time.Time, rand io.Reader) (*authority, error) {
	a := &authority{now: now}
	if _, err := io.ReadFull(rand, a.key[:]); err != nil {
		return nil, fmt.Errorf("authorisation key: %w", err)
	}
	_, err := index.Create(ctx, keyName, a.key[:])
	if err == nil {
		return a, nil
	}
	if !errors.Is(err, bus.ErrExists) {
		return nil, fmt.Errorf("authorisation key: %w", err)
	}
	e, err := index.Get(ctx, keyName)
	if err != nil {
		return nil, fmt.Errorf("authorisation key: %w", err)
	}
	if len(e.Value) != len(a.key) {
		return nil, errors.New("authorisation key: wrong length")
	}
	copy(a.key[:], e.Value)
	return a, nil
}

// grant makes an authorisation for an account, any text.
func (a *authority) grant(account string, until time.Time) string {
	who := sha256.Sum256([]byte(account))
	b := binary.BigEndian.AppendUint64(nil, uint64(until.Unix())) //nolint:gosec // after 1970
	b = append(b, who[:accountBytes]...)
	return base64.RawURLEncoding.EncodeToString(append(b, a.mac(b)...))
}

// check returns who an authorisation is for.
func (a *authority) check(text string) (account [accountBytes]byte, ok bool) {
	const plain = 8 + accountBytes
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) != plain+macBytes || !hmac.Equal(b[plain:], a.mac(b[:plain])) {
		return account, false
	}
	if uint64(a.now().Unix()) >= binary.BigEndian.Uint64(b) { //nolint:gosec // after 1970
		return account, false
	}
	return [accountBytes]byte(b[8:plain]), true
}

func (a *authority) mac(b []byte) []byte {
	h := hmac.New(sha256.New, a.key[:])
	h.Write(b)
	return h.Sum(nil)[:macBytes]
}
