package wire

import (
	"strconv"
	"strings"
)

// Node is a stanza, or a part of one. It holds children or data, not both.
type Node struct {
	Tag      string
	Attrs    []Attr
	Children []Node
	Data     []byte // content bytes; text content too
}

// Attr is one attribute. It is JID-typed on the wire if JID is not zero.
// An attribute with neither text nor JID is not written, as in other clients.
type Attr struct {
	Key  string
	Text string
	JID  JID
}

// A is a text attribute.
func A(key, text string) Attr { return Attr{Key: key, Text: text} }

// J is an address attribute.
func J(key string, j JID) Attr { return Attr{Key: key, JID: j} }

// N is a stanza with children, or with nothing inside.
func N(tag string, attrs []Attr, children ...Node) Node {
	return Node{Tag: tag, Attrs: attrs, Children: children}
}

// Bytes is a stanza with data inside. Nil data is written as empty data.
func Bytes(tag string, attrs []Attr, data []byte) Node {
	if data == nil {
		data = []byte{}
	}
	return Node{Tag: tag, Attrs: attrs, Data: data}
}

// Attr returns an attribute as text, "" if there is none.
func (n Node) Attr(key string) string {
	for i := range n.Attrs {
		if a := &n.Attrs[i]; a.Key == key {
			if !a.JID.IsZero() {
				return a.JID.String()
			}
			return a.Text
		}
	}
	return ""
}

// JID returns an attribute as an address, whether it came typed or as text.
func (n Node) JID(key string) (JID, bool) {
	for i := range n.Attrs {
		if a := &n.Attrs[i]; a.Key == key {
			if !a.JID.IsZero() {
				return a.JID, true
			}
			j, err := ParseJID(a.Text)
			return j, err == nil
		}
	}
	return JID{}, false
}

// Uint returns an attribute as a decimal number, false if it is not one.
func (n Node) Uint(key string) (uint64, bool) {
	v, err := strconv.ParseUint(n.Attr(key), 10, 64)
	return v, err == nil
}

// Text returns the content as text.
func (n Node) Text() string { return string(n.Data) }

// Child returns the first child of that tag.
func (n Node) Child(tag string) (Node, bool) {
	for i := range n.Children {
		if n.Children[i].Tag == tag {
			return n.Children[i], true
		}
	}
	return Node{}, false
}

// ChildrenOf returns all children of that tag.
func (n Node) ChildrenOf(tag string) []Node {
	var found []Node
	for i := range n.Children {
		if n.Children[i].Tag == tag {
			found = append(found, n.Children[i])
		}
	}
	return found
}

// Path follows first children of these tags, one level each.
func (n Node) Path(tags ...string) (Node, bool) {
	for _, tag := range tags {
		child, ok := n.Child(tag)
		if !ok {
			return Node{}, false
		}
		n = child
	}
	return n, true
}

// With returns n with an attribute set, replacing one of the same key.
func (n Node) With(a Attr) Node {
	attrs := make([]Attr, 0, len(n.Attrs)+1)
	for _, old := range n.Attrs {
		if old.Key != a.Key {
			attrs = append(attrs, old)
		}
	}
	n.Attrs = append(attrs, a)
	return n
}

// shown are the attributes whose values say nothing about people.
var shown = map[string]bool{
	"class": true, "code": true, "context": true, "count": true, "error": true, "id": true, "index": true,
	"mode": true, "offline": true, "reason": true, "state": true, "type": true, "v": true, "version": true, "xmlns": true,
}

const maxShown = 1024 // bytes of String, about

// String gives the structure, fit for logs: data as its length, addresses and
// other telling values as "…".
func (n Node) String() string {
	var b strings.Builder
	n.show(&b)
	return b.String()
}

func (n Node) show(b *strings.Builder) {
	if b.Len() > maxShown {
		b.WriteString("…")
		return
	}
	b.WriteString("<" + short(n.Tag))
	for _, a := range n.Attrs {
		b.WriteString(" " + short(a.Key) + "=")
		switch {
		case !a.JID.IsZero():
			b.WriteString("…@" + string(a.JID.Server))
		case shown[a.Key]:
			b.WriteString(short(a.Text))
		default:
			b.WriteString("…")
		}
	}
	if len(n.Children) == 0 && n.Data == nil {
		b.WriteString("/>")
		return
	}
	b.WriteString(">")
	if n.Data != nil {
		b.WriteString(strconv.Itoa(len(n.Data)) + " B")
	}
	for i, c := range n.Children {
		if b.Len() > maxShown {
			b.WriteString("…" + strconv.Itoa(len(n.Children)-i) + " more")
			break
		}
		c.show(b)
	}
	b.WriteString("</" + short(n.Tag) + ">")
}

// short keeps a hostile text from filling or breaking a log line.
func short(s string) string {
	const most = 40
	if len(s) > most {
		s = s[:most] + "…"
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] == 0x7f {
			return strconv.QuoteToASCII(s)
		}
	}
	return strings.ToValidUTF8(s, "?")
}
