package view

import (
	"strconv"
	"strings"
)

// SafetyGroups are a safety number's twelve groups of five digits; nil if it is
// none.
func SafetyGroups(digits string) []string {
	if len(digits) != 60 || strings.Trim(digits, "0123456789") != "" {
		return nil
	}
	out := make([]string, 12)
	for i := range out {
		out[i] = digits[5*i : 5*i+5]
	}
	return out
}

// Square is a code to scan as an SVG path of unit squares, with Side of them in
// a row; the margin that scanners need is not in it.
type Square struct {
	Side int
	Path string
}

// SquareOf reads what model.SafetyNumber.Drawn holds; false if it is no code.
func SquareOf(drawn []byte) (Square, bool) {
	if len(drawn) == 0 {
		return Square{}, false
	}
	side := int(drawn[0])
	if side < 21 || side > 177 || len(drawn) != 1+(side*side+7)/8 {
		return Square{}, false
	}
	dark := func(x, y int) bool {
		at := y*side + x
		return drawn[1+at/8]&(0x80>>(at%8)) != 0
	}
	var b strings.Builder
	for y := range side {
		for x := 0; x < side; x++ {
			if !dark(x, y) {
				continue
			}
			from := x
			for x+1 < side && dark(x+1, y) {
				x++
			}
			run := strconv.Itoa(x + 1 - from)
			b.WriteString("M" + strconv.Itoa(from) + " " + strconv.Itoa(y) + "h" + run + "v1h-" + run + "z")
		}
	}
	return Square{side, b.String()}, true
}
