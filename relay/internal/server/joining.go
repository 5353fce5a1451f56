package server

import (
	"net/http"
	"net/netip"
	"time"

	"ferry/relay/internal/token"
	"ferry/relay/internal/where"
)

// public is what anybody may know of this relay.
func (s *Server) public(_ http.ResponseWriter, r *http.Request) (any, error) {
	type provider struct {
		ID   int    `json:"id"`
		Name string `json:"name"`
	}
	type gateway struct {
		Name    string `json:"name"`
		Sandbox bool   `json:"sandbox"`
		RootKey string `json:"rootKey"`
		Echo    string `json:"echo,omitempty"`
	}
	g := gateway{Name: s.opt.Gateway.Name, Sandbox: s.door.open(r.Context()), RootKey: s.opt.Gateway.RootKey}
	if s.opt.Gateway.Echo != nil {
		g.Echo = s.opt.Gateway.Echo()
	}
	return struct {
		Provider provider `json:"provider"`
		Gateway  gateway  `json:"gateway"`
		SignIn   signIn   `json:"signIn"`
		Build    string   `json:"build"`
	}{provider{s.cfg.ProviderID, s.cfg.ProviderName}, g, s.signInKind(), s.site.Build}, nil
}

// keyBody names the device that a call is about.
type keyBody struct {
	NoiseKey []byte `json:"noiseKey"` // standard base64
}

// idToken mints a token for the caller's device.
func (s *Server) idToken(r *http.Request, c caller, noise []byte) (text string, expires time.Time, err error) {
	if err := allow(s.rates.tokens, c.ID); err != nil {
		return "", time.Time{}, err
	}
	return s.issuer.Mint(r.Context(), c.ID, c.Username, noise, s.place(r))
}

// place is where a request comes from, as far as the policy looks.
func (s *Server) place(r *http.Request) where.Place {
	var trusted http.Header
	if peer, err := netip.ParseAddrPort(r.RemoteAddr); err == nil && s.trusted(peer.Addr().Unmap()) {
		trusted = r.Header
	}
	return s.region.Of(s.address(r), trusted)
}

// outside refuses to enlist where third-party chats are not offered.
func outside(at where.Place) *problem {
	text := "Third-party chats are offered in the European Economic Area only, and it cannot be told that you are there."
	if at.Country != "" {
		text = "Third-party chats are not offered in the country where you are (" + at.Country + "). Your account and your chats stay as they are."
	}
	return &problem{status: http.StatusUnavailableForLegalReasons, Code: "out_of_region", Message: text}
}

func (s *Server) mint(w http.ResponseWriter, r *http.Request, c caller) (any, error) {
	var in keyBody
	if err := s.readBody(w, r, &in); err != nil {
		return nil, err
	}
	text, expires, err := s.idToken(r, c, in.NoiseKey)
	if err != nil {
		return nil, err
	}
	return struct {
		Token     string    `json:"token"`
		ExpiresAt time.Time `json:"expiresAt"`
		Eligible  bool      `json:"eligible"` // the gateway pauses the account if not
	}{text, expires, !s.place(r).Outside}, nil
}

func (s *Server) enlist(w http.ResponseWriter, r *http.Request, c caller) (any, error) {
	var in keyBody
	if err := s.readBody(w, r, &in); err != nil {
		return nil, err
	}
	if at := s.place(r); at.Outside {
		return nil, outside(at)
	}
	text, _, err := s.idToken(r, c, in.NoiseKey)
	if err != nil {
		return nil, err
	}
	e, err := s.gateway.Enlist(r.Context(), text, in.NoiseKey)
	if err != nil {
		return nil, err
	}
	return struct {
		token.Enlistment
		RootKey string `json:"rootKey"`
	}{e, s.opt.Gateway.RootKey}, nil
}

// disenlist leaves the gateway's network with one device, or with all. A token is
// always bound to a key; for all devices any key will do.
func (s *Server) disenlist(w http.ResponseWriter, r *http.Request, c caller) (any, error) {
	var in keyBody
	if r.ContentLength != 0 {
		if err := s.readBody(w, r, &in); err != nil {
			return nil, err
		}
	}
	bound := in.NoiseKey
	if len(bound) == 0 {
		in.NoiseKey, bound = nil, make([]byte, token.NoiseKeySize)
	}
	text, _, err := s.idToken(r, c, bound)
	if err != nil {
		return nil, err
	}
	return struct{}{}, s.gateway.Disenlist(r.Context(), text, in.NoiseKey)
}
