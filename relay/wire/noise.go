package wire

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
)

// ErrDecrypt: something was not sealed with the key that it should have been.
var ErrDecrypt = errors.New("wire: does not decrypt")

// noiseName is padded to the hash length, as the Noise specification (rev 34,
// section 5.2) asks.
const noiseName = "Noise_XX_25519_AESGCM_SHA256\x00\x00\x00\x00"

// header opens the connection and is the Noise prologue: "WA", protocol 6,
// token dictionary 3 (token.DictVersion).
const header = "WA\x06\x03"

const tagSize = 16 // of AES-GCM

// symmetric is the state of the handshake. It differs from the specification
// in one point: message 1 has no payload at all, so nothing is hashed for it,
// where the specification hashes the empty payload. That is why no Noise
// library can be used.
type symmetric struct {
	h   [32]byte
	ck  [32]byte
	key *direction
}

func newSymmetric(prologue string) *symmetric {
	s := &symmetric{}
	copy(s.h[:], noiseName)
	s.ck = s.h
	s.mixHash([]byte(prologue))
	return s
}

func (s *symmetric) mixHash(b []byte) {
	sum := sha256.New()
	sum.Write(s.h[:])
	sum.Write(b)
	sum.Sum(s.h[:0])
}

// derive is HKDF with the chaining key as salt: 64 bytes.
func (s *symmetric) derive(secret []byte) ([]byte, error) {
	return hkdf.Key(sha256.New, secret, s.ck[:], "", 64)
}

// mix stirs the secret of two keys into the state.
func (s *symmetric) mix(private PrivateKey, public PublicKey) error {
	secret, err := private.dh(public)
	if err != nil {
		return err
	}
	out, err := s.derive(secret)
	if err != nil {
		return fmt.Errorf("mix key: %w", err)
	}
	copy(s.ck[:], out)
	s.key, err = newDirection(out[32:])
	return err
}

func (s *symmetric) seal(plain []byte) ([]byte, error) {
	sealed, err := s.key.seal(nil, plain, s.h[:])
	if err != nil {
		return nil, err
	}
	s.mixHash(sealed)
	return sealed, nil
}

func (s *symmetric) open(sealed []byte) ([]byte, error) {
	plain, err := s.key.open(nil, sealed, s.h[:])
	if err != nil {
		return nil, err
	}
	s.mixHash(sealed)
	return plain, nil
}

// split ends the handshake: one key a direction.
func (s *symmetric) split() (toServer, toClient *direction, err error) {
	out, err := s.derive(nil)
	if err != nil {
		return nil, nil, fmt.Errorf("split: %w", err)
	}
	if toServer, err = newDirection(out[:32]); err != nil {
		return nil, nil, err
	}
	toClient, err = newDirection(out[32:])
	return toServer, toClient, err
}

// direction seals or opens with one key and a counter as nonce.
type direction struct {
	aead  cipher.AEAD
	count uint32
	spent bool // the counter has gone all the way round
}

func newDirection(key []byte) (*direction, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("aes: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("gcm: %w", err)
	}
	return &direction{aead: aead}, nil
}

// nonce is eight zero bytes and the counter. A used counter never comes back.
func (d *direction) nonce() (n [12]byte, err error) {
	if d == nil || d.spent {
		return n, fmt.Errorf("%w: no key", ErrDecrypt)
	}
	binary.BigEndian.PutUint32(n[8:], d.count)
	d.count++
	d.spent = d.count == 0
	return n, nil
}

func (d *direction) seal(dst, plain, ad []byte) ([]byte, error) {
	n, err := d.nonce()
	if err != nil {
		return nil, err
	}
	return d.aead.Seal(dst, n[:], plain, ad), nil
}

func (d *direction) open(dst, sealed, ad []byte) ([]byte, error) {
	n, err := d.nonce()
	if err != nil {
		return nil, err
	}
	plain, err := d.aead.Open(dst, n[:], sealed, ad)
	if err != nil {
		return nil, ErrDecrypt
	}
	return plain, nil
}
