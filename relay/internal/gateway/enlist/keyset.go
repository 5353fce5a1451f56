package enlist

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/sync/singleflight"
)

// Bounds of key sets.
const (
	keysFresh   = 10 * time.Minute // after this a set is fetched again
	keysStale   = time.Hour        // a set that cannot be fetched again is used for so long, then not at all
	fetchTime   = 5 * time.Second  // for a fetch; then it has failed
	fetchEvery  = 10 * time.Second // between fetches of one set, after a burst of fetchBurst
	fetchBurst  = 4
	maxSetBytes = 256 << 10 // a longer answer is refused
	maxKeys     = 64        // keys of a set that are kept; later ones are ignored
	maxKeyID    = 256       // bytes of a key id; keys with longer ones are ignored
)

// keySets caches the published keys of registered providers, and only theirs: a fetch is always of a URL that
// the registry has. Anyone can send a token with an unknown key id, so these cannot cause more than one fetch
// at a time, nor more than fetchBurst and then one each fetchEvery.
type keySets struct {
	http *http.Client
	now  func() time.Time

	flight singleflight.Group
	mu     sync.Mutex
	sets   map[string]*keySet // by URL
}

type keySet struct {
	keys    map[string]any // by key id: ed25519.PublicKey or *ecdsa.PublicKey on P-256
	fetched time.Time      // zero: never
	tokens  float64        // fetches allowed now
	refill  time.Time      // when tokens was counted
}

func newKeySets(base *http.Client, now func() time.Time) *keySets {
	client := http.Client{Timeout: fetchTime}
	if base != nil {
		client.Transport = base.Transport
	}
	// The registry says where the keys are. An answer that points elsewhere is no key set.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &keySets{http: &client, now: now, sets: make(map[string]*keySet)}
}

// key returns the provider's key with that id. Its errors are of code BadSignature or KeysUnavailable.
func (k *keySets) key(ctx context.Context, p Provider, id string) (any, error) {
	key, known, fresh := k.cached(p.KeySet, id)
	if known && fresh {
		return key, nil
	}
	err := k.refresh(ctx, p.KeySet)
	key, known, _ = k.cached(p.KeySet, id)
	switch {
	case known: // also if the fetch has failed, until the set is stale
		return key, nil
	case err != nil:
		return nil, refuse(KeysUnavailable, err)
	}
	return nil, refusef(BadSignature, "unknown key id")
}

// cached looks a key up. known is false also for a set that is too old to be used.
func (k *keySets) cached(url, id string) (key any, known, fresh bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	set := k.sets[url]
	if set == nil || set.fetched.IsZero() {
		return nil, false, false
	}
	age := k.now().Sub(set.fetched)
	if age > keysStale {
		return nil, false, false
	}
	key, known = set.keys[id]
	return key, known, age <= keysFresh
}

// refresh fetches a set, or waits for the fetch that is under way.
func (k *keySets) refresh(ctx context.Context, url string) error {
	done := k.flight.DoChan(url, func() (any, error) {
		if !k.allow(url) {
			return nil, fmt.Errorf("the key set was fetched too often")
		}
		// Not the context of one caller: others wait for the same fetch.
		fetchCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchTime)
		defer cancel()
		keys, err := k.fetch(fetchCtx, url)
		if err != nil {
			return nil, err
		}
		k.mu.Lock()
		defer k.mu.Unlock()
		set := k.sets[url]
		set.keys, set.fetched = keys, k.now()
		return nil, nil
	})
	select {
	case r := <-done:
		return r.Err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// allow takes one of the fetches that a set has.
func (k *keySets) allow(url string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	set := k.sets[url]
	if set == nil {
		set = &keySet{tokens: fetchBurst, refill: now}
		k.sets[url] = set
	}
	if elapsed := now.Sub(set.refill); elapsed > 0 {
		set.tokens = min(fetchBurst, set.tokens+float64(elapsed)/float64(fetchEvery))
	}
	set.refill = now
	if set.tokens < 1 {
		return false
	}
	set.tokens--
	return true
}

func (k *keySets) fetch(ctx context.Context, url string) (map[string]any, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, fmt.Errorf("key set: %w", err)
	}
	r.Header.Set("Accept", "application/jwk-set+json, application/json")
	resp, err := k.http.Do(r)
	if err != nil {
		return nil, fmt.Errorf("key set: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("key set: status %d", resp.StatusCode)
	}
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxSetBytes+1))
	if err != nil {
		return nil, fmt.Errorf("key set: %w", err)
	}
	if len(raw) > maxSetBytes {
		return nil, fmt.Errorf("key set: longer than %d bytes", maxSetBytes)
	}
	return parseKeySet(raw)
}

// parseKeySet keeps the usable keys of a set. Others are passed over, so that a provider may publish keys for
// other purposes beside them.
func parseKeySet(raw []byte) (map[string]any, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(raw, &set); err != nil {
		return nil, fmt.Errorf("key set: %w", err)
	}
	keys := make(map[string]any)
	for _, one := range set.Keys[:min(len(set.Keys), maxKeys)] {
		var jwk jose.JSONWebKey
		if json.Unmarshal(one, &jwk) != nil || !jwk.Valid() || jwk.Use != "" && jwk.Use != "sig" || len(jwk.KeyID) > maxKeyID {
			continue
		}
		if alg := algorithmOf(jwk.Key); alg == "" || jwk.Algorithm != "" && jwk.Algorithm != string(alg) {
			continue
		}
		keys[jwk.KeyID] = jwk.Key
	}
	return keys, nil
}

// algorithmOf is the one algorithm that a key may be used with: the token does not get to choose. "" for keys
// that are refused, private and symmetric ones among them.
func algorithmOf(key any) jose.SignatureAlgorithm {
	switch k := key.(type) {
	case ed25519.PublicKey:
		return jose.EdDSA
	case *ecdsa.PublicKey:
		if k.Curve == elliptic.P256() {
			return jose.ES256
		}
	}
	return ""
}
