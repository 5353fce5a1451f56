package wastore

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
)

// sealed encrypts names and values of the records of a store.
type sealed struct {
	kv   KV
	base string
	name []byte // MAC key of the names
	aead cipher.AEAD
}

const keySize = 32

// Sealed is a KV whose names and values are encrypted before they reach kv, all under base, which ends in '.'.
// Its key is made at the first use and kept in kv too: that does not keep the owner of kv out, but it keeps
// the messages of people who talk to a test user out of files, backups and search results. List reads all records,
// so it is for a start, not for every message.
func Sealed(ctx context.Context, kv KV, base string) (KV, error) {
	if base == "" || !strings.HasSuffix(base, ".") {
		return nil, fmt.Errorf("wastore: prefix %q does not end at a level", base)
	}
	secret, found, err := kv.Get(ctx, base+"key")
	if err != nil {
		return nil, fmt.Errorf("wastore: sealing key: %w", err)
	}
	if !found {
		secret = make([]byte, keySize)
		if _, err := rand.Read(secret); err != nil {
			return nil, fmt.Errorf("wastore: sealing key: %w", err)
		}
		if err := kv.Put(ctx, base+"key", secret); err != nil {
			return nil, fmt.Errorf("wastore: sealing key: %w", err)
		}
	}
	if len(secret) != keySize {
		return nil, fmt.Errorf("%w: sealing key", ErrCorrupt)
	}
	keys, err := hkdf.Expand(sha256.New, secret, "ferry sandbox store", 2*keySize)
	if err != nil {
		return nil, fmt.Errorf("wastore: sealing key: %w", err)
	}
	block, err := aes.NewCipher(keys[keySize:])
	if err != nil {
		return nil, fmt.Errorf("wastore: sealing key: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("wastore: sealing key: %w", err)
	}
	return &sealed{kv, base + "sealed.", keys[:keySize], aead}, nil
}

// hidden is where a record is kept.
func (s *sealed) hidden(key string) string {
	mac := hmac.New(sha256.New, s.name)
	mac.Write([]byte(key))
	return s.base + hex.EncodeToString(mac.Sum(nil)[:16])
}

func (s *sealed) Get(ctx context.Context, key string) ([]byte, bool, error) {
	at := s.hidden(key)
	box, found, err := s.kv.Get(ctx, at)
	if err != nil || !found {
		return nil, false, err
	}
	name, value, err := s.open(at, box)
	if err == nil && name != key {
		err = fmt.Errorf("%w: sealed record under another name", ErrCorrupt)
	}
	return value, err == nil, err
}

func (s *sealed) Put(ctx context.Context, key string, value []byte) error {
	at := s.hidden(key)
	plain := binary.AppendUvarint(nil, uint64(len(key)))
	plain = append(append(plain, key...), value...)
	nonce := make([]byte, s.aead.NonceSize(), s.aead.NonceSize()+len(plain)+s.aead.Overhead())
	if _, err := rand.Read(nonce); err != nil {
		return fmt.Errorf("wastore: seal: %w", err)
	}
	return s.kv.Put(ctx, at, s.aead.Seal(nonce, nonce, plain, []byte(at)))
}

func (s *sealed) Delete(ctx context.Context, key string) error {
	return s.kv.Delete(ctx, s.hidden(key))
}

func (s *sealed) List(ctx context.Context, prefix string) (map[string][]byte, error) {
	boxes, err := s.kv.List(ctx, s.base)
	if err != nil {
		return nil, err
	}
	out := make(map[string][]byte)
	for at, box := range boxes {
		name, value, err := s.open(at, box)
		if err != nil {
			return nil, err
		}
		if strings.HasPrefix(name, prefix) {
			out[name] = value
		}
	}
	return out, nil
}

func (s *sealed) open(at string, box []byte) (name string, value []byte, err error) {
	if len(box) < s.aead.NonceSize() {
		return "", nil, fmt.Errorf("%w: sealed record", ErrCorrupt)
	}
	plain, err := s.aead.Open(nil, box[:s.aead.NonceSize()], box[s.aead.NonceSize():], []byte(at))
	if err != nil {
		return "", nil, fmt.Errorf("%w: sealed record: %w", ErrCorrupt, err)
	}
	length, n := binary.Uvarint(plain)
	if n <= 0 || length > uint64(len(plain)-n) {
		return "", nil, fmt.Errorf("%w: sealed record", ErrCorrupt)
	}
	return string(plain[n : n+int(length)]), plain[n+int(length):], nil
}
