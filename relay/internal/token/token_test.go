package token

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"

	"ferry/relay/internal/bus"
	"ferry/relay/internal/clocktest"
	"ferry/relay/internal/where"
)

func openBus(t *testing.T) *bus.Bus {
	t.Helper()
	b, err := bus.Open(t.Context(), bus.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

func open(t *testing.T, b *bus.Bus, issuer string, c *clocktest.Clock) *Issuer {
	t.Helper()
	i, err := Open(t.Context(), Config{Bus: b, Issuer: issuer, Audience: "ferry-gateway", TokenAge: 5 * time.Minute, Now: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	return i
}

var noise = bytes.Repeat([]byte{7}, NoiseKeySize)

func TestATokenIsAcceptedByAnIndependentVerifier(t *testing.T) {
	c := clocktest.New()
	var i *Issuer
	mux := http.NewServeMux()
	srv := httptest.NewServer(mux)
	defer srv.Close()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, r *http.Request) {
		b, _ := i.Discovery()
		_, _ = w.Write(b)
	})
	mux.HandleFunc(JWKSPath, func(w http.ResponseWriter, r *http.Request) {
		b, _ := i.JWKS(r.Context())
		_, _ = w.Write(b)
	})
	i = open(t, openBus(t), srv.URL, c)
	provider, err := oidc.NewProvider(t.Context(), srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	text, expires, err := i.Mint(t.Context(), "id1", "anna", noise, where.Place{Country: "US", Outside: true})
	if err != nil || expires.Sub(c.Now()) > 5*time.Minute {
		t.Fatal(expires, err)
	}
	verify := func(audience string) (*oidc.IDToken, error) {
		return provider.Verifier(&oidc.Config{ClientID: audience, SupportedSigningAlgs: []string{"EdDSA"}}).Verify(t.Context(), text)
	}
	id, err := verify("ferry-gateway")
	if err != nil || id.Subject != "id1" {
		t.Fatalf("%+v, %v", id, err)
	}
	var claims struct {
		Username string                          `json:"preferred_username"`
		ID       string                          `json:"jti"`
		Eligible *bool                           `json:"eligible"`
		Region   string                          `json:"region"`
		Confirm  struct{ JWK map[string]string } `json:"cnf"`
	}
	if err := id.Claims(&claims); err != nil || claims.Username != "anna" || claims.ID == "" || claims.Eligible == nil || *claims.Eligible || claims.Region != "US" {
		t.Fatalf("%+v, %v", claims, err)
	}
	want := map[string]string{"kty": "OKP", "crv": "X25519", "x": base64.RawURLEncoding.EncodeToString(noise)}
	if fmt.Sprint(claims.Confirm.JWK) != fmt.Sprint(want) {
		t.Fatalf("bound to %v", claims.Confirm.JWK)
	}
	if _, err := verify("another gateway"); err == nil {
		t.Fatal("accepted for another audience")
	}
}

func published(t *testing.T, i *Issuer) (kids []string) {
	t.Helper()
	b, err := i.JWKS(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(b, &set); err != nil {
		t.Fatal(err)
	}
	for _, k := range set.Keys {
		if !k.IsPublic() {
			t.Fatal("a private key is published")
		}
		kids = append(kids, k.KeyID)
	}
	return kids
}

func signedBy(t *testing.T, i *Issuer) string {
	t.Helper()
	text, _, err := i.Mint(t.Context(), "a", "anna", noise, where.Place{})
	if err != nil {
		t.Fatal(err)
	}
	jws, err := jose.ParseSignedCompact(text, []jose.SignatureAlgorithm{jose.EdDSA})
	if err != nil {
		t.Fatal(err)
	}
	return jws.Signatures[0].Header.KeyID
}

func TestEveryTokenCanBeVerifiedWithKeysFetchedTwentyMinutesAgo(t *testing.T) {
	c := clocktest.New()
	i, err := Open(t.Context(), Config{Bus: openBus(t), Issuer: "https://ferry.example", Audience: "x", TokenAge: 5 * time.Minute, KeyLife: 4 * time.Hour, Now: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	cached, used := published(t, i), map[string]bool{}
	for range 24 * 3 {
		c.Pass(20 * time.Minute)
		before := published(t, i)
		kid := signedBy(t, i)
		used[kid] = true
		if !slices.Contains(before, kid) || !slices.Contains(cached, kid) {
			t.Fatalf("signed with %s, a verifier knows %v", kid, cached)
		}
		cached = before
		if len(before) > 2 {
			t.Fatalf("%d keys are published", len(before))
		}
	}
	if len(used) < 5 {
		t.Fatalf("only %d keys in a day", len(used))
	}
}

func TestAnOldKeyStaysUntilItsTokensHaveExpired(t *testing.T) {
	c := clocktest.New()
	i := open(t, openBus(t), "https://ferry.example", c)
	first := signedBy(t, i)
	c.Pass(30*24*time.Hour - 31*time.Minute)
	if signedBy(t, i) != first {
		t.Fatal("changed keys early")
	}
	c.Pass(33 * time.Minute)
	if signedBy(t, i) == first || !slices.Contains(published(t, i), first) {
		t.Fatal("a token of two minutes ago cannot be verified")
	}
	c.Pass(time.Hour)
	if slices.Contains(published(t, i), first) {
		t.Fatal("the old key is kept for ever")
	}
}

func TestSeveralRelaysAgreeOnTheKeys(t *testing.T) {
	c := clocktest.New()
	b := openBus(t)
	issuers := make([]*Issuer, 4)
	var wg sync.WaitGroup
	for n := range issuers {
		wg.Go(func() { issuers[n] = open(t, b, "https://ferry.example", c) })
	}
	wg.Wait()
	for _, pass := range []time.Duration{0, 30*24*time.Hour - 10*time.Minute, time.Hour, 400 * 24 * time.Hour} {
		c.Pass(pass)
		for _, i := range issuers {
			wg.Go(func() { _, _, _ = i.Mint(context.Background(), "a", "anna", noise, where.Place{}) })
		}
		wg.Wait()
		for _, i := range issuers {
			if signedBy(t, i) != signedBy(t, issuers[0]) || !slices.Equal(published(t, i), published(t, issuers[0])) {
				t.Fatalf("after %v: relays disagree", pass)
			}
		}
	}
}

func TestAKeyOfTheWrongSizeIsRefused(t *testing.T) {
	i := open(t, openBus(t), "https://ferry.example", clocktest.New())
	if _, _, err := i.Mint(t.Context(), "a", "anna", noise[1:], where.Place{}); !errors.Is(err, ErrNoiseKey) {
		t.Fatal(err)
	}
}

func TestSigningKeysDoNotPrintThemselves(t *testing.T) {
	i := open(t, openBus(t), "https://ferry.example", clocktest.New())
	k := i.keys[0]
	for _, secret := range []string{fmt.Sprint([]byte(k.Seed)), fmt.Sprintf("%x", []byte(k.Seed))} {
		if s := fmt.Sprintf("%v %+v %#v", k, k, k); strings.Contains(s, secret) {
			t.Errorf("printed: %s", s)
		}
	}
}

func TestTheGatewaysAnswersAreTold(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		code   string // of a refusal
		lost   bool
	}{
		"enlisted":            {200, `{"accountId":4242,"device":1,"address":"7-4242@interop"}`, "", false},
		"refused":             {403, `{"error":{"code":"unknown_provider","message":"Who?"}}`, "unknown_provider", false},
		"refused, no reason":  {403, `no`, "", true},
		"out of order":        {500, `{"error":{"code":"x"}}`, "", true},
		"elsewhere":           {302, ``, "", true},
		"nonsense":            {200, `<html>`, "", true},
		"nothing in it":       {200, `{}`, "", true},
		"more than one reads": {200, `{"address":"` + strings.Repeat("x", 70_000) + `"}`, "", true},
	} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(c.status)
			_, _ = w.Write([]byte(c.body))
		}))
		client, err := NewClient(srv.URL, time.Second, 65536, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := client.Enlist(t.Context(), "token", noise)
		var r *Refusal
		switch {
		case c.lost && !errors.Is(err, ErrUnreachable), c.code != "" && (!errors.As(err, &r) || r.Code != c.code):
			t.Errorf("%s: %v", name, err)
		case !c.lost && c.code == "" && (err != nil || got.Address != "7-4242@interop"):
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		srv.Close()
	}
}

func TestAGatewayThatHangsIsGivenUp(t *testing.T) {
	stop := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-stop }))
	defer srv.Close()
	defer close(stop)
	client, err := NewClient(srv.URL, 20*time.Millisecond, 1000, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Disenlist(t.Context(), "token", nil); !errors.Is(err, ErrUnreachable) {
		t.Fatal(err)
	}
}
