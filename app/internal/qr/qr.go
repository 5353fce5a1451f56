// Package qr draws bytes as the squares of a QR code (ISO/IEC 18004). The engine
// does so, for the page to stay small; the page makes SVG of them.
package qr

import (
	"fmt"
	"math"

	"rsc.io/qr/coding"
)

// MaxBytes bounds what Encode takes: a code of more is hard to scan from a screen.
const MaxBytes = 300

// Code is a square of modules.
type Code struct {
	Side int    // modules
	Bits []byte // row by row, the first module in the highest bit; 1 is dark
}

// Encode makes the smallest code that holds all of data as bytes, at error
// correction level M, with the mask that the standard prefers.
func Encode(data []byte) (Code, error) {
	if len(data) == 0 || len(data) > MaxBytes {
		return Code{}, fmt.Errorf("qr: %d bytes, want 1 to %d", len(data), MaxBytes)
	}
	text := coding.String(data)
	version := coding.Version(coding.MinVersion)
	for text.Bits(version) > version.DataBytes(coding.M)*8 {
		version++
	}
	var best Code
	least := math.MaxInt
	for mask := range coding.Mask(8) {
		plan, err := coding.NewPlan(version, coding.M, mask)
		if err != nil {
			return Code{}, fmt.Errorf("qr: %w", err)
		}
		drawn, err := plan.Encode(text)
		if err != nil {
			return Code{}, fmt.Errorf("qr: %w", err)
		}
		code := pack(drawn)
		if p := code.penalty(); p < least {
			best, least = code, p
		}
	}
	return best, nil
}

func pack(drawn *coding.Code) Code {
	c := Code{Side: drawn.Size, Bits: make([]byte, (drawn.Size*drawn.Size+7)/8)}
	for y := range c.Side {
		for x := range c.Side {
			if drawn.Black(x, y) {
				at := y*c.Side + x
				c.Bits[at/8] |= 0x80 >> (at % 8)
			}
		}
	}
	return c
}

// Dark tells whether a module is dark; those outside are not.
func (c Code) Dark(x, y int) bool {
	if x < 0 || y < 0 || x >= c.Side || y >= c.Side {
		return false
	}
	at := y*c.Side + x
	return at/8 < len(c.Bits) && c.Bits[at/8]&(0x80>>(at%8)) != 0
}

// Marshal gives one byte, the side, and then the bits.
func (c Code) Marshal() []byte { return append([]byte{byte(c.Side)}, c.Bits...) }

// penalty is how much in a code confuses scanners (ISO/IEC 18004, section 7.8.3):
// runs and blocks of one colour, what looks like a finder, and an uneven share.
func (c Code) penalty() int {
	sum, dark := 0, 0
	for y := range c.Side {
		sum += runs(c.Side, func(i int) bool { return c.Dark(i, y) }) + runs(c.Side, func(i int) bool { return c.Dark(y, i) })
		for x := range c.Side {
			here := c.Dark(x, y)
			if here {
				dark++
			}
			if x > 0 && y > 0 && here == c.Dark(x-1, y) && here == c.Dark(x, y-1) && here == c.Dark(x-1, y-1) {
				sum += 3
			}
		}
	}
	percent := dark * 100 / (c.Side * c.Side)
	return sum + 10*(max(percent-50, 50-percent)/5)
}

// runs weighs one row or column.
func runs(n int, dark func(int) bool) int {
	sum, run, window := 0, 0, 0
	for i := range n {
		if i > 0 && dark(i) == dark(i-1) {
			run++
		} else {
			run = 1
		}
		switch {
		case run == 5:
			sum += 3
		case run > 5:
			sum++
		}
		window = window << 1 & 0x7ff
		if dark(i) {
			window |= 1
		}
		if i >= 10 && (window == 0x05d || window == 0x5d0) { // 1:1:3:1:1 beside four light ones
			sum += 40
		}
	}
	return sum
}
