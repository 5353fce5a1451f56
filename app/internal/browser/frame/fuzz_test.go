//go:build !js

package frame

import (
	"bytes"
	"testing"
)

func FuzzUnpackEvents(f *testing.F) {
	f.Add(PackEvents([][]byte{[]byte("x"), []byte("yy")}))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		events, err := UnpackEvents(b)
		if err == nil && !bytes.Equal(PackEvents(events), b) {
			t.Error("does not pack to the same octets")
		}
	})
}
