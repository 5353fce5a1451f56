package seal

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"go.mau.fi/libsignal/ecc"
	"google.golang.org/protobuf/encoding/protowire"

	"ferry/app/internal/store"
)

// A phone vouches for a companion device, which has shown it a QR code: the
// account's identity key signs the companion's, and the companion signs back
// (whatsmeow pair.go; the messages are those of its proto/waAdv). Keys in there
// are raw 32 bytes, without the type byte of Signal's messages.

// Errors of what vouches for a device.
var (
	// ErrVouch: the text of it is malformed, or a signature does not fit.
	ErrVouch = errors.New("seal: device is not vouched for")
	// ErrVouchMAC: it was not made by the phone that has scanned the QR code.
	ErrVouchMAC = errors.New("seal: not from the phone that was shown the code")
)

// maxVouch bounds a device identity, in bytes. Real ones have some 190.
const maxVouch = 1024

// CompanionSecret is shared with the phone through the QR code. It never prints
// itself.
type CompanionSecret [32]byte

// String keeps the secret out of logs.
func (CompanionSecret) String() string { return "seal.CompanionSecret" }

// GoString keeps the secret out of %#v.
func (CompanionSecret) GoString() string { return "seal.CompanionSecret" }

// MarshalText keeps the secret out of JSON.
func (CompanionSecret) MarshalText() ([]byte, error) { return []byte("seal.CompanionSecret"), nil }

// Companion is what a phone has vouched for, signed by this device as well.
type Companion struct {
	Identity []byte   // goes along with first messages, for others to check
	Answer   []byte   // the same without the account's key, for the gateway
	KeyIndex uint32   // of this device among the account's
	Account  [32]byte // the account's identity key
}

// Vouched checks what the phone has made for this device, and signs it. Errors
// are ErrVouchMAC or ErrVouch, or ErrNoKeys.
func (v *Vault) Vouched(container []byte, secret CompanionSecret) (Companion, error) {
	if v.own == nil {
		return Companion{}, ErrNoKeys
	}
	outer, err := vouchFields(container)
	if err != nil {
		return Companion{}, err
	}
	details, mac := outer[1], outer[2]
	sum := hmac.New(sha256.New, secret[:])
	sum.Write(details)
	if !hmac.Equal(sum.Sum(nil), mac) {
		return Companion{}, ErrVouchMAC
	}
	f, err := vouchFields(details)
	if err != nil {
		return Companion{}, err
	}
	me := v.own.pair.PublicKey().PublicKey()
	if err := checkAccount(f, me); err != nil {
		return Companion{}, err
	}
	signature := ecc.CalculateSignature(v.own.pair.PrivateKey(), vouchText(deviceVouch, f[1], me[:], f[2]))
	index, err := vouchIndex(f[1])
	if err != nil {
		return Companion{}, err
	}
	f[4] = signature[:]
	c := Companion{Identity: vouchBytes(f), KeyIndex: index, Account: [32]byte(f[2])}
	delete(f, 2)
	c.Answer = vouchBytes(f)
	return c, nil
}

// CheckIdentity checks that an account has vouched for a device with that
// identity key, and gives the account's identity key. The error is ErrVouch.
func CheckIdentity(identity []byte, device [32]byte) (account [32]byte, err error) {
	f, err := vouchFields(identity)
	if err != nil {
		return account, err
	}
	if err := checkAccount(f, device); err != nil {
		return account, err
	}
	prefix := deviceVouch
	if hostedDevice(f[1]) {
		prefix = hostedDeviceVouch
	}
	if !vouchSigned(device, f[4], vouchText(prefix, f[1], device[:], f[2])) {
		return account, fmt.Errorf("%w: by itself", ErrVouch)
	}
	return [32]byte(f[2]), nil
}

// FirstIdentity is the identity key that comes with a message of FirstKind, of
// which the session is made if it is new. The error is ErrMalformed.
func FirstIdentity(data []byte) (key [32]byte, err error) {
	defer rescue(&err, ErrMalformed)
	if len(data) > MaxSealed {
		return key, fmt.Errorf("%w: %d bytes", ErrMalformed, len(data))
	}
	m, err := parseFirst(data)
	if err != nil {
		return key, err
	}
	return m.IdentityKey().PublicKey().PublicKey(), nil
}

