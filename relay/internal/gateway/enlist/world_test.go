package enlist

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ferry/relay/internal/bus"
	"ferry/relay/internal/gateway/directory"
	"ferry/relay/wire"

	"github.com/go-jose/go-jose/v4"
)

// issuer is a provider: keys, a key-set server, and tokens.
type issuer struct {
	t       testing.TB
	server  *httptest.Server
	fetches atomic.Int64

	mu     sync.Mutex
	keys   map[string]crypto.Signer
	answer http.HandlerFunc // nil: the key set
}

func newIssuer(t testing.TB) *issuer {
	i := &issuer{t: t, keys: make(map[string]crypto.Signer)}
	i.server = httptest.NewServer(http.HandlerFunc(i.serve))
	t.Cleanup(i.server.Close)
	i.rotate("first")
	return i
}

func (i *issuer) serve(w http.ResponseWriter, r *http.Request) {
	i.fetches.Add(1)
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.answer != nil {
		i.answer(w, r)
		return
	}
	set := map[string]any{}
	list := []any{map[string]string{"kty": "unheard-of"}, map[string]string{"kty": "RSA", "use": "enc", "kid": "first"}}
	for id, k := range i.keys {
		list = append(list, jose.JSONWebKey{Key: k.Public(), KeyID: id, Use: "sig"})
	}
	set["keys"] = list
	_ = json.NewEncoder(w).Encode(set)
}

func (i *issuer) behave(answer http.HandlerFunc) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.answer = answer
}

// rotate replaces all keys by new ones.
func (i *issuer) rotate(ids ...string) {
	keys := make(map[string]crypto.Signer)
	for _, id := range ids {
		_, k, err := ed25519.GenerateKey(rand.Reader)
		must(i.t, err)
		keys[id] = k
	}
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(i.t, err)
	keys["ec"] = ec
	i.mu.Lock()
	defer i.mu.Unlock()
	i.keys = keys
}

func (i *issuer) key(id string) crypto.Signer {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.keys[id]
}

func sign(t testing.TB, alg jose.SignatureAlgorithm, key any, kid string, payload any) string {
	t.Helper()
	raw, err := json.Marshal(payload)
	must(t, err)
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: key, KeyID: kid}}, nil)
	must(t, err)
	jws, err := s.Sign(raw)
	must(t, err)
	text, err := jws.CompactSerialize()
	must(t, err)
	return text
}

// world is a service with one provider, at a time that stands still.
type world struct {
	*Service
	issuer *issuer
	dir    *directory.Directory
	noise  wire.PublicKey
	clock  *atomic.Int64
	gone   []directory.Device
}

func newWorld(t testing.TB) *world {
	t.Helper()
	b, err := bus.Open(context.Background(), bus.Config{Dir: t.TempDir()})
	must(t, err)
	t.Cleanup(b.Close)
	w := &world{issuer: newIssuer(t), noise: wire.PublicKey{1, 2, 3}, clock: new(atomic.Int64)}
	w.clock.Store(1795000000)
	now := func() time.Time { return time.Unix(w.clock.Load(), 0) }
	w.dir, err = directory.Open(context.Background(), b, directory.Options{Now: now, Rand: rand.Reader})
	must(t, err)
	providers, err := NewRegistry(w.provider())
	must(t, err)
	w.Service = New(Config{
		Providers: providers, Directory: w.dir, Audience: "ferry-gateway", Now: now,
		Removed: func(_ context.Context, _ directory.Account, gone []directory.Device) {
			w.gone = append(w.gone, gone...)
		},
	})
	return w
}

func (w *world) provider() Provider {
	return Provider{ID: 7, Name: "Ferry", Issuer: "https://ferry.example", KeySet: w.issuer.server.URL, Protocol: wire.EncryptionProtocol}
}

func (w *world) pass(d time.Duration) { w.clock.Add(int64(d / time.Second)) }

// claims of a good token, changed.
func (w *world) claims(changes map[string]any) map[string]any {
	now := w.clock.Load()
	c := map[string]any{
		"iss": "https://ferry.example", "aud": "ferry-gateway", "sub": "user-1", "preferred_username": "mara",
		"iat": now, "exp": now + 300, "jti": "x",
		"cnf": map[string]any{"jwk": map[string]string{
			"kty": "OKP", "crv": "X25519", "x": base64.RawURLEncoding.EncodeToString(w.noise[:]),
		}},
	}
	maps.Copy(c, changes)
	for k, v := range changes {
		if v == nil {
			delete(c, k)
		}
	}
	return c
}

func (w *world) token(t testing.TB, changes map[string]any) string {
	return sign(t, jose.EdDSA, w.issuer.key("first"), "first", w.claims(changes))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
