package wamedia

import (
	"context"
	"errors"
	"fmt"
	"io"

	"ferry/relay/internal/bus"
)

// Blobs stores bytes under names. What Write has returned without error for is
// on disk; a name is written once.
type Blobs interface {
	// Write reads r to its end. After an error nothing is left.
	Write(ctx context.Context, name string, r io.Reader) (size int64, err error)
	// ReadAt fills p from an offset on, as io.ReaderAt does. size is the blob's.
	ReadAt(ctx context.Context, name string, p []byte, offset, size int64) (int, error)
	Delete(ctx context.Context, name string, size int64) error
}

// pieceSize is how much of a file is in memory, for each transfer.
const pieceSize = 512 << 10

// pieces are Blobs in a bucket, as values of pieceSize. Expiry is the bucket's.
type pieces struct{ bucket *bus.Bucket }

func (p pieces) key(name string, i int64) string { return fmt.Sprintf("%s.%d", name, i) }

func (p pieces) Write(ctx context.Context, name string, r io.Reader) (size int64, err error) {
	buf := make([]byte, pieceSize)
	for {
		n, err := io.ReadFull(r, buf)
		if n > 0 {
			if _, put := p.bucket.Put(ctx, p.key(name, size/pieceSize), buf[:n]); put != nil {
				err = put
			}
			size += int64(n)
		}
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return size, nil
		case err != nil:
			return size, errors.Join(err, p.Delete(context.WithoutCancel(ctx), name, size))
		}
	}
}

func (p pieces) ReadAt(ctx context.Context, name string, b []byte, offset, size int64) (int, error) {
	done := 0
	for done < len(b) && offset < size {
		e, err := p.bucket.Get(ctx, p.key(name, offset/pieceSize))
		if err != nil {
			return done, fmt.Errorf("piece: %w", err)
		}
		from := offset % pieceSize
		if from >= int64(len(e.Value)) {
			return done, io.ErrUnexpectedEOF
		}
		n := copy(b[done:], e.Value[from:])
		done += n
		offset += int64(n)
	}
	if done < len(b) {
		return done, io.EOF
	}
	return done, nil
}

func (p pieces) Delete(ctx context.Context, name string, size int64) error {
	for i := int64(0); i*pieceSize < size; i++ {
		if err := p.bucket.Delete(ctx, p.key(name, i), 0); err != nil && !errors.Is(err, bus.ErrNotFound) {
			return fmt.Errorf("delete a piece: %w", err)
		}
	}
	return nil
}
