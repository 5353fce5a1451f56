package wire

import (
	"bytes"
	"compress/zlib"
	"errors"
	"reflect"
	"runtime"
	"strings"
	"testing"
)

func TestStanzasHaveTheDocumentedBytes(t *testing.T) {
	for _, c := range []struct {
		name string
		node Node
		hex  string
	}{
		{"a bare tag", N("message", nil), "00 f801 13"},
		{"stream end", N("xmlstreamend", nil), "00 f801 02"},
		{"one-byte tokens", N("ack", []Attr{A("class", "message")}), "00 f803 1b 15 13"},
		{"a two-byte token", N("active", nil), "00 f801 ec01"},
		{"packed digits, even", N("x", []Attr{A("id", "12-4")}), "00 f803 fc0178 08 ff02 12a4"},
		{"packed digits, odd", N("x", []Attr{A("id", "12.")}), "00 f803 fc0178 08 ff82 12bf"},
		{"packed hex", N("x", []Attr{A("id", "3EB0C")}), "00 f803 fc0178 08 fb83 3eb0cf"},
		{"raw text", N("x", []Attr{A("id", "3eb0")}), "00 f803 fc0178 08 fc04 33656230"},
		{"data", Bytes("x", nil, []byte{1, 2, 3}), "00 f802 fc0178 fc03 010203"},
		{"empty data", Bytes("x", nil, nil), "00 f802 fc0178 fc00"},
		{"children", N("x", nil, N("message", nil), N("message", nil)), "00 f802 fc0178 f802 f80113 f80113"},
		{"empty attributes left out", N("x", []Attr{A("id", ""), {Key: "to"}}), "00 f801 fc0178"},
	} {
		got, err := Marshal(c.node)
		if err != nil || !bytes.Equal(got, unhex(t, c.hex)) {
			t.Errorf("%s: %x, %v, want %s", c.name, got, err, c.hex)
		}
	}
}

func TestLengthsChangeFormAtTheirBounds(t *testing.T) {
	for size, head := range map[int]string{
		255: "fcff", 256: "fd000100", 1<<20 - 1: "fd0fffff", 1 << 20: "fe00100000",
	} {
		data := bytes.Repeat([]byte{7}, size)
		got, err := Marshal(Bytes("message", nil, data))
		if err != nil || !bytes.HasPrefix(got, unhex(t, "00f80213"+head)) {
			t.Errorf("%d bytes: %x, %v", size, got[:12], err)
		}
		if n, err := Unmarshal(got); err != nil || !bytes.Equal(n.Data, data) {
			t.Errorf("%d bytes do not come back: %v", size, err)
		}
	}
}

func TestAnUploadOf812KeysFitsAndComesBack(t *testing.T) {
	list := N("list", nil)
	for i := range 812 {
		list.Children = append(list.Children, N("key", nil,
			Bytes("id", nil, []byte{0, byte(i >> 8), byte(i)}), Bytes("value", nil, make([]byte, 32))))
	}
	b, err := Marshal(N("iq", nil, list))
	if err != nil {
		t.Fatal(err)
	}
	n, err := Unmarshal(b)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := n.Child("list"); !reflect.DeepEqual(got, list) {
		t.Error("the list came back changed")
	}
}

func TestFormsThatOnlyOthersWriteAreRead(t *testing.T) {
	for _, c := range []struct {
		name, hex string
		want      Node
	}{
		{"text content as a token", "00 f802 13 14", Bytes("message", nil, []byte("result"))},
		{"text content packed", "00 f802 13 ff021234", Bytes("message", nil, []byte("1234"))},
		{"an address as content", "00 f802 13 fa0003", Bytes("message", nil, []byte("s.whatsapp.net"))},
		{"empty list as content", "00 f802 13 00", N("message", nil)},
		{"list of 16-bit size", "00 f90001 13", N("message", nil)},
		{"long form of a short text", "00 f802 13 fe00000001 61", Bytes("message", nil, []byte("a"))},
		{"empty text attribute", "00 f803 13 08 fc00", N("message", nil)},
		{"empty list attribute", "00 f803 13 08 00", N("message", nil)},
	} {
		got, err := Unmarshal(unhex(t, c.hex))
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %#v, %v", c.name, got, err)
		}
	}
}

