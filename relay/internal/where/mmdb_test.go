package where

import (
	"net/netip"
	"os"
	"path/filepath"
	"testing"
)

// What follows writes a tiny database in MaxMind's format, version 2.0
// (https://maxmind.github.io/MaxMind-DB/): a binary tree over the bits of IPv4
// addresses, whose leaves point at records.

// node is a branch of the tree: the two ways on, and what is there if it ends.
type node struct {
	next   [2]*node
	record []byte
	number int
}

func database(t *testing.T, records map[string][]byte) string {
	t.Helper()
	root := &node{}
	for prefix, record := range records {
		p := netip.MustParsePrefix(prefix)
		bytes, at := p.Addr().As4(), root
		for bit := range p.Bits() {
			way := bytes[bit/8] >> (7 - bit%8) & 1
			if at.next[way] == nil {
				at.next[way] = &node{}
			}
			at = at.next[way]
		}
		at.record = record
	}
	var branches []*node
	var number func(*node)
	number = func(n *node) {
		if n == nil || n.record != nil {
			return
		}
		n.number = len(branches)
		branches = append(branches, n)
		number(n.next[0])
		number(n.next[1])
	}
	number(root)
	var tree, data []byte
	for _, n := range branches {
		for _, to := range n.next {
			value := len(branches) // nothing there
			switch {
			case to != nil && to.record != nil:
				value += 16 + len(data)
				data = append(data, to.record...)
			case to != nil:
				value = to.number
			}
			tree = append(tree, byte(value>>16), byte(value>>8), byte(value))
		}
	}
	file := append(tree, make([]byte, 16)...)
	file = append(file, data...)
	file = append(file, "\xab\xcd\xefMaxMind.com"...)
	file = append(file, object(
		"binary_format_major_version", []byte{5<<5 | 1, 2},
		"binary_format_minor_version", []byte{5 << 5},
		"build_epoch", []byte{4, 2, 0x65, 0, 0, 0},
		"database_type", text("Test-Country"),
		"description", object("en", text("made by a test")),
		"ip_version", []byte{5<<5 | 1, 4},
		"languages", []byte{0, 4},
		"node_count", []byte{6<<5 | 2, byte(len(branches) >> 8), byte(len(branches))},
		"record_size", []byte{5<<5 | 1, 24},
	)...)
	name := filepath.Join(t.TempDir(), "country.mmdb")
	if err := os.WriteFile(name, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func text(s string) []byte { return append([]byte{2<<5 | byte(len(s))}, s...) }

// object is a map of texts to what is encoded already.
func object(pairs ...any) []byte {
	out := []byte{7<<5 | byte(len(pairs)/2)}
	for i := 0; i < len(pairs); i += 2 {
		out = append(append(out, text(pairs[i].(string))...), pairs[i+1].([]byte)...)
	}
	return out
}
