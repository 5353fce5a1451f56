package mediaproxy

import (
	"fmt"
	"regexp"
	"strconv"
)

// byteRange is one range of a file. With from < 0 it is the last -from bytes;
// to < 0 means up to the end.
type byteRange struct{ from, to int64 }

var rangeForm = regexp.MustCompile(`^bytes=([0-9]{0,18})-([0-9]{0,18})$`)

// parseRange reads a Range header with one range. Any other is no range: the
// answer is then the whole file, as RFC 9110 allows.
func parseRange(header string) (byteRange, bool) {
	m := rangeForm.FindStringSubmatch(header)
	if m == nil || m[1] == "" && m[2] == "" {
		return byteRange{}, false
	}
	first, _ := strconv.ParseInt(m[1], 10, 64)
	last, _ := strconv.ParseInt(m[2], 10, 64)
	switch {
	case m[1] == "":
		return byteRange{-last, -1}, last > 0
	case m[2] == "":
		return byteRange{first, -1}, true
	}
	return byteRange{first, last}, first <= last
}

func (r byteRange) header() string {
	switch {
	case r.from < 0:
		return fmt.Sprintf("bytes=%d", r.from)
	case r.to < 0:
		return fmt.Sprintf("bytes=%d-", r.from)
	}
	return fmt.Sprintf("bytes=%d-%d", r.from, r.to)
}

// part is what a Content-Range header says: bytes first to last of size; size is
// -1 if it is not told.
type part struct{ first, last, size int64 }

var partForm = regexp.MustCompile(`^bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)$`)

func parsePart(header string) (part, bool) {
	m := partForm.FindStringSubmatch(header)
	if m == nil {
		return part{}, false
	}
	p := part{size: -1}
	p.first, _ = strconv.ParseInt(m[1], 10, 64)
	p.last, _ = strconv.ParseInt(m[2], 10, 64)
	if m[3] != "*" {
		p.size, _ = strconv.ParseInt(m[3], 10, 64)
	}
	return p, p.first <= p.last && (p.size < 0 || p.last < p.size)
}

// answers says whether a part is what was asked for. It may be less, if the file
// ends before.
func (p part) answers(r byteRange) bool {
	switch {
	case r.from < 0:
		return p.size < 0 || p.last == p.size-1 && p.first >= p.size+r.from
	case p.first != r.from:
		return false
	}
	return r.to < 0 || p.last <= r.to
}

func (p part) header() string {
	size := "*"
	if p.size >= 0 {
		size = strconv.FormatInt(p.size, 10)
	}
	return fmt.Sprintf("bytes %d-%d/%s", p.first, p.last, size)
}
