package wire

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"io"

	"go.mau.fi/whatsmeow/binary/token"
)

// flagZlib in the flag byte says that the rest is compressed.
const flagZlib = 2

// Unmarshal decodes one stanza with its leading flag byte. The node keeps
// parts of b: the caller must not change it afterwards.
func Unmarshal(b []byte) (Node, error) {
	if len(b) == 0 {
		return Node{}, fmt.Errorf("%w: empty", ErrStanza)
	}
	body := b[1:]
	if b[0]&flagZlib != 0 {
		var err error
		if body, err = inflate(body); err != nil {
			return Node{}, err
		}
	}
	d := decoder{b: body}
	n, err := d.node(0)
	if err != nil {
		return Node{}, err
	}
	if d.pos != len(d.b) {
		return Node{}, d.fail("bytes left over")
	}
	return n, nil
}

func inflate(b []byte) ([]byte, error) {
	r, err := zlib.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrStanza, err)
	}
	out, err := io.ReadAll(io.LimitReader(r, MaxInflated+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrStanza, err)
	}
	if len(out) > MaxInflated {
		return nil, fmt.Errorf("%w: inflates to more than %d bytes", ErrStanza, MaxInflated)
	}
	return out, nil
}

// decoder reads one stanza. Every length is checked against what is left
// before anything is allocated for it.
type decoder struct {
	b     []byte
	pos   int
	nodes int // announced so far, all levels
	attrs int // the same
}

func (d *decoder) fail(what string) error {
	return fmt.Errorf("%w: %s at byte %d of %d", ErrStanza, what, d.pos, len(d.b))
}

func (d *decoder) take(n int) ([]byte, error) {
	if n < 0 || n > len(d.b)-d.pos {
		return nil, d.fail("cut short")
	}
	p := d.b[d.pos : d.pos+n : d.pos+n]
	d.pos += n
	return p, nil
}

func (d *decoder) byte() (byte, error) {
	if d.pos >= len(d.b) {
		return 0, d.fail("cut short")
	}
	d.pos++
	return d.b[d.pos-1], nil
}

func (d *decoder) uint16() (uint16, error) {
	p, err := d.take(2)
	if err != nil {
		return 0, err
	}
	return binary.BigEndian.Uint16(p), nil
}

// list reads the size of the list whose tag is next or was read already.
func (d *decoder) list(tag byte) (int, error) {
	switch tag {
	case token.ListEmpty:
		return 0, nil
	case token.List8:
		n, err := d.byte()
		return int(n), err
	case token.List16:
		n, err := d.uint16()
		return int(n), err
	}
	return 0, d.fail("no list")
}

func (d *decoder) node(depth int) (Node, error) {
	if depth >= maxDepth {
		return Node{}, d.fail("too deep")
	}
	tag, err := d.byte()
	if err != nil {
		return Node{}, err
	}
	size, err := d.list(tag)
	if err != nil {
		return Node{}, err
	}
	if size == 0 {
		return Node{}, d.fail("node without tag")
	}
	var n Node
	if n.Tag, err = d.word(); err != nil {
		return Node{}, err
	}
	if n.Attrs, err = d.attributes((size - 1) / 2); err != nil {
		return Node{}, err
	}
	if size%2 == 0 {
		err = d.content(&n, depth)
	}
	return n, err
}

func (d *decoder) attributes(count int) ([]Attr, error) {
	d.attrs += count
	if count > maxAttrs || d.attrs > maxAllAttr || 2*count > len(d.b)-d.pos {
		return nil, d.fail("too many attributes")
	}
	if count == 0 {
		return nil, nil
	}
	attrs := make([]Attr, 0, count)
	for range count {
		key, err := d.word()
		if err != nil {
			return nil, err
		}
		for i := range attrs {
			if attrs[i].Key == key {
				return nil, d.fail("attribute twice")
			}
		}
		a := Attr{Key: key}
		if a.Text, a.JID, err = d.value(); err != nil {
			return nil, err
		}
		if !a.empty() { // some clients write empty ones for "none"
			attrs = append(attrs, a)
		}
	}
	if len(attrs) == 0 {
		return nil, nil
	}
	return attrs, nil
}

