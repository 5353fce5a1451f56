package wire

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"
)

// Errors of certificate chains.
var (
	ErrCertificate = errors.New("wire: bad certificate chain")
	ErrCertExpired = errors.New("wire: certificate not valid now")
)

// Serials of the chain. The root has none of its own; clients know it as 0.
const (
	rootSerial = iota
	intermediateSerial
	leafSerial
)

// Authority is the root that signs a gateway's certificate chains.
type Authority struct{ key PrivateKey }

// NewAuthority makes a root from random; nil means crypto/rand.
func NewAuthority(random io.Reader) (*Authority, error) {
	key, err := GenerateKey(random)
	if err != nil {
		return nil, err
	}
	return &Authority{key}, nil
}

// ParseAuthority reads what Marshal wrote.
func ParseAuthority(b []byte) (*Authority, error) {
	key, err := ParsePrivateKey(b)
	if err != nil {
		return nil, err
	}
	return &Authority{key}, nil
}

// Marshal returns the secret, for storing.
func (a *Authority) Marshal() []byte { return a.key.Bytes() }

// Root is the public key that clients are given.
func (a *Authority) Root() RootKey { return RootKey(a.key.Public()) }

// String and LogValue hide the root key.
func (a *Authority) String() string       { return "authority:" + hidden }
func (a *Authority) LogValue() slog.Value { return slog.StringValue(a.String()) }

// Issue makes the chain root → intermediate → leaf for a gateway's Noise key.
// The intermediate key signs once and is forgotten. Dates count in seconds.
func (a *Authority) Issue(leaf PublicKey, notBefore, notAfter time.Time) ([]byte, error) {
	if notBefore.Unix() < 0 || !notAfter.After(notBefore) {
		return nil, fmt.Errorf("%w: from %v to %v", ErrCertificate, notBefore, notAfter)
	}
	middle, err := GenerateKey(nil)
	if err != nil {
		return nil, err
	}
	details := func(serial, issuer uint64, key PublicKey) []byte {
		b := putUint(nil, 1, serial)
		b = putUint(b, 2, issuer)
		b = putBytes(b, 3, key[:])
		b = putUint(b, 4, uint64(notBefore.Unix()))
		return putUint(b, 5, uint64(notAfter.Unix()))
	}
	signed := func(by PrivateKey, details []byte) []byte {
		signature := by.sign(details)
		return putBytes(putBytes(nil, 1, details), 2, signature[:])
	}
	chain := putBytes(nil, 1, signed(middle, details(leafSerial, intermediateSerial, leaf)))
	return putBytes(chain, 2, signed(a.key, details(intermediateSerial, rootSerial, middle.Public()))), nil
}

type certificate struct {
	raw                 []byte // the details as signed
	signature           []byte
	serial, issuer      uint64
	key                 []byte
	notBefore, notAfter uint64 // Unix seconds
}

// VerifyChain checks all that current open clients check: both signatures,
// that each certificate names its issuer, that the leaf is the given key, and
// the dates of both.
func VerifyChain(chain []byte, root RootKey, leaf PublicKey, now time.Time) error {
	var end, middle certificate
	err := eachField(chain, func(f field) error {
		switch {
		case f.number == 1 && f.bytes():
			return end.parse(f.raw)
		case f.number == 2 && f.bytes():
			return middle.parse(f.raw)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrCertificate, err)
	}
	if err := middle.verify(root, rootSerial, now); err != nil {
		return fmt.Errorf("intermediate: %w", err)
	}
	if err := end.verify([KeySize]byte(middle.key), middle.serial, now); err != nil {
		return fmt.Errorf("leaf: %w", err)
	}
	if PublicKey(end.key) != leaf {
		return fmt.Errorf("%w: issued to another key", ErrCertificate)
	}
	return nil
}

func (c *certificate) parse(b []byte) error {
	err := eachField(b, func(f field) error {
		switch {
		case f.number == 1 && f.bytes():
			c.raw = f.raw
		case f.number == 2 && f.bytes():
			c.signature = f.raw
		}
		return nil
	})
	if err != nil {
		return err
	}
	return eachField(c.raw, func(f field) error {
		switch {
		case f.number == 1 && f.varint():
			c.serial = f.value
		case f.number == 2 && f.varint():
			c.issuer = f.value
		case f.number == 3 && f.bytes():
			c.key = f.raw
		case f.number == 4 && f.varint():
			c.notBefore = f.value
		case f.number == 5 && f.varint():
			c.notAfter = f.value
		}
		return nil
	})
}

// verify leaves c with a key of the right length.
func (c *certificate) verify(by [KeySize]byte, issuer uint64, now time.Time) error {
	if len(c.signature) != 64 || len(c.key) != KeySize {
		return fmt.Errorf("%w: parts missing", ErrCertificate)
	}
	if !VerifySignature(by, c.raw, [64]byte(c.signature)) {
		return fmt.Errorf("%w: signature", ErrCertificate)
	}
	if c.issuer != issuer {
		return fmt.Errorf("%w: issuer %d, want %d", ErrCertificate, c.issuer, issuer)
	}
	if at := now.Unix(); at < 0 || uint64(at) < c.notBefore || uint64(at) > c.notAfter {
		return ErrCertExpired
	}
	return nil
}
