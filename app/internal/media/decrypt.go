package media

import (
	"bytes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
)

// Verifier reads an encrypted file as it comes and tells in the end whether it
// is the one that was sent. It is an io.Writer whose Write fails as soon as
// more comes than was announced.
type Verifier struct {
	want  Digest
	mode  cipher.BlockMode
	plain hash.Hash
	enc   hash.Hash
	mac   hash.Hash
	out   io.Writer // gets the plaintext; nil for nobody
	rest  []byte    // not yet decrypted: the last block and the MAC are among it
	left  int64     // bytes of the file to come
	err   error
}

// NewVerifier begins the check of a file. If out is not nil it gets the
// plaintext, which is worth nothing until Finish has said so.
func NewVerifier(key Key, typ Type, want Digest, out io.Writer) (*Verifier, error) {
	if want.Size < 0 || want.Size > MaxSize {
		return nil, ErrTooBig
	}
	k := key.Derive(typ)
	v := &Verifier{
		want: want, out: out, left: FileSize(want.Size), mode: cipher.NewCBCDecrypter(blockOf(k), k.IV[:]),
		plain: sha256.New(), enc: sha256.New(), mac: hmac.New(sha256.New, k.MAC[:]),
	}
	v.mac.Write(k.IV[:])
	return v, nil
}

// tail is what Finish looks at: the block with the padding, and the MAC.
const tail = Block + MACSize

// Write takes in the next bytes of the file.
func (v *Verifier) Write(b []byte) (int, error) {
	if v.err == nil && int64(len(b)) > v.left {
		v.err = fmt.Errorf("%w: longer than announced", ErrTampered)
	}
	if v.err != nil {
		return 0, v.err
	}
	n := len(b)
	v.left -= int64(n)
	v.enc.Write(b)
	for len(b) > 0 && v.err == nil {
		part := b[:min(len(b), buffer)]
		b = b[len(part):]
		v.rest = append(v.rest, part...)
		if whole := (len(v.rest) - tail) / Block * Block; whole > 0 {
			v.open(v.rest[:whole])
			v.rest = append(v.rest[:0], v.rest[whole:]...)
		}
	}
	if v.err != nil {
		return 0, v.err
	}
	return n, nil
}

// open decrypts whole blocks in place.
func (v *Verifier) open(b []byte) {
	v.mac.Write(b)
	v.mode.CryptBlocks(b, b)
	v.pass(b)
}

func (v *Verifier) pass(plain []byte) {
	v.plain.Write(plain)
	if v.out != nil && v.err == nil {
		_, v.err = v.out.Write(plain)
	}
}

// Finish tells whether the file was whole and right; otherwise the error is
// ErrTampered, or that of the writer of the plaintext.
func (v *Verifier) Finish() error {
	if v.err != nil {
		return v.err
	}
	if v.left != 0 || len(v.rest) != tail {
		return fmt.Errorf("%w: shorter than announced", ErrTampered)
	}
	if !bytes.Equal(v.enc.Sum(nil), v.want.EncSHA256[:]) {
		return fmt.Errorf("%w: another file", ErrTampered)
	}
	last, tag := v.rest[:Block], v.rest[Block:]
	v.mac.Write(last)
	if !hmac.Equal(v.mac.Sum(nil)[:MACSize], tag) {
		return fmt.Errorf("%w: under another key", ErrTampered)
	}
	v.mode.CryptBlocks(last, last)
	plain, err := unpad(last)
	if err != nil {
		return err
	}
	if v.pass(plain); v.err != nil {
		return v.err
	}
	if !bytes.Equal(v.plain.Sum(nil), v.want.SHA256[:]) {
		return fmt.Errorf("%w: another content", ErrTampered)
	}
	return nil
}

// unpad takes PKCS#7 padding off the last block.
func unpad(last []byte) ([]byte, error) {
	n := int(last[len(last)-1])
	if n == 0 || n > Block || n > len(last) {
		return nil, fmt.Errorf("%w: bad padding", ErrTampered)
	}
	for _, b := range last[len(last)-n:] {
		if int(b) != n {
			return nil, fmt.Errorf("%w: bad padding", ErrTampered)
		}
	}
	return last[:len(last)-n], nil
}

