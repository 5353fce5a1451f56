package adv

import (
	"encoding/base64"
	"fmt"
	"log/slog"
	"strings"
)

// maxQR bounds a QR text, in bytes; a QR code holds less than 3 KB.
const maxQR = 4096

// Secret is what the companion shares with the phone through the QR text, so that the phone can prove itself.
type Secret [32]byte

// String keeps the secret out of logs.
func (Secret) String() string { return "adv.Secret" }

// GoString keeps the secret out of %#v.
func (Secret) GoString() string { return "adv.Secret" }

// LogValue keeps the secret out of logs.
func (Secret) LogValue() slog.Value { return slog.StringValue("adv.Secret") }

// MarshalText keeps the secret out of JSON.
func (Secret) MarshalText() ([]byte, error) { return []byte("adv.Secret"), nil }

// QR is what a companion shows for a phone to scan.
type QR struct {
	Ref      string // names the companion's connection at the server
	Noise    [32]byte
	Identity [32]byte
	Secret   Secret
	Client   string // one character for the kind of client; "" with older clients
}

// ParseQR reads the text of a companion's QR code. Older clients show "ref,noise,identity,secret", newer ones
// a URL with that and a client type in its fragment.
func ParseQR(text string) (QR, error) {
	if len(text) > maxQR {
		return QR{}, fmt.Errorf("%w: longer than %d bytes", ErrQR, maxQR)
	}
	if _, fragment, isURL := strings.Cut(text, "#"); isURL {
		text = fragment
	}
	fields := strings.Split(strings.TrimSpace(text), ",")
	if len(fields) != 4 && len(fields) != 5 {
		return QR{}, fmt.Errorf("%w: want 4 or 5 fields, not %d", ErrQR, len(fields))
	}
	q := QR{Ref: fields[0]}
	if q.Ref == "" {
		return QR{}, fmt.Errorf("%w: no ref", ErrQR)
	}
	for i, into := range []*[32]byte{&q.Noise, &q.Identity, (*[32]byte)(&q.Secret)} {
		raw, err := base64.StdEncoding.Strict().DecodeString(fields[i+1])
		if err != nil || len(raw) != len(into) {
			return QR{}, fmt.Errorf("%w: field %d is not 32 bytes of base64", ErrQR, i+2)
		}
		copy(into[:], raw)
	}
	if len(fields) == 5 {
		if q.Client = fields[4]; len(q.Client) != 1 {
			return QR{}, fmt.Errorf("%w: client type is not one character", ErrQR)
		}
	}
	return q, nil
}
