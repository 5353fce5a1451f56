// Package strip takes out of photos what tells where, when and with what they
// were taken: EXIF, XMP, IPTC, comments and whatever else is not the picture.
// What is needed to show the picture stays: its colours (ICC) and which way up
// it is. Pixels are not touched. Memory is bounded; what is malformed is refused,
// never passed on.
package strip

import (
	"bufio"
	"bytes"
	"fmt"
	"io"

	"ferry/app/internal/media"
)

// window is how much of a source is held at a time, in bytes: more than the
// longest segment of a JPEG.
const window = 64 << 10

// Strip reads a JPEG, PNG or WebP of size bytes from src and writes it to dst
// without what it tells about its making. What the bytes are decides, not their
// name. An error that is not one of dst or src is media.ErrUnusable; what was
// written by then is worth nothing.
func Strip(dst io.Writer, src io.ReaderAt, size int64) error {
	head := make([]byte, 12)
	if size < int64(len(head)) {
		return unusable("no picture")
	}
	if _, err := src.ReadAt(head, 0); err != nil && err != io.EOF {
		return fmt.Errorf("strip: %w", err)
	}
	s := &stream{in: bufio.NewReaderSize(io.NewSectionReader(src, 0, size), window), out: bufio.NewWriterSize(dst, window)}
	var err error
	switch {
	case bytes.HasPrefix(head, []byte{0xFF, 0xD8, 0xFF}):
		err = s.jpeg()
	case bytes.HasPrefix(head, []byte(pngMagic)):
		err = s.png(src, size)
	case string(head[:4]) == "RIFF" && string(head[8:]) == "WEBP":
		err = s.webp(src, size)
	default:
		err = unusable("neither JPEG, PNG nor WebP")
	}
	if err != nil {
		return err
	}
	return s.out.Flush()
}

func unusable(why string) error { return fmt.Errorf("%w: %s", media.ErrUnusable, why) }

// stream copies from one end to the other. Its reading turns the end of the
// source into ErrUnusable.
type stream struct {
	in  *bufio.Reader
	out *bufio.Writer
}

func cut(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return unusable("cut off")
	}
	return err
}

func (s *stream) byte() (byte, error) {
	b, err := s.in.ReadByte()
	return b, cut(err)
}

func (s *stream) full(b []byte) error {
	_, err := io.ReadFull(s.in, b)
	return cut(err)
}

func (s *stream) skip(n int64) error {
	_, err := io.CopyN(io.Discard, s.in, n)
	return cut(err)
}

func (s *stream) write(b ...byte) error {
	_, err := s.out.Write(b)
	return err
}