// Meet notes the identity key of a device that is known by other ways than a
// session, and reports whether it had another one before. Staged.
func (v *Vault) Meet(ctx context.Context, addr Address, key [32]byte) (changed bool, err error) {
	return v.meet(ctx, addr, key)
}

// Prefixes of what is signed.
var (
	accountVouch       = []byte{6, 0}
	deviceVouch        = []byte{6, 1}
	hostedAccountVouch = []byte{6, 5}
	hostedDeviceVouch  = []byte{6, 6}
)

func checkAccount(f map[protowire.Number][]byte, device [32]byte) error {
	prefix := accountVouch
	if hostedDevice(f[1]) {
		prefix = hostedAccountVouch
	}
	if len(f[2]) != 32 || !vouchSigned([32]byte(f[2]), f[3], vouchText(prefix, f[1], device[:])) {
		return fmt.Errorf("%w: by its account", ErrVouch)
	}
	return nil
}

func vouchText(parts ...[]byte) (text []byte) {
	for _, p := range parts {
		text = append(text, p...)
	}
	return text
}

func vouchSigned(key [32]byte, signature, text []byte) bool {
	return len(signature) == 64 && ecc.VerifySignature(ecc.NewDjbECPublicKey(key), text, [64]byte(signature))
}

// vouchFields reads the fields of bytes of a message, the last of each number.
func vouchFields(b []byte) (map[protowire.Number][]byte, error) {
	f := map[protowire.Number][]byte{}
	err := eachField(b, func(number protowire.Number, _ uint64, bytes []byte) {
		if bytes != nil && number <= 4 {
			f[number] = bytes
		}
	})
	if err == nil && len(f[1]) == 0 {
		err = fmt.Errorf("%w: empty", ErrVouch)
	}
	return f, err
}

func vouchBytes(f map[protowire.Number][]byte) (b []byte) {
	for n := protowire.Number(1); n <= 4; n++ {
		if v := f[n]; len(v) > 0 {
			b = protowire.AppendBytes(protowire.AppendTag(b, n, protowire.BytesType), v)
		}
	}
	return b
}

// vouchIndex is the key index in the details of an identity.
func vouchIndex(details []byte) (index uint32, err error) {
	err = eachField(details, func(number protowire.Number, v uint64, bytes []byte) {
		if bytes == nil && number == 3 {
			index = uint32(v)
		}
	})
	return index, err
}

// hostedDevice says whether a device runs at a provider of businesses.
func hostedDevice(details []byte) (hosted bool) {
	_ = eachField(details, func(number protowire.Number, v uint64, bytes []byte) {
		if bytes == nil && number == 5 {
			hosted = v == 1
		}
	})
	return hosted
}

// eachField reads the varints and the byte strings of a message.
func eachField(b []byte, each func(number protowire.Number, v uint64, bytes []byte)) error {
	if len(b) > maxVouch {
		return fmt.Errorf("%w: %d bytes", ErrVouch, len(b))
	}
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return fmt.Errorf("%w: malformed", ErrVouch)
		}
		b = b[n:]
		var v uint64
		var bytes []byte
		switch kind {
		case protowire.VarintType:
			v, n = protowire.ConsumeVarint(b)
		case protowire.BytesType:
			if bytes, n = protowire.ConsumeBytes(b); bytes == nil {
				bytes = []byte{}
			}
		default:
			n, number = protowire.ConsumeFieldValue(number, kind, b), 0
		}
		if n < 0 {
			return fmt.Errorf("%w: malformed", ErrVouch)
		}
		if b = b[n:]; number != 0 {
			each(number, v, bytes)
		}
	}
	return nil
}

// DropKeys forgets this device's identity, its prekeys and all sessions, so that
// MakeKeys makes it a new device. What is known of others' identities stays.
// Staged.
func (v *Vault) DropKeys(ctx context.Context) error {
	if err := v.ForgetAll(ctx, ""); err != nil {
		return err
	}
	rs, err := v.store.List(ctx, store.PreKeys, store.Prefix(onePrefix))
	if err != nil {
		return err
	}
	for _, r := range slices.Concat(v.staged.Puts, rs) {
		if r.Table == store.PreKeys {
			v.staged.Delete(store.PreKeys, r.Key)
		}
	}
	v.staged.Delete(store.Identity, ownKey)
	v.staged.Delete(store.Identity, counterKey)
	v.own = nil
	return nil
}
