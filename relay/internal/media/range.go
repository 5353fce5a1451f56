package media

import (
	"strconv"
	"strings"
)

// Range is one range of bytes that a client asks for (RFC 9110, section 14.1.2):
// from From to To, both included; without a To, To is -1; without a From, From is
// -1 and To counts from the end.
type Range struct{ From, To int64 }

// ParseRange reads a Range header. Several ranges, another unit and what makes no
// sense are to be ignored, as if there was no header: ok is false.
func ParseRange(header string) (r Range, ok bool) {
	spec, ok := strings.CutPrefix(header, "bytes=")
	if !ok {
		return Range{}, false
	}
	from, to, ok := strings.Cut(spec, "-")
	r = Range{-1, -1}
	if from != "" {
		r.From, ok = number(from, ok)
	}
	if to != "" {
		r.To, ok = number(to, ok)
	}
	return r, ok && (from != "" || to != "") && (r.From < 0 || r.To < 0 || r.From <= r.To)
}

// number reads digits alone.
func number(text string, ok bool) (int64, bool) {
	n, err := strconv.ParseUint(text, 10, 63)
	return int64(n), ok && err == nil //nolint:gosec // of 63 bits
}

// Header is the range as a header.
func (r Range) Header() string {
	text := func(n int64) string {
		if n < 0 {
			return ""
		}
		return strconv.FormatInt(n, 10)
	}
	return "bytes=" + text(r.From) + "-" + text(r.To)
}

// Of returns the bytes of a file that are meant, first and last; false: there are
// none.
func (r Range) Of(size int64) (first, last int64, ok bool) {
	switch {
	case size <= 0:
		return 0, 0, false
	case r.From < 0:
		return max(0, size-r.To), size - 1, r.To > 0
	case r.To < 0:
		return r.From, size - 1, r.From < size
	}
	return r.From, min(r.To, size-1), r.From < size
}

// ParsePart reads the Content-Range header of a part: "bytes 0-9/100".
func ParsePart(header string) (Part, bool) {
	first, last, size, ok := parseContentRange(header)
	return Part{From: first, To: last + 1, Size: size}, ok
}