func (d *decoder) content(n *Node, depth int) error {
	tag, err := d.byte()
	if err != nil {
		return err
	}
	switch tag {
	case token.ListEmpty:
		return nil
	case token.List8, token.List16:
		return d.children(n, tag, depth)
	case token.Binary8, token.Binary20, token.Binary32:
		size, err := d.length(tag)
		if err != nil {
			return err
		}
		n.Data, err = d.take(size)
		return err
	}
	d.pos--
	text, jid, err := d.value() // text content may come as a token, packed, or an address
	if err != nil {
		return err
	}
	if !jid.IsZero() {
		text = jid.String()
	}
	n.Data = []byte(text)
	return nil
}

func (d *decoder) children(n *Node, tag byte, depth int) error {
	size, err := d.list(tag)
	if err != nil {
		return err
	}
	const smallest = 3 // bytes of a node: list, size, tag
	// All that a list announces counts at once: nested lists must not each
	// make room for as many as the rest of the frame could hold.
	d.nodes += size
	if size > (len(d.b)-d.pos)/smallest || d.nodes > maxNodes {
		return d.fail("too many nodes")
	}
	if size == 0 {
		return nil
	}
	n.Children = make([]Node, size)
	for i := range n.Children {
		if n.Children[i], err = d.node(depth + 1); err != nil {
			return err
		}
	}
	return nil
}

func (d *decoder) length(tag byte) (int, error) {
	switch tag {
	case token.Binary8:
		n, err := d.byte()
		return int(n), err
	case token.Binary20:
		p, err := d.take(3)
		if err != nil {
			return 0, err
		}
		return int(p[0]&15)<<16 | int(p[1])<<8 | int(p[2]), nil
	}
	p, err := d.take(4)
	if err != nil {
		return 0, err
	}
	n := binary.BigEndian.Uint32(p)
	if n > MaxFrame {
		return 0, d.fail("cut short")
	}
	return int(n), nil
}

// word reads a string that must not be empty: a tag, a key, a server.
func (d *decoder) word() (string, error) {
	s, err := d.text()
	if err == nil && s == "" {
		err = d.fail("empty word")
	}
	return s, err
}

// text reads a string in any form.
func (d *decoder) text() (string, error) {
	tag, err := d.byte()
	if err != nil {
		return "", err
	}
	switch tag {
	case token.ListEmpty:
		return "", nil
	case token.Dictionary0, token.Dictionary1, token.Dictionary2, token.Dictionary3:
		i, err := d.byte()
		if err != nil {
			return "", err
		}
		return d.known(token.GetDoubleToken(int(tag-token.Dictionary0), int(i)))
	case token.Binary8, token.Binary20, token.Binary32:
		size, err := d.length(tag)
		if err != nil {
			return "", err
		}
		p, err := d.take(size)
		return string(p), err
	case token.Nibble8, token.Hex8:
		return d.packed(tag)
	}
	if int(tag) < len(token.SingleByteTokens) {
		return d.known(token.SingleByteTokens[tag], nil)
	}
	return "", d.fail("no string")
}

func (d *decoder) known(word string, err error) (string, error) {
	if err != nil || word == "" {
		return "", d.fail("unknown token")
	}
	return word, nil
}

func (d *decoder) packed(tag byte) (string, error) {
	count, err := d.byte()
	if err != nil {
		return "", err
	}
	p, err := d.take(int(count & 0x7f))
	if err != nil {
		return "", err
	}
	var room [2 * 0x7f]byte
	out := room[:0]
	for _, b := range p {
		out = append(out, unpackHalf(tag, b>>4), unpackHalf(tag, b&15))
	}
	if count&0x80 != 0 {
		if len(out) == 0 {
			return "", d.fail("packed padding of nothing")
		}
		out = out[:len(out)-1]
	}
	if bytes.IndexByte(out, 0) >= 0 {
		return "", d.fail("bad packed character")
	}
	return string(out), nil
}

// unpackHalf gives 0 for what is in no alphabet.
func unpackHalf(tag, half byte) byte {
	switch {
	case half < 10:
		return '0' + half
	case tag == token.Hex8:
		return 'A' + half - 10
	case half == 10:
		return '-'
	case half == 11:
		return '.'
	}
	return 0
}
