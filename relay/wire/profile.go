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
	PathEnlist = "/interop/v1/enlist" // HTTP: a provider's user joins (POST), asks what is kept (GET), leaves (DELETE)

	EncryptionProtocol = "signal-v3" // the one that enlistment accepts
)

// Errors in <ack class="message" error="…"/>, and in those of class "call".
// Beside an error the ack has attributes that say more: AttrReason, AttrSide and
// AttrRetryAfter. None of them says that a person has blocked the sender: what a
// blocked person sends is acked like anything else, and kept for nobody.
const (
	AckNotEnlisted  = "403" // the sender's enlistment is gone, or the provider's users may not write at present (ReasonProvider)
	AckUnknownUser  = "404" // no such user, or not enlisted any more
	AckOwnBlock     = "405" // the sender has blocked the receiver
	AckNoDevice     = "409" // no device of the user is among those it was encrypted for: ask for the list again
	AckRateLimited  = "429" // too much of something: AttrReason says of what, AttrRetryAfter until when if that is known
	AckOutOfRegion  = "451" // one of the two is outside the region of third-party chats: AttrSide
	AckNoConsent    = "471" // the user takes no third-party chats, or none of this provider; or not before a request is accepted
	AckServerError  = "500"
	AckNotSupported = "501" // calls do not cross (ReasonNotSupported)
)

// Attributes of an ack with an error.
const (
	AttrReason     = "reason"
	AttrSide       = "side"        // of AckOutOfRegion: SideYours or SideTheirs, as the sender of what is acked sees it
	AttrRetryAfter = "retry-after" // seconds
)

// Values of AttrReason and AttrSide.
const (
	ReasonRate         = "rate"          // of AckRateLimited: too many new conversations in a day
	ReasonUnanswered   = "unanswered"    // of AckRateLimited: too many messages, or conversations, that nobody has answered
	ReasonReported     = "reported"      // of AckRateLimited: several people have reported the sender
	ReasonProvider     = "provider"      // of AckNotEnlisted: the provider is suspended or not registered any more
	ReasonNotSupported = "not_supported" // of AckNotSupported
	ReasonRegion       = "region"        // of <third_party_chats state="off"/> in a usync answer: not the person's choice, but where one of the two is

	SideYours  = "yours"
	SideTheirs = "theirs"
)

// NamespaceInterop is the xmlns of the queries, and the type of the notifications,
// about third-party chats. Queries of type set:
//
//	<accept jid/>                 take the sender of a request as a contact
//	<decline jid/>                forget the request; a later message is a new one
//	<provider id action/>         block or unblock a provider ("block", "unblock")
//	<report jid reason block>     tell the gateway's operator about a person, with the
//	  <message id t>…</message>   messages that the reporter has chosen to show, as they
//	</report>                     are shown to the reporter; block="true" also blocks
//	<third_party_chats state inbox requests><app id state/></third_party_chats>
//	                              what a WhatsApp user takes; what is left out stays.
//	                              state "on" or "off"; inbox "separate" or "combined"; requests "on" or "off"
//
// The query of type get is an empty <third_party_chats/>, or asks for one person,
// <user provider username/>. The answer to that is the same with name, the provider's,
// and jid, the person's address; without jid there is no such person, or none to write
// to; state="off" says instead that the asker does not take that provider's messages.
// Another empty one is <requests/>: its answer has those that wait, also for a device
// that was linked since, each as <request jid provider name t messages/> (t: begun, Unix
// seconds; messages: how many have come), the newest first and 200 at most; it is
// empty for a user who takes no requests.
// The answer to the first empty query, also of a
// set, has everything, with each provider as <app id name state blocked status since/>
// (status "active" or "suspended"; since: registered, Unix seconds). Notifications:
//
//	<third_party_chats state inbox requests>…   to the user's own other devices: as the answer to get
//	<third_party_chats jid state/>              to third-party users who have a conversation with the user
//	<provider id name state/>                   to WhatsApp users: "new", "active", "suspended" or "removed"
//	<accept jid/>, <decline jid/>               to the user's own other devices
//
// Blocks of people are of WhatsApp's own kind (xmlns "blocklist", whatsmeow user.go).
const NamespaceInterop = "w:interop"

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
