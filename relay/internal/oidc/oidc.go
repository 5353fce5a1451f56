// Package oidc signs people in with a messenger's own sign-in: OpenID Connect's
// authorization code flow with PKCE (RFC 6749, RFC 7636, OpenID Connect Core 1.0
// §3.1), so that they keep the username that they have there.
//
// A sign-in begins in one browser and ends in the same one, once: what begins it
// is kept on the bus under the state, and taken away by whoever ends it first.
package oidc

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"ferry/relay/internal/bus"
)

// Outcomes that a caller can act on.
var (
	// ErrState: the sign-in is not known here: it took too long, was ended
	// before, or began in another browser.
	ErrState = errors.New("oidc: no such sign-in")
	// ErrDenied: the person, or the provider, said no.
	ErrDenied = errors.New("oidc: denied")
	// ErrUnreachable: the provider does not answer; try again later.
	ErrUnreachable = errors.New("oidc: provider cannot be reached")
	// ErrToken: the provider's answer is not to be believed.
	ErrToken = errors.New("oidc: bad ID token")
	// ErrName: the ID token has no username in the configured claim.
	ErrName = errors.New("oidc: no username")
)

// Config of a SignIn. Now and Client have defaults.
type Config struct {
	Issuer   string // compared byte by byte with what the provider says
	ClientID string
	Secret   string // "" for a public client
	Redirect string // where the provider sends people back to
	Claim    string // of the ID token that has the username; "" is preferred_username
	Bus      *bus.Bus
	Client   *http.Client
	Now      func() time.Time
}

const (
	patience = 10 * time.Minute // from the beginning to the end of a sign-in
	skew     = time.Minute      // by which the provider's clock may be off
	maxClaim = 256              // bytes of a subject or username
	maxState = 128              // bytes of what comes back
	netTime  = 15 * time.Second // for the provider to answer
)

// Person is who signed in.
type Person struct {
	Issuer   string
	Subject  string // the provider's name for the person, for life
	Username string // may change
}

// SignIn is one provider's sign-in. Safe for concurrent use, also by several
// processes on one bus.
type SignIn struct {
	cfg     Config
	pending *bus.Bucket

	mu       sync.Mutex
	provider *oidc.Provider // nil until it has answered
}

// begun is a sign-in under way, by the hash of its state.
type begun struct {
	Browser  []byte    `json:"browser"` // hash of the browser's secret
	Nonce    string    `json:"nonce"`
	Verifier string    `json:"verifier"`
	At       time.Time `json:"at"`
}

// Open prepares a sign-in. The provider is asked only when somebody signs in, so
// that a relay starts without it.
func Open(ctx context.Context, cfg Config) (*SignIn, error) {
	if cfg.Claim == "" {
		cfg.Claim = "preferred_username"
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Client == nil {
		cfg.Client = &http.Client{Timeout: netTime}
	}
	pending, err := cfg.Bus.Bucket(ctx, "signins", bus.BucketOptions{TTL: patience})
	if err != nil {
		return nil, fmt.Errorf("oidc: %w", err)
	}
	return &SignIn{cfg: cfg, pending: pending}, nil
}

// Begin gives the address to send a person to, and a secret for their browser
// that Finish wants back.
func (s *SignIn) Begin(ctx context.Context) (to, browser string, err error) {
	p, err := s.discover(ctx)
	if err != nil {
		return "", "", err
	}
	state, browser := rand.Text(), rand.Text()
	b := begun{Browser: hash(browser), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), At: s.cfg.Now()}
	raw, err := json.Marshal(b)
	if err != nil {
		return "", "", fmt.Errorf("oidc: begin: %w", err)
	}
	if _, err := s.pending.Create(ctx, stateKey(state), raw); err != nil {
		return "", "", fmt.Errorf("oidc: begin: %w", err)
	}
	to = s.client(p).AuthCodeURL(state, oidc.Nonce(b.Nonce), oauth2.S256ChallengeOption(b.Verifier))
	return to, browser, nil
}

// Finish takes what the provider sent the browser back with, and the secret that
// Begin gave it. Each sign-in can be finished once, whatever comes of it.
func (s *SignIn) Finish(ctx context.Context, browser string, answer url.Values) (Person, error) {
	b, err := s.take(ctx, browser, answer.Get("state"))
	if err != nil {
		return Person{}, err
	}
	if problem := answer.Get("error"); problem != "" {
		return Person{}, fmt.Errorf("%w: %.64q", ErrDenied, problem)
	}
	// RFC 9207: an answer of another provider is not taken for this one's.
	if iss := answer.Get("iss"); iss != "" && iss != s.cfg.Issuer {
		return Person{}, fmt.Errorf("%w: answer of another issuer", ErrToken)
	}
	p, err := s.discover(ctx)
	if err != nil {
		return Person{}, err
	}
	tokens, err := s.client(p).Exchange(s.through(ctx), answer.Get("code"), oauth2.VerifierOption(b.Verifier))
	if err != nil {
		return Person{}, exchangeError(err)
	}
	raw, ok := tokens.Extra("id_token").(string)
	if !ok {
		return Person{}, fmt.Errorf("%w: there is none", ErrToken)
	}
	return s.verify(ctx, p, tokens, raw, b.Nonce)
}

