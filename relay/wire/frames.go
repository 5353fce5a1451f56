package wire

import (
	"context"
	"errors"
	"fmt"
)

// Errors of the framing.
var (
	ErrFrameTooBig = errors.New("wire: frame too big")
	ErrHeader      = errors.New("wire: bad connection header")
)

// Pipe is a stream of bytes in chunks: a browser's WebSocket, a server's, or
// a TCP connection. One reader and one writer at a time.
type Pipe interface {
	// Read returns the next chunk, cut anywhere. The caller owns it.
	Read(ctx context.Context) ([]byte, error)
	// Write sends b, on a WebSocket as exactly one message: open clients break
	// on a frame that is continued in a second message. It does not keep b.
	Write(ctx context.Context, b []byte) error
	// Close gives up the connection; pending reads and writes return.
	Close(reason string) error
}

const lengthSize = 3

// appendFrameHead makes room for the length, which putLength fills in.
func appendFrameHead(dst []byte) []byte { return append(dst, 0, 0, 0) }

func putLength(b []byte, n int) { b[0], b[1], b[2] = byte(n>>16), byte(n>>8), byte(n) }

// AppendFrame appends payload as one frame to dst.
func AppendFrame(dst, payload []byte) ([]byte, error) {
	if len(payload) > MaxFrame {
		return nil, ErrFrameTooBig
	}
	at := len(dst)
	dst = append(appendFrameHead(dst), payload...)
	putLength(dst[at:], len(payload))
	return dst, nil
}

// frameReader cuts the stream back into frames. Its buffer grows with what
// has come in, never with what a length announces.
type frameReader struct {
	pipe Pipe
	buf  []byte
	most int
}

// next returns the next frame; the caller owns it.
func (r *frameReader) next(ctx context.Context) ([]byte, error) {
	if err := r.fill(ctx, lengthSize); err != nil {
		return nil, err
	}
	size := int(r.buf[0])<<16 | int(r.buf[1])<<8 | int(r.buf[2])
	if size > r.most {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrFrameTooBig, size, r.most)
	}
	if err := r.fill(ctx, lengthSize+size); err != nil {
		return nil, err
	}
	return r.cut(lengthSize + size)[lengthSize:], nil
}

// fill reads until n bytes are there.
func (r *frameReader) fill(ctx context.Context, n int) error {
	for len(r.buf) < n {
		chunk, err := r.pipe.Read(ctx)
		if err != nil {
			return err
		}
		if len(r.buf) == 0 {
			r.buf = chunk[:len(chunk):len(chunk)] // what lies behind it is not ours to append to
		} else {
			r.buf = append(r.buf, chunk...)
		}
	}
	return nil
}

// cut takes the first n bytes, which must be there.
func (r *frameReader) cut(n int) []byte {
	p := r.buf[:n:n]
	if r.buf = r.buf[n:]; len(r.buf) == 0 {
		r.buf = nil
	}
	return p
}
