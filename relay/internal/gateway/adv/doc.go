// Package adv is WhatsApp's account-device verification: how a phone vouches for a companion device that has
// shown it a QR text, and how others check it.
//
// The phone signs the companion's identity key with the account key (the Signal identity of device 0), and
// proves to the companion with the secret from the QR text that the phone, not the server, did so. The
// companion signs back. Prefixes and order of fields are those of whatsmeow's pair.go; the messages are those
// of its proto/waAdv. Keys in ADV are raw 32 bytes, never with the type byte of Signal messages.
package adv

import (
	"crypto/ecdh"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"

	"go.mau.fi/libsignal/ecc"
)

// Outcomes that a caller can act on.
var (
	// ErrQR: the text is no companion's QR text.
	ErrQR = errors.New("adv: not a pairing QR text")
	// ErrMalformed: an identity that does not parse or has impossible lengths.
	ErrMalformed = errors.New("adv: malformed device identity")
	// ErrDetails: the companion has returned other details than it was given.
	ErrDetails = errors.New("adv: details or key index changed")
	// ErrAccountSignature: the account has not signed this device.
	ErrAccountSignature = errors.New("adv: wrong account signature")
	// ErrDeviceSignature: the device has not signed its own identity.
	ErrDeviceSignature = errors.New("adv: wrong device signature")
)

// Prefixes of what is signed.
var (
	accountPrefix = []byte{6, 0}
	devicePrefix  = []byte{6, 1}
	listPrefix    = []byte{6, 2}
)

// AccountKey is the private identity of a phone. It signs companions and prekeys and never prints itself: it
// sits behind a pointer, since fmt calls no methods on the unexported fields of a struct around it.
type AccountKey struct {
	private *[32]byte
	public  [32]byte
}

// GenerateAccountKey makes the key of a new phone.
func GenerateAccountKey(rand io.Reader) (AccountKey, error) {
	var seed [32]byte
	if _, err := io.ReadFull(rand, seed[:]); err != nil {
		return AccountKey{}, fmt.Errorf("adv: account key: %w", err)
	}
	return ParseAccountKey(seed[:])
}

// ParseAccountKey is the reverse of Bytes.
func ParseAccountKey(private []byte) (AccountKey, error) {
	k, err := ecdh.X25519().NewPrivateKey(private)
	if err != nil {
		return AccountKey{}, fmt.Errorf("adv: account key: %w", err)
	}
	kept := [32]byte(private)
	return AccountKey{&kept, [32]byte(k.PublicKey().Bytes())}, nil
}

// Bytes is the private key, 32 bytes, for storing.
func (k AccountKey) Bytes() []byte { return slices.Clone(k.private[:]) }

// Public is the X25519 public key, without a type byte.
func (k AccountKey) Public() [32]byte { return k.public }

// Sign is an XEdDSA signature.
func (k AccountKey) Sign(message []byte) [64]byte {
	return ecc.CalculateSignature(ecc.NewDjbECPrivateKey(*k.private), message)
}

// SignPreKey signs the public half of a signed prekey as Signal does: with its type byte in front.
func (k AccountKey) SignPreKey(public [32]byte) [64]byte {
	return k.Sign(append([]byte{ecc.DjbType}, public[:]...))
}

// String keeps the key out of logs.
func (k AccountKey) String() string { return "adv.AccountKey" }

// GoString keeps the key out of %#v.
func (k AccountKey) GoString() string { return k.String() }

// LogValue keeps the key out of logs.
func (k AccountKey) LogValue() slog.Value { return slog.StringValue(k.String()) }

func verified(public [32]byte, signature [64]byte, parts ...[]byte) bool {
	return ecc.VerifySignature(ecc.NewDjbECPublicKey(public), concat(parts...), signature)
}

func concat(parts ...[]byte) []byte {
	var out []byte
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}
