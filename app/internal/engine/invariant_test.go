package engine_test

import (
	"bytes"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"

	"ferry/relay/wire"
)

// witness looks at every ciphertext that reaches the gateway: no message key
// may seal two texts, and a message sent again must be the same ciphertext.
type witness struct {
	keys map[string][]byte // by devices, ratchet key and counter
	ids  map[string][]byte // by devices and message id, but for answers to retries
}

func newWitness() witness { return witness{map[string][]byte{}, map[string][]byte{}} }

// see returns what is wrong with a ciphertext, "" if nothing.
func (w witness) see(from, to wire.JID, id string, enc wire.Node) string {
	between := fmt.Sprintf("%s > %s ", from, to)
	ratchet, counter := header(enc)
	key := fmt.Sprintf("%s %x %d", between, ratchet, counter)
	if known, ok := w.keys[key]; ok && !bytes.Equal(known, inner(enc)) {
		return "a message key was used twice"
	}
	w.keys[key] = inner(enc)
	if enc.Attr("count") != "" {
		return ""
	}
	if known, ok := w.ids[between+id]; ok && !bytes.Equal(known, enc.Data) {
		return "message " + id + " was sent again as another ciphertext"
	}
	w.ids[between+id] = enc.Data
	return ""
}

// inner is the Signal message, without the part that begins a session.
func inner(enc wire.Node) []byte {
	if enc.Attr("type") == "msg" {
		return enc.Data
	}
	return field(enc.Data[1:], 4)
}

func header(enc wire.Node) (ratchet []byte, counter uint64) {
	m := inner(enc)
	body := m[1 : len(m)-8]
	counter, _ = protowire.ConsumeVarint(field(body, 2))
	return field(body, 1), counter
}

// field finds a protobuf field; a varint as its encoding.
func field(b []byte, number protowire.Number) []byte {
	for len(b) > 0 {
		num, kind, n := protowire.ConsumeTag(b)
		size := protowire.ConsumeFieldValue(num, kind, b[n:])
		if n < 0 || size < 0 {
			return nil
		}
		value := b[n : n+size]
		if num == number {
			if kind == protowire.BytesType {
				value, _ = protowire.ConsumeBytes(value)
			}
			return value
		}
		b = b[n+size:]
	}
	return nil
}
