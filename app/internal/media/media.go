// Package media is what both ends do with the bytes of an attachment: they are
// encrypted under a key of their own, which travels inside the message; only
// ciphertext is kept on this device and at the media host. Pure Go, and the
// contract of the places where bytes are kept and moved.
package media

import (
	"context"
	"errors"

	"ferry/app/internal/model"
)

// Key is the 32 random bytes from which an attachment's keys are derived.
type Key [32]byte

// String never tells the key.
func (Key) String() string { return "media key" }

// GoString never tells the key.
func (Key) GoString() string { return "media.Key" }

// Type chooses the derivation of the keys (whatsmeow download.go, MediaType).
type Type string

const (
	Image    Type = "WhatsApp Image Keys"
	Video    Type = "WhatsApp Video Keys"
	Audio    Type = "WhatsApp Audio Keys"
	Document Type = "WhatsApp Document Keys"
)

// TypeOf gives the derivation for a kind of message; false where it has no bytes.
func TypeOf(k model.Kind) (Type, bool) {
	switch k {
	case model.KindImage, model.KindSticker:
		return Image, true
	case model.KindVideo:
		return Video, true
	case model.KindVoice, model.KindAudio:
		return Audio, true
	case model.KindDocument:
		return Document, true
	}
	return "", false
}

// Digest is what a message tells of the bytes, beside their key.
type Digest struct {
	SHA256    [32]byte // of the plaintext
	EncSHA256 [32]byte // of the whole file: ciphertext and MAC
	Size      int64    // of the plaintext, bytes
	Sidecar   []byte   // 10 bytes for each 64 KiB step of iv‖ciphertext; nil where the sender made none
}

// Place is where a file is kept: a path at WhatsApp's media hosts, with its query.
type Place struct {
	DirectPath string
}

// Prepare says what is done with a source before it is encrypted.
type Prepare string

const (
	AsIs  Prepare = ""      // the bytes as they are
	Strip Prepare = "strip" // a photo without what tells where and with what it was taken
	Ogg   Prepare = "ogg"   // a recording in WebM becomes Ogg; Opus is not encoded again
)

// Errors of Files, wrapped with context.
var (
	ErrGone      = errors.New("media: no longer at its host")
	ErrTampered  = errors.New("media: not the bytes that were sent")
	ErrTooBig    = errors.New("media: too big")
	ErrNoRoom    = errors.New("media: no room on this device")
	ErrOverQuota = errors.New("media: over the account's quota")
	ErrLost      = errors.New("media: the source is gone")        // its tab closed before it was read
	ErrUnusable  = errors.New("media: the source cannot be used") // unreadable, or not what it should be
	ErrRefused   = errors.New("media: refused by the host")
	ErrNoFile    = errors.New("media: no such file on this device")
)

// Prepared is what Encrypt made of a source.
type Prepared struct {
	Digest
	Seconds int // of a recording; 0 where not known
}

// Progress is told bytes done and in all, often; it must return at once.
type Progress func(done, total int64)

// Files keeps media on this device and moves it. All of it is durable: each
// method that is called again after a crash, a reload or a failure of the
// network goes on where it stopped, but for Encrypt, whose source may be gone.
// Methods block, and may be called from several goroutines for different ids.
// Errors that are none of the above are temporary: try again later.
type Files interface {
	// Encrypt reads the source that was handed over under id and keeps its
	// ciphertext under id. Called again after it had ended it gives the same answer.
	Encrypt(ctx context.Context, id model.FileID, key Key, typ Type, prep Prepare, p Progress) (Prepared, error)
	// Upload brings the kept file to the media host.
	Upload(ctx context.Context, id model.FileID, d Digest, p Progress) (Place, error)
	// Download fetches a file and keeps it, once all of it is there and verified.
	// What is not verified as it comes is told of with check.
	Download(ctx context.Context, id model.FileID, key Key, typ Type, d Digest, from Place, p, check Progress) error
	// Has tells whether the whole, verified file is here.
	Has(ctx context.Context, id model.FileID) (bool, error)
	// Remove deletes whatever is kept under id, whole or not.
	Remove(ctx context.Context, id model.FileID) error
}

// Attachment is all that is needed to show an attachment. It never leaves the
// engine's side.
type Attachment struct {
	File  model.FileID
	Key   Key
	Type  Type
	Kind  model.Kind
	MIME  string
	Name  string
	Place Place
	Digest
	Local bool // whole and verified on this device
}

// ValidID tells whether an id has the form that ids have: it becomes the name of a file.
func ValidID(id model.FileID) bool {
	if len(id) != 32 {
		return false
	}
	for i := range len(id) {
		if c := id[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
