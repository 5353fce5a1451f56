package strip

import (
	"encoding/binary"
	"io"
)

// webpShown are the chunks that make the picture (RFC 9649, section 2.7).
var webpShown = map[string]bool{
	"VP8 ": true, "VP8L": true, "VP8X": true, "ALPH": true, "ANIM": true, "ANMF": true, "ICCP": true,
}

// Flags of VP8X.
const (
	webpExif = 0x08
	webpXMP  = 0x04
)

// webpPlan is what is written of a WebP: its length stands at the front.
type webpPlan struct {
	length int64 // of the RIFF, its own eight bytes not counted
	turn   byte
}

// webp passes on the chunks that make the picture, in a second pass over the
// source: the first finds out how long the result will be.
func (s *stream) webp(src io.ReaderAt, size int64) error {
	var head [12]byte
	if err := s.full(head[:]); err != nil {
		return err
	}
	end := int64(binary.LittleEndian.Uint32(head[4:])) + 8
	if end > size {
		return unusable("cut off")
	}
	plan, err := planWebP(src, end)
	if err != nil {
		return err
	}
	binary.LittleEndian.PutUint32(head[4:], uint32(plan.length))
	if err := s.write(head[:]...); err != nil {
		return err
	}
	for at := int64(12); at+8 <= end; {
		var h [8]byte
		if err := s.full(h[:]); err != nil {
			return err
		}
		n := padded(h)
		at += 8 + n
		if !webpShown[string(h[:4])] {
			if err := s.skip(n); err != nil {
				return err
			}
			continue
		}
		if err := s.webpChunk(h, n, plan); err != nil {
			return err
		}
	}
	if plan.turn == 1 {
		return nil
	}
	return s.write(webpTurn(plan.turn)...)
}

func webpTurn(o byte) []byte {
	body := onlyOrientation(o) // of an even length
	return append(binary.LittleEndian.AppendUint32([]byte("EXIF"), uint32(len(body))), body...)
}

// padded is the length of a chunk's body in the file.
func padded(head [8]byte) int64 {
	n := int64(binary.LittleEndian.Uint32(head[4:]))
	return n + n&1
}

// planWebP looks at all chunks.
func planWebP(src io.ReaderAt, end int64) (webpPlan, error) {
	plan := webpPlan{length: 4, turn: 1}
	picture, extended := false, false
	for at := int64(12); at < end; {
		var h [8]byte
		if _, err := src.ReadAt(h[:], at); err != nil {
			return plan, cut(err)
		}
		kind, n := string(h[:4]), padded(h)
		if at+8+n > end {
			return plan, unusable("a chunk longer than the file")
		}
		switch kind {
		case "VP8 ", "VP8L", "ANMF":
			picture = true
		case "VP8X":
			if extended = true; at != 12 || n != 10 {
				return plan, unusable("a chunk out of place")
			}
		case "EXIF":
			if n <= maxExif {
				tiff := make([]byte, n)
				if _, err := src.ReadAt(tiff, at+8); err != nil && err != io.EOF {
					return plan, err
				}
				plan.turn = orientation(tiff)
			}
		}
		if webpShown[kind] {
			plan.length += 8 + n
		}
		at += 8 + n
	}
	if !picture {
		return plan, unusable("no picture")
	}
	if !extended {
		plan.turn = 1 // nothing may say so
	}
	if plan.turn != 1 {
		plan.length += int64(len(webpTurn(plan.turn)))
	}
	return plan, nil
}

// webpChunk copies a chunk; the flags of VP8X follow what is left.
func (s *stream) webpChunk(h [8]byte, n int64, plan webpPlan) error {
	if err := s.write(h[:]...); err != nil {
		return err
	}
	if string(h[:4]) == "VP8X" {
		flags, err := s.byte()
		if err != nil {
			return err
		}
		flags &^= webpExif | webpXMP
		if plan.turn != 1 {
			flags |= webpExif
		}
		if err := s.write(flags); err != nil {
			return err
		}
		n--
	}
	_, err := io.CopyN(s.out, s.in, n)
	return cut(err)
}