// take removes a sign-in that began in this browser. Of two at once, one gets it.
func (s *SignIn) take(ctx context.Context, browser, state string) (b begun, err error) {
	if browser == "" || state == "" || len(state) > maxState || len(browser) > maxState {
		return b, ErrState
	}
	e, err := s.pending.Get(ctx, stateKey(state))
	if errors.Is(err, bus.ErrNotFound) {
		return b, ErrState
	}
	if err != nil {
		return b, fmt.Errorf("oidc: finish: %w", err)
	}
	if err := json.Unmarshal(e.Value, &b); err != nil {
		return b, fmt.Errorf("oidc: finish: %w", err)
	}
	if subtle.ConstantTimeCompare(hash(browser), b.Browser) != 1 {
		return b, ErrState // somebody else's; it stays theirs
	}
	switch err := s.pending.Delete(ctx, stateKey(state), e.Rev); {
	case errors.Is(err, bus.ErrConflict), errors.Is(err, bus.ErrNotFound):
		return b, ErrState
	case err != nil:
		return b, fmt.Errorf("oidc: finish: %w", err)
	}
	if s.cfg.Now().Sub(b.At) > patience {
		return b, ErrState
	}
	return b, nil
}

func (s *SignIn) verify(ctx context.Context, p *oidc.Provider, tokens *oauth2.Token, raw, nonce string) (Person, error) {
	now := s.cfg.Now()
	v := p.VerifierContext(s.through(context.WithoutCancel(ctx)), &oidc.Config{
		ClientID: s.cfg.ClientID,
		Now:      func() time.Time { return now.Add(-skew) }, // of the expiry
	})
	t, err := v.Verify(s.through(ctx), raw)
	if err != nil {
		return Person{}, fmt.Errorf("%w: %w", ErrToken, err)
	}
	switch {
	case subtle.ConstantTimeCompare([]byte(t.Nonce), []byte(nonce)) != 1:
		return Person{}, fmt.Errorf("%w: wrong nonce", ErrToken)
	case t.IssuedAt.After(now.Add(skew)):
		return Person{}, fmt.Errorf("%w: issued in the future", ErrToken)
	case t.Subject == "" || len(t.Subject) > maxClaim:
		return Person{}, fmt.Errorf("%w: no usable subject", ErrToken)
	}
	name, err := s.username(ctx, p, tokens, t)
	if err != nil {
		return Person{}, err
	}
	return Person{Issuer: t.Issuer, Subject: t.Subject, Username: name}, nil
}

// username is in the ID token, or with many providers only at the UserInfo
// endpoint (OpenID Connect Core 1.0 §5.4).
func (s *SignIn) username(ctx context.Context, p *oidc.Provider, tokens *oauth2.Token, t *oidc.IDToken) (string, error) {
	var claims map[string]any
	if err := t.Claims(&claims); err != nil {
		return "", fmt.Errorf("%w: %w", ErrToken, err)
	}
	name, _ := claims[s.cfg.Claim].(string)
	if name == "" && p.UserInfoEndpoint() != "" {
		info, err := p.UserInfo(s.through(ctx), oauth2.StaticTokenSource(tokens))
		if err != nil {
			return "", fmt.Errorf("%w: user info: %w", ErrUnreachable, err)
		}
		if info.Subject != t.Subject { // §5.3.2: of somebody else
			return "", fmt.Errorf("%w: user info of another subject", ErrToken)
		}
		claims = nil
		if err := info.Claims(&claims); err != nil {
			return "", fmt.Errorf("%w: user info: %w", ErrToken, err)
		}
		name, _ = claims[s.cfg.Claim].(string)
	}
	if name == "" || len(name) > maxClaim {
		return "", fmt.Errorf("%w: claim %q", ErrName, s.cfg.Claim)
	}
	return name, nil
}

// discover asks the provider for its endpoints, once it answers.
func (s *SignIn) discover(ctx context.Context) (*oidc.Provider, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.provider != nil {
		return s.provider, nil
	}
	// The provider's keys are fetched later, with this context's client.
	p, err := oidc.NewProvider(s.through(context.WithoutCancel(ctx)), s.cfg.Issuer)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	s.provider = p
	return p, nil
}

func (s *SignIn) through(ctx context.Context) context.Context {
	return oidc.ClientContext(ctx, s.cfg.Client)
}

func (s *SignIn) client(p *oidc.Provider) *oauth2.Config {
	return &oauth2.Config{
		ClientID: s.cfg.ClientID, ClientSecret: s.cfg.Secret, RedirectURL: s.cfg.Redirect,
		Endpoint: p.Endpoint(), Scopes: []string{oidc.ScopeOpenID, "profile"},
	}
}

// exchangeError tells a provider that refuses from one that is away.
func exchangeError(err error) error {
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) && refused.Response != nil && refused.Response.StatusCode < 500 {
		return fmt.Errorf("%w: %w", ErrDenied, err)
	}
	return fmt.Errorf("%w: %w", ErrUnreachable, err)
}

func stateKey(state string) string { return hex.EncodeToString(hash(state)) }

func hash(secret string) []byte {
	h := sha256.Sum256([]byte(secret))
	return h[:]
}
