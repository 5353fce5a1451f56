package adv

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// maxIdentity bounds a device identity from the network, in bytes; real ones have about 190.
const maxIdentity = 1024

// field is one decoded protobuf field; only varints and bytes occur in ADV.
type field struct {
	number protowire.Number
	varint uint64
	bytes  []byte // nil for a varint; shares memory with the input
}

// fields reads a message. Fields of other types are skipped, as unknown ones are.
func fields(b []byte, each func(field) error) error {
	for len(b) > 0 {
		number, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return fmt.Errorf("%w: %w", ErrMalformed, protowire.ParseError(n))
		}
		b = b[n:]
		f := field{number: number}
		switch typ {
		case protowire.VarintType:
			f.varint, n = protowire.ConsumeVarint(b)
		case protowire.BytesType:
			f.bytes, n = protowire.ConsumeBytes(b)
			if n >= 0 && f.bytes == nil {
				f.bytes = []byte{}
			}
		default:
			n = protowire.ConsumeFieldValue(number, typ, b)
			f.number = 0
		}
		if n < 0 {
			return fmt.Errorf("%w: %w", ErrMalformed, protowire.ParseError(n))
		}
		b = b[n:]
		if f.number == 0 {
			continue
		}
		if err := each(f); err != nil {
			return err
		}
	}
	return nil
}

func appendVarint(b []byte, number protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, number, protowire.VarintType), v)
}

func appendBytes(b []byte, number protowire.Number, v []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, number, protowire.BytesType), v)
}

// Details is ADVDeviceIdentity: what the account says of a device.
type Details struct {
	RawID    uint32    // random, one per account
	Time     time.Time // whole seconds
	KeyIndex uint32    // of this device in the account's key index list, from 1
	Hosted   bool      // the device runs at a business provider, with other signature prefixes
}

func (d Details) marshal() []byte {
	b := appendVarint(nil, 1, uint64(d.RawID))
	b = appendVarint(b, 2, uint64(d.Time.Unix()))
	b = appendVarint(b, 3, uint64(d.KeyIndex))
	b = appendVarint(b, 4, 0) // account type: end-to-end encrypted
	return appendVarint(b, 5, 0)
}

func parseDetails(b []byte) (d Details, err error) {
	err = fields(b, func(f field) error {
		if f.bytes != nil {
			return nil
		}
		switch f.number {
		case 1:
			d.RawID = uint32(f.varint)
		case 2:
			d.Time = time.Unix(int64(f.varint), 0)
		case 3:
			d.KeyIndex = uint32(f.varint)
		case 5:
			d.Hosted = f.varint == 1
		}
		return nil
	})
	return d, err
}

// signed is ADVSignedDeviceIdentity.
type signed struct {
	details          []byte
	accountKey       []byte // 32, or empty as the companion returns it
	accountSignature []byte // 64
	deviceSignature  []byte // 64, or empty before the companion has signed
}

func (s signed) marshal() []byte {
	b := appendBytes(nil, 1, s.details)
	for i, v := range [][]byte{s.accountKey, s.accountSignature, s.deviceSignature} {
		if len(v) > 0 {
			b = appendBytes(b, protowire.Number(i+2), v)
		}
	}
	return b
}

func parseSigned(b []byte) (s signed, err error) {
	if len(b) > maxIdentity {
		return s, fmt.Errorf("%w: longer than %d bytes", ErrMalformed, maxIdentity)
	}
	err = fields(b, func(f field) error {
		if f.bytes == nil {
			return nil
		}
		switch f.number {
		case 1:
			s.details = f.bytes
		case 2:
			s.accountKey = f.bytes
		case 3:
			s.accountSignature = f.bytes
		case 4:
			s.deviceSignature = f.bytes
		}
		return nil
	})
	return s, err
}
