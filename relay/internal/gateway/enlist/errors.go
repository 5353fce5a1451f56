package enlist

import (
	"errors"
	"fmt"
	"net/http"

	"ferry/relay/wire"
)

// Code is a stable reason for a refusal: the "code" of an HTTP error answer and the message of a failed login.
type Code string

// The reasons. Each has one meaning only, so that a provider's engineer can tell what to repair.
const (
	UnknownProvider     Code = "unknown_provider"     // the issuer is not registered
	Suspended           Code = "suspended"            // the provider may not serve anyone at present
	UnsupportedProtocol Code = "unsupported_protocol" // other end-to-end encryption than the gateway routes
	MalformedToken      Code = "malformed_token"      // not a JWT, or a claim is missing or impossible
	BadSignature        Code = "bad_signature"        // not signed with a published key, or with a refused algorithm
	WrongAudience       Code = "wrong_audience"       // meant for somebody else
	ExpiredToken        Code = "expired_token"
	NotYetValid         Code = "not_yet_valid"
	WrongKey            Code = "wrong_key"        // bound to another Noise key, or to none
	WrongAccount        Code = "wrong_account"    // the token is of another account than the login names
	OutOfRegion         Code = "out_of_region"    // the provider says that the user is not eligible: nobody new enlists
	Revoked             Code = "revoked"          // this account or device is not enlisted, or no more
	KeysUnavailable     Code = "keys_unavailable" // the provider's keys could not be fetched; try again
	TooManyDevices      Code = "too_many_devices"
	BadRequest          Code = "bad_request" // HTTP only: the body is not what is expected
	Internal            Code = "internal"    // HTTP only
)

// Error is a refusal. Its cause is for logs and may be nil; it holds no token and no name.
type Error struct {
	Code  Code
	cause error
}

func refuse(code Code, cause error) *Error { return &Error{code, cause} }

func refusef(code Code, format string, args ...any) *Error {
	return &Error{code, fmt.Errorf(format, args...)}
}

func (e *Error) Error() string {
	if e.cause == nil {
		return "enlist: " + string(e.Code)
	}
	return "enlist: " + string(e.Code) + ": " + e.cause.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.cause }

// Is makes errors.Is compare codes.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// CodeOf is the code of a refusal; Internal for any other error, "" for none.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return Internal
}

// LoginFailure is what a login that was refused is answered: 413 to fetch a new token, 414 for a token that will
// never do, 401 for a device that must enlist again, 503 to try again later.
func (e *Error) LoginFailure() (reason wire.FailureReason, code string) {
	switch e.Code {
	case ExpiredToken:
		reason = wire.FailTokenExpired
	case Revoked:
		reason = wire.FailLoggedOut
	case KeysUnavailable:
		reason = wire.FailUnavailable
	default:
		reason = wire.FailTokenInvalid
	}
	return reason, string(e.Code)
}

// Failure is LoginFailure as a stanza, also for other errors.
func Failure(err error) wire.Node {
	if e, ok := errors.AsType[*Error](err); ok {
		return wire.Failure(e.LoginFailure())
	}
	return wire.Failure(wire.FailServerError, string(Internal))
}

// answers has the HTTP status of each code, and words for people.
var answers = map[Code]struct {
	status  int
	message string
}{
	UnknownProvider:     {http.StatusForbidden, "the token's issuer is not an approved provider"},
	Suspended:           {http.StatusForbidden, "the provider is suspended"},
	UnsupportedProtocol: {http.StatusUnprocessableEntity, "this gateway routes only " + wire.EncryptionProtocol},
	MalformedToken:      {http.StatusUnauthorized, "the ID token is malformed"},
	BadSignature:        {http.StatusUnauthorized, "the ID token is not signed with a published key of its issuer"},
	WrongAudience:       {http.StatusUnauthorized, "the ID token is for another audience"},
	ExpiredToken:        {http.StatusUnauthorized, "the ID token has expired"},
	NotYetValid:         {http.StatusUnauthorized, "the ID token is not valid yet"},
	WrongKey:            {http.StatusUnauthorized, "the ID token is bound to another key"},
	WrongAccount:        {http.StatusUnauthorized, "the ID token is of another account"},
	Revoked:             {http.StatusNotFound, "there is no such enlistment"},
	OutOfRegion:         {http.StatusUnavailableForLegalReasons, "third-party chats are not offered where the user is"},
	KeysUnavailable:     {http.StatusServiceUnavailable, "the provider's keys cannot be fetched at present"},
	TooManyDevices:      {http.StatusConflict, "the account has as many devices as it may have"},
	BadRequest:          {http.StatusBadRequest, "the body is not the JSON object that is expected here"},
	Internal:            {http.StatusInternalServerError, "something went wrong in the gateway"},
}
