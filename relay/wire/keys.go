package wire

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"go.mau.fi/libsignal/ecc"
)

// ErrKey: not a usable X25519 key.
var ErrKey = errors.New("wire: bad key")

// KeySize is the length of X25519 keys in bytes.
const KeySize = 32

// PublicKey is an X25519 public key: whom a Noise channel ends at.
type PublicKey [KeySize]byte

// RootKey is the public key that a gateway's certificate chains start from.
type RootKey [KeySize]byte

// PrivateKey is an X25519 private key. It never prints itself, not even as an
// unexported field, on which fmt calls no methods: there fmt follows one
// pointer at most, and the key is behind two.
type PrivateKey struct{ at *box }

type box struct{ key *[KeySize]byte }

// GenerateKey makes a key from rand; nil means crypto/rand.
func GenerateKey(random io.Reader) (PrivateKey, error) {
	key := new([KeySize]byte)
	if _, err := io.ReadFull(orSystem(random), key[:]); err != nil {
		return PrivateKey{}, fmt.Errorf("generate key: %w", err)
	}
	return PrivateKey{&box{key}}, nil
}

func orSystem(random io.Reader) io.Reader {
	if random == nil {
		return rand.Reader
	}
	return random
}

// ParsePrivateKey reads the 32 bytes of PrivateKey.Bytes.
func ParsePrivateKey(b []byte) (PrivateKey, error) {
	if len(b) != KeySize {
		return PrivateKey{}, fmt.Errorf("%w: %d bytes", ErrKey, len(b))
	}
	return PrivateKey{&box{(*[KeySize]byte)(append([]byte(nil), b...))}}, nil
}

// ParsePublicKey reads 32 bytes.
func ParsePublicKey(b []byte) (PublicKey, error) {
	if len(b) != KeySize {
		return PublicKey{}, fmt.Errorf("%w: %d bytes", ErrKey, len(b))
	}
	return PublicKey(b), nil
}

// ParseRootKey reads the hex text of RootKey.String.
func ParseRootKey(text string) (RootKey, error) {
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != KeySize {
		return RootKey{}, fmt.Errorf("%w: root key must be %d hex digits", ErrKey, 2*KeySize)
	}
	return RootKey(b), nil
}

// IsZero reports whether k is no key at all.
func (k PrivateKey) IsZero() bool { return k.at == nil }

// Bytes returns a copy of the 32 secret bytes, for storing.
func (k PrivateKey) Bytes() []byte {
	if k.at == nil {
		return nil
	}
	return append([]byte(nil), k.at.key[:]...)
}

// Public returns the public half; the zero key for no key.
func (k PrivateKey) Public() PublicKey {
	if k.at == nil {
		return PublicKey{}
	}
	private, err := ecdh.X25519().NewPrivateKey(k.at.key[:])
	if err != nil {
		return PublicKey{} // unreachable: only the length is checked
	}
	return PublicKey(private.PublicKey().Bytes())
}

// dh is the shared secret. Points of low order, which would make it a secret
// that everybody knows, are refused.
func (k PrivateKey) dh(peer PublicKey) ([]byte, error) {
	if k.at == nil {
		return nil, fmt.Errorf("%w: none", ErrKey)
	}
	private, err := ecdh.X25519().NewPrivateKey(k.at.key[:])
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	public, err := ecdh.X25519().NewPublicKey(peer[:])
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	secret, err := private.ECDH(public)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	return secret, nil
}

// sign makes an XEdDSA signature.
func (k PrivateKey) sign(message []byte) [64]byte {
	return ecc.CalculateSignature(ecc.NewDjbECPrivateKey(*k.at.key), message)
}

// VerifySignature checks an XEdDSA signature over message by an X25519 key
// (Signal's XEdDSA specification, as libsignal does it).
func VerifySignature(key [KeySize]byte, message []byte, signature [64]byte) bool {
	return ecc.VerifySignature(ecc.NewDjbECPublicKey(key), message, signature)
}

const hidden = "…redacted"

// String, Format, LogValue and MarshalText hide the key from logs and JSON.
func (k PrivateKey) String() string               { return "privkey:" + hidden }
func (k PrivateKey) Format(f fmt.State, _ rune)   { io.WriteString(f, k.String()) }
func (k PrivateKey) LogValue() slog.Value         { return slog.StringValue(k.String()) }
func (k PrivateKey) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// Bytes returns a copy of the key's bytes.
func (k PublicKey) Bytes() []byte { return append([]byte(nil), k[:]...) }

// String is "pubkey:" and hex.
func (k PublicKey) String() string { return "pubkey:" + hex.EncodeToString(k[:]) }

// Bytes returns a copy of the key's bytes.
func (k RootKey) Bytes() []byte { return append([]byte(nil), k[:]...) }

// String is hex, as ParseRootKey reads it and the sandbox shows it.
func (k RootKey) String() string { return hex.EncodeToString(k[:]) }

// MarshalText is String.
func (k RootKey) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText is ParseRootKey.
func (k *RootKey) UnmarshalText(text []byte) (err error) {
	*k, err = ParseRootKey(string(text))
	return err
}
