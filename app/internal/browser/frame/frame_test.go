package frame

import (
	"bytes"
	"errors"
	"testing"
)

func TestAFrameComesBackAsItWas(t *testing.T) {
	for _, f := range []Frame{
		{Op: Bye},
		{Op: Command, ID: 1, Payload: []byte(`{"type":"snapshot"}`)},
		{Op: Reply, ID: 1<<32 - 1, Payload: bytes.Repeat([]byte{0xff}, 70000)},
	} {
		got, err := Parse(f.Marshal())
		if err != nil {
			t.Fatal(err)
		}
		if got.Op != f.Op || got.ID != f.ID || !bytes.Equal(got.Payload, f.Payload) {
			t.Errorf("%#x came back as %#x, id %d, %d octets", f.Op, got.Op, got.ID, len(got.Payload))
		}
	}
}

func TestAShortFrameIsRefused(t *testing.T) {
	for n := range header {
		if _, err := Parse(make([]byte, n)); !errors.Is(err, ErrShort) {
			t.Errorf("%d octets: %v", n, err)
		}
	}
}

func TestEventsComeApartInOrder(t *testing.T) {
	in := [][]byte{[]byte("a"), {}, []byte("ccc")}
	out, err := UnpackEvents(PackEvents(in))
	if err != nil || len(out) != len(in) {
		t.Fatalf("%d events, %v", len(out), err)
	}
	for i := range in {
		if !bytes.Equal(in[i], out[i]) {
			t.Errorf("event %d is %q", i, out[i])
		}
	}
}
