// Package gateway is the reference interop gateway: it speaks WhatsApp's
// protocol to WhatsApp clients and to third-party clients, and moves end-to-end
// encrypted messages between them, which it cannot read.
//
// A socket goes through these steps, one file each:
//
//	socket.go    upgrade, rate and size limits
//	login.go     Noise handshake, who is it, one live connection per device
//	pairing.go   instead of a login: a companion shows QR codes until a phone scans one
//	conn.go      the life of a connection: one reader, one deliverer, one writer of ephemeral stanzas
//	iq.go        the table of queries; prekeys.go, usync.go and services.go answer them
//	message.go, receipt.go, presence.go, notify.go   what moves between accounts
//	media.go      where clients put files and get them; packages wamedia and mediaproxy
//	delivery.go  from the device's mailbox to its socket, and back for each acknowledgement
//	address.go   under which JID one account is shown to another
//	decide.go    what may cross between the products (package consent), asked wherever something does
//	lab.go        of a sandbox: faults between a client and the gateway, and a log of what crosses
//	pairs.go, blocks.go, chats.go, reports.go, providers.go   what that depends on, and how users say it
//
// Whatever is acknowledged to a sender is on disk in the mailbox of each
// receiving device before; it leaves the mailbox when that device has
// acknowledged it. A receiver never blocks a sender. Nodes share nothing but the
// bus, so any number of them run side by side.
package gateway

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"ferry/relay/internal/bus"
	"ferry/relay/internal/gateway/directory"
	"ferry/relay/internal/gateway/enlist"
	"ferry/relay/internal/gateway/mailbox"
	"ferry/relay/internal/gateway/mediaproxy"
	"ferry/relay/internal/gateway/region"
	"ferry/relay/internal/gateway/sandbox"
	"ferry/relay/internal/gateway/wamedia"
	"ferry/relay/wire"
)

// Admission decides whether a third-party client may log in.
type Admission interface {
	// Login checks the token, which must be bound to the Noise key that the
	// handshake has proven, and returns the account and device that the login
	// payload names. enlist.Failure makes the client's answer of its errors.
	Login(ctx context.Context, account uint64, device uint16, token []byte, noise wire.PublicKey) (directory.Account, directory.Device, error)
}

// Config of a gateway. Only Bus is required.
type Config struct {
	Bus    *bus.Bus
	Limits Limits
	Log    *slog.Logger     // nil: discarded
	Now    func() time.Time // nil: time.Now
	Rand   io.Reader        // nil: crypto/rand

	// Third-party messengers. Without providers nobody can enlist.
	Providers *enlist.Registry
	Audience  string       // "aud" of their ID tokens for this gateway
	HTTP      *http.Client // fetches their key sets; nil: the default one
	Admission Admission    // nil: by enlistment with a provider

	// Regions changes the countries in which there are third-party chats, as
	// region.Parse has it. Empty: the European Economic Area, or with a sandbox
	// everywhere.
	Regions []string

	Sandbox *SandboxConfig // nil: no sandbox
	Media   MediaConfig

	Addr     string       // Run listens there, if Listener is nil
	Listener net.Listener // Run serves it, and closes it
}

// SandboxConfig is what the sandbox API is told; the zero value is for loopback.
type SandboxConfig struct {
	ChatURL     string        // shown to testers; "" derives it from the request
	MediaOrigin string        // shown to testers; "": the gateway's own listener
	Echo        func() string // Echo's number, "" without one; may be nil
	AllowRemote bool          // accept requests from other machines
	Hosts       []string      // accepted Host names besides loopback ones
	Origins     []string      // web origins that may call
}

// Gateway is one node. Safe for concurrent use.
type Gateway struct {
	cfg      Config
	limits   Limits
	log      *slog.Logger
	now      func() time.Time
	identity *identity
	dir      *directory.Directory
	boxes    *mailbox.Boxes
	live     *bus.Bucket // device → its newest login; the revision orders them
	seen     *bus.Bucket // messages that were accepted, to ack a repetition
	privacy  *bus.Bucket // settings, by account
	lastSeen *bus.Bucket // when an account was last available, Unix seconds
	pairs    *bus.Bucket // conversations between the products
	starters *bus.Bucket // what bounds new ones, by third-party user
	reports  *bus.Bucket
	leavers  *bus.Bucket // what stays of who has left: see remembered
	marks    *bus.Bucket // what is known of providers besides their registration

	regions   region.Countries
	since     atomic.Pointer[map[uint16]time.Time] // when each provider was registered
	providers sync.Mutex                           // held while they are read
	statuses  map[uint16]string                    // of the providers, as WhatsApp users were last told

	mux        *http.ServeMux
	admission  Admission
	sandbox    *sandbox.Sandbox // nil without one
	lab        *lab             // of the sandbox
	media      *wamedia.Host
	proxy      *mediaproxy.Proxy
	handshakes chan struct{} // one token per handshake under way
	pairings   pairings

	ctx    context.Context // ends with Close
	stop   context.CancelFunc
	mu     sync.Mutex
	conns  map[*conn]struct{}
	open   int  // sockets, also those that have not logged in
	drain  bool // no new sockets
	closed sync.WaitGroup
}

