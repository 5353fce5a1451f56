package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"mime"
	"net/http"
	"strconv"
	"time"

	"ferry/relay/internal/account"
	"ferry/relay/internal/limit"
	"ferry/relay/internal/token"
)

// problem is an answer that is no success: {"error":{…}} with a status.
type problem struct {
	status  int
	Code    string `json:"code"`
	Message string `json:"message"`
	Field   string `json:"field,omitempty"`
	wait    time.Duration
	offset  *int64 // where an upload goes on, beside the error
}

func (p *problem) Error() string { return p.Code }

// errAnswered is returned by an endpoint that has answered by itself.
var errAnswered = errors.New("answered")

// endpoint is one call of the API. What it returns becomes JSON.
type endpoint func(w http.ResponseWriter, r *http.Request) (any, error)

// routes is the whole table.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	for pattern, e := range map[string]endpoint{
		"POST /api/signup":           s.changes(s.signUp),
		"POST /api/signin":           s.changes(s.signIn),
		"POST /api/signout":          s.changes(s.signed(s.signOut)),
		"GET /api/me":                s.signed(s.me),
		"POST /api/password":         s.changes(s.signed(s.changePassword)),
		"GET /api/account":           s.signed(s.mine),
		"GET /api/account/export":    s.signed(s.export),
		"DELETE /api/account":        s.changes(s.signed(s.deleteMine)),
		"GET /api/sessions":          s.signed(s.sessions),
		"DELETE /api/sessions/{id}":  s.changes(s.signed(s.revoke)),
		"GET /api/config":            s.public,
		"GET /api/oidc/start":        s.signInElsewhere,
		"GET /api/oidc/callback":     s.signedInElsewhere,
		"POST /api/gateway/enlist":   s.changes(s.signed(s.enlist)),
		"DELETE /api/gateway/enlist": s.changes(s.signed(s.disenlist)),
		"POST /api/gateway/token":    s.changes(s.signed(s.mint)),
		"POST /api/media":            s.changes(s.signed(s.beginMedia)),
		"PUT /api/media/{id}":        s.changes(s.signed(s.putMedia)),
		"GET /api/media/{id}":        s.signed(s.mediaStatus),
		"DELETE /api/media/{id}":     s.changes(s.signed(s.removeMedia)),
		"/api/":                      s.nowhere,
	} {
		mux.Handle(pattern, s.serve(e))
	}
	mux.HandleFunc("GET /.well-known/openid-configuration", s.document(func(*http.Request) ([]byte, error) { return s.issuer.Discovery() }))
	mux.HandleFunc("GET "+token.JWKSPath, s.document(func(r *http.Request) ([]byte, error) { return s.issuer.JWKS(r.Context()) }))
	mux.HandleFunc("GET /api/media/file", s.mediaFile)
	mux.HandleFunc("GET /m/{token}", s.publicFile)
	mux.Handle("GET /tunnel", s.tunnels)
	s.door.routes(mux)
	mux.HandleFunc("/", s.static)
	return s.guard(mux)
}

// serve turns an endpoint into a handler.
func (s *Server) serve(e endpoint) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		if ok, wait := s.rates.requests.Allow(s.addressKey(r)); !ok {
			s.fail(w, r, tooMany(wait))
			return
		}
		body, err := e(w, r)
		if errors.Is(err, errAnswered) {
			return
		}
		if err != nil {
			s.fail(w, r, err)
			return
		}
		status := http.StatusOK
		if c, ok := body.(created); ok {
			status, body = http.StatusCreated, c.body
		}
		writeJSON(w, status, body)
	})
}

// created is what an endpoint returns for something new.
type created struct{ body any }

