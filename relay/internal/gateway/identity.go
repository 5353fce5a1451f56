package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"ferry/relay/internal/bus"
	"ferry/relay/wire"
)

// identity is how clients know this gateway: a root that signs certificate
// chains, and the Noise key that the chains are for. Both are made at the first
// start and shared by all nodes.
type identity struct {
	root  *wire.Authority
	noise wire.PrivateKey
	now   func() time.Time

	mu     sync.Mutex
	chain  []byte
	issued time.Time
}

// Lifetime of a chain, and its age at which a new one is made. Certificates are
// valid from a day before, for clients whose clocks are slow.
const (
	chainLife  = 365 * 24 * time.Hour
	chainFresh = 30 * 24 * time.Hour
	chainSlack = 24 * time.Hour
)

func loadIdentity(ctx context.Context, b *bus.Bus, rand io.Reader, now func() time.Time) (*identity, error) {
	bucket, err := b.Bucket(ctx, "gw-identity", bus.BucketOptions{})
	if err != nil {
		return nil, err
	}
	root, err := keep(ctx, bucket, "root", func() ([]byte, error) {
		a, err := wire.NewAuthority(rand)
		if err != nil {
			return nil, err
		}
		return a.Marshal(), nil
	})
	if err != nil {
		return nil, fmt.Errorf("root key: %w", err)
	}
	noise, err := keep(ctx, bucket, "noise", func() ([]byte, error) {
		k, err := wire.GenerateKey(rand)
		if err != nil {
			return nil, err
		}
		return k.Bytes(), nil
	})
	if err != nil {
		return nil, fmt.Errorf("noise key: %w", err)
	}
	id := &identity{now: now}
	if id.root, err = wire.ParseAuthority(root); err != nil {
		return nil, fmt.Errorf("root key: %w", err)
	}
	if id.noise, err = wire.ParsePrivateKey(noise); err != nil {
		return nil, fmt.Errorf("noise key: %w", err)
	}
	return id, nil
}

// keep returns what is stored under a key, or stores what make yields. If
// another node is quicker, its value counts.
func keep(ctx context.Context, bucket *bus.Bucket, key string, make func() ([]byte, error)) ([]byte, error) {
	e, err := bucket.Get(ctx, key)
	if err == nil {
		return e.Value, nil
	}
	if !errors.Is(err, bus.ErrNotFound) {
		return nil, err
	}
	value, err := make()
	if err != nil {
		return nil, err
	}
	if _, err = bucket.Create(ctx, key, value); errors.Is(err, bus.ErrExists) {
		e, err := bucket.Get(ctx, key)
		return e.Value, err
	}
	return value, err
}

// server is the configuration of one handshake.
func (id *identity) server(rand io.Reader, limits Limits) (wire.ServerConfig, error) {
	id.mu.Lock()
	defer id.mu.Unlock()
	if now := id.now(); id.chain == nil || now.Sub(id.issued) > chainFresh {
		chain, err := id.root.Issue(id.noise.Public(), now.Add(-chainSlack), now.Add(chainLife))
		if err != nil {
			return wire.ServerConfig{}, fmt.Errorf("certificate chain: %w", err)
		}
		id.chain, id.issued = chain, now
	}
	return wire.ServerConfig{
		Static: id.noise, Chain: id.chain, Rand: rand, Limits: wire.Limits{Frame: limits.Frame},
	}, nil
}
