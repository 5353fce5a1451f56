// Package ogg turns what browsers record into what WhatsApp plays: Opus in Ogg
// (RFC 3533, RFC 7845). Recordings in WebM are put into other wrapping, packet
// by packet; nothing is encoded again. Memory is bounded, and so is what is
// believed of the source.
package ogg

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"time"

	"ferry/app/internal/media"
)

// Bounds of a recording.
const (
	maxPacket  = 61440             // bytes: 48 frames of 1275 and their lengths, rounded up (RFC 6716, section 3.4)
	maxSamples = 24 * 3600 * 48000 // a day
	maxPrivate = 1 << 10           // bytes of the OpusHead
)

func unusable(why string) error { return fmt.Errorf("%w: %s", media.ErrUnusable, why) }

// Remux reads a recording of one Opus track, in WebM or in Ogg, and writes it
// as Ogg. It returns how long it plays. Serial tells the stream from others.
// Errors that are not those of dst or src are media.ErrUnusable.
func Remux(dst io.Writer, src io.Reader, serial uint32) (time.Duration, error) {
	in := bufio.NewReaderSize(src, 64<<10)
	magic, err := in.Peek(4)
	if err != nil {
		return 0, cut(err)
	}
	out := bufio.NewWriterSize(dst, 64<<10)
	w := &writer{out: out, serial: serial}
	switch {
	case string(magic) == capture:
		err = fromOgg(in, w)
	case bytes.Equal(magic, []byte{0x1A, 0x45, 0xDF, 0xA3}):
		err = fromWebM(in, w)
	default:
		err = unusable("neither WebM nor Ogg")
	}
	if err == nil {
		err = w.close()
	}
	if err != nil {
		return 0, err
	}
	return w.duration(), out.Flush()
}

func cut(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return unusable("cut off")
	}
	return err
}

// fromOgg wraps the packets of an Ogg file anew.
func fromOgg(in *bufio.Reader, w *writer) error {
	r := NewReader(in)
	head, err := r.Packet()
	if err != nil {
		return cut(err)
	}
	if err := w.begin(head); err != nil {
		return err
	}
	if tags, err := r.Packet(); err != nil || !bytes.HasPrefix(tags, []byte("OpusTags")) {
		if err == nil {
			err = unusable("no tags")
		}
		return cut(err)
	}
	for {
		p, err := r.Packet()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := w.packet(p); err != nil {
			return err
		}
	}
}

// checkHead verifies an identification header (RFC 7845, section 5.1) and gives
// its pre-skip. Only what one decoder plays is taken: mono or stereo.
func checkHead(head []byte) (preSkip int64, err error) {
	if len(head) < 19 || len(head) > maxPrivate || string(head[:8]) != "OpusHead" || head[8]&0xF0 != 0 {
		return 0, unusable("no Opus header")
	}
	if channels := head[9]; channels < 1 || channels > 2 || head[18] != 0 {
		return 0, unusable("more than two channels")
	}
	return int64(binary.LittleEndian.Uint16(head[10:])), nil
}

// samples counts what a packet plays, at 48 kHz, from its first two bytes (RFC
// 6716, section 3.1).
func samples(p []byte) (int64, error) {
	if len(p) == 0 || len(p) > maxPacket {
		return 0, unusable("no Opus packet")
	}
	var frame int64
	switch config := p[0] >> 3; {
	case config < 12: // SILK: 10, 20, 40, 60 ms
		frame = []int64{480, 960, 1920, 2880}[config&3]
	case config < 16: // hybrid: 10, 20 ms
		frame = []int64{480, 960}[config&1]
	default: // CELT: 2.5, 5, 10, 20 ms
		frame = 120 << (config & 3)
	}
	count := int64(2)
	switch p[0] & 3 {
	case 0:
		count = 1
	case 3:
		if len(p) < 2 {
			return 0, unusable("no Opus packet")
		}
		count = int64(p[1] & 0x3F)
	}
	if n := frame * count; n > 0 && n <= 5760 { // 120 ms
		return n, nil
	}
	return 0, unusable("no Opus packet")
}
