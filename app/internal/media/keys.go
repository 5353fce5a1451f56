package media

import (
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
)

// Keys are what an attachment's key is expanded to (whatsmeow download.go,
// getMediaKeys). They never print themselves.
type Keys struct {
	IV     [16]byte
	Cipher [32]byte // AES-256-CBC
	MAC    [32]byte // HMAC-SHA256 of IV and ciphertext, and of the sidecar's steps
}

// String never tells the keys.
func (Keys) String() string { return "media keys" }

// GoString never tells the keys.
func (Keys) GoString() string { return "media.Keys" }

// Derive expands a key for a type of media.
func (k Key) Derive(t Type) Keys {
	// 32 more bytes, the last, are for nothing that clients still do.
	b, err := hkdf.Key(sha256.New, k[:], nil, string(t), 112)
	if err != nil { // only for lengths that HKDF cannot give
		panic(fmt.Sprintf("media: derive keys: %v", err))
	}
	var out Keys
	copy(out.IV[:], b)
	copy(out.Cipher[:], b[16:])
	copy(out.MAC[:], b[48:])
	return out
}
