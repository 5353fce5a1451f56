package qr

import (
	"bytes"
	"strings"
	"testing"
)

// The dark module, the finders and the timing are where the standard has them.
func TestACodeHasItsPatterns(t *testing.T) {
	c, err := Encode([]byte("ferry"))
	if err != nil {
		t.Fatal(err)
	}
	if c.Side != 21 {
		t.Fatalf("side %d, want the smallest", c.Side)
	}
	for _, corner := range [][2]int{{0, 0}, {c.Side - 7, 0}, {0, c.Side - 7}} {
		for y := range 7 {
			for x := range 7 {
				ring := max(max(x-3, 3-x), max(y-3, 3-y))
				if want := ring != 2; c.Dark(corner[0]+x, corner[1]+y) != want {
					t.Fatalf("the finder at %v is wrong at %d, %d", corner, x, y)
				}
			}
		}
	}
	for i := 8; i < c.Side-8; i++ {
		if want := i%2 == 0; c.Dark(i, 6) != want || c.Dark(6, i) != want {
			t.Errorf("the timing is wrong at %d", i)
		}
	}
	if !c.Dark(8, c.Side-8) {
		t.Error("there is no dark module")
	}
}

// read is a reader of its own, without error correction: for versions of one
// block at level M, which are 1 and 2 alone.
func read(t *testing.T, c Code) []byte {
	t.Helper()
	format := 0
	for i := range 15 { // along the upper left finder
		x, y := 8, i
		switch {
		case i == 6:
			y = 7
		case i == 7:
			y = 8
		case i == 8:
			x, y = 7, 8
		case i > 8:
			x, y = 14-i, 8
		}
		if c.Dark(x, y) {
			format |= 1 << i
		}
	}
	format ^= 0x5412
	if format>>13 != 0 {
		t.Fatalf("the level is %02b, want 00, which is M", format>>13)
	}
	masks := []func(x, y int) bool{
		func(x, y int) bool { return (x+y)%2 == 0 }, func(_, y int) bool { return y%2 == 0 }, func(x, _ int) bool { return x%3 == 0 },
		func(x, y int) bool { return (x+y)%3 == 0 }, func(x, y int) bool { return (x/3+y/2)%2 == 0 }, func(x, y int) bool { return x*y%2+x*y%3 == 0 },
		func(x, y int) bool { return (x*y%2+x*y%3)%2 == 0 }, func(x, y int) bool { return ((x+y)%2+x*y%3)%2 == 0 },
	}
	mask := masks[format>>10&7]
	fixed := func(x, y int) bool {
		n := c.Side
		return x < 9 && y < 9 || x >= n-8 && y < 9 || x < 9 && y >= n-8 || x == 6 || y == 6 ||
			n > 21 && x >= n-9 && x <= n-5 && y >= n-9 && y <= n-5
	}
	var bits []bool
	up := true
	for right := c.Side - 1; right > 0; right -= 2 {
		if right == 6 {
			right--
		}
		for i := range c.Side {
			y := i
			if up {
				y = c.Side - 1 - i
			}
			for _, x := range []int{right, right - 1} {
				if !fixed(x, y) {
					bits = append(bits, c.Dark(x, y) != mask(x, y))
				}
			}
		}
		up = !up
	}
	take := func(n int) (v int) {
		for _, b := range bits[:n] {
			v <<= 1
			if b {
				v |= 1
			}
		}
		bits = bits[n:]
		return v
	}
	if mode := take(4); mode != 4 {
		t.Fatalf("mode %d, want bytes", mode)
	}
	out := make([]byte, take(8))
	for i := range out {
		out[i] = byte(take(8))
	}
	return out
}

func TestACodeHoldsItsBytes(t *testing.T) {
	for _, want := range [][]byte{{0}, []byte("ferry"), {0x08, 0x02, 0x12, 0xff, 0x00, 0x80}, []byte("a longer text of 26 bytes.")} {
		c, err := Encode(want)
		if err != nil {
			t.Fatal(err)
		}
		if got := read(t, c); !bytes.Equal(got, want) {
			t.Errorf("got %x, want %x", got, want)
		}
	}
}

func TestACodeIsBounded(t *testing.T) {
	for _, n := range []int{0, MaxBytes + 1, 1 << 20} {
		if _, err := Encode(make([]byte, n)); err == nil {
			t.Errorf("%d bytes are taken", n)
		}
	}
	c, err := Encode([]byte(strings.Repeat("\xff", MaxBytes)))
	if err != nil {
		t.Fatal(err)
	}
	raw := c.Marshal()
	if int(raw[0]) != c.Side || len(raw) != 1+(c.Side*c.Side+7)/8 {
		t.Errorf("side %d, %d bytes", c.Side, len(raw))
	}
	if c.Dark(-1, 0) || c.Dark(0, c.Side) || (Code{Side: 21}).Dark(20, 20) {
		t.Error("there is something outside")
	}
}
