package wire

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Server is the part of a JID after the "@": what kind of address it is.
type Server string

// The servers that clients meet.
const (
	ServerUser       Server = "s.whatsapp.net" // people by phone number; alone, the server itself
	ServerLID        Server = "lid"            // people by hidden id
	ServerInterop    Server = "interop"        // people of a third-party messenger
	ServerGroup      Server = "g.us"
	ServerBroadcast  Server = "broadcast"
	ServerHosted     Server = "hosted"     // business devices run by Meta, by phone number
	ServerHostedLID  Server = "hosted.lid" // the same, by hidden id
	ServerLegacyUser Server = "c.us"
	ServerNewsletter Server = "newsletter"
	ServerMessenger  Server = "msgr"
	ServerBot        Server = "bot"
	ServerCall       Server = "call"
)

// ErrJID: not an address.
var ErrJID = errors.New("wire: not a JID")

// JID is an address: of a person, one of their devices, a group, or a server.
// It is comparable; the zero JID means none.
type JID struct {
	User       string // phone digits, hidden id, account, group id; "" for a server
	Server     Server
	Device     uint16 // 0 is the phone, or the whole person
	Integrator uint16 // ServerInterop only: the provider's number at the gateway
}

// NewJID is the address of user at server, without a device.
func NewJID(user string, server Server) JID { return JID{User: user, Server: server} }

// IsZero reports whether j names nothing.
func (j JID) IsZero() bool { return j == JID{} }

// Bare is the person (or group) that j is a device of.
func (j JID) Bare() JID { return j.WithDevice(0) }

// WithDevice is device d of the same person.
func (j JID) WithDevice(d uint16) JID {
	j.Device = d
	return j
}

// SameUser reports whether both are devices of one person.
func (j JID) SameUser(o JID) bool { return j.Bare() == o.Bare() }

// String gives the text form that WhatsApp Web writes: "4915@s.whatsapp.net",
// "123:2@lid", "7-4242:1@interop", "g.us"; "" for the zero JID.
func (j JID) String() string {
	if j.User == "" {
		return string(j.Server)
	}
	var room [64]byte
	b := room[:0]
	if j.Server == ServerInterop {
		b = append(strconv.AppendUint(b, uint64(j.Integrator), 10), '-')
	}
	b = append(b, j.User...)
	if j.Device != 0 {
		b = strconv.AppendUint(append(b, ':'), uint64(j.Device), 10)
	}
	b = append(b, '@')
	return string(append(b, j.Server...))
}

// MarshalText is String, for JSON and maps.
func (j JID) MarshalText() ([]byte, error) { return []byte(j.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (j *JID) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*j = JID{}
		return nil
	}
	got, err := ParseJID(string(text))
	if err != nil {
		return err
	}
	*j = got
	return nil
}

// ParseJID reads a text form. ":0" is accepted, and so is the old
// "user.agent:device" where the agent is the one that the server implies. A
// text without "@" must be a known server.
func ParseJID(text string) (JID, error) {
	local, server, ok := strings.Cut(text, "@")
	if !ok {
		if !knownServers[Server(text)] {
			return JID{}, ErrJID
		}
		return JID{Server: Server(text)}, nil
	}
	j := JID{User: local, Server: Server(server)}
	if user, device, ok := strings.Cut(local, ":"); ok {
		d, err := parseUint16(device)
		if err != nil {
			return JID{}, err
		}
		j.User, j.Device = user, d
	}
	if domain, ok := j.domain(); ok {
		if user, agent, ok := strings.Cut(j.User, "."); ok {
			if a, err := parseUint16(agent); err != nil || a != uint16(domain) && a != 0 {
				return JID{}, ErrJID
			}
			j.User = user
		}
	}
	if j.Server == ServerInterop {
		if !j.splitIntegrator() {
			return JID{}, ErrJID
		}
		j.findIntegrator()
	}
	if err := j.check(); err != nil || j.User == "" {
		return JID{}, ErrJID
	}
	return j, nil
}

var knownServers = map[Server]bool{
	ServerUser: true, ServerLID: true, ServerInterop: true, ServerGroup: true,
	ServerBroadcast: true, ServerHosted: true, ServerHostedLID: true, ServerLegacyUser: true,
	ServerNewsletter: true, ServerMessenger: true, ServerBot: true, ServerCall: true,
}

// splitIntegrator moves the number before the first "-" of the user to
// Integrator. It reports whether there was one.
func (j *JID) splitIntegrator() bool {
	number, user, ok := strings.Cut(j.User, "-")
	if !ok {
		return false
	}
	n, err := parseUint16(number)
	if err != nil || user == "" {
		return false
	}
	j.User, j.Integrator = user, n
	return true
}

// findIntegrator mends an address from whatsmeow, which knows no integrator in
// the text form and reads "7-4242@interop" as user "7-4242". No provider has
// the number 0, so nothing else is meant by it.
func (j *JID) findIntegrator() {
	for j.Integrator == 0 && j.splitIntegrator() {
	}
}

func parseUint16(s string) (uint16, error) {
	if s == "" || s[0] == '+' {
		return 0, ErrJID
	}
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil {
		return 0, ErrJID
	}
	return uint16(n), nil
}

// domain is the byte that stands for the server in the form with a device.
func (j JID) domain() (byte, bool) {
	switch j.Server {
	case ServerUser:
		return 0, true
	case ServerLID:
		return 1, true
	case ServerHosted:
		return 128, true
	case ServerHostedLID:
		return 129, true
	}
	return 0, false
}

func serverOfDomain(b byte) (Server, bool) {
	switch b {
	case 0:
		return ServerUser, true
	case 1:
		return ServerLID, true
	case 128:
		return ServerHosted, true
	case 129:
		return ServerHostedLID, true
	}
	return "", false
}

// check refuses addresses whose text form could be read as another address,
// and those that no form on the wire can carry.
func (j JID) check() error {
	if j.Server == "" || len(j.Server) > maxServer || len(j.User) > maxUser {
		return ErrJID
	}
	for i := range len(j.Server) {
		if c := j.Server[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '.' {
			return ErrJID
		}
	}
	for i := range len(j.User) {
		if c := j.User[i]; c <= ' ' || c > '~' || c == '@' || c == ':' {
			return ErrJID
		}
	}
	if j.Integrator != 0 && j.Server != ServerInterop {
		return fmt.Errorf("%w: integrator at %q", ErrJID, j.Server)
	}
	if j.Device == 0 {
		return nil
	}
	_, byteDevice := j.domain()
	if byteDevice && j.Device > 255 || !byteDevice && j.Server != ServerInterop && j.Server != ServerMessenger || j.User == "" {
		return fmt.Errorf("%w: device %d at %q", ErrJID, j.Device, j.Server)
	}
	return nil
}
