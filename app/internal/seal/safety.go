package seal

import (
	"crypto/sha512"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
)

// SafetyDigits is the length of a safety number.
const SafetyDigits = 60

const (
	safetyRounds  = 5200
	scannableSize = 32 // bytes of each side in a code to scan
)

// Party is one side of a safety number: a name that both sides use for it, and
// the public identity keys of all its devices, in any order.
type Party struct {
	Name string
	Keys []PublicIdentity
}

// PublicIdentity is the public half of a device's identity key.
type PublicIdentity [32]byte

// SafetyNumber is what two people compare to know that nobody sits between them:
// 60 digits, the same on both sides as long as both see the same keys. It is
// Signal's numeric fingerprint (libsignal NumericFingerprintGenerator, 5200 rounds
// of SHA-512), with the keys of all devices, sorted, as in WhatsApp's white paper.
func SafetyNumber(a, b Party) string {
	x, y := halfNumber(a), halfNumber(b)
	if y < x {
		x, y = y, x
	}
	return x + y
}

// ScannableNumber is what Signal's clients put into the code to scan
// (libsignal ScannableFingerprint, version 1): the first halves of the hashes
// behind both halves of the number. On the other device they are the other way
// round, which is how it knows its own.
func ScannableNumber(own, peer Party) []byte {
	side := func(b []byte, number protowire.Number, p Party) []byte {
		hash := safetyHash(p)
		content := protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), hash[:scannableSize])
		return protowire.AppendBytes(protowire.AppendTag(b, number, protowire.BytesType), content)
	}
	b := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), 1)
	return side(side(b, 2, own), 3, peer)
}

// SafetyGroups is the number as it is shown: twelve groups of five digits.
func SafetyGroups(number string) []string {
	var out []string
	for group := range slices.Chunk([]byte(number), 5) {
		out = append(out, string(group))
	}
	return out
}

// SafetyCode is what a QR code holds and SameSafetyCode compares.
func SafetyCode(number string) string { return "ferry-safety:0:" + number }

// SameSafetyCode reports whether a scanned code stands for the number; valid is
// false for a code of something else.
func SameSafetyCode(code, number string) (same, valid bool) {
	digits, ok := strings.CutPrefix(strings.TrimSpace(code), "ferry-safety:0:")
	if !ok || len(digits) != SafetyDigits || strings.Trim(digits, "0123456789") != "" {
		return false, false
	}
	return digits == number, true
}

// safetyHash is what both forms of the number are made of.
func safetyHash(p Party) []byte {
	keys := slices.Clone(p.Keys)
	slices.SortFunc(keys, func(a, b PublicIdentity) int { return slices.Compare(a[:], b[:]) })
	var public []byte
	for _, k := range keys {
		public = append(append(public, djbType), k[:]...)
	}
	const version = 0
	hash := binary.BigEndian.AppendUint16(nil, version)
	hash = append(append(hash, public...), p.Name...)
	for range safetyRounds {
		sum := sha512.Sum512(append(hash, public...))
		hash = sum[:]
	}
	return hash
}

// halfNumber is the 30 digits of one side.
func halfNumber(p Party) string {
	hash := safetyHash(p)
	var out strings.Builder
	for i := 0; i < 30; i += 5 {
		chunk := uint64(hash[i])<<32 | uint64(binary.BigEndian.Uint32(hash[i+1:]))
		fmt.Fprintf(&out, "%05d", chunk%100000)
	}
	return out.String()
}

// djbType comes before a Curve25519 key wherever Signal writes one.
const djbType = 5
