package media_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"

	"ferry/app/internal/media"
)

func text(n int) []byte {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte{byte(n), byte(n >> 8)})
	r.Read(b)
	return b
}

// chunky reads in pieces that fit nothing.
func chunky(b []byte) io.Reader { return &pieces{b: b, r: rand.New(rand.NewPCG(1, uint64(len(b))))} }

type pieces struct {
	b []byte
	r *rand.Rand
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.b) == 0 {
		return 0, io.EOF
	}
	n := copy(b[:min(len(b), 1+p.r.IntN(100_000))], p.b)
	p.b = p.b[n:]
	return n, nil
}

// encrypted gives a file, and its sidecar made in the plainest way.
func encrypted(t *testing.T, size int) (plain, file []byte, d media.Digest, k media.Keys) {
	t.Helper()
	plain, key := text(size), media.Key{9, byte(size)}
	var b bytes.Buffer
	d, err := media.Encrypt(&b, chunky(plain), key, media.Video, true)
	if err != nil {
		t.Fatal(err)
	}
	return plain, b.Bytes(), d, key.Derive(media.Video)
}

func TestTheSidecarIsThatOfEachStep(t *testing.T) {
	for _, size := range append([]int{64<<10 - 1}, 0, 1, 65519, 65520, 65521, 65535, 65536, 131056, 131057, 200_000) {
		_, file, d, k := encrypted(t, size)
		all := append(bytes.Clone(k.IV[:]), file[:len(file)-media.MACSize]...)
		var want []byte
		for n := 0; n*media.Step < len(all); n++ {
			h := hmac.New(sha256.New, k.MAC[:])
			h.Write(all[n*media.Step : min(len(all), (n+1)*media.Step+16)])
			want = h.Sum(want)[:(n+1)*10]
		}
		if !bytes.Equal(d.Sidecar, want) || len(want) != media.SidecarSize(int64(size)) {
			t.Errorf("%d bytes: the sidecar has %d bytes and should have %d, counted %d", size, len(d.Sidecar), len(want), media.SidecarSize(int64(size)))
		}
		if size > 0 && !media.Streams(int64(size), d.Sidecar) {
			t.Errorf("%d bytes do not stream", size)
		}
	}
}

func TestAnyStretchOfAFileReadsAlone(t *testing.T) {
	for _, size := range []int{1, 15, 16, 17, 65519, 65520, 65535, 65536, 65537, 131072, 150_001} {
		plain, file, d, k := encrypted(t, size)
		edges := []int{0, 1, 15, 16, 17, 65519, 65520, 65521, 65535, 65536, 65537, 131071, 131072, size - 17, size - 16, size - 1, size}
		for _, from := range edges {
			for _, to := range edges {
				stretch(t, plain, file, d, k, int64(from), int64(to))
			}
		}
	}
}

func stretch(t *testing.T, plain, file []byte, d media.Digest, k media.Keys, from, to int64) {
	t.Helper()
	size := int64(len(plain))
	p, ok := media.PieceOf(size, media.Span{From: from, To: to})
	if want := from >= 0 && from < to && to <= size; ok != want {
		t.Fatalf("%d of %d to %d: %v", size, from, to, ok)
	}
	if !ok {
		return
	}
	got, err := k.Open(p, bytes.Clone(file[p.Cipher.From:p.Cipher.To]))
	if err != nil || !bytes.Equal(got, plain[from:to]) {
		t.Fatalf("%d of %d to %d: %v", size, from, to, err)
	}
	wide := media.Widen(size, media.Span{From: from, To: to})
	p, ok = media.PieceOf(size, wide)
	if !ok || wide.From > from || wide.To < to {
		t.Fatalf("%d of %d to %d became %+v", size, from, to, wide)
	}
	cut := bytes.Clone(file[p.Cipher.From:p.Cipher.To])
	if err := k.CheckSteps(d, p, cut); err != nil {
		t.Fatalf("%d of %d to %d: %v", size, from, to, err)
	}
	for _, at := range []int{0, len(cut) / 2, len(cut) - 1} {
		bad := bytes.Clone(cut)
		bad[at] ^= 0x80
		if err := k.CheckSteps(d, p, bad); !errors.Is(err, media.ErrTampered) {
			t.Fatalf("%d of %d to %d, changed at %d: %v", size, from, to, at, err)
		}
	}
}

func TestAReaderThatFailsIsNotAFileThatEnds(t *testing.T) {
	broken := errors.New("broken")
	_, err := media.Encrypt(io.Discard, io.MultiReader(bytes.NewReader(text(100_000)), iotest.ErrReader(broken)), media.Key{}, media.Image, false)
	if !errors.Is(err, broken) {
		t.Errorf("it says %v", err)
	}
}

func FuzzPiece(f *testing.F) {
	f.Add(int64(100), int64(3), int64(20), []byte("0123456789012345"))
	f.Fuzz(func(t *testing.T, size, from, to int64, b []byte) {
		p, ok := media.PieceOf(size, media.Span{From: from, To: to})
		if !ok {
			return
		}
		if p.Cipher.From < 0 || p.Cipher.To > media.CipherSize(size) || p.Cipher.Len()%media.Block != 0 || p.Cipher.Len() < media.Block {
			t.Fatalf("%d of %d to %d: %+v", size, from, to, p)
		}
		k := media.Key{}.Derive(media.Image)
		k.Open(p, bytes.Clone(b))
		k.CheckSteps(media.Digest{Size: size, Sidecar: b}, p, b)
		if p.Cipher.Len() < 1<<20 {
			cut := make([]byte, p.Cipher.Len())
			k.Open(p, cut)
		}
	})
}
