package media

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"syscall/js"
	"testing"

	"ferry/app/internal/browser/jsx"
)

// TestThreeStreamsAreHashedAsOneByOne goes around the edges of blocks and of the
// parts that are taken in at a time.
func TestThreeStreamsAreHashedAsOneByOne(t *testing.T) {
	const part = 128 << 10
	rnd := rand.NewChaCha8([32]byte{1})
	random := func(n int) []byte {
		b := make([]byte, n)
		_, _ = rnd.Read(b) // never fails
		return b
	}
	for _, c := range []struct{ slices, each, plain, file int }{
		{0, 0, 0, 0}, {0, 0, 0, 16}, {0, 0, 1, 16}, {0, 0, 55, 64}, {0, 0, 56, 64}, {0, 0, 63, 64}, {0, 0, 64, 80}, {0, 0, 65, 80},
		{1, 64, 0, 16}, {1, part - 64, 100, 112}, {1, part, 0, 0}, {2, part + 64, part, part + 16}, {1, 3 * part, part + 1, part + 16},
	} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			lead, before, more := random(64), random(16), random(10)
			three := js.Global().Get("ferryLanes").Call("three", jsx.Uint8(lead), jsx.Uint8(before))
			var plain, file []byte
			push := func(a, b []byte) {
				three.Call("push", jsx.Uint8(a), jsx.Uint8(b))
				plain, file = append(plain, a...), append(file, b...)
			}
			for range c.slices {
				push(random(c.each), random(c.each))
			}
			push(random(c.plain), random(c.file))
			third := bytesOf(three.Call("third"))
			for name, v := range map[string][2][]byte{
				"third":  {third, append(append(lead, before...), file...)},
				"first":  {bytesOf(three.Call("first")), plain},
				"lone":   {bytesOf(three.Call("alone", jsx.Uint8(plain))), plain},
				"second": {bytesOf(three.Call("second", jsx.Uint8(more))), append(bytes.Clone(file), more...)},
			} {
				if want := sha256.Sum256(v[1]); !bytes.Equal(v[0], want[:]) {
					t.Errorf("the %s hash is %x, want %x", name, v[0], want)
				}
			}
		})
	}
}

func bytesOf(v js.Value) []byte {
	b := make([]byte, v.Length())
	js.CopyBytesToGo(b, v)
	return b
}