func writeJSON(w http.ResponseWriter, status int, body any) {
	b, err := json.Marshal(body)
	if err != nil { // our own types: cannot be
		status, b = http.StatusInternalServerError, []byte(`{"error":{"code":"internal","message":"Something went wrong on our side."}}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(b)
}

// fail answers with what went wrong, in words for people and a code for programs.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := explain(err)
	if p.status >= 500 && r.Context().Err() == nil { // whoever hangs up is no failure of ours
		id, _ := r.Context().Value(requestID{}).(string)
		level := slog.LevelError
		if p.status != http.StatusInternalServerError { // known to happen: another system is down, say
			level = slog.LevelWarn
		}
		s.log.Log(r.Context(), level, "request failed", "request", id, "route", r.Pattern, "code", p.Code, "error", err)
	}
	if p.wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(p.wait.Seconds()))))
	}
	answer := map[string]any{"error": p}
	if p.offset != nil {
		answer["offset"] = *p.offset
	}
	writeJSON(w, p.status, answer)
}

// explain maps the outcomes of the rooms to answers.
func explain(err error) *problem {
	var (
		p       *problem
		field   *account.FieldError
		wait    *account.WaitError
		refusal *token.Refusal
	)
	switch {
	case errors.As(err, &p):
		return p
	case errors.As(err, &field):
		return &problem{status: http.StatusUnprocessableEntity, Code: "invalid_" + field.Field, Message: field.Message, Field: field.Field}
	case errors.As(err, &wait):
		return tooMany(wait.Wait)
	case errors.Is(err, account.ErrTaken):
		return &problem{status: http.StatusConflict, Code: "username_taken", Message: "This username is taken. Choose another one.", Field: "username"}
	case errors.Is(err, account.ErrWrong):
		return &problem{status: http.StatusUnauthorized, Code: "wrong_password", Message: "The username or the password is wrong."}
	case errors.Is(err, account.ErrSignedOut):
		return &problem{status: http.StatusUnauthorized, Code: "signed_out", Message: "You are signed out. Sign in again."}
	case errors.Is(err, account.ErrNoSession):
		return &problem{status: http.StatusNotFound, Code: "no_such_session", Message: "This session has ended already."}
	case errors.Is(err, account.ErrBusy):
		return &problem{status: http.StatusServiceUnavailable, Code: "busy", Message: "Many people are signing in. Try again in a moment.", wait: 2 * time.Second}
	case errors.Is(err, token.ErrNoiseKey):
		return &problem{status: http.StatusUnprocessableEntity, Code: "invalid_noise_key", Message: "The client sent a key that is none.", Field: "noiseKey"}
	case errors.As(err, &refusal):
		return &problem{status: http.StatusBadGateway, Code: "gateway_" + refusal.Code, Message: refusal.Message}
	case errors.Is(err, token.ErrUnreachable):
		return &problem{status: http.StatusBadGateway, Code: "gateway_unreachable", Message: "WhatsApp's gateway cannot be reached. Try again in a moment.", wait: 5 * time.Second}
	}
	if p := explainMedia(err); p != nil {
		return p
	}
	return &problem{status: http.StatusInternalServerError, Code: "internal", Message: "Something went wrong on our side. Try again in a moment."}
}

func tooMany(wait time.Duration) *problem {
	wait = max(wait, time.Second)
	return &problem{status: http.StatusTooManyRequests, Code: "too_many", wait: wait,
		Message: fmt.Sprintf("Too many attempts. Try again in %s.", forPeople(wait))}
}

func forPeople(d time.Duration) string {
	if n := int(math.Ceil(d.Seconds())); n < 120 {
		return map[bool]string{true: "1 second", false: strconv.Itoa(n) + " seconds"}[n == 1]
	}
	return strconv.Itoa(int(math.Ceil(d.Minutes()))) + " minutes"
}

// changes guards a call that changes something against pages of other origins.
func (s *Server) changes(e endpoint) endpoint {
	return func(w http.ResponseWriter, r *http.Request) (any, error) {
		if !s.originAllowed(r) {
			return nil, &problem{status: http.StatusForbidden, Code: "bad_origin", Message: "This page may not act for you."}
		}
		return e(w, r)
	}
}

// signed guards a call for those who are signed in, and passes on who they are.
func (s *Server) signed(e func(http.ResponseWriter, *http.Request, caller) (any, error)) endpoint {
	return func(w http.ResponseWriter, r *http.Request) (any, error) {
		acc, session, err := s.accounts.Session(r.Context(), account.ParseToken(sessionToken(r)))
		if err != nil {
			return nil, err
		}
		return e(w, r, caller{acc, session})
	}
}

// caller is who makes a request.
type caller struct {
	account.Account
	session account.Session
}

// readBody reads a bounded JSON object.
func (s *Server) readBody(w http.ResponseWriter, r *http.Request, into any) error {
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != "application/json" {
		return &problem{status: http.StatusUnsupportedMediaType, Code: "want_json", Message: "Send application/json."}
	}
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, s.limits.BodyBytes))
	var big *http.MaxBytesError
	switch {
	case errors.As(err, &big):
		return &problem{status: http.StatusRequestEntityTooLarge, Code: "too_big", Message: "This request is too big."}
	case err != nil:
		return &problem{status: http.StatusBadRequest, Code: "bad_request", Message: "The request ended early."}
	}
	if err := json.Unmarshal(b, into); err != nil {
		return &problem{status: http.StatusBadRequest, Code: "bad_json", Message: "The request is no JSON that makes sense here."}
	}
	return nil
}

func (s *Server) nowhere(_ http.ResponseWriter, _ *http.Request) (any, error) {
	return nil, &problem{status: http.StatusNotFound, Code: "not_found", Message: "There is nothing here."}
}

// document serves an OpenID document, which any verifier may fetch and keep a while.
func (s *Server) document(make func(*http.Request) ([]byte, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		b, err := make(r)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "public, max-age="+strconv.Itoa(int(token.JWKSMaxAge.Seconds())))
		w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
		_, _ = w.Write(b)
	}
}

func allow(rate *limit.Rate, key string) error {
	if ok, wait := rate.Allow(key); !ok {
		return tooMany(wait)
	}
	return nil
}
