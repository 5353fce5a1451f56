package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// ways is the provider's state, with keys that rotate and tokens whose times can
// be made wrong.
type ways struct {
	*storage.Storage

	mu       sync.Mutex
	keys     *keys
	lifetime time.Duration
	skew     time.Duration
}

// keys signs with the newest and still publishes the one before.
type keys struct{ all []key }

type key struct {
	id   string
	priv *rsa.PrivateKey
}

func newKeys() (*keys, error) {
	k := new(keys)
	return k, k.rotate()
}

func (k *keys) rotate() error {
	priv, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	k.all = append(k.all, key{fmt.Sprintf("key-%d", len(k.all)), priv})
	return nil
}

func (k key) ID() string                                  { return k.id }
func (k key) SignatureAlgorithm() jose.SignatureAlgorithm { return jose.RS256 }
func (k key) Key() any                                    { return k.priv }

type public struct{ key }

func (p public) Algorithm() jose.SignatureAlgorithm { return jose.RS256 }
func (public) Use() string                          { return "sig" }
func (p public) Key() any                           { return &p.priv.PublicKey }

// SigningKey is the newest key.
func (w *ways) SigningKey(context.Context) (op.SigningKey, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.keys.all[len(w.keys.all)-1], nil
}

// KeySet is what verifiers may use.
func (w *ways) KeySet(context.Context) ([]op.Key, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []op.Key
	for _, k := range w.keys.all[max(0, len(w.keys.all)-2):] {
		out = append(out, public{k})
	}
	return out, nil
}

// GetClientByClientID gives the client its times of now.
func (w *ways) GetClientByClientID(ctx context.Context, id string) (op.Client, error) {
	c, err := w.Storage.GetClientByClientID(ctx, id)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return client{c, w.lifetime, w.skew}, nil
}

type client struct {
	op.Client
	lifetime, skew time.Duration
}

func (c client) IDTokenLifetime() time.Duration { return c.lifetime }
func (c client) ClockSkew() time.Duration       { return c.skew }
func (client) DevMode() bool                    { return true } // http redirects, on loopback

func (w *ways) control() http.Handler {
	mux := http.NewServeMux()
	set := func(what *time.Duration) http.HandlerFunc {
		return func(rw http.ResponseWriter, r *http.Request) {
			d, err := time.ParseDuration(r.FormValue("d"))
			if err != nil {
				http.Error(rw, err.Error(), http.StatusBadRequest)
				return
			}
			w.mu.Lock()
			defer w.mu.Unlock()
			*what = d
		}
	}
	mux.HandleFunc("POST /control/lifetime", set(&w.lifetime))
	mux.HandleFunc("POST /control/skew", set(&w.skew))
	mux.HandleFunc("POST /control/rotate", func(rw http.ResponseWriter, _ *http.Request) {
		w.mu.Lock()
		defer w.mu.Unlock()
		if err := w.keys.rotate(); err != nil {
			http.Error(rw, err.Error(), http.StatusInternalServerError)
		}
	})
	return mux
}
