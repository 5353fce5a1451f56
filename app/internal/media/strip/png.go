package strip

import (
	"encoding/binary"
	"hash/crc32"
	"io"
)

const pngMagic = "\x89PNG\r\n\x1a\n"

// pngShown are the chunks that are not critical but change what is seen (PNG,
// third edition, section 11). All others go: texts, times, EXIF, and what
// programs put in for themselves.
var pngShown = map[string]bool{
	"tRNS": true, "cHRM": true, "gAMA": true, "iCCP": true, "sBIT": true, "sRGB": true, "cICP": true, "mDCV": true, "cLLI": true,
	"bKGD": true, "hIST": true, "pHYs": true, "acTL": true, "fcTL": true, "fdAT": true,
}

// maxExif bounds the EXIF block of a PNG or WebP that is looked at, in bytes.
const maxExif = 1 << 20

// png passes on the chunks that make the picture.
func (s *stream) png(src io.ReaderAt, size int64) error {
	if err := s.skip(int64(len(pngMagic))); err != nil {
		return err
	}
	if err := s.write([]byte(pngMagic)...); err != nil {
		return err
	}
	at := int64(len(pngMagic))
	for first := true; ; first = false {
		var head [8]byte
		if err := s.full(head[:]); err != nil {
			return err
		}
		n, kind := int64(binary.BigEndian.Uint32(head[:])), string(head[4:])
		if n > 1<<31-1 || at+12+n > size || !letters(kind) || first != (kind == "IHDR") {
			return unusable("a chunk out of place")
		}
		critical := kind[0]&0x20 == 0
		if critical && kind != "IHDR" && kind != "PLTE" && kind != "IDAT" && kind != "IEND" {
			return unusable("a chunk of another kind of picture")
		}
		var err error
		switch {
		case critical || pngShown[kind]:
			err = s.chunk(head, n)
		default:
			if kind == "eXIf" && n <= maxExif {
				err = s.pngTurn(src, at+8, int(n))
			}
			if err == nil {
				err = s.skip(n + 4)
			}
		}
		if err != nil || kind == "IEND" {
			return err
		}
		at += 12 + n
	}
}

func letters(kind string) bool {
	for i := range len(kind) {
		if c := kind[i] | 0x20; c < 'a' || c > 'z' {
			return false
		}
	}
	return true
}

// chunk copies a chunk, whose checksum must be right.
func (s *stream) chunk(head [8]byte, n int64) error {
	if err := s.write(head[:]...); err != nil {
		return err
	}
	sum := crc32.NewIEEE()
	sum.Write(head[4:])
	if _, err := io.CopyN(io.MultiWriter(s.out, sum), s.in, n); err != nil {
		return cut(err)
	}
	var tail [4]byte
	if err := s.full(tail[:]); err != nil {
		return err
	}
	if binary.BigEndian.Uint32(tail[:]) != sum.Sum32() {
		return unusable("a chunk with a wrong checksum")
	}
	return s.write(tail[:]...)
}

// pngTurn keeps of an EXIF block which way up the picture is.
func (s *stream) pngTurn(src io.ReaderAt, at int64, n int) error {
	tiff := make([]byte, n)
	if _, err := src.ReadAt(tiff, at); err != nil && err != io.EOF {
		return err
	}
	o := orientation(tiff)
	if o == 1 {
		return nil
	}
	body := onlyOrientation(o)
	b := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	b = append(append(b, "eXIf"...), body...)
	return s.write(binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))...)
}
