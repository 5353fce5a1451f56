package tunnel

import (
	"encoding/binary"
	"errors"
)

// Opcodes, RFC 6455 section 5.2.
const (
	opContinuation = 0x0
	opText         = 0x1
	opBinary       = 0x2
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xA
)

const (
	maxHeader  = 14                     // two bytes, eight of length, four of mask
	maxControl = 125                    // payload of a control frame, RFC 6455 section 5.5
	maxCarry   = maxHeader + maxControl // bytes kept from one read to the next
)

var (
	errBadFrame    = errors.New("bad frame")
	errFrameTooBig = errors.New("message too big")
)

// header is the head of one frame.
type header struct {
	fin    bool
	op     byte
	length uint64 // of the payload
	size   int    // of the header itself, in bytes
	key    [4]byte
}

func (h header) control() bool { return h.op >= opClose }

// parseHeader reads the frame header at the start of b. It returns false if b
// ends before the header does. The mask bit must be set exactly if masked is.
func parseHeader(b []byte, masked bool) (h header, complete bool, err error) {
	if len(b) < 2 {
		return h, false, nil
	}
	h.fin, h.op, h.size = b[0]&0x80 != 0, b[0]&0x0F, 2
	h.length = uint64(b[1] & 0x7F)
	if b[0]&0x70 != 0 || b[1]&0x80 != 0 != masked { // no extension was agreed on
		return h, false, errBadFrame
	}
	switch h.op {
	case opContinuation, opBinary:
	case opClose, opPing, opPong:
		if !h.fin || h.length > maxControl {
			return h, false, errBadFrame
		}
	default: // text as well: the tunnel carries bytes
		return h, false, errBadFrame
	}
	switch h.length {
	case 126:
		h.size += 2
	case 127:
		h.size += 8
	}
	if masked {
		h.size += 4
	}
	if len(b) < h.size {
		return h, false, nil
	}
	switch h.length {
	case 126:
		h.length = uint64(binary.BigEndian.Uint16(b[2:]))
	case 127:
		h.length = binary.BigEndian.Uint64(b[2:])
	}
	if masked {
		copy(h.key[:], b[h.size-4:])
	}
	return h, true, nil
}

// scanner follows one direction of a WebSocket through its frame headers. It
// sees every byte once and keeps nothing but counters.
type scanner struct {
	masked  bool   // frames of this direction must be masked (they come from a client)
	max     uint64 // bytes of a message's payload; 0: no bound
	left    uint64 // payload of the current data frame that is still to come
	message uint64 // payload so far of the message that is not finished
	open    bool   // a fragmented message awaits its continuation
	frames  uint64 // data frames begun, for the rate limit
}

// atBoundary reports whether the next byte starts a frame.
func (s *scanner) atBoundary() bool { return s.left == 0 }

// data returns how many bytes at the start of b belong to data frames and may be
// passed on as they are. It stops before a control frame, before a header that is
// not complete, and before the first violation, which it returns.
func (s *scanner) data(b []byte) (n int, err error) {
	for n < len(b) {
		if s.left == 0 && !s.open {
			if n = s.whole(b, n); n == len(b) {
				break
			}
		}
		if s.left > 0 {
			step := min(s.left, uint64(len(b)-n))
			s.left -= step
			n += int(step)
			continue
		}
		h, complete, err := parseHeader(b[n:], s.masked)
		if err != nil || !complete || h.control() {
			return n, err
		}
		if err := s.begin(h); err != nil {
			return n, err
		}
		n += h.size
	}
	return n, nil
}

// whole skips from n over frames that are a message each and lie whole in b: nearly
// all frames are, and this takes a third of the time of looking at them in full.
// Whatever is unusual about a frame, it stops before it.
func (s *scanner) whole(b []byte, n int) int {
	mask, key := byte(0), 0
	if s.masked {
		mask, key = 0x80, 4
	}
	frames := uint64(0)
	for len(b)-n >= 4 && b[n] == 0x80|opBinary && b[n+1]&0x80 == mask {
		length, size := int(b[n+1]&0x7F), 2+key
		if length > 125 {
			if length == 127 {
				break
			}
			length, size = int(b[n+2])<<8|int(b[n+3]), 4+key
		}
		if size+length > len(b)-n || s.max > 0 && uint64(length) > s.max {
			break
		}
		n += size + length
		frames++
	}
	s.frames += frames
	return n
}

// begin accounts for the header of a data frame.
func (s *scanner) begin(h header) error {
	if (h.op == opContinuation) != s.open {
		return errBadFrame
	}
	if s.message += h.length; s.message < h.length || s.max > 0 && s.message > s.max {
		return errFrameTooBig
	}
	s.left, s.open = h.length, !h.fin
	s.frames++
	if h.fin {
		s.message = 0
	}
	return nil
}

// control returns the control frame at the start of b with its payload in the
// clear (in place), and its length in bytes; 0 if b ends before the frame does.
func (s *scanner) control(b []byte) (h header, payload []byte, n int, err error) {
	h, complete, err := parseHeader(b, s.masked)
	if err != nil || !complete || uint64(len(b)-h.size) < h.length {
		return h, nil, 0, err
	}
	n = h.size + int(h.length)
	payload = b[h.size:n]
	if s.masked {
		unmask(payload, h.key, 0)
	}
	if h.op == opClose && !validClose(payload) {
		return h, nil, 0, errBadFrame
	}
	return h, payload, n, nil
}

// validClose checks a close frame's payload, RFC 6455 section 7.4.
func validClose(p []byte) bool {
	if len(p) == 0 {
		return true
	}
	if len(p) == 1 {
		return false
	}
	code := binary.BigEndian.Uint16(p)
	switch {
	case code >= 1000 && code <= 1003, code >= 1007 && code <= 1014, code >= 3000 && code <= 4999:
		return true
	}
	return false
}

// unmask applies the key to b, whose first byte is the payload's byte number at.
func unmask(b []byte, key [4]byte, at uint64) {
	k := [8]byte{}
	for i := range k {
		k[i] = key[(at+uint64(i))&3]
	}
	word := binary.LittleEndian.Uint64(k[:])
	i := 0
	for ; i+8 <= len(b); i += 8 {
		binary.LittleEndian.PutUint64(b[i:], binary.LittleEndian.Uint64(b[i:])^word)
	}
	for ; i < len(b); i++ {
		b[i] ^= k[i&7]
	}
}

// appendHeader appends the header of a final frame.
func appendHeader(dst []byte, op byte, length int, masked bool, key [4]byte) []byte {
	bit := byte(0)
	if masked {
		bit = 0x80
	}
	dst = append(dst, 0x80|op)
	switch {
	case length <= maxControl:
		dst = append(dst, bit|byte(length))
	case length <= 0xFFFF:
		dst = binary.BigEndian.AppendUint16(append(dst, bit|126), uint16(length))
	default:
		dst = binary.BigEndian.AppendUint64(append(dst, bit|127), uint64(length))
	}
	if masked {
		dst = append(dst, key[:]...)
	}
	return dst
}

// appendFrame appends a whole final frame.
func appendFrame(dst []byte, op byte, payload []byte, masked bool, key [4]byte) []byte {
	dst = appendHeader(dst, op, len(payload), masked, key)
	start := len(dst)
	dst = append(dst, payload...)
	if masked {
		unmask(dst[start:], key, 0)
	}
	return dst
}

// closePayload is the payload of a close frame.
func closePayload(code uint16, text string) []byte {
	return append(binary.BigEndian.AppendUint16(nil, code), text[:min(len(text), maxControl-2)]...)
}
