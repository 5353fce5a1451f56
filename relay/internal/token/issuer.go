// Package token is the relay as an OpenID Connect issuer: its discovery document,
// its rotating keys, the ID tokens that tell a gateway who a user is and which
// Noise key is theirs; and the calls that enlist a user at the gateway.
package token

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"ferry/relay/internal/bus"
	"ferry/relay/internal/where"
)

// JWKSPath is where the key set is served, below the issuer.
const JWKSPath = "/oidc/jwks.json"

// JWKSMaxAge is how long a verifier may keep the key set. A new key is published
// for three times as long before it signs.
const JWKSMaxAge = 10 * time.Minute

// Config of an Issuer. Rand, Now, Log and KeyLife have defaults.
type Config struct {
	Bus      *bus.Bus
	Issuer   string        // the relay's public URL, without a slash at its end
	Audience string        // the gateway's name for itself
	TokenAge time.Duration // how long a token is good
	KeyLife  time.Duration // how long a key signs; 0: 30 days
	Rand     io.Reader
	Now      func() time.Time
	Log      *slog.Logger
}

// Issuer signs ID tokens. Safe for concurrent use, also by several processes.
type Issuer struct {
	cfg      Config
	schedule schedule
	bucket   *bus.Bucket

	mu   sync.Mutex
	keys []signingKey // a handful
	read time.Time
}

// readEvery is how old the keys in memory may get.
const readEvery = time.Minute

// Open makes the first key if there is none.
func Open(ctx context.Context, cfg Config) (*Issuer, error) {
	if cfg.Rand == nil {
		cfg.Rand = rand.Reader
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.KeyLife == 0 {
		cfg.KeyLife = 30 * 24 * time.Hour
	}
	if least := 8 * JWKSMaxAge * 3; cfg.KeyLife < least {
		return nil, fmt.Errorf("issuer: a key must sign for at least %v, so that the next one can be published in time", least)
	}
	cfg.Issuer = strings.TrimSuffix(cfg.Issuer, "/")
	bucket, err := cfg.Bus.Bucket(ctx, "oidc", bus.BucketOptions{})
	if err != nil {
		return nil, fmt.Errorf("issuer: %w", err)
	}
	i := &Issuer{cfg: cfg, bucket: bucket}
	i.schedule = schedule{life: cfg.KeyLife, lead: 3 * JWKSMaxAge, grace: cfg.TokenAge + 3*JWKSMaxAge}
	if err := i.refresh(ctx); err != nil {
		return nil, fmt.Errorf("issuer: %w", err)
	}
	return i, nil
}

// current returns the keys, read again if they are old. While the bus is away the
// old ones go on.
func (i *Issuer) current(ctx context.Context) []signingKey {
	i.mu.Lock()
	old := i.cfg.Now().Sub(i.read) >= readEvery
	i.mu.Unlock()
	if old {
		if err := i.refresh(ctx); err != nil {
			i.cfg.Log.Warn("signing keys not refreshed", "error", err)
		}
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.keys
}

// Claims of an ID token: OpenID Connect Core section 2, and the client's Noise key
// as a confirmation key (RFC 7800, RFC 8037).
type Claims struct {
	jwt.Claims
	Username string       `json:"preferred_username"`
	Confirm  Confirmation `json:"cnf"`
	// Eligible says whether third-party chats are offered where the user is, and
	// Region which country that is, if anybody has looked.
	Eligible bool   `json:"eligible"`
	Region   string `json:"region,omitempty"`
}

// Confirmation is the key that the token is bound to.
type Confirmation struct {
	JWK NoiseJWK `json:"jwk"`
}

// NoiseJWK is an X25519 public key.
type NoiseJWK struct {
	KeyType string `json:"kty"` // OKP
	Curve   string `json:"crv"` // X25519
	X       string `json:"x"`   // base64url
}

// NoiseKeySize is the length of a Noise public key, in bytes.
const NoiseKeySize = 32

// ErrNoiseKey: not a key of the right size.
var ErrNoiseKey = errors.New("not a Noise public key")

// Mint returns a token that tells the gateway that the holder of the Noise key is
// this user, and whether third-party chats are offered at that place.
func (i *Issuer) Mint(ctx context.Context, account, username string, noise []byte, at where.Place) (text string, expires time.Time, err error) {
	if len(noise) != NoiseKeySize {
		return "", time.Time{}, ErrNoiseKey
	}
	key, ok := current(i.current(ctx), i.cfg.Now())
	if !ok {
		return "", time.Time{}, errors.New("mint token: no key signs now")
	}
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: jose.EdDSA, Key: jose.JSONWebKey{Key: key.private(), KeyID: key.ID}},
		(&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return "", time.Time{}, fmt.Errorf("mint token: %w", err)
	}
	now := i.cfg.Now().UTC().Truncate(time.Second)
	id := make([]byte, 16)
	if _, err := io.ReadFull(i.cfg.Rand, id); err != nil {
		return "", time.Time{}, fmt.Errorf("mint token: %w", err)
	}
	expires = now.Add(i.cfg.TokenAge)
	b64 := base64.RawURLEncoding
	text, err = jwt.Signed(signer).Claims(Claims{
		Claims: jwt.Claims{
			Issuer:   i.cfg.Issuer,
			Audience: jwt.Audience{i.cfg.Audience},
			Subject:  account,
			IssuedAt: jwt.NewNumericDate(now),
			Expiry:   jwt.NewNumericDate(expires),
			ID:       b64.EncodeToString(id),
		},
		Username: username,
		Confirm:  Confirmation{NoiseJWK{"OKP", "X25519", b64.EncodeToString(noise)}},
		Eligible: !at.Outside,
		Region:   at.Country,
	}).Serialize()
	if err != nil {
		return "", time.Time{}, fmt.Errorf("mint token: %w", err)
	}
	return text, expires, nil
}

// JWKS returns the public keys as a JSON Web Key Set.
func (i *Issuer) JWKS(ctx context.Context) ([]byte, error) {
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	for _, k := range i.current(ctx) {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: k.public(), KeyID: k.ID, Algorithm: string(jose.EdDSA), Use: "sig"})
	}
	b, err := json.Marshal(set)
	if err != nil {
		return nil, fmt.Errorf("key set: %w", err)
	}
	return b, nil
}

// Discovery returns the document of OpenID Connect Discovery. There is no
// authorization endpoint: tokens are minted for this relay's own users only.
func (i *Issuer) Discovery() ([]byte, error) {
	b, err := json.Marshal(map[string]any{
		"issuer":                                i.cfg.Issuer,
		"jwks_uri":                              i.cfg.Issuer + JWKSPath,
		"response_types_supported":              []string{"id_token"},
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": []string{string(jose.EdDSA)},
		"claims_supported":                      []string{"iss", "aud", "sub", "iat", "exp", "jti", "preferred_username", "cnf", "eligible", "region"},
	})
	if err != nil {
		return nil, fmt.Errorf("discovery: %w", err)
	}
	return b, nil
}
