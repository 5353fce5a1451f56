package server

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"ferry/relay/internal/account"
	"ferry/relay/internal/oidc"
)

// What follows is the sign-in at the messenger's own OpenID provider. The browser
// goes there and comes back by itself; what went wrong, it finds in the address,
// /signin?error=code, and says it in its own words.

const (
	callbackPath  = "/api/oidc/callback"
	browserCookie = "ferry_signin" // ties the end of a sign-in to the browser that began it
)

var errElsewhere = &problem{status: http.StatusForbidden, Code: "sign_in_elsewhere",
	Message: "Accounts here come from another sign-in. Use its button."}

// signIn tells the page how people sign in.
type signIn struct {
	Kind string `json:"kind"` // "password" or "oidc"
	Name string `json:"name,omitempty"`
}

func (s *Server) signInKind() signIn {
	if s.elsewhere == nil {
		return signIn{Kind: "password"}
	}
	return signIn{Kind: "oidc", Name: s.cfg.SignInName}
}

func (s *Server) openSignIn(ctx context.Context) (err error) {
	if s.cfg.SignInIssuer == "" {
		return nil
	}
	s.elsewhere, err = oidc.Open(ctx, oidc.Config{
		Issuer: s.cfg.SignInIssuer, ClientID: s.cfg.SignInClient, Secret: s.cfg.SignInSecret,
		Claim: s.cfg.SignInClaim, Redirect: s.cfg.URL + callbackPath, Bus: s.opt.Bus, Now: s.opt.Now,
	})
	return err
}

// signInElsewhere sends the browser to the provider.
func (s *Server) signInElsewhere(w http.ResponseWriter, r *http.Request) (any, error) {
	if s.elsewhere == nil {
		return s.nowhere(w, r)
	}
	if err := allow(s.rates.signIns, s.addressKey(r)); err != nil {
		return nil, err
	}
	to, browser, err := s.elsewhere.Begin(r.Context())
	if err != nil {
		return s.backWith(w, r, err)
	}
	s.remember(w, browser, 600)
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil, errAnswered
}

// signedInElsewhere takes the browser back.
func (s *Server) signedInElsewhere(w http.ResponseWriter, r *http.Request) (any, error) {
	if s.elsewhere == nil {
		return s.nowhere(w, r)
	}
	if err := allow(s.rates.signIns, s.addressKey(r)); err != nil {
		return nil, err
	}
	browser := ""
	if c, err := r.Cookie(browserCookie); err == nil {
		browser = c.Value
	}
	who, err := s.elsewhere.Finish(r.Context(), browser, r.URL.Query())
	if err != nil {
		return s.backWith(w, r, err)
	}
	acc, err := s.accounts.Admit(r.Context(), account.External(who))
	if err != nil {
		return s.backWith(w, r, err)
	}
	s.remember(w, "", -1)
	if _, err := s.enter(r.Context(), w, acc, credentials{Device: deviceOf(r.UserAgent())}); err != nil {
		return s.backWith(w, r, err)
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil, errAnswered
}

// remember sets the cookie of a sign-in under way. Lax: it comes back with the
// provider's redirect, which is another site's.
func (s *Server) remember(w http.ResponseWriter, browser string, seconds int) {
	http.SetCookie(w, &http.Cookie{
		Name: browserCookie, Value: browser, Path: callbackPath, MaxAge: seconds,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: strings.HasPrefix(s.cfg.URL, "https:"),
	})
}

func (s *Server) backWith(w http.ResponseWriter, r *http.Request, err error) (any, error) {
	var field *account.FieldError
	code := "internal"
	switch {
	case errors.Is(err, oidc.ErrState):
		code = "sign_in_expired"
	case errors.Is(err, oidc.ErrDenied):
		code = "sign_in_denied"
	case errors.Is(err, oidc.ErrUnreachable):
		code = "sign_in_unreachable"
	case errors.Is(err, oidc.ErrToken):
		code = "sign_in_rejected"
	case errors.Is(err, oidc.ErrName), errors.As(err, &field):
		code = "no_username"
	case errors.Is(err, account.ErrTaken):
		code = "username_taken"
	}
	s.log.Warn("a sign-in elsewhere failed", "code", code, "error", err)
	http.Redirect(w, r, "/signin?error="+url.QueryEscape(code), http.StatusSeeOther)
	return nil, errAnswered
}

// deviceOf is a label for the list of sessions, from what the browser calls itself.
func deviceOf(agent string) string {
	pick := func(fallback string, names ...string) string {
		for _, n := range names {
			if key, _, _ := strings.Cut(n, "|"); strings.Contains(agent, key) {
				return n[strings.Index(n, "|")+1:]
			}
		}
		return fallback
	}
	browser := pick("Browser", "Edg/|Edge", "Firefox/|Firefox", "Chrome/|Chromium", "Safari/|Safari")
	system := pick("unknown system", "Android|Android", "iPhone|iOS", "iPad|iOS", "Windows|Windows", "Mac OS|macOS", "Linux|Linux")
	return browser + " on " + system
}
