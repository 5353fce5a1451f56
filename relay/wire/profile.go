package wire

import (
	"fmt"
	"strconv"
)

// This file is the gateway profile: what Meta has not published about
// third-party clients, and how the reference gateway does it. A partner who
// holds Meta's documents changes it here.

// Paths and names of the reference gateway.
const (
	PathChat   = "/ws/chat"           // the chat socket, as in WhatsApp Web
	PathEnlist = "/interop/v1/enlist" // HTTP: a provider's user joins or leaves

	EncryptionProtocol = "signal-v3" // the one that enlistment accepts
)

// Errors in <ack class="message" error="…"/>.
const (
	AckNotEnlisted = "403" // the sender's enlistment is gone
	AckUnknownUser = "404" // no such user
	AckNoDevice    = "409" // no device of the user is among those it was encrypted for: ask for the list again
	AckNoConsent   = "471" // the user has not turned third-party chats on for this provider
	AckRateLimited = "429"
	AckServerError = "500"
)

// FailureReason is the reason of a <failure/>, which answers a login instead
// of <success/>. 413 and 414 are the ones that Messenger's tokens have.
type FailureReason int

// Reasons that clients know (whatsmeow types/events ConnectFailureReason).
const (
	FailGeneric        FailureReason = 400
	FailLoggedOut      FailureReason = 401 // unknown device, or removed
	FailTempBanned     FailureReason = 402
	FailLocked         FailureReason = 403 // account locked, or its phone gone
	FailClientOutdated FailureReason = 405
	FailBanned         FailureReason = 406
	FailBadUserAgent   FailureReason = 409
	FailTokenExpired   FailureReason = 413
	FailTokenInvalid   FailureReason = 414
	FailNotFound       FailureReason = 415
	FailServerError    FailureReason = 500
	FailUnavailable    FailureReason = 503
)

// Failure builds the stanza. Code is a stable lower_snake word, or "".
func Failure(reason FailureReason, code string) Node {
	return N("failure", []Attr{A("reason", strconv.Itoa(int(reason))), A("message", code)})
}

// ParseFailure reads what Failure built.
func ParseFailure(n Node) (reason FailureReason, code string, ok bool) {
	if n.Tag != "failure" {
		return 0, "", false
	}
	v, err := strconv.ParseUint(n.Attr("reason"), 10, 16)
	if err != nil {
		v = uint64(FailGeneric)
	}
	return FailureReason(v), n.Attr("message"), true
}

// StreamError builds the stanza that ends a stream. Conflict is "replaced",
// "device_removed" or "".
func StreamError(code, conflict string) Node {
	n := N("stream:error", []Attr{A("code", code)})
	if conflict != "" {
		n.Children = []Node{N("conflict", []Attr{A("type", conflict)})}
	}
	return n
}

// AliasLID is the hidden id under which the reference gateway shows a
// third-party user to clients that cannot write to interop JIDs: "88", five
// digits of integrator and the account. Device n is device n of the alias.
func AliasLID(interop JID) (JID, bool) {
	if interop.Server != ServerInterop || !digits(interop.User) || len(interop.User) != accountDigits || interop.Device > 255 {
		return JID{}, false
	}
	user := fmt.Sprintf("%s%05d%s", aliasPrefix, interop.Integrator, interop.User)
	return JID{User: user, Server: ServerLID, Device: interop.Device}, true
}

// FromAliasLID is the way back.
func FromAliasLID(alias JID) (JID, bool) {
	const at = len(aliasPrefix) + integratorDigits
	if alias.Server != ServerLID || !digits(alias.User) || len(alias.User) != at+accountDigits || alias.User[:len(aliasPrefix)] != aliasPrefix {
		return JID{}, false
	}
	integrator, err := strconv.ParseUint(alias.User[len(aliasPrefix):at], 10, 16)
	if err != nil {
		return JID{}, false
	}
	return JID{User: alias.User[at:], Server: ServerInterop, Device: alias.Device, Integrator: uint16(integrator)}, true
}

const (
	aliasPrefix      = "88"
	integratorDigits = 5
	accountDigits    = 10
)

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// MediaPath is the direct path of a file that a provider hosts: WhatsApp's
// clients ask WhatsApp's media hosts for it, which fetch it from the provider.
// The token is the provider's, of the letters of base64url. A query must be
// there, because clients append to it (whatsmeow download.go).
func MediaPath(integrator uint16, token string) string {
	return fmt.Sprintf("/v/interop/%d/%s?f=1", integrator, token)
}

// GatewayMediaPath is the direct path of a file that a WhatsApp user uploaded.
func GatewayMediaPath(token string) string { return "/v/wa/" + token + "?f=1" }