func TestBrokenStanzasAreRefused(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":                     "",
		"only flags":                  "00",
		"empty list":                  "00 00",
		"no tag":                      "00 f800",
		"tag is an empty list":        "00 f801 00",
		"tag is an address":           "00 f801 fa0003",
		"cut in the tag":              "00 f801 fc05 61",
		"key is an address":           "00 f803 13 fa0003 13",
		"the same key twice":          "00 f805 13 08 13 08 14",
		"more attributes than bytes":  "00 f9ffff 13",
		"more children than bytes":    "00 f802 13 f9ffff f80113",
		"data longer than the rest":   "00 f802 13 fe7fffffff 00",
		"data of 4 GiB":               "00 f802 13 feffffffff 00",
		"bytes left over":             "00 f801 13 00",
		"unknown tag":                 "00 f801 f0",
		"packed padding of nothing":   "00 f803 13 08 ff80",
		"packed pad in the middle":    "00 f803 13 08 ff02 1f11",
		"packed unknown half":         "00 f803 13 08 ff01 1c",
		"unknown JID domain":          "00 f803 13 06 f70501 ff0111",
		"JID without server":          "00 f803 13 06 fa ff0111 00",
		"JID with an @ in it":         "00 f803 13 06 fa fc03 614062 03",
		"interop pair, no integrator": "00 f803 13 06 fa ff0111 fc07 696e7465726f70",
		"Messenger JID of another":    "00 f803 13 06 f6 ff0111 0000 03",
		"JID inside a JID":            "00 f803 13 06 fa fa0003 03",
		"bad zlib":                    "02 010203",
	} {
		if n, err := Unmarshal(unhex(t, text)); !errors.Is(err, ErrStanza) {
			t.Errorf("%s: %v, %v", name, n, err)
		}
	}
}

func TestCompressedStanzasAreReadUpToABound(t *testing.T) {
	plain, err := Marshal(Bytes("message", nil, make([]byte, 100_000)))
	if err != nil {
		t.Fatal(err)
	}
	if n, err := Unmarshal(deflated(plain[1:])); err != nil || len(n.Data) != 100_000 {
		t.Errorf("compressed stanza: %v, %v", n, err)
	}
	bomb := deflated(make([]byte, 64<<20))
	if got := costOfRefusing(t, bomb); got > 6*MaxInflated {
		t.Errorf("a bomb of %d bytes made us allocate %d", len(bomb), got)
	}
}

// costOfRefusing is how many bytes are allocated to find out that b is bad.
func costOfRefusing(t *testing.T, b []byte) uint64 {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := Unmarshal(b)
	runtime.ReadMemStats(&after)
	if !errors.Is(err, ErrStanza) {
		t.Error(err)
	}
	return after.TotalAlloc - before.TotalAlloc
}

func TestListsThatAnnounceMuchAndHoldLittleCostLittle(t *testing.T) {
	open := unhex(t, "f80213f9fff0")
	short := append([]byte{0}, bytes.Repeat(open, maxDepth)...)
	if got := costOfRefusing(t, short); got > 64<<10 {
		t.Errorf("%d bytes made us allocate %d", len(short), got)
	}
	long := append(short, make([]byte, 1<<20)...)
	if got := costOfRefusing(t, long); got > 8<<20 {
		t.Errorf("%d bytes made us allocate %d", len(long), got)
	}
}

func deflated(b []byte) []byte {
	var out bytes.Buffer
	out.WriteByte(flagZlib)
	w := zlib.NewWriter(&out)
	w.Write(b)
	w.Close()
	return out.Bytes()
}

