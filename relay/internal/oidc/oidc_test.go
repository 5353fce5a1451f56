package oidc

import (
	"context"
	"errors"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"ferry/relay/internal/bus"
	"ferry/relay/relaytest/idp"
)

func TestMain(m *testing.M) {
	code := m.Run()
	idp.RemoveBinary()
	os.Exit(code)
}

const (
	back   = "http://127.0.0.1:1/api/oidc/callback"
	client = "ferry"
	secret = "s3cret"
)

type provider struct {
	*idp.Provider
	issuer string
}

func start(t *testing.T) provider {
	p := idp.Start(t, client, secret, back, "ada:lovelace")
	return provider{p, p.Issuer}
}

func (p provider) signIn(to string) url.Values { return p.SignIn(to, "ada", "lovelace").Query() }

func open(t *testing.T, change func(*Config)) *SignIn {
	t.Helper()
	b, err := bus.Open(t.Context(), bus.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	cfg := Config{ClientID: client, Secret: secret, Redirect: back, Bus: b}
	change(&cfg)
	s, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func begin(t *testing.T, s *SignIn) (to, browser string) {
	t.Helper()
	to, browser, err := s.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return to, browser
}

func TestAPersonSignsInWithTheirProvider(t *testing.T) {
	p := start(t)
	s := open(t, func(c *Config) { c.Issuer = p.issuer })
	to, browser := begin(t, s)
	if q := must(url.Parse(to)).Query(); q.Get("code_challenge_method") != "S256" || q.Get("nonce") == "" || q.Get("state") == "" {
		t.Errorf("the request has no PKCE, nonce or state: %s", to)
	}
	who, err := s.Finish(t.Context(), browser, p.signIn(to))
	if err != nil || who != (Person{Issuer: p.issuer, Subject: "sub-ada", Username: "ada"}) {
		t.Errorf("got %+v, %v", who, err)
	}
}

func TestAKeyThatIsNewIsFetched(t *testing.T) {
	p := start(t)
	s := open(t, func(c *Config) { c.Issuer = p.issuer })
	for range 3 {
		to, browser := begin(t, s)
		if who, err := s.Finish(t.Context(), browser, p.signIn(to)); err != nil || who.Username != "ada" {
			t.Fatalf("got %+v, %v", who, err)
		}
		p.Tell("rotate")
	}
}

func TestWhatIsNotRightSignsNobodyIn(t *testing.T) {
	p := start(t)
	now := time.Now
	for _, c := range []struct {
		name   string
		change func(*Config)
		play   func(t *testing.T, s *SignIn) error
		want   error
	}{
		{"replayed", nil, func(t *testing.T, s *SignIn) error {
			to, browser := begin(t, s)
			answer := p.signIn(to)
			if _, err := s.Finish(t.Context(), browser, answer); err != nil {
				t.Fatal(err)
			}
			_, err := s.Finish(t.Context(), browser, answer)
			return err
		}, ErrState},
		{"two at once: one is taken", nil, func(t *testing.T, s *SignIn) error {
			to, browser := begin(t, s)
			answer := p.signIn(to)
			errs := make(chan error, 2)
			for range 2 {
				go func() { _, err := s.Finish(context.WithoutCancel(t.Context()), browser, answer); errs <- err }()
			}
			one, two := <-errs, <-errs
			if one == nil && two == nil || one != nil && two != nil {
				t.Errorf("got %v and %v", one, two)
			}
			return errors.Join(one, two)
		}, ErrState},
		{"begun in another browser", nil, func(t *testing.T, s *SignIn) error {
			to, browser := begin(t, s)
			_, other := begin(t, s)
			answer := p.signIn(to)
			_, err := s.Finish(t.Context(), other, answer)
			if _, own := s.Finish(t.Context(), browser, answer); own != nil {
				t.Errorf("a stranger's attempt spoiled the sign-in: %v", own)
			}
			return err
		}, ErrState},
		{"without a browser's secret", nil, func(t *testing.T, s *SignIn) error {
			to, _ := begin(t, s)
			_, err := s.Finish(t.Context(), "", p.signIn(to))
			return err
		}, ErrState},
		{"another sign-in's code: wrong PKCE verifier", nil, func(t *testing.T, s *SignIn) error {
			stolen, _ := begin(t, s)
			to, browser := begin(t, s)
			answer := p.signIn(to)
			answer.Set("code", p.signIn(stolen).Get("code"))
			_, err := s.Finish(t.Context(), browser, answer)
			return err
		}, ErrDenied},
		{"wrong nonce", nil, func(t *testing.T, s *SignIn) error {
			to, browser := begin(t, s)
			u := must(url.Parse(to))
			q := u.Query()
			q.Set("nonce", "mine")
			u.RawQuery = q.Encode()
			_, err := s.Finish(t.Context(), browser, p.signIn(u.String()))
			return err
		}, ErrToken},
		{"answer of another issuer", nil, func(t *testing.T, s *SignIn) error {
			to, browser := begin(t, s)
			answer := p.signIn(to)
			answer.Set("iss", "https://evil.example/")
			_, err := s.Finish(t.Context(), browser, answer)
			return err
		}, ErrToken},
		{"expired", func(c *Config) { c.Now = func() time.Time { return now().Add(7 * time.Minute) } }, finish(p), ErrToken},
		{"issued in the future", func(c *Config) { c.Now = func() time.Time { return now().Add(-3 * time.Minute) } }, finish(p), ErrToken},
		{"wrong client secret", func(c *Config) { c.Secret = "wrong" }, finish(p), ErrDenied},
		{"no such claim", func(c *Config) { c.Claim = "nickname_x" }, finish(p), ErrName},
		{"denied by the person", nil, func(t *testing.T, s *SignIn) error {
			to, browser := begin(t, s)
			_, err := s.Finish(t.Context(), browser, url.Values{"error": {"access_denied"}, "state": {must(url.Parse(to)).Query().Get("state")}})
			return err
		}, ErrDenied},
		{"the provider calls itself something else", func(c *Config) { c.Issuer = strings.Replace(p.issuer, "127.0.0.1", "localhost", 1) },
			func(t *testing.T, s *SignIn) error { _, _, err := s.Begin(t.Context()); return err }, ErrUnreachable},
		{"the provider is away", func(c *Config) { c.Issuer = "http://127.0.0.1:1/" },
			func(t *testing.T, s *SignIn) error { _, _, err := s.Begin(t.Context()); return err }, ErrUnreachable},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := open(t, func(cfg *Config) {
				cfg.Issuer = p.issuer
				if c.change != nil {
					c.change(cfg)
				}
			})
			if err := c.play(t, s); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func finish(p provider) func(*testing.T, *SignIn) error {
	return func(t *testing.T, s *SignIn) error {
		to, browser := begin(t, s)
		_, err := s.Finish(t.Context(), browser, p.signIn(to))
		return err
	}
}

func TestClocksMayDifferALittle(t *testing.T) {
	p := start(t)
	now := time.Now
	for _, off := range []time.Duration{-50 * time.Second, 5*time.Minute + 40*time.Second} {
		s := open(t, func(c *Config) {
			c.Issuer = p.issuer
			c.Now = func() time.Time { return now().Add(off) }
		})
		if err := finish(p)(t, s); err != nil {
			t.Errorf("%v off: %v", off, err)
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