// seenTTL is how long a repeated message is recognised. A client repeats what it
// has no ack for when it next connects.
const seenTTL = 7 * 24 * time.Hour

// New opens the gateway's state. It serves nothing until Run, or until Handler
// is mounted somewhere.
func New(ctx context.Context, cfg Config) (*Gateway, error) {
	if cfg.Bus == nil {
		return nil, errors.New("gateway: no bus")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Rand == nil {
		cfg.Rand = rand.Reader
	}
	if cfg.Providers == nil {
		var err error
		if cfg.Providers, err = enlist.NewRegistry(); err != nil {
			return nil, fmt.Errorf("gateway: %w", err)
		}
	}
	g := &Gateway{
		cfg: cfg, limits: cfg.Limits.withDefaults(), log: cfg.Log, now: cfg.Now,
		conns: make(map[*conn]struct{}), pairings: pairings{byRef: make(map[string]*pairConn)},
	}
	if len(cfg.Regions) == 0 && cfg.Sandbox != nil {
		cfg.Regions = []string{"*"}
	}
	var err error
	if g.regions, err = region.Parse(cfg.Regions); err != nil {
		return nil, fmt.Errorf("gateway: %w", err)
	}
	if err := g.openState(ctx); err != nil {
		return nil, fmt.Errorf("gateway: %w", err)
	}
	if cfg.Sandbox != nil {
		g.lab = newLab()
	}
	g.handshakes = make(chan struct{}, g.limits.Handshakes)
	g.ctx, g.stop = context.WithCancel(context.WithoutCancel(ctx))
	g.mux = http.NewServeMux()
	g.mux.HandleFunc("GET "+wire.PathChat, g.serveSocket)
	err = g.openProviders(ctx)
	if err == nil {
		g.providerNews() // nobody is there to hear it
		err = g.mount(ctx)
	}
	if err == nil {
		err = g.sweepLeft(ctx)
	}
	if err != nil {
		g.stop()
		return nil, fmt.Errorf("gateway: %w", err)
	}
	return g, nil
}

// mount adds what is served besides the chat socket.
func (g *Gateway) mount(ctx context.Context) error {
	cfg := g.cfg
	if err := g.mountMedia(ctx); err != nil {
		return err
	}
	service := enlist.New(enlist.Config{
		Providers: cfg.Providers, Directory: g.dir, Audience: cfg.Audience, Removed: g.removed, Kept: g.kept,
		HTTP: cfg.HTTP, Now: cfg.Now, Log: cfg.Log,
	})
	g.mux.Handle(wire.PathEnlist, service)
	if g.admission = cfg.Admission; g.admission == nil {
		g.admission = service
	}
	if cfg.Sandbox == nil {
		return nil
	}
	media := cfg.Sandbox.MediaOrigin
	if host := g.mediaHost(); media == "" && host != "" {
		media = "http://" + host
	}
	g.sandbox = sandbox.New(sandbox.Config{
		Directory: g.dir, Gateway: g, Root: g.Root(), Rand: cfg.Rand, Log: cfg.Log,
		Providers: func() []sandbox.Provider { return approved(cfg.Providers) },
		ChatURL:   cfg.Sandbox.ChatURL, MediaOrigin: media, Echo: cfg.Sandbox.Echo,
		AllowRemote: cfg.Sandbox.AllowRemote, Hosts: cfg.Sandbox.Hosts, Origins: cfg.Sandbox.Origins,
	})
	g.mux.Handle("/sandbox", g.sandbox)
	g.mux.Handle("/sandbox/", g.sandbox)
	return nil
}

func approved(r *enlist.Registry) []sandbox.Provider {
	var out []sandbox.Provider
	for _, p := range r.All() {
		out = append(out, sandbox.Provider{
			ID: p.ID, Name: p.Name, Issuer: p.Issuer, MediaOrigin: p.MediaOrigin, Protocol: p.Protocol, Suspended: p.Suspended,
		})
	}
	return out
}

// Sandbox plays the phones; nil without Config.Sandbox.
func (g *Gateway) Sandbox() *sandbox.Sandbox { return g.sandbox }

func (g *Gateway) openState(ctx context.Context) (err error) {
	b := g.cfg.Bus
	if g.identity, err = loadIdentity(ctx, b, g.cfg.Rand, g.now); err != nil {
		return err
	}
	if g.dir, err = directory.Open(ctx, b, directory.Options{Now: g.now, Rand: g.cfg.Rand, Joined: g.joined}); err != nil {
		return err
	}
	if g.boxes, err = mailbox.Open(ctx, b, mailbox.Options{}); err != nil {
		return err
	}
	if g.live, err = b.Bucket(ctx, "gw-live", bus.BucketOptions{TTL: mailbox.MaxAge}); err != nil {
		return err
	}
	if g.seen, err = b.Bucket(ctx, "gw-seen", bus.BucketOptions{TTL: seenTTL}); err != nil {
		return err
	}
	for name, into := range map[string]**bus.Bucket{
		"gw-privacy": &g.privacy, "gw-pairs": &g.pairs, "gw-starters": &g.starters, "gw-reports": &g.reports,
		"gw-providers": &g.marks,
	} {
		if *into, err = b.Bucket(ctx, name, bus.BucketOptions{}); err != nil {
			return err
		}
	}
	if g.leavers, err = b.Bucket(ctx, "gw-leavers", bus.BucketOptions{TTL: rememberedFor}); err != nil {
		return err
	}
	g.lastSeen, err = b.Bucket(ctx, "gw-lastseen", bus.BucketOptions{TTL: lastSeenTTL})
	return err
}

// Root is the public key that clients must be given to trust this gateway.
func (g *Gateway) Root() wire.RootKey { return g.identity.root.Root() }

// Directory is the gateway's directory. Changes that clients must hear of go
// through the Gateway instead: Scan, Unlink, DeletePhone, Revoke.
func (g *Gateway) Directory() *directory.Directory { return g.dir }

// Handle mounts more handlers on the gateway's listener. Not after Run.
func (g *Gateway) Handle(pattern string, h http.Handler) { g.mux.Handle(pattern, h) }

// Handler serves the chat socket and what was mounted.
func (g *Gateway) Handler() http.Handler { return g.mux }

// Run serves until ctx ends or Close is called; it then closes all connections.
func (g *Gateway) Run(ctx context.Context) error {
	l := g.cfg.Listener
	if l == nil {
		var err error
		if l, err = net.Listen("tcp", g.cfg.Addr); err != nil {
			return fmt.Errorf("gateway: listen: %w", err)
		}
	}
	srv := &http.Server{
		Handler:           g.mux,
		ReadHeaderTimeout: g.limits.Handshake,
		ReadTimeout:       g.limits.Handle, // of requests; a chat socket has its own clocks
		IdleTimeout:       g.limits.Idle,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(g.log.Handler(), slog.LevelDebug),
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	select {
	case err := <-served:
		g.Close()
		return fmt.Errorf("gateway: serve: %w", err)
	case <-ctx.Done():
	case <-g.ctx.Done():
	}
	err := srv.Close() // hijacked sockets are not the server's any more: Close ends them
	<-served
	g.Close()
	if err != nil {
		return fmt.Errorf("gateway: close: %w", err)
	}
	return nil
}

// Drain takes no new sockets and asks all clients to come back, which they do
// at once, elsewhere. It returns when they are gone or ctx ends.
func (g *Gateway) Drain(ctx context.Context) error {
	g.mu.Lock()
	g.drain = true
	for c := range g.conns {
		c.end(endDraining)
	}
	g.mu.Unlock()
	g.pairings.endAll()
	gone := make(chan struct{})
	go func() {
		g.closed.Wait()
		close(gone)
	}()
	select {
	case <-gone:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("gateway: drain: %w", ctx.Err())
	}
}

// Close ends all connections and waits for them. What was acknowledged is on
// disk.
func (g *Gateway) Close() {
	g.mu.Lock()
	g.drain = true
	g.mu.Unlock()
	g.stop()
	g.proxy.Close()
	g.closed.Wait()
}

// Ready reports whether new clients are taken and the state can be reached.
func (g *Gateway) Ready(ctx context.Context) error {
	g.mu.Lock()
	drain := g.drain
	g.mu.Unlock()
	if drain {
		return errors.New("gateway: draining")
	}
	return g.cfg.Bus.Ready(ctx)
}
