package media

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
)

// buffer is how much is encrypted or verified at a time. In bytes, a multiple
// of Block.
const buffer = 64 << 10

// Encryptor encrypts a stream.
type Encryptor struct {
	mode    cipher.BlockMode
	plain   hash.Hash // of the plaintext
	enc     hash.Hash // of the file
	mac     hash.Hash
	sidecar *sidecar // nil where none is wanted
	rest    []byte   // less than a block
	size    int64
}

// NewEncryptor begins a file. Sidecar is for what is played while it comes.
func NewEncryptor(key Key, typ Type, withSidecar bool) *Encryptor {
	k := key.Derive(typ)
	e := &Encryptor{
		mode:  cipher.NewCBCEncrypter(blockOf(k), k.IV[:]),
		plain: sha256.New(), enc: sha256.New(), mac: hmac.New(sha256.New, k.MAC[:]),
	}
	e.mac.Write(k.IV[:])
	if withSidecar {
		e.sidecar = newSidecar(k)
		e.sidecar.write(k.IV[:])
	}
	return e
}

func blockOf(k Keys) cipher.Block {
	b, err := aes.NewCipher(k.Cipher[:])
	if err != nil { // only for other lengths of key
		panic(fmt.Sprintf("media: %v", err))
	}
	return b
}

// Update takes in more plaintext and appends what ciphertext there is to dst.
func (e *Encryptor) Update(dst, plain []byte) []byte {
	e.plain.Write(plain)
	e.size += int64(len(plain))
	from := len(dst)
	dst = append(append(dst, e.rest...), plain...)
	whole := (len(dst) - from) / Block * Block
	e.rest = append(e.rest[:0], dst[from+whole:]...)
	dst = dst[:from+whole]
	e.seal(dst[from:])
	return dst
}

func (e *Encryptor) seal(b []byte) {
	e.mode.CryptBlocks(b, b)
	e.enc.Write(b)
	e.mac.Write(b)
	if e.sidecar != nil {
		e.sidecar.write(b)
	}
}

// Finish appends the rest of the file and tells what it was.
func (e *Encryptor) Finish(dst []byte) ([]byte, Digest) {
	from, pad := len(dst), Block-len(e.rest)
	dst = append(dst, e.rest...)
	for range pad {
		dst = append(dst, byte(pad))
	}
	e.seal(dst[from:])
	tag := e.mac.Sum(nil)[:MACSize]
	e.enc.Write(tag)
	d := Digest{Size: e.size}
	e.plain.Sum(d.SHA256[:0])
	e.enc.Sum(d.EncSHA256[:0])
	if e.sidecar != nil {
		d.Sidecar = e.sidecar.finish()
	}
	return append(dst, tag...), d
}

// Encrypt reads all of src and writes the file to dst. Errors are those of the
// two, or ErrTooBig.
func Encrypt(dst io.Writer, src io.Reader, key Key, typ Type, withSidecar bool) (Digest, error) {
	e := NewEncryptor(key, typ, withSidecar)
	plain, out := make([]byte, buffer), make([]byte, 0, buffer+2*Block)
	for {
		n, err := src.Read(plain)
		if e.size+int64(n) > MaxSize {
			return Digest{}, ErrTooBig
		}
		if out = e.Update(out[:0], plain[:n]); len(out) > 0 {
			if _, err := dst.Write(out); err != nil {
				return Digest{}, err
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return Digest{}, err
		}
	}
	out, d := e.Finish(out[:0])
	_, err := dst.Write(out)
	return d, err
}

// sidecar signs the steps of IV and ciphertext, which overlap by one block: the
// last of a step is the IV of the next.
type sidecar struct {
	key     []byte
	this    hash.Hash
	next    hash.Hash
	at      int // bytes in this
	entries []byte
}

func newSidecar(k Keys) *sidecar {
	s := &sidecar{key: k.MAC[:]}
	s.this, s.next = hmac.New(sha256.New, s.key), hmac.New(sha256.New, s.key)
	return s
}

func (s *sidecar) write(b []byte) {
	for len(b) > 0 {
		if s.at < Step {
			n := min(len(b), Step-s.at)
			s.this.Write(b[:n])
			s.at, b = s.at+n, b[n:]
			continue
		}
		n := min(len(b), Step+Block-s.at)
		s.this.Write(b[:n])
		s.next.Write(b[:n])
		s.at, b = s.at+n, b[n:]
		if s.at == Step+Block {
			s.entry(s.this)
			s.this.Reset()
			s.this, s.next, s.at = s.next, s.this, Block
		}
	}
}

func (s *sidecar) entry(h hash.Hash) { s.entries = append(s.entries, h.Sum(nil)[:SidecarEntry]...) }

func (s *sidecar) finish() []byte {
	s.entry(s.this)
	if s.at > Step {
		s.entry(s.next)
	}
	return s.entries
}
