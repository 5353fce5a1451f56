package wire_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"

	"ferry/relay/wire"
)

func toWhatsmeow(n wire.Node) waBinary.Node {
	out := waBinary.Node{Tag: n.Tag, Attrs: waBinary.Attrs{}}
	for _, a := range n.Attrs {
		if a.JID.IsZero() {
			out.Attrs[a.Key] = a.Text
			continue
		}
		out.Attrs[a.Key] = types.JID{User: a.JID.User, Server: string(a.JID.Server), Device: a.JID.Device, Integrator: a.JID.Integrator}
	}
	if n.Data != nil {
		out.Content = n.Data
	}
	if len(n.Children) > 0 {
		var children []waBinary.Node
		for _, c := range n.Children {
			children = append(children, toWhatsmeow(c))
		}
		out.Content = children
	}
	return out
}

func fromWhatsmeow(n waBinary.Node) wire.Node {
	out := wire.Node{Tag: n.Tag}
	for key, v := range n.Attrs {
		switch v := v.(type) {
		case types.JID:
			out.Attrs = append(out.Attrs, wire.J(key, wire.JID{User: v.User, Server: wire.Server(v.Server), Device: v.Device, Integrator: v.Integrator}))
		default:
			out.Attrs = append(out.Attrs, wire.A(key, fmt.Sprint(v)))
		}
	}
	switch v := n.Content.(type) {
	case []byte:
		out.Data = v
	case []waBinary.Node:
		for _, c := range v {
			out.Children = append(out.Children, fromWhatsmeow(c))
		}
	}
	return out
}

// sorted puts attributes in an order: whatsmeow keeps them in a map.
func sorted(n wire.Node) wire.Node {
	n.Attrs = slices.Clone(n.Attrs)
	slices.SortFunc(n.Attrs, func(a, b wire.Attr) int { return strings.Compare(a.Key, b.Key) })
	n.Children = slices.Clone(n.Children)
	for i := range n.Children {
		n.Children[i] = sorted(n.Children[i])
	}
	return n
}

func checkBothWays(t *testing.T, n wire.Node) {
	t.Helper()
	ours, err := wire.Marshal(n)
	if err != nil {
		t.Fatal(err)
	}
	body, err := waBinary.Unpack(ours)
	if err != nil {
		t.Fatal(err)
	}
	read, err := waBinary.Unmarshal(body)
	if err != nil {
		t.Fatalf("whatsmeow does not read %v: %v", n, err)
	}
	if got := fromWhatsmeow(*read); !sameNode(sorted(got), sorted(n)) {
		t.Errorf("whatsmeow reads %v as %v", n, got)
	}
	theirs, err := waBinary.Marshal(toWhatsmeow(n))
	if err != nil {
		t.Fatal(err)
	}
	if len(theirs) != len(ours) {
		t.Errorf("%v takes %d bytes, whatsmeow needs %d", n, len(ours), len(theirs))
	}
	got, err := wire.Unmarshal(theirs)
	if err != nil {
		t.Fatalf("we do not read %v: %v", n, err)
	}
	if !sameNode(sorted(got), sorted(n)) {
		t.Errorf("we read %v as %v", n, got)
	}
}

func TestWhatsmeowReadsOurStanzasAndWeReadIts(t *testing.T) {
	user := wire.JID{User: "15550001", Server: wire.ServerUser, Device: 3}
	interop := wire.JID{User: "4242", Server: wire.ServerInterop, Integrator: 7, Device: 1}
	for _, n := range []wire.Node{
		wire.N("xmlstreamend", nil),
		wire.N("iq", []wire.Attr{wire.A("id", "1.2-3"), wire.A("type", "get"), wire.A("xmlns", "encrypt"), wire.J("to", wire.JID{Server: wire.ServerUser})}, wire.N("count", nil)),
		wire.N("message", []wire.Attr{wire.A("id", "3EB0ABCDEF"), wire.J("to", interop), wire.J("from", user), wire.A("notify", "Zoë 🚢")},
			wire.Bytes("enc", []wire.Attr{wire.A("v", "2"), wire.A("type", "pkmsg")}, make([]byte, 300)),
			wire.Bytes("plain", nil, nil)),
		wire.N("receipt", []wire.Attr{wire.J("a", wire.JID{User: "1", Server: wire.ServerHosted, Device: 99}),
			wire.J("b", wire.JID{User: "1", Server: wire.ServerHostedLID}), wire.J("c", wire.JID{User: "1", Server: wire.ServerMessenger, Device: 300}),
			wire.J("d", wire.JID{User: "1-2", Server: wire.ServerGroup}), wire.J("e", wire.JID{User: "9", Server: wire.ServerLID})}),
		wire.Bytes("list", nil, make([]byte, 1<<20)),
	} {
		checkBothWays(t, n)
	}
}

func TestRandomStanzasCrossToWhatsmeowAndBack(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		checkBothWays(t, randomNode(random, 4))
	}
}

func randomNode(r *rand.Rand, depth int) wire.Node {
	n := wire.Node{Tag: randomWord(r)}
	if n.Tag == "0" {
		n.Tag = "message" // whatsmeow means something else by it
	}
	for i := range r.IntN(5) {
		key := fmt.Sprint("k", i)
		if r.IntN(3) == 0 {
			n.Attrs = append(n.Attrs, wire.J(key, randomJID(r)))
		} else {
			n.Attrs = append(n.Attrs, wire.A(key, randomWord(r)))
		}
	}
	switch r.IntN(4) {
	case 0:
		n.Data = make([]byte, r.IntN(400))
		for i := range n.Data {
			n.Data[i] = byte(r.Uint32())
		}
	case 1, 2:
		for range r.IntN(4) * depth {
			n.Children = append(n.Children, randomNode(r, depth-1))
		}
	}
	return n
}

func randomJID(r *rand.Rand) wire.JID {
	servers := []wire.Server{wire.ServerUser, wire.ServerLID, wire.ServerHosted, wire.ServerHostedLID, wire.ServerInterop, wire.ServerMessenger, wire.ServerGroup, wire.ServerBroadcast}
	j := wire.JID{User: fmt.Sprint(r.Uint32()), Server: servers[r.IntN(len(servers))]}
	switch j.Server {
	case wire.ServerGroup, wire.ServerBroadcast:
	case wire.ServerInterop:
		j.Integrator, j.Device = uint16(r.Uint32()), uint16(r.Uint32())
	case wire.ServerMessenger:
		j.Device = uint16(r.Uint32())
	default:
		j.Device = uint16(r.IntN(256))
	}
	return j
}

func randomWord(r *rand.Rand) string {
	alphabets := []string{"0123456789", "0123456789-.", "0123456789ABCDEF", "abcdefgh", "ünïcödé✓"}
	words := []string{"message", "receipt", "active", "s.whatsapp.net", "true", "interop", "2", "1724", "web"}
	if r.IntN(3) == 0 {
		return words[r.IntN(len(words))]
	}
	letters := []rune(alphabets[r.IntN(len(alphabets))])
	var b strings.Builder
	for range 1 + r.IntN(140) {
		b.WriteRune(letters[r.IntN(len(letters))])
	}
	return b.String()
}
