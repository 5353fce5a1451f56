package node

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"ferry/relay/internal/bus"
	"ferry/relay/internal/gateway"
	"ferry/relay/internal/gateway/echo"
	"ferry/relay/internal/gateway/enlist"
	"ferry/relay/internal/gateway/outside"
	"ferry/relay/internal/gateway/wastore"
	"ferry/relay/internal/server"
	"ferry/relay/internal/token"
	"ferry/relay/wire"
)

// gatewayPart is the reference gateway, with Echo if there is one.
type gatewayPart struct {
	node *Node
	gw   *gateway.Gateway
	addr string
	echo *echo.Echo // nil without one
	cast *echo.Cast // nil without a sandbox
	done sync.WaitGroup
}

func openGateway(ctx context.Context, n *Node, ln net.Listener, keys *keySets) (*gatewayPart, error) {
	providers, err := n.providers()
	if err != nil {
		return nil, err
	}
	registry, err := enlist.NewRegistry(providers...)
	if err != nil {
		return nil, fmt.Errorf("providers: %w", err)
	}
	keys.own = n.cfg.URL + token.JWKSPath
	g := &gatewayPart{node: n, addr: ln.Addr().String()}
	cfg := gateway.Config{
		Bus: n.bus, Log: n.log.With("part", "gateway"), Now: n.opt.Now, Listener: ln,
		Providers: registry, Audience: n.cfg.GatewayAudience, HTTP: &http.Client{Transport: keys},
		Media: gateway.MediaConfig{Host: n.cfg.GatewayFiles}, Regions: n.cfg.Regions,
	}
	if n.sandboxed() {
		cfg.Sandbox = &gateway.SandboxConfig{Echo: g.echoPhone}
	}
	if g.gw, err = gateway.New(ctx, cfg); err != nil {
		return nil, err
	}
	if n.sandboxed() {
		if err := g.people(ctx); err != nil {
			g.gw.Close()
			return nil, err
		}
	}
	return g, nil
}

// people are those who live in a sandbox: the contacts that testers make, and Echo if there is one.
func (g *gatewayPart) people(ctx context.Context) error {
	bucket, err := g.node.bus.Bucket(ctx, "contacts", bus.BucketOptions{})
	if err != nil {
		return fmt.Errorf("contacts: %w", err)
	}
	g.cast = echo.NewCast(echo.CastConfig{
		Address: g.addr, Root: g.gw.Root(), Store: wastore.OnBucket(bucket), Stage: g.gw.Sandbox(),
		Typing: g.node.opt.EchoTyping, Log: g.node.log.With("part", "contacts"),
	})
	g.gw.Sandbox().Play(g.cast)
	if !g.node.cfg.Echo.Or(true) {
		return nil
	}
	return g.openEcho(ctx)
}

// sandboxed reports whether testers may play WhatsApp here.
func (n *Node) sandboxed() bool { return n.cfg.Sandbox.Or(!n.opt.Alone) }

// providers is the registry's file, or this relay alone.
func (n *Node) providers() ([]enlist.Provider, error) {
	if n.cfg.Providers == "" {
		return []enlist.Provider{{
			ID: uint16(n.cfg.ProviderID), Name: n.cfg.ProviderName, Issuer: n.cfg.URL, //nolint:gosec // checked by config
			KeySet: n.cfg.URL + token.JWKSPath, MediaOrigin: n.ownMedia(), Protocol: wire.EncryptionProtocol,
		}}, nil
	}
	b, err := os.ReadFile(n.cfg.Providers)
	if err != nil {
		return nil, fmt.Errorf("providers: %w", err)
	}
	var list []enlist.Provider
	if err := json.Unmarshal(b, &list); err != nil {
		return nil, fmt.Errorf("providers %s: %w", n.cfg.Providers, err)
	}
	return list, nil
}

// ownMedia is where the gateway finds the files of this relay's users: at its
// public URL, unless that is none that a gateway fetches from.
func (n *Node) ownMedia() string {
	if err := outside.CheckOrigin(n.cfg.URL, n.sandboxed()); err != nil {
		n.log.Warn("WhatsApp users cannot fetch what this relay's users send", "error", err)
		return ""
	}
	return n.cfg.URL
}

func (g *gatewayPart) openEcho(ctx context.Context) error {
	bucket, err := g.node.bus.Bucket(ctx, "echo", bus.BucketOptions{})
	if err != nil {
		return fmt.Errorf("echo: %w", err)
	}
	g.echo = echo.New(echo.Config{
		Address: g.addr, Root: g.gw.Root(), Store: wastore.OnBucket(bucket), Phones: g.gw.Sandbox(),
		Typing: g.node.opt.EchoTyping, Log: g.node.log.With("part", "echo"),
	})
	return nil
}

func (g *gatewayPart) echoPhone() string {
	if g.echo == nil {
		return ""
	}
	return g.echo.Phone()
}

// told is what the relay is told of the embedded gateway.
func (g *gatewayPart) told(chat string) server.Gateway {
	if chat == "" {
		chat = "ws://" + g.addr + wire.PathChat
	}
	root := g.gw.Root()
	return server.Gateway{
		Chat: chat, API: "http://" + g.addr, Media: "http://" + g.addr, Name: g.node.cfg.GatewayName,
		RootKey: hex.EncodeToString(root[:]), Sandbox: g.node.sandboxed(), Echo: g.echoPhone,
	}
}

// run serves until ctx ends. A gateway goes on without Echo if that fails.
func (g *gatewayPart) run(ctx context.Context) error {
	if g.echo != nil {
		g.done.Go(func() {
			if err := g.echo.Run(ctx); err != nil && !errors.Is(err, context.Canceled) {
				g.node.log.Error("echo ended", "error", err)
			}
		})
	}
	if g.cast != nil {
		g.done.Go(func() {
			if err := g.cast.Run(ctx); err != nil {
				g.node.log.Error("contacts ended", "error", err)
			}
		})
	}
	err := g.gw.Run(ctx)
	g.done.Wait()
	return err
}

// drain asks the clients to come back elsewhere.
func (g *gatewayPart) drain(ctx context.Context, most time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, min(most, 5*time.Second))
	defer cancel()
	if err := g.gw.Drain(ctx); err != nil {
		g.node.log.Warn("gateway did not drain in time", "error", err)
	}
}

// keySets fetches providers' key sets. The embedded relay's own is taken from it
// directly: its public address may not be reachable from inside.
type keySets struct {
	own     string
	handler atomic.Pointer[http.Handler]
}

func (k *keySets) serve(h http.Handler) { k.handler.Store(&h) }

// RoundTrip implements http.RoundTripper.
func (k *keySets) RoundTrip(r *http.Request) (*http.Response, error) {
	h := k.handler.Load()
	if h == nil || r.URL.String() != k.own {
		return http.DefaultTransport.RoundTrip(r)
	}
	a := &answer{header: http.Header{}}
	(*h).ServeHTTP(a, r)
	return &http.Response{
		StatusCode: max(a.status, http.StatusOK), ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: a.header, Body: io.NopCloser(&a.body), ContentLength: int64(a.body.Len()),
	}, nil
}

// answer collects what a handler writes.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *answer) Write(b []byte) (int, error) { return a.body.Write(b) }
