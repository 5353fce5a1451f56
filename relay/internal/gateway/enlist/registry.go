// Package enlist admits third-party users to the gateway. It holds the registry of approved providers, verifies
// the ID tokens that they sign for their users, and turns them into gateway accounts.
//
// A token is an OpenID Connect ID token (RFC 7519) with a confirmation claim (RFC 7800): the X25519 key of the
// client's Noise handshake (RFC 8037). It is worthless without that key's private half, so it may travel and be
// used again until it expires, and is checked at every login.
package enlist

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"sync"

	"ferry/relay/internal/gateway/outside"
)

// Provider is an approved third-party messenger.
type Provider struct {
	ID          uint16 `json:"id"`          // the integrator id in its users' addresses, not 0
	Name        string `json:"name"`        // shown to WhatsApp users
	Issuer      string `json:"issuer"`      // "iss" of its tokens, compared byte by byte
	KeySet      string `json:"keySet"`      // URL of its JSON Web Key Set
	MediaOrigin string `json:"mediaOrigin"` // where its users' encrypted files are, "https://host"; "" for none
	Push        string `json:"push"`        // URL to wake its users' clients through; "" for none
	Protocol    string `json:"protocol"`    // its end-to-end encryption and version; if the gateway routes another, nobody enlists
	Suspended   bool   `json:"suspended"`   // its users can neither enlist nor log in
}

// ErrProvider: an entry of the registry that cannot be.
var ErrProvider = errors.New("enlist: bad provider entry")

func (p Provider) check() error {
	switch {
	case p.ID == 0:
		return fmt.Errorf("%w: integrator id 0", ErrProvider)
	case p.Name == "" || p.Issuer == "":
		return fmt.Errorf("%w %d: no name or issuer", ErrProvider, p.ID)
	case p.Protocol == "":
		return fmt.Errorf("%w %d: no encryption protocol is declared", ErrProvider, p.ID)
	}
	if p.MediaOrigin != "" { // whether it may be this machine is the gateway's to say
		if err := outside.CheckOrigin(p.MediaOrigin, true); err != nil {
			return fmt.Errorf("%w %d: media: %w", ErrProvider, p.ID, err)
		}
	}
	for what, text := range map[string]string{"key set": p.KeySet, "push": p.Push} {
		if text == "" && what != "key set" {
			continue
		}
		u, err := url.Parse(text)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
			return fmt.Errorf("%w %d: %s is not a web address", ErrProvider, p.ID, what)
		}
	}
	return nil
}

// Registry is the approved providers. The zero value has none. Safe for concurrent use.
type Registry struct {
	mu       sync.RWMutex
	byIssuer map[string]Provider
	marks    map[uint16]Mark
}

// Mark is what an operator has said about a provider since it was registered.
type Mark string

// The marks.
const (
	MarkNone      Mark = ""          // as it was registered
	MarkSuspended Mark = "suspended" // as Provider.Suspended
	MarkRemoved   Mark = "removed"   // as if it were not registered
)

// Mark replaces all marks.
func (r *Registry) Mark(marks map[uint16]Mark) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.marks = maps.Clone(marks)
}

// marked is the provider as the operator wants it.
func (r *Registry) marked(p Provider) (Provider, bool) {
	switch r.marks[p.ID] {
	case MarkRemoved:
		return Provider{}, false
	case MarkSuspended:
		p.Suspended = true
	}
	return p, true
}

// Registered says whether there is an entry for this id, marked or not.
func (r *Registry) Registered(id uint16) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, p := range r.byIssuer {
		if p.ID == id {
			return true
		}
	}
	return false
}

// NewRegistry returns a registry with these providers.
func NewRegistry(providers ...Provider) (*Registry, error) {
	r := new(Registry)
	if err := r.Set(providers...); err != nil {
		return nil, err
	}
	return r, nil
}

// Set replaces all providers, or none if one of them is impossible or two share an id or issuer.
func (r *Registry) Set(providers ...Provider) error {
	byIssuer, ids := make(map[string]Provider), make(map[uint16]bool)
	for _, p := range providers {
		if err := p.check(); err != nil {
			return err
		}
		if _, twice := byIssuer[p.Issuer]; twice || ids[p.ID] {
			return fmt.Errorf("%w %d: id or issuer is registered twice", ErrProvider, p.ID)
		}
		byIssuer[p.Issuer], ids[p.ID] = p, true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.byIssuer = byIssuer
	return nil
}

// ByIssuer finds a provider by the issuer of its tokens.
func (r *Registry) ByIssuer(issuer string) (Provider, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	p, ok := r.byIssuer[issuer]
	if !ok {
		return Provider{}, false
	}
	return r.marked(p)
}

// Entered finds a provider by the issuer of its tokens as it was registered, whatever
// the operator has said since: its users may leave at any time.
func (r *Registry) Entered(issuer string) (Provider, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	p, ok := r.byIssuer[issuer]
	return p, ok
}

// ByID finds a provider by its integrator id.
func (r *Registry) ByID(id uint16) (Provider, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, p := range r.byIssuer {
		if p.ID == id {
			return r.marked(p)
		}
	}
	return Provider{}, false
}

// All returns the providers by id.
func (r *Registry) All() []Provider {
	r.mu.RLock()
	defer r.mu.RUnlock()
	var out []Provider
	for _, p := range r.byIssuer {
		if p, ok := r.marked(p); ok {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b Provider) int { return int(a.ID) - int(b.ID) })
	return out
}
