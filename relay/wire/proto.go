package wire

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// The few protobuf messages of the handshake are read and written by hand,
// with whatsmeow's waWa6 and waCert as the reference: it keeps the reflection
// and registries of generated code off the path that strangers reach.

// ErrMessage: a handshake message that does not parse or lacks a part.
var ErrMessage = errors.New("wire: bad handshake message")

// field is one field of a message: raw for length-delimited ones, else value.
type field struct {
	number protowire.Number
	kind   protowire.Type
	raw    []byte
	value  uint64
}

func (f field) bytes() bool  { return f.kind == protowire.BytesType }
func (f field) varint() bool { return f.kind == protowire.VarintType }
func (f field) fixed() bool  { return f.kind == protowire.Fixed32Type }

// eachField calls fn for every field in order. Groups are skipped.
func eachField(b []byte, fn func(field) error) error {
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return fmt.Errorf("%w: %w", ErrMessage, protowire.ParseError(n))
		}
		b = b[n:]
		f := field{number: number, kind: kind}
		switch kind {
		case protowire.BytesType:
			f.raw, n = protowire.ConsumeBytes(b)
		case protowire.VarintType:
			f.value, n = protowire.ConsumeVarint(b)
		case protowire.Fixed32Type:
			var v uint32
			v, n = protowire.ConsumeFixed32(b)
			f.value = uint64(v)
		case protowire.Fixed64Type:
			f.value, n = protowire.ConsumeFixed64(b)
		default:
			n = protowire.ConsumeFieldValue(number, kind, b)
		}
		if n < 0 {
			return fmt.Errorf("%w: field %d: %w", ErrMessage, number, protowire.ParseError(n))
		}
		b = b[n:]
		if err := fn(f); err != nil {
			return err
		}
	}
	return nil
}

func putBytes(dst []byte, number protowire.Number, b []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(dst, number, protowire.BytesType), b)
}

func putUint(dst []byte, number protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(dst, number, protowire.VarintType), v)
}

func putBool(dst []byte, number protowire.Number, v bool) []byte {
	return putUint(dst, number, protowire.EncodeBool(v))
}

func putFixed32(dst []byte, number protowire.Number, v uint32) []byte {
	return protowire.AppendFixed32(protowire.AppendTag(dst, number, protowire.Fixed32Type), v)
}

// putText leaves empty text out.
func putText(dst []byte, number protowire.Number, s string) []byte {
	if s == "" {
		return dst
	}
	return putBytes(dst, number, []byte(s))
}

// Parts of a HandshakeMessage.
const (
	clientHello  protowire.Number = 2
	serverHello  protowire.Number = 3
	clientFinish protowire.Number = 4
)

// hello holds the fields of whichever part: the server's has all three, the
// client's first only the ephemeral key, its second no ephemeral key.
type hello struct{ ephemeral, static, payload []byte }

// firstField is the number of the ephemeral key. ClientFinish has none and
// numbers its fields from the static key.
func firstField(part protowire.Number) protowire.Number {
	if part == clientFinish {
		return 0
	}
	return 1
}

// marshalHello writes one part, without the fields that are nil.
func marshalHello(part protowire.Number, h hello) []byte {
	var inner []byte
	for i, b := range [][]byte{h.ephemeral, h.static, h.payload} {
		if b != nil {
			inner = putBytes(inner, firstField(part)+protowire.Number(i), b)
		}
	}
	return putBytes(nil, part, inner)
}

// unmarshalHello reads the wanted part; other parts are skipped.
func unmarshalHello(b []byte, part protowire.Number) (hello, error) {
	var h hello
	found := false
	err := eachField(b, func(f field) error {
		if f.number != part || !f.bytes() {
			return nil
		}
		found = true
		return eachField(f.raw, func(f field) error {
			if !f.bytes() {
				return nil
			}
			switch f.number - firstField(part) {
			case 0:
				h.ephemeral = f.raw
			case 1:
				h.static = f.raw
			case 2:
				h.payload = f.raw
			}
			return nil
		})
	})
	if err == nil && !found {
		err = fmt.Errorf("%w: part %d missing", ErrMessage, part)
	}
	return h, err
}
