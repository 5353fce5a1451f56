package wire

import (
	"fmt"
	"io"
	"log/slog"
)

// Product says as what kind of user a client logs in.
type Product uint32

// Products (waWa6 ClientPayload.Product).
const (
	ProductWhatsApp  Product = 0
	ProductMessenger Product = 1
	ProductInterop   Product = 2
)

// Values of the user agent and the connection (waWa6).
const (
	PlatformAndroid     = 0
	PlatformIOS         = 1
	PlatformWeb         = 14
	ConnectWifi         = 1
	ReasonUserActivated = 1
)

// ClientPayload is the login, or the request to be paired as a companion. Of
// WhatsApp's many fields it has those that some client or gateway here uses.
type ClientPayload struct {
	Username  uint64 // phone number, digits; 0 for none
	Passive   bool
	Pull      bool
	PushName  string
	Device    uint32 // written only if HasDevice; 0 is the phone
	HasDevice bool
	Product   Product
	UserAgent UserAgent
	WebInfo   bool // "a web browser"; the sub-platform is not kept

	SessionID       int32
	ShortConnect    bool
	ConnectType     uint32
	ConnectReason   uint32
	ConnectAttempts uint32

	Pairing       *PairingData
	Interop       *InteropData
	LIDDBMigrated bool
}

// UserAgent describes the client. Only WhatsApp clients send one.
type UserAgent struct {
	Platform       uint32
	AppVersion     [3]uint32
	MCC, MNC       string
	OSVersion      string
	Manufacturer   string
	Device         string
	OSBuild        string
	ReleaseChannel uint32
	Language       string // ISO 639-1
	Country        string // ISO 3166-1 alpha-2
}

// PairingData is what a companion sends to be paired by a QR code.
type PairingData struct {
	RegistrationID        uint32
	KeyType               byte // 5: Curve25519
	Identity              [KeySize]byte
	SignedPreKeyID        uint32 // 24 bits
	SignedPreKey          [KeySize]byte
	SignedPreKeySignature [64]byte
	BuildHash             []byte // MD5 of the dotted version, or nothing
	DeviceProps           []byte // a protobuf message of its own
}

// InteropData is how a third-party user logs in.
type InteropData struct {
	AccountID    uint64
	Token        Token
	ReadReceipts bool
}

// Token is the proof of who a third-party user is. It never prints itself;
// it is a byte slice, so []byte values can be assigned to and from it.
type Token []byte

// String, Format, LogValue and MarshalText hide the token.
func (t Token) String() string               { return "token:" + hidden }
func (t Token) Format(f fmt.State, _ rune)   { io.WriteString(f, t.String()) }
func (t Token) LogValue() slog.Value         { return slog.StringValue(t.String()) }
func (t Token) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// ErrPayload: a login payload that does not parse.
var ErrPayload = fmt.Errorf("%w: login payload", ErrMessage)

// VerifySignedPreKey checks the key type and the signature of the signed
// prekey by the identity key, over the type byte and the key.
func (p *PairingData) VerifySignedPreKey() bool {
	const curve25519 = 5
	signed := append([]byte{curve25519}, p.SignedPreKey[:]...)
	return p.KeyType == curve25519 && VerifySignature(p.Identity, signed, p.SignedPreKeySignature)
}
