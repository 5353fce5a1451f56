package bus

import (
	"encoding/hex"
	"fmt"
	"strings"
)

// maxKey bounds a key in bytes, before escaping.
const maxKey = 512

// escape turns a key into what a subject may hold: ASCII letters, digits, '_',
// '-', and '.' between levels stay; every other byte becomes '=' and two hex digits.
func escape(key string) (string, error) {
	if len(key) == 0 || len(key) > maxKey {
		return "", fmt.Errorf("%w: %d bytes", ErrBadKey, len(key))
	}
	if key[0] == '.' || key[len(key)-1] == '.' || strings.Contains(key, "..") {
		return "", fmt.Errorf("%w: empty level", ErrBadKey)
	}
	var out strings.Builder
	for i := range len(key) {
		if c := key[i]; plain(c) {
			out.WriteByte(c)
		} else {
			fmt.Fprintf(&out, "=%02X", c)
		}
	}
	return out.String(), nil
}

func plain(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '.'
}

func unescape(esc string) (string, error) {
	var out strings.Builder
	for i := 0; i < len(esc); i++ {
		if esc[i] != '=' {
			out.WriteByte(esc[i])
			continue
		}
		if i+3 > len(esc) {
			return "", fmt.Errorf("%w: cut escape", ErrBadKey)
		}
		b, err := hex.DecodeString(esc[i+1 : i+3])
		if err != nil {
			return "", fmt.Errorf("%w: %w", ErrBadKey, err)
		}
		out.WriteByte(b[0])
		i += 2
	}
	return out.String(), nil
}
