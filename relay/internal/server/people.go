package server

import (
	"context"
	"net/http"
	"strings"
	"time"

	"ferry/relay/internal/account"
)

// credentials is the body of sign-up and sign-in.
type credentials struct {
	Username string `json:"username"`
	Password string `json:"password"`
	Device   string `json:"device"` // label for the list of sessions, e.g. "Chromium on Linux"
	Bearer   bool   `json:"bearer"` // the token in the answer instead of a cookie
}

type person struct {
	ID       string `json:"id"`
	Username string `json:"username"`
}

type entered struct {
	Account person `json:"account"`
	Session struct {
		ID string `json:"id"`
	} `json:"session"`
	Token string `json:"token,omitempty"`
}

func (s *Server) signUp(w http.ResponseWriter, r *http.Request) (any, error) {
	var c credentials
	if s.elsewhere != nil {
		return nil, errElsewhere
	}
	if err := s.readBody(w, r, &c); err != nil {
		return nil, err
	}
	if err := allow(s.rates.signUps, s.addressKey(r)); err != nil {
		return nil, err
	}
	c.Username = strings.TrimSpace(c.Username)
	acc, err := s.accounts.SignUp(r.Context(), c.Username, c.Password)
	if err != nil {
		return nil, err
	}
	return s.enter(r.Context(), w, acc, c)
}

func (s *Server) signIn(w http.ResponseWriter, r *http.Request) (any, error) {
	var c credentials
	if s.elsewhere != nil {
		return nil, errElsewhere
	}
	if err := s.readBody(w, r, &c); err != nil {
		return nil, err
	}
	if err := allow(s.rates.signIns, s.addressKey(r)); err != nil {
		return nil, err
	}
	c.Username = strings.TrimSpace(c.Username)
	acc, err := s.accounts.SignIn(r.Context(), c.Username, c.Password, s.addressKey(r))
	if err != nil {
		return nil, err
	}
	return s.enter(r.Context(), w, acc, c)
}

// enter starts a session and hands its token out, in a cookie that no script can
// read or in the body.
func (s *Server) enter(ctx context.Context, w http.ResponseWriter, acc account.Account, c credentials) (any, error) {
	session, token, err := s.accounts.Start(ctx, acc, c.Device)
	if err != nil {
		return nil, err
	}
	out := entered{Account: person{acc.ID, acc.Username}}
	out.Session.ID = session.ID
	if c.Bearer {
		out.Token = token.Reveal()
		return out, nil
	}
	http.SetCookie(w, s.cookie(token.Reveal(), s.limits.SessionAge))
	return out, nil
}

func (s *Server) cookie(value string, age time.Duration) *http.Cookie {
	return &http.Cookie{
		Name: cookieName, Value: value, Path: "/", MaxAge: int(age.Seconds()),
		HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: strings.HasPrefix(s.cfg.URL, "https:"),
	}
}

func (s *Server) signOut(w http.ResponseWriter, r *http.Request, c caller) (any, error) {
	if err := s.accounts.Revoke(r.Context(), c.ID, c.session.ID); err != nil {
		return nil, err
	}
	s.dropCookie(w)
	return struct{}{}, nil
}

func (s *Server) dropCookie(w http.ResponseWriter) {
	gone := s.cookie("", 0)
	gone.MaxAge = -1
	http.SetCookie(w, gone)
}

func (s *Server) me(_ http.ResponseWriter, _ *http.Request, c caller) (any, error) {
	return person{c.ID, c.Username}, nil
}

// listed is a session for its owner.
type listed struct {
	account.Session
	Current bool `json:"current"`
}

func (s *Server) sessions(_ http.ResponseWriter, r *http.Request, c caller) (any, error) {
	all, err := s.listSessions(r.Context(), c)
	if err != nil {
		return nil, err
	}
	return map[string]any{"sessions": all}, nil
}

func (s *Server) listSessions(ctx context.Context, c caller) ([]listed, error) {
	all, err := s.accounts.Sessions(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	out := make([]listed, 0, len(all))
	for _, one := range all {
		out = append(out, listed{one, one.ID == c.session.ID})
	}
	return out, nil
}

func (s *Server) revoke(_ http.ResponseWriter, r *http.Request, c caller) (any, error) {
	return struct{}{}, s.accounts.Revoke(r.Context(), c.ID, r.PathValue("id"))
}
