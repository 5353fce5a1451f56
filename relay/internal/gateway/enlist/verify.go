package enlist

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"time"
	"unicode"
	"unicode/utf8"

	"ferry/relay/wire"

	"github.com/go-jose/go-jose/v4"
)

// Bounds of tokens.
const (
	maxToken    = 8 << 10          // bytes
	maxLife     = time.Hour        // between issue and expiry: a token is short-lived
	skew        = 30 * time.Second // tolerated difference of clocks
	maxSubject  = 255              // bytes, as OpenID Connect has it
	maxUsername = 64               // runes
)

// Identity is who a valid token speaks of.
type Identity struct {
	Provider Provider
	Subject  string // the provider's stable name for the user
	Username string // what WhatsApp users see; unique at the provider
	Expires  time.Time
	// Outside: the provider says that the user is outside the region of
	// third-party chats (claim "eligible", false).
	Outside bool
}

// claims of an ID token. Times are NumericDate: seconds, perhaps with a fraction.
type claims struct {
	Issuer    string      `json:"iss"`
	Subject   string      `json:"sub"`
	Audience  audience    `json:"aud"`
	Username  string      `json:"preferred_username"`
	Expires   numericDate `json:"exp"`
	NotBefore numericDate `json:"nbf"`
	Issued    numericDate `json:"iat"`
	Eligible  *bool       `json:"eligible"` // absent: yes
	Confirm   struct {
		JWK struct {
			Type  string `json:"kty"`
			Curve string `json:"crv"`
			X     string `json:"x"`
		} `json:"jwk"`
	} `json:"cnf"`
}

// audience is one text or several.
type audience []string

func (a *audience) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*a = audience{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(a))
}

func (a audience) has(want string) bool {
	for _, v := range a {
		if v == want {
			return true
		}
	}
	return false
}

// numericDate is zero when absent.
type numericDate struct{ time.Time }

func (d *numericDate) UnmarshalJSON(b []byte) error {
	var seconds float64
	if err := json.Unmarshal(b, &seconds); err != nil {
		return err
	}
	if seconds < 1 || seconds > 1<<40 {
		return errors.New("impossible time")
	}
	d.Time = time.Unix(int64(seconds), 0)
	return nil
}

var algorithms = []jose.SignatureAlgorithm{jose.EdDSA, jose.ES256}

// Verify checks an ID token for the client that holds the Noise key. Its errors are *Error.
func (s *Service) Verify(ctx context.Context, token string, noise wire.PublicKey) (Identity, error) {
	id, c, err := s.verify(ctx, token, s.approved)
	if err != nil {
		return Identity{}, err
	}
	if !c.boundTo(noise) {
		return Identity{}, refuse(WrongKey, nil)
	}
	return id, nil
}

// approved are providers whose users are served.
func (s *Service) approved(issuer string) (Provider, error) {
	p, ok := s.cfg.Providers.ByIssuer(issuer)
	switch {
	case !ok:
		return Provider{}, refuse(UnknownProvider, nil)
	case p.Suspended:
		return Provider{}, refuse(Suspended, nil)
	}
	return p, nil
}

// entered are all providers that ever were: their users may ask and leave.
func (s *Service) entered(issuer string) (Provider, error) {
	p, ok := s.cfg.Providers.Entered(issuer)
	if !ok {
		return Provider{}, refuse(UnknownProvider, nil)
	}
	return p, nil
}

// verify does everything but the binding to a Noise key, for the providers that
// find yields.
func (s *Service) verify(ctx context.Context, token string, find func(issuer string) (Provider, error)) (Identity, claims, error) {
	if len(token) > maxToken {
		return Identity{}, claims{}, refusef(MalformedToken, "longer than %d bytes", maxToken)
	}
	jws, err := jose.ParseSignedCompact(token, algorithms)
	if err != nil {
		if _, refused := errors.AsType[*jose.ErrUnexpectedSignatureAlgorithm](err); refused {
			return Identity{}, claims{}, refuse(BadSignature, err)
		}
		return Identity{}, claims{}, refuse(MalformedToken, errors.New("not a signed JWT"))
	}
	// The issuer, and nothing else, is believed before the signature is checked: it says which keys to use, out
	// of those that the registry has.
	var unverified claims
	if err := json.Unmarshal(jws.UnsafePayloadWithoutVerification(), &unverified); err != nil {
		return Identity{}, claims{}, refuse(MalformedToken, errors.New("claims do not parse"))
	}
	p, err := find(unverified.Issuer)
	if err != nil {
		return Identity{}, claims{}, err
	}
	header := jws.Signatures[0].Protected
	key, err := s.keys.key(ctx, p, header.KeyID)
	if err != nil {
		return Identity{}, claims{}, err
	}
	if string(algorithmOf(key)) != header.Algorithm {
		return Identity{}, claims{}, refusef(BadSignature, "algorithm %s is not the key's", header.Algorithm)
	}
	payload, err := jws.Verify(key)
	if err != nil {
		return Identity{}, claims{}, refuse(BadSignature, err)
	}
	var c claims
	if err := json.Unmarshal(payload, &c); err != nil || c.Issuer != p.Issuer {
		return Identity{}, claims{}, refuse(MalformedToken, errors.New("claims do not parse"))
	}
	if err := s.check(c); err != nil {
		return Identity{}, claims{}, err
	}
	return Identity{
		Provider: p, Subject: c.Subject, Username: c.Username, Expires: c.Expires.Time,
		Outside: c.Eligible != nil && !*c.Eligible,
	}, c, nil
}

// check looks at the claims of a token whose signature is right.
func (s *Service) check(c claims) error {
	now := s.cfg.Now()
	switch {
	case !c.Audience.has(s.cfg.Audience):
		return refuse(WrongAudience, nil)
	case c.Expires.IsZero() || c.Issued.IsZero():
		return refusef(MalformedToken, "no time of issue or expiry")
	case c.Expires.Sub(c.Issued.Time) > maxLife:
		return refusef(MalformedToken, "valid for longer than %v", maxLife)
	case !now.Before(c.Expires.Add(skew)):
		return refuse(ExpiredToken, nil)
	case now.Add(skew).Before(c.NotBefore.Time) || now.Add(skew).Before(c.Issued.Time):
		return refuse(NotYetValid, nil)
	case c.Subject == "" || len(c.Subject) > maxSubject:
		return refusef(MalformedToken, "no subject, or one longer than %d bytes", maxSubject)
	case !showable(c.Username):
		return refusef(MalformedToken, "no usable preferred_username")
	}
	return nil
}

// showable says that a username can be shown to other people.
func showable(name string) bool {
	if name == "" || !utf8.ValidString(name) || utf8.RuneCountInString(name) > maxUsername {
		return false
	}
	for _, r := range name {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}

// boundTo says that the token's confirmation key is this Noise key.
func (c claims) boundTo(noise wire.PublicKey) bool {
	jwk := c.Confirm.JWK
	if jwk.Type != "OKP" || jwk.Curve != "X25519" {
		return false
	}
	x, err := base64.RawURLEncoding.Strict().DecodeString(jwk.X)
	return err == nil && subtle.ConstantTimeCompare(x, noise[:]) == 1
}
