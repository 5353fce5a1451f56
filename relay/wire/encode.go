package wire

import (
	"encoding/binary"
	"errors"
	"fmt"

	"go.mau.fi/whatsmeow/binary/token"
)

// ErrStanza: not a stanza, or one that the format cannot carry. A channel that
// returns it from ReadNode or WriteNode is still usable.
var ErrStanza = errors.New("wire: bad stanza")

// Marshal encodes n, with a leading flag byte that says "not compressed".
func Marshal(n Node) ([]byte, error) {
	return appendNode(make([]byte, 1, 256), &n, 0)
}

// appendNode writes the list of tag, attributes and content that a node is
// (whatsmeow binary/encoder.go).
func appendNode(dst []byte, n *Node, depth int) ([]byte, error) {
	if depth >= maxDepth {
		return nil, fmt.Errorf("%w: too deep", ErrStanza)
	}
	if n.Tag == "" {
		return nil, fmt.Errorf("%w: no tag", ErrStanza)
	}
	if n.Data != nil && len(n.Children) > 0 {
		return nil, fmt.Errorf("%w: <%s> has both data and children", ErrStanza, n.Tag)
	}
	size := 1
	for i := range n.Attrs {
		if !n.Attrs[i].empty() {
			size += 2
		}
	}
	if size > 2*maxAttrs+1 {
		return nil, fmt.Errorf("%w: <%s> has too many attributes", ErrStanza, n.Tag)
	}
	if n.Data != nil || len(n.Children) > 0 {
		size++
	}
	dst = appendList(dst, size)
	dst = appendString(dst, n.Tag)
	dst, err := appendAttrs(dst, n)
	if err != nil {
		return nil, err
	}
	if n.Data != nil {
		return appendData(dst, n.Data)
	}
	return appendChildren(dst, n, depth)
}

func appendAttrs(dst []byte, n *Node) ([]byte, error) {
	for i := range n.Attrs {
		a := &n.Attrs[i]
		if a.empty() {
			continue
		}
		if a.Key == "" || len(a.Key)+len(a.Text) > MaxFrame {
			return nil, fmt.Errorf("%w: <%s> has a bad attribute", ErrStanza, n.Tag)
		}
		dst = appendString(dst, a.Key)
		if a.JID.IsZero() {
			dst = appendString(dst, a.Text)
			continue
		}
		var err error
		if dst, err = appendJID(dst, a.JID); err != nil {
			return nil, fmt.Errorf("%w: <%s %s>: %w", ErrStanza, n.Tag, a.Key, err)
		}
	}
	return dst, nil
}

func (a *Attr) empty() bool { return a.Text == "" && a.JID.IsZero() }

func appendChildren(dst []byte, n *Node, depth int) ([]byte, error) {
	if len(n.Children) == 0 {
		return dst, nil
	}
	if len(n.Children) > 0xffff {
		return nil, fmt.Errorf("%w: <%s> has too many children", ErrStanza, n.Tag)
	}
	dst = appendList(dst, len(n.Children))
	var err error
	for i := range n.Children {
		if dst, err = appendNode(dst, &n.Children[i], depth+1); err != nil {
			return nil, err
		}
	}
	return dst, nil
}

func appendList(dst []byte, size int) []byte {
	if size < 256 {
		return append(dst, token.List8, byte(size))
	}
	return append(dst, token.List16, byte(size>>8), byte(size))
}

func appendData(dst, data []byte) ([]byte, error) {
	if len(data) > MaxFrame {
		return nil, fmt.Errorf("%w: %d bytes of data", ErrStanza, len(data))
	}
	return append(appendLength(dst, len(data)), data...), nil
}

func appendLength(dst []byte, n int) []byte {
	switch {
	case n < 1<<8:
		return append(dst, token.Binary8, byte(n))
	case n < 1<<20:
		return append(dst, token.Binary20, byte(n>>16), byte(n>>8), byte(n))
	default:
		return binary.BigEndian.AppendUint32(append(dst, token.Binary32), uint32(n))
	}
}

// appendString picks the shortest form in the order that all clients use:
// one-byte token, two-byte token, packed digits, packed hex, raw.
func appendString(dst []byte, s string) []byte {
	if s == "" {
		return append(dst, token.Binary8, 0)
	}
	if i, ok := token.IndexOfSingleToken(s); ok {
		return append(dst, i)
	}
	if dict, i, ok := token.IndexOfDoubleByteToken(s); ok {
		return append(dst, token.Dictionary0+dict, i)
	}
	if tag, ok := packing(s); ok {
		return appendPacked(dst, tag, s)
	}
	return append(appendLength(dst, len(s)), s...)
}

// packing says which alphabet fits all of s.
func packing(s string) (tag byte, ok bool) {
	if len(s) > token.PackedMax {
		return 0, false
	}
	nibble, hex := true, true
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
		case c == '-' || c == '.':
			hex = false
		case c >= 'A' && c <= 'F':
			nibble = false
		default:
			return 0, false
		}
	}
	switch {
	case nibble:
		return token.Nibble8, true
	case hex:
		return token.Hex8, true
	}
	return 0, false
}

// appendPacked writes two characters a byte. The high bit of the count says
// that the last half byte is only padding.
func appendPacked(dst []byte, tag byte, s string) []byte {
	count := byte((len(s) + 1) / 2)
	if len(s)%2 == 1 {
		count |= 0x80
	}
	dst = append(dst, tag, count)
	for i := 0; i < len(s); i += 2 {
		low := byte(15)
		if i+1 < len(s) {
			low = packHalf(s[i+1])
		}
		dst = append(dst, packHalf(s[i])<<4|low)
	}
	return dst
}

func packHalf(c byte) byte {
	switch {
	case c == '-':
		return 10
	case c == '.':
		return 11
	case c >= 'A':
		return c - 'A' + 10
	default:
		return c - '0'
	}
}

// appendJID picks the form by server: a byte of domain and one of device where
// a domain exists and is needed, the interop and Messenger forms, or the pair.
func appendJID(dst []byte, j JID) ([]byte, error) {
	if err := j.check(); err != nil {
		return nil, err
	}
	domain, ok := j.domain()
	switch {
	case j.User == "":
		return appendString(append(dst, token.JIDPair, token.ListEmpty), string(j.Server)), nil
	case ok && (j.Device != 0 || domain >= 128):
		return appendString(append(dst, token.ADJID, domain, byte(j.Device)), j.User), nil
	case j.Server == ServerInterop || j.Server == ServerMessenger:
		return appendWideJID(dst, j), nil
	}
	dst = appendString(append(dst, token.JIDPair), j.User)
	return appendString(dst, string(j.Server)), nil
}

// appendWideJID writes the two forms that have a 16-bit device and, on the
// wire though implied, their server's name.
func appendWideJID(dst []byte, j JID) []byte {
	tag := byte(token.FBJID)
	if j.Server == ServerInterop {
		tag = token.InteropJID
	}
	dst = appendString(append(dst, tag), j.User)
	dst = binary.BigEndian.AppendUint16(dst, j.Device)
	if j.Server == ServerInterop {
		dst = binary.BigEndian.AppendUint16(dst, j.Integrator)
	}
	return appendString(dst, string(j.Server))
}
