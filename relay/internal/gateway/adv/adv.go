package adv

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// Pairing is a companion that a phone has vouched for and that has yet to sign back.
type Pairing struct {
	// Container is the ADVSignedDeviceIdentityHMAC for <pair-success><device-identity>.
	Container []byte

	keyIndex uint32
	device   [32]byte // the companion's identity
	signed   signed
}

// Vouch signs a companion's identity key for an account. The secret is the one from the companion's QR text.
func Vouch(account AccountKey, d Details, device [32]byte, secret Secret) *Pairing {
	details, public := d.marshal(), account.Public()
	signature := account.Sign(concat(accountPrefix, details, device[:]))
	s := signed{details: details, accountKey: public[:], accountSignature: signature[:]}
	inner := s.marshal()
	mac := hmac.New(sha256.New, secret[:])
	mac.Write(inner)
	container := appendBytes(nil, 1, inner)
	container = appendBytes(container, 2, mac.Sum(nil))
	return &Pairing{Container: container, keyIndex: d.KeyIndex, device: device, signed: s}
}

// Check takes what the companion returned in <pair-device-sign>: the key index of the attribute and the
// ADVSignedDeviceIdentity, usually without the account key. It returns the complete identity, which travels
// with the first messages of the device.
func (p *Pairing) Check(keyIndex uint32, returned []byte) ([]byte, error) {
	s, err := parseSigned(returned)
	if err != nil {
		return nil, err
	}
	if keyIndex != p.keyIndex || !bytes.Equal(s.details, p.signed.details) ||
		!bytes.Equal(s.accountSignature, p.signed.accountSignature) ||
		len(s.accountKey) > 0 && !bytes.Equal(s.accountKey, p.signed.accountKey) {
		return nil, ErrDetails
	}
	if len(s.deviceSignature) != 64 {
		return nil, fmt.Errorf("%w: device signature of %d bytes", ErrMalformed, len(s.deviceSignature))
	}
	if !verified(p.device, [64]byte(s.deviceSignature), devicePrefix, s.details, p.device[:], p.signed.accountKey) {
		return nil, ErrDeviceSignature
	}
	full := p.signed
	full.deviceSignature = s.deviceSignature
	return full.marshal(), nil
}

// Verify checks a complete identity, as it comes with a message, for the device with that identity key. It
// returns the account key that vouches for the device; whether that is the right account, the caller knows.
func Verify(identity []byte, device [32]byte) (d Details, account [32]byte, err error) {
	s, err := parseSigned(identity)
	if err != nil {
		return d, account, err
	}
	if len(s.accountKey) != 32 || len(s.accountSignature) != 64 || len(s.deviceSignature) != 64 {
		return d, account, fmt.Errorf("%w: wrong lengths", ErrMalformed)
	}
	if d, err = parseDetails(s.details); err != nil {
		return d, account, err
	}
	if d.Hosted {
		return d, account, fmt.Errorf("%w: hosted device", ErrMalformed)
	}
	account = [32]byte(s.accountKey)
	if !verified(account, [64]byte(s.accountSignature), accountPrefix, s.details, device[:]) {
		return d, account, ErrAccountSignature
	}
	if !verified(device, [64]byte(s.deviceSignature), devicePrefix, s.details, device[:], account[:]) {
		return d, account, ErrDeviceSignature
	}
	return d, account, nil
}

// KeyIndexList is an account's ADVSignedKeyIndexList: current is the newest index ever given, valid are those
// of the devices that are linked now.
func KeyIndexList(account AccountKey, rawID uint32, at time.Time, current uint32, valid []uint32) []byte {
	list := appendVarint(nil, 1, uint64(rawID))
	list = appendVarint(list, 2, uint64(at.Unix()))
	list = appendVarint(list, 3, uint64(current))
	var packed []byte
	for _, v := range valid {
		packed = protowire.AppendVarint(packed, uint64(v))
	}
	list = appendBytes(list, 4, packed)
	list = appendVarint(list, 5, 0)
	signature, public := account.Sign(concat(listPrefix, list)), account.Public()
	out := appendBytes(nil, 1, list)
	out = appendBytes(out, 2, signature[:])
	return appendBytes(out, 3, public[:])
}
