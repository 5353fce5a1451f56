// Package canary searches for something that must not be somewhere: a text or a number, in all the forms in which a
// program could have written it down.
package canary

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/andybalholm/brotli"
)

// Quarry is what is searched for: its name, and its forms by their names.
type Quarry struct {
	Name  string
	forms map[string][]byte
}

// Text is a quarry of letters, long enough not to occur by chance.
func Text(name, text string) Quarry {
	q := Quarry{name, map[string][]byte{}}
	q.add("", []byte(text))
	return q
}

// Number is a quarry of decimal digits: a phone number or the user of an address. Clients write it as text, in two
// digits a byte, and as an integer.
func Number(name, digits string) Quarry {
	q := Text(name, digits)
	q.add("packed ", pack(digits))
	if n, err := strconv.ParseUint(digits, 10, 64); err == nil {
		q.forms["little-endian integer"] = bytes.TrimRight(binary.LittleEndian.AppendUint64(nil, n), "\x00")
		q.forms["big-endian integer"] = bytes.TrimLeft(binary.BigEndian.AppendUint64(nil, n), "\x00")
		q.forms["varint"] = binary.AppendUvarint(nil, n)
		q.forms["hex integer"] = []byte(strconv.FormatUint(n, 16))
	}
	return q
}

// pack puts two digits into a byte, as the binary XML of stanzas does. Of an odd number the last is left out, since
// what fills the byte is not certain.
func pack(digits string) []byte {
	packed, _ := hex.DecodeString(digits[:len(digits)/2*2])
	return packed
}

func (q Quarry) add(kind string, b []byte) {
	q.forms[kind+"raw"] = b
	q.forms[kind+"hex"] = []byte(hex.EncodeToString(b))
	q.forms[kind+"HEX"] = []byte(strings.ToUpper(hex.EncodeToString(b)))
	q.forms[kind+"reversed"] = reversed(b)
	var percent, upper, escaped strings.Builder
	for _, c := range b {
		fmt.Fprintf(&percent, "%%%02x", c)
		fmt.Fprintf(&upper, "%%%02X", c)
		fmt.Fprintf(&escaped, `\u%04x`, c)
	}
	q.forms[kind+"percent-encoded"] = []byte(percent.String())
	q.forms[kind+"PERCENT-ENCODED"] = []byte(upper.String())
	q.forms[kind+"escaped"] = []byte(escaped.String())
	var little, big []byte
	for _, u := range utf16.Encode([]rune(string(b))) {
		little, big = binary.LittleEndian.AppendUint16(little, u), binary.BigEndian.AppendUint16(big, u)
	}
	q.forms[kind+"UTF-16LE"], q.forms[kind+"UTF-16BE"] = little, big
	for shift := range 3 {
		q.forms[fmt.Sprintf("%sbase64 at %d", kind, shift)] = aligned(base64.RawStdEncoding, b, shift)
		q.forms[fmt.Sprintf("%sbase64url at %d", kind, shift)] = aligned(base64.RawURLEncoding, b, shift)
	}
}

func reversed(b []byte) []byte {
	r := bytes.Clone(b)
	slices.Reverse(r)
	return r
}

// aligned is the part of the base64 form that does not depend on what stands before and after b, if as many bytes as
// shift stand before it.
func aligned(e *base64.Encoding, b []byte, shift int) []byte {
	text := []byte(e.EncodeToString(append(make([]byte, shift), b...)))
	first := (shift*8 + 5) / 6
	last := (shift + len(b)) * 8 / 6
	return text[first:last]
}

// Find lists the forms in which a quarry occurs in b, or in what is compressed in b.
func Find(b []byte, q Quarry) (found []string) {
	for _, part := range append([][]byte{b}, unpack(b)...) {
		for name, form := range q.forms {
			if bytes.Contains(part, form) && !slices.Contains(found, name) {
				found = append(found, name)
			}
		}
	}
	slices.Sort(found)
	return found
}

// Unpacking is bounded: what starts like a compressed stream by chance mostly ends at once.
const (
	maxUnpacked = 1 << 20
	minUnpacked = 8
)

// unpack returns what is compressed inside b, wherever it begins. Brotli and bare deflate have no mark at their
// beginning, so they are only looked for where a message or a file begins.
func unpack(b []byte) (all [][]byte) {
	keep := func(r io.Reader, err error) {
		if err != nil {
			return
		}
		part, _ := io.ReadAll(io.LimitReader(r, maxUnpacked)) // what came before an error counts
		if len(part) >= minUnpacked {
			all = append(all, part)
		}
	}
	for i := range b {
		switch rest := b[i:]; {
		case len(rest) < minUnpacked:
		case rest[0]&0x0f == 8 && binary.BigEndian.Uint16(rest)%31 == 0: // RFC 1950
			keep(zlib.NewReader(bytes.NewReader(rest)))
		case rest[0] == 0x1f && rest[1] == 0x8b && rest[2] == 8: // RFC 1952
			keep(gzip.NewReader(bytes.NewReader(rest)))
		}
	}
	keep(flate.NewReader(bytes.NewReader(b)), nil)
	keep(brotli.NewReader(bytes.NewReader(b)), nil)
	return all
}

// Place is something that can be searched.
type Place struct {
	Name  string
	Bytes []byte
}

// Dir lists the files of a folder, each as a place with its path, which counts as well.
func Dir(name, dir string) (all []Place, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		inside, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		all = append(all, Place{name + "/" + inside, append([]byte(inside+"\n"), b...)})
		return nil
	})
	return all, err
}
