package link

import (
	"context"
	"errors"
	"time"

	"ferry/app/internal/model"
	"ferry/relay/wire"
)

// stage is how far an attempt had come; without a better reason it says which
// hop is down.
type stage string

const (
	atLogin     stage = "token"     // the relay's HTTP interface
	atDial      stage = "dial"      // the tunnel
	atHandshake stage = "handshake" // the gateway answers, or not
	atAnswer    stage = "login"
	atWork      stage = "connected"
)

// stageError says where err happened.
type stageError struct {
	stage stage
	err   error
}

func (e *stageError) Error() string { return string(e.stage) + ": " + e.err.Error() }
func (e *stageError) Unwrap() error { return e.err }

func at(s stage, err error) error {
	if err == nil {
		return nil
	}
	return &stageError{s, err}
}

// pace is how to try again.
type pace int

const (
	grow pace = iota // with the growing delay
	soon             // after a short random delay: the server is restarting
	now              // at once: the server asks for it, or a fresh token mends it
)

// verdict is what to make of an error.
type verdict struct {
	hop    model.Hop
	reason string
	pace   pace
	wait   time.Duration // if the server named one
	final  bool
}

func judge(err error) verdict {
	var closed *CloseError
	var api *APIError
	var failure *FailureError
	var stream *StreamError
	switch {
	case errors.As(err, &failure):
		return judgeFailure(failure)
	case errors.As(err, &stream):
		return judgeStream(stream)
	case errors.As(err, &closed):
		return judgeClose(closed)
	case errors.As(err, &api):
		return judgeAPI(api)
	}
	return judgeOther(err)
}

func judgeFailure(e *FailureError) verdict {
	v := verdict{hop: model.HopGateway, reason: e.Code, wait: e.Expire}
	if v.reason == "" {
		v.reason = failureNames[e.Reason]
	}
	switch e.Reason {
	case wire.FailLoggedOut, wire.FailLocked, wire.FailBanned, wire.FailNotFound:
		v.hop, v.final = model.HopSession, true
	case wire.FailClientOutdated, wire.FailBadUserAgent:
		v.final = true
	case wire.FailTokenExpired:
		v.pace = now
	}
	if v.reason == "" {
		v.reason = "refused"
	}
	return v
}

var failureNames = map[wire.FailureReason]string{
	wire.FailLoggedOut: "logged_out", wire.FailTempBanned: "temporarily_banned", wire.FailLocked: "locked",
	wire.FailClientOutdated: "client_outdated", wire.FailBanned: "banned", wire.FailBadUserAgent: "bad_user_agent",
	wire.FailTokenExpired: "token_expired", wire.FailTokenInvalid: "token_invalid", wire.FailNotFound: "not_found",
	wire.FailServerError: "server_error", wire.FailUnavailable: "unavailable",
}

func judgeStream(e *StreamError) verdict {
	switch {
	case e.Conflict != "":
		return verdict{hop: model.HopSession, reason: e.Conflict, final: true}
	case e.Code == "401":
		return verdict{hop: model.HopSession, reason: "logged_out", final: true}
	case e.Code == "515":
		return verdict{hop: model.HopGateway, reason: "restart", pace: now}
	case e.Code == "503":
		return verdict{hop: model.HopGateway, reason: "restart", pace: soon}
	}
	return verdict{hop: model.HopGateway, reason: "stream_error"}
}

func judgeClose(e *CloseError) verdict {
	v := verdict{hop: e.Hop(), reason: e.Reason}
	switch e.Code {
	case CloseUnauthorized, CloseRevoked:
		v.final = true
	case CloseDraining:
		v.pace = soon
	}
	if v.reason == "" {
		v.reason = "connection_lost"
	}
	return v
}

func judgeAPI(e *APIError) verdict {
	// A 404 without one of the relay's own codes is some other server's.
	gone := (e.Status == 404 || e.Status == 410) && e.Code != ""
	v := verdict{hop: e.Hop(), reason: e.Code, wait: min(e.Retry, maxRetry), final: e.Hop() == model.HopSession || gone}
	if v.final {
		v.hop = model.HopSession
	}
	if v.reason == "" {
		v.reason = "relay_error"
	}
	return v
}

func judgeOther(err error) verdict {
	v := verdict{hop: model.HopRelay, reason: "connection_lost"}
	var s *stageError
	if errors.As(err, &s) && (s.stage == atHandshake || s.stage == atAnswer) {
		v.hop = model.HopGateway
	}
	switch {
	case errors.Is(err, ErrDead):
		v.reason = "no_answer"
	case errors.Is(err, context.DeadlineExceeded):
		v.reason = "timeout"
	case errors.Is(err, wire.ErrCertExpired):
		v.reason = "certificate_expired" // or this device's clock is wrong
	case errors.Is(err, wire.ErrCertificate):
		v.reason = "wrong_gateway"
	case errors.Is(err, wire.ErrDecrypt), errors.Is(err, wire.ErrMessage), errors.Is(err, wire.ErrFrameTooBig), errors.Is(err, ErrLogin):
		v.hop, v.reason = model.HopGateway, "bad_answer"
	}
	return v
}
