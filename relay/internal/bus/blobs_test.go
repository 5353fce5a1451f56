package bus

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
)

func openBlobs(t testing.TB, b *Bus) *Blobs {
	t.Helper()
	s, err := b.Blobs(t.Context(), "blobs", BlobOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// readAll reads a blob from an offset to its end.
func readAll(ctx context.Context, s *Blobs, b Blob, offset int64) (out []byte, err error) {
	for offset < b.Size {
		p, err := s.Read(ctx, b, offset)
		if err != nil {
			return out, err
		}
		out, offset = append(out, p...), offset+int64(len(p))
	}
	return out, nil
}

// noise is n bytes that are the same for the same seed.
func noise(seed uint64, n int) []byte {
	out := make([]byte, n)
	r := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)})
	_, _ = io.ReadFull(r, out)
	return out
}

func TestABlobIsReadFromAnywhereAfterARestart(t *testing.T) {
	dir := t.TempDir()
	for _, size := range []int{0, 1, blobBlock - 1, blobBlock, blobBlock + 1, 3*blobBlock + 17} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			b, err := Open(t.Context(), Config{Dir: dir})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { b.Close() }()
			s := openBlobs(t, b)
			want := noise(uint64(size), size)
			w := s.Writer(t.Context(), fmt.Sprint("b", size))
			defer w.Close()
			for p := want; len(p) > 0; {
				n := min(len(p), 300_001)
				if _, err := w.Write(p[:n]); err != nil {
					t.Fatal(err)
				}
				p = p[n:]
			}
			part, err := w.Durable()
			if err != nil || part.Size != int64(size/blobBlock*blobBlock) {
				t.Fatalf("durable before the end: %+v, %v", part, err)
			}
			blob, err := w.Finish()
			if err != nil || blob.Size != int64(size) {
				t.Fatalf("%+v, %v", blob, err)
			}
			b.Close()
			if b, err = Open(t.Context(), Config{Dir: dir}); err != nil {
				t.Fatal(err)
			}
			s = openBlobs(t, b)
			for _, offset := range []int{0, 1, size / 2, size - 1} {
				if offset < 0 || offset >= max(size, 1) {
					continue
				}
				got, err := readAll(t.Context(), s, blob, int64(offset))
				if err != nil || !bytes.Equal(got, want[offset:]) {
					t.Fatalf("from %d: %d bytes, %v", offset, len(got), err)
				}
			}
			if _, err := s.Read(t.Context(), blob, int64(size)); !errors.Is(err, ErrNotFound) {
				t.Errorf("read at the end: %v", err)
			}
		})
	}
}

func TestADeletedBlobIsGoneAndOthersStay(t *testing.T) {
	s := openBlobs(t, open(t, t.TempDir()))
	var blobs []Blob
	for i := range 3 {
		w := s.Writer(t.Context(), fmt.Sprint("b", i))
		defer w.Close()
		if _, err := w.Write(noise(uint64(i), blobBlock+5)); err != nil {
			t.Fatal(err)
		}
		blob, err := w.Finish()
		if err != nil {
			t.Fatal(err)
		}
		blobs = append(blobs, blob)
	}
	for range 2 {
		if err := s.Delete(t.Context(), blobs[1].ID); err != nil {
			t.Fatal(err)
		}
	}
	for i, b := range blobs {
		got, err := readAll(t.Context(), s, b, 0)
		if i == 1 {
			if !errors.Is(err, ErrNotFound) {
				t.Errorf("deleted: %v", err)
			}
			continue
		}
		if err != nil || !bytes.Equal(got, noise(uint64(i), blobBlock+5)) {
			t.Errorf("%d: %v", i, err)
		}
	}
	if _, blocks, err := s.Stored(t.Context()); err != nil || blocks != 4 {
		t.Errorf("%d blocks, %v", blocks, err)
	}
	if err := s.Delete(t.Context(), "b0.>"); !errors.Is(err, ErrBadKey) {
		t.Errorf("an id of two levels: %v", err)
	}
}

func TestAWriterEndsWithItsContext(t *testing.T) {
	s := openBlobs(t, open(t, t.TempDir()))
	ctx, cancel := context.WithCancel(t.Context())
	w := s.Writer(ctx, "b")
	defer w.Close()
	for range blobWrites { // as if others wrote
		s.writes <- struct{}{}
	}
	cancel()
	if _, err := w.Write(noise(1, blobBlock)); !errors.Is(err, context.Canceled) {
		t.Fatalf("%v", err)
	}
	if _, err := w.Finish(); !errors.Is(err, context.Canceled) {
		t.Fatalf("%v", err)
	}
}

func TestWritersThatWaitForTheirBytesHoldNobodyUp(t *testing.T) {
	s := openBlobs(t, open(t, t.TempDir()))
	var writers []*BlobWriter
	for i := range 2 * blobWrites { // more than there is room for, each with a block stored or on its way
		w := s.Writer(t.Context(), fmt.Sprint("b", i))
		defer w.Close()
		if _, err := w.Write(noise(uint64(i), blobBlock+1)); err != nil {
			t.Fatal(err)
		}
		writers = append(writers, w)
	}
	for i, w := range writers {
		if b, err := w.Finish(); err != nil || b.Size != blobBlock+1 {
			t.Fatalf("%d: %+v, %v", i, b, err)
		}
	}
}

func BenchmarkBlobs(b *testing.B) {
	const size = 32 << 20
	data := noise(1, size)
	bus, err := Open(b.Context(), Config{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(bus.Close)
	s := openBlobs(b, bus)
	var blob Blob
	b.Run("write", func(b *testing.B) {
		b.SetBytes(size)
		for i := range b.N {
			w := s.Writer(b.Context(), fmt.Sprint("b", b.N, "-", i))
			if _, err := w.Write(data); err != nil {
				b.Fatal(err)
			}
			if blob, err = w.Finish(); err != nil {
				b.Fatal(err)
			}
			w.Close()
		}
	})
	b.Run("read", func(b *testing.B) {
		b.SetBytes(size)
		for range b.N {
			for offset := int64(0); offset < size; {
				p, err := s.Read(b.Context(), blob, offset)
				if err != nil {
					b.Fatal(err)
				}
				offset += int64(len(p))
			}
		}
	})
}
