package media

// Sizes of an encrypted file: ciphertext, then the MAC. In bytes.
const (
	Block        = 16       // of the cipher
	MACSize      = 10       // at the end of the file
	Step         = 64 << 10 // of plaintext that one entry of the sidecar covers
	SidecarEntry = 10
	MaxSize      = 2 << 30 // of the plaintext of an attachment; larger ones are refused
)

// CipherSize is the length of the ciphertext of a plaintext: there is always
// padding, a whole block of it where the plaintext fills its last one.
func CipherSize(plain int64) int64 { return (plain/Block + 1) * Block }

// FileSize is the length of the whole encrypted file.
func FileSize(plain int64) int64 { return CipherSize(plain) + MACSize }

// SidecarSize is the length of the sidecar that a sender makes: an entry for
// each begun step of IV and ciphertext together.
func SidecarSize(plain int64) int {
	return int((Block+CipherSize(plain)+Step-1)/Step) * SidecarEntry
}

// Streams tells whether a sidecar covers all of a plaintext. The entry for a
// last step that would hold only an IV is not needed.
func Streams(plain int64, sidecar []byte) bool {
	if plain <= 0 || plain > MaxSize {
		return false
	}
	return int64(len(sidecar)) >= (CipherSize(plain)+Step-1)/Step*SidecarEntry
}

// Span is a stretch of bytes.
type Span struct {
	From, To int64 // From is in it, To is not
}

// Len is its length.
func (s Span) Len() int64 { return s.To - s.From }

// Piece says how to get a stretch of plaintext out of an encrypted file.
type Piece struct {
	// Cipher are the bytes of the file to be read, whole blocks. The first block
	// is the IV, unless First.
	Cipher Span
	First  bool // the IV is that of the keys
	Last   bool // the last block has the padding, which is to be taken off
	Skip   int  // bytes to leave out at the start of what was decrypted
	Take   int64
}

// PieceOf finds the piece for a stretch of a plaintext of size bytes. False if
// the stretch is empty or not within it.
func PieceOf(size int64, plain Span) (Piece, bool) {
	if plain.From < 0 || plain.From >= plain.To || plain.To > size || size > MaxSize {
		return Piece{}, false
	}
	p := Piece{Skip: int(plain.From % Block), Take: plain.Len()}
	p.Cipher.From = plain.From / Block * Block
	p.Cipher.To = (plain.To + Block - 1) / Block * Block
	if plain.To == size { // a block of nothing but padding belongs to the end
		p.Cipher.To = CipherSize(size)
	}
	p.First = p.Cipher.From == 0
	if !p.First {
		p.Cipher.From -= Block
	}
	p.Last = p.Cipher.To == CipherSize(size)
	return p, true
}

// Steps gives the numbers of the sidecar's steps that hold a stretch of
// plaintext: first to last, both included.
func Steps(plain Span) (first, last int64) {
	return plain.From / Step, (plain.To - 1) / Step
}

// Widen makes a stretch of a plaintext of size bytes begin and end where steps do.
func Widen(size int64, plain Span) Span {
	first, last := Steps(plain)
	return Span{first * Step, min(size, (last+1)*Step)}
}

// StepSpan is what the sidecar's entry n is about: these bytes of the file,
// after the IV of the keys where n is 0. False if there is no such step.
func StepSpan(size, n int64) (Span, bool) {
	if n < 0 || size > MaxSize || n*Step >= CipherSize(size) {
		return Span{}, false
	}
	return Span{max(0, n*Step-Block), min(CipherSize(size), (n+1)*Step)}, true
}
