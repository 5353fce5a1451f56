package relaytest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"ferry/relay/internal/config"
	"ferry/relay/internal/gateway/enlist"
	"ferry/relay/internal/token"
	"ferry/relay/wire"
)

// Messenger is one of several third-party messengers before one gateway.
type Messenger struct {
	ID     int    // integrator id
	Name   string // as WhatsApp users see it
	SignIn func(redirect string) SignIn
	// Protocol is the encryption that its registration declares; "": the gateway's own.
	Protocol string
}

// SignIn is a messenger's own sign-in, an OpenID provider.
type SignIn struct{ Issuer, Client, Secret, Name string }

// Several starts one gateway and the relay of each messenger, each with data of
// its own, as different messengers would run them. A relay's World can be stopped
// and started again without the others; the gateway is a World without a relay.
func Several(t testing.TB, opt Options, messengers ...Messenger) (gateway *World, relays []*World) {
	t.Helper()
	root := opt.Dir
	if root == "" {
		root = t.TempDir()
	}
	var registry []enlist.Provider
	for _, m := range messengers {
		url := reserve(t)
		if m.Protocol == "" {
			m.Protocol = wire.EncryptionProtocol
		}
		registry = append(registry, enlist.Provider{
			ID: uint16(m.ID), Name: m.Name, Issuer: url, KeySet: url + token.JWKSPath, MediaOrigin: url, Protocol: m.Protocol, //nolint:gosec // a test's
		})
		relays = append(relays, &World{URL: url, t: t})
	}
	list, err := json.Marshal(registry)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(root, "providers.json")
	if err := os.WriteFile(file, list, 0o600); err != nil {
		t.Fatal(err)
	}
	gateway = &World{t: t, opt: opt, Dir: root, Logs: &Logs{}}
	gateway.opt.Config = and(opt.Config, func(c *config.Config) { c.Providers = file })
	t.Cleanup(gateway.StopGateway)
	gateway.startGateway()
	for i, m := range messengers {
		w := relays[i]
		w.opt, w.Dir, w.Logs = opt, filepath.Join(root, m.Name), &Logs{}
		w.opt.Apart, w.opt.Capture = true, false
		w.GatewayURL, w.ChatURL, w.Root = gateway.GatewayURL, gateway.ChatURL, gateway.Root
		var in SignIn
		if m.SignIn != nil {
			in = m.SignIn(w.URL + "/api/oidc/callback")
		}
		w.opt.Config = and(opt.Config, func(c *config.Config) {
			c.ProviderID, c.ProviderName = m.ID, m.Name
			c.SignInIssuer, c.SignInClient, c.SignInSecret, c.SignInName = in.Issuer, in.Client, in.Secret, in.Name
		})
		t.Cleanup(w.StopRelay)
		w.startRelay()
	}
	return gateway, relays
}

func and(a, b func(*config.Config)) func(*config.Config) {
	return func(c *config.Config) {
		if a != nil {
			a(c)
		}
		b(c)
	}
}