// Decrypt reads a whole file and writes its plaintext, which is worth nothing
// unless the error is nil.
func Decrypt(dst io.Writer, src io.Reader, key Key, typ Type, want Digest) error {
	v, err := NewVerifier(key, typ, want, dst)
	if err != nil {
		return err
	}
	if _, err := io.CopyBuffer(struct{ io.Writer }{v}, src, make([]byte, buffer)); err != nil {
		return err
	}
	return v.Finish()
}

// Open decrypts what was read of a file for a piece, in place, and returns the
// plaintext. It verifies nothing but the padding: do that before, with
// CheckSteps, or once for the whole file.
func (k Keys) Open(p Piece, cut []byte) ([]byte, error) {
	if int64(len(cut)) != p.Cipher.Len() || len(cut)%Block != 0 {
		return nil, fmt.Errorf("%w: a piece of another length", ErrTampered)
	}
	iv := k.IV[:]
	if !p.First {
		iv, cut = cut[:Block], cut[Block:]
	}
	if len(cut) == 0 {
		return nil, fmt.Errorf("%w: an empty piece", ErrTampered)
	}
	cipher.NewCBCDecrypter(blockOf(k), iv).CryptBlocks(cut, cut)
	if p.Last {
		last, err := unpad(cut[len(cut)-Block:])
		if err != nil {
			return nil, err
		}
		cut = cut[:len(cut)-Block+len(last)]
	}
	if int64(len(cut)) < int64(p.Skip)+p.Take {
		return nil, fmt.Errorf("%w: shorter than announced", ErrTampered)
	}
	return cut[p.Skip : int64(p.Skip)+p.Take], nil
}

// CheckStep tells whether the bytes of step n, which are those of StepSpan, are
// what the sidecar says.
func (k Keys) CheckStep(sidecar []byte, n int64, b []byte) bool {
	if n < 0 || (n+1)*SidecarEntry > int64(len(sidecar)) {
		return false
	}
	h := hmac.New(sha256.New, k.MAC[:])
	if n == 0 {
		h.Write(k.IV[:])
	}
	h.Write(b)
	return hmac.Equal(h.Sum(nil)[:SidecarEntry], sidecar[n*SidecarEntry:(n+1)*SidecarEntry])
}

// CheckSteps verifies the piece of a widened stretch (see Widen) step by step:
// all of cut is what its sender made of it.
func (k Keys) CheckSteps(d Digest, p Piece, cut []byte) error {
	if int64(len(cut)) != p.Cipher.Len() {
		return fmt.Errorf("%w: a piece of another length", ErrTampered)
	}
	from := p.Cipher.From
	if !p.First {
		from += Block
	}
	if from%Step != 0 {
		return errors.New("media: a piece that does not begin with a step")
	}
	for n := from / Step; n*Step < p.Cipher.To; n++ {
		span, ok := StepSpan(d.Size, n)
		if !ok {
			return fmt.Errorf("%w: no such step", ErrTampered)
		}
		if span.To > p.Cipher.To {
			return errors.New("media: a piece that does not end with a step")
		}
		if !k.CheckStep(d.Sidecar, n, cut[span.From-p.Cipher.From:span.To-p.Cipher.From]) {
			return fmt.Errorf("%w: step %d", ErrTampered, n)
		}
	}
	return nil
}

// Reader gives random access to the plaintext of an encrypted file. It
// verifies nothing: it is for files that were verified when they were kept.
type Reader struct {
	File io.ReaderAt
	Keys Keys
	Size int64 // of the plaintext
}

// ReadAt is that of io.ReaderAt.
func (r Reader) ReadAt(b []byte, off int64) (int, error) {
	done := 0
	for done < len(b) {
		from := off + int64(done)
		p, ok := PieceOf(r.Size, Span{from, min(r.Size, from+int64(min(len(b)-done, buffer)))})
		if !ok {
			return done, io.EOF
		}
		cut := make([]byte, p.Cipher.Len())
		if n, err := r.File.ReadAt(cut, p.Cipher.From); n < len(cut) {
			return done, fmt.Errorf("read a piece: %w", err)
		}
		plain, err := r.Keys.Open(p, cut)
		if err != nil {
			return done, err
		}
		done += copy(b[done:], plain)
	}
	return done, nil
}
