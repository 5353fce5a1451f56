package server

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"ferry/relay/internal/account"
	"ferry/relay/internal/media"
	"ferry/relay/internal/token"
)

// What follows is the account page: what is kept about a person, a new password,
// and the end of it all.

// mine is everything that this relay keeps about an account. What a person has
// deleted, or what has expired, is not in it; passwords and session secrets are
// kept as hashes only, which nobody gets.
type mine struct {
	Account struct {
		ID       string    `json:"id"`
		Username string    `json:"username"`
		Created  time.Time `json:"created"`
		SignIn   string    `json:"signIn"` // "password" or "oidc"
	} `json:"account"`
	Sessions   []listed     `json:"sessions"`
	Enlistment *enlistments `json:"enlistment,omitempty"` // nil: the gateway does not tell, or not now
	Media      mediaKept    `json:"media"`
	Limits     myLimits     `json:"limits"`
}

// enlistments is the account at the gateway.
type enlistments struct {
	Address string              `json:"address"` // "": not enlisted
	Devices []token.DeviceEntry `json:"devices"`
	Kept    json.RawMessage     `json:"kept,omitempty"` // what else there is, in numbers
}

// mediaKept is what the media host has. The page gets the newest of the files, the
// export all of them.
type mediaKept struct {
	Files      []media.Holding `json:"files"`
	Count      int             `json:"count"` // of all
	Bytes      int64           `json:"bytes"`
	QuotaBytes int64           `json:"quotaBytes"` // 0: none
	QuotaFiles int64           `json:"quotaFiles"` // 0: none
}

// myLimits are the bounds that a person may meet; 0 is none.
type myLimits struct {
	FileBytes          int64 `json:"fileBytes"`
	FileSeconds        int64 `json:"fileSeconds"` // how long a file is kept
	Sessions           int64 `json:"sessions"`
	SessionIdleSeconds int64 `json:"sessionIdleSeconds"`
	SessionAgeSeconds  int64 `json:"sessionAgeSeconds"`
}

// shownFiles is how many files the page gets.
const shownFiles = 100

func (s *Server) mine(_ http.ResponseWriter, r *http.Request, c caller) (any, error) {
	m, err := s.about(r, c)
	if err == nil {
		m.Media.Files = m.Media.Files[max(len(m.Media.Files)-shownFiles, 0):]
	}
	return m, err
}

func (s *Server) about(r *http.Request, c caller) (*mine, error) {
	ctx, l := r.Context(), s.limits
	var m mine
	m.Account.ID, m.Account.Username, m.Account.Created = c.ID, c.Username, c.Created
	m.Account.SignIn = s.signInKind().Kind
	var err error
	if m.Sessions, err = s.listSessions(ctx, c); err != nil {
		return nil, err
	}
	m.Media.QuotaBytes, m.Media.QuotaFiles = l.MediaAccountBytes, l.MediaAccountFiles
	if m.Media.Files, m.Media.Bytes, err = s.media.host.Held(ctx, c.ID); err != nil {
		return nil, err
	}
	m.Media.Count = len(m.Media.Files)
	m.Limits = myLimits{
		FileBytes: l.MediaBytes, FileSeconds: int64(l.MediaAge.Seconds()), Sessions: l.Sessions,
		SessionIdleSeconds: int64(l.SessionIdle.Seconds()), SessionAgeSeconds: int64(l.SessionAge.Seconds()),
	}
	m.Enlistment = s.askGateway(ctx, r, c)
	return &m, nil
}

// askGateway asks what it knows; nil if it does not say. The page is of use without.
func (s *Server) askGateway(ctx context.Context, r *http.Request, c caller) *enlistments {
	text, _, err := s.idToken(r, c, make([]byte, token.NoiseKeySize))
	if err != nil {
		return nil
	}
	e, err := s.gateway.About(ctx, text)
	var no *token.Refusal
	switch {
	case err == nil:
		return &enlistments{e.Address, e.Devices, e.Kept}
	case errors.As(err, &no) && no.Code == token.CodeRevoked:
		return &enlistments{Devices: []token.DeviceEntry{}}
	}
	return nil
}

// export is mine as a file.
func (s *Server) export(w http.ResponseWriter, r *http.Request, c caller) (any, error) {
	m, err := s.about(r, c)
	if err != nil {
		return nil, err
	}
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, err
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Disposition", `attachment; filename="ferry-account-`+c.Username+`.json"`) // of letters that need no escape
	_, _ = w.Write(append(b, '\n'))
	return nil, errAnswered
}

func (s *Server) changePassword(w http.ResponseWriter, r *http.Request, c caller) (any, error) {
	var in struct {
		Old string `json:"old"`
		New string `json:"new"`
	}
	if s.elsewhere != nil {
		return nil, errElsewhere
	}
	if err := s.readBody(w, r, &in); err != nil {
		return nil, err
	}
	if err := allow(s.rates.signIns, s.addressKey(r)); err != nil {
		return nil, err
	}
	err := s.accounts.ChangePassword(r.Context(), c.Account, in.Old, in.New, s.addressKey(r), c.session.ID)
	if errors.Is(err, account.ErrNoPassword) {
		return nil, errElsewhere
	}
	return struct{}{}, wrongPassword(err, "old")
}

// wrongPassword says so of a person who is signed in: 401 would say that they are
// not.
func wrongPassword(err error, field string) error {
	if errors.Is(err, account.ErrWrong) {
		return &problem{status: http.StatusForbidden, Code: "wrong_password", Message: "The password is wrong.", Field: field}
	}
	return err
}

// deleteMine removes the account from the gateway, then from here. If the gateway
// cannot be asked, nothing at all has changed: an account that is gone here could
// never leave there, because nobody could sign its token. From then on each step
// may fail and all of it be asked for again; the account goes last. Tunnels close
// as their sessions end. The gateway is asked a second time, since another tab may
// have enlisted again while it still had a session.
func (s *Server) deleteMine(w http.ResponseWriter, r *http.Request, c caller) (any, error) {
	var in struct {
		Password string `json:"password"`
	}
	if err := s.readBody(w, r, &in); err != nil {
		return nil, err
	}
	if err := allow(s.rates.signIns, s.addressKey(r)); err != nil {
		return nil, err
	}
	ctx := r.Context()
	if err := s.accounts.Check(ctx, c.Account, in.Password, s.addressKey(r)); err != nil {
		return nil, wrongPassword(err, "password")
	}
	text, _, err := s.idToken(r, c, make([]byte, token.NoiseKeySize))
	if err != nil {
		return nil, err
	}
	if err := s.leaveGateway(ctx, text); err != nil {
		return nil, err
	}
	ctx = context.WithoutCancel(ctx) // a tab that closes now does not stop it half-way
	if err := s.accounts.EndSessions(ctx, c.Account); err != nil {
		return nil, err
	}
	if err := s.media.host.Forget(ctx, c.ID); err != nil {
		return nil, err
	}
	if err := s.leaveGateway(ctx, text); err != nil {
		return nil, err
	}
	if err := s.accounts.Delete(ctx, c.Account); err != nil {
		return nil, err
	}
	s.dropCookie(w)
	return struct{}{}, nil
}

// leaveGateway ends the enlistment of all devices. Not to be enlisted is no error,
// nor is a gateway that does not know this provider any more, and so none of its
// users.
func (s *Server) leaveGateway(ctx context.Context, text string) error {
	err := s.gateway.Disenlist(ctx, text, nil)
	var no *token.Refusal
	if errors.As(err, &no) && (no.Code == token.CodeRevoked || no.Code == token.CodeUnknownProvider) {
		return nil
	}
	return err
}
