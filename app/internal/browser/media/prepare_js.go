// Package media keeps and moves the bytes of attachments in the browser. Bytes
// are the scripts' business (web/static/js: keep, crypt, move, files), where
// WebCrypto is; here is who asks them, with which keys.
package media

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"syscall/js"

	"ferry/app/internal/browser/jsx"
	"ferry/app/internal/media"
	"ferry/app/internal/media/ogg"
	"ferry/app/internal/media/strip"
)

// MaxPrepare is the largest source that is prepared, in bytes.
const MaxPrepare = 64 << 20

// prepare gives what is to be encrypted in place of a source, and the seconds
// of a recording.
func prepare(source js.Value, prep media.Prepare) (js.Value, int, error) {
	if prep == media.AsIs {
		return source, 0, nil
	}
	size := sizeOf(source)
	if size > MaxPrepare {
		return source, 0, fmt.Errorf("%w: too large to prepare", media.ErrUnusable)
	}
	in, out := blobReader{source}, &blobWriter{}
	switch prep {
	case media.Strip:
		if isGIF(in) {
			return source, 0, nil // knows nothing of cameras and places
		}
		if err := strip.Strip(out, in, size); err != nil {
			return source, 0, err
		}
		return out.blob(), 0, nil
	case media.Ogg:
		length, err := ogg.Remux(out, bufio.NewReaderSize(io.NewSectionReader(in, 0, size), piece), 1)
		if err != nil {
			return source, 0, err
		}
		return out.blob(), int(length.Seconds() + 0.5), nil
	}
	return source, 0, fmt.Errorf("%w: %q", media.ErrUnusable, prep)
}

func isGIF(r io.ReaderAt) bool {
	head := make([]byte, 4)
	_, err := r.ReadAt(head, 0)
	return err == nil && string(head) == "GIF8"
}

func sizeOf(blob js.Value) int64 { return int64(blob.Get("size").Float()) }

const piece = 256 << 10

// blobReader reads a Blob.
type blobReader struct{ v js.Value }

// ReadAt is that of io.ReaderAt.
func (r blobReader) ReadAt(b []byte, off int64) (int, error) {
	if off < 0 {
		return 0, errors.New("read a source: negative offset")
	}
	buffer, err := jsx.Call(context.Background(), r.v.Call("slice", float64(off), float64(off+int64(len(b)))), "arrayBuffer")
	if err != nil {
		return 0, fmt.Errorf("read a source: %w", err)
	}
	n := js.CopyBytesToGo(b, js.Global().Get("Uint8Array").New(buffer))
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

// blobWriter makes a Blob, whose bytes are not in this program's memory.
type blobWriter struct {
	parts []any
	rest  []byte
}

// Write is that of io.Writer.
func (w *blobWriter) Write(b []byte) (int, error) {
	w.rest = append(w.rest, b...)
	if len(w.rest) >= piece {
		w.flush()
	}
	return len(b), nil
}

func (w *blobWriter) flush() {
	w.parts = append(w.parts, js.Global().Get("Blob").New([]any{jsx.Uint8(w.rest)}))
	w.rest = w.rest[:0]
}

func (w *blobWriter) blob() js.Value {
	w.flush()
	return js.Global().Get("Blob").New(w.parts)
}