func TestDepthAndNumberOfNodesAreBounded(t *testing.T) {
	deep := N("message", nil)
	for range maxDepth {
		deep = N("message", nil, deep)
	}
	if _, err := Marshal(deep); !errors.Is(err, ErrStanza) {
		t.Errorf("a deep stanza was written: %v", err)
	}
	nested := bytes.Repeat(unhex(t, "f80213f801"), 100_000)
	if _, err := Unmarshal(append([]byte{0}, nested...)); !errors.Is(err, ErrStanza) {
		t.Errorf("a deep stanza was read: %v", err)
	}
	many := Node{Tag: "message", Children: make([]Node, 0xffff)}
	for i := range many.Children {
		many.Children[i].Tag = "message"
	}
	b, err := Marshal(many)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Unmarshal(b); err != nil {
		t.Errorf("%d nodes should pass: %v", len(many.Children)+1, err)
	}
	if b, err = Marshal(N("message", nil, many, many)); err != nil {
		t.Fatal(err)
	}
	if _, err := Unmarshal(b); !errors.Is(err, ErrStanza) {
		t.Errorf("twice as many should not: %v", err)
	}
}

func TestWhatTheFormatCannotCarryIsNotWritten(t *testing.T) {
	for name, n := range map[string]Node{
		"no tag":              N("", nil),
		"data and children":   {Tag: "x", Data: []byte{1}, Children: []Node{N("y", nil)}},
		"no key":              N("x", []Attr{A("", "1")}),
		"too many attributes": N("x", attrsNamed("k", 65)),
		"too many children":   {Tag: "x", Children: make([]Node, 0x10000)},
		"a bad child":         N("x", nil, N("", nil)),
	} {
		if b, err := Marshal(n); !errors.Is(err, ErrStanza) {
			t.Errorf("%s: %x, %v", name, b, err)
		}
	}
}

func attrsNamed(key string, n int) (attrs []Attr) {
	for i := range n {
		attrs = append(attrs, A(key+strings.Repeat("x", i), "1"))
	}
	return attrs
}

func TestAccessorsFindWhatIsThere(t *testing.T) {
	lid := JID{User: "1", Server: ServerLID, Device: 2}
	n := N("iq", []Attr{A("id", "7"), J("from", lid), A("to", "2@lid"), A("odd", "hello")},
		N("usync", nil, N("list", nil, N("user", []Attr{A("n", "1")}), N("other", nil), N("user", []Attr{A("n", "2")}))))
	if n.Attr("id") != "7" || n.Attr("from") != "1:2@lid" || n.Attr("none") != "" {
		t.Error("attributes as text")
	}
	if v, ok := n.Uint("id"); !ok || v != 7 {
		t.Error("attribute as number")
	}
	if j, ok := n.JID("from"); !ok || j != lid {
		t.Error("typed address")
	}
	if j, ok := n.JID("to"); !ok || j != (JID{User: "2", Server: ServerLID}) {
		t.Error("address as text")
	}
	if _, ok := n.JID("odd"); ok {
		t.Error("a word is no address")
	}
	list, ok := n.Path("usync", "list")
	if users := list.ChildrenOf("user"); !ok || len(users) != 2 || users[1].Attr("n") != "2" {
		t.Error("children")
	}
	if _, ok := n.Path("usync", "nothing"); ok {
		t.Error("a path to nothing")
	}
	if m := n.With(A("id", "8")); m.Attr("id") != "8" || n.Attr("id") != "7" {
		t.Error("With must replace in a copy")
	}
}

func TestStringShowsTheStructureButNoPeopleAndNoContent(t *testing.T) {
	n := N("message", []Attr{A("id", "3EB0"), J("to", NewJID("4915550001", ServerUser)), A("notify", "Jane Secret"), A("type", "text\n\x1b[31m")},
		Bytes("enc", []Attr{A("v", "2")}, []byte("the secret")), N("participants", nil, N("to", []Attr{A("jid", "4915550001@lid")})))
	got := n.String()
	for _, secret := range []string{"4915550001", "Jane", "secret", "\n", "\x1b"} {
		if strings.Contains(got, secret) {
			t.Errorf("%q shows %q", got, secret)
		}
	}
	for _, shown := range []string{"<message", "id=3EB0", "to=…@s.whatsapp.net", "10 B", "<participants>"} {
		if !strings.Contains(got, shown) {
			t.Errorf("%q lacks %q", got, shown)
		}
	}
	many := Node{Tag: "list", Children: make([]Node, 10_000)}
	if got := many.String(); len(got) > 2*maxShown {
		t.Errorf("a long stanza takes %d bytes", len(got))
	}
}
