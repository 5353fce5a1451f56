package content

import (
	"fmt"
	"io"
)

// maxPad is how many bytes other clients add at most.
const maxPad = 16

// Pad appends 1 to 16 bytes that each hold their number, as WhatsApp's clients
// do so that the length of a text shows less. It reads one byte from random.
func Pad(random io.Reader, b []byte) ([]byte, error) {
	var r [1]byte
	if _, err := io.ReadFull(random, r[:]); err != nil {
		return nil, fmt.Errorf("content: pad: %w", err)
	}
	n := int(r[0])%maxPad + 1
	out := make([]byte, len(b), len(b)+n)
	copy(out, b)
	for range n {
		out = append(out, byte(n))
	}
	return out, nil
}

// Unpad takes off what Pad added; all padding bytes are checked. The result
// shares its memory with b.
func Unpad(b []byte) ([]byte, error) {
	if len(b) == 0 || len(b) > MaxMessage {
		return nil, fmt.Errorf("%w: %d padded bytes", ErrMalformed, len(b))
	}
	n := int(b[len(b)-1])
	if n == 0 || n > len(b) {
		return nil, fmt.Errorf("%w: padding of %d", ErrMalformed, n)
	}
	for _, p := range b[len(b)-n:] {
		if int(p) != n {
			return nil, fmt.Errorf("%w: uneven padding", ErrMalformed)
		}
	}
	return b[:len(b)-n], nil
}
